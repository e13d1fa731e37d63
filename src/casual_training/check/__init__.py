"""The contract of a strategy, tried out: `casual-training check NAME|FILE.py`, and the tests over every strategy.

    small_runs.py       small runs on synthetic data that note who took which samples, with how many threads
    points.py           the points of the contract, a function each: it returns what it saw, or raises Broken
    watched_process.py  the points in a process of their own, watched from outside: what it listens on, what it leaves
    check_strategy.py   the command: a line a point

Nothing here needs a network, a data set or the tests. A check shows what a strategy does in a few small runs; it is no
proof, and how fast a strategy is it does not say.
"""
