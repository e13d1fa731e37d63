import subprocess
import sys
from collections import Counter

import pytest

from casual_training import strategies
from casual_training.config.read import read_config
from casual_training.study.load import PROJECT, load_plan, one_run


def default():
    config = read_config([PROJECT / "config.yaml"])
    config["machine"] = {"cores": 2}
    return config


@pytest.fixture
def config():
    config = default()
    config["study"] |= {"methods": ["serial", "threads", "hogwild", "ps_tutorial"], "workers": [1, 2, 4]}
    config["study"] |= {"seeds": [1, 2, 3]}
    return config


def test_the_default_study_is_the_original_splits_beside_both_serial_methods():
    cells = Counter((run.method, run.split) for run in load_plan(default()).runs)
    parallel = ("hogwild", "local_sgd", "sync_shared_global_batch", "ps_tutorial")
    assert cells == {
        ("serial", "1x4"): 5,
        ("threads", "1x4"): 5,
        **{(method, split): 5 for method in parallel for split in ("2x2", "4x1")},
    }


def test_every_run_makes_the_same_passes_whatever_its_split(config):
    config["study"]["workers"] = [1, 2, 3, 8]
    assert {run.workers * run.epochs for run in load_plan(config).runs} == {4.0}
    assert {run.split for run in load_plan(config).runs} == {"1x4", "2x2", "3x1.33333", "8x0.5"}


def test_threads_are_shared_out_over_the_cores(config):
    config["machine"]["cores"] = 4
    config["study"]["workers"] = [1, 2, 3, 8]
    threads = {(run.method, run.workers): run.threads for run in load_plan(config).runs}
    assert threads["serial", 1] == 1
    assert threads["threads", 1] == 4
    assert [threads["hogwild", workers] for workers in (1, 2, 3, 8)] == [4, 2, 1, 1]


def test_only_runs_with_more_threads_than_cores_are_oversubscribed(config):
    oversubscribed = {(run.method, run.workers) for run in load_plan(config).runs if run.oversubscribed}
    assert oversubscribed == {("hogwild", 4), ("ps_tutorial", 4)}


def test_cores_in_the_list_of_workers_repeats_no_run(config):
    before = load_plan(config).runs
    config["study"]["workers"] = [1, 2, 4, "cores"]
    assert sorted(run.folder for run in load_plan(config).runs) == sorted(run.folder for run in before)


def test_no_two_runs_share_a_folder(config):
    config["study"]["workers"] = list(range(1, 33))
    folders = [run.folder for run in load_plan(config).schedule]
    assert len(set(folders)) == len(folders)


def test_each_seed_is_a_block_with_independent_copies_in_it(config):
    seeds = [run.seed for run in load_plan(config).schedule]
    assert seeds == sorted(seeds)
    assert [run.seed for run in load_plan(config).independent_copies] == config["study"]["seeds"]


def test_the_order_inside_a_block_differs_by_seed_and_can_be_repeated(config):
    def order(seed):
        return [(run.method, run.split) for run in load_plan(config).schedule if run.seed == seed]

    assert order(1) == order(1)
    assert len({tuple(order(seed)) for seed in config["study"]["seeds"]}) > 1


def test_a_new_seed_leaves_the_order_of_the_others_alone(config):
    before = load_plan(config).schedule
    config["study"]["seeds"] = [*config["study"]["seeds"], 99]
    assert load_plan(config).schedule[: len(before)] == before


def test_independent_copies_have_one_thread_on_every_core(config):
    copies = load_plan(config).independent_copies[0]
    assert (copies.workers, copies.threads, copies.cores) == (2, 1, 2)


def test_a_workload_without_parallel_methods_has_no_independent_copies(config):
    config["study"] |= {"workloads": ["fashion_mnist-simple_nn", "fashion_mnist-resnet34"]}
    assert {run.workload for run in load_plan(config).independent_copies} == {"fashion_mnist-simple_nn"}
    assert Counter(run.method for run in load_plan(config).runs if run.workload == "fashion_mnist-resnet34") == {
        "device_regular": 3,
        "device_switching": 3,
    }


def test_the_deadline_does_not_define_a_run(config):
    before = load_plan(config).runs
    config["machine"]["deadline_seconds"] = 7
    after = load_plan(config).runs
    assert after == before
    assert after[0].deadline_seconds == 7
    assert "deadline_seconds" not in after[0].spec


def test_a_target_is_no_part_of_a_run(config):
    before = load_plan(config).runs
    config["workloads"]["fashion_mnist-simple_nn"]["target"] = 0.8
    assert load_plan(config).runs == before


def test_the_options_of_a_strategy_reach_its_runs_with_their_defaults(config):
    options = {run.method: run.options for run in load_plan(config).runs}
    assert options["ps_tutorial"] == {"lock": "all", "transport": "uv", "test_inside_clock": False}
    assert options["hogwild"] == {"update": "free"}


def test_the_options_of_a_strategy_are_read_without_importing_it():
    code = (
        "import sys; from casual_training import strategies; "
        "assert 'lock' in strategies.options('ps_tutorial'); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", strategies.names())
def test_every_option_of_a_strategy_is_described_and_has_a_default(name):
    for option in strategies.options(name).values():
        assert option["description"].endswith(".")
        assert option["expected"]
        assert option["default"] in option.get("enum", [option["default"]])


def test_a_diagnosis_is_a_short_run_of_each_configuration(config):
    config["study"] |= {"diagnose": True, "seeds": [7, 2]}
    config["methods"]["hogwild"]["max_steps"] = None
    diagnosed = load_plan(config).diagnoses
    runs = [run for run in load_plan(config).runs if run.seed == 7]
    assert [(run.method, run.workers) for run in diagnosed] == [(run.method, run.workers) for run in runs]
    assert {run.seed for run in diagnosed} == {7}
    steps = {(run.method, run.workers): run.max_steps for run in diagnosed}
    assert (steps["serial", 1], steps["hogwild", 1], steps["hogwild", 4]) == (200, 200, 800)
    assert steps["ps_tutorial", 4] == 200  # it never makes more
    assert not any(run.diagnose for run in load_plan(config).schedule)
    assert diagnosed[0].folder.startswith("results/default/diagnoses/fashion_mnist-simple_nn/")


def test_an_expected_failure_is_not_diagnosed_and_nothing_is_unless_asked(config):
    config["study"]["diagnose"] = True
    config["methods"]["hogwild"]["expected_failure"] = True
    assert "hogwild" not in {run.method for run in load_plan(config).diagnoses}
    config["study"]["diagnose"] = False
    assert not load_plan(config).diagnoses


def test_only_runs_cut_short_are_throughput_only(config):
    assert {run.method for run in load_plan(config).runs if run.throughput_only} == {"ps_tutorial"}


def test_a_workload_may_have_methods_of_its_own(config):
    config["study"]["workloads"] = ["fashion_mnist-simple_nn", "fashion_mnist-ps_net"]
    config["workloads"]["fashion_mnist-ps_net"]["methods"] = ["serial", "ps_tutorial_whole"]
    methods = {(run.workload, run.method) for run in load_plan(config).runs}
    assert {method for workload, method in methods if workload == "fashion_mnist-ps_net"} == {
        "serial",
        "ps_tutorial_whole",
    }
    assert list(load_plan(config).methods) == ["serial", "threads", "hogwild", "ps_tutorial", "ps_tutorial_whole"]


def test_a_single_run_may_be_of_any_method(config):
    config["workloads"]["fashion_mnist-simple_nn"]["methods"] = ["serial"]
    assert one_run(config, None, "hogwild", 2, 1, 1)[0].method == "hogwild"


@pytest.mark.parametrize("method", ["ddp", "local_sgd"])
def test_full_sampling_is_refused_to_synchronous_strategies(method, config):
    config["study"]["methods"] = [method]
    load_plan(config)
    config["methods"][method]["sampling"] = "full"
    with pytest.raises(ValueError, match=rf"methods.{method}.sampling is full, but the workers of .*; choose shard"):
        load_plan(config)


def test_only_some_strategies_are_synchronous():
    assert strategies.is_synchronous("ddp")
    assert not strategies.is_synchronous("hogwild")


def test_a_global_batch_is_shared_out_by_the_workers(config):
    config["study"]["methods"] = ["ddp", "ddp_global_batch", "serial"]
    sizes = {(run.method, run.workers): run.batch_size for run in load_plan(config).runs}
    assert [sizes["ddp_global_batch", workers] for workers in (1, 2, 4)] == [32, 16, 8]
    assert {size for (method, _), size in sizes.items() if method != "ddp_global_batch"} == {32}
    assert {run.batch_size for run in load_plan(config).independent_copies} == {32}


def test_a_global_batch_that_does_not_divide_is_rounded_down(config):
    config["study"] |= {"methods": ["ddp_global_batch"], "workers": [3, 6]}
    assert {run.workers: run.batch_size for run in load_plan(config).runs} == {3: 10, 6: 5}


def test_a_global_batch_that_has_no_sample_for_each_worker_is_refused(config):
    config["study"] |= {"methods": ["ddp_global_batch"], "workers": [33]}
    with pytest.raises(ValueError, match=r"a batch_size of 32 has no sample for each of 33 workers; raise workloads"):
        load_plan(config)


def test_whole_passes_that_workers_cannot_share_out_evenly_are_refused(config):
    config["study"] |= {"methods": ["hogwild_original"], "workers": [3]}
    with pytest.raises(ValueError, match=r"sampling is full, so 3 workers cannot share 4 whole passes out evenly"):
        load_plan(config)


@pytest.mark.parametrize("name", ["serial", "device_switching"])
def test_a_strategy_of_one_worker_has_one_split(config, name):
    assert strategies.takes_one_worker(name)
    method = {"serial": "serial", "device_switching": "device_regular"}[name]
    config["study"]["methods"] = [method]
    assert {run.split for run in load_plan(config).runs} == {"1x4"}


def test_maps_of_an_overlay_are_merged_and_lists_replaced(tmp_path):
    (tmp_path / "base.yaml").write_text("a: {b: 1, c: [1, 2]}")
    (tmp_path / "over.yaml").write_text("a: {c: [3]}")
    assert read_config([tmp_path / "base.yaml", tmp_path / "over.yaml"]) == {"a": {"b": 1, "c": [3]}}


@pytest.mark.parametrize("text", ["a: [1", "just text", "", "- 1"])
def test_a_file_that_is_no_config_is_refused_by_name(tmp_path, text):
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(ValueError, match=r"bad\.yaml"):
        read_config([tmp_path / "bad.yaml"])


@pytest.mark.parametrize(("workers", "epochs", "seed"), [(0, 1, 1), (2, 0, 1), (2, 0.3, 1), (1, -1, 1), (1, 1, -1)])
def test_a_single_run_that_is_no_whole_number_of_passes_is_refused(config, workers, epochs, seed):
    with pytest.raises(ValueError, match="--workers"):
        one_run(config, None, "hogwild", workers, epochs, seed)


def test_a_single_run_of_workers_and_epochs_makes_their_product_of_passes(config):
    run, _ = one_run(config, None, "hogwild", 3, 1.3333, 5)
    assert (run.passes, run.workers, run.seed, run.workload) == (4, 3, 5, "fashion_mnist-simple_nn")


def test_serial_training_with_several_workers_is_refused(config):
    with pytest.raises(ValueError, match="one worker"):
        one_run(config, None, "serial", 2, 1, 1)


def test_a_test_inside_the_clock_needs_the_memory_pipeline(config):
    config["study"]["methods"] = ["ps_original"]
    load_plan(config)
    config["methods"]["ps_original"]["input_pipeline"] = "dataloader"
    with pytest.raises(ValueError, match=r"methods.ps_original.test_inside_clock is for the pipeline in memory"):
        load_plan(config)
