"""What the watch is given at synth, there and back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent_perimeter.drift.parts import Part
from agent_perimeter.observed import ObservedNetwork
from agent_perimeter.policy.load import load_perimeter
from agent_perimeter.watch.frozen import FORMAT, Frozen, freeze, thaw

POLICY = b"agent: bot\nnetwork_policy:\n  egress:\n    - {domain: api.example.com, expires: 2027-03-31}\n"


def frozen() -> Frozen:
    policies, _ = load_perimeter((("bot.yaml", POLICY),))
    parts = (Part("rule", "Rule", (("State", "ENABLED"),)),)
    return Frozen(
        FORMAT, "agents", "s", "w", "t.json", tuple(policies), ObservedNetwork(), (("bot", ("lambda",)),), parts
    )


def test_comes_back_as_it_went_in() -> None:
    assert thaw(freeze(frozen())) == frozen()
    assert freeze(thaw(freeze(frozen()))) == freeze(frozen())


@pytest.mark.parametrize(
    "change", [{"format": "agent-perimeter/watch/0"}, {"parts": None}, {"parts": [{"kind": "queue"}]}, {"more": 1}]
)
def test_of_another_shape_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        thaw(json.dumps(json.loads(freeze(frozen())) | change))
