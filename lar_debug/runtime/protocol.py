"""How the debugger and the user's interpreter talk: small JSON messages, framed by their length.

Both sides import this; standard library only. Large data never travels here: it goes to the
store, and a message names it.

On the control socket, to the zygote:
    {"op": "preload", "modules": [name, ...]}
    {"op": "attempt", "attempt": n}                 with three descriptors: socket, stdout, stderr
    {"op": "signal", "attempt": n, "signal": n}     to the whole process group of that attempt
and from it:
    {"event": "ready", "pid": n, "python": "3.11.7", "forks": bool}
    {"event": "preloaded", "errors": {module: line}, "threads": {module: threads it started},
     "opened": [path, ...], "forks": bool, "seconds": s}
    {"event": "started", "attempt": n, "pid": n}
    {"event": "ended", "attempt": n, "code": n | null, "signal": n | null, "leftovers": n}
On the attempt's own socket, to the child, once, if it is to be ready before its job is known:
    {"prepare": "module:function", "request": {...}}
and then, or at once:
    {"job": "module:function", "request": {...}, "cwd": path | null,
     "environ": {name: value | null}, "memory": bytes | null}
and from it any number of reports, then one of the other two:
    {"event": "report", "data": {...}}
    {"event": "result", "data": {...}}
    {"event": "raised", "type": name, "message": text, "traceback": text}
"""

from __future__ import annotations

import json
import socket
import struct
from typing import Any, TypeAlias

Message: TypeAlias = dict[str, Any]

HEADER = struct.Struct(">I")

FRAME_LIMIT = 1 << 20
"""Bytes of one message: what the debugger can decode without making its screen wait."""


class ProtocolError(Exception):
    """A message that cannot be sent, or bytes that are no message. One line."""


def encode(message: Message) -> bytes:
    """A message as it travels. Raises ProtocolError when it is no JSON, or too large."""
    try:
        body = json.dumps(message, separators=(",", ":")).encode("ascii")
    except (TypeError, ValueError, RecursionError) as error:
        raise ProtocolError(f"no JSON: {error}") from None
    if len(body) > FRAME_LIMIT:
        raise ProtocolError(f"{len(body)} bytes, at most {FRAME_LIMIT}: put it into the store")
    return HEADER.pack(len(body)) + body


def body_size(header: bytes) -> int:
    """The size that a header announces. Raises ProtocolError when no message is that large."""
    size: int = HEADER.unpack(header)[0]
    if size > FRAME_LIMIT:
        raise ProtocolError(f"a message of {size} bytes, at most {FRAME_LIMIT}")
    return size


def decode(body: bytes) -> Message:
    """The message in a body. Raises ProtocolError when it is none."""
    try:
        message: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"no message: {error}") from None
    if not isinstance(message, dict):
        raise ProtocolError("no message: not an object")
    return message  # pyright: ignore[reportUnknownVariableType]


def receive(source: socket.socket, descriptors: int = 0) -> tuple[Message, list[int]]:
    """Wait for one message, with at most that many file descriptors.

    Raises EOFError when the other side is gone, ProtocolError when it does not speak this.
    """
    received: list[int] = []
    header = b""
    if descriptors:
        header, received, _, _ = socket.recv_fds(source, HEADER.size, descriptors)
        if not header:
            raise EOFError
    header += _exactly(source, HEADER.size - len(header))
    return decode(_exactly(source, body_size(header))), received


def _exactly(source: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = source.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return bytes(data)
