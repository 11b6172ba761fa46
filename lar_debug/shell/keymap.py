"""A person's own keys: checked against the table of keys, and that table as they have it then.

Textual gets the keymap itself (by the ids); help, key line and palette show the table made here.
Refused at the start is what could not work: an id or a key that is none, two uses of one key.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from textual.keys import KEY_NAME_REPLACEMENTS, Keys, format_key

from lar_debug.settings import Settings
from lar_debug.shell.keys import KEYS, Key

_NAMED = {
    *(key.value.rpartition("+")[2] for key in Keys if not key.value.startswith("<")),
    *KEY_NAME_REPLACEMENTS.values(),
}
_MODIFIERS = re.compile(r"(?:(?:ctrl|alt|shift|super|hyper|meta)\+)*")
_WRITTEN = {
    "down": "Down",
    "up": "Up",
    "left": "Left",
    "right": "Right",
    "home": "Home",
    "end": "End",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "tab": "Tab",
    "enter": "Enter",
    "escape": "Esc",
    "backspace": "Backspace",
    "delete": "Del",
    "comma": ",",
}
_EVERYWHERE = ("", "timeline")


def keys_of(settings: Settings, keys: Sequence[Key] = KEYS) -> tuple[Key, ...]:
    """The table of keys as the settings change it. Raises Problem with the line to mend."""
    known = {key.id for key in keys}
    changed: dict[str, str] = {}
    for key_id, given in settings.keymap.items():
        if key_id not in known:
            raise settings.place.key_problem(key_id, f"no key id {key_id!r}; ? lists them all")
        try:
            changed[key_id] = normal(given)
        except ValueError as error:
            raise settings.place.key_problem(key_id, str(error)) from None
    merged = tuple(_with_keys(key, changed) for key in keys)
    if changed:
        _refuse_clashes(settings, merged, keys)
    return merged


def textual_keymap(keys: Sequence[Key]) -> dict[str, str]:
    """What Textual is to change, by id."""
    usual = {key.id: key.keys for key in KEYS}
    return {key.id: key.keys for key in keys if usual[key.id] != key.keys}


def normal(keys: str) -> str:
    """Keys as Textual names them, parted by commas. Raises ValueError."""
    # A comma itself is written by its name: it parts the others.
    return ",".join(_name(key.strip()) for key in keys.split(","))


def _name(key: str) -> str:
    if not key:
        raise ValueError("a key is empty; the comma key is written comma, no key at all cannot be")
    match = _MODIFIERS.match(key)
    modifiers = match[0] if match else ""
    bare = key[len(modifiers) :]
    if len(bare) == 1 and bare.isprintable():
        bare = bare if bare.isalnum() else _character_name(bare)
    elif bare not in _NAMED and not _is_character_name(bare):
        raise ValueError(f"{key!r} is no key that a terminal sends; keys are like r, f5, ctrl+e, |")
    return modifiers + bare


def _character_name(character: str) -> str:
    name = unicodedata.name(character, "").lower().replace("-", "_").replace(" ", "_")
    if not name:
        raise ValueError(f"{character!r} is no key that a terminal sends")
    return KEY_NAME_REPLACEMENTS.get(name, name)


def _is_character_name(name: str) -> bool:
    try:
        unicodedata.lookup(name.replace("_", " "))
    except KeyError:
        return False
    return True


def shown_keys(keys: str) -> str:
    """Keys as people read them: `h Left ,`."""
    return " ".join(_WRITTEN.get(key) or _readable(key) for key in keys.split(","))


def _readable(key: str) -> str:
    modifiers, plus, bare = key.rpartition("+")
    return modifiers + plus + (_WRITTEN.get(bare) or format_key(bare))


def _with_keys(key: Key, changed: Mapping[str, str]) -> Key:
    keys = changed.get(key.id)
    return key if keys is None else key._replace(keys=keys, written=shown_keys(keys))


def _refuse_clashes(settings: Settings, merged: Sequence[Key], usual: Sequence[Key]) -> None:
    meant = {frozenset(pair) for _, *pair in _shared(usual)}
    for name, one, other in _shared(merged):
        if frozenset((one, other)) in meant:
            continue
        mine, others = (one, other) if one in settings.keymap else (other, one)
        raise settings.place.key_problem(
            mine, f"{shown_keys(name)} is {others} already; give that another key too"
        )


def _shared(keys: Sequence[Key]) -> Iterator[tuple[str, str, str]]:
    """(key, id, id) wherever two ids have one key in a place where both would count."""
    for at, one in enumerate(keys):
        names = one.keys.split(",")
        for name in dict.fromkeys(names):
            for other in keys[at + 1 :]:
                if name in other.keys.split(",") and _meet(one.focus, other.focus):
                    yield name, one.id, other.id


def _meet(one: str, other: str) -> bool:
    return one == other or one in _EVERYWHERE or other in _EVERYWHERE
