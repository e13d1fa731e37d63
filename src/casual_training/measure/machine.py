"""What this machine is: its cores, its description for the record. Readings that a system lacks are None."""

import math
import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

CPU_FOLDER = Path("/sys/devices/system/cpu")
CGROUP_LIMIT = Path("/sys/fs/cgroup/cpu.max")
CPU_INFO = Path("/proc/cpuinfo")
HYPERVISOR = Path("/sys/hypervisor/type")  # Xen's, which may hide itself from its guests' processors


def cores() -> int:
    """Count the physical cores this process may use: by affinity, then by the limit of its cgroup; 1 or more."""
    if not hasattr(os, "sched_getaffinity"):  # macOS
        import psutil

        return psutil.cpu_count(logical=False) or os.cpu_count() or 1
    allowed = os.sched_getaffinity(0)
    # Hardware threads of one core list the same siblings.
    siblings = {_read(CPU_FOLDER / f"cpu{cpu}/topology/thread_siblings_list") or str(cpu) for cpu in allowed}
    quota, _, period = (_read(CGROUP_LIMIT) or "max 100000").partition(" ")
    limit = math.inf if quota == "max" else int(quota) / int(period)
    return max(1, math.floor(min(len(siblings), limit)))


def describe() -> dict:
    """Describe the machine, as plain values for JSON."""
    import psutil

    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "logical_cpus": os.cpu_count(),
        "physical_cores": psutil.cpu_count(logical=False),
        "virtual": is_virtual(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
    }


def is_virtual() -> bool | None:
    """Return whether this is a virtual machine, as its processor's flags (x86) or its kernel tell; Linux only."""
    about = _read(CPU_INFO)
    if about is None:
        return None
    if _read(HYPERVISOR):
        return True
    flags = [line.partition(":")[2].split() for line in about.splitlines() if line.startswith("flags")]
    return "hypervisor" in flags[0] if flags else None


def load_average() -> float | None:
    """Return the average number of processes that wanted a core during the last minute."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def pss_mb() -> float | None:
    """Return the memory of the calling process in MB, with its share of every page that it shares (Linux).

    psutil's memory_full_info reads more, and takes half as long again.
    """
    for line in (_read(Path("/proc/self/smaps_rollup")) or "").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 2**10
    return None


def versions() -> dict:
    """Return the versions of Python and of the packages that results depend on."""
    packages = ("casual-training", "torch", "torchvision", "numpy", "snakemake")
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in packages}


def commit() -> tuple[str | None, bool | None]:
    """Return the git commit of this code and whether files differ from it or are new; (None, None) outside git."""
    try:
        revision = _git("rev-parse", "--short=12", "HEAD")
        return revision, bool(_git("status", "--porcelain"))
    except (OSError, subprocess.SubprocessError):
        return None, None


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(Path(__file__).parent), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()


def _processor() -> str | None:
    for line in (_read(CPU_INFO) or "").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    if platform.system() == "Darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True, timeout=10).stdout.strip() or None
    return platform.processor() or None


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return None
