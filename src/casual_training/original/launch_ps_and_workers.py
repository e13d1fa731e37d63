"""The parameter server of strategies/ps_tutorial.py on the caller's own loaders."""

import torch

from casual_training import strategies
from casual_training.measure.recorder import Recorder
from casual_training.original import check_arguments
from casual_training.original.loader_run import LoaderRun, WholeLoader
from casual_training.original.sharing import share_samples
from casual_training.original.supervise import supervised
from casual_training.original.testing import test
from casual_training.plan.seeds import INITIAL_WEIGHTS, derived_seed
from casual_training.workload import models

STRATEGY, MODEL, OPTIMIZER = "ps_tutorial", "ps_net", {"name": "sgd", "lr": 0.03}
INPUT_SHAPE = (1, 28, 28)
SEED = 42  # the default of train_model; the documented interface leaves no choice here


def launch_ps_and_workers(
    world_size: int, epochs_per_worker: int, num_gpus: int, train_dataloader, test_dataloader
) -> tuple[float, float]:
    """Train the original's network on one parameter server with world_size - 1 workers, and test it.

    Every worker goes over the whole training loader in each of its epochs, under the lock that the method needs (search
    for UPDATE LOCK NOTE in strategies/ps_tutorial.py).

    Right here and wrong in the original: it does not hang, because no process is forked from one that has computed; the
    test is made once, after training, in eval mode, where the original tested after each epoch of the last worker with
    dropout on; the server is reached through loopback and a private file, not an open port; and a process that dies is
    an error.

    Args:
        world_size: the server and its workers, 2 or more.
        epochs_per_worker: epochs of each worker.
        num_gpus: 0; there is no GPU here to write the rest with.
        train_dataloader: gives batches (inputs, targets): (B, 1, 28, 28) float32 and (B,) int64 in 0..9.
        test_dataloader: the same for the test.

    Returns:
        (accuracy in [0, 1], mean cross entropy) on the test loader, which are also printed.

    Raises:
        ValueError: something given cannot work; said in one sentence before anything starts.
        RuntimeError: a process raised, was killed or ended early, or this torch has no RPC.
    """
    if world_size == 1:
        raise ValueError("world_size is 1, a server without workers: choose 2 or more")
    check_arguments.check_count("world_size", world_size, least=2)
    check_arguments.check_count("epochs_per_worker", epochs_per_worker)
    if num_gpus != 0:
        raise ValueError(f"num_gpus is {num_gpus!r}: choose 0, the parameter server computes on the CPU only")
    for name, loader in (("train_dataloader", train_dataloader), ("test_dataloader", test_dataloader)):
        inputs, _ = check_arguments.first_batch(name, loader)
        if inputs.shape[1:] != INPUT_SHAPE:
            raise ValueError(f"{name} gives inputs of shape {tuple(inputs.shape[1:])}: {MODEL} takes {INPUT_SHAPE}")
    check_arguments.check_importable(train_dataloader, getattr(train_dataloader, "dataset", None))

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derived_seed(SEED, INITIAL_WEIGHTS))
        model = models.build(MODEL)
    share_samples(train_dataloader)
    n_workers = world_size - 1
    options = {name: option["default"] for name, option in strategies.options(STRATEGY).items()}
    run = LoaderRun(n_workers, epochs_per_worker, SEED, optimizer=OPTIMIZER, options=options)
    steps = epochs_per_worker * len(train_dataloader)
    recorder = Recorder(n_workers, steps, log_interval=steps + 1)
    with supervised():
        strategies.load(STRATEGY)(model, WholeLoader(train_dataloader, SEED), run, recorder)
    return test(model, "cpu", test_dataloader)
