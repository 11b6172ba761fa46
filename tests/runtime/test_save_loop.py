"""What a person does all day: save a file in the editor, and read what the step gives now.

`lar-debug rerun RUN --step N --watch --json` is a real process here, and so is each save. No
save may be lost and none may be answered with the text of another one: 30 saves, 30 right.
"""

from __future__ import annotations

import json
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
EDITOR = ROOT / "tests" / "terminal" / "editor_saves.py"
PATIENCE = 60.0
"""Seconds until a line that must come is given up."""

TORN = ("vim", "truncate")
"""Ways of saving in the midst of which the file is away or empty."""

TONE = 'CLOSING = "{}"\n'
WORDING = "from tone import CLOSING\n\n\ndef with_closing(prompt):\n    return prompt + CLOSING\n"


class Loop:
    """A sample copied and recorded, and `rerun --watch --json` running on one of its steps."""

    def __init__(self, folder: Path, step: int) -> None:
        self.folder = folder
        home = folder.parent / f"home-{folder.name}"
        home.mkdir()
        self._environ = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "LAR_DEBUG_STORE": str(folder.parent / f"{folder.name}.db"),
        }
        self._record()
        self._watch = self._start("rerun", "last", "--step", str(step), "--watch", "--json")
        self._unread = {"out": b"", "err": b""}
        self._selector = selectors.DefaultSelector()
        for name, pipe in (("out", self._watch.stdout), ("err", self._watch.stderr)):
            assert pipe is not None
            self._selector.register(pipe, selectors.EVENT_READ, name)
        self.attempts = 0
        """The number of the newest attempt that was told."""
        self.next()

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "lar_debug", *arguments],
            cwd=self.folder,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def _record(self) -> None:
        recorded = self._start("run", "--json", "agent.py")
        out, errors = recorded.communicate(timeout=60)
        assert json.loads(out)["runs"][0]["status"] == "finished", errors.decode()

    def close(self) -> None:
        self._watch.send_signal(signal.SIGINT)
        try:
            self._watch.communicate(timeout=PATIENCE)
        finally:
            self._watch.kill()
            self._selector.close()

    # -- what it says -------------------------------------------------------------------------

    def line(self, stream: str) -> str:
        """The next whole line of stdout ("out") or stderr ("err")."""
        until = time.monotonic() + PATIENCE
        while b"\n" not in self._unread[stream]:
            for key, _ in self._selector.select(max(0.0, until - time.monotonic())):
                data = os.read(key.fd, 1 << 16)
                assert data, f"rerun ended: {self._unread}"
                self._unread[key.data] += data
            assert time.monotonic() < until, f"no line on std{stream}; unread: {self._unread}"
        line, _, self._unread[stream] = self._unread[stream].partition(b"\n")
        return line.decode()

    def told(self, text: str) -> str:
        """The next line of stderr that holds `text`."""
        line = self.line("err")
        while text not in line:
            line = self.line("err")
        return line

    def next(self, *, torn: bool = False) -> dict[str, Any]:
        """The next line of stdout. An attempt must be the one after the last that was told, but
        that a save which may be seen `torn` may end one that its own first half began."""
        told: dict[str, Any] = json.loads(self.line("out"))
        if told["attempt"] is not None:
            more = told["attempt"] - self.attempts
            assert more >= 1 if torn else more == 1, "an attempt was not told"
            self.attempts = told["attempt"]
        return told

    def shows(self, text: str, method: str = "") -> None:
        """The next attempt ran with what was just saved: `text` is in what the model was sent.
        Where the save may be seen torn the whole one follows, and none is of an older save."""
        torn = method in TORN
        told = self.next(torn=torn)
        older = re.sub(r"[0-9]+", "[0-9]+", text)
        while torn and text not in sent(told):
            assert not re.search(older, sent(told)), told
            told = self.next(torn=True)
        assert told["outcome"] == "success", told["error"]
        assert text in sent(told)


def sent(told: dict[str, Any]) -> str:
    """All that an attempt sent to a model."""
    calls = told.get("calls") or ()
    return "\n".join(f"{call['prompt']}\n{call['system_instruction']}" for call in calls)


def save(file: Path, content: str, method: str) -> None:
    """One save by an editor, finished."""
    subprocess.run(
        [sys.executable, "-S", "-E", str(EDITOR), str(file), method],
        input=content.encode(),
        check=True,
        timeout=PATIENCE,
    )


def sample(folder: Path, name: str) -> Path:
    ignore = shutil.ignore_patterns("lar_logs", "__pycache__")
    return Path(shutil.copytree(ROOT / "sample_graphs" / name, folder / name, ignore=ignore))


@pytest.fixture(scope="module")
def loops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Loop]]:
    """Both loops: most of their start is the engine's import, so they start together."""
    folders = [tmp_path_factory.mktemp(name) for name in ("replies", "reviews")]
    samples = [support_reply(folders[0]), sample(folders[1], "contract_review")]
    with ThreadPoolExecutor() as pool:
        made = list(pool.map(Loop, samples, (5, 1)))
    yield made
    for loop in made:
        loop.close()


@pytest.fixture
def replies(loops: list[Loop]) -> Loop:
    """Step 5 of support_reply, whose style guide is a link to a file outside of the project and
    whose prompt ends with a constant of a module that is two imports away."""
    return loops[0]


@pytest.fixture
def reviews(loops: list[Loop]) -> Loop:
    """Step 1 of contract_review, a PromptFileNode: it reads its prompt each time it runs."""
    return loops[1]


def support_reply(around: Path) -> Path:
    """The sample as `replies` describes it."""
    folder = sample(around, "support_reply")
    (folder / "tone.py").write_text(TONE.format("Thank them."))
    (folder / "wording.py").write_text(WORDING)
    answering = folder / "answering.py"
    source = answering.read_text(encoding="utf-8")
    template = 'prompt_template=(PROMPTS / "reply.md").read_text(encoding="utf-8")'
    assert template in source
    source = source.replace(template, template.replace("=", "=with_closing(", 1) + ")")
    source = source.replace("from lar import", "from wording import with_closing\nfrom lar import")
    answering.write_text(source, encoding="utf-8")
    shared = around / "shared.md"
    (folder / "prompts" / "style.md").rename(shared)
    (folder / "prompts" / "style.md").symlink_to(shared)
    return folder


numbers = count(100)
"""Every save has one of its own, and all saves of a file have one size."""


def reply_prompt(loop: Loop) -> tuple[str, str]:
    """A line that no other save has, and the prompt file with it in the place of its last line."""
    line = f"Write a formal answer in at most {next(numbers)} words."
    lines = (loop.folder / "prompts" / "reply.md").read_text(encoding="utf-8").splitlines()
    return line, "\n".join([*lines[:8], line]) + "\n"


@pytest.mark.parametrize("method", ["in-place", "rename", "vim", "truncate"])
def test_every_save_of_a_prompt_runs_with_its_text(replies: Loop, method: str) -> None:
    for _ in range(4 if method != "truncate" else 3):
        line, content = reply_prompt(replies)
        save(replies.folder / "prompts" / "reply.md", content, method)
        replies.shows(line, method)


def test_a_file_that_stays_empty_for_a_while_runs_again_when_it_is_whole(replies: Loop) -> None:
    line, content = reply_prompt(replies)
    file = replies.folder / "prompts" / "reply.md"
    editor = subprocess.Popen(
        [sys.executable, "-S", "-E", str(EDITOR), str(file), "truncate"], stdin=subprocess.PIPE
    )
    torn = replies.next()
    assert "Write a formal answer" not in torn["prompt"]
    editor.communicate(content.encode(), timeout=PATIENCE)
    replies.shows(line)


def test_a_prompt_that_is_a_link_runs_wherever_it_is_saved(replies: Loop) -> None:
    link = replies.folder / "prompts" / "style.md"
    original = link.read_text(encoding="utf-8")
    for file, method in ((link, "in-place"), (link.resolve(), "rename"), (link.resolve(), "vim")):
        line = f"Never write more than {next(numbers)} words."
        save(file, f"{original}{line}\n", method)
        replies.shows(line, method)


def same_stat(file: Path, content: str) -> None:
    """Save `file` with the size and the modification time that it has."""
    before = file.stat()
    assert len(content.encode()) == before.st_size
    new = file.with_name(f".{file.name}.new")
    new.write_text(content, encoding="utf-8")
    os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
    new.replace(file)


def test_two_saves_of_the_same_second_and_size_are_two_saves(replies: Loop) -> None:
    prompt, tone = replies.folder / "prompts" / "reply.md", replies.folder / "tone.py"
    line, content = reply_prompt(replies)
    save(prompt, content, "rename")
    replies.shows(line)
    line, content = reply_prompt(replies)
    same_stat(prompt, content)
    replies.shows(line)
    save(tone, TONE.format("Thank them twice."), "rename")
    replies.shows("Thank them twice.")
    same_stat(tone, TONE.format("Thank them never."))
    replies.shows("Thank them never.")


def test_a_constant_two_imports_away_runs_the_step(replies: Loop) -> None:
    for method in ("in-place", "rename"):
        closing = f"Thank them {next(numbers)} times."
        save(replies.folder / "tone.py", TONE.format(closing), method)
        replies.shows(closing)


def test_after_a_save_that_does_not_parse_the_next_good_one_runs(replies: Loop) -> None:
    tone = replies.folder / "tone.py"
    save(tone, 'CLOSING = ("Thank them.\n', "rename")
    told = replies.next()
    assert told["outcome"] == "load_error"
    assert told["attempt"] is None
    closing = f"Thank them {next(numbers)} times."
    save(tone, TONE.format(closing), "rename")
    replies.shows(closing)


def test_a_comment_is_answered_with_a_line_and_runs_nothing(replies: Loop) -> None:
    answering = replies.folder / "answering.py"
    source = answering.read_text(encoding="utf-8")
    save(answering, source + "\n# written on a Monday\n", "rename")
    replies.told("nothing that step 5 runs has changed, not run")
    line, content = reply_prompt(replies)
    save(replies.folder / "prompts" / "reply.md", content, "rename")
    # The attempt after the last one: the comment has made none in between.
    replies.shows(line)


def test_a_prompt_that_is_read_at_run_time_runs_with_its_text(reviews: Loop) -> None:
    risks = reviews.folder / "prompts" / "risks.md"
    original = risks.read_text(encoding="utf-8")
    for method in ("in-place", "rename", "vim"):
        line = f"Name at most {next(numbers)} risks."
        save(risks, f"{original}{line}\n", method)
        reviews.shows(line, method)
