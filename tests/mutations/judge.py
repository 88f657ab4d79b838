"""The one place where tests call the judge, so that they all ask it in the same words.

It is asked through the library, not through the command: a process for each of ten thousand mutants would
spend its life starting up. What the command adds to it is tested in tests/unit/test_bad_input.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path

from agent_perimeter.files import read_policies
from agent_perimeter.intent import Intent
from agent_perimeter.verdict import Proof
from agent_perimeter.verification import Named, lifted, meaning, verify

TODAY = date(2026, 11, 22)


@cache
def _intent(policies: tuple[str, ...]) -> Intent:
    """Read once, however many templates are proved against it."""
    meant = meaning(read_policies(policies), TODAY)
    assert meant.intent is not None, [str(finding) for finding in meant.findings]
    return meant.intent


def prove(
    template: object | str,
    policies: Sequence[Path] = (),
    *,
    name: str = "template.json",
    subnets: Sequence[str] = (),
    groups: Sequence[str] = (),
    parameters: Mapping[str, str] | None = None,
) -> Proof:
    """The proof of one template: a JSON tree, or the text of a JSON or YAML file.

    ``subnets`` and ``groups`` are logical ids, and place one workload where our tags do not.
    """
    text = template if isinstance(template, str) else json.dumps(template)
    intent = _intent(tuple(map(str, policies))) if policies else None
    agent = intent.agents[0].name if intent and (subnets or groups) else None
    named = Named(tuple(subnets), tuple(groups), agent)
    found = lifted([name], {name: text.encode()}.get, parameters, named)
    return verify(found, intent)
