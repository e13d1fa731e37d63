"""The exit codes of the examples as commands: wrong input is one sentence and exit code 2."""

import signal
import sys
from collections.abc import Callable


def run_command(main: Callable[[], None]) -> None:
    """Call `main`, then leave if something was wrong: 2 for wrong input, 1 for failed training, 130 if interrupted."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # or workers would not be waited for
    try:
        main()
    except (ValueError, RuntimeError) as error:
        print(error, file=sys.stderr)
        sys.exit(2 if isinstance(error, ValueError) else 1)
    except KeyboardInterrupt:
        sys.exit(130)
