"""What a snapshot looks like to those who read it as data."""

from __future__ import annotations

import datetime
import decimal
import math
from typing import Any

import pytest

from lar_debug.model.values import Fidelity, Tagged
from lar_debug.runtime.codec import Unfit, leaf_tag, read_leaf
from lar_debug.runtime.snapshots import Snapshotter
from lar_debug.store.chunks import Reader
from lar_debug.store.texts import TextWriter
from tests.unit.strategies import Objects


def shown(value: Any) -> Any:
    objects = Objects()
    ref = Snapshotter(objects, TextWriter(objects), run="r", key=None).take({"v": value}).ref
    return Reader(objects).value(ref, ("v",))


@pytest.mark.parametrize(
    ("value", "kind", "content"),
    [
        ((1, "a"), "tuple", [1, "a"]),
        ({2, 1}, "set", [1, 2]),
        (b"ab", "bytes", "YWI="),
        (math.nan, "float", "nan"),
        (-math.inf, "float", "-inf"),
        (1 << 5000, "int", hex(1 << 5000)),
        (decimal.Decimal("1.10"), "Decimal", "1.10"),
        (datetime.date(2026, 11, 20), "date", "2026-11-20"),
        ({1: "a"}, "dict", [[1, "a"]]),
        (1 + 2j, "complex", ["1.0", "2.0"]),
    ],
)
def test_what_json_lacks_is_read_as_tagged(value: Any, kind: str, content: Any) -> None:
    found = shown(value)
    assert isinstance(found, Tagged)
    assert (found.type, found.content, found.fidelity) == (kind, content, Fidelity.EXACT)


def test_a_recorded_dict_that_looks_like_a_tag_is_read_as_that_dict() -> None:
    for value in ({"$type": "lost", "$reason": "x"}, {"$at": 0}, {"a": [{"$type": None}]}):
        assert shown(value) == value
    large = {"$type": "tuple", **{f"key {i}": "x" * 400 for i in range(30)}}
    assert shown(large) == large


def test_a_second_occurrence_is_read_as_a_reference_to_the_first() -> None:
    notes = ["n"]
    assert shown([notes, {"again": notes}])[1]["again"].content == ["v", 0]


def test_paths_lead_into_tagged_values() -> None:
    objects = Objects()
    state = {"v": ({"a": [(1, 2)]}, {5: "five"})}
    ref = Snapshotter(objects, TextWriter(objects), run="r", key=None).take(state).ref
    reader = Reader(objects)
    assert reader.value(ref, ("v", 0, "a", 0, 1)) == 2
    assert reader.value(ref, ("v", 1, 5)) == "five"
    for wrong in (("v", 2), ("v", 0, "b"), ("v", 1, "5"), ("v", 0, "a", 0, 1, "x"), ("w",)):
        with pytest.raises(KeyError):
            reader.value(ref, wrong)


def test_a_subclass_or_a_foreign_time_zone_is_not_taken_for_the_known_type() -> None:
    class Mine(datetime.date):
        pass

    class Zone(datetime.tzinfo):
        pass

    for value in (Mine(2026, 1, 1), datetime.datetime(2026, 1, 1, tzinfo=Zone())):
        with pytest.raises(Unfit):
            leaf_tag(value)


def test_leaf_tags_are_read_back() -> None:
    for value in (range(1, 5), decimal.Decimal("NaN"), datetime.time(1, fold=1)):
        assert repr(read_leaf(leaf_tag(value))) == repr(value)
