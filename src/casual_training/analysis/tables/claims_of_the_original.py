"""What the original study claimed, what its figures were and what they hid, in the order of the original.

Source: its README and its code; nobody here has seen its slides. Which of our runs speak to a claim, and what they say,
is worked out in claims.py.
"""

from typing import NamedTuple

MEMORY = "Approach 1: unified memory"
SERVER = "Approach 2: parameter server"
HOGWILD = "Approach 3: Hogwild!"
CAUSES = "What made its Hogwild! slow"
CONCLUSIONS = "Its conclusions"

SERVER_SECONDS = {1: 197.35, 4: 188.52}  # what the original printed, by workers
MEMORY_SECONDS = {"epochs": 10, "regular": 380, "switching": 1420}  # about; read off its chart


class Claim(NamedTuple):
    """One claim of the original, in our words; `command` runs a study that measures it."""

    id: str
    approach: str
    claim: str
    original_figure: str
    what_it_hid: str
    command: str = "snakemake --cores 4 --configfile workflow/studies/seed.yaml"


CLAIMS = [
    Claim(
        "1a",
        MEMORY,
        "Moving the network from the accelerator to the CPU and back after every step costs time, although both share "
        "their memory.",
        "10 epochs of ResNet34 on a Mac: about 380 s without the moves, 1,420 s with them, 3.7 times as long.",
        "One run of each on one machine. On an accelerator with a memory of its own, the moves are copies.",
    ),
    Claim(
        "2a",
        SERVER,
        "As the original timed it, one worker takes 1.05 times as long as four.",
        f"1 worker x 4 epochs {SERVER_SECONDS[1]} s, 4 workers x 1 epoch {SERVER_SECONDS[4]} s: "
        f"{SERVER_SECONDS[1] / SERVER_SECONDS[4]:.2f} times as long.",
        "The last worker tests after each of its epochs inside the clock: four times with one worker, once with four. "
        "That alone predicts 1.04. Its tests run with dropout on, so the accuracies are too low.",
    ),
    Claim(
        "2a-timed",
        SERVER,
        "Splitting the work over four workers has little effect, also when the tests are not timed.",
        "None: the original did not time it so.",
        "The lock lets one worker at a time compute, so the steps follow each other whatever the split.",
    ),
    Claim(
        "2b",
        SERVER,
        "The parameter server is not successful: it is slower than serial training.",
        "None: no serial run stands beside it.",
        "The server does all the computing. Every step adds messages, and nothing is gained for them.",
    ),
    Claim(
        "2c",
        SERVER,
        "The lock is needed: without it, two workers or more fail.",
        "An error: a variable needed for the gradient was modified in place.",
        "That is a matter of where the gradient is computed: a server that only applies gradients needs no such lock.",
    ),
    Claim(
        "3a",
        HOGWILD,
        "Hogwild! takes less training time than serial training, with equal work on an equal machine.",
        "Its README states no time of a run.",
        "It compares with a single process of the same code, never with the best serial run. Starting processes, "
        "building the network and testing are inside its clock, and a process that dies makes a run look faster.",
    ),
    Claim(
        "3b",
        HOGWILD,
        "As the original ran it, more processes are faster than one.",
        "No time in its README. Its script, unchanged, on a Linux machine of 2 cores: 52.9 s for 1x4, 209.7 s for 2x2, "
        "427.7 s for 4x1.",
        "Every process starts as many threads as there are cores, so the processes get in each other's way.",
    ),
    Claim(
        "3c",
        HOGWILD,
        "The splits learn as well as serial training from equally many samples, within 1 percentage point.",
        "A chart of training losses, and a test accuracy printed for each split.",
        "The initial weights are drawn before the seed is set, so the splits do not start alike.",
    ),
    Claim("3b-asrun", CAUSES, "nothing: as it ran, against the best serial run", "", ""),
    Claim("3b-limited", CAUSES, "oversubscription: threads limited to a worker's share of the cores", "", ""),
    Claim("3b-passive", CAUSES, "oversubscription: idle threads that sleep (OMP_WAIT_POLICY=passive)", "", ""),
    Claim("3b-memory", CAUSES, "input pipeline: data held in memory, not prepared sample by sample", "", ""),
    Claim("3b-sharded", CAUSES, "sampling: each worker over its part of the data, not over all of it", "", ""),
    Claim("3b-startup", CAUSES, "start-up: outside the clock of all passes, not inside it", "", ""),
    Claim("3b-fixed", CAUSES, "all of these at once: this study's Hogwild!, against it as it ran", "", ""),
    Claim("3b-method", CAUSES, "the method, which is left: this study's Hogwild!, against the best serial run", "", ""),
    Claim(
        "4.1",
        CONCLUSIONS,
        "Hogwild! can be used to reduce training time.",
        "No time in its README.",
        "It depends on limiting the threads, which the original did not do. Judged by the fair comparison above.",
    ),
    Claim(
        "4.2",
        CONCLUSIONS,
        "Hogwild! on a modern CPU is comparable to a low-end GPU.",
        "None that we know of.",
        "Which GPU, which network and which batch. Here it counts as comparable if it is not clearly slower than the "
        "accelerator of this machine.",
    ),
    Claim(
        "4.3",
        CONCLUSIONS,
        "More work is needed on Apple's unified memory.",
        "3.7 times as long with the moves.",
        "Judged by the cost of the moves, as above. It says something only where CPU and GPU share their memory.",
    ),
    Claim(
        "4.4",
        CONCLUSIONS,
        "Locks are problematic when they are not needed.",
        "None: no method was run both with and without a lock.",
        "Its lock and its messages come together in the parameter server, so neither can be blamed alone. Judged by "
        "Hogwild! with a lock round the update, which it does not need, against Hogwild! without one.",
    ),
]
