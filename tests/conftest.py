"""What holds for all tests, however they were started."""

from __future__ import annotations

import signal

import pytest

from tests.forked import interpreters_are_forked
from tests.forks import server

# A shell that starts `make test` in the background lets it ignore these, and every program that
# a test starts would inherit that; what they do on Ctrl-C is what is tested.
for _number, _usual in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGHUP, signal.SIG_DFL),
):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _usual)


@pytest.fixture(scope="session")
def fork_server():
    return server


@pytest.fixture(scope="module")
def forked_interpreters():
    """The interpreters that tests start from their own process are forked."""
    with pytest.MonkeyPatch.context() as patch:
        interpreters_are_forked(server, patch.setattr)
        yield


@pytest.fixture(scope="session", autouse=True)
def ended_with_the_tests():
    yield
    server.close()
