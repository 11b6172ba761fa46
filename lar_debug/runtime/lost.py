"""What stands in a restored state for a value that could not be kept. Standard library only."""

from __future__ import annotations

from typing import Any, NoReturn


class LostValueError(RuntimeError):
    """The code used a value that the snapshot does not hold; one line says which and why."""


class NeedsUserCode(BaseException):
    """The snapshot holds objects whose classes may be the user's.

    No Exception: one that a single value raises makes that value lost, this ends it all.
    """


class LostValue:
    """Can be carried, copied and compared by identity; any other use raises LostValueError."""

    __slots__ = ("_name", "_reason", "_text", "_where")

    def __init__(self, where: str, name: str, text: str, reason: str) -> None:
        self._where, self._name, self._text, self._reason = where, name, text, reason

    @property
    def lar_debug_lost(self) -> tuple[str, str, str]:
        """(class name, short text, reason)."""
        return self._name, self._text, self._reason

    def _fail(self, *_: Any, **__: Any) -> NoReturn:
        value = self._text or self._name or "a value"
        raise LostValueError(f"{self._where}: {value} could not be kept: {self._reason}")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            # Libraries ask for protocols this way; "it has none" is a true answer.
            raise AttributeError(name)
        self._fail()

    def __copy__(self) -> LostValue:
        return self

    def __deepcopy__(self, memo: Any) -> LostValue:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return LostValue, (self._where, self._name, self._text, self._reason)

    def __repr__(self) -> str:
        return f"<lost: {self._text or self._name or 'a value'} ({self._reason})>"

    __bool__ = __len__ = __iter__ = __next__ = __call__ = __getitem__ = __contains__ = _fail
    __setitem__ = __delitem__ = __enter__ = __int__ = __float__ = __index__ = _fail
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = _fail
    __lt__ = __le__ = __gt__ = __ge__ = __await__ = __aiter__ = __aenter__ = _fail
