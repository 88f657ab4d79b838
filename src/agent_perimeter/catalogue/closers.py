"""Functions that are known to empty a VPC's default security group, by the digest of their code.

What a custom resource's function does is in its code, and code is not judged; this code was read by people. It
revokes every rule of the group that its property names, or answers FAILED, and CloudFormation then refuses the
stack (CloudFormation user guide, custom resource response objects). Changed code is unknown code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Closer:
    """How the code is called: its handler, the runtimes that run it, and the property that names the group."""

    handler: str
    runtimes: str
    group: str


CLOSERS: Mapping[str, Closer] = MappingProxyType(
    {"ec3d985047b5d288ac89bf6d8b9bbde792e59650fd9543382e00d8a3003c270c": Closer("index.handler", "python3.", "GroupId")}
)
"""By the SHA-256 of the code as it stands in the template (``Code.ZipFile``)."""
