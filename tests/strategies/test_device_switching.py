"""Both ways of the first approach, on the one device that is always there."""

import pytest
import torch

from casual_training.processes import RunFailed
from training import make_run, prepared, strategies, trained

pytestmark = pytest.mark.usefixtures("fork_server")


def run_of(switch, **changes):
    return make_run(strategy="device_switching", options={"switch": switch}, passes=2, **changes)


def test_with_and_without_the_switch_the_cpu_learns_the_same(data_dir):
    (regular, one), (switching, other) = (trained(run_of(switch), data_dir) for switch in (False, True))
    assert one.losses()[-1][-1] == other.losses()[-1][-1]
    for mine, same in zip(regular.parameters(), switching.parameters(), strict=True):
        assert torch.equal(mine, same)


@pytest.mark.skipif(torch.accelerator.is_available(), reason="there is an accelerator")
def test_without_an_accelerator_the_run_is_unavailable_and_says_why(data_dir):
    run = run_of(False)
    run.options["device"] = "accelerator"
    model, data, recorder = prepared(run, data_dir)
    with pytest.raises(RunFailed, match="no accelerator") as failure:
        strategies.load("device_switching")(model, data, run, recorder)
    assert failure.value.status == "unavailable"
