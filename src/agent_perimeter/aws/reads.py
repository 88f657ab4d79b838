"""Every call that reads an account: what it takes, what makes its parameters, and which fields of its answer are kept.

The table is all there is to say about a call. ``aws.collect`` makes them, ``aws.permissions`` renders the role that may
make them, and a test holds every field to botocore's model of the API. Calls that need the answers of others say so
(``Read.sources``), and so the order of all of them follows from the table.

Never read into a snapshot: user data, a function's environment, a VPN's configuration with its pre-shared keys (no call
for VPN connections is made at all: the gateway's attachment says that there is a way out).
"""

from __future__ import annotations

from typing import Final

from agent_perimeter.aws.read import Read
from agent_perimeter.aws.table.deployment import DEPLOYMENT
from agent_perimeter.aws.table.ec2 import EC2
from agent_perimeter.aws.table.elsewhere import ELSEWHERE
from agent_perimeter.aws.table.firewall import FIREWALL
from agent_perimeter.aws.table.identity import IDENTITY
from agent_perimeter.aws.table.resolver import RESOLVER
from agent_perimeter.aws.table.watch import WATCH

READS: Final[tuple[Read, ...]] = (*EC2, *FIREWALL, *RESOLVER, *ELSEWHERE, *DEPLOYMENT, *IDENTITY, *WATCH)
"""EC2 first: while its answers are under way, the clients of the other services are made."""
