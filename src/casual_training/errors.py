"""The errors that pass between layers: a run that did not complete, and the user's own code or data being wrong."""


class RunFailed(Exception):
    """A run that did not complete.

    Args:
        status: "failed", "timeout", "diverged", "killed" or "unavailable".
        cause: one sentence.
    """

    def __init__(self, status: str, cause: str):
        super().__init__(cause)
        self.status, self.cause = status, cause


class UserCodeError(ValueError):
    """What is wrong with the user's own code or data: one sentence, with its file and line where there is one."""
