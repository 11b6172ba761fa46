"""Two states of 1.5 MB compared by lar-debug and by DeepDiff, one beside the other in one run.

5,000 messages of 265 characters and a dict of 200 keys; one message appended, one number
changed, then also one message inserted in the middle. Prints medians.
Run: python -m benchmarks.diff
"""

from __future__ import annotations

import copy
import json
import random
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from deepdiff import DeepDiff

from lar_debug.diff.build import build
from lar_debug.diff.structural import compare

State = dict[str, Any]


def make_state(messages: int = 5_000) -> State:
    """A state of about 300 bytes a message, the same at every call."""
    chance = random.Random(7)
    words = ["refund", "carrier", "parcel", "since", "Monday", "order", "please", "sorry", "tent"]

    def text() -> str:
        made = " ".join(chance.choice(words) + str(chance.randrange(999)) for _ in range(50))
        return made[:265]

    return {
        "messages": [
            {
                "role": "user" if k % 2 else "assistant",
                "content": text(),
            }
            for k in range(messages)
        ],
        "figures": {f"key_{k}": k * 1.5 for k in range(200)},
    }


def changed(state: State, *, insert: bool) -> State:
    """A second state that shares no object with the first."""
    other: State = copy.deepcopy(json.loads(json.dumps(state)))
    other["messages"].append({"role": "user", "content": "one more message"})
    other["figures"]["key_77"] += 1
    if insert:
        middle = len(other["messages"]) // 2
        other["messages"].insert(middle, {"role": "system", "content": "inserted"})
    return other


def median_ms(work: Callable[[], Any], times: int) -> float:
    """Median of `times` runs in milliseconds."""
    taken: list[float] = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1e3)
    return statistics.median(taken)


def main() -> None:
    old = make_state()
    print(f"state: {len(json.dumps(old)) / 1e6:.2f} MB, 5,000 messages and 200 keys")
    for insert in (False, True):
        new = changed(old, insert=insert)
        print("appended, one number changed" + (", one inserted in the middle" if insert else ""))
        ours = compare(old, new)
        print(
            f"  lar-debug compare  {median_ms(partial(compare, old, new), 15):8.1f} ms"
            f"  {len(ours)} changes"
        )
        print(f"  with its document  {median_ms(partial(build, old, new), 15):8.1f} ms")
        theirs: Any = DeepDiff(old, new)
        count = sum(len(part) for part in theirs.values())
        print(
            f"  DeepDiff           {median_ms(partial(DeepDiff, old, new), 3):8.1f} ms"
            f"  {count} changes"
        )


if __name__ == "__main__":
    main()
