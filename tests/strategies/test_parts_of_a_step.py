"""A diagnosis takes the steps of every strategy found apart, and leaves empty what its workers do not do."""

import pytest

from casual_training import strategies
from casual_training.check.points import most_workers
from casual_training.measure.step_breakdown import BreakdownRecorder
from training import make_run, prepared

pytestmark = pytest.mark.usefixtures("fork_server")
ON_THE_SERVER = {"ps_push_pull": {"update"}, "ps_tutorial": {"forward", "backward", "update"}}  # step_breakdown.py


@pytest.mark.parametrize("name", strategies.names())
def test_most_of_a_step_is_known_but_the_servers_parts(name, data_dir):
    run = make_run(strategy=name, workers=most_workers(name, 2), passes=2)
    model, data, _ = prepared(run, data_dir)
    recorder = BreakdownRecorder(model, data, run.workers, steps=40, log_interval=1)
    strategies.load(name)(model, data, run, recorder)
    seconds = recorder.step_breakdown()["seconds"]
    on_the_server = ON_THE_SERVER.get(name, set())
    assert {part for part in ("data", "forward", "backward", "update") if seconds[part] is None} == on_the_server
    known = [part for part in seconds.values() if part is not None]
    assert min(known) > 0
    assert seconds["other"] < sum(known) / 2
    if on_the_server:
        assert seconds["communication"] > 0
