import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for training.py and fake_study.py, which tests import


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory):
    from training import sample_data_dir

    return sample_data_dir(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def fork_server():
    """The fork server that workers start from; the first use of it in a session imports torch."""
    from casual_training import processes

    processes.prepare()
