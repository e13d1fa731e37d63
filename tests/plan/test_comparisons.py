"""What a study asks of each workload: the comparisons that it decides here, and the serial methods beside them."""

import pytest

from casual_training.plan import study
from casual_training.config import read, validate
from casual_training.plan.comparisons import Comparisons, questions

OVERLAYS = sorted([*study.PROJECT.glob("workflow/studies/*.yaml"), *study.PROJECT.glob("examples/*.yaml")])
WORKLOAD = "fashion_mnist-simple_nn"
HOGWILD = {"method": "hogwild", "workers": 2}


def config_of(*overlays, cores=2, **changes) -> dict:
    config = read.read_config([study.PROJECT / "config.yaml", *overlays])
    config["study"] |= changes
    return validate.validate(config | {"machine": config["machine"] | {"cores": cores}})


def asked(**changes) -> Comparisons:
    return questions(config_of(**changes))[WORKLOAD]


@pytest.mark.parametrize("cores", [1, 2, 3, 4, 6, 8, 10, 12, 16, 24])
def test_the_default_study_has_its_declared_comparisons_whatever_the_cores(cores):
    ways = [(method, cores) for method in ("hogwild", "local_sgd", "sync_shared_global_batch")]
    assert questions(config_of(cores=cores)) == {WORKLOAD: Comparisons(ways, serial=["serial", "threads"])}


@pytest.mark.parametrize("cores", [1, 2, 4, 8])
@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda file: file.stem)
def test_every_shipped_study_trains_on_every_machine_what_it_declares(overlay, cores):
    config = config_of(overlay, cores=cores)
    found = questions(config)
    entries = {way for question in found.values() for way in [*question.declared, *question.untrained]}
    assert entries == {way for question in found.values() for way in question.declared}
    assert bool(entries) == bool(config["study"]["headline"])
    for name, question in found.items():
        assert question.serial or not question.declared, name


def test_a_comparison_that_a_workload_is_not_trained_with_is_kept_apart_and_the_same_twice_is_one():
    cores = {"method": "hogwild", "workers": "cores"}
    question = asked(headline=[cores, HOGWILD, HOGWILD | {"workers": 3}, {"method": "ddp", "workers": 2}])
    assert (question.declared, question.untrained) == ([("hogwild", 2)], [("hogwild", 3), ("ddp", 2)])


def test_a_serial_method_that_is_compared_is_no_baseline_nor_is_its_tuned_copy():
    question = asked(tune=[1, 2], headline=[HOGWILD, {"method": "threads", "workers": 1}])
    assert (question.serial, question.tuned_serial, question.compares_serial) == (["serial"], ["serial_tuned"], True)
    question = asked(tune=[1, 2], headline=[HOGWILD])
    assert question.serial == ["serial", "threads"]
    assert question.tuned_serial == ["serial_tuned", "threads_tuned"]
    assert not question.compares_serial


@pytest.mark.parametrize("seeds", [[1], [2], [3], [4]])  # each shuffles its block in another way
def test_serial_methods_stand_in_the_order_of_the_study(seeds):
    question = asked(methods=["serial_torchvision", "threads", "hogwild", "serial"], seeds=seeds)
    assert question.serial == ["serial_torchvision", "threads", "serial"]


def test_what_is_cut_short_or_there_to_fail_is_no_baseline():
    config = config_of(methods=["serial", "threads", "hogwild"])
    config["methods"]["serial"]["max_steps"] = 200
    config["methods"]["threads"]["expected_failure"] = True
    assert questions(config)[WORKLOAD].serial == []
