"""The page of promises has all of them, each with tests that exist, and says so where one is broken."""

import ast
from pathlib import Path

import pytest

import reliability
from reliability import PROMISES, TESTS

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"


def cells(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| ")][2:]
    return [line.strip("| ").split(" | ") for line in lines]


def rows(text: str) -> dict[str, str]:
    return {promise: result for promise, _, _, result in cells(text)}


def test_every_promise_stands_on_the_page_and_has_held():
    found = rows(PAGE.read_text())
    assert list(found) == list(PROMISES), "make reliability writes it again"
    assert not [promise for promise, result in found.items() if not result.startswith("held")]


def test_the_page_links_to_the_tests_behind_each_promise():
    links = {promise: proof for promise, proof, _, _ in cells(PAGE.read_text())}
    assert links == {promise: proof for promise, proof, _, _ in cells(reliability.page({}))}


@pytest.mark.parametrize("promise", PROMISES)
def test_what_a_promise_is_proved_by_exists(promise):
    for name in PROMISES[promise]:
        file, _, test = name.partition("::")
        functions = {node.name for node in ast.parse((TESTS / file).read_text()).body if hasattr(node, "name")}
        assert not test or test in functions


def test_a_promise_held_if_all_was_tried_and_nothing_failed():
    promise, others = next(iter(PROMISES)), list(PROMISES)[1:]
    one, other = (f"{file}::test_a[1]" for file in PROMISES[promise])

    def said(**results):
        return rows(reliability.page(dict(zip((one, other), results.values(), strict=False))))[promise]

    assert said(one="passed", other="passed") == "held"
    assert said(one="passed", other="skipped") == "held, 1 skipped"
    assert said(one="passed", other="failed") == "**broken**: 1 failed"
    assert said(one="passed") == "partly tried"
    assert said(one="skipped") == "not tried"
    assert {rows(reliability.page({one: "passed"}))[name] for name in others} == {"not tried"}
