"""One run over every kind of node that the engine has, all of them module globals."""

import helpers
import offline
from lar import (
    AdaptiveNode,
    AddValueNode,
    BaseNode,
    BatchNode,
    BranchTriageNode,
    ClearErrorNode,
    GraphExecutor,
    LLMNode,
    ReduceNode,
    RouterNode,
    ToolNode,
    TopologyValidator,
    node,
)
from lar.compliance.bias_filter import BiasFilterNode
from lar.compliance.prohibited_practice_guard import ProhibitedPracticeGuard
from lar.compliance.risk_scorer import RiskScorerNode
from lar.compliance.synthetic_marker import SyntheticMarkerNode

MARKER = "!"


class Critic(BaseNode):
    """A node class of the user's own."""

    def __init__(self, next_node):
        self.next_node = next_node

    def execute(self, state):
        state.set("critique", state.get("reply") + MARKER)
        return self.next_node


class StrictCritic(Critic):
    def execute(self, state):
        state["strict"] = True
        return super().execute(state)


designer = AdaptiveNode(
    llm_model=offline.MODEL,
    prompt_template="Design for {reply}",
    validator=TopologyValidator([helpers.count_words]),
)
critic = StrictCritic(next_node=designer)
guard = ProhibitedPracticeGuard(input_key="reply", next_node=critic)
marker = SyntheticMarkerNode(input_key="reply", output_key="marked", next_node=guard)
scorer = RiskScorerNode(next_node=marker, jury_node=None)
bias = BiasFilterNode(input_key="reply", sensitive_terms=["zzz"], next_node=scorer)
triage = BranchTriageNode(branch_output_keys=["topic", "mood"], next_node=bias)
cleaner = ClearErrorNode(next_node=triage)
broken = ToolNode(helpers.broken, ["reply"], "never", next_node=triage, error_node=cleaner)
counter = ToolNode(helpers.count_words, ["reply"], "count", next_node=broken)
writer = LLMNode(
    offline.MODEL,
    "Write about {{topic}} for {customer}",
    "reply",
    next_node=counter,
    system_instruction="Be kind.",
    generation_config={"temperature": 0.2},
    stream=True,
)
summary = ReduceNode(
    model_name="gpt-4o-mini",
    prompt_template="Sum up {raw}",
    input_keys=["raw"],
    output_key="summary",
    next_node=writer,
    generation_config={"mock_response": "short"},
)
topic = LLMNode(offline.MODEL, "What risk has {customer}?", "topic")
mood = LLMNode(
    "gpt-4o-mini",
    "Mood of {customer}?",
    "mood",
    generation_config={"mock_response": "calm", "api_key": "sk-very-secret"},
)
branches = BatchNode(
    [topic, mood, ToolNode(helpers.normalise, ["raw"], "plain", None)], next_node=summary
)


@node(output_key="cleaned")
def easy(state):
    return helpers.normalise(state.get("raw"))


easy.next_node = branches
route = RouterNode(
    lambda state: "hard" if state.get("items") else "easy",
    {"hard": branches, "easy": easy},
    default_node=easy,
)


@node()
def grow(state):
    state.get("items").append("c")
    state.set("raw", "The long story")


grow.next_node = route
copy_items = AddValueNode("copy", "{items}", next_node=grow)
first = AddValueNode("items", ["a", "b"], next_node=copy_items)

if __name__ == "__main__":
    for step in GraphExecutor(log_dir="logs").run_step_by_step(first, {"customer": "Eva"}):
        print("outcome", step["outcome"])
