"""One process that has imported the engine serves all tests of a worker."""

import pytest

from tests.durable.desk import Desk
from tests.forks import ForkServer


@pytest.fixture(scope="session")
def desk(fork_server: ForkServer) -> Desk:
    return Desk(fork_server)
