"""Values as strict JSON, for `--json` and for people who write a value by hand.

What JSON lacks is `{"$type": ..., "$value": ...}`, NaN included. Pure.
"""

from __future__ import annotations

import math
from typing import Any

from lar_debug.diff.equality import MOST_LEVELS, kind_of
from lar_debug.model.values import Fidelity, Tagged, Value

_TYPE, _VALUE = "$type", "$value"
_PLAIN = "plain"
# More digits than this, and Python refuses to write the number down.
_MOST_BITS = 14_000


def value_json(value: Value, level: int = 0) -> Any:
    """`value` as data for json.dumps: None, bool, int, finite float, str, list and dict only.

    Beyond 200 levels, where JSON readers give up, the value is told as lossy.
    """
    kind = kind_of(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is float:
        return value if math.isfinite(value) else {_TYPE: "float", _VALUE: repr(value)}
    if kind is int:
        return value if value.bit_length() < _MOST_BITS else {_TYPE: "int", _VALUE: hex(value)}
    if level > MOST_LEVELS:
        return {_TYPE: Fidelity.LOSSY.value, _VALUE: None, "$reason": "nested too deeply"}
    if kind is list:
        return [value_json(item, level + 1) for item in value]
    if kind is dict:
        made = {key: value_json(item, level + 1) for key, item in value.items()}
        # A recorded dict that looks like one of our own forms must not be read as one.
        return {_TYPE: _PLAIN, _VALUE: [[k, v] for k, v in made.items()]} if _TYPE in made else made
    if kind is Tagged:
        return _tagged_json(value, level)
    raise TypeError(f"{kind.__name__} is no recorded value")


def _tagged_json(value: Tagged, level: int) -> dict[str, Any]:
    form = {_TYPE: value.type, _VALUE: value_json(value.content, level + 1)}
    if value.name:
        form["$class"] = value.name
    if value.text:
        form["$text"] = value.text
    if value.fidelity is not Fidelity.EXACT:
        form["$fidelity"] = value.fidelity.value
    if value.reason:
        form["$reason"] = value.reason
    return form


def from_json(form: Any) -> Value:
    """The value that `form`, as read by json.loads, stands for. The other way of `value_json`.

    Raises ValueError for a `$type` form that is none.
    """
    if kind_of(form) is list:
        return [from_json(item) for item in form]
    if kind_of(form) is not dict:
        return form
    if _TYPE not in form:
        return {key: from_json(item) for key, item in form.items()}
    return _from_tagged(form)


def _from_tagged(form: dict[str, Any]) -> Value:
    kind: Any = form[_TYPE]
    content = from_json(form.get(_VALUE))
    if not isinstance(kind, str):
        raise ValueError(f"$type must be a text, not {kind!r}")
    if kind == "float" and kind_of(content) is str:
        return float(content)
    if kind == "int" and kind_of(content) is str:
        return int(content, 16)
    if kind == _PLAIN:
        return _from_pairs(content)
    return Tagged(
        kind,
        content,
        name=form.get("$class", ""),
        text=form.get("$text", ""),
        fidelity=Fidelity(form.get("$fidelity", Fidelity.EXACT.value)),
        reason=form.get("$reason", ""),
    )


def _from_pairs(content: Value) -> dict[str, Value]:
    try:
        return {str(key): item for key, item in content}
    except (TypeError, ValueError):
        raise ValueError("$value of a plain dict must be a list of pairs") from None
