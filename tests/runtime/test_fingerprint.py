"""An edit is seen in exactly the nodes that it reaches, with a reason in words."""

import sys
import uuid
from pathlib import Path
from types import ModuleType

import pytest

from lar_debug.runtime.fingerprint import Fingerprinter
from lar_debug.runtime.later_imports import LaterImports
from lar_debug.runtime.sources import UserFiles
from lar_debug.session.fingerprints import explain


class Node:
    """Stands for an engine's base class: fingerprints know none."""

    def __init__(self, **attributes):
        self.__dict__.update(attributes)


HELPERS = """
STOP = {"the", "a"}

def tokens(text):
    return [word for word in text.split() if word not in STOP]

class Style:
    tone = "kind"
    @staticmethod
    def say(text):
        return text
"""

AGENT = """
import functools
import helpers
from helpers import Style, tokens

LIMIT = 3
UNUSED = 1

def clean(text, size=4):
    \"\"\"Clean it.\"\"\"
    return tokens(text)[:LIMIT]

def through_module(text):
    return helpers.tokens(text)

def styled(text):
    return Style.say(text)

def outer(word):
    def inner(text):
        return word + text
    return inner

class Critic(Node):
    def execute(self, state):
        return self.judge(state)
    def judge(self, state):
        return LIMIT

other = Node(func=styled)
answer = Node(prompt_template="Hi {name}", temperature=0.2, next_node=other)
cleaner = Node(func=clean, next_node=other)
through = Node(func=through_module)
escalate = Node(func=outer("now"))
partly = Node(func=functools.partial(clean, size=2))
route = Node(decision=lambda state: "a", path_map={"a": other})
critic = Critic()
"""

NAMES = ("answer", "cleaner", "through", "escalate", "partly", "route", "critic", "other")


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Loads the two modules anew and takes the fingerprints of the nodes, by name."""

    def module(name: str, source: str) -> ModuleType:
        made = ModuleType(name)
        made.__file__ = str(tmp_path / f"{name}.py")
        vars(made)["Node"] = Node
        monkeypatch.setitem(sys.modules, name, made)
        exec(compile(source, made.__file__, "exec"), vars(made))
        return made

    def fingerprints(agent: str = AGENT, helpers: str = HELPERS, name: str = "agent"):
        module("helpers", helpers)
        loaded = module(name, agent)
        names = {id(node): name for name, node in vars(loaded).items() if isinstance(node, Node)}
        look = Fingerprinter(
            Node, UserFiles([str(tmp_path)]), lambda node: names.get(id(node), "?")
        )
        return {name: look.of(getattr(loaded, name)) for name in NAMES}

    return fingerprints


@pytest.mark.parametrize(
    ("old", "new", "reasons"),
    [
        ("LIMIT = 3", "# a comment\n\nLIMIT = 3", {}),
        ("UNUSED = 1", "UNUSED = 2\nADDED = 3", {}),
        ("Clean it.", "Clean it well.", {}),
        ("Hi {name}", "Dear {name}", {"answer": ("prompt_template changed",)}),
        ("temperature=0.2", "temperature=0.7", {"answer": ("temperature changed",)}),
        (
            "LIMIT = 3",
            "LIMIT = 4",
            {
                "cleaner": ("clean uses LIMIT",),
                "partly": ("clean uses LIMIT",),
                "critic": ("judge uses LIMIT",),
            },
        ),
        (
            "[:LIMIT]",
            "[:LIMIT + 1]",
            {"cleaner": ("clean changed",), "partly": ("clean changed",)},
        ),
        ("size=2", "size=3", {"partly": ("func.size changed",)}),
        ('outer("now")', 'outer("later")', {"escalate": ("inner uses word",)}),
        ("word + text", "text + word", {"escalate": ("inner changed",)}),
        ('state: "a"', 'state: "b"', {"route": ("decision changed",)}),
        ("self.judge(state)", "None", {"critic": ("execute changed",)}),
        (
            "next_node=other)\ncleaner",
            "next_node=None)\ncleaner",
            {"answer": ("next_node changed",)},
        ),
        (
            '{"a": other}',
            '{"b": other}',
            {"route": ("path_map['a'] removed", "path_map['b'] added")},
        ),
    ],
)  # fmt: skip
def test_an_edit_of_the_script_is_named_where_it_counts(load, old: str, new: str, reasons: dict):
    assert old in AGENT
    before, after = load(), load(AGENT.replace(old, new))
    found = {name: explain(before[name], after[name]) for name in NAMES}
    assert {name: why for name, why in found.items() if why} == reasons


@pytest.mark.parametrize(
    ("old", "new", "reasons"),
    [
        (
            "not in STOP]",
            "in STOP]",
            {
                "cleaner": ("clean uses helpers.tokens",),
                "through": ("through_module uses helpers.tokens",),
                "partly": ("clean uses helpers.tokens",),
            },
        ),
        (
            '"the", "a"',
            '"the"',
            {
                "cleaner": ("clean uses helpers.tokens uses STOP",),
                "through": ("through_module uses helpers.tokens uses STOP",),
                "partly": ("clean uses helpers.tokens uses STOP",),
            },
        ),
        ("return text\n", "return text * 2\n", {"other": ("styled uses helpers.Style.say",)}),
    ],
)
def test_an_edit_of_another_module_is_named_in_the_nodes_that_use_it(load, old, new, reasons):
    assert old in HELPERS
    before, after = load(), load(helpers=HELPERS.replace(old, new))
    found = {name: explain(before[name], after[name]) for name in NAMES}
    assert {name: why for name, why in found.items() if why} == reasons


def test_a_script_has_the_same_fingerprints_run_and_imported(load):
    run = load(name="__main__")
    imported = load(name="__mp_main__")
    assert run == imported


def test_what_is_different_at_each_look_is_left_out():
    class Restless(Node):
        @property
        def __dict__(self):  # pyright: ignore[reportIncompatibleVariableOverride]
            return {"template": "fixed", "token": uuid.uuid4().hex}

    parts = Fingerprinter(Node, UserFiles([]), str).of(Restless())
    assert set(parts) == {"class", "template"}


def test_a_module_that_is_imported_by_a_function_counts_by_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    name = f"later_{uuid.uuid4().hex}"
    package = tmp_path / name
    package.mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    (package / "__init__.py").write_text("")
    (package / "deep.py").write_text("WORD = 1\n")
    (package / "words.py").write_text('"""Words."""\nfrom . import deep\n')
    space = {"__package__": name, "__name__": name}
    exec("def say(state):\n    from .words import deep\n    return deep.WORD\n", space)
    code = space["say"].__code__  # type: ignore[attr-defined]

    def meanings() -> dict[str, str]:
        return LaterImports(UserFiles([str(tmp_path)])).of(code, name)

    before = meanings()
    assert set(before) == {name, f"{name}.words", f"{name}.deep"}
    (package / "words.py").write_text("# Said otherwise.\nfrom . import deep\n")
    assert meanings() == before
    (package / "deep.py").write_text("WORD = 2\n")
    after = meanings()
    assert {one for one in before if before[one] != after[one]} == {f"{name}.deep"}
    assert not any(one.startswith(name) for one in sys.modules)
