"""The pages that several tests look at, each made once."""

import pytest
from browser import browser  # noqa: F401 - a fixture
from pages import hostile, hostile_plan, make_page, mixed, mixed_config, troubled, write_page

import fake_study


@pytest.fixture(scope="session")
def plain(tmp_path_factory):
    return write_page(tmp_path_factory.mktemp("plain"), fake_study.make_config())


@pytest.fixture(scope="session")
def in_trouble(tmp_path_factory):
    return write_page(tmp_path_factory.mktemp("troubled"), fake_study.make_config(), troubled)


@pytest.fixture(scope="session")
def of_all_kinds(tmp_path_factory):
    return write_page(tmp_path_factory.mktemp("mixed"), mixed_config(), mixed)


@pytest.fixture(scope="session")
def of_seed(tmp_path_factory):
    """The page of the original study, re-examined, with its true config and a diagnosis of each configuration."""
    config = fake_study.seed_config()
    config["study"]["diagnose"] = True
    return write_page(tmp_path_factory.mktemp("seed"), config, fake_study.as_the_original)


@pytest.fixture(scope="session")
def of_three(tmp_path_factory):
    """The page of a study of the reference study's three networks."""
    models = ("simple_nn", "wide_mlp", "ps_net")
    config = fake_study.make_config(workloads=[f"fashion_mnist-{model}" for model in models], workers=[2], seeds=[1, 2])
    config["workloads"] = {f"fashion_mnist-{model}": fake_study.WORKLOAD | {"model": model} for model in models}
    return write_page(tmp_path_factory.mktemp("three"), config)


@pytest.fixture(scope="session")
def attacked(tmp_path_factory):
    return write_page(tmp_path_factory.mktemp("hostile"), hostile_plan(), hostile)


@pytest.fixture(scope="session")
def empty(tmp_path_factory):
    return make_page(tmp_path_factory.mktemp("empty"), fake_study.make_plan())


@pytest.fixture(scope="session")
def tuned(tmp_path_factory):
    config = fake_study.make_config(workers=[2], seeds=[1, 2], tune=[0.5, 1, 4])
    config["workloads"]["fashion_mnist-simple_nn"] = fake_study.WORKLOAD | {"target": 0.83}

    def changes(run):
        if run.method.startswith("threads"):
            return {"curve": []}  # never on target, so that the best serial method is another
        if run.method == "hogwild" and not run.lr_factor:
            return {"curve": fake_study.make_curve(fake_study.SAMPLES, 30.0, 0.845, points=20)}  # slow
        return fake_study.failed("diverged", "a loss is no finite number") if run.lr_factor == 4 else {}

    return write_page(tmp_path_factory.mktemp("tuned"), config, changes)
