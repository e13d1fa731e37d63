"""No file that a run or a page reads can make it run code: nothing unpickles, evaluates or executes what it reads."""

import ast

import pytest
from project import REPOSITORY

READERS_THAT_RUN_CODE = {
    *("eval", "exec", "compile", "torch.load", "numpy.load", "np.load", "pickle.load", "pickle.loads"),
    *("marshal.load", "marshal.loads", "shelve.open", "joblib.load", "pandas.read_pickle", "pd.read_pickle"),
    *("yaml.load", "yaml.full_load", "yaml.unsafe_load", "yaml.load_all", "os.system", "os.popen"),
}
SOURCES = sorted((REPOSITORY / "src").rglob("*.py"))


def calls(source: str) -> set[str]:
    return {ast.unparse(node.func) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)}


def imported_alone(source: str) -> set[str]:
    """Names taken out of their modules, with their modules: no call may hide behind one."""
    return {
        f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def runs_code(source: str) -> set[str]:
    in_shell = {
        "shell=True"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.keyword) and node.arg == "shell" and ast.unparse(node.value) == "True"
    }
    return (calls(source) | imported_alone(source)) & READERS_THAT_RUN_CODE | in_shell


@pytest.mark.parametrize(
    "source",
    ["torch.load(f)", "from pickle import loads", "eval(text)", "run(c, shell=True)", "yaml.load(t, yaml.Loader)"],
)
def test_what_would_run_code_is_found(source):
    assert runs_code(source)


def test_no_source_file_unpickles_evaluates_or_executes_what_it_reads():
    assert len(SOURCES) > 80
    assert {str(file): found for file in SOURCES if (found := runs_code(file.read_text()))} == {}
