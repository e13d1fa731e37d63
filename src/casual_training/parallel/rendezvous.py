"""Where the workers of a run meet to talk over torch.distributed: on loopback only, found through a private file.

torch's usual meeting point, a TCPStore, listens on every interface whatever address it is given; a file does not
listen. The connections themselves are bound to the loopback interface by name, because torch would otherwise take
whatever address the host's name stands for, and whoever can connect to an RPC process can make it run code.
"""

import contextlib
import datetime
import ipaddress
import os
import resource
import tempfile
from collections.abc import Iterator
from multiprocessing import util
from pathlib import Path

import psutil

from casual_training.errors import RunFailed

SERVER = "server"
# torch's default for RPC between processes of one machine polls its shared memory and burns a core a process.
# uv is its transport that sleeps. These are private arguments of the pinned torch.
QUIET_TRANSPORT = {"_transports": ["uv"], "_channels": ["basic"]}
TRANSPORTS: dict[str, dict] = {"uv": QUIET_TRANSPORT, "default": {}}
NEVER = datetime.timedelta(days=365)  # torch has no other word for "no timeout" in a gloo group


def require_rpc() -> None:
    """Raise RunFailed("unavailable", ...) where torch is built without RPC."""
    import torch.distributed.rpc

    if not torch.distributed.rpc.is_available():
        raise RunFailed("unavailable", "this build of torch has no torch.distributed.rpc; install one that has")


def require_gloo() -> None:
    """Raise RunFailed("unavailable", ...) where torch is built without torch.distributed or its backend gloo."""
    from torch import distributed

    if not (distributed.is_available() and distributed.is_gloo_available()):
        raise RunFailed("unavailable", "this build of torch has no torch.distributed with gloo; install one that has")


@contextlib.contextmanager
def private_store() -> Iterator[Path]:
    """Make the file through which one group of processes finds itself, in a folder that only this user can open.

    A file is good for one group: what an earlier one left in it would make the next hang.
    """
    with tempfile.TemporaryDirectory(dir=util.get_temp_dir()) as folder:
        yield Path(folder, "store")


@contextlib.contextmanager
def rpc_group(store: Path, n_workers: int, transport: str, rank: int) -> Iterator[None]:
    """Be in the RPC group of a server and its workers; leaving it waits for all others to leave.

    Workers are called "worker-0" and so on, the server is SERVER. Leaving because of an error waits for nobody, and no
    call in the group has a timeout: the supervisor has a deadline, and ends whoever is left.

    Args:
        store: of private_store.
        n_workers: workers of the run.
        transport: "uv", or "default" for torch's own.
        rank: of the calling process; n_workers is the server.

    Raises:
        RuntimeError: this process listens on more than loopback.
    """
    from torch.distributed import rpc

    os.environ["GLOO_SOCKET_IFNAME"] = os.environ["TP_SOCKET_IFNAME"] = loopback()
    allow_open_files()
    rpc.init_rpc(
        SERVER if rank == n_workers else f"worker-{rank}",
        rank=(rank + 1) % (n_workers + 1),  # the server is node 0, as in the original
        world_size=n_workers + 1,
        rpc_backend_options=rpc.TensorPipeRpcBackendOptions(
            init_method=store.as_uri(), rpc_timeout=0, **TRANSPORTS[transport]
        ),
    )
    require_loopback()
    yield
    rpc.shutdown()


@contextlib.contextmanager
def gloo_group(store: Path, n_workers: int, rank: int) -> Iterator[None]:
    """Be in the group of workers that exchange tensors over gloo, torch.distributed's default group.

    Leaving it waits for nobody, and leaving because of an error is left to the end of the process. No call in the group
    has a timeout: the supervisor has a deadline, and ends whoever is left.

    Args:
        store: of private_store.
        n_workers: workers of the run.
        rank: of the calling worker.

    Raises:
        RuntimeError: this process listens on more than loopback.
    """
    from torch import distributed

    os.environ["GLOO_SOCKET_IFNAME"] = loopback()
    distributed.init_process_group("gloo", init_method=store.as_uri(), world_size=n_workers, rank=rank, timeout=NEVER)
    require_loopback()
    yield
    distributed.destroy_process_group()


def loopback() -> str:
    """Name the loopback interface: "lo" on Linux, "lo0" on macOS."""
    for name, addresses in psutil.net_if_addrs().items():
        if any(address.address == "127.0.0.1" for address in addresses):
            return name
    raise RuntimeError("no network interface has the address 127.0.0.1; bring up the loopback interface")


def require_loopback() -> None:
    """Raise RuntimeError if the calling process listens on an address that others can reach."""
    for connection in psutil.Process().net_connections("inet"):
        listens = connection.status == psutil.CONN_LISTEN
        if listens and not ipaddress.ip_address(connection.laddr.ip).is_loopback:
            raise RuntimeError(f"listens on {connection.laddr.ip}, which others can reach; it must be loopback only")


def allow_open_files() -> None:
    """Raise this process's limit of open files as far as it may: RPC opens over a hundred by default."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # macOS does not allow its own "unlimited"
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
