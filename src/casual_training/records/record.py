"""run.json: everything that is known of one run. One typed record, one writer, one reader.

A file that somebody cut, copied wrongly or edited by hand ends in one sentence that names it, never in a traceback.
"""

import functools
import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from casual_training.files import write_whole
from casual_training.plan.run import Run

FORMAT = 5
FILE = "run.json"
Status = Literal["ok", "failed", "timeout", "diverged", "killed", "unavailable"]
PHASES = ("import", "load", "spawn", "train", "evaluate", "write")  # of a run's process, without a gap
PARTS = ("data", "forward", "backward", "communication", "update", "other")  # of a step, as step_breakdown.py has them
LARGEST = 2**63 - 1  # of a whole number in a table
MAGNITUDES = (1e-100, 1e100)  # of a figure that is not 0: no reading is beyond, and their ratios stay finite


def _require_magnitude(value: float) -> float:
    if value and not MAGNITUDES[0] < abs(value) < MAGNITUDES[1]:
        raise ValueError("is no reading of anything")
    return value


Count = Annotated[int, Field(ge=0, le=LARGEST)]
Figure = Annotated[float, AfterValidator(_require_magnitude)]
Seconds = Annotated[Figure, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)


class Snapshot(_Part):
    """How well the network did after so many samples and seconds of training."""

    samples: Annotated[Count, Field(gt=0)]
    seconds: Annotated[Seconds, Field(gt=0)]
    validation_metric: Figure


class Measure(_Part):
    """How often a worker measured something, and the sum of its readings."""

    count: Count
    sum: Figure


class Process(_Part):
    """What a worker or the server used."""

    threads: Count
    cpu_seconds: Seconds
    peak_rss_mb: Figure
    pss_mb: Figure | None


class Worker(Process):
    """What one worker did; `staleness` counts its updates by how many updates of others they missed: 0, 1, 2, ..."""

    rank: Count
    steps: Count
    samples: Count
    train_seconds: Seconds | None
    measures: dict[str, Measure]
    staleness: list[Count]


class StepBreakdown(_Part):
    """Where the time of a step goes: seconds by part (PARTS), None for a part that no worker was seen in."""

    seconds: dict[str, Seconds | None]
    samples_per_second: Figure
    lost_updates: Figure | None  # share in [0, 1] of what workers wrote to shared weights

    @model_validator(mode="after")
    def _has_all_parts(self) -> "StepBreakdown":
        if set(self.seconds) != set(PARTS):
            raise ValueError(f"seconds must have {', '.join(PARTS)}")
        return self


class Switching(_Part):
    """What device_switching says in `details`: the seconds at the end of each pass, and the bytes that it moved."""

    pass_seconds: list[Annotated[Seconds, Field(gt=0)]]
    bytes_moved: Count


class Record(_Part):
    """What is known of one run; what was not measured, or says nothing because the run is not ok, is None.

    `clocks` are `{phase}_seconds` of PHASES, `wait_seconds` (for the machine), `wall_seconds` and `startup_seconds`
    (from the start of the process to the start of training).
    """

    format: Literal[5]
    run: Run
    status: Status
    cause: str = ""  # one sentence, unless it is ok
    lr_factor: Figure  # of the workload's learning rate: 1, what a trial tries, or what the trials chose
    attempt: Literal[1, 2]
    started_at: str  # ISO 8601
    clocks: dict[str, Seconds | None] = {}
    planned_samples: Count | None = None
    parameters: Count | None = None  # that are trained
    samples: Count | None = None
    samples_per_second: Figure | None = None
    validation_metric: Figure | None = None
    test_metric: Figure | None = None
    test_loss: Figure | None = None
    cpu_seconds: Seconds | None = None
    peak_rss_mb: Figure | None = None
    pss_mb: Figure | None = None
    overlap: Figure | None = None  # share of the run, in [0, 1], during which all workers trained
    foreign_cpu_share: Figure | None = None  # of what the cores could do, in [0, 1]
    steal_share: Figure | None = None
    interference_detected: bool | None = None
    curve: list[Snapshot] = []  # in the order of samples
    worker_records: list[Worker] = []
    server_record: Process | None = None
    step_breakdown: StepBreakdown | None = None
    details: dict[str, Any] = {}  # what else a strategy has to say
    machine: dict[str, Any] = {}
    load_average: Figure | None = None
    versions: dict[str, str] = {}
    commit: str | None = None
    commit_dirty: bool | None = None

    @property
    def ok(self) -> bool:
        """Whether the run did all that was planned."""
        return self.status == "ok"

    @property
    def started(self) -> float:
        """The moment the run started, in seconds since the epoch."""
        return datetime.fromisoformat(self.started_at).timestamp()

    @property
    def step_ms(self) -> float | None:
        """Milliseconds of training for each step of the worker that made most; None if none is known."""
        n_steps = max((worker.steps for worker in self.worker_records), default=0)
        seconds = self.clocks.get("train_seconds")
        return 1000 * seconds / n_steps if n_steps and seconds else None

    @property
    def switching(self) -> Switching:
        """The details of a run of device_switching."""
        return Switching.model_validate(self.details)

    @model_validator(mode="after")
    def _is_whole(self) -> "Record":
        """Check that an ok run has what the tables read of one."""
        self.started  # noqa: B018 - raises if it is no date
        if not {"name", "function", "higher_is_better"} <= self.run.metric.keys():
            raise ValueError("run.metric lacks a name, a function or higher_is_better")
        if sorted(self.curve, key=lambda point: point.samples) != self.curve:
            raise ValueError("curve is not in the order of samples")
        if self.run.lr_factor not in (None, self.lr_factor):
            raise ValueError("lr_factor is not the one that its trial tries")
        if not self.ok:
            return self
        needed = ["samples", "samples_per_second"]
        needed += [] if self.run.throughput_only else ["validation_metric"]
        needed += ["step_breakdown"] if self.run.diagnose else []
        for name in needed:
            if getattr(self, name) is None:
                raise ValueError(f"{name} is empty")
        if self.run.strategy == "device_switching" and not self.run.throughput_only:
            self.switching  # noqa: B018 - raises if it lacks something
        return self


def write_record(folder: Path, record: Record) -> None:
    """Write a run.json, whole or not at all; ValueError if it cannot be written."""
    plain = record.model_dump(exclude={"run": {"deadline_seconds"}})
    write_whole(folder / FILE, json.dumps(plain, indent=1, allow_nan=False) + "\n")


def read_record(folder: Path) -> Record:
    """Read the run.json of a run's folder; it is read once for all that one process makes of it.

    Raises:
        ValueError: the file is not there, cannot be read, or is of another version; one sentence that names it.
    """
    path = folder / FILE
    try:
        return _read(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise _unreadable(path, f"{type(error).__name__}: {error}") from error


@functools.cache
def _read(path: Path, _modified: int) -> Record:
    try:
        return Record.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False)[0]  # of the format, if that is wrong: it is the first field
        if first["loc"] == ("format",) and first["type"] != "missing":
            raise ValueError(
                f"{path} was written by another version (format {first['input']!r:.20}; this one reads {FORMAT}); "
                "delete its folder, run it again"
            ) from error
        place = ".".join(map(str, first["loc"])) or "it"
        raise _unreadable(path, f"{place} is {first['input']!r:.50}: {first['msg']}") from error


def _unreadable(path: Path, reason: str) -> ValueError:
    return ValueError(f"{path} cannot be read as a run ({' '.join(reason.split())}); delete its folder, run it again")
