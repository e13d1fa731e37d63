"""The page of promises has all of them, each with tests that exist, and says so where one is broken."""

import ast
from pathlib import Path

import pytest

import reliability
from reliability import PROMISES, TESTS

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"


def rows(text: str) -> dict[str, str]:
    lines = [line for line in text.splitlines() if line.startswith("| ")][2:]
    return {promise: result for promise, _, result in (line.strip("| ").split(" | ") for line in lines)}


def test_every_promise_stands_on_the_page_and_none_is_broken():
    found = rows(PAGE.read_text())
    assert list(found) == list(PROMISES), "make reliability writes it again"
    assert not [promise for promise, result in found.items() if "broken" in result]


@pytest.mark.parametrize("promise", PROMISES)
def test_what_a_promise_is_proved_by_exists(promise):
    for name in PROMISES[promise]:
        file, _, test = name.partition("::")
        functions = {node.name for node in ast.parse((TESTS / file).read_text()).body if hasattr(node, "name")}
        assert not test or test in functions


def test_a_promise_is_broken_by_one_failure_and_not_tried_without_a_test():
    promise, others = next(iter(PROMISES)), list(PROMISES)[1:]
    (first, second, *_) = PROMISES[promise]
    found = rows(reliability.page({f"{first}::test_a[1]": "passed", f"{second}::test_b": "failed"}))
    assert found[promise] == "**broken**: 1 failed"
    assert {found[other] for other in others} == {"not tried"}
    assert rows(reliability.page({f"{first}::test_a": "passed"}))[promise] == "held"
    assert rows(reliability.page({f"{first}::a": "passed", f"{first}::b": "skipped"}))[promise] == "held, 1 skipped"
    assert rows(reliability.page({f"{first}::test_a": "skipped"}))[promise] == "not tried"
