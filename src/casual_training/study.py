"""From the config to the table of runs. Pure: starts nothing and writes nothing.

A config is a catalogue (workloads, methods) and a choice from it (study). `validate` refuses a wrong one with one
sentence; `schedule` expands a valid one into runs, in the order in which they are to be executed.
"""

import dataclasses
import difflib
import itertools
import math
import random
from pathlib import Path

import jsonschema
import yaml

from casual_training import machine, models, own, strategies, tuning
from casual_training.datasets import DATASETS
from casual_training.optimization import LOSSES, METRICS, OPTIMIZERS, describe_metric
from casual_training.run import CEILING_STRATEGY, Run
from casual_training.seeding import RUN_ORDER, derived_seed

PROJECT = Path(__file__).resolve().parents[2]
SCHEMA = PROJECT / "workflow" / "schemas" / "config.schema.yaml"

# JSON Schema takes 2.0 for an integer, but a folder of results would be named after it.
_VALIDATOR = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int),
)
DIAGNOSED_STEPS = 200  # of each worker in a diagnosis
NOT_OF_A_RUN = ("target", "methods")  # keys of a workload that no training depends on


def read_config(files: list[Path]) -> dict:
    """Read config files, later ones over earlier ones: maps are merged, lists and values replaced."""
    config: dict = {}
    for file in files:
        try:
            overlay = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"cannot read the config file {file}: {error}") from None
        except yaml.YAMLError as error:
            raise ValueError(f"{file} is not valid YAML: {' '.join(str(error).split())}") from None
        except (ValueError, LookupError, AttributeError, RecursionError) as error:
            # PyYAML lets these through: a 13th month, what is no number under the tag of one, nesting without end.
            raise ValueError(f"{file} holds a value that cannot be read ({error}); see config.yaml") from None
        if not isinstance(overlay, dict):
            raise ValueError(f"{file} must hold keys and values at its top level; see config.yaml")
        _refuse_circles(overlay, file)
        _merge(config, overlay)
    return config


def _merge(config: dict, overlay: dict) -> None:
    for key, value in overlay.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            _merge(config[key], value)
        else:
            config[key] = value


def _refuse_circles(value, file: Path, outer: tuple[int, ...] = ()) -> None:
    """Refuse a map or list that an alias puts into itself, which no merge and no check would come to the end of."""
    if id(value) in outer:
        raise ValueError(f"{file} holds an alias of what it stands in; write out what is meant")
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            _refuse_circles(item, file, (*outer, id(value)))


def validate(config: dict) -> dict:
    """Check a merged config and return it with every default filled in.

    Raises:
        ValueError: one sentence that names the key, what is wrong with it and what to do.
    """
    schema = _schema(config)
    error = jsonschema.exceptions.best_match(_VALIDATOR(schema).iter_errors(config))
    if error is not None:
        raise ValueError(_sentence(error))
    _require_plain(config, "config")
    config = _with_defaults(config, schema, schema)
    _check_names(config)
    _check_tuning(config)
    for run in schedule(config):
        _check_samples(run)
    return config


def _schema(config: dict) -> dict:
    """Read the schema and let each method of a config have the options of its own strategy."""
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    methods = config.get("methods") if isinstance(config, dict) else None
    for name, method in methods.items() if isinstance(methods, dict) else ():
        strategy = method.get("strategy") if isinstance(method, dict) else None
        if strategy in strategies.names():
            common = schema["$defs"]["method"]
            own = common | {"properties": common["properties"] | strategies.options(strategy)}
            schema["properties"]["methods"].setdefault("properties", {})[name] = own
    return schema


def _sentence(error: jsonschema.ValidationError) -> str:
    where = ".".join(str(part) for part in error.absolute_path) or "the top level"
    if error.validator == "additionalProperties":
        known = sorted(error.schema.get("properties", ()))
        unknown = next(key for key in error.instance if key not in known)
        close = difflib.get_close_matches(str(unknown), known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(known)}"
        return f"config: unknown key {unknown!r} in {where}; {hint}"
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        return f"config: the key {missing!r} is missing in {where}; add it (see config.yaml)"
    while "expected" not in error.schema and error.parent is not None:  # a branch of anyOf says less than the whole
        error = error.parent
    return f"config: {where} has {error.instance!r}, but must be {error.schema.get('expected', error.message)}"


def _require_plain(value, where: str) -> None:
    """Refuse what JSON, as which a run is handed on, cannot hold: the schema looks at arguments from outside only."""
    place = where.removeprefix("config.")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"config: {place} is {value}; give a finite number")
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ValueError(f"config: {place} has the key {key!r}, but must have texts as keys; give it in quotes")
            _require_plain(item, f"{where}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _require_plain(item, f"{where}.{index}")
    elif not isinstance(value, str | int | float | None):
        raise ValueError(f"config: {place} is {value!r}; give a text (in quotes), a number, true, false or null")


def _with_defaults(value, schema: dict, root: dict):
    """Return a copy of `value` in which every key that has a default in the schema is present."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    if not isinstance(value, dict):
        return value
    properties = schema.get("properties", {})
    filled = {key: part["default"] for key, part in properties.items() if "default" in part} | value
    entries = schema.get("additionalProperties") or {}
    return {key: _with_defaults(item, properties.get(key, entries), root) for key, item in filled.items()}


def _check_names(config: dict) -> None:
    study = config["study"]
    for kind in ("workloads", "methods"):
        for name in study[kind]:
            _choose(name, config[kind], f"study.{kind}", f"add it under {kind}: or")
        folded: dict[str, str] = {}
        for name in config[kind]:
            other = folded.setdefault(name.casefold(), name)
            if other != name:
                raise ValueError(
                    f"config: {kind} {other!r} and {name!r} would share one results folder where upper and lower "
                    "case are the same; rename one"
                )
    for entry in study["headline"]:
        _choose(entry["method"], config["methods"], "study.headline", "add it under methods: or")
        if config["methods"][entry["method"]]["max_steps"] is not None:
            raise ValueError(
                f"config: study.headline declares {entry['method']}, which never reaches a target, because only its "
                "rate is measured (max_steps); declare another"
            )
    for name, workload in config["workloads"].items():
        where = f"workloads.{name}"
        _choose_or_own(workload["dataset"], DATASETS, f"{where}.dataset")
        _choose_or_own(workload["model"], models.names(), f"{where}.model")
        _choose_or_own(workload["loss"], LOSSES, f"{where}.loss")
        metric = describe_metric(workload["loss"], workload["metric"])
        _choose_or_own(metric["function"], METRICS, f"{where}.metric")
        if metric["name"] == "accuracy" and (workload["target"] or 0) >= 1:
            raise ValueError(f"config: {where}.target is {workload['target']}, but must be below 1, as an accuracy is")
        for method in workload["methods"] or ():
            _choose(method, config["methods"], f"{where}.methods", "add it under methods: or")
        optimizer = workload["optimizer"]
        _choose(optimizer["name"], OPTIMIZERS, f"{where}.optimizer.name")
        _, options = OPTIMIZERS[optimizer["name"]]
        for option in optimizer.keys() - {"name"}:
            _choose(option, options, f"{where}.optimizer", f"{optimizer['name']} has no such option;")
    for name, method in config["methods"].items():
        known = [strategy for strategy in strategies.names() if strategy != CEILING_STRATEGY]
        _choose(method["strategy"], known, f"methods.{name}.strategy")


def _check_tuning(config: dict) -> None:
    taken = {name.casefold() for name in config["methods"]}
    for run in _tuned_as_is(config, config["study"]["seeds"][0]):
        if config["workloads"][run.workload]["target"] is None:
            raise ValueError(
                f"config: study.tune needs workloads.{run.workload}.target, by which its trials are judged; set it, or "
                "leave study.tune empty"
            )
        name = run.method + tuning.SUFFIX
        if name.casefold() in taken:
            raise ValueError(f"config: methods.{name} has the name of {run.method} as study.tune tunes it; rename it")


def _choose(name: str, known, where: str, advice: str = "") -> None:
    if name not in known:
        advice = f"{advice} choose from: {', '.join(sorted(known))}".strip()
        raise ValueError(f"config: unknown name {name!r} in {where}; {advice}")


def _choose_or_own(named: str | dict, known, where: str) -> None:
    """Refuse a name that is neither known nor found in the user's own code, which is read and not imported."""
    if own.is_own(named):
        own.require(named, where)
    else:
        _choose(named, known, where, "give path/to/file.py:name, or")


def _check_samples(run: Run) -> None:
    if not own.is_own(run.dataset):  # how many samples the user's own has is known when its factory is called
        _check_images(run)
    if run.sampling == "full" and run.passes % run.workers:
        raise ValueError(
            f"config: methods.{run.method}.sampling is full, so {run.workers} workers cannot share {run.passes} whole "
            "passes out evenly; make study.passes a multiple of them"
        )
    if run.sampling == "full" and strategies.is_synchronous(run.strategy):
        raise ValueError(
            f"config: methods.{run.method}.sampling is full, but the workers of {run.strategy} go through every pass "
            "together and have none of their own; choose shard"
        )
    if run.options.get("test_inside_clock") and run.input_pipeline != "memory":
        raise ValueError(
            f"config: methods.{run.method}.test_inside_clock is for the pipeline in memory; give the method "
            "input_pipeline: memory"
        )
    if run.max_steps is not None and run.max_steps < run.workers:
        raise ValueError(
            f"config: methods.{run.method}.max_steps is {run.max_steps}, too few for {run.workers} workers to make a "
            "step each; raise it or lower study.workers"
        )


def _check_images(run: Run) -> None:
    dataset = DATASETS[run.dataset]
    available = dataset.n_train - dataset.n_validation
    samples = available if run.train_samples is None else run.train_samples
    if samples > available:
        raise ValueError(
            f"config: workloads.{run.workload}.train_samples is {samples}, but {run.dataset} has only {available} "
            f"training samples beside its {dataset.n_validation} validation samples; give at most {available}"
        )
    batches = samples // run.batch_size
    if run.workers > batches:
        raise ValueError(
            f"config: workers ({run.workers}) outnumber the whole batches ({batches}) of {run.batch_size} in the "
            f"{samples} training samples of {run.workload}; lower study.workers or its batch_size, or raise its "
            "train_samples"
        )


def schedule(config: dict) -> list[Run]:
    """Expand a valid config into all its runs, ceilings and trials, in the order of execution.

    The runs of one seed form a block (its ceiling and tuned runs among them), so that a drift of the machine's speed
    meets every method alike; inside a block the order is shuffled with the seed itself, so it can be repeated. The
    trials have a seed and a block of their own, the first.
    """
    order = plan_trials(config)
    for seed in config["study"]["seeds"]:
        order += _shuffled(_block(config, seed), seed)
    return order


def _shuffled(block: list[Run], seed: int) -> list[Run]:
    random.Random(derived_seed(seed, RUN_ORDER)).shuffle(block)
    return block


def plan(config: dict) -> list[Run]:
    """List the runs of a study, without its ceilings and trials, in the order of execution."""
    return [run for run in schedule(config) if run.strategy != CEILING_STRATEGY and run.lr_factor is None]


def plan_ceilings(config: dict) -> list[Run]:
    """List the ceiling runs of a study, one a seed and workload with parallel methods, in the order of execution."""
    return [run for run in schedule(config) if run.strategy == CEILING_STRATEGY]


def plan_trials(config: dict) -> list[Run]:
    """List the trials of learning rates (tuning.py), in the order of execution: before all other runs."""
    study, seed = config["study"], _trial_seed(config)
    to_tune = _tuned_as_is(config, study["seeds"][0])
    return _shuffled([trial for run in to_tune for trial in tuning.trials(run, study["tune"], seed)], seed)


def _trial_seed(config: dict) -> int:
    """Give the smallest seed that no run of the study has."""
    return next(seed for seed in itertools.count() if seed not in config["study"]["seeds"])


def plan_diagnoses(config: dict) -> list[Run]:
    """List the short runs that take the steps of the first seed's runs apart; they are made after all others.

    What is there to show how it fails is not diagnosed, and the steps of a tuned run are those of the same as is.
    """
    study = config["study"]
    runs = [run for run in plan(config) if run.seed == study["seeds"][0] and not run.expected_failure and not run.tune]
    return [_diagnosis(run) for run in runs] if study["diagnose"] else []


def _diagnosis(run: Run) -> Run:
    steps = DIAGNOSED_STEPS * run.workers
    max_steps = steps if run.max_steps is None else min(steps, run.max_steps)
    return dataclasses.replace(run, diagnose=True, max_steps=max_steps, snapshots=1)


def cores_of(config: dict) -> int:
    """Give how many cores of this machine a study may use."""
    return machine.cores() if config["machine"]["cores"] == "auto" else config["machine"]["cores"]


def _block(config: dict, seed: int) -> list[Run]:
    """List the runs of a seed, the tuned ones last."""
    factors, trial_seed = config["study"]["tune"], _trial_seed(config)
    return _as_is(config, seed) + [
        tuning.tuned(run, factors, trial_seed, config["workloads"][run.workload]["target"])
        for run in _tuned_as_is(config, seed)
    ]


def _tuned_as_is(config: dict, seed: int) -> list[Run]:
    """Choose the runs of a seed that have a tuned counterpart: whole ones that nobody expects to fail."""
    if not config["study"]["tune"]:
        return []
    return [
        run
        for run in _as_is(config, seed)
        if run.strategy != CEILING_STRATEGY and not run.rate_only and not run.expected_failure
    ]


def _as_is(config: dict, seed: int) -> list[Run]:
    """List the runs of a seed with the learning rate of their workload, its ceilings among them."""
    study = config["study"]
    cores = cores_of(config)
    # `cores` in the list of workers may repeat a number that is there already.
    workers = dict.fromkeys(cores if count == "cores" else count for count in study["workers"])
    ceiling = {
        "strategy": CEILING_STRATEGY,
        "threads": 1,
        "input_pipeline": "memory",
        "sampling": "shard",
        "batch": "worker",
        "omp_wait_policy": None,
        "max_steps": None,
        "expected_failure": False,
    }
    block = []
    for workload in study["workloads"]:
        methods = {name: config["methods"][name] for name in _methods_of(config, workload)}
        if not all(strategies.takes_one_worker(method["strategy"]) for method in methods.values()):
            copies = expand(config, workload, "ceiling", ceiling, cores, cores, seed)
            block.append(dataclasses.replace(copies, snapshots=1))  # only its speed is of interest
        for name, method in methods.items():
            for count in [1] if strategies.takes_one_worker(method["strategy"]) else workers:
                block.append(expand(config, workload, name, method, count, cores, seed))
    return block


def _methods_of(config: dict, workload: str) -> list[str]:
    own = config["workloads"][workload]["methods"]
    return config["study"]["methods"] if own is None else own


def methods(config: dict) -> list[str]:
    """List the methods of a study, in the order of the study and of its workloads, the tuned ones last."""
    block = _block(config, config["study"]["seeds"][0])
    return list(dict.fromkeys(run.method for run in block if run.strategy != CEILING_STRATEGY))


def expand(config: dict, workload: str, name: str, method: dict, workers: int, cores: int, seed: int) -> Run:
    """Make one run of a valid config.

    Args:
        config: a validated config.
        workload: name of an entry of config["workloads"].
        name: name the method goes by in results.
        method: its options, an entry of config["methods"].
        workers: worker processes, 1 or more.
        cores: cores of the machine that the study may use.
        seed: 0 or more.

    Raises:
        ValueError: a batch that the workers share has no sample for each.
    """
    threads = {"auto": max(1, cores // workers), "cores": cores}.get(method["threads"], method["threads"])
    passes = config["study"]["passes"]
    options = strategies.options(method["strategy"])
    trained = {key: value for key, value in config["workloads"][workload].items() if key not in NOT_OF_A_RUN}
    if method["batch"] == "global":
        if trained["batch_size"] < workers:
            raise ValueError(
                f"config: methods.{name}.batch is global, but a batch_size of {trained['batch_size']} has no sample "
                f"for each of {workers} workers; raise workloads.{workload}.batch_size or lower study.workers"
            )
        trained["batch_size"] //= workers  # rounded down, or the default study would not run on 6 cores
    trained["metric"] = describe_metric(trained["loss"], trained["metric"])
    return Run(
        study=config["study"]["name"],
        workload=workload,
        method=name,
        workers=workers,
        epochs=passes / workers,
        passes=passes,
        seed=seed,
        cores=cores,
        log_interval=config["machine"]["log_interval"],
        snapshots=config["study"]["snapshots"],
        deadline_seconds=config["machine"]["deadline_seconds"],
        options={key: method[key] for key in options},
        **trained,
        **{key: value for key, value in method.items() if key not in {*options, "batch"}} | {"threads": threads},
    )


def one_run(config: dict, workload: str | None, method: str, workers: int, epochs: float, seed: int) -> Run:
    """Make the run that somebody asks for by name, outside any study.

    Args:
        config: a validated config.
        workload: name of a workload; None is the study's first.
        method: name of a method.
        workers: worker processes, 1 or more.
        epochs: epochs of each worker; workers x epochs must be a whole number of passes, 1 or more.
        seed: 0 or more.

    Raises:
        ValueError: an unknown name, or numbers that do not fit.
    """
    workload = workload or config["study"]["workloads"][0]
    _choose(workload, config["workloads"], "--workload")
    _choose(method, config["methods"], "--method")
    passes = round(workers * epochs) if math.isfinite(epochs) else 0
    if workers < 1 or seed < 0 or passes < 1 or abs(workers * epochs - passes) > 0.01:
        raise ValueError(
            f"--workers {workers} --epochs {epochs:g} --seed {seed} do not fit: workers is 1 or more, workers x epochs "
            "a whole number of passes, 1 or more, and seed 0 or more"
        )
    if strategies.takes_one_worker(config["methods"][method]["strategy"]) and workers > 1:
        raise ValueError(f"--workers {workers} does not fit --method {method}, which has one worker")
    study = {
        "name": "single",
        "workloads": [workload],
        "methods": [method],
        "passes": passes,
        "workers": [workers],
        "seeds": [seed],
        "snapshots": config["study"]["snapshots"],
        "diagnose": False,
        "headline": [],
    }
    chosen = config["workloads"][workload] | {"methods": None}
    (run,) = plan(validate(config | {"study": study, "workloads": {workload: chosen}}))
    return run
