from pathlib import Path

from lar import FunctionalNode


def post(state):
    Path("out.txt").write_text(state.get("answer"))
    return "posted"


posts = FunctionalNode(post, output_key="posted")
