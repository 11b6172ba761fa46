"""The sample's story as its Prompt and Attempts tabs tell it: step 5 ran again three times."""

from __future__ import annotations

from lar_debug.diff.text_diff import compare_texts
from lar_debug.model.changes import Span
from lar_debug.model.document import Document
from lar_debug.model.records import Outcome
from lar_debug.model.tabs import (
    AttemptRow,
    AttemptsView,
    PromptSection,
    PromptView,
    PutBackView,
)
from tests.shell.fake_session import NEW_PROMPT, OLD_PROMPT, FakeSession, step_view

SENT = NEW_PROMPT.replace("{topic}", "late_delivery").replace("{mood}", "annoyed")
SOURCE = "write_reply = LLMNode(\n    model_name=MODEL,\n    prompt_template=REPLY,\n)"


def quoted(where: str, *words: str) -> tuple[Span, ...]:
    spans = [Span(where, "key")]
    for one in words:
        spans += [Span(' +"'), Span(one, "word in"), Span('"')]
    return tuple(spans)


NEXT = "check_reply"
ATTEMPTS = (
    AttemptRow(
        0, Outcome.SUCCESS, "14:01:12", (Span("recorded", "dim"),), 391, 3, NEXT, base=False
    ),
    AttemptRow(
        1, Outcome.SUCCESS, "14:02:58", quoted("reply.md:9", "a formal answer"), 402, 3, NEXT
    ),
    AttemptRow(
        2,
        Outcome.SUCCESS,
        "14:03:20",
        (Span("order.total ", "key"), Span("89.0", "out"), Span(" → "), Span("0", "in")),
        412,
        3,
        NEXT,
        base=True,
        accepted=True,
        note="the tone is right here",
    ),
    AttemptRow(
        3,
        Outcome.SUCCESS,
        "14:03:40",
        quoted("reply.md:9", "in two bullets", "and the date"),
        398,
        3,
        NEXT,
        shown=True,
    ),
    AttemptRow(4, Outcome.ERROR, "14:05:01", (Span("unedited", "dim"),), 0, 1_204, ""),
)

PROMPT = PromptView(
    attempt=3,
    title="ran in #3 | the files now: differs: prompts/reply.md:9",
    sections=(
        PromptSection(
            "prompt, as sent to offline/echo",
            SENT,
            notes=("{custmer} is not in the state, the model saw it as written; {customer} is",),
        ),
        PromptSection("system text, as sent to offline/echo", "Nordwind Outdoor sells tents."),
        PromptSection(
            "template prompts/reply.md",
            NEW_PROMPT,
            file="/shop/prompts/reply.md",
            line=9,
            now="differs",
            can_put_back=True,
            place="prompts/reply.md:9",
        ),
        PromptSection(
            "source of the node answering.py:31",
            SOURCE,
            file="/shop/answering.py",
            line=31,
            now="same",
            place="answering.py:31",
        ),
    ),
)

QUESTION = PutBackView(
    "put back #3: prompts/reply.md",
    Document((compare_texts("prompts/reply.md", OLD_PROMPT, NEW_PROMPT),)),
)


def attempted() -> FakeSession:
    """All attempts of step 5, one of them accepted, with a note."""
    session = FakeSession()
    view = step_view()
    chips = tuple(chip._replace(accepted=chip.attempt == 2) for chip in view.strip.chips)
    session.view = view._replace(
        strip=view.strip._replace(chips=chips),
        prompt=PROMPT,
        attempts=AttemptsView(ATTEMPTS),
    )
    session.put_back.prepared = QUESTION
    session.put_back.on_question = lambda: session.tell("question")
    return session
