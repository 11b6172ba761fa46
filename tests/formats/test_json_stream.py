"""A JSON file is read piece by piece as Python reads it whole, and what is none is told apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lar_debug.formats import json_stream
from lar_debug.formats.json_stream import JsonStream, NotReadable

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.fixture(autouse=True)
def _in_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "_READ_BYTES", 3)


def _whole(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with JsonStream(path) as stream:
        for name in stream.members():
            found[name] = list(stream.items()) if name == "list" else stream.value()
        stream.end()
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.dictionaries(st.text(), VALUES),
    st.lists(VALUES),
    st.sampled_from([None, 2]),
    st.booleans(),
)
def test_every_file_that_python_writes_is_read_as_python_reads_it(
    tmp_path: Path, content: dict[str, Any], items: list[Any], indent: int | None, plain: bool
) -> None:
    content["list"] = items
    text = json.dumps(content, indent=indent, ensure_ascii=plain)
    path = tmp_path / "file.json"
    path.write_bytes(text.encode("utf-8", "replace"))
    again = json.loads(path.read_bytes())
    # repr: NaN is not equal to itself, and 1 and 1.0 are not the same.
    assert repr(_whole(path)) == repr(again)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_a_file_that_was_cut_off_is_never_taken_for_whole(tmp_path: Path, data: Any) -> None:
    text = json.dumps({"a": [1.5, "x\u20ac\\"], "list": [{"b": None}, True, "é"], "c": -12})
    path = tmp_path / "file.json"
    path.write_text(text[: data.draw(st.integers(0, len(text) - 1))])
    with pytest.raises(NotReadable, match=r"cut off|empty|no JSON"):
        _whole(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("hello", "no JSON: line 1"),
        ("{\n\n  nope}", "no JSON: line 3"),
        ('{"a": 1', "cut off"),
        ('{"list": [1, {"b": "', "cut off"),
        ('{"a": 1} x', "more behind its end"),
        ('{"a": 1 "b": 2}', "',' or '}' is missing"),
        ('{"list": [1 2]}', "',' or ']' is missing"),
        ("{" + '"a":{' * 100_000, "nested too deep"),
        ('{"a": ' + "9" * 5000 + "}", "too many digits"),
    ],
)
def test_what_is_no_json_is_one_line_that_says_where(
    tmp_path: Path, text: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_stream, "_READ_BYTES", 4096)
    path = tmp_path / "file.json"
    path.write_text(text)
    with pytest.raises(NotReadable) as wrong:
        _whole(path)
    assert words in str(wrong.value)
    assert str(path) in str(wrong.value)
    assert "\n" not in str(wrong.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(b'{"a": "\xff"}')
    with pytest.raises(NotReadable, match="no UTF-8"):
        _whole(path)


def test_one_piece_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "MOST_CHARACTERS", 100)
    path = tmp_path / "file.json"
    path.write_text(json.dumps({"list": ["a" * 40] * 50}))
    assert len(_whole(path)["list"]) == 50
    path.write_text(json.dumps({"list": ["a" * 400]}))
    with pytest.raises(NotReadable, match="larger than"):
        _whole(path)


def test_what_nobody_takes_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text('{"a": {"b": [1, 2]}, "c": [3], "d": 4}')
    with JsonStream(path) as stream:
        assert list(stream.members()) == ["a", "c", "d"]
        stream.end()
