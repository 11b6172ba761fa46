"""Compiled code of the user's files, kept in the user's cache folder by their content.

One file per source file, so that it grows no further than the projects do. Standard library only.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import marshal
import os
import stat
import sys
from types import CodeType

_DIGEST_BYTES = 16


def content_digest(data: bytes) -> str:
    """Hex of the digest by which the content of a file is known."""
    return hashlib.blake2b(data, digest_size=_DIGEST_BYTES).hexdigest()


class CompileCache:
    """Code objects by path and content. A cache that cannot be used is as an empty one."""

    def __init__(self, folder: str) -> None:
        """`folder` belongs to this user alone: what is in it is run."""
        self._folder = folder
        # Everything that code depends on beside its source.
        self._python = b"%b %b %d\n" % (
            importlib.util.MAGIC_NUMBER.hex().encode(),
            str(sys.implementation.cache_tag).encode(),
            sys.flags.optimize,
        )

    @staticmethod
    def user_folder() -> str:
        """Where the user's cache is, or would be."""
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        return os.path.join(base, "lar-debug", f"compiled-{sys.implementation.cache_tag}")

    @classmethod
    def of_user(cls) -> CompileCache | None:
        """The cache in the user's cache folder, None when there can be none that is safe."""
        folder = cls.user_folder()
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            status = os.lstat(folder)
        except OSError:
            return None
        private = stat.S_ISDIR(status.st_mode) and not status.st_mode & 0o077
        return cls(folder) if private and status.st_uid == os.getuid() else None

    def compiled(self, source: bytes, path: str) -> CodeType:
        """The code of a file with that source. Raises what compile() does."""
        digest = content_digest(source)
        code = self.get(path, digest)
        if code is None:
            code = compile(source, path, "exec", dont_inherit=True)
            self.put(path, digest, code)
        return code

    def get(self, path: str, digest: str) -> CodeType | None:
        """The code of that content of the file, None when it is not there."""
        try:
            with open(self._place(path), "rb") as file:
                data = file.read()
        except OSError:
            return None
        head = self._head(digest)
        body = data[len(head) + _DIGEST_BYTES :]
        # marshal may crash on damaged data, so nothing is loaded that is not whole.
        if data[: len(head)] != head or data[len(head) : -len(body)] != _check(body):
            return None
        code: object = marshal.loads(body)
        return code if isinstance(code, CodeType) else None

    def put(self, path: str, digest: str, code: CodeType) -> None:
        """Keep the code of that content of the file, in place of the one before."""
        body = marshal.dumps(code)
        place = self._place(path)
        part = f"{place}.{os.getpid()}"
        with contextlib.suppress(OSError):
            try:
                with open(part, "xb") as file:
                    file.write(self._head(digest) + _check(body) + body)
                os.replace(part, place)
            except OSError:
                os.unlink(part)

    def _place(self, path: str) -> str:
        return os.path.join(self._folder, content_digest(os.fsencode(path)))

    def _head(self, digest: str) -> bytes:
        return self._python + bytes.fromhex(digest)


def _check(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_DIGEST_BYTES).digest()
