"""One seed a run, and an independent stream of random numbers for each use of it.

Deriving every stream from (seed, purpose, index) keeps the weights, the data order and the dropout masks of a
seed the same for every method, whatever else draws random numbers before them.

Source: NumPy's SeedSequence, made for deriving independent streams from one number.
"""

import numpy

INITIAL_WEIGHTS, DATA_ORDER, WORKER, RUN_ORDER = range(4)


def derived_seed(seed: int, purpose: int, index: int = 0) -> int:
    """Return the seed of one stream, in [0, 2**32).

    Args:
        seed: the run's seed, 0 or more.
        purpose: INITIAL_WEIGHTS, DATA_ORDER (index = number of the pass) or WORKER (index = rank) or RUN_ORDER.
        index: which stream of that purpose, 0 or more.
    """
    return int(numpy.random.SeedSequence([seed, purpose, index]).generate_state(1)[0])
