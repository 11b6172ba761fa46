"""Recordings that several tests read: each graph is run once for all of them."""

import socket
import threading
from pathlib import Path

import pytest

from tests.forks import ForkServer
from tests.runtime.recording import Forks, record


@pytest.fixture(scope="session")
def forks(fork_server: ForkServer) -> Forks:
    return Forks(fork_server)


@pytest.fixture(scope="session")
def every_kind(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("every_kind")
    done = record(folder, "every_kind.py")
    assert done.returncode == 0, done.stderr.decode()
    return folder


@pytest.fixture(scope="session")
def in_functions(tmp_path_factory: pytest.TempPathFactory, forks: Forks) -> Path:
    folder = tmp_path_factory.mktemp("in_functions")
    done = forks.record(folder, "in_functions.py", "Hello", "Eva")
    assert done.returncode == 3, done.stderr.decode()
    return folder


@pytest.fixture(scope="session")
def in_objects(tmp_path_factory: pytest.TempPathFactory, forks: Forks) -> Path:
    folder = tmp_path_factory.mktemp("in_objects")
    done = forks.record(folder, "in_objects.py")
    assert done.returncode == 0, done.stderr.decode()
    return folder


@pytest.fixture(scope="session")
def port():
    """A port of this machine where somebody answers the telephone and hangs up."""
    server = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            connection.close()

    threading.Thread(target=answer, daemon=True).start()
    yield server.getsockname()[1]
    server.close()


@pytest.fixture(scope="session")
def reaching_out(tmp_path_factory: pytest.TempPathFactory, forks: Forks, port: int) -> Path:
    folder = tmp_path_factory.mktemp("reaching_out")
    for name, text in (("settings.txt", "x"), ("prompt.txt", "Say hello"), ("count.txt", "3")):
        (folder / name).write_text(text)
    done = forks.record(folder, "reaching_out.py", str(port))
    assert done.returncode == 0, done.stderr.decode()
    return folder
