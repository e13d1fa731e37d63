"""The command line. `casual-training --help` and `casual-training COMMAND --help` describe it.

Thin on purpose: each command reads its arguments and calls one function, importing only what that needs.
"""

import argparse
import atexit
import json
import os
import signal
import sys
from pathlib import Path

from casual_training.study import snakemake_parent


def console_script() -> None:
    """Run the command of the command line and leave."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # or temporary files would stay
    snakemake_parent.end_with_snakemake()
    try:
        code = main()
    except SystemExit as leaving:
        code = leaving.code
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # it is leaving already
    # Torch takes over a second to take itself down; every file is closed and every worker gone by now.
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code.

    0, or the command's own; 2 for wrong input (said in one sentence), 130 when interrupted.
    """
    parsed = _parser().parse_args(arguments)
    try:
        return parsed.command(parsed) or 0
    except ValueError as error:
        print(f"casual-training: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        if error.filename is None:
            raise
        # A file that may not be read, a folder in the place of one.
        print(f"casual-training: cannot read or write {error.filename}: {error.strerror}; mend that", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("casual-training: interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="casual-training", description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    fetch = commands.add_parser("fetch", help="put a data set into the data folder, verified")
    fetch.add_argument("dataset")
    fetch.add_argument("--data-dir", type=Path, default=Path("data"))
    fetch.add_argument("--checksums", type=Path, help="write the files' sha256 here")
    fetch.set_defaults(command=_fetch)

    train = commands.add_parser("train", help="make one run; fetches its data if they are missing")
    train.add_argument("--out", type=Path, required=True, help="folder for run.json, losses.csv and train.log")
    train.add_argument("--method", help="a method of the config")
    train.add_argument("--workload", help="a workload of the config; default: the study's first")
    train.add_argument("--workers", type=int, default=1)
    train.add_argument("--epochs", type=float, default=1.0, help="epochs of each worker")
    train.add_argument("--seed", type=int, default=1)
    train.add_argument(
        "--config",
        type=Path,
        action="append",
        help="config file, repeatable, later over earlier; default: config.yaml",
    )
    train.add_argument("--run", type=json.loads, help="the whole run as JSON, as the rule train gives it")
    train.add_argument(
        "--trials", type=Path, nargs="*", default=[], help="run.json of each trial of a tuned run's learning rate"
    )
    train.add_argument("--data-dir", type=Path, help="default: the config's")
    train.add_argument("--deadline", type=int, help="seconds; default: the config's")
    train.set_defaults(command=_train)

    check = commands.add_parser("check", help="try the contract of strategies/__init__.py on one strategy")
    check.add_argument("strategy", metavar="NAME|FILE.py", help="a strategy, or a file anywhere that is to be one")
    check.add_argument("--log", type=Path, help="write all that its runs print here")
    check.set_defaults(command=_check)

    announce = commands.add_parser(
        "announce",
        help="say how many runs are to be made, their folders on standard input, and about how long they take",
    )
    _add_study(announce)
    announce.set_defaults(command=_announce)

    for name, help_text in {
        "collect": "gather the run folders of a study into runs.csv and ceilings.csv",
        "compare": "compare the methods: comparison.csv and verdict.json",
        "model-costs": "say what a run costs: cost.csv",
        "examine": "judge the original study's claims: claims.csv",
        "collect-diagnostics": "say what the workers waited for: diagnostics.csv",
        "draw-losses": "draw the loss charts",
        "draw-forest": "draw the speed-ups to the target",
        "draw-waterfall": "draw where these speed-ups come from",
        "draw-accuracy": "draw the accuracy chart",
        "draw-scaling": "draw the samples per second over the workers",
        "draw-step-time": "draw the speed-ups of several workloads over their step time",
        "draw-code-cost": "draw speed-up against lines of code",
        "draw-staleness": "draw the staleness chart",
        "write-report": "write the page",
        "report": "all of these, from the run folders that exist",
    }.items():
        step = commands.add_parser(name, help=help_text)
        _add_study(step)
        step.set_defaults(command=_analyse, step=name)
    return parser


def _add_study(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--study", type=json.loads, required=True, help="the study's config as JSON")
    parser.add_argument("--again", default="snakemake --cores 4", help="the command that repeats the study")


def _fetch(arguments) -> None:
    from casual_training.files import write_whole
    from casual_training.workload import fetch

    print(f"{arguments.dataset}: {fetch.fetch(arguments.dataset, arguments.data_dir)}")
    if arguments.checksums:
        checksums = fetch.verify(arguments.dataset, arguments.data_dir)
        write_whole(arguments.checksums, "".join(f"{value}  {file}\n" for file, value in checksums.items()))


def _train(arguments) -> int:
    from casual_training.errors import UserCodeError
    from casual_training.records import lr_choice
    from casual_training.runs import perform, repeat

    run, data_dir = _requested_run(arguments)
    try:
        lr_factor = lr_choice.lr_factor(run, arguments.trials)
    except (ValueError, LookupError, TypeError) as error:
        files = ", ".join(map(str, arguments.trials))
        raise ValueError(
            f"one of {files} cannot be read as a trial ({error}); delete their folders, run them again"
        ) from error
    try:
        record = perform.perform(run, arguments.out, data_dir, lr_factor)
    except UserCodeError as error:
        if arguments.run is None:
            raise
        # The run of a study is a row that says so, as a run that fails is, and the study goes on with what is right.
        print(f"casual-training: {error}", file=sys.stderr)
        return 0
    repeat.repeat_if_interfered(record, arguments.out)
    # To a study a run that failed is a result; whoever typed the command, or their script, has to hear of it.
    return 0 if arguments.run is not None or record["status"] == "ok" else 1


def _requested_run(arguments):
    if arguments.run is not None:
        from casual_training.plan.run import Run

        return Run(**arguments.run, deadline_seconds=arguments.deadline), arguments.data_dir
    from casual_training.config.read import read_config
    from casual_training.config.validate import validate
    from casual_training.plan.study import one_run

    if arguments.method is None:
        raise ValueError("train needs --method, the name of a method in the config")
    config = validate(read_config(arguments.config or [Path("config.yaml")]))
    if arguments.deadline is not None:
        config["machine"]["deadline_seconds"] = arguments.deadline
    run = one_run(config, arguments.workload, arguments.method, arguments.workers, arguments.epochs, arguments.seed)
    return run, arguments.data_dir or Path(config["machine"]["data_dir"])


def _check(arguments) -> int:
    from casual_training.check.check_strategy import check

    return check(arguments.strategy, arguments.log)


def _announce(arguments) -> None:
    from casual_training.study import time_estimate

    print(time_estimate.announce(arguments.study, set(sys.stdin.read().split())), file=sys.stderr)


def _analyse(arguments) -> None:
    from casual_training.analysis import steps

    root = Path.cwd()
    match arguments.step:
        case "collect":
            steps.collect(arguments.study, root)
        case "compare":
            steps.compare(arguments.study, root)
        case "model-costs":
            steps.model_costs(arguments.study, root)
        case "examine":
            steps.examine(arguments.study, root)
        case "collect-diagnostics":
            steps.collect_diagnostics(arguments.study, root)
        case "draw-losses":
            steps.draw_losses(arguments.study, root)
        case "draw-forest":
            steps.draw_forest(arguments.study, root)
        case "draw-waterfall":
            steps.draw_waterfall(arguments.study, root)
        case "draw-accuracy":
            steps.draw_accuracy(arguments.study, root)
        case "draw-scaling":
            steps.draw_scaling(arguments.study, root)
        case "draw-step-time":
            steps.draw_step_time(arguments.study, root)
        case "draw-code-cost":
            steps.draw_code_cost(arguments.study, root)
        case "draw-staleness":
            steps.draw_staleness(arguments.study, root)
        case "write-report":
            steps.write_report(arguments.study, root, arguments.again)
        case "report":
            steps.everything(arguments.study, root, arguments.again)


if __name__ == "__main__":
    console_script()
