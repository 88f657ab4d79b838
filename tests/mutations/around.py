"""Reasons that look beyond the changed resource: at the subnets, routes and rules around it in the template."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Network

from tests.mutations import walls
from tests.mutations.mutant import Mutant
from tests.mutations.operators.suricata import Line
from tests.mutations.subject import AGENT, ROLE, Subject
from tests.mutations.tree import ABSENT, Value, children, get, references


def names_asked(rules: Value) -> list[Value] | None:
    """The DNS rules about names, in the order in which they are asked; None where that, or a threat rule, is unclear."""
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        return None
    rules = [rule for rule in rules if not _perhaps_threat(rule)]
    named = [rule for rule in rules if "FirewallDomainListId" in rule]
    numbers = [rule.get("Priority") for rule in named]
    if not all(isinstance(number, int) for number in numbers) or len(set(numbers)) < len(numbers):
        return None
    if any(str(rule.get("Action")) not in {"BLOCK", "ALERT"} for rule in rules if "FirewallDomainListId" not in rule):
        return None
    ordered = sorted(named, key=lambda rule: rule["Priority"])
    return [{key: item for key, item in rule.items() if key != "Priority"} for rule in ordered]


def _perhaps_threat(rule: Value) -> bool:
    """A rule about a threat that may not be there."""
    match rule:
        case {"Fn::If": [_, {"DnsThreatProtection": str(), "Action": "BLOCK"}, {"Ref": "AWS::NoValue"}]}:
            return True
        case _:
            return False


def _threats_first(rules: Value) -> list[str] | None:
    """The rules about threats, in any order, where all stand before the others; None where they do not."""
    if not isinstance(rules, list) or not all(isinstance(get(rule, ("Priority",)), int) for rule in rules):
        return None
    threats = [rule for rule in rules if "DnsThreatProtection" in rule]
    start = min((rule["Priority"] for rule in rules if rule not in threats), default=0)
    if any(rule["Priority"] >= start for rule in threats):
        return None
    return sorted(str({key: item for key, item in rule.items() if key != "Priority"}) for rule in threats)


def threat_rule(mutant: Mutant) -> bool:
    """Only rules about threats changed, or changed places, and no name is allowed below which anybody could listen.

    How sure AWS must be of a threat decides nothing that is documented; redirections are about domain lists.
    """
    if mutant.kind != "AWS::Route53Resolver::FirewallRuleGroup" or "FirewallRules" not in mutant.path:
        return False
    wild = any(
        isinstance(name, str) and name.startswith("*.")
        for listed in mutant.subject.of("Route53Resolver::FirewallDomainList")
        for name in mutant.subject.property(listed, "Domains")
    )
    place = ("Resources", mutant.resource, "Properties", "FirewallRules")
    redirected = mutant.detail.startswith("FirewallDomainRedirectionAction=")
    if wild and mutant.path[-1] != "ConfidenceThreshold" and not redirected:
        sides = [_threats_first(get(side, place)) for side in (mutant.subject.template, mutant.template)]
        if sides[0] is None or sides[0] != sides[1]:
            return False
    before, after = (names_asked(get(side, place)) for side in (mutant.subject.template, mutant.template))
    return before is not None and before == after


def block_answer(mutant: Mutant) -> bool:
    """How BLOCK says no. OVERRIDE says yes to another name, and is left out; so is what cannot be read."""
    place = ("Resources", mutant.resource, *mutant.path)
    before, after = get(mutant.subject.template, place), get(mutant.template, place)
    if mutant.operator == "add property" and isinstance(before, dict) and before.get("BlockResponse") != "OVERRIDE":
        # Told what to answer in place of the name, by a rule that answers nothing, or allows.
        added = {key: item for key, item in after.items() if key not in before}
        ignored = {"BlockOverrideDnsType", "BlockOverrideDomain", "BlockOverrideTtl"}
        if before.get("Action") == "ALLOW":
            ignored.add("BlockResponse")
        if "DnsThreatProtection" not in before:
            ignored.add("ConfidenceThreshold")
        return mutant.kind == "AWS::Route53Resolver::FirewallRuleGroup" and set(added) <= ignored
    rule = get(mutant.template, ("Resources", mutant.resource, *mutant.path[:-1]))
    return (
        mutant.kind == "AWS::Route53Resolver::FirewallRuleGroup"
        and mutant.path[-1:] == ("BlockResponse",)
        and get(rule, ("Action",)) == "BLOCK"
        # OVERRIDE without a name to answer with is refused, so it does not matter whether the answer can be read.
        and get(rule, ("BlockOverrideDomain",)) is ABSENT
    )


def endpoint_egress(mutant: Mutant) -> bool:
    """The egress list of a group that only endpoints bear."""
    return (
        mutant.kind == "AWS::EC2::SecurityGroup"
        and mutant.subject.tag(mutant.resource, ROLE) == "endpoint"
        and mutant.path[1:2] == ("SecurityGroupEgress",)
    )


def endpoint_table(mutant: Mutant) -> bool:
    """The association of an endpoint's subnet with a table, gone, or with another table or another such subnet."""
    hosts = mutant.subject.of("EC2::Subnet", "endpoint")
    if mutant.kind == "AWS::EC2::RouteTable":
        users = {
            mutant.subject.property(name, "SubnetId", "Ref")
            for name in mutant.subject.of("EC2::SubnetRouteTableAssociation")
            if mutant.subject.property(name, "RouteTableId", "Ref") == mutant.resource
        }
        return mutant.operator == "remove resource" and users <= set(hosts)
    if mutant.kind != "AWS::EC2::SubnetRouteTableAssociation":
        return False
    if mutant.subject.property(mutant.resource, "SubnetId", "Ref") not in hosts:
        return False
    if mutant.path[1:] == ("SubnetId",):
        return get(mutant.template, ("Resources", mutant.resource, *mutant.path, "Ref")) in hosts
    return mutant.operator in {"remove resource", "resource behind a condition"} or mutant.path[1:] == ("RouteTableId",)


def needed(mutant: Mutant) -> bool:
    """A resource became conditional that an unconditional one refers to."""
    return mutant.operator == "resource behind a condition" and any(
        name == mutant.resource
        for logical, resource in mutant.subject.resources.items()
        if logical != mutant.resource and "Condition" not in resource
        for _, name in references(resource.get("Properties", {}))
    )


NO_WAY = (
    "NAT gateway in", "IPv6 block of", "core network attachment", "exclusion from Block Public Access",
    "forwarding instance in", "peering connection", "public address on an instance", "reservation in",
    "transit gateway attachment",
)  # fmt: skip


def leads_nowhere(mutant: Mutant) -> bool:
    """Additions without a route, where the agents' tables have none but to firewalls."""
    if mutant.detail.startswith("forwarding instance in ") and not _own_subnet(mutant):
        return False
    return mutant.operator == "add resource" and mutant.detail.startswith(NO_WAY) and not _beside(mutant.subject)


def _own_subnet(mutant: Mutant) -> bool:
    """Whether the subnet of a new instance is of the agent whose group it bears."""
    added = get(mutant.template, ("Resources", "Added", "Properties"))
    group = get(added, ("SecurityGroupIds", 0, "Fn::GetAtt", 0))
    subnet = get(added, ("SubnetId", "Ref"))
    return mutant.subject.tag(group, AGENT) == mutant.subject.tag(subnet, AGENT)


def _beside(subject: Subject) -> bool:
    """Whether an agent's table has a route to anything but a firewall."""
    return any(
        subject.property(route, "RouteTableId", "Ref") in subject.agent_tables
        and subject.property(route, "VpcEndpointId") is ABSENT
        for route in subject.of("EC2::Route")
    )


def asked_never(mutant: Mutant) -> bool:
    """A DNS rule group after the template's own, which ends with a rule for every name."""
    if mutant.detail != "DNS rule group that allows everything, at 9000":
        return False
    (own,) = mutant.subject.of("Route53Resolver::FirewallRuleGroupAssociation")
    return bool(mutant.subject.property(own, "Priority") < 9000)


def no_gateway(mutant: Mutant) -> bool:
    """Public addresses where only tables of NAT gateways' subnets lead to an internet gateway, and this is another."""
    given = mutant.path[1:] == ("MapPublicIpOnLaunch",) and mutant.subject.tag(mutant.resource, ROLE) != "egress"
    if not given and not mutant.detail.startswith("public instance in "):
        return False
    behind_nat = _tables(mutant.subject, "egress") - _tables(mutant.subject, "agent", "firewall", "endpoint")
    return {
        mutant.subject.property(route, "RouteTableId", "Ref")
        for route in mutant.subject.of("EC2::Route")
        if mutant.subject.property(route, "GatewayId") is not ABSENT
    } <= behind_nat


def _tables(subject: Subject, *roles: str) -> set[Value]:
    """The tables of the subnets with these roles."""
    subnets = {name for role in roles for name in subject.of("EC2::Subnet", role)}
    return {
        subject.property(name, "RouteTableId", "Ref")
        for name in subject.of("EC2::SubnetRouteTableAssociation")
        if subject.property(name, "SubnetId", "Ref") in subnets
    }


def _block(text: Value) -> IPv4Network | None:
    try:
        return IPv4Network(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _subnets(subject: Subject, role: str = "") -> list[IPv4Network]:
    return [IPv4Network(subject.property(name, "CidrBlock")) for name in subject.of("EC2::Subnet", role)]


def empty_addresses(mutant: Mutant) -> bool:
    """A block inside the VPC that grew, and not by an address of any subnet."""
    place = ("Resources", mutant.resource, *mutant.path)
    old, new = (_block(get(side, place)) for side in (mutant.subject.template, mutant.template))
    vpc = _block(mutant.subject.property(mutant.subject.of("EC2::VPC")[0], "CidrBlock"))
    if mutant.detail == "another block of the VPC":
        return not mutant.subject.of("NetworkFirewall::Firewall")
    if mutant.operator == "narrow block" and "SourceIPRanges" in mutant.path and old is not None and new is not None:
        return new.subnet_of(old) and all(agent.subnet_of(new) for agent in _subnets(mutant.subject, "agent"))
    if mutant.operator != "widen block" or mutant.kind not in {"AWS::EC2::NetworkAclEntry", "AWS::EC2::VPCEndpoint"}:
        return False
    if old is None or new is None or vpc is None or not old.subnet_of(new) or not new.subnet_of(vpc):
        return False
    return all(not subnet.overlaps(new) or subnet.subnet_of(old) for subnet in _subnets(mutant.subject))


def impossible_block(mutant: Mutant) -> bool:
    """A VPC's block that EC2 refuses, or that leaves a subnet outside; a subnet's that does not fit or overlaps."""
    if mutant.kind == "AWS::EC2::Subnet" and mutant.path[1:] == ("CidrBlock",):
        block = _block(get(mutant.template, ("Resources", mutant.resource, *mutant.path)))
        vpc = _block(mutant.subject.property(mutant.subject.of("EC2::VPC")[0], "CidrBlock"))
        own = _block(mutant.subject.property(mutant.resource, "CidrBlock"))
        return (
            block is not None
            and vpc is not None
            and (
                not 16 <= block.prefixlen <= 28
                or not block.subnet_of(vpc)
                or any(other.overlaps(block) for other in _subnets(mutant.subject) if other != own)
            )
        )
    if mutant.kind != "AWS::EC2::VPC" or mutant.path[1:] != ("CidrBlock",):
        return False
    block = _block(get(mutant.template, ("Resources", mutant.resource, *mutant.path)))
    return block is not None and (
        not 16 <= block.prefixlen <= 28 or any(not subnet.subnet_of(block) for subnet in _subnets(mutant.subject))
    )


def unmapped(mutant: Mutant) -> bool:
    """A mapping lost a key."""
    return mutant.operator == "remove property" and mutant.edits[0][0][0] == "Mappings"


def via_service(mutant: Mutant) -> bool:
    """A boundary's statement for services that act for the agent allows less, or the same in other words."""
    if mutant.kind != "AWS::IAM::ManagedPolicy" or mutant.path[1:3] != ("PolicyDocument", "Statement"):
        return False
    place = ("Resources", mutant.resource, *mutant.path[:4])
    if get(mutant.subject.template, (*place, "Condition", "Bool", "aws:ViaAWSService")) != ["true"]:
        return False
    match mutant.operator, mutant.path[4:]:
        case ("remove element" | "empty" | "behind a condition", ()) | ("empty", ("Action",) | ("Resource",)):
            return True
        case ("remove element", ("Action" | "Resource", _)) | ("remove property", ("Resource",)):
            return True
        case _, ("Effect",):
            return bool(get(mutant.template, (*place, "Effect")) != "Allow")
        case "weaken condition", ("Condition",):
            return mutant.detail.removeprefix("Bool to ") in SAME_BOOL
        case "add unknown property", ("Condition", _):
            return True
        case "empty" | "widen permission", ("Condition", "Bool", "aws:ViaAWSService", *_):
            return True
        case _:
            return False


SAME_BOOL = {"ForAnyValue:StringEquals", "Null", "StringEqualsIfExists", "StringLike"}
"""The key is in every request, as true or false: with ``true`` these hold where Bool does, and Null never."""


def any_of_one(mutant: Mutant) -> bool:
    """ForAnyValue on keys that have one value."""
    return mutant.operator == "weaken condition" and mutant.detail == "StringEquals to ForAnyValue:StringEquals"


def made_twice(mutant: Mutant) -> bool:
    """A loop makes two of a resource to which no other refers."""
    return mutant.operator == "resource behind a loop" and not any(
        name == mutant.resource
        for logical, resource in mutant.subject.resources.items()
        if logical != mutant.resource
        for _, name in references(resource.get("Properties", {}))
    )


def policy_version(mutant: Mutant) -> bool:
    """The version of a policy document without ``${…}`` that IAM itself would fill in."""
    document = get(mutant.subject.template, ("Resources", mutant.resource, *mutant.path[:-1]))
    return mutant.path[-2:] == ("PolicyDocument", "Version") and not any(_variables(document))


def _variables(value: Value) -> Iterator[str]:
    """Texts with policy variables. In Fn::Sub, CloudFormation's own variables look like them, and are others."""
    match value:
        case {"Fn::Sub": _} | {"Ref": _} | {"Fn::GetAtt": _}:
            return
        case str() if "${" in value:
            yield value
        case _:
            for _key, item in children(value):
                yield from _variables(item)


def not_read(mutant: Mutant) -> bool:
    """The owner of a group that an id of this template names."""
    if mutant.operator != "add property" or not mutant.detail.startswith("SourceSecurityGroupOwnerId="):
        return False
    rule = get(mutant.subject.template, ("Resources", mutant.resource, *mutant.path))
    return isinstance(rule.get("SourceSecurityGroupId"), dict)


def redundant_egress(mutant: Mutant) -> bool:
    """A standalone egress rule changed, and what it says or said is less than an inline rule of its group for 0.0.0.0/0."""
    if mutant.kind == "AWS::EC2::SecurityGroup" and mutant.operator == "add property":
        rules = mutant.subject.property(mutant.resource, "SecurityGroupEgress")
        if mutant.path[1:2] != ("SecurityGroupEgress",) or len(mutant.path) != 3:
            return False
        rule = get(mutant.template, ("Resources", mutant.resource, *mutant.path))
        others = [other for index, other in enumerate(rules) if index != mutant.path[2]]
        return "CidrIp" in rule and any(_everyone(other, rule) for other in others)
    if mutant.kind != "AWS::EC2::SecurityGroupEgress":
        return False
    if mutant.operator in {"resource of an unknown type", "resource of a module"}:
        return False
    sides = [
        get(side, ("Resources", mutant.resource, "Properties")) for side in (mutant.subject.template, mutant.template)
    ]
    return all(side is ABSENT or _covered(mutant.subject, side) for side in sides)


def _covered(subject: Subject, rule: Value) -> bool:
    """Whether each group that may have the rule allows its ports to everyone inline."""
    group = get(rule, ("GroupId", "Fn::GetAtt", 0))
    owners = (group,) if isinstance(group, str) else subject.of("EC2::SecurityGroup", "agent")
    # A rule that an endpoint's group has decides nothing: endpoints open no connections.
    owners = tuple(owner for owner in owners if subject.tag(owner, ROLE) != "endpoint")
    return all(any(_everyone(own, rule) for own in subject.property(owner, "SecurityGroupEgress")) for owner in owners)


def _everyone(wide: Value, rule: Value) -> bool:
    """Whether a rule allows 0.0.0.0/0 what another allows somebody, as far as ports and IPv4 go."""
    if wide.get("CidrIp") != "0.0.0.0/0" or "CidrIpv6" in rule or wide.get("IpProtocol") != rule.get("IpProtocol"):
        return False
    numbers = [rule.get("FromPort"), rule.get("ToPort")]
    return all(isinstance(number, int) for number in numbers) and (
        wide["FromPort"] <= numbers[0] <= numbers[1] <= wide["ToPort"]
    )


def endpoint_ports(mutant: Mutant) -> bool:
    """More ports and protocols of an endpoint's group, to the same peers, that no agent's rule lets out."""
    if mutant.path[1:2] != ("SecurityGroupIngress",) or mutant.subject.tag(mutant.resource, ROLE) != "endpoint":
        return False
    place = ("Resources", mutant.resource, *mutant.path[:3])
    old, new = (get(side, place) for side in (mutant.subject.template, mutant.template))
    if not isinstance(old, dict) or not isinstance(new, dict) or _peer(old) != _peer(new):
        return False
    before, after = _taken(old), _taken(new)
    if before is None or after is None or before[0] != "tcp":
        return False
    return all(
        rule["IpProtocol"] == "tcp"
        and [port for port in range(rule["FromPort"], rule["ToPort"] + 1) if before[1] <= port <= before[2]]
        == [port for port in range(rule["FromPort"], rule["ToPort"] + 1) if after[1] <= port <= after[2]]
        for rule in _let_out(mutant.subject)
    )


def _peer(rule: Value) -> Value:
    return {key: item for key, item in rule.items() if key not in {"Description", "FromPort", "IpProtocol", "ToPort"}}


def _taken(rule: Value) -> tuple[str, int, int] | None:
    """Protocol and ports that a rule takes in; None where TCP is not among them or something is unclear."""
    protocol, first, last = (rule.get(key) for key in ("IpProtocol", "FromPort", "ToPort"))
    if protocol == "-1" or (protocol == "tcp" and (first, last) == (-1, -1)):
        return str(protocol), 0, 65535
    if str(protocol) in {"tcp", "6"} and isinstance(first, int) and isinstance(last, int):
        return "tcp", first, last
    return None


def _let_out(subject: Subject) -> list[Value]:
    """All egress rules of agents' groups."""
    groups = subject.of("EC2::SecurityGroup", "agent")
    rules = [rule for group in groups for rule in subject.property(group, "SecurityGroupEgress")]
    return [*rules, *(subject.property(name) for name in subject.of("EC2::SecurityGroupEgress"))]


def same_decisions(mutant: Mutant) -> bool:
    """ACL entries changed, or a subnet got another ACL; both sides evaluated apart from the judge."""
    subject = mutant.subject
    try:
        match mutant.kind:
            case "AWS::EC2::NetworkAclEntry" if mutant.operator != "resource behind a loop":
                pairs = [(subject.template, mutant.template, acl, acl) for acl in subject.of("EC2::NetworkAcl")]
            case "AWS::EC2::SubnetNetworkAclAssociation" if mutant.path[1:] == ("NetworkAclId",):
                old, new = (
                    get(side, ("Resources", mutant.resource, *mutant.path, "Ref"))
                    for side in (subject.template, mutant.template)
                )
                if new not in subject.of("EC2::NetworkAcl"):
                    return False
                pairs = [(subject.template, subject.template, old, new)]
            case _:
                return False
        return all(_decides_alike(subject, *pair) for pair in pairs)
    except walls.Unread:
        return False


def _decides_alike(subject: Subject, before: Value, after: Value, old: str, new: str) -> bool:
    for egress in (True, False):
        lists = walls.entries(subject, before, old, egress=egress), walls.entries(subject, after, new, egress=egress)
        if lists[0] == lists[1]:
            continue
        probes = walls.probes(subject, *lists)
        if walls.decisions(lists[0], probes) != walls.decisions(lists[1], probes):
            return False
    return True


USED = {"AWS::EC2::NetworkAcl", "AWS::EC2::RouteTable", "AWS::EC2::SecurityGroup", "AWS::EC2::Subnet"}


def belongs_together(mutant: Mutant) -> bool:
    """What the template says of the VPC of something that no agent bears or stands in, while others use it."""
    empties = mutant.operator == "empty" and mutant.path == ("Properties",)
    only = {"VpcId", "Tags"} >= set(mutant.subject.property(mutant.resource)) if empties else False
    if mutant.kind not in USED or not (mutant.path == ("Properties", "VpcId") or only):
        return False
    if mutant.subject.tag(mutant.resource, ROLE) == "agent" and mutant.kind in {
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::Subnet",
    }:
        return False
    return any(
        name == mutant.resource
        for resource in mutant.subject.resources.values()
        for _, name in references(resource.get("Properties", {}))
    )


def zone(mutant: Mutant) -> bool:
    """A subnet's zone, in a template without a firewall or of an endpoint's subnet."""
    if mutant.kind != "AWS::EC2::Subnet":
        return False
    added = mutant.operator == "add property" and mutant.detail.startswith("AvailabilityZoneId=")
    decides = mutant.subject.of("NetworkFirewall::Firewall") and mutant.subject.tag(mutant.resource, ROLE) != "endpoint"
    return (added or mutant.path[1:] == ("AvailabilityZone",)) and not decides


SPELLINGS = ({"tcp", "6"}, {"udp", "17"}, {"icmp", "1"}, {"icmpv6", "58"})


def spelling(mutant: Mutant) -> bool:
    """A protocol's name for its number, or the other way round."""
    place = ("Resources", mutant.resource, *mutant.path)
    both = {str(get(side, place)) for side in (mutant.subject.template, mutant.template)}
    return mutant.path[-1:] == ("IpProtocol",) and any(both <= spelled for spelled in SPELLINGS)


def same_table(mutant: Mutant) -> bool:
    """A subnet got another table that says the same."""
    if mutant.kind != "AWS::EC2::SubnetRouteTableAssociation" or mutant.path[1:] != ("RouteTableId",):
        return False
    old, new = (
        get(side, ("Resources", mutant.resource, *mutant.path, "Ref"))
        for side in (mutant.subject.template, mutant.template)
    )
    tables = mutant.subject.of("EC2::RouteTable")
    return old in tables and new in tables and _routes(mutant.subject, old) == _routes(mutant.subject, new)


def _routes(subject: Subject, table: str) -> list[str]:
    """All that names a table, apart from subnets, without the table's name."""
    others = set(subject.resources) - set(subject.of("EC2::SubnetRouteTableAssociation")) - {table}
    found = []
    for name in sorted(others):
        properties = subject.property(name)
        if any(called == table for _, called in references(properties)):
            listed = isinstance(properties.get("RouteTableIds"), list)
            said = {key: item for key, item in properties.items() if key not in {"RouteTableId", "RouteTableIds"}}
            found.append(f"{name if listed else ''} {said}")
    return sorted(found)


def closing_function(mutant: Mutant) -> bool:
    """The role or the Python of the function that empties the default group, its code and handler as they were."""
    if mutant.kind != "AWS::Lambda::Function" or mutant.path[1:] not in {("Role",), ("Runtime",)}:
        return False
    runtime = get(mutant.template, ("Resources", mutant.resource, "Properties", "Runtime"))
    return isinstance(runtime, str) and runtime.startswith("python3.")


def default_action(mutant: Mutant) -> bool:
    """A deny is gone, or says another thing, where passes come first and the default is to drop.

    Of TCP that is only a reject of HTTP or TLS, which are known for what they are once they are established.
    """
    subject = mutant.subject
    drops = {"aws:drop_established", "aws:drop_established_app_layer_to_server", "aws:drop_strict"}
    for policy in subject.of("NetworkFirewall::FirewallPolicy"):
        if not drops & set(subject.property(policy, "FirewallPolicy", "StatefulDefaultActions")):
            return False
    line = _gone(mutant)
    if line is None and (found := _line(mutant)) is not None:
        old, new = found
        line = old if (old.action, old.header[:5]) == (new.action, new.header[:5]) else None
    if line is None or not _after_passes(mutant):
        return False
    return (line.action == "reject" and line.header[0] in {"http", "tls"}) or (
        line.action == "drop" and line.header[0] in {"udp", "icmp"} and _gone(mutant) is not None
    )


def _after_passes(mutant: Mutant) -> bool:
    """Whether groups that only pass are asked before the group that changed."""
    order: dict[str, int] = {}
    for policy in mutant.subject.of("NetworkFirewall::FirewallPolicy"):
        for used in mutant.subject.property(policy, "FirewallPolicy", "StatefulRuleGroupReferences"):
            order[get(used, ("ResourceArn", "Fn::GetAtt", 0))] = used["Priority"]
    before = [name for name in order if order[name] < order.get(mutant.resource, 0)]
    texts = [mutant.subject.property(name, "RuleGroup", "RulesSource", "RulesString") for name in before]
    return bool(texts) and all(line.startswith("pass ") for text in texts for line in text.splitlines())


def _gone(mutant: Mutant) -> Line | None:
    """The one Suricata rule that was taken away."""
    if mutant.operator not in {"rule: delete", "rule: comment out"}:
        return None
    place = ("Resources", mutant.resource, *mutant.path)
    before, after = (get(side, place).splitlines() for side in (mutant.subject.template, mutant.template))
    (line,) = set(before) - set(after)
    return Line.read(line)


def smaller_subnet(mutant: Mutant) -> bool:
    """A subnet that lost addresses and gained none, or one of a NAT gateway or firewall that gained some of nobody's."""
    if mutant.kind != "AWS::EC2::Subnet" or mutant.path[1:] != ("CidrBlock",):
        return False
    place = ("Resources", mutant.resource, *mutant.path)
    old, new = (_block(get(side, place)) for side in (mutant.subject.template, mutant.template))
    if old is None or new is None or impossible_block(mutant):
        return False
    grows = old.subnet_of(new) and mutant.subject.tag(mutant.resource, ROLE) in {"egress", "firewall"}
    return new.subnet_of(old) or grows


def no_ipv6(mutant: Mutant) -> bool:
    """Something for IPv6 was added where nobody can send it, or nothing lets it out."""
    if mutant.path[-1:] == ("IPAddressType",):
        kind = get(mutant.template, ("Resources", mutant.resource, *mutant.path))
        return kind == "DUALSTACK" and not _has_ipv6(mutant.template)
    if mutant.kind == "AWS::EC2::Subnet":
        named = ("Ipv6CidrBlock=", "Ipv6IpamPoolId=", "Ipv6NetmaskLength=", "AssignIpv6AddressOnCreation=")
        own = mutant.operator == "add property" and mutant.detail.startswith(named)
        flag = mutant.operator == "negate" and mutant.path[1:] == ("AssignIpv6AddressOnCreation",)
        return (own or flag) and not _names_ipv6(mutant.template)
    if mutant.detail.startswith("route of ") and mutant.detail.endswith(" to egress-only gateway"):
        # It takes no IPv4: where an agent has a way to the internet, that way would be lost.
        lost = " for ::/0 " not in mutant.detail and mutant.subject.of("EC2::InternetGateway")
        return not lost and not _has_ipv6(mutant.template)
    line = _line(mutant)
    if line is not None and (line[0].header[1], line[0].header[4]) == ("::/0", "::/0"):
        return line[0].header[1:] == line[1].header[1:] and not _has_ipv6(mutant.template)
    if mutant.detail.startswith("IPv6 beside the firewall, by "):
        first = mutant.subject.of("EC2::Subnet", "agent")[0]
        used = {
            mutant.subject.property(name, "RouteTableId", "Ref")
            for name in mutant.subject.of("EC2::SubnetRouteTableAssociation")
            if mutant.subject.property(name, "SubnetId", "Ref") == first
        }
        return mutant.detail.removeprefix("IPv6 beside the firewall, by ") not in used
    added = mutant.detail == "an IPv6 block of the VPC" or (
        mutant.detail.startswith("route of ") and " for ::/0 to " in mutant.detail
    )
    added = added or mutant.detail == "IpAddressType=dualstack"
    return added and not _has_ipv6(mutant.template)


def _has_ipv6(template: Value) -> bool:
    """Whether a subnet has an IPv6 block, or gets one."""
    return any(
        "Ipv6" in key
        for resource in template["Resources"].values()
        if resource["Type"] in {"AWS::EC2::Subnet", "AWS::EC2::SubnetCidrBlock"}
        for key in resource.get("Properties", {})
        if key != "AssignIpv6AddressOnCreation"
    )


def _names_ipv6(template: Value) -> bool:
    """Whether a rule of a group, an entry of an ACL or a route names an IPv6 block."""
    kinds = {"SecurityGroup", "SecurityGroupEgress", "SecurityGroupIngress", "NetworkAclEntry", "Route"}
    return any(
        "ipv6" in str(resource.get("Properties", {})).lower()
        for resource in template["Resources"].values()
        if resource["Type"].removeprefix("AWS::EC2::") in kinds
    )


def own_resolver(mutant: Mutant) -> bool:
    """A Resolver rule that names no other server."""
    return mutant.detail in {"SYSTEM rule for every name", "RECURSIVE rule for every name"}


def capped(mutant: Mutant) -> bool:
    """A role of an agent with the boundary of the same agent."""
    role = get(mutant.template, ("Resources", "Added", "Properties"))
    bears = get(role, ("PermissionsBoundary", "Ref"))
    if mutant.operator != "add resource" or not isinstance(bears, str):
        return False
    agents = {tag["Value"] for tag in role["Tags"] if tag["Key"] == AGENT}
    published = {
        get(mutant.subject.property(name, "Tags"), (AGENT,))
        for name in mutant.subject.of("SSM::Parameter")
        if mutant.subject.property(name, "Value", "Ref") == bears
    }
    return bears in mutant.subject.of("IAM::ManagedPolicy") and agents == published


def stands_in_subnets(mutant: Mutant) -> bool:
    """What a firewall says of its VPC, while the subnets that it maps are the same."""
    return mutant.kind == "AWS::NetworkFirewall::Firewall" and mutant.path == ("Properties", "VpcId")


def home_net(mutant: Mutant) -> bool:
    """HOME_NET is no longer written, and was the VPC's block."""
    if mutant.operator not in {"empty", "remove property"} or "PolicyVariables" not in mutant.path:
        return False
    said = mutant.subject.property(mutant.resource, "FirewallPolicy", "PolicyVariables", "RuleVariables")
    named = get(mutant.template, ("Resources", mutant.resource, "Properties", "FirewallPolicy", "PolicyVariables"))
    vpc = mutant.subject.property(mutant.subject.of("EC2::VPC")[0], "CidrBlock")
    return said == {"HOME_NET": {"Definition": [vpc]}} and "HOME_NET" not in str(named)


def resolved_pins(mutant: Mutant) -> bool:
    """Less of a block is exempt from resolved-IP validation that only rules for names lead to."""
    if mutant.operator != "narrow block" or "BypassDestinationValidationIPRanges" not in mutant.path:
        return False
    block = get(mutant.subject.template, ("Resources", mutant.resource, *mutant.path))
    lines = [Line.read(line) for text in _rules_strings(mutant.subject) for line in text.splitlines() if line.strip()]
    passing = [line for line in lines if line.action == "pass" and line.header[4] == block]
    return bool(passing) and all({"tls.sni", "http.host"} & set(line.options) for line in passing)


def unused_action(mutant: Mutant) -> bool:
    """A custom action or a set that nothing names, or whether AWS may study a rule group's traffic."""
    if mutant.kind == "AWS::NetworkFirewall::RuleGroup" and mutant.detail == "PortSets={}":
        return True
    if mutant.kind != "AWS::NetworkFirewall::FirewallPolicy" or mutant.operator != "add property":
        return False
    place = ("Resources", mutant.resource, *mutant.path)
    before, after = get(mutant.subject.template, place), get(mutant.template, place)
    (added,) = set(after) - set(before)
    actions = [action for key in ("StatelessDefaultActions", "StatelessFragmentDefaultActions") for action in before.get(key, [])]  # fmt: skip
    return added == "DeepThreatInspection" or (
        added == "StatelessCustomActions" and all(str(action).startswith("aws:") for action in actions)
    )


def handle(mutant: Mutant) -> bool:
    """A macro in the properties of a wait condition's handle."""
    return mutant.detail == "include" and mutant.kind == "AWS::CloudFormation::WaitConditionHandle"


def _line(mutant: Mutant) -> tuple[Line, Line] | None:
    """The one Suricata rule that changed, before and after; None where several did, or their number."""
    if not mutant.operator.startswith("rule: "):
        return None
    place = ("Resources", mutant.resource, *mutant.path)
    texts = [get(side, place) for side in (mutant.subject.template, mutant.template)]
    try:
        sides = [[Line.read(line) for line in text.splitlines() if line.strip()] for text in texts]
    except (AttributeError, ValueError):
        return None
    if len(sides[0]) != len(sides[1]):
        return None
    changed = [(old, new) for old, new in zip(*sides, strict=True) if old != new]
    return changed[0] if len(changed) == 1 else None


def nobodys(mutant: Mutant) -> bool:
    """A rule whose sources leave out every agent that any rule knows, and still do."""
    found = _line(mutant)
    agents = set(re.findall(r"\$AGENT_\w+", " ".join(_rules_strings(mutant.subject))))
    return found is not None and all(
        side.header[1].startswith("[$HOME_NET,") and all(f"!{agent}" in side.header[1] for agent in agents)
        for side in found
    )


def _rules_strings(subject: Subject) -> Iterator[str]:
    for group in subject.of("NetworkFirewall::RuleGroup"):
        text = subject.property(group, "RuleGroup", "RulesSource", "RulesString")
        if isinstance(text, str):
            yield text


def to_server(mutant: Mutant) -> bool:
    """A pass from an agent lost ``flow:to_server``, where connections from outside are dropped when they begin."""
    found = _line(mutant)
    if found is None:
        return False
    old, new = found
    lines = [Line.read(line) for text in _rules_strings(mutant.subject) for line in text.splitlines() if line.strip()]
    begins = ("ip", "$EXTERNAL_NET", "any", "->", "any", "any")
    return (
        old.action == new.action == "pass"
        and old.header == new.header
        and old.header[1].startswith("$AGENT_")
        and [option for option in old.options if option != "flow:to_server"] == list(new.options)
        and any(line.action == "drop" and line.header == begins and "flow:to_server" in line.options for line in lines)
    )


def recognised_later(mutant: Mutant) -> bool:
    """A rule about an application protocol that no longer asks for an established flow."""
    found = _line(mutant)
    if found is None:
        return False
    old, new = found
    asked = [option.replace("flow:to_server,established", "flow:to_server") for option in old.options]
    return (
        (old.action, old.header) == (new.action, new.header)
        and any(option.startswith("app-layer-protocol:") for option in old.options)
        and asked == list(new.options)
    )


def alert(mutant: Mutant) -> bool:
    """A DNS rule that allowed now allows and reports."""
    place = ("Resources", mutant.resource, *mutant.path)
    both = [get(side, place) for side in (mutant.subject.template, mutant.template)]
    return mutant.kind == "AWS::Route53Resolver::FirewallRuleGroup" and both == ["ALLOW", "ALERT"]


def first_name(mutant: Mutant) -> bool:
    """What the rule that blocks every name does with redirections."""
    rule = get(mutant.subject.template, ("Resources", mutant.resource, *mutant.path[:-1]))
    listed = get(rule, ("FirewallDomainListId", "Fn::GetAtt", 0))
    return (
        mutant.path[-1:] == ("FirewallDomainRedirectionAction",)
        and get(rule, ("Action",)) == "BLOCK"
        and isinstance(listed, str)
        and mutant.subject.property(listed, "Domains") == ["*"]
    )


OF_INTERFACES = ("PrivateDnsEnabled=", "SecurityGroupIds=", "SubnetIds=")


def other_kind(mutant: Mutant) -> bool:
    """A property of interface endpoints on a gateway endpoint, or the other way round."""
    if mutant.kind != "AWS::EC2::VPCEndpoint" or mutant.operator != "add property" or mutant.path != ("Properties",):
        return False
    gateway = mutant.subject.property(mutant.resource, "VpcEndpointType") == "Gateway"
    return mutant.detail.startswith(OF_INTERFACES if gateway else "RouteTableIds=")


def _compared(mutant: Mutant) -> dict[str, Value]:
    """The keys and values of a condition whose operator was exchanged; empty for other mutants."""
    if mutant.operator != "weaken condition":
        return {}
    place = ("Resources", mutant.resource, *mutant.path, mutant.detail.partition(" to ")[0])
    found = get(mutant.subject.template, place)
    return found if isinstance(found, dict) else {}


def no_wildcard(mutant: Mutant) -> bool:
    """StringLike for StringEquals, of values without wildcards."""
    keys = _compared(mutant)
    return mutant.detail == "StringEquals to StringLike" and not any(
        mark in str(value) for value in keys.values() for mark in "*?"
    )


def always_there(mutant: Mutant) -> bool:
    """IfExists of aws:PrincipalAccount: "anonymous requests return anonymous" (IAM user guide, global condition keys)."""
    keys = _compared(mutant)
    return mutant.detail == "StringEquals to StringEqualsIfExists" and set(keys) == {"aws:PrincipalAccount"}


def one_agent(mutant: Mutant) -> bool:
    """An endpoint's policy no longer says from which addresses of the VPC, where all are one agent's."""
    agents = {mutant.subject.tag(name, AGENT) for name in mutant.subject.of("EC2::Subnet", "agent")}
    inside = mutant.path[-1:] == ("IpAddress",) or "aws:VpcSourceIp" in mutant.path
    widened = mutant.operator in {"remove property", "empty", "widen block"}
    if mutant.kind != "AWS::EC2::VPCEndpoint" or not (inside and widened) or len(agents) != 1:
        return False
    # An empty list of addresses matches none.
    return mutant.operator != "empty" or mutant.path[-1:] == ("IpAddress",)


def other_subnet(mutant: Mutant) -> bool:
    """An interface endpoint lost one of several subnets, or was given one of its others twice."""
    if mutant.kind != "AWS::EC2::VPCEndpoint" or mutant.path[1:2] != ("SubnetIds",) or len(mutant.path) != 3:
        return False
    before, after = (
        [get(subnet, ("Ref",)) for subnet in get(side, ("Resources", mutant.resource, "Properties", "SubnetIds"))]
        for side in (mutant.subject.template, mutant.template)
    )
    return bool(after) and set(after) < set(before)


def only_inward(mutant: Mutant) -> bool:
    """An EC2 Instance Connect endpoint, beside agents whose groups have no ingress rule."""
    groups = mutant.subject.of("EC2::SecurityGroup", "agent")
    return mutant.detail == "connect endpoint" and not any(
        mutant.subject.property(group, "SecurityGroupIngress") for group in groups
    )


OF_EXTENSIONS = ("Fn::ForEach", "Fn::Length", "Fn::ToJsonString", "DefaultValue")


def extensions(mutant: Mutant) -> bool:
    """The transform AWS::LanguageExtensions, alone."""
    written = str(mutant.subject.template)
    return (
        mutant.operator == "add transform"
        and mutant.template.get("Transform") == "AWS::LanguageExtensions"
        and not any(function in written for function in OF_EXTENSIONS)
    )


def empty_list(mutant: Mutant) -> bool:
    """A list that was not there and is empty now: of references, or of further addresses."""
    named = ("StatelessRuleGroupReferences=[]", "SecondaryAllocationIds=[]")
    return mutant.operator == "add property" and mutant.detail in named


def spared_anyway(mutant: Mutant) -> bool:
    """A wider set of sources that only spares them from a rule which spares every agent already."""
    if mutant.operator != "widen block" or mutant.path[:4] != ("Properties", "RuleGroup", "RuleVariables", "IPSets"):
        return False
    variable = f"${mutant.path[4]}"
    rules = get(mutant.subject.template, ("Resources", mutant.resource, "Properties", "RuleGroup", "RulesSource"))
    lines = [line for line in rules["RulesString"].splitlines() if variable in line.partition("(")[0]]
    groups = [mutant.subject.property(name, "RuleGroup") for name in mutant.subject.of("NetworkFirewall::RuleGroup")]
    agents = {f"!${name}" for group in groups for name in group["RuleVariables"]["IPSets"]}
    return all(
        line.split()[0] in {"drop", "reject"} and agents <= set(line.split()[2].strip("[]").split(","))
        for line in lines
    )
