"""A run's digest covers all code that its training imports, and of the user's code what that imports beside it."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from casual_training.study import code_digest as module
from casual_training.study.code_digest import PACKAGE, code_digest, with_imports
from training import make_run

SERIAL_RUN = make_run()
# Of every command, and no part of what a run does: an edit of the command line makes nothing again.
OF_THE_COMMAND_LINE = {"__main__.py", "cli.py", "study/__init__.py", "study/snakemake_parent.py"}


@pytest.fixture(autouse=True)
def forget():
    """Files change between two digests here."""
    for function in (module._of_every_run, module._digest, module._imports_of):
        function.cache_clear()


def covered(run, monkeypatch) -> set[str]:
    """The files of ours that a run's digest reads."""
    seen = []
    monkeypatch.setattr(module, "_sha256_of", seen.extend)
    code_digest(run)
    assert len(set(seen)) == len(seen)
    return {str(file.relative_to(PACKAGE)) for file in seen if file.is_relative_to(PACKAGE)}


TRACE = """
import atexit, os, sys
def write():
    ours = [module for name, module in list(sys.modules.items()) if name.startswith("casual_training")]
    files = {getattr(module, "__file__", None) for module in ours}
    with open(os.environ["TRACE"], "a") as file:
        file.write("".join(f"{one}\\n" for one in files if one))
atexit.register(write)
import multiprocessing.util
multiprocessing.util.Finalize(None, write, exitpriority=100)
"""


@pytest.mark.parametrize(
    ("strategy", "changes"),
    [
        ("hogwild", {"workers": 2, "diagnose": True, "max_steps": 8}),
        ("ps_push_pull", {"workers": 1}),
        ("ddp", {"workers": 2}),
        ("sync_shared", {"workers": 2}),
        ("local_sgd", {"workers": 2, "input_pipeline": "dataloader"}),
    ],
)
def test_the_digest_covers_every_file_that_training_imports(strategy, changes, data_dir, tmp_path, monkeypatch):
    run = make_run(strategy=strategy, **changes)
    (tmp_path / "sitecustomize.py").write_text(TRACE)
    trace = tmp_path / "trace"
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    command = [sys.executable, "-m", "casual_training", "train", "--run", json.dumps(run.spec), "--deadline", "60"]
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "out"), "--data-dir", str(data_dir)],
        env=os.environ | {"PYTHONPATH": path, "TRACE": str(trace)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and json.loads((tmp_path / "out" / "run.json").read_text())["status"] == "ok", done
    imported = {Path(line) for line in trace.read_text().splitlines()}
    ours = {str(file.relative_to(PACKAGE)) for file in imported if file.is_relative_to(PACKAGE)}
    assert {"runs/perform.py", f"strategies/{strategy}.py", "workload/models/simple_nn.py"} < ours
    assert ours - OF_THE_COMMAND_LINE <= covered(run, monkeypatch)


def test_the_digest_covers_the_registries_of_strategies_and_models(monkeypatch):
    assert {"strategies/__init__.py", "workload/models/__init__.py"} < covered(SERIAL_RUN, monkeypatch)


def test_a_strategy_or_model_file_concerns_only_its_own_runs(monkeypatch):
    files = covered(make_run(strategy="hogwild", model="simple_nn"), monkeypatch)
    named = {file for file in files if file.startswith(("strategies/", "workload/models/"))}
    assert named == {
        "strategies/__init__.py",
        "strategies/hogwild.py",
        "workload/models/__init__.py",
        "workload/models/simple_nn.py",
    }


def test_nothing_of_the_analysis_or_around_a_study_is_covered(monkeypatch):
    files = covered(SERIAL_RUN, monkeypatch)
    assert not {file for file in files if file.startswith(("analysis/", "study/", "check/", "original/", "cli"))}


def test_an_edit_of_the_configs_words_or_of_the_comparisons_makes_no_run_again(monkeypatch):
    of_config_and_plan = {file for file in covered(SERIAL_RUN, monkeypatch) if file.startswith(("config/", "plan/"))}
    assert {"config/references.py", "plan/run.py", "plan/seeds.py"} <= of_config_and_plan
    assert not of_config_and_plan & {"config/models.py", "config/sentences.py", "plan/plan.py", "plan/comparisons.py"}


def test_how_a_learning_rate_is_chosen_concerns_tuned_runs_only(monkeypatch):
    tuned = dataclasses.replace(SERIAL_RUN, tune={"factors": [1.0], "seed": 2, "target": 0.5})
    untuned = covered(SERIAL_RUN, monkeypatch)
    own = covered(tuned, monkeypatch) - untuned
    code = (
        "import sys; from casual_training.study import lr_choice\n"
        "print(*(module.__file__ for name, module in sys.modules.items() if name.startswith('casual_training')))"
    )
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    imported = {str(Path(file).relative_to(PACKAGE)) for file in printed.split()}
    assert {"study/lr_choice.py", "study/time_to_target.py"} < own
    assert own == imported - untuned


def test_an_edit_of_any_covered_file_changes_the_digest(tmp_path, monkeypatch):
    copy = tmp_path / "casual_training"
    for name in covered(SERIAL_RUN, monkeypatch):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes((PACKAGE / name).read_bytes())
    monkeypatch.undo()
    monkeypatch.setattr(module, "PACKAGE", copy)
    before = digest = code_digest(SERIAL_RUN)
    for file in sorted(copy.rglob("*.py")):
        forget.__wrapped__()
        file.write_text(f"{file.read_text()}# edited\n")
        assert code_digest(SERIAL_RUN) != digest, file
        digest = code_digest(SERIAL_RUN)
    assert digest != before


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    """A folder with a user's network, which imports a module beside it, which imports others."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "mine"
    (folder / "parts" / "deep").mkdir(parents=True)
    (folder / "net.py").write_text("import torch\nfrom layers import Layer\ndef make():\n    import late\n")
    (folder / "layers.py").write_text("from parts.deep import inner\nimport parts.other as other\nclass Layer: pass\n")
    (folder / "late.py").write_text("")
    (folder / "unused.py").write_text("")
    (folder / "parts" / "__init__.py").write_text("from . import relative\n")
    (folder / "parts" / "relative.py").write_text("import net\n")
    (folder / "parts" / "other.py").write_text("")
    (folder / "parts" / "deep" / "__init__.py").write_text("")
    (folder / "parts" / "deep" / "inner.py").write_text("def broken(:\n")
    return folder


def test_modules_that_a_users_file_imports_from_beside_it_count_too(own_folder):
    found = {file.relative_to(own_folder).as_posix() for file in with_imports([Path("mine/net.py")])}
    assert found == {
        "net.py",
        "layers.py",
        "late.py",
        "parts/__init__.py",
        "parts/relative.py",
        "parts/other.py",
        "parts/deep/__init__.py",
        "parts/deep/inner.py",
    }


@pytest.mark.parametrize("edited", ["net.py", "layers.py", "parts/deep/inner.py"])
def test_an_edit_beside_a_users_file_changes_only_its_digest(own_folder, edited):
    mine = dataclasses.replace(SERIAL_RUN, model="mine/net.py:make")
    before = code_digest(mine), code_digest(SERIAL_RUN)
    forget.__wrapped__()
    (own_folder / edited).write_text("# another\n")
    assert code_digest(mine) != before[0]
    assert code_digest(SERIAL_RUN) == before[1]


def test_an_edit_of_what_a_users_file_does_not_import_changes_nothing(own_folder):
    mine = dataclasses.replace(SERIAL_RUN, model="mine/net.py:make")
    before = code_digest(mine)
    forget.__wrapped__()
    (own_folder / "unused.py").write_text("# another\n")
    assert code_digest(mine) == before


@pytest.mark.parametrize("source", ["from . import layers", "from ..a import b", "from ........ import a", "import ."])
def test_an_import_that_leads_nowhere_or_is_no_python_covers_the_file(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(source)
    assert with_imports([Path("net.py")]) == (tmp_path.resolve() / "net.py",)


def test_the_packages_of_a_users_module_count_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere" / "pk" / "sub").mkdir(parents=True)
    for name in ("__init__.py", "other.py", "sub/__init__.py", "sub/deeper.py"):
        (tmp_path / "elsewhere" / "pk" / name).write_text("")
    (tmp_path / "elsewhere" / "pk" / "sub" / "net.py").write_text("from pk.other import Layer\nfrom . import deeper\n")
    monkeypatch.syspath_prepend(str(tmp_path / "elsewhere"))
    found = {file.name for file in with_imports([Path("elsewhere/pk/sub/net.py")])}
    assert found == {"net.py", "other.py", "deeper.py", "__init__.py"}
    assert len(with_imports([Path("elsewhere/pk/sub/net.py")])) == 5
