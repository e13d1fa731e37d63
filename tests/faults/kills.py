"""What the tests of killed and hanging processes share."""

import contextlib
import os
import threading
import time

from casual_training.errors import RunFailed
from casual_training.parallel import workers
from training import prepared, strategies

MOMENTS = {"start": 0.0, "middle": 0.4, "end": 0.8}  # shares of the samples; later, it may be done before it is struck


def process_names(strategy: str, workers: int) -> list[str]:
    """Name the processes of a run: its workers, and the server if the strategy has one."""
    servers = ["server"] if strategy.startswith("ps_") else []
    return [*(f"worker {rank}" for rank in range(workers)), *servers]


def train_and_signal(run, data_dir, name: str, number: int, moment: str, monkeypatch) -> tuple[RunFailed, float]:
    """Train, and send a signal to one process at a moment; returns the failure and the seconds it took to notice."""
    pids, started, sent = {}, threading.Event(), []
    watch = workers._watch

    def note_pids(workers, *others):
        pids.update({worker.name: worker.pid for worker in workers})
        started.set()
        watch(workers, *others)

    def strike():
        started.wait(30)
        while samples() < MOMENTS[moment] * planned:
            time.sleep(0.002)
        sent.append(time.perf_counter())
        os.kill(pids[name], number)

    monkeypatch.setattr(workers, "_watch", note_pids)
    model, data, recorder = prepared(run, data_dir)
    rank = None if name == "server" else int(name.split()[1])
    share = 1 if rank is None else run.workers
    planned = run.passes * len(data.targets) / share

    def samples():
        return recorder.samples if rank is None else recorder.workers()[rank]["samples"]

    striker = threading.Thread(target=strike)
    striker.start()
    try:
        strategies.load(run.strategy)(model, data, run, recorder)
    except RunFailed as failure:
        return failure, time.perf_counter() - sent[0]
    finally:
        striker.join()
        assert not any(map(is_alive, pids.values())), "a process outlived its run"
    raise AssertionError(f"the run succeeded although {name} was sent signal {number} at its {moment}")


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be buried does not."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return file.read().rpartition(")")[2].split()[0] != "Z"
    return False
