"""What a role must be allowed to read an account: rendered from the table of calls, so it holds them and no more.

Resources are as narrow as the Service Authorization Reference lets them be. EC2's Describe actions, and what lists a
whole account, take ``*`` only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agent_perimeter.aws.read import Read
from agent_perimeter.aws.reads import READS
from agent_perimeter.aws.table.deployment import DEPLOYED, EVENTS


@dataclass(frozen=True, slots=True)
class Grant:
    """An IAM statement that allows; in resources ``${AWS::Partition}``, ``${AWS::Region}``, ``${AWS::AccountId}``."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]


TRAIL: Final = Grant("ReadWhoDidIt", (EVENTS.permission,), EVENTS.resources)
"""Optional: who made a change, and when. LookupEvents takes no resource."""

TEMPLATE: Final = Grant("ReadTemplate", (DEPLOYED.permission,), DEPLOYED.resources)
"""For a check that is given no template and reads the deployed one. The scheduled watch has its own."""


def read_actions(*, watch: bool = True) -> tuple[Grant, ...]:
    """The statements of a reader's role, sorted. ``watch`` False: without what reads the watch's own parts."""
    grouped: dict[tuple[str, tuple[str, ...]], list[Read]] = {}
    for read in READS:
        # Whoever has credentials may ask whose they are.
        if read.resources and (watch or not read.watch_only):
            grouped.setdefault((read.service, read.resources), []).append(read)
    numbers: dict[str, int] = {}
    grants = []
    for (service, resources), reads in sorted(grouped.items()):
        numbers[service] = number = numbers.get(service, 0) + 1
        sid = "Read" + "".join(word.capitalize() for word in service.split("-")) + str(number)
        grants.append(Grant(sid, tuple(sorted({read.permission for read in reads})), resources))
    return tuple(grants)
