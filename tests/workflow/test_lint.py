"""The workflow is clean under Snakemake's linter and formatted."""

import re
import subprocess
import sys

from project import REPOSITORY

# Not followed: the one environment is pinned in constraints.txt and made by `make setup`, and the time that a container
# or an environment of its own takes to start would be inside every measurement.
NOT_FOLLOWED = "Specify a conda environment or container for each rule."


def test_snakemakes_linter_advises_one_thing_which_is_not_followed_on_purpose(untouched):
    # It leaves with 1 after any advice, and prints text whatever format it is asked for.
    printed = untouched.python("snakemake", "--lint").stdout
    lints = re.findall(r"^    \* (.+):$", printed, re.M)
    linted = re.findall(r"^Lints for (?:rule|snakefile) (\S+)", printed, re.M)
    assert set(lints) == {NOT_FOLLOWED}, printed
    assert len(linted) == len(lints)


def test_the_rules_are_formatted():
    done = subprocess.run(
        [sys.executable, "-m", "snakefmt", "--check", "Snakefile", "workflow"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "left unchanged" in done.stderr
