"""The columns of every table and their dtypes. Every dtype but text knows empty cells, and text has empty strings."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

TEXT, WHOLE, FIGURE, FLAG = "string", "Int64", "float64", "boolean"

CELL = ["workload", "method", "workers", "epochs"]  # what one row of the comparison is about
PARTS = ("data", "forward", "backward", "communication", "update", "other")  # of a step, as in diagnosis.py

RUNS_COLUMNS = {
    "workload": TEXT,
    "method": TEXT,
    "strategy": TEXT,
    "workers": WHOLE,
    "epochs": FIGURE,
    "seed": WHOLE,
    "threads_per_worker": WHOLE,
    "cores": WHOLE,
    "oversubscribed": FLAG,
    "order": WHOLE,
    "started_at": TEXT,
    "status": TEXT,
    "expected": FLAG,
    "throughput_only": FLAG,
    "tuned": FLAG,
    "lr_factor": FIGURE,
    "cause": TEXT,
    "import_seconds": FIGURE,
    "load_seconds": FIGURE,
    "spawn_seconds": FIGURE,
    "train_seconds": FIGURE,
    "evaluate_seconds": FIGURE,
    "write_seconds": FIGURE,
    "wall_seconds": FIGURE,
    "startup_seconds": FIGURE,
    "samples": WHOLE,
    "samples_per_second": FIGURE,
    "step_ms": FIGURE,
    "parameters": WHOLE,
    "metric": TEXT,
    "higher_is_better": FLAG,
    "validation_metric": FIGURE,
    "test_metric": FIGURE,
    "test_loss": FIGURE,
    "target": FIGURE,
    "seconds_to_target": FIGURE,
    "samples_to_target": FIGURE,
    "cpu_seconds": FIGURE,
    "peak_rss_mb": FIGURE,
    "pss_mb": FIGURE,
    "overlap": FIGURE,
    "load_average": FIGURE,
    "foreign_cpu_share": FIGURE,
    "steal_share": FIGURE,
    "interference_detected": FLAG,
    "attempt": WHOLE,
}
CEILINGS_COLUMNS = {
    "workload": TEXT,
    "seed": WHOLE,
    "copies": WHOLE,
    "status": TEXT,
    "cause": TEXT,
    "samples_per_second": FIGURE,
}
COMPARISON_COLUMNS = {
    "workload": TEXT,
    "method": TEXT,
    "workers": WHOLE,
    "epochs": FIGURE,
    "throughput_only": FLAG,
    "n_runs": WHOLE,
    "n_ok": WHOLE,
    "n_on_target": WHOLE,
    "train_seconds_median": FIGURE,
    "seconds_to_target_median": FIGURE,
    "samples_per_second_median": FIGURE,
    "speedup_vs_best_serial": FIGURE,
    "speedup_vs_serial_1_thread": FIGURE,
    "parallel_efficiency_percent": FIGURE,
    "metric": TEXT,
    "test_metric_median": FIGURE,
    "lines_changed": WHOLE,
    "new_names": WHOLE,
    "speedup_to_target": FIGURE,
    "speedup_low": FIGURE,
    "speedup_high": FIGURE,
    "tost_low": FIGURE,
    "tost_high": FIGURE,
    "verdict": TEXT,
    "further_seeds": WHOLE,
    "hardware_efficiency": FIGURE,
    "statistical_efficiency": FIGURE,
    "end_to_end_speedup": FIGURE,
    "break_even_seconds": FIGURE,
}
CLAIMS_COLUMNS = {
    "id": TEXT,
    "approach": TEXT,
    "claim": TEXT,
    "original_figure": TEXT,
    "what_it_hid": TEXT,
    "compared": TEXT,
    "split": TEXT,
    "measured": FIGURE,
    "low": FIGURE,
    "high": FIGURE,
    "unit": TEXT,
    "n": WHOLE,
    "verdict": TEXT,
    "note": TEXT,
    "command": TEXT,
}
COST_COLUMNS = {
    "workload": TEXT,
    "method": TEXT,
    "workers": WHOLE,
    "epochs": FIGURE,
    "train_seconds": FIGURE,
    "cpu_seconds": FIGURE,
    "energy_wh_modelled": FIGURE,
    "electricity_cost_modelled": FIGURE,
    "cloud_cost_modelled": FIGURE,
}
TUNING_COLUMNS = {
    "workload": TEXT,
    "method": TEXT,
    "workers": WHOLE,
    "epochs": FIGURE,
    "lr_factor": FIGURE,
    "status": TEXT,
    "seconds_to_target": FIGURE,
    "validation_metric": FIGURE,
    "chosen": FLAG,
}
SPEEDUPS_COLUMNS = {
    "workload": TEXT,
    "method": TEXT,
    "workers": WHOLE,
    "epochs": FIGURE,
    "baseline": TEXT,
    "speedup_to_target": FIGURE,
    "hardware_efficiency": FIGURE,
    "statistical_efficiency": FIGURE,
    "end_to_end_speedup": FIGURE,
    "break_even_seconds": FIGURE,
}
DIAGNOSTICS_COLUMNS = {
    "workload": TEXT,
    "method": TEXT,
    "workers": WHOLE,
    "epochs": FIGURE,
    "n_ok": WHOLE,
    "overlap": FIGURE,
    "staleness_mean": FIGURE,
    "lock_wait_seconds_per_step": FIGURE,
    "lock_hold_seconds_per_step": FIGURE,
    "round_trip_seconds": FIGURE,
    "payload_bytes_per_step": FIGURE,
    "communication_seconds_per_step": FIGURE,
    "communication_share": FIGURE,
    "diagnosis": TEXT,
    "data_of_step": FIGURE,
    "forward_of_step": FIGURE,
    "backward_of_step": FIGURE,
    "communication_of_step": FIGURE,
    "update_of_step": FIGURE,
    "other_of_step": FIGURE,
    "lost_updates": FIGURE,
    "diagnosed_speed": FIGURE,
}
STALENESS_COLUMNS = {
    "workload": TEXT,
    "configuration": TEXT,
    "updates_missed": WHOLE,
    "updates": WHOLE,
    "share": FIGURE,
}
SWITCHING_COLUMNS = {
    "workload": TEXT,
    "device": TEXT,
    "seed": WHOLE,
    "epoch": WHOLE,
    "regular_seconds": FIGURE,
    "switching_seconds": FIGURE,
    "ratio": FIGURE,
    "bytes_moved": WHOLE,
    "gb_per_second": FIGURE,
}
LOGGED_COLUMNS = {"worker": WHOLE, "step": WHOLE, "seconds": FIGURE, "samples": WHOLE, "loss": FIGURE}
PROVENANCE_COLUMNS = {"started_at": TEXT, "machine": TEXT, "versions": TEXT, "commit": TEXT}
LOSSES_COLUMNS = {
    "workload": TEXT,
    "configuration": TEXT,
    "logged_batch": WHOLE,
    "seconds": FIGURE,
    "samples": WHOLE,
    "worker": WHOLE,
    "loss": FIGURE,
}
SUMMARY_COLUMNS = {
    "workload": TEXT,
    "configuration": TEXT,
    "logged_batches": WHOLE,
    "first_loss": FIGURE,
    "lowest_loss": FIGURE,
    "last_loss": FIGURE,
}
SMOOTHED_COLUMNS = {
    "workload": TEXT,
    "configuration": TEXT,
    "seconds": FIGURE,
    "samples": WHOLE,
    "loss_smoothed": FIGURE,
}
SMOOTHED_SUMMARY_COLUMNS = {
    "workload": TEXT,
    "configuration": TEXT,
    "seconds": FIGURE,
    "lowest_loss": FIGURE,
    "last_loss": FIGURE,
}
FOREST_COLUMNS = {
    "workload": TEXT,
    "configuration": TEXT,
    "seed": WHOLE,
    "status": TEXT,
    "oversubscribed": FLAG,
    "throughput_only": FLAG,
    "tuned": FLAG,
    "seconds_to_target": FIGURE,
    "speedup_of_seed": FIGURE,
    "speedup_to_target": FIGURE,
    "speedup_low": FIGURE,
    "speedup_high": FIGURE,
    "verdict": TEXT,
    "independent_copies_speedup": FIGURE,
}
WATERFALL_COLUMNS = {
    "workload": TEXT,
    "configuration": TEXT,
    "oversubscribed": FLAG,
    "hardware_efficiency": FIGURE,
    "statistical_efficiency": FIGURE,
    "speedup_to_target": FIGURE,
}
CODE_COST_COLUMNS = {
    "workload": TEXT,
    "method": TEXT,
    "workers": WHOLE,
    "epochs": FIGURE,
    "oversubscribed": FLAG,
    "lines_changed": WHOLE,
    "new_names": WHOLE,
    "speedup_to_target": FIGURE,
}
SCALING_COLUMNS = {
    "workload": TEXT,
    "method": TEXT,
    "workers": WHOLE,
    "epochs": FIGURE,
    "oversubscribed": FLAG,
    "throughput_only": FLAG,
    "samples_per_second_median": FIGURE,
    "ceiling": FIGURE,
    "parallel_efficiency_percent": FIGURE,
}
STEP_TIME_COLUMNS = {
    "workload": TEXT,
    "method": TEXT,
    "workers": WHOLE,
    "epochs": FIGURE,
    "serial_step_ms": FIGURE,
    "parameters": WHOLE,
    "speedup_to_target": FIGURE,
}
ACCURACY_COLUMNS = {
    "workload": TEXT,
    "configuration": TEXT,
    "seed": WHOLE,
    "samples": WHOLE,
    "seconds": FIGURE,
    "metric": TEXT,
    "validation_metric": FIGURE,
}
ACCURACY_SUMMARY_COLUMNS = {
    "workload": TEXT,
    "configuration": TEXT,
    "seeds": WHOLE,
    "points": WHOLE,
    "metric": TEXT,
    "best_metric": FIGURE,
    "last_metric_median": FIGURE,
}


def as_table(rows: Iterable, columns: dict[str, str]) -> pd.DataFrame:
    """Make a table of exactly these columns and dtypes, also when there are no rows."""
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)


def read_table(path: Path, columns: dict[str, str]) -> pd.DataFrame:
    """Read a CSV table back as it was written; a name such as "nan" stays a name.

    Raises:
        ValueError: the file has other columns, or cells of another kind; one sentence with its name.
    """
    text = [column for column in columns if columns[column] == TEXT]
    try:
        table = pd.read_csv(path, keep_default_na=False, na_values=[""], dtype=columns)
        if list(table) != list(columns) or not isinstance(table.index, pd.RangeIndex):  # rows with more cells
            raise ValueError("its columns are others")
        return as_table(table.fillna(dict.fromkeys(text, "")), columns)
    except (OSError, ValueError, TypeError, OverflowError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{path} cannot be read as a table ({reason}); delete it, and make it again") from None
