"""Without a network everything works but fetching, and nothing even tries to reach one.

A run has a network of its own, in which there is the loopback interface alone; the system counts what had no route.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ALONE = ["unshare", "--map-root-user", "--net"]
# In a new network the loopback interface is there but down.
INSIDE = """
import fcntl, socket, struct, subprocess, sys
with socket.socket() as any_socket:
    SIOCSIFFLAGS, IFF_UP = 0x8914, 1
    fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP))
code = subprocess.run(sys.argv[1:], stdout=sys.stderr).returncode
names, values = [line.split() for line in open("/proc/net/snmp") if line.startswith("Ip:")]
counted = dict(zip(names, values)) | dict(line.split() for line in open("/proc/net/snmp6"))
print(int(counted["OutNoRoutes"]) + int(counted.get("Ip6OutNoRoutes", 0)))
sys.exit(code)
"""


@pytest.fixture(scope="module", autouse=True)
def private_network():
    try:
        subprocess.run([*ALONE, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this system gives a user no network of its own (unshare --map-root-user --net)")


def alone(*command: str, **options) -> tuple[subprocess.CompletedProcess, int]:
    """Run a command that has loopback alone; returns how it ended and how often it tried to reach anything else."""
    done = subprocess.run(
        [*ALONE, sys.executable, "-c", INSIDE, sys.executable, *command], capture_output=True, text=True, **options
    )
    return done, int(done.stdout)


@pytest.mark.parametrize("address", [("192.0.2.1", 9), ("2001:db8::1", 9)], ids=["IPv4", "IPv6"])
def test_an_attempt_to_reach_another_machine_is_counted(address):
    done, attempts = alone("-c", f"import socket; socket.create_connection({address!r})")
    assert "unreachable" in done.stderr
    assert attempts > 0


@pytest.mark.parametrize("method", ["ddp", "ps_push_pull"])
def test_a_run_whose_data_are_there_needs_and_tries_no_network(method, untouched, data_dir, tmp_path):
    configs = ["--config", "config.yaml", "--config", "study.yaml"]
    data = ["--data-dir", str(data_dir), "--workers", "2", "--method", method, "--out", str(tmp_path)]
    done, attempts = alone(
        "-m", "casual_training", "train", *configs, *data, cwd=untouched.root, env=untouched.environment
    )
    assert done.returncode == 0, done.stderr
    assert '"status": "ok"' in (tmp_path / "run.json").read_text()
    assert attempts == 0


def test_missing_data_are_one_sentence_with_the_files_to_supply(untouched, tmp_path):
    done, _ = alone("-m", "casual_training", "fetch", "mnist", "--data-dir", str(tmp_path), env=untouched.environment)
    assert done.returncode == 2
    (sentence,) = done.stderr.splitlines()
    files = ", ".join(["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte"])
    assert re.search(rf"put its four files \({files}, .*\), raw or \.gz, into {tmp_path / 'mnist'}", sentence)
    assert list(Path(tmp_path, "mnist").iterdir()) == []
