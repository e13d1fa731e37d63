"""One row of the study: what defines a training run, and where it writes."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from casual_training.config.references import is_user_code

COPIES_STRATEGY = "independent"  # run by the rule measure_independent_copies, never a method
Kind = Literal["run", "copies", "trial", "diagnosis"]
FOLDERS: dict[Kind, str] = {  # where a run of each kind writes, relative to the project; the rules have the same
    "run": "results/{study}/runs/{workload}/{method}/{workers}x{epochs}/seed-{seed}",
    "copies": "results/{study}/independent_copies/{workload}/seed-{seed}",
    "trial": "results/{study}/trials/{workload}/{method}/{workers}x{epochs}/rate-{factor}",
    "diagnosis": "results/{study}/diagnoses/{workload}/{method}/{workers}x{epochs}/seed-{seed}",
}


@dataclass(frozen=True)
class Run:
    """One row of the study: everything that defines one training run.

    `epochs` is what each worker makes of the whole training set: passes / workers. `threads` are the intra-op
    threads of each worker; `max_steps` ends the run after so many steps of all workers together; `options` are the
    strategy's own. A run to `diagnose` takes its steps apart. `dataset` and `model` are named as in a config, `metric`
    is what names.describe_metric says of it. A trial of the tuned arm (lr_trials.py) has the `lr_factor` that it
    tries; a tuned run says in `tune` what its own is chosen by. `deadline_seconds` bounds the run but does not define
    it.
    """

    study: str
    workload: str
    method: str
    workers: int
    epochs: float
    passes: int
    seed: int
    strategy: str
    options: dict[str, Any]
    threads: int
    cores: int
    input_pipeline: str
    sampling: str
    omp_wait_policy: str | None
    max_steps: int | None
    expected_failure: bool
    dataset: str | dict[str, Any]
    train_samples: int | None
    model: str | dict[str, Any]
    loss: str
    metric: dict[str, Any]
    batch_size: int
    optimizer: dict[str, Any]
    log_interval: int
    snapshots: int
    diagnose: bool = False
    lr_factor: float | None = None
    tune: dict[str, Any] | None = None
    deadline_seconds: int = field(default=600, compare=False)
    heartbeat_seconds: ClassVar[int] = 1  # how often its log says what it is at, for the live line (live_line.py)

    @property
    def spec(self) -> dict[str, Any]:
        """Everything that the result depends on, as plain values for JSON."""
        return {name: value for name, value in vars(self).items() if name != "deadline_seconds"}

    @property
    def user_code(self) -> list[str]:
        """The user's own code that the run depends on, as the config names it (config/references.py)."""
        named = (self.dataset, self.model, self.loss, self.metric["function"])
        references = [one["factory"] if isinstance(one, dict) else one for one in named]
        return list(dict.fromkeys(reference for reference in references if is_user_code(reference)))

    @property
    def split(self) -> str:
        """The workers and the epochs of each, as in the original study: "4x1", "2x2", "8x0.5"."""
        return f"{self.workers}x{self.epochs:g}"

    @property
    def kind(self) -> Kind:
        """What the run is for: the comparison, independent copies, the trial of a learning rate, or a diagnosis."""
        if self.strategy == COPIES_STRATEGY:
            return "copies"
        if self.lr_factor is not None:
            return "trial"
        return "diagnosis" if self.diagnose else "run"

    @property
    def folder(self) -> str:
        """Where the run writes, relative to the project."""
        written = {"epochs": f"{self.epochs:g}", "factor": f"{self.lr_factor or 1!r}".removesuffix(".0")}
        return FOLDERS[self.kind].format_map(vars(self) | written)

    @property
    def throughput_only(self) -> bool:
        """Whether the run is cut short, so that only its samples per second count."""
        return self.max_steps is not None

    @property
    def oversubscribed(self) -> bool:
        """Whether the workers' threads outnumber the cores."""
        return self.workers * self.threads > self.cores
