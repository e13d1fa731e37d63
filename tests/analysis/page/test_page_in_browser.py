"""The page in a browser: nothing runs or fails, everything can be read, on a phone and on paper, too."""

import re

import pytest
from pages import write_page

import fake_study
from casual_training.analysis import parts
from contrast import contrast


def figures_of(column):
    """Read a sorted column: its figures, and where words and dashes stand."""
    cells = [cell.split() for cell in column]
    is_figure = [len(cell) == 1 and cell[0] != "-" for cell in cells]
    return [float(cell[0]) for cell, yes in zip(cells, is_figure, strict=True) if yes], is_figure, cells


def test_a_heading_sorts_the_table_by_keyboard_and_says_which_way(browser, of_all_kinds):
    browser.open(of_all_kinds, 1280)
    head = "const table = document.querySelector('table.sortable:has(.badge)');"
    head += "const heading = [...table.tHead.rows[0].cells].find(cell => cell.textContent.startsWith('time to'));"
    read = head + (
        "return [heading.getAttribute('aria-sort'),"
        "  [...table.tBodies[0].rows].map(row => row.cells[heading.cellIndex].textContent.trim())]"
    )
    _, before = browser.run(read)
    browser.run(head + "heading.querySelector('button').focus()")
    for way, is_down in (("ascending", False), ("descending", True)):
        browser.press_enter()
        said, column = browser.run(read)
        figures, is_figure, cells = figures_of(column)
        assert said == way
        assert figures == sorted(figures, reverse=is_down) and len(figures) > 2
        assert is_figure == sorted(is_figure, reverse=True)  # all figures stand above all words
        assert ["2", "of", "3", "seeds"] in cells and cells[-1] == ["-"]
        assert sorted(column) == sorted(before)


def test_in_print_no_table_is_cut_off_and_closed_parts_are_hidden(browser, of_all_kinds):
    browser.open(of_all_kinds, 720, scheme="dark", medium="print")  # the width of a page of A4
    assert browser.run("return document.documentElement.scrollWidth") <= 720
    wide = "return [...document.querySelectorAll('.compared table')].filter(table => table.offsetWidth > 720).length"
    assert browser.run(wide) == 0
    assert browser.run("return document.querySelector('details:not([open])').offsetHeight") == 0
    assert browser.run("return getComputedStyle(document.body).color") == "rgb(28, 33, 40)"


def test_in_the_dark_a_chart_is_dark_too(browser, plain):
    for scheme, expected in (("light", "none"), ("dark", "invert(0.9) hue-rotate(180deg)")):
        browser.open(plain, 1280, scheme=scheme)
        assert browser.run("return getComputedStyle(document.querySelector('.card')).filter") == expected


@pytest.mark.parametrize("width", [390, 1280])
def test_charts_of_many_methods_do_not_push_the_table_far(browser, of_seed, width):
    browser.open(of_seed, width)
    at = "return document.querySelector('%s').getBoundingClientRect().top"
    charts = 2 if width == 390 else 1  # below each other, or beside each other
    assert browser.run(at % "#table") - browser.run(at % "#comparison") < charts * 1220 + 300


def test_charts_of_ten_methods_are_whole(browser, tmp_path):
    config = fake_study.make_config(workers=list(range(2, 10)))  # and two serial ways: as many as the default study has
    browser.open(write_page(tmp_path, config), 1280)
    hidden = "return [...document.querySelectorAll('.first .card')].map(card => card.scrollHeight - card.clientHeight)"
    assert max(browser.run(hidden)) <= 1


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", ["plain", "in_trouble", "of_all_kinds", "of_seed", "attacked", "empty", "of_three"])
def test_nothing_runs_or_fails_and_the_body_does_not_scroll_sideways(request, browser, name, width):
    browser.open(request.getfixturevalue(name), width)
    browser.run("document.querySelectorAll('details').forEach(details => details.open = true)")
    assert browser.run("return document.documentElement.scrollWidth") <= width
    assert browser.run("return window.hacked") is None
    assert browser.run("return getComputedStyle(document.body).display") == "block"
    assert browser.console_errors() == []


# Each chart of the page: its box, whether that is on the page, the texts that stick out of it, and of each panel how
# many marks (lines, points, bars) of a size are within it. Its first patch is the panel, its last four are its frame.
CHARTS_DRAWN = """
return [...document.querySelectorAll('figure svg')].map(svg => {
  const box = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll('text')];
  const sticksOut = text => {
    const at = text.getBoundingClientRect();
    return at.left < box.left - 1 || at.right > box.right + 1 || at.top < box.top - 1 || at.bottom > box.bottom + 1;
  };
  const panels = [...svg.querySelectorAll('g[id*="-axes_"]')].map(panel => {
    const kinds = name => [...panel.children].filter(child => child.id.includes(`-${name}_`));
    const [frame] = kinds('patch').map(patch => patch.getBoundingClientRect());
    const isInside = mark => {
      const at = mark.getBoundingClientRect();
      const isOn = at.left < frame.right && at.right > frame.left && at.top < frame.bottom && at.bottom > frame.top;
      return isOn && at.width + at.height > 2;
    };
    return [...kinds('line2d'), ...kinds('patch').slice(1, -4)].filter(isInside).length;
  });
  return {
    name: svg.closest('figure').id.replace('chart-', ''), width: box.width, height: box.height,
    isOnPage: box.left >= 0 && box.right <= innerWidth, nTexts: texts.length,
    outside: texts.filter(sticksOut).map(text => text.textContent), panels,
  };
})
"""


# The fewest marks of a panel, where a study has five configurations: a line or bar each, in the accuracies a dot too.
MARKS = {"forest": 5, "waterfall": 6, "accuracy": 10, "scaling": 3, "losses": 5, "losses_smoothed": 5, "staleness": 3}


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", ["plain", "in_trouble", "of_all_kinds", "attacked", "of_three"])
def test_every_chart_has_its_text_inside_and_marks_in_every_panel(request, browser, name, width):
    browser.open(request.getfixturevalue(name), width)
    drawn = browser.run(CHARTS_DRAWN)
    absent = (set() if name == "of_three" else {"step_time"}) | ({"waterfall"} if name == "attacked" else set())
    assert {chart["name"] for chart in drawn} == set(parts.literals("charts")) - absent
    for chart in drawn:  # what is attacked specifies nothing, so it has no waterfall
        assert chart["width"] > 300 and chart["height"] > 150
        assert chart["isOnPage"]
        assert chart["nTexts"] > 5 and chart["outside"] == []
        assert min(chart["panels"]) >= (MARKS.get(chart["name"], 3) if name == "plain" else 2), chart


@pytest.mark.parametrize("width", [390, 1280])
def test_the_whole_command_that_repeats_what_failed_can_be_read(browser, in_trouble, width):
    browser.open(in_trouble, width)
    scrolled, shown = browser.run(
        "const box = document.querySelector('pre.command'); return [box.scrollWidth, box.clientWidth]"
    )
    assert scrolled <= shown


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", ["of_all_kinds", "of_seed"])
def test_no_word_of_the_big_tables_is_wider_than_its_cell(request, browser, name, width):
    browser.open(request.getfixturevalue(name), width)
    clipped = browser.run(
        "return [...document.querySelectorAll('.compared th, .compared td, .claims th, .claims td, .badge')]"
        "  .filter(box => box.scrollWidth > box.clientWidth + 1 && box.clientWidth > 0).map(box => box.textContent)"
    )
    assert clipped == []


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_the_claims_are_read_without_scrolling_sideways(browser, of_seed, width):
    browser.open(of_seed, width)
    boxes = browser.run(
        "return [...document.querySelectorAll('.claims')].map(box => [box.scrollWidth, box.clientWidth])"
    )
    assert len(boxes) == 4
    assert all(scrolled <= shown for scrolled, shown in boxes)
    narrowest = browser.run(
        "return Math.min(...[...document.querySelectorAll('.claims td')].map(cell => cell.clientWidth))"
    )
    assert narrowest >= 200


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_verdict_can_be_told_from_its_background(browser, of_seed, scheme):
    browser.open(of_seed, 1280, scheme=scheme)
    colours = browser.run(
        "const background = getComputedStyle(document.body).backgroundColor;"
        "return [...document.querySelectorAll('.claims .badge')].map(one => [getComputedStyle(one).color, background])"
    )
    assert len(colours) > 10
    assert all(contrast(*map(shares, pair)) >= 4.5 for pair in colours)


def shares(colour):
    """Read "rgb(28, 33, 40)" as three shares of 1."""
    return [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
