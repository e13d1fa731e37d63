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
from typing import TYPE_CHECKING

from casual_training.study import snakemake_parent

if TYPE_CHECKING:
    from casual_training.analysis.study_folder import StudyFolder
    from casual_training.plan.run import Run

DESCRIPTION = "Which way of training a small network is fastest on this machine, at equal accuracy?"


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
        print(f"casual-training: cannot read or write {error.filename}: {error.strerror}; fix that", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("casual-training: interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="casual-training", description=DESCRIPTION)
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
    train.add_argument("--data-dir", type=Path, help="default: the config's")
    train.add_argument("--deadline", type=int, help="seconds; default: the config's")
    train.set_defaults(command=_train)

    check = commands.add_parser("check", help="try the contract of strategies/__init__.py on one strategy")
    check.add_argument("strategy", metavar="NAME|FILE.py", help="a strategy, or a file anywhere that is to be one")
    check.add_argument("--log", type=Path, help="write all that its runs print here")
    check.set_defaults(command=_check)

    schema = commands.add_parser("schema", help="print the JSON schema of a config, for an editor")
    schema.set_defaults(command=_schema)

    announce = commands.add_parser(
        "announce",
        help="say how many runs are to be made, their folders on standard input, and about how long they take",
    )
    announce.add_argument("--study", type=json.loads, required=True, help="the study's config as JSON")
    announce.set_defaults(command=_announce)

    for name, (command, help_text, takes_name) in {
        "make-table": (_make_table, "make a table of a study from its run folders and other tables", True),
        "make-verdict": (_make_verdict, "answer which method to use: verdict.json", False),
        "draw-chart": (_draw_chart, "draw a chart of a study, and write the table behind it", True),
        "write-page": (_write_page, "write the page", False),
        "report": (_report, "all tables, the verdict, all charts and the page, from the run folders that exist", False),
    }.items():
        step = commands.add_parser(name, help=help_text)
        if takes_name:
            step.add_argument("name")
        step.add_argument("--study", type=json.loads, required=True, help="the study's config as JSON")
        if command in (_write_page, _report):
            step.add_argument("--again", default="snakemake --cores 4", help="the command that repeats the study")
        step.set_defaults(command=command)
    return parser


def _fetch(arguments: argparse.Namespace) -> None:
    from casual_training.files import write_whole
    from casual_training.workload import fetch

    print(f"{arguments.dataset}: {fetch.fetch(arguments.dataset, arguments.data_dir)}")
    if arguments.checksums:
        checksums = fetch.verify(arguments.dataset, arguments.data_dir)
        write_whole(arguments.checksums, "".join(f"{value}  {file}\n" for file, value in checksums.items()))


def _train(arguments: argparse.Namespace) -> int:
    from casual_training.errors import UserCodeError
    from casual_training.runs import repeat
    from casual_training.runs.perform import perform

    run, data_dir = _requested_run(arguments)
    lr_factor = None
    if run.tune:
        from casual_training.study.lr_choice import chosen_factor

        lr_factor = chosen_factor(run, Path.cwd())
    try:
        record = perform(run, arguments.out, data_dir, lr_factor)
    except UserCodeError as error:
        if arguments.run is None:
            raise
        # The run of a study is a row that says so, as a run that fails is, and the study goes on with what is right.
        print(f"casual-training: {error}", file=sys.stderr)
        return 0
    repeat.repeat_if_interfered(record, arguments.out)
    # To a study a run that failed is a result; whoever typed the command, or their script, has to hear of it.
    return 0 if arguments.run is not None or record.ok else 1


def _requested_run(arguments: argparse.Namespace) -> tuple["Run", Path]:
    if arguments.run is not None:
        from casual_training.plan.run import Run

        return Run(**arguments.run, deadline_seconds=arguments.deadline), arguments.data_dir
    from casual_training.config.read import read_config
    from casual_training.study.load import one_run

    if arguments.method is None:
        raise ValueError("train needs --method, the name of a method in the config")
    config = read_config(arguments.config or [Path("config.yaml")])
    if arguments.deadline is not None and isinstance(machine := config.get("machine", {}), dict):
        config = config | {"machine": machine | {"deadline_seconds": arguments.deadline}}
    asked = (arguments.workload, arguments.method, arguments.workers, arguments.epochs, arguments.seed)
    run, data_dir = one_run(config, *asked)
    return run, arguments.data_dir or Path(data_dir)


def _check(arguments: argparse.Namespace) -> int:
    from casual_training.check.check_strategy import check

    return check(arguments.strategy, arguments.log)


def _schema(arguments: argparse.Namespace) -> None:
    from casual_training.config.validate import json_schema
    from casual_training.study.load import catalogue

    print(json.dumps(json_schema(catalogue()), indent=1))


def _announce(arguments: argparse.Namespace) -> None:
    from casual_training.study.load import load_plan
    from casual_training.study.time_estimate import announce

    print(announce(load_plan(arguments.study), set(sys.stdin.read().split())), file=sys.stderr)


def _make_table(arguments: argparse.Namespace) -> None:
    from casual_training.analysis.make import make_table

    make_table(_study_folder(arguments), arguments.name)


def _make_verdict(arguments: argparse.Namespace) -> None:
    from casual_training.analysis.make import write_verdict

    write_verdict(_study_folder(arguments))


def _draw_chart(arguments: argparse.Namespace) -> None:
    from casual_training.analysis.make import draw_chart

    draw_chart(_study_folder(arguments), arguments.name)


def _write_page(arguments: argparse.Namespace) -> None:
    from casual_training.analysis.make import write_page

    write_page(_study_folder(arguments), arguments.again)


def _report(arguments: argparse.Namespace) -> None:
    from casual_training.analysis.make import make_everything

    make_everything(_study_folder(arguments), arguments.again)


def _study_folder(arguments: argparse.Namespace) -> "StudyFolder":
    from casual_training.analysis.study_folder import StudyFolder
    from casual_training.study.load import load_checked

    return StudyFolder(load_checked(arguments.study), Path.cwd())
