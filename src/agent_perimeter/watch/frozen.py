"""What the scheduled watch is given at synth: what is meant, what was deployed, and what the watch itself is made of.

It travels in the function's own asset, so nobody who can write a table, a bucket or a parameter can move the mark.
Policies travel as they were written, not resolved: an expiry is judged on the day of the check.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final, Literal, cast

from agent_perimeter.drift.parts import Part
from agent_perimeter.forms import Json, form_of
from agent_perimeter.observed import ObservedNetwork
from agent_perimeter.policy.model import Policy

FORMAT: Final = "agent-perimeter/watch/1"
FILE: Final = "frozen.json"
"""Its name in the asset, beside the package."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """One watched perimeter.

    ``stack`` and ``watch_stack`` are stack names. ``source`` is what ``expected`` was read from. ``runtimes``: what
    runs each agent, as the settings say.
    """

    format: Literal["agent-perimeter/watch/1"]
    perimeter: str
    stack: str
    watch_stack: str
    source: str
    policies: tuple[Policy, ...]
    expected: ObservedNetwork
    runtimes: tuple[tuple[str, tuple[str, ...]], ...]
    parts: tuple[Part, ...]


def freeze(frozen: Frozen) -> str:
    """The document, the same for the same content, compact: it travels in an asset and is read at every cold start."""
    return json.dumps(form_of(Frozen).write(frozen), separators=(",", ":"), sort_keys=True) + "\n"


def thaw(text: str) -> Frozen:
    """Read it back. Raises ``ValueError`` (``Mismatch``) for anything that ``freeze`` of this version did not write."""
    tree: Json = json.loads(text)
    return cast("Frozen", form_of(Frozen).read(tree))
