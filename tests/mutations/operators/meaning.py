"""Operators that know what a value means: blocks, protocols, ports, actions, names, IAM, tags and references."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from tests.mutations.mutant import Change
from tests.mutations.operators.place import Place
from tests.mutations.tree import Value, get, is_intrinsic, put, references

STATELESS = ("aws:drop", "aws:forward_to_sfe", "aws:pass")
STATEFUL = tuple(
    sorted(
        f"aws:{verb}_{when}"
        for verb in ("alert", "drop")
        for when in ("established", "established_app_layer", "established_app_layer_to_server", "strict")
    )
)
SPELLINGS: dict[str, tuple[str, ...]] = {
    "StatelessDefaultActions": STATELESS,
    "StatelessFragmentDefaultActions": STATELESS,
    "StatefulDefaultActions": STATEFUL,
    "RuleAction": ("allow", "deny"),
    "Effect": ("Allow", "Deny"),
    "RuleOrder": ("DEFAULT_ACTION_ORDER", "STRICT_ORDER"),
    "StreamExceptionPolicy": ("CONTINUE", "DROP", "REJECT"),
    "DNSExpiryExceptionPolicy": ("CONTINUE", "DROP", "REJECT"),
    "BlockResponse": ("NODATA", "NXDOMAIN", "OVERRIDE"),
    "FirewallDomainRedirectionAction": ("INSPECT_REDIRECTION_DOMAIN", "TRUST_REDIRECTION_DOMAIN"),
    "Qtype": ("A", "AAAA", "TXT", "NULL", "HTTPS", "TYPE16"),
    "ConnectivityType": ("private", "public"),
    "InstanceTenancy": ("default", "dedicated"),
    "MutationProtection": ("DISABLED", "ENABLED"),
    "IpProtocol": ("-1", "icmp", "icmpv6", "tcp", "udp", "6", "17", "50"),
}
"""What may stand where CloudFormation's schema gives no choices, by property."""

PROTOCOLS = (-1, 1, 6, 17, 50, 58)
PORT_PAIRS = (("FromPort", "ToPort"), ("From", "To"))
IAM_TEXT = {"Action", "Resource", "Principal", "NotAction", "NotResource", "NotPrincipal"}
IAM_OPERATORS = ("StringLike", "StringNotEquals", "StringEqualsIfExists", "ForAnyValue:StringEquals", "Null")


def block(value: Value) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """The CIDR block that a text is, if it is one."""
    if not isinstance(value, str) or "/" not in value:
        return None
    try:
        return ipaddress.ip_network(value)
    except ValueError:
        return None


def wider_blocks(place: Place) -> Iterator[Change]:
    """A block twice as large, everything, and the half of everything that a check for /0 overlooks."""
    found = block(place.value)
    if found is None:
        return
    every = "0.0.0.0/0" if found.version == 4 else "::/0"
    half = "128.0.0.0/1" if found.version == 4 else "8000::/1"
    for wider in dict.fromkeys([every, str(found.supernet()), half]):
        yield place.becomes("widen block", wider, wider)
    lower, _ = list(found.subnets())[:2] if found.prefixlen < found.max_prefixlen else (found, found)
    yield place.becomes("narrow block", str(lower), str(lower))
    yield place.becomes("no block", "not-a-block", "not-a-block")


def wider_ports(place: Place) -> Iterator[Change]:
    """A pair of ports one wider on each side, all of them, and the ends exchanged."""
    if not isinstance(place.value, dict):
        return
    for low, high in PORT_PAIRS:
        first, last = place.value.get(low), place.value.get(high)
        if isinstance(first, int) and isinstance(last, int):
            for pair in ((0, 65535), (first, last + 1), (first - 1, last), (last, first), (1, 1), (-1, -1)):
                yield place.becomes(
                    "change ports", {**place.value, low: pair[0], high: pair[1]}, f"{pair[0]} to {pair[1]}"
                )


def protocols(place: Place) -> Iterator[Change]:
    """Each other protocol, where it is a number."""
    if place.key == "Protocol" and isinstance(place.value, int):
        for number in PROTOCOLS:
            if number != place.value:
                yield place.becomes("change protocol", number, str(number))


def spellings(place: Place) -> Iterator[Change]:
    """Each other value where the schema lists none."""
    if not isinstance(place.value, str):
        return
    for spelling in SPELLINGS.get(place.key, ()):
        if spelling != place.value:
            yield place.becomes("other choice", spelling, spelling)
    if place.key in SPELLINGS:
        yield place.becomes("other choice", "UNHEARD_OF", "UNHEARD_OF")


def wider_names(place: Place) -> Iterator[Change]:
    """A name on a DNS list becomes everything, all below it, all below its parent, or a neighbour's."""
    if place.key != "Domains" or not place.in_list:
        return
    name = place.value if isinstance(place.value, str) else ""
    parent = name.removeprefix("*.").partition(".")[2]
    for wider in dict.fromkeys(["*", f"*.{name.removeprefix('*.')}", f"*.{parent}", f"{name}.evil.example"]):
        if name and wider not in {name, "*."}:
            yield place.becomes("widen name", wider, wider)
    if is_intrinsic(place.value):
        yield place.becomes("widen name", "*", "*")


def wider_permissions(place: Place) -> Iterator[Change]:
    """In a policy document: everything for an action, resource or principal; conditions that ask for less."""
    below = next((step for step in place.path if step in IAM_TEXT), "")
    if below and (isinstance(place.value, str) or is_intrinsic(place.value)) and place.value != "*":
        yield place.becomes("widen permission", "*", "*")
        if isinstance(place.value, str) and ":" in place.value:
            prefix = place.value.rpartition(":")[0] + ":*"
            yield place.becomes("widen permission", prefix, prefix)
    if "Condition" in place.path and isinstance(place.value, str):
        yield place.becomes("widen permission", "*", "*")
    if place.key == "Condition" and isinstance(place.value, dict):
        for operator, keys in place.value.items():
            for other in IAM_OPERATORS:
                rest = {name: item for name, item in place.value.items() if name != operator}
                yield place.becomes("weaken condition", {**rest, other: keys}, f"{operator} to {other}")
    if place.key == "Statement" and isinstance(place.value, list):
        every = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        yield place.becomes("add statement", [*place.value, {**every, "Principal": "*"}], "everyone may do all")
        yield place.becomes("add statement", [*place.value, every], "all actions")
        yield place.becomes("add statement", [{**every, "NotAction": "iam:*"}, *place.value], "all but IAM")
    if isinstance(place.value, dict) and "Effect" in place.value:
        for name in ("Action", "Resource", "Principal"):
            if name in place.value:
                turned = {key: item for key, item in place.value.items() if key != name}
                turned[f"Not{name}"] = place.value[name]
                yield place.becomes("turn statement round", turned, f"Not{name}")


def other_tags(place: Place) -> Iterator[Change]:
    """One of our tags gets each value that the tag has elsewhere, and one that nobody has."""
    if "Tags" not in place.path or place.path[-1] != "Value":
        return
    for value in (*place.subject.tag_values.get(place.sibling("Key"), ()), "somebody-else"):
        if value != place.value:
            yield place.becomes("retag", value, value)


def retargeted(place: Place) -> Iterator[Change]:
    """A reference names each other resource of the same type. ``place.value`` is an intrinsic, or a DependsOn's name."""
    if not is_intrinsic(place.value):
        return
    for path, name in references(place.value):
        kind = get(place.subject.template, ("Resources", name, "Type"))
        if not isinstance(kind, str):
            continue
        for other in place.subject.by_type[kind]:
            if other != name:
                yield place.becomes("retarget", put(place.value, path, other), f"{name} to {other}")


def other_list(place: Place) -> Iterator[Change]:
    """A value looked up in a mapping is looked up under each other key."""
    looked_up = place.value.get("Fn::FindInMap") if isinstance(place.value, dict) else None
    if not isinstance(looked_up, list):
        return
    mapping, row, key = looked_up
    rows = place.subject.template.get("Mappings", {}).get(mapping, {})
    for other in sorted({name for found in rows.values() for name in found} - {key}):
        yield place.becomes("retarget", {"Fn::FindInMap": [mapping, row, other]}, other)
    yield place.becomes("retarget", "pl-0123456789abcdef0", "a prefix list that nobody knows")


def other_target(place: Place) -> Iterator[Change]:
    """A route points at each other kind of target that the template has, or that anybody could name."""
    if place.kind != "AWS::EC2::Route" or place.path:
        return
    subject = place.subject
    properties: dict[str, Value] = place.value
    rest = {
        name: value for name, value in properties.items() if name.startswith("Destination") or name == "RouteTableId"
    }
    targets: list[tuple[str, str, Value]] = [
        ("GatewayId", name, {"Ref": name}) for name in subject.of("EC2::InternetGateway")
    ]
    targets += [("NatGatewayId", name, {"Ref": name}) for name in subject.of("EC2::NatGateway")]
    targets += [
        ("VpcEndpointId", name, {"Fn::Select": [1, {"Fn::Split": [":", {"Fn::Select": [0, {"Fn::GetAtt": [name, "EndpointIds"]}]}]}]})
        for name in subject.of("NetworkFirewall::Firewall")
    ]  # fmt: skip
    targets += [
        ("GatewayId", "local", "local"),
        ("GatewayId", "a virtual private gateway", "vgw-0123456789abcdef0"),
        ("NetworkInterfaceId", "an interface", "eni-0123456789abcdef0"),
        ("InstanceId", "an instance", "i-0123456789abcdef0"),
        ("TransitGatewayId", "a transit gateway", "tgw-0123456789abcdef0"),
        ("VpcPeeringConnectionId", "a peering connection", "pcx-0123456789abcdef0"),
        ("EgressOnlyInternetGatewayId", "an egress-only gateway", "eigw-0123456789abcdef0"),
        ("VpcEndpointId", "an endpoint that nobody knows", "vpce-0123456789abcdef0"),
        ("CarrierGatewayId", "a carrier gateway", "cagw-0123456789abcdef0"),
        ("LocalGatewayId", "a local gateway", "lgw-0123456789abcdef0"),
        ("CoreNetworkArn", "a core network", "arn:aws:networkmanager::111122223333:core-network/core-network-0"),
    ]
    for key, name, value in targets:
        yield place.becomes("change target", {**rest, key: value}, name)
