"""Every key of config.yaml: its type, its default, what it means. The one place where a key or a default is written.

A docstring under a key is its description in the JSON schema that an editor uses (`casual-training schema`). A config
is a catalogue (workloads, methods) and a choice from it (study).
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from casual_training.config.keys import (
    DIFFERENT_NAMES,
    KEYS_AND_VALUES,
    Flag,
    Keys,
    Name,
    Names,
    PlainWord,
    distinct,
    expected,
    named,
    number,
    whole,
)

SIX_COMPARISONS = "a list of at most six different comparisons, {method, workers}"
DIFFERENT_SEEDS = "a list of different whole numbers, 0 or more"
DIFFERENT_WORKERS = 'a list of different whole numbers, 1 or more; "cores" may be one of them'
DIFFERENT_FACTORS = "a list of at most ten different numbers above 0"

Workers = Annotated[
    Literal["cores"] | Annotated[int, Field(ge=1, le=1024)], expected('a whole number from 1 to 1024, or "cores"')
]
Currency = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$"), expected("three capital letters, such as EUR")]


class Comparison(Keys):
    """One comparison that is decided."""

    phrase: ClassVar[str] = 'keys and values, "method" and "workers"'
    method: Annotated[str, expected("the name of a method")]
    """Name of a method of the catalogue."""
    workers: Workers
    """Its number of workers; "cores" is the number of this machine's."""


class Study(Keys):
    """The choice from the catalogue that is run and compared."""

    renamed: ClassVar[dict[str, str]] = {"headline": "comparisons"}
    name: PlainWord
    """Names the folders results/NAME and reports/NAME."""
    workloads: Names
    """Which workloads to train, by their names in the catalogue."""
    methods: Names
    """Which methods to compare, by their names in the catalogue."""
    passes: whole(1, 10_000)
    """Passes over the training set that every run makes, all its workers together."""
    workers: Annotated[list[Workers], Field(min_length=1), expected(DIFFERENT_WORKERS), distinct(DIFFERENT_WORKERS)]
    """Worker processes of the parallel methods, a run each; "cores" is the number of this machine's."""
    seeds: Annotated[
        list[whole(0, 2**63 - 1)], Field(min_length=1), expected(DIFFERENT_SEEDS), distinct(DIFFERENT_SEEDS)
    ]
    """One repetition of everything for each seed."""
    comparisons: Annotated[
        list[Comparison], Field(max_length=6), expected(SIX_COMPARISONS), distinct(SIX_COMPARISONS)
    ] = []
    """The comparisons that are decided, each against the best serial run; every other one is shown without a verdict.
    At most six, because each widens the intervals of all. One whose method a workload is not trained with is none of
    its comparisons, and the page says so."""
    snapshots: whole(1, 1000) = 20
    """How often the weights are copied during a run, evenly over its samples, to be evaluated after the clock; 1 is
    only at the end."""
    tune: Annotated[
        list[number("a number from 0.000001 to 1000", ge=1e-6, le=1000)],
        Field(max_length=10),
        expected(DIFFERENT_FACTORS),
        distinct(DIFFERENT_FACTORS),
    ] = []
    """Factors of the workload's learning rate that are tried for a tuned arm, which stands beside the methods as they
    are and gets no verdict: each factor once for every configuration, serial ones included, on a seed of its own; the
    one that reaches the workload's target earliest is taken. Empty is no tuned arm."""
    diagnose: Flag = False
    """Make a short run more of each method and number of workers, with the first seed, that takes its steps apart:
    data, forward, backward, communication, update, and lost updates."""


class Factory(Keys):
    """The user's own factory and what it is called with."""

    factory: Annotated[
        str,
        StringConstraints(pattern="^.+:[A-Za-z_][A-Za-z0-9_]*$"),
        expected("path/to/file.py:name or package.module:name"),
    ]
    """path/to/file.py:name or package.module:name, seen from the working directory."""
    arguments: named(Any, KEYS_AND_VALUES, least=0) = {}
    """What the factory is called with, by name."""


class Metric(Keys):
    """A metric, and which way it is better."""

    function: Annotated[str, expected("the name of a metric, or path/to/file.py:name")]
    """Name of a metric, or a function of the user's own."""
    higher_is_better: Annotated[bool | None, expected("true or false, or null for what is usual")] = None
    """Whether more of it is better; null is what it is of a named one, and yes of the user's own."""


class OptimizerKeys(Keys):
    """What all optimizers have."""

    phrase: ClassVar[str] = 'keys and values, "name" and "lr" among them'
    lr: number("a number above 0", gt=0)
    """Learning rate."""
    weight_decay: number("a number, 0 or more", ge=0) = 0.0
    """L2 penalty on the weights."""

    @classmethod
    def advice(cls, key: Any) -> str:
        """Return that only another optimizer has this option, if one has."""
        is_of_another = any(key in other.model_fields for other in OptimizerKeys.__subclasses__())
        return f"{cls.__name__.lower()} has no such option" if is_of_another else ""


class Sgd(OptimizerKeys):
    """Stochastic gradient descent."""

    name: Literal["sgd"]
    """Name of the optimizer."""
    momentum: number("a number from 0 to below 1", ge=0, lt=1) = 0.0
    """Momentum; each worker keeps its own."""


class Adam(OptimizerKeys):
    """Adam."""

    name: Literal["adam"]
    """Name of the optimizer."""


Optimizer = Annotated[Sgd | Adam, Field(discriminator="name"), expected(OptimizerKeys.phrase)]


def _or_factory(phrase: str) -> Any:
    """Make the type of a name, `path/to/file.py:name` or a Factory."""
    kinds = Annotated[str, Tag("<name>")] | Annotated[Factory, Tag("<factory>")]
    tag = Discriminator(lambda value: "<factory>" if isinstance(value, dict | Factory) else "<name>")
    return Annotated[
        kinds, tag, expected(f"the name of a {phrase}, path/to/file.py:name, or a factory with its arguments")
    ]


class Workload(Keys):
    """What is trained: data set, network, loss, batch and optimizer."""

    dataset: _or_factory("data set")
    """Name of a data set in src/casual_training/workload/datasets.py, or a factory of the user's own."""
    train_samples: Annotated[int | None, Field(ge=1), expected("a whole number, 1 or more, or null for all")] = None
    """Train on only so many samples; null is all but the validation samples."""
    model: _or_factory("model")
    """Name of a file in src/casual_training/workload/models/, or a factory of the user's own."""
    loss: Annotated[str, expected("the name of a loss, or path/to/file.py:name")]
    """Name of a loss in src/casual_training/config/names.py, or a function of the user's own."""
    metric: Annotated[
        Annotated[str | None, Tag("<name>")] | Annotated[Metric, Tag("<map>")],
        Discriminator(lambda value: "<map>" if isinstance(value, dict | Metric) else "<name>"),
        expected("the name of a metric, path/to/file.py:name, or a map of function and higher_is_better"),
    ] = None
    """What the trained network is judged by: the name of a metric in src/casual_training/config/names.py, or a function
    of the user's own; null is the error that the loss is, or accuracy where it is none."""
    batch_size: whole(1)
    """Samples in a step of one worker, or of all together where a method's batch is global."""
    methods: Annotated[
        Annotated[list[Name], Field(min_length=1)] | None,
        expected(f"{DIFFERENT_NAMES}, or null for those of the study"),
        distinct(f"{DIFFERENT_NAMES}, or null for those of the study"),
    ] = None
    """The methods to train it with; null is those of the study."""
    target: Annotated[
        float | None,
        Field(gt=0),
        expected("a number above 0, and below 1 for accuracy, or null to take it from the serial runs"),
    ] = None
    """Validation metric that counts as trained; null is the worst final one of the workload's serial runs, rounded down
    to a whole percentage point of accuracy, or to two digits of another metric. Changing it trains nothing again."""
    optimizer: Optimizer
    """The optimizer and its options."""


class Method(Keys):
    """A method: a strategy, how every strategy is run, and the strategy's own options (options.py adds them)."""

    strategy: str
    """Name of a file in src/casual_training/strategies/."""
    threads: Annotated[
        Literal["auto", "cores"] | Annotated[int, Field(ge=1)], expected("auto, cores, or a whole number, 1 or more")
    ] = "auto"
    """Intra-op threads of each worker: a number, "cores" (all of them), or "auto" (cores // workers, at least 1)."""
    input_pipeline: Annotated[Literal["memory", "dataloader"], expected("memory or dataloader")] = "memory"
    """"memory" (tensors in shared memory, each sample prepared once) or "dataloader" (a sample at a time in a
    DataLoader, as the original study had it)."""
    sampling: Annotated[Literal["shard", "full"], expected("shard or full")] = "shard"
    """"shard" (in each pass a worker takes every W-th sample) or "full" (in each of its epochs a worker takes the whole
    set, in an order of its own, as the original study had it); the samples in all are the same."""
    batch: Annotated[Literal["worker", "global"], expected("worker or global")] = "worker"
    """Whose the workload's batch_size is: each "worker" takes so many samples in a step, or all workers together do
    ("global"), each batch_size // workers of them."""
    omp_wait_policy: Annotated[
        Literal["passive", "active"] | None, expected("passive, active, or null to leave it unset")
    ] = None
    """OMP_WAIT_POLICY of the run, which tells idle OpenMP threads to spin or to sleep; null leaves it unset."""
    max_steps: Annotated[
        int | None, Field(ge=1), expected("a whole number of steps, 1 or more, or null for no bound")
    ] = None
    """End the run after so many steps, all workers together; then only its samples per second count ("throughput
    only"), and it is never a candidate for the answer. null is no bound."""
    expected_failure: Flag = False
    """The method is in the study to show how it fails; its failed rows are no fault of the machine."""

    @property
    def options(self) -> dict[str, Any]:
        """The values of the strategy's own options."""
        return {name: getattr(self, name) for name in type(self).model_fields if name not in Method.model_fields}


class Machine(Keys):
    """What depends on the machine and not on the question."""

    cores: Annotated[
        Literal["auto"] | Annotated[int, Field(ge=1, le=1024)], expected("auto, or a whole number from 1 to 1024")
    ] = "auto"
    """Cores the study may use; "auto" is the physical cores this process is allowed."""
    deadline_seconds: whole(1, phrase="a whole number of seconds, 1 or more") = 600
    """A run that trains longer is ended and counted as a timeout."""
    data_dir: Annotated[str, Field(min_length=1), expected("the name of a folder")] = "data"
    """Folder of the data sets, relative to the project or absolute."""
    log_interval: whole(1, phrase="a whole number of steps, 1 or more") = 10
    """Every how many steps a worker writes down its loss."""


class Electricity(Keys):
    """What the machine draws, and what that costs."""

    watts_idle: number("a number of watts, 0 or more", ge=0) = 10.0
    """What the machine draws when it does nothing, in watts."""
    watts_per_busy_core: number("a number of watts, 0 or more", ge=0) = 8.0
    """What each busy core draws in addition, in watts."""
    price_per_kwh: number("a number, 0 or more", ge=0) = 0.2872
    """The tariff; the default is the average of EU households in the first half of 2025 (Eurostat)."""
    currency: Currency = "EUR"
    """The currency of the tariff."""


class Cloud(Keys):
    """A rented machine to compare with."""

    machine: Annotated[str, expected("words")] = "AWS m7g.large (2 vCPU), us-east-1, on demand"
    """What it is, with its region."""
    price_per_hour: number("a number, 0 or more", ge=0) = 0.0816
    """What an hour of it costs."""
    currency: Currency = "USD"
    """The currency of its price."""
    as_of: Annotated[str, expected('a month, such as "2026-06"')] = "2026-06"
    """The month in which that was its price."""


class Cost(Keys):
    """The prices that the cost of a run is modelled with; nothing is ranked by it."""

    electricity: Electricity = Electricity()
    cloud: Cloud = Cloud()


class Config(Keys):
    """A whole config; options.config_model adds to each method the options of its strategy."""

    study: Study
    workloads: named(Workload, "a map of named workloads")
    """The catalogue of what can be trained."""
    methods: named(Method, "a map of named methods")
    """The catalogue of methods."""
    machine: Machine = Machine()
    cost: Cost = Cost()
