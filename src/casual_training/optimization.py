"""The losses, metrics and optimizers a workload can name, and how a run's are made.

The tables are readable without torch, so that a config is checked before anything slow is imported. Wherever a loss or
a metric is named, a function of the user's own may be named instead (own.py).
"""

from casual_training import own

LOSSES = {
    "cross_entropy": "CrossEntropyLoss",
    "mean_squared_error": "MSELoss",
    "mean_absolute_error": "L1Loss",
    "binary_cross_entropy_with_logits": "BCEWithLogitsLoss",
}

# name -> whether more of it is better
METRICS = {"accuracy": True, "mean_squared_error": False, "mean_absolute_error": False}

# name -> (class in torch.optim, the options a config may give it)
OPTIMIZERS = {
    "sgd": ("SGD", ("lr", "momentum", "weight_decay")),
    "adam": ("Adam", ("lr", "weight_decay")),
}


def make_loss(run):
    """Make the loss of a run: a callable (outputs, targets) -> scalar tensor, the mean over the batch."""
    if own.is_own(run.loss):
        return own.load(run.loss)

    import torch

    return getattr(torch.nn, LOSSES[run.loss])()


def make_metric(run):
    """Make the metric of a run: a callable (outputs, targets) -> the values of which it is the mean, or their mean."""
    function = run.metric["function"]
    if own.is_own(function):
        return own.load(function)

    from casual_training import metrics

    return getattr(metrics, function)


def describe_metric(loss: str, metric: str | dict | None) -> dict:
    """Say what a workload is judged by: {"name", "function", "higher_is_better"}.

    Args:
        loss: of the workload.
        metric: of the workload: a name of ours or the user's function, which counts as "higher is better" unless a map
            {"function", "higher_is_better"} says otherwise; None is the error that the loss is, if it is one of
            METRICS or the user's own, and otherwise accuracy.
    """
    if metric is None:
        itself = {"function": loss, "higher_is_better": False}
        metric = itself if loss in METRICS or own.is_own(loss) else "accuracy"
    given = metric if isinstance(metric, dict) else {"function": metric}
    function = given["function"]
    name = own.name_of(function) if own.is_own(function) else function
    if own.is_own(function) and name in METRICS:
        name = function  # it need not be what we call so
    higher_is_better = given.get("higher_is_better")
    if higher_is_better is None:
        higher_is_better = METRICS.get(function, True)
    return {"name": name, "function": function, "higher_is_better": higher_is_better}


def make_optimizer(model, run):
    """Make the optimizer of a run over all parameters of `model`; its state is private to the calling process."""
    optimizer, options = optimizer_class(run)
    return optimizer(model.parameters(), **options)


def optimizer_class(run):
    """Give the class of a run's optimizer and its options, for those who do not make it from a model."""
    import torch

    options = dict(run.optimizer)
    optimizer, _ = OPTIMIZERS[options.pop("name")]
    return getattr(torch.optim, optimizer), options
