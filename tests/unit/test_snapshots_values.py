"""Values of every class: restored exactly, or marked; never opened when not signed here."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import pathlib
import pickle
import subprocess
import sys
import threading
import uuid
import zoneinfo
from typing import Any, NamedTuple

import numpy
import pydantic
import pytest

from lar_debug.model.values import Fidelity
from lar_debug.runtime.lost import LostValue, LostValueError
from lar_debug.runtime.snapshots import Snapshotter
from lar_debug.store.chunks import Reader
from lar_debug.store.texts import TextWriter
from tests.unit.strategies import Objects

KEY = b"k" * 32


class Color(enum.Enum):
    RED = "r"


class Level(enum.IntEnum):
    HIGH = 3


class Flags(enum.Flag):
    A = 1
    B = 2


@dataclasses.dataclass
class Ticket:
    """`made` counts calls of __init__: restoring must not call it."""

    subject: str
    notes: list[str]
    made = 0

    def __post_init__(self) -> None:
        type(self).made += 1


@dataclasses.dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: Any


class Model(pydantic.BaseModel):
    name: str = pydantic.Field(min_length=2)
    tags: list[str] = []
    _secret: int = pydantic.PrivateAttr(default=7)


class Pair(NamedTuple):
    left: int
    right: list[int]


class Number(int):
    pass


class Plain:
    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Plain) and other.value == self.value

    __hash__ = None  # type: ignore[assignment]


def snapshotter(objects: Objects, key: bytes | None = KEY, run: str = "run") -> Snapshotter:
    return Snapshotter(objects, TextWriter(objects), run=run, key=key)


def back(value: Any) -> Any:
    """The value after a snapshot that has no marks."""
    objects = Objects()
    taken = snapshotter(objects).take({"value": value})
    assert taken.marks == ()
    return snapshotter(objects).restore(taken.ref)["value"]


EXACT: list[Any] = [
    (1, "a"),
    (),
    ((1, [2]), {3}),
    frozenset({(1, 2)}),
    b"\x00\xff" * 2000,
    bytearray(b"ab"),
    bytearray(3000),
    datetime.datetime(2026, 11, 20, 14, 3, fold=1),
    datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc),
    datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=-3), "mine")),
    datetime.datetime(2026, 7, 1, tzinfo=zoneinfo.ZoneInfo("UTC")),
    datetime.time(1, 2, 3, 4),
    datetime.timedelta(-1, 2, 3),
    decimal.Decimal("-0.00"),
    decimal.Decimal("sNaN"),
    uuid.uuid1(),
    pathlib.PureWindowsPath(r"c:\a\b"),
    pathlib.Path("/x/y"),
    complex(-0.0, float("inf")),
    range(3, 9, 2),
    -(10**5000),
    {1: "one", (1, 2): [3], None: {}},
    {"$type": "tuple", "$value": [1]},
    {"deep": {"$at": 0, **{f"k{i}": "x" * 300 for i in range(9)}}},
    {("key", i): "v" * 200 for i in range(50)},
    Color.RED,
    Level.HIGH,
    Flags.A | Flags.B,
    Point(1.5, [1]),
    Model(name="ab", tags=["x"]),
    Pair(1, [2]),
    Number(7),
    collections.OrderedDict(b=1, a=2),
    collections.defaultdict(list, a=[1]),
    collections.deque([1, 2], maxlen=3),
    collections.Counter("aab"),
    Plain([1, 2]),
    True,
    numpy.float32(1.5),
    numpy.datetime64("2026-11-20"),
]


@pytest.mark.parametrize("value", EXACT, ids=lambda value: type(value).__name__)
def test_a_value_comes_back_equal_and_of_its_type(value: Any) -> None:
    found = back(value)
    assert type(found) is type(value)
    # A signalling NaN cannot be compared, an int of 5,000 digits cannot be shown.
    assert found == value if type(value) is int else repr(found) == repr(value) or found == value


def test_details_that_equality_does_not_see_come_back_too() -> None:
    moment = back(datetime.datetime(2026, 10, 25, 2, 30, fold=1))
    assert moment.fold == 1
    zone = datetime.timezone(datetime.timedelta(hours=1), "CET")
    assert back(datetime.datetime(2026, 1, 1, tzinfo=zone)).tzname() == "CET"
    assert list(back(collections.OrderedDict(b=1, a=2))) == ["b", "a"]
    assert back(collections.deque([1], maxlen=3)).maxlen == 3
    assert back(uuid.UUID(int=1, is_safe=uuid.SafeUUID.safe)).is_safe is uuid.SafeUUID.safe
    assert back(Model(name="ab")).model_fields_set == {"name"}
    assert back(Model(name="ab"))._secret == 7


def test_a_class_of_the_user_is_restored_without_its_init_and_without_a_pickle() -> None:
    objects = Objects()
    ref = snapshotter(objects, key=None).take({"t": Ticket("s", ["n"]), "p": Point(1, 2)}).ref
    made = Ticket.made
    found = snapshotter(objects, key=None).restore(ref)
    assert Ticket.made == made
    assert found == {"t": Ticket("s", ["n"]), "p": Point(1, 2)}


def test_an_attribute_beside_the_fields_is_not_dropped() -> None:
    ticket = Ticket("s", [])
    ticket.extra = 5  # type: ignore[attr-defined]
    assert back(ticket).extra == 5


def test_validators_do_not_run_again() -> None:
    odd = Model.model_construct(name="x")
    assert back(odd).name == "x"


ARRAYS: list[Any] = [
    numpy.ones((3, 4)),
    numpy.ones((4, 3), order="F"),
    numpy.array([["a", "bcd"]]),
    numpy.array(5),
    numpy.zeros((0, 3), dtype=">i2"),
    numpy.arange(3000)[::7],
    numpy.array([True, False]),
]


@pytest.mark.parametrize("array", ARRAYS)
def test_arrays_come_back_with_dtype_shape_and_order(array: Any) -> None:
    found = back(array)
    assert (found.dtype, found.shape, found.flags.f_contiguous) == (
        array.dtype,
        array.shape,
        array.copy("A").flags.f_contiguous if array.flags.forc else array.copy().flags.f_contiguous,
    )
    assert numpy.array_equal(found, array)
    assert found.flags.writeable


def test_two_views_of_one_array_are_marked() -> None:
    array = numpy.arange(10)
    taken = snapshotter(Objects()).take({"all": array, "part": array[2:4]})
    assert [(mark.path, mark.fidelity) for mark in taken.marks] == [(("part",), Fidelity.LOSSY)]


def test_objects_share_what_they_shared_or_are_marked() -> None:
    plain, notes = Plain(1), ["n"]
    objects = Objects()
    ref = snapshotter(objects).take({"a": plain, "b": [plain], "t": Ticket("s", notes), "n": notes})
    found = snapshotter(objects).restore(ref.ref)
    assert found["a"] is found["b"][0]
    assert found["t"].notes is found["n"]
    assert ref.marks == ()
    taken = snapshotter(Objects()).take({"n": notes, "p": Plain(notes), "q": Plain(1)})
    assert [(mark.path, mark.fidelity) for mark in taken.marks] == [(("p",), Fidelity.LOSSY)]
    common = {"x": 1}
    taken = snapshotter(Objects()).take({"p": Plain(common), "q": Plain(common)})
    assert [mark.path for mark in taken.marks] == [("p",), ("q",)]


def test_what_cannot_be_kept_is_lost_with_a_reason_and_the_rest_is_kept() -> None:
    with open(__file__, encoding="utf-8") as file:
        state = {
            "ok": [1],
            "lock": threading.Lock(),
            "items": [1, {"generator": (i for i in ())}],
            "file": file,
        }
        objects = Objects()
        taken = snapshotter(objects).take(state)
    paths = [mark.path for mark in taken.marks]
    assert paths == [("lock",), ("items", 1, "generator"), ("file",)]
    assert all(mark.fidelity is Fidelity.LOST and mark.reason for mark in taken.marks)
    found = snapshotter(objects).restore(taken.ref)
    assert (found["ok"], found["items"][0]) == ([1], 1)
    shown = Reader(objects).value(taken.ref, ("lock",))
    assert (shown.type, shown.name, shown.fidelity) == ("lost", "_thread.lock", Fidelity.LOST)
    assert "0x" not in shown.text


def test_using_a_lost_value_says_in_one_line_what_is_missing() -> None:
    objects = Objects()
    client = snapshotter(objects).restore(snapshotter(objects).take({"c": threading.Lock()}).ref)[
        "c"
    ]
    assert isinstance(client, LostValue)
    for use in (lambda: client.acquire, client, lambda: len(client), lambda: bool(client)):
        with pytest.raises(LostValueError) as caught:
            use()
        assert "could not be kept" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_lost_value_stays_lost_in_the_next_snapshot() -> None:
    objects = Objects()
    kept = snapshotter(objects)
    state = kept.restore(kept.take({"c": threading.Lock(), "n": 1}).ref)
    taken = kept.take(state)
    assert [(mark.path, mark.fidelity) for mark in taken.marks] == [(("c",), Fidelity.LOST)]


class Hostile:
    """Everything that a snapshot might call fails."""

    def _fail(self, *_: Any) -> Any:
        raise SystemExit("gotcha")

    __repr__ = __str__ = __eq__ = __hash__ = __len__ = __reduce_ex__ = __reduce__ = _fail
    __getattribute__ = __bool__ = __iter__ = __getstate__ = __sizeof__ = _fail  # type: ignore[assignment]


class Endless:
    def __repr__(self) -> str:
        return repr(self)

    def __reduce__(self) -> Any:
        return self.__reduce__()


class Loud:
    def __repr__(self) -> str:
        return "x" * 5_000_000

    def __getstate__(self) -> Any:
        raise ValueError("no\nno")


class Imposter:
    def __reduce__(self) -> Any:
        return (int, ())


def nested(levels: int) -> Any:
    inner: Any = []
    for _ in range(levels):
        inner = {"in": [inner]}
    return inner


BAD = {
    "hostile": Hostile,
    "endless": Endless,
    "loud": Loud,
    "imposter": Imposter,
    "deep": lambda: nested(10_000),
    "function": lambda: lambda: 0,
    "module": lambda: sys,
}


@pytest.mark.parametrize("name", BAD)
def test_no_value_can_break_a_snapshot(name: str) -> None:
    value: Any = BAD[name]()
    objects = Objects()
    taken = snapshotter(objects).take({"bad": value, "list": [value], "good": {"a": 1}})
    found = snapshotter(objects).restore(taken.ref)
    assert found["good"] == {"a": 1}
    shown = Reader(objects).value(taken.ref)
    assert shown["good"] == {"a": 1}
    assert "bad" in {mark.path[0] for mark in taken.marks}
    assert all("\n" not in mark.reason for mark in taken.marks)


def test_a_value_nested_a_hundred_levels_deep_is_kept() -> None:
    value = nested(45)
    assert back(value) == value


def test_a_state_whose_keys_are_no_texts_is_kept() -> None:
    objects = Objects()
    kept = snapshotter(objects)
    state: dict[Any, Any] = {1: "one", "$type": 2, (1,): [Plain(1)]}
    ref = kept.take(state).ref
    assert kept.restore(ref) == state
    state[1] = "two"
    assert kept.changes(ref, kept.take(state).ref).updated == ("1",)


def test_a_reader_in_another_process_imports_nothing_of_the_users(tmp_path: pathlib.Path) -> None:
    objects = Objects()
    state: dict[str, Any] = {"t": Ticket("s", ["n"]), "m": Model(name="ab"), "e": Color.RED}
    state |= {"p": Plain(1), "n": numpy.arange(5)}
    ref = snapshotter(objects).take(state).ref
    (tmp_path / "objects").write_bytes(pickle.dumps(dict(objects)))
    code = (
        "import pickle, sys\n"
        "from lar_debug.store.chunks import Reader\n"
        "class Store(dict):\n"
        "    def get(self, digest): return self[digest]\n"
        f"store = Store(pickle.load(open({str(tmp_path / 'objects')!r}, 'rb')))\n"
        f"value = Reader(store).value({ref!r})\n"
        "assert value['t'].content == {'subject': 's', 'notes': ['n']}, value\n"
        "assert value['e'].content == 'RED' and value['n'].content['shape'] == [5]\n"
        f"bad = {{'numpy', 'pydantic', 'textual', 'rich', {__name__!r}}} & set(sys.modules)\n"
        "assert not bad, bad\n"
    )
    root = pathlib.Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
