"""What a study compares for each workload here, and the serial methods beside them."""

import pytest

from casual_training.config.read import read_config
from casual_training.plan.comparisons import Comparisons
from casual_training.study.load import PROJECT, load_plan

OVERLAYS = sorted([*PROJECT.glob("workflow/studies/*.yaml"), *PROJECT.glob("examples/*.yaml")])
WORKLOAD = "fashion_mnist-simple_nn"
HOGWILD = {"method": "hogwild", "workers": 2}


def config_of(*overlays, cores=2, **changes) -> dict:
    config = read_config([PROJECT / "config.yaml", *overlays])
    config["study"] |= changes
    return config | {"machine": {"cores": cores}}


def compared(**changes) -> Comparisons:
    return load_plan(config_of(**changes)).comparisons[WORKLOAD]


@pytest.mark.parametrize("cores", [1, 2, 3, 4, 6, 8, 10, 12, 16, 24])
def test_the_default_study_has_its_comparisons_whatever_the_cores(cores):
    methods = [(method, cores) for method in ("hogwild", "local_sgd", "sync_shared_global_batch")]
    assert load_plan(config_of(cores=cores)).comparisons == {
        WORKLOAD: Comparisons(methods, serial=["serial", "threads"])
    }


@pytest.mark.parametrize("cores", [1, 2, 4, 8])
@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda file: file.stem)
def test_every_shipped_study_trains_what_it_compares(overlay, cores):
    plan = load_plan(config_of(overlay, cores=cores))
    found = plan.comparisons
    entries = {
        pair for compared_here in found.values() for pair in [*compared_here.specified, *compared_here.untrained]
    }
    assert entries == {pair for compared_here in found.values() for pair in compared_here.specified}
    assert bool(entries) == bool(plan.config.study.comparisons)
    for name, compared_here in found.items():
        assert compared_here.serial or not compared_here.specified, name


def test_untrained_comparisons_are_kept_apart_and_the_same_twice_is_one():
    cores = {"method": "hogwild", "workers": "cores"}
    compared_here = compared(comparisons=[cores, HOGWILD, HOGWILD | {"workers": 3}, {"method": "ddp", "workers": 2}])
    assert (compared_here.specified, compared_here.untrained) == ([("hogwild", 2)], [("hogwild", 3), ("ddp", 2)])


def test_a_compared_serial_method_and_its_tuned_copy_are_no_baseline():
    compared_here = compared(tune=[1, 2], comparisons=[HOGWILD, {"method": "threads", "workers": 1}])
    assert (compared_here.serial, compared_here.tuned_serial, compared_here.compares_serial) == (
        ["serial"],
        ["serial_tuned"],
        True,
    )
    compared_here = compared(tune=[1, 2], comparisons=[HOGWILD])
    assert compared_here.serial == ["serial", "threads"]
    assert compared_here.tuned_serial == ["serial_tuned", "threads_tuned"]
    assert not compared_here.compares_serial


@pytest.mark.parametrize("seeds", [[1], [2], [3], [4]])  # each shuffles its block in another way
def test_serial_methods_stand_in_the_order_of_the_study(seeds):
    compared_here = compared(methods=["serial_torchvision", "threads", "hogwild", "serial"], seeds=seeds)
    assert compared_here.serial == ["serial_torchvision", "threads", "serial"]


def test_what_is_cut_short_or_there_to_fail_is_no_baseline():
    config = config_of(methods=["serial", "threads", "hogwild"])
    config["methods"]["serial"]["max_steps"] = 200
    config["methods"]["threads"]["expected_failure"] = True
    assert load_plan(config).comparisons[WORKLOAD].serial == []
