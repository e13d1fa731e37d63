"""What stands in the record of a run before it trains, and what its workers recorded of their speed."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from casual_training.measure import machine
from casual_training.plan.run import Run

if TYPE_CHECKING:  # it imports torch, and the record of a run begins before that is there
    from casual_training.measure.recorder import Recorder


def describe(run: Run, attempt: int, lr_factor: float) -> dict[str, Any]:
    """Return what is run, on what machine and with which code, as keys of Record."""
    commit, commit_dirty = machine.commit()
    return {
        "run": run,
        "lr_factor": float(lr_factor),
        "attempt": attempt,
        "started_at": datetime.now(UTC).isoformat(),
        "machine": machine.describe(),
        "load_average": machine.load_average(),
        "versions": machine.versions(),
        "commit": commit,
        "commit_dirty": commit_dirty,
    }


def speed(recorder: "Recorder") -> dict[str, Any]:
    """Return what the workers, and the server if there is one, recorded of their work, as keys of Record."""
    workers, server = recorder.workers(), recorder.server()
    everybody = [*workers, server] if server else workers
    memory = [process["pss_mb"] for process in everybody]
    cpu_seconds = sum(process["cpu_seconds"] for process in everybody)
    return {
        "samples": recorder.samples,
        "samples_per_second": recorder.samples / (recorder.ended - recorder.started),
        "cpu_seconds": cpu_seconds,
        "peak_rss_mb": sum(process["peak_rss_mb"] for process in everybody),
        "pss_mb": None if None in memory else sum(memory),
        "overlap": recorder.overlap,
        **recorder.interference(cpu_seconds),
    }
