"""Imports the engine once, then forks for each program to record and each step to run again.

`fork_server.py FD FOLDER`: requests and answers are lines of JSON on the socket FD; FOLDER holds
the package. See recording.py.
"""

import gc
import json
import os
import socket
import sys
import traceback


def main() -> None:
    sys.path.insert(0, sys.argv[2])
    import lar.executor  # noqa: F401 - what the children need not import again

    from lar_debug.runtime import child, protocol, record, reexecute

    del sys.path[:2]
    control = socket.socket(fileno=int(sys.argv[1]))
    lines = control.makefile("rwb")
    gc.freeze()

    def answer(message: dict) -> None:
        lines.write(json.dumps(message).encode() + b"\n")
        lines.flush()

    for line in lines:
        request = json.loads(line)
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            ours.close()
            os.chdir(request["cwd"])
            if "record" in request:
                # Returning is the end of a program, with all that Python does there.
                _redirect(request["streams"])
                sys.argv = [""]
                record.main(request["record"])
                return
            _attempt(child.Channel(theirs.detach()), protocol, reexecute, request["attempt"])
        theirs.close()
        while "attempt" in request:
            try:
                answer(protocol.receive(ours)[0])
            except EOFError:
                break
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if "record" in request:
            answer({"code": code})


def _redirect(streams: list) -> None:
    modes = (
        os.O_RDONLY,
        os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
        os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
    )
    for number, (path, flags) in enumerate(zip(streams, modes, strict=True)):
        os.dup2(os.open(path, flags, 0o600), number)
    sys.stdin = os.fdopen(0, closefd=False)


def _attempt(channel, protocol, reexecute, request: dict) -> None:
    try:
        frame = {"event": "result", "data": reexecute.job(request, channel.report)}
    except BaseException:
        frame = {"event": "raised", "traceback": traceback.format_exc()}
    channel.send(protocol.encode(frame))
    os._exit(0)


main()
