"""A pickle is opened only where this machine made it; everything else is shown, never run."""

from __future__ import annotations

import base64
import hashlib
import pathlib
import pickle
from typing import Any

import pytest

from lar_debug.model.values import Tagged
from lar_debug.runtime.lost import LostValue
from lar_debug.runtime.snapshots import Snapshotter
from lar_debug.store.chunks import Reader, StoreDamaged
from lar_debug.store.objects import BLOB, VALUE, pack, split_value, unpack
from lar_debug.store.texts import TextWriter
from tests.unit.strategies import Objects

KEY = b"k" * 32


class Plain:
    def __init__(self, value: Any) -> None:
        self.value = value


def snapshotter(objects: Objects, key: bytes | None = KEY, run: str = "run") -> Snapshotter:
    return Snapshotter(objects, TextWriter(objects), run=run, key=key)


class Bomb:
    """Opening its pickle creates a file."""

    path = ""

    def __init__(self, path: str = "") -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (armed, (self.path,))


def armed(path: str) -> Bomb:
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write("opened\n")
    return Bomb(path)


def bomb_snapshot(path: pathlib.Path, **named: Any) -> tuple[Objects, str]:
    objects = Objects()
    ref = snapshotter(objects, **named).take({"bomb": Bomb(str(path)), "other": 1}).ref
    path.unlink(missing_ok=True)
    return objects, ref


def assert_not_opened(objects: Objects, ref: str, path: pathlib.Path, **named: Any) -> None:
    found = snapshotter(objects, **named).restore(ref)
    assert isinstance(found["bomb"], LostValue)
    assert found["other"] == 1
    assert not path.exists()


def rewrite(objects: Objects, ref: str, change: Any) -> str:
    """The snapshot with `change` done to every object, under digests that fit again."""
    names: dict[bytes, bytes] = {}

    def visit(digest: bytes) -> bytes:
        if digest not in names:
            kind, payload = unpack(objects[digest])
            if kind == VALUE:
                text, digests = split_value(payload)
                inner = b"".join(map(visit, digests))
                payload = payload[:2] + inner + text
            payload = change(kind, payload)
            names[digest] = hashlib.blake2b(bytes((kind,)) + payload, digest_size=16).digest()
            objects[names[digest]] = pack(kind, payload)
        return names[digest]

    return visit(bytes.fromhex(ref)).hex()


def test_a_pickle_of_this_machine_run_and_place_is_opened(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "opened"
    objects, ref = bomb_snapshot(path)
    assert isinstance(snapshotter(objects).restore(ref)["bomb"], Bomb)
    assert path.exists()


def test_a_pickle_is_not_opened_for_another_key_run_or_place(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "opened"
    objects, ref = bomb_snapshot(path)
    assert_not_opened(objects, ref, path, key=b"z" * 32)
    assert_not_opened(objects, ref, path, key=None)
    assert_not_opened(objects, ref, path, run="another")

    def swap(kind: int, payload: bytes) -> bytes:
        if kind != VALUE:
            return payload
        names = {b'"bomb":': b'"xxxx":', b'"other":': b'"bomb":'}
        for old, new in names.items():
            payload = payload.replace(old, new)
        return payload.replace(b'"xxxx":', b'"other":')

    moved = snapshotter(objects).restore(rewrite(objects, ref, swap))
    assert isinstance(moved["other"], LostValue)
    assert moved["bomb"] == 1
    assert not path.exists()


@pytest.mark.parametrize("size", [0, 5000], ids=["inline", "own object"])
def test_an_altered_pickle_is_never_opened(tmp_path: pathlib.Path, size: int) -> None:
    path = tmp_path / ("p" * 50)
    objects = Objects()
    value = [Bomb(str(path)), "x" * size]
    ref = snapshotter(objects).take({"bomb": Plain(value), "other": 1}).ref
    path.unlink()
    evil = pickle.dumps(Plain([Bomb(str(path)), "y"]), 5)

    def replaced(kind: int, payload: bytes) -> bytes:
        if kind == BLOB:
            return evil
        head, found, rest = payload.partition(b'"$pickle":"')
        if not found:
            return payload
        _, quote, tail = rest.partition(b'"')
        return head + found + base64.b64encode(evil) + quote + tail

    changed = rewrite(objects, ref, replaced)
    assert changed != ref
    assert_not_opened(objects, changed, path)


def test_a_flipped_byte_is_noticed_before_anything_is_opened(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "opened"
    objects, ref = bomb_snapshot(path)
    for digest in list(objects):
        data = objects[digest]
        for position in range(0, len(data), 7):
            objects[digest] = data[:position] + bytes((data[position] ^ 1,)) + data[position + 1 :]
            with pytest.raises(StoreDamaged):
                snapshotter(objects).restore(ref)
        objects[digest] = data
    assert not path.exists()


def test_reading_shows_an_object_without_its_class_or_pickle(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "opened"
    objects, ref = bomb_snapshot(path)
    found = Reader(objects).value(ref, ("bomb",))
    assert isinstance(found, Tagged)
    assert found.type == "object"
    assert found.name == f"{__name__}.Bomb"
    assert found.content == {"path": str(path)}
    assert not path.exists()
