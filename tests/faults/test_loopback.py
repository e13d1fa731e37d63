"""Nothing that a run starts can be reached from outside this machine."""

import ipaddress
import os
import socket
import threading
import time

import psutil
import pytest

from casual_training import strategies
from casual_training.parallel import rendezvous
from training import make_run, trained

pytestmark = pytest.mark.usefixtures("fork_server")

EVERY_MS = 50
VARIANTS = [(name, {}) for name in strategies.names()] + [("ps_tutorial", {"transport": "default"})]


class Listeners:
    """Notes, while a `with` lasts, every address that this process or a descendant listens on or is bound to.

    Descendants that were there before, such as the browser of other tests, do not count.
    """

    def __enter__(self):
        self._before = {process.pid for process in psutil.Process().children(recursive=True)}
        self.addresses, self._stop, self.polls = set(), threading.Event(), 0
        self._thread = threading.Thread(target=self._poll)
        self._thread.start()
        return self

    def _poll(self):
        while not self._stop.wait(EVERY_MS / 1000):
            self.polls += 1
            me = psutil.Process(os.getpid())
            ours = {process.pid for process in [me, *me.children(recursive=True)]} - self._before
            for connection in psutil.net_connections("inet"):
                listens = connection.status in (psutil.CONN_LISTEN, psutil.CONN_NONE)  # TCP, UDP
                if connection.pid in ours and listens:
                    self.addresses.add(connection.laddr.ip)

    def __exit__(self, *error):
        self._stop.set()
        self._thread.join()


@pytest.mark.parametrize(("strategy", "options"), VARIANTS)
def test_a_run_listens_on_loopback_only(strategy, options, data_dir):
    run = make_run(
        strategy=strategy, options=options, workers=1 if strategies.takes_one_worker(strategy) else 2, passes=4
    )
    with Listeners() as listeners:
        trained(run, data_dir)
    assert listeners.polls > 3
    assert all(ipaddress.ip_address(address).is_loopback for address in listeners.addresses), listeners.addresses
    talks = strategy.startswith("ps_") or strategy == "ddp"
    assert bool(listeners.addresses) == talks  # a poll that sees nothing would prove nothing


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])
def test_an_open_address_is_seen_and_refused(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=family), Listeners() as listeners:
        time.sleep(0.3)
        with pytest.raises(RuntimeError, match=r"listens on .* others can reach"):
            rendezvous.require_loopback()
    assert address in listeners.addresses


def test_an_address_of_loopback_is_allowed():
    with socket.create_server(("127.0.0.1", 0)):
        rendezvous.require_loopback()


def test_the_loopback_interface_is_found_by_its_address():
    assert rendezvous.loopback() in {"lo", "lo0"}
