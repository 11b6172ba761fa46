"""Runs a recorded step again in this very process, and tells a test what comes of it."""

import traceback
from typing import Any

from lar_debug.runtime import protocol, reexecute
from lar_debug.runtime.child import Channel


def attempt(request: dict[str, Any], descriptor: int) -> None:
    """`descriptor` is the socket for the messages that the debugger would get."""
    channel = Channel(descriptor)
    try:
        message = {"event": "result", "data": reexecute.job(request, channel.report)}
    except BaseException:
        message = {"event": "raised", "traceback": traceback.format_exc()}
    channel.send(protocol.encode(message))
