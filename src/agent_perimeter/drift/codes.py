"""The codes of what a drift check finds."""

from __future__ import annotations

from typing import Final

from agent_perimeter.drift.model import Departure, Meaning
from agent_perimeter.finding import Code, Severity, code

WIDENS = code(
    "AP601",
    "drift-widens",
    Severity.ERROR,
    "Something gets out that the policies do not allow",
    "The account departs from what was deployed, and a packet, a DNS query or an AWS call now leaves that did not. "
    "The witness can be sent to see it. Undo the change by hand, for deploying the same template again does not; then "
    "look in CloudTrail who made it, and in the flow, firewall and DNS query logs what has left meanwhile.",
)
WEAKENS = code(
    "AP602",
    "drift-weakens",
    Severity.ERROR,
    "A layer, a protection or a log is gone while others still hold",
    "Nothing more gets out yet. One layer lets out more than its share of the policies, or a protection, a log or a "
    "tag is gone, so that the next change opens the perimeter, or nobody sees it. Undo the change by "
    "hand, for deploying the same template again does not.",
)
NARROWS = code(
    "AP603",
    "drift-narrows",
    Severity.ERROR,
    "An agent lost something that its policy allows",
    "The account lets out less than the policies. The agent fails where it did not before, which invites somebody to "
    "open more than was closed. Undo the change; where the narrowing is meant, say it in the policy.",
)
UNCLEAR = code(
    "AP604",
    "drift-unclear",
    Severity.ERROR,
    "What a change means cannot be known",
    "The account departs from what was deployed in a way that is not known here, or that could not be read. It is not "
    "taken for harmless. The finding says what is missing: a permission to read, a value, or a type of resource.",
)
COSMETIC = code(
    "AP605",
    "drift-cosmetic",
    Severity.NOTE,
    "A change that lets out neither more nor less",
    "A name, a description, or a resource that nothing uses. It is listed and leaves the verdict clean.",
)
EXPIRED = code(
    "AP606",
    "drift-expired",
    Severity.ERROR,
    "A rule has expired and its reach still gets out",
    "The last day of the policy's rule has passed, and the account has not changed since. Synthesize and deploy again, "
    "which leaves the rule out; or give the rule a later day, and deploy.",
)
INCOMPLETE = code(
    "AP607",
    "drift-incomplete",
    Severity.ERROR,
    "Not everything was read",
    "A call to AWS was refused, failed or did not answer wholly, so the check is not complete and never ends as clean. "
    "The finding names the call and, where one is missing, the permission.",
)
TAMPERED = code(
    "AP608",
    "drift-watch-tampered",
    Severity.ERROR,
    "The watch itself is not as it was deployed",
    "The function, a rule, the schedule, an alarm, a topic or the bucket of the watch was changed or is gone, so that "
    "the next hole may go unseen. Undo the change before anything else, and look in CloudTrail who made it.",
)

_BY_MEANING: Final = {
    Meaning.WIDENS: WIDENS,
    Meaning.WEAKENS: WEAKENS,
    Meaning.NARROWS: NARROWS,
    Meaning.UNCLEAR: UNCLEAR,
    Meaning.COSMETIC: COSMETIC,
}

WATCH: Final = "watch "
"""What the types of changes to the watch's own parts begin with."""


def code_of(departure: Departure) -> Code:
    """The code of a departure. ``INCOMPLETE`` is of a whole check: of what is ``unread``."""
    if departure.change is not None and departure.change.type.startswith(WATCH):
        return TAMPERED
    return EXPIRED if departure.expired else _BY_MEANING[departure.meaning]
