import pytest
import torch

from casual_training.measure.recorder import STARTED, Recorder


@pytest.fixture
def recorder():
    return Recorder(workers=2, steps=25, log_interval=10)


def work(recorder, rank, steps, samples=32):
    recorder.start(rank, threads=1)
    for step in range(1, steps + 1):
        recorder.step(torch.tensor(float(step)), samples)


def test_a_worker_notes_every_tenth_step(recorder):
    work(recorder, 0, 25)
    notes = recorder.losses()
    assert [(worker, step, samples, loss) for worker, step, _, samples, loss in notes] == [
        (0, 10, 320, 10.0),
        (0, 20, 640, 20.0),
    ]
    assert 0 < notes[0][2] < notes[1][2]


def test_samples_of_all_workers_are_counted_to_the_last_one(recorder):
    for rank in (0, 1):
        work(recorder, rank, 25, samples=7)
        recorder.complete()
    assert recorder.samples == 2 * 25 * 7
    assert [worker["steps"] for worker in recorder.workers()] == [25, 25]


def test_only_a_worker_that_completed_counts_as_completed(recorder):
    work(recorder, 0, 25)
    recorder.complete()
    work(recorder, 1, 24)
    assert recorder.completed(0)
    assert not recorder.completed(1)


def test_training_lasts_from_the_first_start_to_the_last_end(recorder):
    work(recorder, 0, 5)
    recorder.complete()
    work(recorder, 1, 5)
    recorder.complete()
    first, second = recorder.workers()
    assert recorder.ended - recorder.started > max(first["train_seconds"], second["train_seconds"])


def test_a_short_run_has_no_losses_but_all_its_samples(recorder):
    work(recorder, 0, 9)
    recorder.complete()
    assert recorder.losses() == []
    assert recorder.samples == 9 * 32


def test_the_record_is_in_shared_memory(recorder):
    assert recorder.counters.is_shared()
    assert recorder.notes.is_shared()


def test_a_worker_that_never_started_does_not_move_the_start(recorder):
    work(recorder, 1, 10)
    assert recorder.started == recorder.counters[1, 0].item() > 0
    assert 0 < recorder.losses()[0][2] < 60


def test_a_worker_that_did_not_complete_has_no_time(recorder):
    work(recorder, 0, 10)
    assert [worker["train_seconds"] for worker in recorder.workers()] == [None, None]


def test_a_run_in_which_no_worker_started_has_no_losses(recorder):
    assert recorder.started == 0
    assert recorder.losses() == []


def test_the_server_is_no_worker(recorder):
    work(recorder, 0, 10)
    recorder.complete()
    assert recorder.server() is None
    recorder.start(2, threads=2)
    recorder.complete()
    assert recorder.server().keys() == {"threads", "cpu_seconds", "peak_rss_mb", "pss_mb"}
    assert recorder.completed(2)
    assert recorder.threads(2) == 2
    assert len(recorder.workers()) == 2
    assert recorder.samples == 320
    assert recorder.ended == recorder.counters[0, 1]


def test_while_workers_start_the_status_is_that(recorder):
    assert recorder.status(0.0) == "starting workers"


def test_the_status_is_of_the_furthest_worker_with_the_joint_speed(recorder):
    work(recorder, 0, 21)
    work(recorder, 1, 5)
    recorder.counters[:, STARTED] = 100.0
    assert recorder.status(104.0) == "step 21 of 25, loss 20, 208 samples/s"  # 26 batches of 32 in 4 s
    recorder.epochs = 2.0
    assert recorder.status(104.0).startswith("epoch 1.68 of 2, ")


def test_the_status_has_the_last_loss_once_there_is_one(recorder):
    work(recorder, 0, 10)
    assert "loss" not in recorder.status(recorder.started + 1)
    recorder.step(torch.tensor(1.0), 32)
    recorder.notes[0, 0, 3] = float("nan")
    assert ", loss nan, " in recorder.status(recorder.started + 1)


class Lock:
    """A lock that notes what happens to it."""

    def __init__(self):
        self.events = []

    def acquire(self):
        self.events.append("taken")

    def release(self):
        self.events.append("given back")


def test_a_lock_is_held_and_timed_and_given_back_after_an_error(recorder):
    recorder.start(0, threads=1)
    lock = Lock()
    with recorder.holding(lock):
        lock.events.append("update")
    assert lock.events == ["taken", "update", "given back"]
    with pytest.raises(ZeroDivisionError), recorder.holding(lock):
        1 / 0  # noqa: B018
    assert lock.events[-1] == "given back"
    measures = recorder.workers()[0]["measures"]
    assert {name: measure["count"] for name, measure in measures.items()} == {
        "lock_wait_seconds": 2,
        "lock_hold_seconds": 2,
    }
