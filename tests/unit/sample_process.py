"""Runs a sample graph as a person would: copied to a folder, in a process of its own, offline.

Every connection and name look-up of that process is refused and written down. May not import
the samples: their modules have plain names of their own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parents[2] / "sample_graphs"
KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY")

NO_NETWORK = """
import os, socket

def refuse(*args, **kwargs):
    with open(os.environ["REFUSED"], "a") as file:
        print(args, file=file)
    raise OSError("no network in this test")

socket.socket.connect = socket.socket.connect_ex = refuse
socket.create_connection = socket.getaddrinfo = refuse
"""

DRIVER = """
import contextlib, io, json, os, runpy, sys

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import lar, litellm

def fresh():
    for name in list(sys.modules):
        if name.split(".")[0] in ("agent", "answering", "offline_model"):
            del sys.modules[name]

def run_script(line=None, *given):
    if line is not None:
        with open("prompts/reply.md", encoding="utf-8") as file:
            lines = file.read().splitlines()
        with open("prompts/reply.md", "w", encoding="utf-8") as file:
            file.write("\\n".join([*lines[:8], line]) + "\\n")
    fresh()
    sys.argv = ["agent.py", *given]
    entries = []
    plain = lar.GraphExecutor.run_step_by_step

    def kept(self, *args, **kwargs):
        for entry in plain(self, *args, **kwargs):
            entries.append(entry)
            yield entry

    lar.GraphExecutor.run_step_by_step = kept
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
            runpy.run_path("agent.py", run_name="__main__")
    except SystemExit as left:
        code = left.code
    finally:
        lar.GraphExecutor.run_step_by_step = plain
    state = entries[-1]["state_after"] if entries else {}
    tokens = [(entry["run_metadata"] or {}).get("total_tokens", 0) for entry in entries]
    return {"state": state, "tokens": tokens, "code": code, "said": said.getvalue()}

def review():
    there, sys.path[0] = os.getcwd(), os.path.abspath("../contract_review")
    os.chdir(sys.path[0])
    try:
        return run_script()
    finally:
        os.chdir(there)
        sys.path[0] = there
        fresh()

def model_of_write_reply(**environment):
    os.environ.update(environment)
    fresh()
    with contextlib.redirect_stdout(io.StringIO()):
        from answering import write_reply
    for name in environment:
        del os.environ[name]
    return write_reply.model_name

def ask(messages, **settings):
    answer = litellm.completion("offline/echo", messages, **settings)
    if settings.get("stream"):
        chunks = list(answer)
        usage = [chunk.usage for chunk in chunks if getattr(chunk, "usage", None)]
        texts = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
        pieces = [text for text in texts if text]
        return {"text": "".join(pieces), "pieces": len(pieces), "tokens": usage[-1].total_tokens}
    choice = answer.choices[0]
    return {"text": choice.message.content, "tokens": answer.usage.total_tokens,
            "sent": answer.usage.prompt_tokens, "finish": choice.finish_reason}

sys.path.insert(0, os.getcwd())
results = [globals()[name](*args, **kwargs) for name, args, kwargs in json.load(sys.stdin)]
print("RESULTS" + json.dumps(results))
"""


@dataclass(frozen=True)
class Ran:
    """A finished process and what it left behind."""

    code: int
    out: str
    error: str
    refused: str
    left: set[str]
    """Files outside the sample: in the working folder, the home and the temporary folder."""
    new: set[str]
    """Files that are new in the sample's own folder, by their first part."""


def copied(sample: str, to: Path) -> Path:
    """The folder of a fresh copy of a sample."""
    ignore = shutil.ignore_patterns("lar_logs", "__pycache__")
    return Path(shutil.copytree(SAMPLES / sample, to / sample, ignore=ignore))


def run(folder: Path, command: list[str], *, typed: str = "", **extra: str) -> Ran:
    """Run python with `command` in an empty folder beside the sample."""
    around = {name: folder.parent / name for name in ("cwd", "home", "tmp", "site")}
    for path in around.values():
        path.mkdir()
    (around["site"] / "sitecustomize.py").write_text(NO_NETWORK)
    refused = folder.parent / "refused"
    before = names(folder)
    environment = {
        **{name: value for name, value in os.environ.items() if name not in KEYS},
        "HOME": str(around["home"]),
        "TMPDIR": str(around["tmp"]),
        "PYTHONPATH": str(around["site"]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "REFUSED": str(refused),
        **extra,
    }
    for name in ("LAR_DEMO_MODEL", "LITELLM_LOCAL_MODEL_COST_MAP", "CRASH"):
        if name not in extra:
            environment.pop(name, None)
    done = subprocess.run(
        [sys.executable, *command],
        input=typed,
        capture_output=True,
        text=True,
        cwd=folder if typed else around["cwd"],
        env=environment,
        timeout=120,
        check=False,
    )
    return Ran(
        code=done.returncode,
        out=done.stdout,
        error=done.stderr,
        refused=refused.read_text() if refused.exists() else "",
        left={str(path) for name in ("cwd", "home", "tmp") for path in around[name].rglob("*")},
        new={name.split("/")[0] for name in names(folder) - before},
    )


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


Job = tuple[str, list[Any], dict[str, Any]]
"""A function of DRIVER with its arguments."""


def drive(folder: Path, jobs: list[Job]) -> list[Any]:
    """Do all jobs in one process, in the sample's folder, and give what each returned."""
    ran = run(folder, ["-c", DRIVER], typed=json.dumps(jobs))
    assert ran.refused == ""
    assert "RESULTS" in ran.out, ran.error
    return json.loads(ran.out.rpartition("RESULTS")[2])
