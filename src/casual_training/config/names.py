"""The losses and metrics that a workload can name.

Readable without torch, so that a config is checked before anything slow is imported. Wherever a loss or a metric is
named, a function of the user's own may be named instead (references.py).
"""

from casual_training.config import references

LOSSES = {
    "cross_entropy": "CrossEntropyLoss",
    "mean_squared_error": "MSELoss",
    "mean_absolute_error": "L1Loss",
    "binary_cross_entropy_with_logits": "BCEWithLogitsLoss",
}

# name -> whether more of it is better
METRICS = {"accuracy": True, "mean_squared_error": False, "mean_absolute_error": False}


def describe_metric(loss: str, metric: str | dict | None) -> dict:
    """Describe what a workload is judged by: {"name", "function", "higher_is_better"}.

    Args:
        loss: of the workload.
        metric: of the workload: a name of ours or the user's function, which counts as "higher is better" unless a map
            {"function", "higher_is_better"} says otherwise; None is the error that the loss is, if it is one of
            METRICS or the user's own, and otherwise accuracy.
    """
    if metric is None:
        itself = {"function": loss, "higher_is_better": False}
        metric = itself if loss in METRICS or references.is_user_code(loss) else "accuracy"
    given = metric if isinstance(metric, dict) else {"function": metric}
    function = given["function"]
    name = references.name_of(function) if references.is_user_code(function) else function
    if references.is_user_code(function) and name in METRICS:
        name = function  # it need not be what we call so
    higher_is_better = given.get("higher_is_better")
    if higher_is_better is None:
        higher_is_better = METRICS.get(function, True)
    return {"name": name, "function": function, "higher_is_better": higher_is_better}
