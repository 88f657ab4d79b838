"""Where the watch writes, and by which names its ledger knows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TOPIC: Final = "topic"
BUS: Final = "bus"
SECURITY_HUB: Final = "security-hub"


@dataclass(frozen=True, slots=True)
class Outputs:
    """``bucket`` is a name, ``topic`` an ARN, ``bus`` a name or an ARN; the last two are empty where there is none."""

    bucket: str
    topic: str
    bus: str
    security_hub: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Those that announcements go to. The bucket is not one of them: it has what was read and judged."""
        configured = ((BUS, bool(self.bus)), (SECURITY_HUB, self.security_hub), (TOPIC, bool(self.topic)))
        return tuple(name for name, there in configured if there)
