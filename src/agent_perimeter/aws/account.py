"""One perimeter's account as a command reads it: the snapshot, the deployed template, who changed what.

All that can go wrong before anything is known comes to one of two things: a person named something that is not there
(``UsageError``), or AWS did not answer (``Unreachable``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import boto3

from agent_perimeter.aws.collect import collect
from agent_perimeter.aws.select import Target, TargetError, Unanswered, deployed_template
from agent_perimeter.aws.session import CredentialsError, SessionError, open_session
from agent_perimeter.aws.trail import Trail, changes_of
from agent_perimeter.drift.model import Drift
from agent_perimeter.files import UsageError
from agent_perimeter.snapshot import Snapshot


class Unreachable(Exception):
    """AWS did not answer, or refuses the credentials; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """An open session, and what to read with it."""

    session: boto3.Session
    target: Target
    progress: Callable[[str], None]

    def read(self) -> Snapshot:
        """Raises ``UsageError`` or ``Unreachable``."""
        with _in_words():
            return collect(self.session, self.target, self.progress)

    def template(self, stack: str) -> bytes:
        """What the stack was deployed from. Raises ``UsageError`` or ``Unreachable``."""
        with _in_words():
            return deployed_template(self.session, stack)

    def changes(self, drift: Drift, since: datetime) -> Trail:
        """Who changed the resources that depart, the worst first; what CloudTrail does not tell is in its notes."""
        return changes_of(self.session, _resources(drift), since)


def account(profile: str | None, region: str | None, target: Target, progress: Callable[[str], None]) -> Account:
    """Open a session. Raises ``UsageError`` or ``Unreachable``."""
    with _in_words():
        return Account(open_session(profile, region), target, progress)


def _resources(drift: Drift) -> Iterator[str]:
    """By AWS's own ids: a default ACL is ``acl-…`` to CloudTrail, whatever we call it."""
    for departure in drift.departures:
        if departure.change is not None:
            region, _, place = departure.change.origin.path.partition("/")
            yield place.partition("#")[0] if region == drift.region else departure.change.record


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except (SessionError, TargetError) as error:
        raise UsageError(str(error)) from error
    except (CredentialsError, Unanswered) as error:
        raise Unreachable(str(error)) from error
