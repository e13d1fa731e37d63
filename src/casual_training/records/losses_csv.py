"""losses.csv: the losses that the workers of one run noted."""

import csv
import io

FILE = "losses.csv"
COLUMNS = ("worker", "step", "seconds", "samples", "loss")


def as_text(losses: list[tuple[int, int, float, int, float]]) -> str:
    """Return the text of losses.csv: of each noted step its worker, step, seconds since the start, samples and loss."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for worker, step, seconds, samples, loss in losses:
        writer.writerow((worker, step, f"{seconds:.6f}", samples, f"{loss:.6g}"))
    return text.getvalue()
