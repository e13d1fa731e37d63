"""Seconds against epochs with and without moving the network, beside the original's."""

from pages import parsed, write_page

import fake_study


def of_the_two_arms(page):
    """Return the rows of the table of seconds against epochs, in words."""
    cells = [" ".join(cell.split()) for cell in page.cells]
    start = cells.index("GB/s") + 1
    end = next(number for number, cell in enumerate(cells) if cell.startswith("the original, about"))
    return [cells[number : number + 7] for number in range(start, end + 7, 7)]


def test_without_an_accelerator_the_originals_seconds_stand_alone(of_seed):
    (original,) = of_the_two_arms(parsed(of_seed))
    assert original[1:] == ["10", "380", "1,420", "3.7", "-", "-"]
    assert "Not measured here, so the original" in parsed(of_seed).words


def test_with_an_accelerator_both_arms_stand_beside_the_original(tmp_path):
    page = write_page(tmp_path, fake_study.seed_config(), fake_study.with_an_accelerator)
    rows = of_the_two_arms(parsed(page))
    assert [row[1] for row in rows] == ["1", "2", "3", "4", "10"]
    assert rows[3][0] == "fashion_mnist-resnet34, accelerator"
    # 139.2 GB in the 10.8 s between 14.8 and 4 are 12.9 a second.
    assert [cell.split(" (")[0] for cell in rows[3][2:]] == ["4.00", "14.8", "3.70", "139", "12.9"]
