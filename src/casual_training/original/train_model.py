"""Hogwild! on the caller's own network, loader and optimizer.

Source: Niu, Recht, Re and Wright, "Hogwild!: A Lock-Free Approach to Parallelizing Stochastic Gradient Descent"
(2011), with the original study's split. strategies/hogwild.py is the same method with equal work for every split.
"""

import sys

import torch

from casual_training.measure.recorder import Recorder
from casual_training.original import checks
from casual_training.original.launch import supervised
from casual_training.original.loader_run import Team, WholeLoader, sizes
from casual_training.original.sharing import share_model, share_samples
from casual_training.parallel import workers


def train_model(
    model,
    train_dataloader,
    num_processes,
    epochs_per_process,
    optimizer,
    device="cpu",
    log_interval=10,
    loss_tracker=None,
    seed=42,
):
    """Train `model` in several processes that update its weights at the same time and without a lock.

    Every process goes over the whole loader in each of its epochs. The loss is the cross entropy of the outputs, which
    may be logits or log-probabilities: a log-softmax changes nothing about values that are one already.

    Right here and wrong in the original: each process has max(1, cores // processes) threads instead of one a core; a
    process that dies is an error instead of a fast run; log_interval=-1 means no logs; losses go through shared memory,
    so that noting one waits for nobody; and the seed decides the order of the samples in each epoch of each process.

    Args:
        model: a network; it holds the trained weights afterwards, in shared memory.
        train_dataloader: gives batches (inputs, targets), again and again.
        num_processes: processes that train.
        epochs_per_process: epochs of each.
        optimizer: of parameters of `model`. Each process trains with a copy: the same class, options (group by group)
            and state, which from then on is private.
        device: "cpu" or "cuda"; CUDA is written by the book and untested. The model is moved there.
        log_interval: every so many of its batches a process prints its loss and notes it; -1 for never.
        loss_tracker: a list, or a Manager's, to which the noted losses of all are appended in the order of time.
        seed: 0 or more; the initial weights are the model's own and do not depend on it.

    Returns:
        loss_tracker.

    Raises:
        ValueError: something given cannot work; said in one sentence before anything starts.
        RuntimeError: a process raised, was killed or ended early. The model's weights are then of no use.
    """
    checks.check_count("num_processes", num_processes)
    checks.check_count("epochs_per_process", epochs_per_process)
    checks.check_count("seed", seed, least=0)
    checks.check_log_interval(log_interval)
    device = checks.find_shared_device(device)
    checks.check_model(model)
    checks.check_optimizer(optimizer, model)
    checks.check_tracker(loss_tracker)
    checks.first_batch("train_dataloader", train_dataloader)
    dataset = getattr(train_dataloader, "dataset", None)
    checks.check_importable(*model.modules(), optimizer, train_dataloader, dataset)

    model.to(device)
    if device.type == "cpu":
        share_model(model)
    share_samples(train_dataloader)
    steps = epochs_per_process * len(train_dataloader)
    recorder = Recorder(num_processes, steps, log_interval if log_interval > 0 else steps + 1)
    data, team = WholeLoader(train_dataloader, seed), Team(**sizes(num_processes), seed=seed)
    # Model and optimizer are sent in one piece, so that the parameters of the one stay those of the other.
    arguments = model, optimizer, data, epochs_per_process, device, log_interval
    with supervised():
        workers.run_workers(work, team, recorder, *arguments)
    if loss_tracker is not None:
        in_order = sorted(recorder.losses(), key=lambda note: note[2])
        loss_tracker.extend([loss for *_, loss in in_order])
    return loss_tracker


def work(rank, team, recorder, model, optimizer, data, epochs, device, log_interval) -> None:
    """Make all epochs of this process, updating the shared weights after each of its batches."""
    model.train()
    _keep_state_private(optimizer)
    n_batches = len(data.loader)
    for epoch in range(epochs):
        for batch, (inputs, targets) in enumerate(data.batches(epoch, rank), start=1):
            optimizer.zero_grad()  # sets the gradients to None, which keeps them private
            loss = torch.nn.functional.cross_entropy(model(inputs.to(device)), targets.to(device))
            loss.backward()
            optimizer.step()
            recorder.step(loss, len(targets))
            if log_interval > 0 and (epoch * n_batches + batch) % log_interval == 0:
                where = f"process {rank + 1}, epoch {epoch + 1} of {epochs}, batch {batch:,} of {n_batches:,}"
                sys.stdout.write(f"{where}: loss {loss.item():.6f}\n")  # in one piece, whatever the others write
                sys.stdout.flush()
    if device.type == "cuda":
        torch.cuda.synchronize(device)  # its last updates are made before the process ends


def _keep_state_private(optimizer) -> None:
    """Copy the state of an optimizer that came from the caller: its tensors are shared like all that are sent."""
    for parameter, state in optimizer.state.items():
        optimizer.state[parameter] = {
            name: value.clone() if isinstance(value, torch.Tensor) else value for name, value in state.items()
        }
