"""Templates as people write them, and what a reviewer who reads them says: what gets out, and which resource lets it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agent_perimeter.packet_sets import App, Packet
from agent_perimeter.queries import Query
from agent_perimeter.values import Cidr
from agent_perimeter.verdict import Call, Kind, Layer, Status, Witness

HERE = Path(__file__).parent
ANYWHERE, ANYWHERE6 = "0.0.0.0/0", "::/0"
TCP = (6,)


@dataclass(frozen=True)
class Packets:
    """A family of packets, one of which is the witness. ``name`` must be in the SNI or Host; ``never`` is no name of it."""

    block: str = ANYWHERE
    protocols: tuple[int, ...] = ()
    ports: tuple[int, int] = (0, 65535)
    apps: tuple[App, ...] = ()
    name: str = ""
    never: tuple[str, ...] = ("api.anthropic.com",)

    def __contains__(self, witness: Witness) -> bool:
        return (
            isinstance(witness, Packet)
            and isinstance(witness.destination, Cidr)
            and witness.destination in Cidr.parse(self.block)
            and (not self.protocols or witness.protocol in self.protocols)
            and (witness.protocol not in {6, 17} or self.ports[0] <= witness.port <= self.ports[1])
            and (not self.apps or witness.app in self.apps)
            and self.name in witness.name
            and witness.name not in self.never
        )


@dataclass(frozen=True)
class Queries:
    """Every DNS query."""

    def __contains__(self, witness: Witness) -> bool:
        return isinstance(witness, Query)


@dataclass(frozen=True)
class Calls:
    """Calls of one service's API."""

    service: str
    never: tuple[str, ...] = ()
    """Resources that the policy allows."""

    def __contains__(self, witness: Witness) -> bool:
        return isinstance(witness, Call) and witness.service == self.service and witness.resource not in self.never


@dataclass(frozen=True)
class Wild:
    """One template, placed and judged.

    ``layer`` is refuted (or unknown) by a gap with a witness of ``witness``, decided at resource ``by``. ``reaches``
    are words of the reachability that is printed where no policy is given.
    """

    file: str
    subnet: str
    group: str
    policy: str
    layer: Layer
    witness: Packets | Queries | Calls
    by: str
    status: tuple[Status, ...] = (Status.REFUTED,)
    kind: Kind = Kind.EXCESS
    parameters: Mapping[str, str] = field(default_factory=dict)
    reaches: tuple[str, ...] = ("every IPv4 address",)

    @property
    def template(self) -> Path:
        return HERE / "templates" / self.file

    @property
    def policies(self) -> tuple[Path, ...]:
        return (HERE / "policies" / f"{self.policy}.yaml",)


END = Layer.END_TO_END
FIREWALLED = ("AgentSubnet", "AgentGroup")
SWITCHED = "firewall-switched-off.yaml"

WILD: dict[str, Wild] = {
    "all egress, and DNS Firewall that only alerts": Wild(
        "allow-all-group-dns-alert.yaml", *FIREWALLED, "one-name", END, Packets(), by="AgentGroup"
    ),
    "names that DNS Firewall only alerts on are answered": Wild(
        "allow-all-group-dns-alert.yaml", *FIREWALLED, "one-name", Layer.DNS, Queries(), by="DnsRules"
    ),
    "an allowlist in action order without a drop: everything passes by default": Wild(
        "action-order-without-drop.yaml",
        *FIREWALLED,
        "one-name",
        Layer.FIREWALL,
        Packets(protocols=TCP),
        by="FirewallPolicy",
    ),
    "a domain list in action order drops other names, and lets all that is neither TLS nor HTTP pass": Wild(
        "action-order-domain-list.yaml",
        *FIREWALLED,
        "one-name",
        END,
        Packets(apps=tuple(app for app in App if app not in {App.TLS, App.HTTP})),
        by="FirewallPolicy",
    ),
    "stateless rules that pass whatever they do not match": Wild(
        "stateless-pass.json",
        "EgressAgentSubnet1F7A24D4",
        "EgressAgentGroupE451423A",
        "one-name",
        END,
        Packets(protocols=TCP, ports=(443, 443)),
        by="EgressFirewallPolicy180E2423",
    ),
    "a name that is looked for anywhere in the SNI": Wild(
        "unanchored-sni.yaml",
        *FIREWALLED,
        "example-com",
        END,
        Packets(protocols=TCP, ports=(443, 443), apps=(App.TLS,), name="example.com", never=("example.com",)),
        by="FirewallRules",
    ),
    "a name at the end of the SNI without the dot before it": Wild(
        "endswith-without-dot.yaml",
        *FIREWALLED,
        "below-example-com",
        END,
        Packets(protocols=TCP, ports=(443, 443), apps=(App.TLS,), name="example.com", never=("example.com",)),
        by="FirewallRules",
    ),
    "a default drop of established flows lets every handshake complete": Wild(
        "drop-established-only.yaml",
        *FIREWALLED,
        "one-name",
        END,
        Packets(protocols=TCP, apps=(App.HANDSHAKE, App.EARLY)),
        by="FirewallPolicy",
    ),
    "a pass for the handshake passes the flow": Wild(
        "pass-for-the-handshake.yaml",
        *FIREWALLED,
        "one-name",
        END,
        Packets(protocols=TCP, ports=(443, 443)),
        by="FirewallRules",
    ),
    "a list of known bad names is no allowlist": Wild(
        "denylist-only.yaml",
        *FIREWALLED,
        "one-name",
        END,
        Packets(protocols=TCP, ports=(443, 443)),
        by="FirewallPolicy",
    ),
    "the firewall is there and the default route goes past it": Wild(
        "beside-the-firewall.yaml",
        *FIREWALLED,
        "one-name",
        END,
        Packets(protocols=TCP, ports=(443, 443)),
        by="AgentDefault",
    ),
    "outside production there is no firewall, says the parameter": Wild(
        SWITCHED,
        *FIREWALLED,
        "one-name",
        END,
        Packets(protocols=TCP, ports=(443, 443)),
        by="AgentDefault",
        parameters={"Stage": "dev"},
    ),
    "outside production there is no firewall, and the stage can be changed": Wild(
        SWITCHED,
        *FIREWALLED,
        "one-name",
        END,
        Packets(protocols=TCP, ports=(443, 443)),
        by="AgentDefault",
        status=(Status.REFUTED, Status.UNKNOWN),
    ),
    "a public subnet and a group that has no egress rules, which EC2 reads as all": Wild(
        "public-subnet.json",
        "awssubnetagents",
        "awssecuritygroupagents",
        "one-name",
        END,
        Packets(),
        by="awssecuritygroupagents",
    ),
    "port 443 to everywhere through a NAT gateway": Wild(
        "nat-with-443-open.yaml", "Private", "Sg", "one-name", END, Packets(protocols=TCP, ports=(443, 443)), by="Sg"
    ),
    "a prefix list that adds up to everything": Wild(
        "prefix-list-halves.yaml", "Private", "Sg", "one-name", END, Packets(protocols=TCP, ports=(443, 443)), by="Sg"
    ),
    "a block that a parameter may widen": Wild(
        "parameter-block.yaml",
        "Private",
        "Sg",
        "partner-block",
        Layer.SECURITY_GROUP,
        Packets(protocols=TCP, ports=(443, 443)),
        by="Sg",
        status=(Status.UNKNOWN, Status.REFUTED),
        reaches=(),
    ),
    "a block that a parameter does widen": Wild(
        "parameter-block.yaml",
        "Private",
        "Sg",
        "partner-block",
        END,
        Packets(protocols=TCP, ports=(443, 443)),
        by="Sg",
        parameters={"PartnerBlock": "203.0.113.0/24"},
        reaches=("203.0.113.0/24",),
    ),
    "a route to another VPC": Wild(
        "peering.yaml",
        "Subnet",
        "Group",
        "nothing",
        END,
        Packets("172.20.0.0/16"),
        by="Group",
        reaches=("172.20.0.0/16",),
    ),
    "the default group, which lets everything out": Wild(
        "default-group.yaml", "Subnet", "Vpc/default-group", "nothing", END, Packets(), by="Vpc"
    ),
    "a resolver that only alerts, in a VPC without a way out": Wild(
        "dns-alert-only.yaml", "Subnet", "Group", "nothing", Layer.DNS, Queries(), by="Rules", reaches=()
    ),
    "a gateway endpoint with the default policy": Wild(
        "s3-default-policy.yaml",
        "Subnet",
        "Group",
        "one-bucket",
        Layer.ENDPOINTS,
        Calls("s3", never=("arn:aws:s3:::example-corpus/*",)),
        by="S3",
        reaches=("s3",),
    ),
    "an interface endpoint with a policy that allows everything": Wild(
        "endpoint-open-policy.yaml",
        "Subnet",
        "Group",
        "nothing",
        Layer.ENDPOINTS,
        Calls("secretsmanager"),
        by="Secrets",
        reaches=("the endpoint endpoint-open-policy/Secrets",),
    ),
    "IPv6 with a gateway of its own": Wild(
        "ipv6-beside-the-firewall.yaml",
        "Subnet",
        "Group",
        "nothing",
        END,
        Packets(ANYWHERE6),
        by="Group",
        reaches=("every IPv6 address",),
    ),
    "an egress rule for IPv6 that is a resource of its own": Wild(
        "separate-ipv6-egress.json",
        "VpcagentsSubnet1SubnetC7B8D7E2",
        "Agents1A2B3C4D",
        "nothing",
        END,
        Packets(ANYWHERE6, protocols=TCP, ports=(443, 443)),
        by="Agentstoanywhere443E5F60718",
        reaches=("every IPv6 address",),
    ),
}

NEVER_REFUTED: dict[str, tuple[str, str, str, str]] = {
    "a VPC with nothing in it that leads anywhere": ("sound-isolated.yaml", "Subnet", "Group", "nothing"),
    "one name, held by every layer": ("sound-firewall.yaml", *FIREWALLED, "one-name"),
}
"""File, subnet, group and policy."""

NEVER_PROVEN: dict[str, tuple[str, str, str, str]] = {
    "what comes back goes past the firewall": ("return-past-the-firewall.yaml", *FIREWALLED, "one-name"),
    "what comes back meets another endpoint": ("return-by-another-endpoint.yaml", *FIREWALLED, "one-name"),
}
"""The sound firewall with one mistake in its routes: the engine sees half of each flow."""
