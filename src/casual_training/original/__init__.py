"""The original study's interface, so that a script written for it runs after changing its import lines.

    from casual_training.original import train_model, test, log_elapsed_time, chart_losses, launch_ps_and_workers

Names, arguments and defaults are those that the README of the original study documents ("Cost Effective Training for
Casual Practitioners", Al-keldi and Flanagan). What was wrong there and is right here stands in the docstring of each
function, and together in docs/original.md. Unlike a study of this repository, which divides every pass among the
workers, each process goes over the whole loader in each of its epochs, as in the original.
"""

from casual_training.original.chart_losses import chart_losses
from casual_training.original.elapsed import log_elapsed_time
from casual_training.original.launch_ps_and_workers import launch_ps_and_workers
from casual_training.original.testing import test
from casual_training.original.train_model import train_model

__all__ = ["chart_losses", "launch_ps_and_workers", "log_elapsed_time", "test", "train_model"]
