"""One process that has imported the engine serves all tests of a worker."""

import pytest

from tests.durable.desk import Desk


@pytest.fixture(scope="session")
def desk():
    made = Desk()
    yield made
    made.close()
