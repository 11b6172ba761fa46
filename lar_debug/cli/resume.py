"""`lar-debug resume`: a thread goes on where it stopped, with a person's answer where it asks."""

from __future__ import annotations

import shlex
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from lar_debug.cli import DONE
from lar_debug.cli.common import ALLOW_LOSSY, Common, common_options
from lar_debug.cli.listing import run_json
from lar_debug.cli.output import say, show_json
from lar_debug.cli.recordings import interpreter_of
from lar_debug.cli.summary import exit_code, summarise
from lar_debug.cli.targets import graph_options
from lar_debug.cli.trust import confirm_trust
from lar_debug.client.recorded_run import RecordedRun, writer
from lar_debug.model.problem import Problem
from lar_debug.model.records import RunInfo
from lar_debug.session.costs import resumes_of
from lar_debug.session.programs import check_can_go_on, resuming, settle, started_again
from lar_debug.session.recording import Recording
from lar_debug.session.references import command_line, find_whole_run
from lar_debug.store.database import Store


def run_of_thread(store: Store, thread: str) -> RunInfo:
    """The newest run of a thread, which may be named by that run too. Raises Problem."""
    runs = store.runs()
    found = next((info for info in runs if info.thread == thread), None)
    if found is None:
        named = find_whole_run(thread, runs)
        found = next(info for info in runs if info.thread == named.thread)
        if found.run != named.run:
            raise Problem(
                f"run {named.run} is not the last of thread {named.thread}: "
                f"lar-debug resume {shlex.quote(named.thread)} goes on with {found.run}"
            )
    return found


def chosen_answers(row: dict[str, Any], answers: tuple[str, ...]) -> dict[str, str]:
    """Answers to what a run asks by the ids of the questions, from `[ID=]VALUE`. Raises Problem.

    `row` is the run's, as in `list`.
    """
    asked: dict[str, list[str]] = {one["id"]: one["choices"] for one in row["interrupts"]}
    if answers and not asked:
        raise Problem(f"thread {row['thread']} is {row['status']} and waits for no answer")
    chosen: dict[str, str] = {}
    for said in answers:
        id, value = _named(row, said, asked)
        if value.strip().lower() not in asked[id]:
            raise Problem(f"--answer {said}: it is none of {', '.join(asked[id])}")
        if id in chosen:
            raise Problem(
                f"--answer {said}: {_asks(row, asked)}, and has an answer to {id} already"
            )
        chosen[id] = value
    return chosen


def _named(row: dict[str, Any], said: str, asked: dict[str, list[str]]) -> tuple[str, str]:
    """(id of the question, answer)"""
    named = next((id for id in asked if id and said.startswith(f"{id}=")), None)
    if named is not None:
        return named, said.removeprefix(f"{named}=")
    (first, choices), *others = asked.items()
    if "=" in said and (others or said.strip().lower() not in choices):
        raise Problem(f"--answer {said}: {_asks(row, asked)}")
    if others:
        raise Problem(f"--answer {said}: {_asks(row, asked)}; write --answer {first}={said}")
    return first, said


def _asks(row: dict[str, Any], asked: dict[str, list[str]]) -> str:
    what = "one question" if len(asked) == 1 else f"{len(asked)} questions"
    return f"thread {row['thread']} asks {what} ({', '.join(asked)})"


def plan_resume(
    common: Common, recording: Recording, graph: str | None, wanted: dict[str, Any]
) -> RecordedRun:
    """Everything that is needed to go on with a run. Raises Problem."""
    confirm_trust(common, recording)
    live = bool(wanted.pop("live"))
    if graph is None:
        if told := started_again(recording, live=live):
            say(f"lar-debug: {told}")
    else:
        wanted |= graph_options(graph)
    forward = (writer(2), writer(2)) if common.json else None
    return resuming(recording, interpreter_of(common, recording), wanted, forward=forward)


def go_on(common: Common, store: Store, info: RunInfo, planned: RecordedRun) -> int:
    """Run it to its end or its next pause; print how it stands; the exit code."""
    planned.start()
    code = planned.wait()
    newest = store.newest_run(info.thread) or info
    runs = settle(store, [newest], planned)
    code = exit_code(runs, code)
    if common.json:
        show_json({"runs": [run_json(store, one) for one in runs], "exit_code": code})
    else:
        summarise(store, runs)
        _tell_saved(store, runs[0])
    return code


def _tell_saved(store: Store, info: RunInfo) -> None:
    """What going on cost, beside what starting over would have cost."""
    told = [one.words for one in resumes_of(store, info.run)[-1:]]
    if any(told):
        say(f"lar-debug: going on cost {told[0]}")


def _tell_questions(common: Common, store: Store, row: dict[str, Any]) -> int:
    """A thread that waits for answers nobody gave stays as it is."""
    if common.json:
        show_json({"runs": [row], "exit_code": DONE})
        return DONE
    asked: list[dict[str, Any]] = row["interrupts"]
    answers = ""
    for one in asked:
        for key, value in one["context"].items():
            say(f"  {key}: {value}")
        say(f"{row['thread']} asks: {one['question']} ({'/'.join(one['choices'])})")
        name = f"{one['id']}=" if len(asked) > 1 else ""
        example = one["choices"][0] if one["choices"] else "..."
        answers += f" --answer {shlex.quote(name + example)}"
    rationale = " --rationale '...'" if any(one["needs_rationale"] for one in asked) else ""
    again = command_line(store.path, "resume", row["thread"])
    say(f"answer: {again}{answers}{rationale}")
    return DONE


@click.command("resume")
@click.argument("thread", metavar="THREAD")
@click.option(
    "--answer",
    "answers",
    multiple=True,
    metavar="[ID=]VALUE",
    help="What a person says; again for each question.",
)
@click.option("--rationale", metavar="TEXT", help="Why, for the node's ledger.")
@click.option("--graph", metavar="TARGET", help="Where the graph is now: FILE.py:NAME.")
@click.option("--at", metavar="NODE", help="Go on with this node.")
@click.option("--max-steps", type=click.IntRange(min=1), help="Steps of the whole run.")
@click.option("--pause-before", metavar="NODE", help="Wait before this node.")
@click.option("--audit-log", metavar="DIR", help="Let the engine write its own log there too.")
@click.option("--from-start", is_flag=True, help="Run all steps again, from the first state.")
@click.option("--allow-lossy", is_flag=True, help=ALLOW_LOSSY)
@click.option("--live", is_flag=True, help="A script may reach the outside on its way there.")
@click.option("--force", is_flag=True, help="Take the thread from a process that holds it.")
@common_options
def resume(
    common: Common,
    thread: str,
    answers: tuple[str, ...],
    rationale: str | None,
    graph: str | None,
    audit_log: str | None,
    **wanted: Any,
) -> int:
    """Go on with a thread that crashed, failed, was stopped or waits for a person."""
    with closing(common.open_store()) as store:
        info = run_of_thread(store, thread)
        check_can_go_on(store, info, force=wanted["force"])
        row = run_json(store, info)
        answer = chosen_answers(row, answers)
        if row["interrupts"] and not answer and not (wanted["at"] or wanted["from_start"]):
            return _tell_questions(common, store, row)
        wanted |= {"answer": answer, "rationale": rationale}
        wanted["audit_log"] = audit_log and str(Path(audit_log).absolute())
        planned = plan_resume(common, Recording(store, info), graph, wanted)
        return go_on(common, store, info, planned)


COMMANDS = {"resume": resume}
