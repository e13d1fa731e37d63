"""The code to copy: the difference of the announced method first, as `patch` takes it."""

from pages import parsed, write_page

import fake_study
from casual_training.analysis.tables.lines_changed import difference
from casual_training.study.load import PROJECT


def test_the_winners_difference_stands_open_and_can_be_copied(plain):
    page = parsed(plain)
    text = "".join(page.text)
    scripts = {file.stem: file.read_text() for file in (PROJECT / "examples" / "standalone").glob("*.py")}
    for name in ("hogwild", "threads"):
        assert difference(name, scripts) in text
    section = page.words[page.words.index("The difference to copy") :]
    assert "fashion_mnist-simple_nn: the recommended way is hogwild , whose script is hogwild.py ." in section
    assert section.index("hogwild.py 18 lines of code changed") < section.index("threads.py, for threads: 1 line")


def test_without_a_winner_the_closest_methods_difference_is_shown(tmp_path):
    slow = fake_study.make_config(methods=["serial", "hogwild"], workers=[2], seeds=[1])
    level = write_page(tmp_path / "level", slow, lambda run: {"clocks": {"train_seconds": 20.0, "wall_seconds": 30.0}})
    assert "no way is recommended; the closest is hogwild ," in parsed(level).words
    alone = write_page(tmp_path / "alone", fake_study.make_config(methods=["serial", "threads"], seeds=[1]))
    assert "no parallel way has a speed-up yet, so there is no difference to show first." in parsed(alone).words
