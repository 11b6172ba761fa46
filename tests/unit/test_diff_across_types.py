"""A container that became another kind of container: what else differs is told beside the type."""

from __future__ import annotations

import pytest

from lar_debug.diff.build import build
from lar_debug.diff.layout import lay_out
from lar_debug.diff.printing import print_rows
from lar_debug.model.values import Tagged, Value


def printed(old: Value, new: Value) -> str:
    return print_rows(lay_out(build({"v": old}, {"v": new}), 120))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ([1, 2], Tagged("tuple", [1, 2]), "list → tuple, same items"),
        ([1, 2], Tagged("tuple", [1, 3]), "list → tuple, 1 item differs: 1"),
        ([2, 1], Tagged("set", [1, 2]), "list → set, same items"),
        (
            {"item": "tent", "total": 89.0},
            Tagged("dataclass", {"item": "tent", "total": 79.0}, "shop.Order"),
            "1 field differs: total",
        ),
    ],
)
def test_a_container_of_another_type_says_what_else_differs(
    old: Value, new: Value, told: str
) -> None:
    assert told in printed(old, new)


def test_nothing_is_said_where_the_two_have_nothing_in_common() -> None:
    assert "same" not in printed([1], {"a": 1})
    assert "differ" not in printed([1], {"a": 1})


def test_nan_is_the_same_as_nan_across_types() -> None:
    assert "same items" in printed([float("nan")], Tagged("tuple", [float("nan")]))


def test_a_value_that_could_not_be_kept_is_never_called_the_same() -> None:
    lost = Tagged("lost", None, "socket", "<socket>", reason="cannot be kept")
    assert "same" not in printed([lost], Tagged("tuple", [lost]))


def test_large_containers_are_only_told_by_their_type() -> None:
    items = list(range(5_000))
    assert "same items" not in printed(items, Tagged("tuple", items))
