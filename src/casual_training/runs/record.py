"""What a run's files say: which run it is, how fast it was and how well it learned."""

import csv
import io
import math
from datetime import UTC, datetime

from casual_training.errors import RunFailed
from casual_training.measure import machine
from casual_training.plan.run import Run

RUN_FORMAT = 4
MEASURED = (
    "samples",
    "samples_per_second",
    "validation_metric",
    "test_metric",
    "test_loss",
    "cpu_seconds",
    "peak_rss_mb",
    "pss_mb",
    "overlap",
    "foreign_cpu_share",
    "steal_share",
    "interference_detected",
)


def describe(run: Run, attempt: int, lr_factor: float) -> dict:
    """Describe what is run, on what machine and with which code, as plain values for JSON; what is measured is empty yet."""
    commit, commit_dirty = machine.commit()
    return {
        "format": RUN_FORMAT,
        "study": run.study,
        "workload": run.workload,
        "method": run.method,
        "strategy": run.strategy,
        "workers": run.workers,
        "epochs": run.epochs,
        "passes": run.passes,
        "seed": run.seed,
        "threads_per_worker": run.threads,
        "cores": run.cores,
        "oversubscribed": run.oversubscribed,
        "throughput_only": run.throughput_only,
        "tuned": run.tune is not None,
        "lr_factor": lr_factor,
        "expected": run.expected_failure,
        "metric": run.metric["name"],
        "higher_is_better": run.metric["higher_is_better"],
        "started_at": datetime.now(UTC).isoformat(),
        **dict.fromkeys(MEASURED),
        "spec": run.spec,
        "machine": machine.describe(),
        "load_average": machine.load_average(),
        "attempt": attempt,
        "versions": machine.versions(),
        "commit": commit,
        "commit_dirty": commit_dirty,
    }


def speed(recorder) -> dict:
    """Sum up what the workers, and the server if there is one, recorded of their work."""
    workers, server = recorder.workers(), recorder.server()
    everybody = [*workers, server] if server else workers
    weights = [process["pss_mb"] for process in everybody]
    cpu_seconds = sum(process["cpu_seconds"] for process in everybody)
    return {
        "samples": recorder.samples,
        "samples_per_second": recorder.samples / (recorder.ended - recorder.started),
        "cpu_seconds": cpu_seconds,
        "peak_rss_mb": sum(process["peak_rss_mb"] for process in everybody),
        "pss_mb": None if None in weights else sum(weights),
        "overlap": recorder.overlap,
        **recorder.noise(cpu_seconds),
    }


def quality(run: Run, model, splits, recorder) -> dict:
    """Evaluate the trained model, and the snapshots of its weights on the validation data.

    Raises:
        RunFailed: "diverged", if the loss on the test data or the metric is not a finite number.
    """
    import torch

    from casual_training.runs.evaluate import evaluate

    torch.set_num_threads(run.cores)
    test_metric, test_loss = evaluate(model, *splits.test.stacked(), run)
    if not math.isfinite(test_loss):
        raise RunFailed("diverged", f"the loss on the test data is {test_loss} after training")
    final = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    validation, curve = splits.validation.stacked(), []
    for moment, samples, weights in [*recorder.snapshots.taken(), (recorder.ended, recorder.samples, final)]:
        model.load_state_dict(weights)
        metric, _ = evaluate(model, *validation, run)
        seconds = moment - recorder.started
        curve.append({"samples": samples, "seconds": seconds, "validation_metric": metric})
    for where, value in [("test", test_metric), *(("validation", point["validation_metric"]) for point in curve)]:
        if not math.isfinite(value):
            raise RunFailed("diverged", f"{run.metric['name']} on the {where} data is {value}")
    return {
        "validation_metric": curve[-1]["validation_metric"],
        "test_metric": test_metric,
        "test_loss": test_loss,
        "curve": curve,
    }


def losses_csv(losses: list[tuple[int, int, float, int, float]]) -> str:
    """Write what the workers noted of their losses (Recorder.losses) as the text of losses.csv."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("worker", "step", "seconds", "samples", "loss"))
    for worker, step, seconds, samples, loss in losses:
        writer.writerow((worker, step, f"{seconds:.6f}", samples, f"{loss:.6g}"))
    return text.getvalue()
