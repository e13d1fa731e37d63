"""Hogwild! on the caller's own network, loader and optimizer.

Source: Niu, Recht, Re and Wright, "Hogwild!: A Lock-Free Approach to Parallelizing Stochastic Gradient Descent"
(2011), with the original study's split. The loop is that of strategies/hogwild.py.
"""

import sys

import torch

from casual_training.measure.recorder import Recorder
from casual_training.original import check_arguments
from casual_training.original.loader_run import LoaderRun, WholeLoader
from casual_training.original.sharing import share_model, share_samples
from casual_training.original.supervise import supervised
from casual_training.parallel import workers
from casual_training.strategies import hogwild


def train_model(
    model: torch.nn.Module,
    train_dataloader,
    num_processes: int,
    epochs_per_process: int,
    optimizer: torch.optim.Optimizer,
    device: str | torch.device = "cpu",
    log_interval: int = 10,
    loss_tracker=None,
    seed: int = 42,
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
    check_arguments.check_count("num_processes", num_processes)
    check_arguments.check_count("epochs_per_process", epochs_per_process)
    check_arguments.check_count("seed", seed, least=0)
    check_arguments.check_log_interval(log_interval)
    device = check_arguments.find_shared_device(device)
    check_arguments.check_model(model)
    check_arguments.check_optimizer(optimizer, model)
    check_arguments.check_tracker(loss_tracker)
    check_arguments.first_batch("train_dataloader", train_dataloader)
    dataset = getattr(train_dataloader, "dataset", None)
    check_arguments.check_importable(*model.modules(), optimizer, train_dataloader, dataset)

    model.to(device)
    if device.type == "cpu":
        share_model(model)
    share_samples(train_dataloader)
    recorder = PrintingRecorder(num_processes, epochs_per_process, len(train_dataloader), log_interval)
    run, data = LoaderRun(num_processes, epochs_per_process, seed), WholeLoader(train_dataloader, seed, device)
    with supervised():
        # Model and optimizer are sent in one piece, so that the parameters of the one stay those of the other.
        workers.run_workers(work, run, recorder, model, optimizer, data)
    if loss_tracker is not None:
        in_order = sorted(recorder.losses(), key=lambda note: note[2])
        loss_tracker.extend([loss for *_, loss in in_order])
    return loss_tracker


class PrintingRecorder(Recorder):
    """A recorder that also prints the losses that it notes.

    Args:
        workers: number of workers.
        epochs: of each.
        n_batches: of an epoch.
        log_interval: a worker notes its loss every so many batches; -1 is never.
    """

    def __init__(self, workers: int, epochs: int, n_batches: int, log_interval: int):
        steps = epochs * n_batches
        super().__init__(workers, steps, log_interval if log_interval > 0 else steps + 1)
        self._n_epochs, self._n_batches = epochs, n_batches

    def start(self, rank: int, threads: int) -> None:
        """Begin the record of the calling process."""
        self._rank = rank
        super().start(rank, threads)

    def step(self, loss: torch.Tensor, samples: int) -> None:
        """Count one step of the calling worker."""
        super().step(loss, samples)
        if self._steps % self._log_interval == 0:
            epoch, batch = divmod(self._steps - 1, self._n_batches)
            where = f"process {self._rank + 1}, epoch {epoch + 1} of {self._n_epochs}, batch {batch + 1:,}"
            # In one piece, whatever the others write.
            sys.stdout.write(f"{where} of {self._n_batches:,}: loss {loss.item():.6f}\n")
            sys.stdout.flush()


def work(rank, run, recorder, model, optimizer, data) -> None:
    """Make all epochs of this process, updating the shared weights after each of its batches."""
    model.train()
    _keep_state_private(optimizer)
    hogwild.work(rank, run, recorder, model, data, lock=None, optimizer=optimizer)
    if data.device.type == "cuda":
        torch.cuda.synchronize(data.device)  # its last updates are made before the process ends


def _keep_state_private(optimizer: torch.optim.Optimizer) -> None:
    """Copy the state of an optimizer that came from the caller: its tensors are shared like all that are sent."""
    for parameter, state in optimizer.state.items():
        optimizer.state[parameter] = {
            name: value.clone() if isinstance(value, torch.Tensor) else value for name, value in state.items()
        }
