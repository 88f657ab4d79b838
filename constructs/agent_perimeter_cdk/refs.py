"""Refs: what CloudFormation calls each record of a network.

The layers are rendered one after the other. Each enters its resources here under the record's id, and
the layers after it look them up: a record that nobody rendered is an error, never a guess.
"""

from __future__ import annotations

import re

from aws_cdk import Aws, CfnTag, Fn

from agent_perimeter.network import Network, Role, Zone
from agent_perimeter.values import Cidr

TAG_PERIMETER = "agent-perimeter:perimeter"
TAG_ROLE = "agent-perimeter:role"
TAG_AGENT = "agent-perimeter:agent"

_OURS = r"AWS::Region|AWS::Partition|AWS::AccountId|AWS::URLSuffix|Vpc"
_PLACEHOLDER = re.compile(rf"\$\{{(?:{_OURS})\}}")
_FOREIGN = re.compile(rf"\$\{{(?!(?:{_OURS})\}})")


class Refs:
    """The resources rendered so far, by record id, and the text and tags that all of them share."""

    def __init__(self, network: Network) -> None:
        self.perimeter = network.name
        self._vpc = network.vpc.id
        self._refs: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self._zones: dict[Zone, str] = {}

    def __contains__(self, record: str) -> bool:
        return record in self._refs

    def __getitem__(self, record: str) -> str:
        try:
            return self._refs[record]
        except KeyError:
            raise ValueError(f"{record!r} is referred to, but not (yet) rendered") from None

    def __setitem__(self, record: str, ref: str) -> None:
        if record in self._refs:
            raise ValueError(f"two records of the network have the id {record!r}")
        self._refs[record] = ref

    @property
    def vpc(self) -> str:
        return self[self._vpc]

    def text(self, text: str) -> str:
        """The text, its placeholders left for CloudFormation to fill in; without any, it stays as it is."""
        body = substituted(text)
        if body is None:
            return text
        if text not in self._texts:
            self._texts[text] = self._substitute(body)
        return self._texts[text]

    def _substitute(self, body: str) -> str:
        match body:
            case "${Vpc}":
                return self.vpc
            case "${AWS::AccountId}":
                return Aws.ACCOUNT_ID
            case _:
                return Fn.sub(body, {"Vpc": self.vpc} if "${Vpc}" in body else None)

    def zone(self, zone: Zone) -> str:
        """The availability zone by its name, or else as the region's n-th."""
        if zone.name is not None:
            return zone.name
        if zone not in self._zones:
            self._zones[zone] = Fn.select(zone.index, Fn.get_azs())
        return self._zones[zone]

    def tags(self, record: str, role: Role | None = None, agent: str | None = None) -> list[CfnTag]:
        """The tags of the contract and a name to find the resource by.

        Given with the properties, for an aspect that tags afterwards walks over every construct.
        """
        tags = {"Name": f"{self.perimeter}/{record}", TAG_PERIMETER: self.perimeter}
        if role is not None:
            tags[TAG_ROLE] = role.value
        if agent is not None:
            tags[TAG_AGENT] = agent
        return [CfnTag(key=key, value=value) for key, value in sorted(tags.items())]


def ipv4(block: Cidr) -> str:
    """The block as text. Raises ``ValueError`` for IPv6, which no part of the perimeter has."""
    if block.version != 4:
        raise ValueError(f"{block} is an IPv6 block, and the perimeter is IPv4 only")
    return str(block)


def substituted(text: str) -> str | None:
    """The text as Fn::Sub takes it, or None where it has none of the network's placeholders.

    Other braces, such as IAM's policy variables, are none of CloudFormation's business and are escaped.
    """
    return _FOREIGN.sub("${!", text) if _PLACEHOLDER.search(text) else None
