"""What tests of readers share: values of every kind, damage in any place of a tree, and what a reader says of it."""

import copy

from hypothesis import strategies as st

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**30, -1, 0, 1, 2**63])
    | st.floats()
    | st.sampled_from([1e308, 5e-324, 0.0, -1.0])
    | st.text(max_size=8)
    | st.sampled_from(["ok", "cores", "auto", "sgd", "x.py:make", ":", "..:x", "2026-11-23T09:00:00"])
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner))
DROPPED = object()


def changed(tree, draw):
    """Copy a tree of maps and lists with one place in it dropped or replaced by something else."""
    tree = copy.deepcopy(tree)
    inner = tree
    while True:
        keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        key = draw(st.sampled_from(keys))
        if isinstance(inner[key], dict | list) and inner[key] and draw(st.integers(0, 3)):
            inner = inner[key]
            continue
        new = draw(JSON | st.just(DROPPED))
        if new is DROPPED:
            del inner[key]
        else:
            inner[key] = new
        return tree


def refusal(read, *arguments) -> str:
    """Call a reader; any exception but a ValueError of one line is the test's failure. "" if it raised none."""
    try:
        read(*arguments)
    except ValueError as error:
        assert "\n" not in str(error)
        return str(error)
    return ""
