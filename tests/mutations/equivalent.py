"""Why a mutant may be proven: rules that a person can check without the judge, each with its sentence.

A rule looks only at the two templates. It holds where the mutant lets out, by AWS's documentation, exactly what
the sound template does; what it says is narrow, for every mutant that it covers is one that the judge need not see.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

from tests.mutations import around
from tests.mutations.mutant import Mutant
from tests.mutations.operators.structure import UNTOLD
from tests.mutations.operators.suricata import Line
from tests.mutations.subject import AGENT, ROLE, layer_of
from tests.mutations.tree import ABSENT, Value, get, is_intrinsic, references


@dataclass(frozen=True)
class Reason:
    """``name`` for the table, ``sentence`` to be checked, ``holds`` for which mutants."""

    name: str
    sentence: str
    holds: Callable[[Mutant], bool]


def reason_for(mutant: Mutant) -> Reason | None:
    """The first reason that covers a mutant."""
    return next((reason for reason in REASONS if reason.holds(mutant)), None)


# What a resource is called, says of itself, or is sorted by.

LABELS: dict[str, frozenset[str]] = {
    "AWS::EC2::SecurityGroup": frozenset({"GroupDescription", "GroupName"}),
    "AWS::EC2::SecurityGroupEgress": frozenset({"Description"}),
    "AWS::IAM::ManagedPolicy": frozenset({"Description", "ManagedPolicyName", "Path"}),
    "AWS::NetworkFirewall::Firewall": frozenset({"FirewallName", "Description"}),
    "AWS::NetworkFirewall::FirewallPolicy": frozenset({"FirewallPolicyName", "Description"}),
    "AWS::NetworkFirewall::RuleGroup": frozenset({"RuleGroupName", "Description", "Capacity"}),
    "AWS::Route53Resolver::FirewallDomainList": frozenset({"Name"}),
    "AWS::Route53Resolver::FirewallRuleGroup": frozenset({"Name"}),
    "AWS::Route53Resolver::FirewallRuleGroupAssociation": frozenset({"Name"}),
}
LABELS_ANYWHERE = frozenset({"Sid"})
RULE_LABELS = frozenset({"Description"})
PLACING = frozenset({"AWS::EC2::Subnet", "AWS::EC2::SecurityGroup", "AWS::IAM::Role"})
"""The types whose tags say where an agent runs and as whom. Elsewhere our tags are for people to search by."""
PLACING_TAGS = frozenset({AGENT, ROLE})


def _unlabelled(kind: str, value: Value, *, top: bool = True) -> Value:
    if is_intrinsic(value):
        return value
    match value:
        case dict():
            named = LABELS.get(kind, frozenset()) if top else RULE_LABELS
            return {
                key: _unlabelled(kind, item, top=False)
                for key, item in value.items()
                if key not in named and key not in LABELS_ANYWHERE and not (top and key == "Tags")
            }
        case list():
            return [_unlabelled(kind, item, top=False) for item in value]
        case _:
            return value


def _placed(kind: str, properties: Value) -> Value:
    """What the tags say of an agent: nothing where they name none; all of them where one cannot be read.

    Where both our keys are there, a tag that cannot be read is another one: AWS refuses a key that stands twice.
    """
    tags = properties.get("Tags", [])
    if kind not in PLACING:
        return None
    if not isinstance(tags, list):
        return tags
    tags = [tag for tag in tags if not _perhaps_a_label(tag)]
    ours = [tag for tag in tags if isinstance(tag, dict) and str(tag.get("Key")) in PLACING_TAGS]
    if {tag["Key"] for tag in ours} == PLACING_TAGS:
        return sorted(map(str, ours))
    keys = {get(tag, ("Key",)) if isinstance(get(tag, ("Key",)), str) else ABSENT for tag in tags}
    if ABSENT in keys or any("{{resolve:" in str(key) for key in keys):
        return tags
    return sorted(str(tag) for tag in tags if tag["Key"] in PLACING_TAGS) if AGENT in keys else None


def _perhaps_a_label(tag: Value) -> bool:
    """A tag that may not be there, and that places nothing where it is."""
    match tag:
        case {"Fn::If": [_, {"Key": str(key)}, {"Ref": "AWS::NoValue"}]}:
            return key not in PLACING_TAGS
        case _:
            return False


def _labels(mutant: Mutant) -> bool:
    before, after = _both(mutant)
    if before is ABSENT or after is ABSENT:
        return False
    same = _unlabelled(mutant.kind, before) == _unlabelled(mutant.kind, after)
    return bool(same and _placed(mutant.kind, before) == _placed(mutant.kind, after))


def _both(mutant: Mutant) -> tuple[Value, Value]:
    """The properties before and after, where nothing else of the resource or of other resources changed."""
    place = ("Resources", mutant.resource)
    if any(path[:2] != place for path, _ in mutant.edits if path[0] == "Resources"):
        return ABSENT, ABSENT
    before, after = get(mutant.subject.template, place), get(mutant.template, place)
    if not isinstance(before, dict) or not isinstance(after, dict):
        return ABSENT, ABSENT
    rest = [{key: item for key, item in side.items() if key != "Properties"} for side in (before, after)]
    if rest[0] != rest[1] or not isinstance(after.get("Properties", {}), dict):
        return ABSENT, ABSENT
    return before.get("Properties", {}), after.get("Properties", {})


# Lists whose order AWS does not read.

SETS = frozenset(
    {
        "Action", "BypassDestinationValidationIPRanges", "Definition", "Domains", "Resource", "RouteTableIds",
        "SecurityGroupEgress", "SecurityGroupIds", "SecurityGroupIngress", "SourceIPRanges", "Statement", "SubnetIds",
        "SubnetMappings", "Tags", "aws:PrincipalAccount", "aws:SourceVpc", "aws:VpcSourceIp", "FirewallRules",
        "StatefulRuleGroupReferences", "StatefulDefaultActions",
    }
)  # fmt: skip
"""Of the last three, numbers give the order (rules, groups), or there is none (default actions)."""


def _reordered(mutant: Mutant) -> bool:
    return mutant.operator == "reorder" and bool(mutant.path) and mutant.path[-1] in SETS


# Numbers that only give an order, which is kept.


def _same_order(mutant: Mutant) -> bool:
    if mutant.operator != "change number" or len(mutant.path) < 2:
        return False
    match mutant.kind, mutant.path[-1]:
        case "AWS::Route53Resolver::FirewallRuleGroup" | "AWS::NetworkFirewall::FirewallPolicy", "Priority":
            place = ("Resources", mutant.resource, *mutant.path[:-2])
            sides = [
                {str(index): item.get("Priority") for index, item in enumerate(get(side, place))}
                for side in (mutant.subject.template, mutant.template)
            ]
            return _keeps(sides[0], sides[1])
        case "AWS::Route53Resolver::FirewallRuleGroupAssociation", "Priority":
            number = get(mutant.template, ("Resources", mutant.resource, *mutant.path))
            return len(mutant.subject.by_type[mutant.kind]) == 1 and isinstance(number, int)
        case _:
            return False


def _keeps(before: dict[str, object], after: dict[str, object]) -> bool:
    """Whether different numbers sort the same things in the same order."""
    if not all(isinstance(number, int) for side in (before, after) for number in side.values()):
        return False
    ordered = [sorted(side, key=lambda name: int(str(side[name]))) for side in (before, after)]
    return len(set(after.values())) == len(after) and ordered[0] == ordered[1]


# Suricata: what a rule says of itself, and the order of rules that decide alike.

LOGGING = re.compile(r"(msg|metadata|rev|sid|alert|noalert)(:|$)")
STOPS = {"drop": "stop", "reject": "stop"}


def _lines(mutant: Mutant) -> tuple[list[Line], list[Line]] | None:
    if mutant.kind != "AWS::NetworkFirewall::RuleGroup" or not mutant.operator.startswith("rule: "):
        return None
    place = ("Resources", mutant.resource, *mutant.path)
    try:
        before, after = (
            [Line.read(line) for line in get(side, place).splitlines() if line.strip()]
            for side in (mutant.subject.template, mutant.template)
        )
    except ValueError:
        return None
    return before, after


def _said(line: Line) -> Line:
    kept = tuple(option for option in line.options if not LOGGING.match(option))
    return Line(line.action, line.header, kept)


def _logging_only(mutant: Mutant) -> bool:
    lines = _lines(mutant)
    return lines is not None and [_said(line) for line in lines[0]] == [_said(line) for line in lines[1]]


def _same_runs(mutant: Mutant) -> bool:
    lines = _lines(mutant)
    if lines is None or mutant.operator not in {"rule: swap lines", "rule: turn round"}:
        return False
    runs = [
        [
            (action, sorted(map(str, run)))
            for action, run in groupby(side, key=lambda line: STOPS.get(line.action, line.action))
        ]
        for side in lines
    ]
    return runs[0] == runs[1]


def _drop_or_reject(mutant: Mutant) -> bool:
    lines = _lines(mutant)
    if lines is None or mutant.operator != "rule: change action":
        return False
    plain = [[Line(STOPS.get(line.action, line.action), line.header, line.options) for line in side] for side in lines]
    return plain[0] == plain[1]


# Other choices that let out the same.

REFUSALS = {
    "BlockResponse": {"NODATA", "NXDOMAIN"},
    "StreamExceptionPolicy": {"DROP", "REJECT"},
    "Action": {"DROP", "REJECT"},
}


def _refuses_otherwise(mutant: Mutant) -> bool:
    if mutant.operator != "other choice" or not mutant.path or mutant.kind not in REFUSING:
        return False
    place = ("Resources", mutant.resource, *mutant.path)
    alike = REFUSALS.get(str(mutant.path[-1]), set())
    return {get(mutant.subject.template, place), get(mutant.template, place)} <= alike


REFUSING = {"AWS::Route53Resolver::FirewallRuleGroup", "AWS::NetworkFirewall::FirewallPolicy"}

PROTECTIONS: dict[str, frozenset[str]] = {
    "AWS::NetworkFirewall::Firewall": frozenset(
        {
            "AvailabilityZoneChangeProtection",
            "DeleteProtection",
            "FirewallPolicyChangeProtection",
            "SubnetChangeProtection",
        }
    ),
    "AWS::Route53Resolver::FirewallRuleGroupAssociation": frozenset({"MutationProtection"}),
}


def _touches_only(names: dict[str, frozenset[str]]) -> Callable[[Mutant], bool]:
    def holds(mutant: Mutant) -> bool:
        before, after = _both(mutant)
        if before is ABSENT or after is ABSENT:
            return False
        ignored = names.get(mutant.kind, frozenset())
        return {key: item for key, item in before.items() if key not in ignored} == {
            key: item for key, item in after.items() if key not in ignored
        }

    return holds


DEFAULTS: dict[tuple[str, str], Value] = {
    ("AWS::EC2::NetworkAclEntry", "Egress"): False,
    ("AWS::EC2::NatGateway", "ConnectivityType"): "public",
    ("AWS::EC2::SecurityGroup", "SecurityGroupIngress"): [],
    ("AWS::EC2::Subnet", "AssignIpv6AddressOnCreation"): False,
    ("AWS::EC2::Subnet", "EnableDns64"): False,
    ("AWS::EC2::Subnet", "Ipv6Native"): False,
    ("AWS::EC2::Subnet", "MapPublicIpOnLaunch"): False,
    ("AWS::EC2::VPC", "EnableDnsSupport"): True,
    ("AWS::EC2::VPC", "InstanceTenancy"): "default",
    ("AWS::EC2::VPCEndpoint", "VpcEndpointType"): "Gateway",
    ("AWS::EC2::VPCEndpoint", "IpAddressType"): "ipv4",
    ("AWS::EC2::EIP", "Domain"): "vpc",
    **{("AWS::IAM::ManagedPolicy", name): [] for name in ("Groups", "Roles", "Users")},
}
"""What AWS takes where nothing is written (CloudFormation template reference, each type's page)."""


def _default(mutant: Mutant) -> bool:
    before, after = _both(mutant)
    if mutant.operator == "behind a condition" and mutant.path[:1] == ("Properties",):
        # The value, or nothing: both are the default.
        return len(mutant.path) == 2 and DEFAULTS.get((mutant.kind, str(mutant.path[1])), ABSENT) == get(
            before, mutant.path[1:]
        )
    if before is ABSENT or after is ABSENT:
        return False
    filled = [
        side | {name: value for (kind, name), value in DEFAULTS.items() if kind == mutant.kind and name not in side}
        for side in (before, after)
    ]
    return bool(filled[0] == filled[1])


OPERATIONS: dict[str, frozenset[str]] = {
    "AWS::EC2::EIP": frozenset(
        {"Address", "Domain", "IpamPoolId", "NetworkBorderGroup", "PublicIpv4Pool", "TransferAddress"}
    ),
    "AWS::EC2::NatGateway": frozenset({"MaxDrainDurationSeconds"}),
    "AWS::EC2::Subnet": frozenset({"PrivateDnsNameOptionsOnLaunch"}),
    "AWS::EC2::VPC": frozenset({"InstanceTenancy", "VpcEncryptionControl"}),
    "AWS::Lambda::Function": frozenset(
        {
            "Architectures",
            "Description",
            "FunctionName",
            "LoggingConfig",
            "MemorySize",
            "Tags",
            "Timeout",
        }
    ),
    "Custom::AgentPerimeterClosedDefaultGroup": frozenset({"ServiceTimeout", UNTOLD}),
}


def _depends_only(mutant: Mutant) -> bool:
    return mutant.path == ("DependsOn",)


def _idle_time(mutant: Mutant) -> bool:
    return mutant.kind == "AWS::NetworkFirewall::FirewallPolicy" and "FlowTimeouts" in mutant.path


ADDITIONS = ("add resource", "add rule", "add transform", "add hook")
STRANGE = ("resource of an unknown type", "resource of a module", "resource behind a loop")


def _evidence(mutant: Mutant) -> bool:
    if mutant.layer != "evidence" or mutant.operator in ADDITIONS:
        return False
    # As a type that nobody knows it may do anything, but only to what it names.
    named = {name for _, name in references(mutant.subject.resources[mutant.resource])}
    kinds = {get(mutant.subject.template, ("Resources", name, "Type")) for name in named} - {ABSENT}
    return mutant.operator not in STRANGE or {layer_of(str(kind)) for kind in kinds} <= {"evidence"}


REASONS: tuple[Reason, ...] = (
    Reason("label", "Names, descriptions, statement ids and tags that place nothing carry no packets.", _labels),
    Reason(
        "evidence",
        "Flow logs, log groups, query logs, the roles that write them and the parameters that publish ids "
        "record what happens; they let nothing out and hold nothing in.",
        _evidence,
    ),
    Reason("set", "AWS reads this list as a set: its order decides nothing.", _reordered),
    Reason(
        "same order",
        "The number changed, the order of the rules that it sorts did not; a single one has no order.",
        _same_order,
    ),
    Reason(
        "rule label",
        "A rule's message, metadata, number, revision and alert keywords decide what is logged only.",
        _logging_only,
    ),
    Reason("same run", "Neighbouring rules of one action decide alike, whichever of them is asked first.", _same_runs),
    Reason("drop or reject", "Drop and reject both stop the flow; reject also tells the sender.", _drop_or_reject),
    Reason("refused otherwise", "Both choices refuse; they differ in what the sender is told.", _refuses_otherwise),
    Reason(
        "protection",
        "It guards the resource against a later change, which is a matter of drift; it decides no packet.",
        _touches_only(PROTECTIONS),
    ),
    Reason(
        "default", "What is no longer written, or is written now, is what AWS takes where nothing is written.", _default
    ),
    Reason(
        "operation",
        "How long or where the closing function runs, what it is handed that it does not read, where an address "
        "comes from, on whose hardware instances run, how they are named and whether they must encrypt.",
        _touches_only(OPERATIONS),
    ),
    Reason(
        "threat rule",
        "A rule about threats stops queries by their looks; with it or without, the rules about names, which stay "
        "in their order, allow the intent's names and block all others. Below a wildcard it does count, and only "
        "how sure AWS must be does not.",
        around.threat_rule,
    ),
    Reason(
        "block answer",
        "BLOCK refuses whatever answer it is told to give, as long as that is no other name; ALLOW gives none.",
        around.block_answer,
    ),
    Reason(
        "policy version",
        "Versions of the policy language differ in policy variables, and the document has none.",
        around.policy_version,
    ),
    Reason(
        "attached",
        "Attached to a role, a user or a group as well, a policy grants there at most what it says, and caps what it capped.",
        _touches_only({"AWS::IAM::ManagedPolicy": frozenset({"Groups", "Roles", "Users"})}),
    ),
    Reason(
        "not read",
        "With a group's id EC2 needs no owner.",
        around.not_read,
    ),
    Reason(
        "redundant egress",
        "The group also allows these ports to every address, whoever has it.",
        around.redundant_egress,
    ),
    Reason(
        "endpoint ports",
        "The endpoint's group takes in ports on which no agent's group lets anything out.",
        around.endpoint_ports,
    ),
    Reason(
        "same decisions",
        "Evaluated entry by entry, the ACL decides the same for every address that somebody can have.",
        around.same_decisions,
    ),
    Reason(
        "belongs together",
        "EC2 refuses what would join two VPCs: an ACL, table, subnet or group that this VPC uses is this VPC's.",
        around.belongs_together,
    ),
    Reason(
        "zone",
        "Where no firewall stands, and for endpoints, a packet's way does not depend on the zone.",
        around.zone,
    ),
    Reason("spelling", "EC2 takes a protocol by its name or its number.", around.spelling),
    Reason("same table", "The other route table has the same routes and gateway endpoints.", around.same_table),
    Reason(
        "closing function",
        "The code is known: it empties the group, or CloudFormation is told FAILED and refuses the stack.",
        around.closing_function,
    ),
    Reason(
        "default action",
        "The default action drops what no rule passes: of TCP what is established, of UDP and ICMP everything "
        "(Network Firewall guide). This rule comes after the passes and only says so sooner.",
        around.default_action,
    ),
    Reason(
        "smaller subnet",
        "The subnet shrank inside its old block: rules name addresses that nobody has any more. Where only a NAT gateway "
        "or a firewall stands, it may as well grow over addresses that were nobody's.",
        around.smaller_subnet,
    ),
    Reason(
        "no IPv6",
        "IPv6 goes nowhere: no group, ACL or route names an IPv6 block, or no subnet has one to send from.",
        around.no_ipv6,
    ),
    Reason(
        "own resolver", "SYSTEM and RECURSIVE rules leave queries with the VPC's own resolver.", around.own_resolver
    ),
    Reason("capped", "The role bears the boundary that was made for its agent.", around.capped),
    Reason(
        "stands in its subnets",
        "A firewall stands in the subnets that it maps; in another VPC than theirs AWS refuses to make it.",
        around.stands_in_subnets,
    ),
    Reason(
        "unused action",
        "Nothing names the custom action or the set; AWS's threat research decides nothing.",
        around.unused_action,
    ),
    Reason("home net", "Without HOME_NET the firewall takes the VPC's block, which is what it said.", around.home_net),
    Reason(
        "resolved pins",
        "Rules for names alone lead to the block: who connects has resolved the name, and needs no exemption.",
        around.resolved_pins,
    ),
    Reason(
        "wait handle", "A handle that CloudFormation waits on has no properties for a macro to change.", around.handle
    ),
    Reason(
        "nobody's packets",
        "The rule's sources leave out every agent: it is for packets that no agent sends.",
        around.nobodys,
    ),
    Reason(
        "to the server",
        "Connections from outside are dropped at their first packet, so what has an agent's source goes to the server.",
        around.to_server,
    ),
    Reason(
        "recognised later",
        "An application protocol is recognised on an established flow only: asking for one says nothing more.",
        around.recognised_later,
    ),
    Reason(
        "endpoint egress",
        "An endpoint's interfaces answer and never open a connection, and nothing else bears its group: "
        "the group's egress rules decide nothing.",
        around.endpoint_egress,
    ),
    Reason(
        "endpoint table",
        "Endpoints only answer, inside the VPC: there the local route leads, which every table has.",
        around.endpoint_table,
    ),
    Reason(
        "needed",
        "Resources that are always there refer to it: where the condition does not hold, CloudFormation refuses the stack.",
        around.needed,
    ),
    Reason(
        "made twice",
        "Nothing refers to it, and a loop makes it twice: the same rule or association twice decides what it decides once.",
        around.made_twice,
    ),
    Reason("leads nowhere", "No route of an agent's table leads to it, and it changes none.", around.leads_nowhere),
    Reason("alert", "ALERT answers like ALLOW, and reports it.", around.alert),
    Reason(
        "first name",
        "A BLOCK of every name matches the first name of a chain: what it does with the others decides nothing.",
        around.first_name,
    ),
    Reason("other kind", "The property is for another kind of endpoint: AWS ignores or refuses it.", around.other_kind),
    Reason(
        "no wildcard", "Without a wildcard in its value StringLike compares as StringEquals does.", around.no_wildcard
    ),
    Reason(
        "always there",
        "Every request has the key, unsigned ones too: that it may be absent says nothing more.",
        around.always_there,
    ),
    Reason(
        "one agent",
        "The perimeter has one agent: nobody else is in the VPC from whom the endpoint would have to tell it apart.",
        around.one_agent,
    ),
    Reason(
        "other subnet",
        "The endpoint answers in its other subnet too, which the same group, ACL and routes serve.",
        around.other_subnet,
    ),
    Reason("only inward", "It lets people in, and the agents' groups take nothing in.", around.only_inward),
    Reason(
        "extensions",
        "AWS::LanguageExtensions resolves functions of its own, and the template has none.",
        around.extensions,
    ),
    Reason(
        "asked never",
        "The group before it, at the lower priority, decides every name: it is never asked.",
        around.asked_never,
    ),
    Reason("no gateway", "The VPC has no internet gateway: a public address leads nowhere.", around.no_gateway),
    Reason("empty addresses", "The block grew inside the VPC by addresses that no subnet has.", around.empty_addresses),
    Reason(
        "impossible block",
        "EC2 refuses a VPC larger than /16 or smaller than /28, and a subnet outside its VPC's block.",
        around.impossible_block,
    ),
    Reason(
        "not in the map", "Fn::FindInMap fails without its key: in that region the stack is refused.", around.unmapped
    ),
    Reason(
        "via a service",
        "Less is allowed to AWS services that act for the agent; what the agent itself may call is the same.",
        around.via_service,
    ),
    Reason(
        "any of one",
        "The key has one value: that any of its values is equal says what that it is equal says.",
        around.any_of_one,
    ),
    Reason(
        "order of creation",
        "DependsOn orders what CloudFormation does; the network that results is the same.",
        _depends_only,
    ),
    Reason("idle time", "How long an idle flow is remembered; a flow that is forgotten is judged again.", _idle_time),
    Reason(
        "empty list", "A list of references or addresses that is empty says what its absence says.", around.empty_list
    ),
    Reason(
        "spared anyway",
        "The set only spares agents from a reject that spares every agent already: what else it spares is no agent.",
        around.spared_anyway,
    ),
)
