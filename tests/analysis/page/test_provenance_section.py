"""Machine, versions, commit and command are on the page."""

from pages import COMMAND, parsed


def test_runs_of_several_commits_are_said_to_be_and_listed(in_trouble, plain):
    note = "These runs come from 2 commits (listed at the end)"
    assert note in parsed(in_trouble).words
    assert "0123456789ab with uncommitted changes" in parsed(in_trouble).words
    assert "These runs come from" not in parsed(plain).words


def test_machine_versions_commit_config_and_command_are_in_the_page(plain):
    words = parsed(plain).words
    assert "The machine: 2 virtual cores (Made-up CPU); system: Linux 6.1, " in words and "memory (GB): 15.6" in words
    assert "torch 2.14.1" in words
    assert "0123456789ab" in words
    assert COMMAND in words
    assert "seeds: [1, 2, 3]" in words


def test_how_to_run_it_again_begins_with_the_commit_and_the_environment(plain, in_trouble, empty):
    steps_of_all = f"make setup . .venv/bin/activate {COMMAND}"
    said = "Runs were made with changes that are not in this commit"
    assert f"git checkout 0123456789ab {steps_of_all}" in parsed(plain).words and said not in parsed(plain).words
    assert f"git checkout 0123456789ab {steps_of_all}" in parsed(in_trouble).words and said in parsed(in_trouble).words
    assert steps_of_all in parsed(empty).words and "git checkout" not in parsed(empty).words
