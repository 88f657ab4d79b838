"""Network Firewall: firewalls, policies and rule groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agent_perimeter.lift.node import Pointer
from agent_perimeter.lift.properties import Property, top
from agent_perimeter.lift.resources import Resources, origin, parsed_cidr
from agent_perimeter.lift.vpc import PREFIX_LIST, SUBNET, VPC
from agent_perimeter.observed import (
    DomainRules,
    Doubt,
    Firewall,
    FirewallPolicy,
    FiveTupleRule,
    GroupUse,
    Ref,
    ResolvedIpValidation,
    RuleGroup,
    RuleSource,
    RulesString,
    StatelessRule,
)
from agent_perimeter.values import Cidr, PortRange

FIREWALL = "AWS::NetworkFirewall::Firewall"
FIREWALL_POLICY = "AWS::NetworkFirewall::FirewallPolicy"
RULE_GROUP = "AWS::NetworkFirewall::RuleGroup"
DNS_GROUP = "AWS::Route53Resolver::FirewallRuleGroup"


def firewalls(resources: Resources) -> tuple[Firewall, ...]:
    """Every firewall; a VpcEndpointAssociation puts an endpoint of it into one more subnet."""
    return tuple(
        Firewall(
            id=resource.id,
            origin=origin(resource),
            maybe=resource.maybe,
            vpc=resources.ref(properties.at("VpcId"), VPC),
            policy=resources.ref(properties.at("FirewallPolicyArn"), FIREWALL_POLICY),
            subnets=(
                *(_mapped(resources, item) for item in properties.at("SubnetMappings").items()),
                *_associated(resources, resource.id),
            ),
            delete_protection=_protection(properties.at("DeleteProtection")),
            subnet_protection=_protection(properties.at("SubnetChangeProtection")),
            policy_protection=_protection(properties.at("FirewallPolicyChangeProtection")),
        )
        for resource, properties in resources.of(FIREWALL)
    )


def _protection(written: Property) -> bool | Doubt:
    return written.truth(Doubt("what CloudFormation sets where a template is silent is not documented", written.path))


def _associated(resources: Resources, firewall: str) -> Iterator[Ref]:
    for resource, properties in resources.of("AWS::NetworkFirewall::VpcEndpointAssociation"):
        owner = resources.ref(properties.at("FirewallArn"), FIREWALL)
        if isinstance(owner, Doubt):
            yield owner
        elif owner == firewall:
            yield resource.maybe or _mapped(resources, properties.at("SubnetMapping"))


def _mapped(resources: Resources, mapping: Property) -> Ref:
    """The subnet of an endpoint. One that is for IPv6 alone would not take IPv4."""
    kind = mapping.at("IPAddressType").text()
    if kind not in (None, "IPV4", "DUALSTACK"):
        place = mapping.at("IPAddressType").path
        return kind if isinstance(kind, Doubt) else Doubt("which IP version this endpoint takes is not judged", place)
    return mapping.maybe or resources.ref(mapping.at("SubnetId"), SUBNET)


def firewall_policies(resources: Resources) -> tuple[FirewallPolicy, ...]:
    """Every firewall policy."""
    return tuple(_policies(resources))


def _home_net(resources: Resources, variables: Property) -> tuple[Cidr | Doubt, ...] | None:
    """What the policy overrides ``$HOME_NET`` with. That is the one variable it is for (Network Firewall API)."""
    written, home = variables.entries(), variables.at("HOME_NET")
    others = sorted(written.keys() - {"HOME_NET"}) if isinstance(written, Mapping) else []
    if others:
        return (Doubt(f"what a policy's variable {others[0]} means to its rules is not known", variables.path),)
    return None if home.absent else _known(resources, home.at("Definition"))


def _policies(resources: Resources) -> Iterator[FirewallPolicy]:
    for resource, properties in resources.of(FIREWALL_POLICY):
        policy = properties.at("FirewallPolicy")
        engine = policy.at("StatefulEngineOptions")
        inspection = policy.at("TLSInspectionConfigurationArn")
        yield FirewallPolicy(
            id=resource.id,
            origin=origin(resource),
            maybe=resource.maybe,
            stateful=tuple(_uses(resources, policy.at("StatefulRuleGroupReferences"))),
            stateless=tuple(_uses(resources, policy.at("StatelessRuleGroupReferences"))),
            home_net=_home_net(resources, policy.at("PolicyVariables", "RuleVariables")),
            stateless_actions=policy.at("StatelessDefaultActions").texts(),
            fragment_actions=policy.at("StatelessFragmentDefaultActions").texts(),
            stateful_actions=policy.at("StatefulDefaultActions").texts(),
            custom_actions=tuple(_custom_actions(policy.at("StatelessCustomActions"))),
            rule_order=_default(engine.at("RuleOrder"), "DEFAULT_ACTION_ORDER"),
            stream_exception=_default(engine.at("StreamExceptionPolicy"), "DROP"),
            resolved_ip=_resolved_ip(resources, policy.at("Route53ResolvedIPValidation")),
            tls_inspection=_given(inspection),
            tls_holding=policy.at("EnableTLSSessionHolding").truth(default=False),
            idle_timeout=_idle_timeout(engine.at("FlowTimeouts", "TcpIdleTimeoutSeconds")),
        )


def _default(written: Property, value: str) -> str | Doubt:
    found = written.text()
    return value if found is None else found


def _idle_timeout(written: Property) -> int | Doubt:
    """350 seconds unless it says otherwise (Network Firewall API, FlowTimeouts)."""
    found = written.whole()
    return 350 if found is None else found


def _given(written: Property) -> bool | Doubt:
    """Whether something stands there at all."""
    if written.absent:
        return False
    return Doubt("it may not be set", written.path) if written.optional else True


def _known(resources: Resources, blocks: Property) -> tuple[Cidr | Doubt, ...]:
    return resources.cidrs(blocks)


def _custom_actions(actions: Property) -> Iterator[str]:
    """Custom actions only publish metrics: they never decide. One whose name is not known is not listed."""
    for item in actions.items():
        name = item.at("ActionName").text()
        if isinstance(name, str):
            yield name


def _uses(resources: Resources, references: Property) -> Iterator[GroupUse]:
    for item in references.items():
        written = item.at("ResourceArn")
        override = item.at("Override", "Action").text()
        # A group that AWS keeps is in no template, but its ARN says whose it is.
        literal = written.text()
        kept = literal if isinstance(literal, str) and ":aws-managed:" in literal else None
        group: Ref = item.maybe or kept or resources.ref(written, RULE_GROUP)
        if isinstance(override, Doubt):
            group, override = override, None
        deep = item.at("DeepThreatInspection")
        yield GroupUse(
            group=group,
            priority=item.at("Priority").whole(),
            override=override,
            deep_inspection=None if deep.absent else deep.truth(default=False),
        )


def _resolved_ip(resources: Resources, written: Property) -> ResolvedIpValidation | Doubt | None:
    """Route53ResolvedIPValidation of the Network Firewall API; what may not be there is not counted on."""
    if written.absent:
        return None
    if written.optional:
        return Doubt("resolved-IP validation may not be set", written.path)
    if isinstance(written.value, Doubt):
        return written.value
    sources = written.at("SourceIPRanges")
    return ResolvedIpValidation(
        action=written.at("Action").needed_text(),
        expiry=written.at("DNSExpiryExceptionPolicy").needed_text(),
        dns_group=resources.ref(written.at("DNSFirewallRuleGroupId"), DNS_GROUP),
        bypass=_addresses(resources, written.at("BypassDestinationValidationIPRanges")),
        sources=None if sources.absent else _sources(resources, sources),
        origin=written.origin,
    )


def _sources(resources: Resources, written: Property) -> tuple[Cidr | Doubt, ...]:
    if written.optional:
        return (Doubt("the validated sources may be those of the VPC", written.path),)
    return _addresses(resources, written)


def _addresses(resources: Resources, written: Property) -> tuple[Cidr | Doubt, ...]:
    """A list of Address objects, whose blocks may be those of records of the template."""
    return tuple(item.maybe or resources.needed_cidr(item.at("AddressDefinition")) for item in written.items())


def rule_groups(resources: Resources) -> tuple[RuleGroup, ...]:
    """Every rule group. A group without an order of its own is in action order (StatefulRuleOptions)."""
    return tuple(_groups(resources))


def _groups(resources: Resources) -> Iterator[RuleGroup]:
    for resource, properties in resources.of(RULE_GROUP):
        group = properties.at("RuleGroup")
        kind = properties.at("Type").needed_text()
        yield RuleGroup(
            id=resource.id,
            origin=origin(resource),
            maybe=resource.maybe,
            stateful=kind if isinstance(kind, Doubt) else _stateful(kind, properties.at("Type").path),
            rule_order=_default(group.at("StatefulRuleOptions", "RuleOrder"), "DEFAULT_ACTION_ORDER"),
            ip_sets=(
                *_sets(group.at("RuleVariables", "IPSets")),
                *_references(resources, group.at("ReferenceSets", "IPSetReferences")),
            ),
            port_sets=tuple(_sets(group.at("RuleVariables", "PortSets"))),
            source=_source(group.at("RulesSource")),
        )


def _stateful(kind: str, path: str) -> bool | Doubt:
    found = {"STATEFUL": True, "STATELESS": False}.get(kind.upper())
    return Doubt(f"{kind!r} is neither STATEFUL nor STATELESS", path) if found is None else found


def _sets(variables: Property) -> Iterator[tuple[str, tuple[str | Doubt, ...]]]:
    entries = variables.entries()
    if isinstance(entries, Doubt):
        yield "", (entries,)
        return
    for name, written in sorted((entries or {}).items()):
        definition = written.at("Definition")
        yield name, tuple(item.maybe or _address(item) for item in definition.items())


def _address(written: Property) -> str | Doubt:
    """An address or port as text, unless a part of it is known at deployment only."""
    text = written.needed_text()
    if isinstance(text, str) and "${" in text:
        return Doubt(f"{text} is known at deployment only", written.path)
    return text


def _references(resources: Resources, sets: Property) -> Iterator[tuple[str, tuple[str | Doubt, ...]]]:
    entries = sets.entries()
    if isinstance(entries, Doubt):
        yield "", (entries,)
        return
    for name, written in sorted((entries or {}).items()):
        arn = written.at("ReferenceArn")
        pointer = arn.pointer()
        listed = resources.by_id.get(pointer.resource) if isinstance(pointer, Pointer) else None
        if listed is None or listed.type != PREFIX_LIST or listed.maybe:
            yield name, (Doubt("AWS fills this set in from what it points at", arn.path),)
        else:
            items = top(listed).at("Entries").items()
            yield name, tuple(item.maybe or item.at("Cidr").needed_text() for item in items)


def _source(source: Property) -> RuleSource:
    keys = ("RulesString", "RulesSourceList", "StatefulRules", "StatelessRulesAndCustomActions")
    given = [source.at(key) for key in keys if not source.at(key).absent]
    if len(given) != 1:
        return Doubt(f"a rule group has one source of rules, not {len(given)}", source.path)
    written = given[0]
    if isinstance(written.value, Doubt):
        return written.value
    if written.optional:
        return Doubt("which source of rules this group has is not known", written.path)
    match written.path.rsplit("/", 1)[-1]:
        case "RulesString":
            text = written.needed_text()
            return text if isinstance(text, Doubt) else RulesString(text, written.origin)
        case "RulesSourceList":
            return DomainRules(
                action=written.at("GeneratedRulesType").needed_text(),
                types=written.at("TargetTypes").texts(),
                targets=written.at("Targets").texts(),
                origin=written.origin,
            )
        case "StatefulRules":
            return _five_tuples(written)
        case _:
            return _stateless(written.at("StatelessRules"))


def _five_tuples(rules: Property) -> tuple[FiveTupleRule, ...] | Doubt:
    found: list[FiveTupleRule] = []
    for rule in rules.items():
        header = rule.at("Header")
        options: list[tuple[str, tuple[str, ...]]] = []
        if rule.maybe:
            return rule.maybe
        for option in rule.at("RuleOptions").items():
            keyword = option.at("Keyword").needed_text()
            settings = option.at("Settings").texts()
            doubt = next((part for part in (option.maybe, keyword, *settings) if isinstance(part, Doubt)), None)
            if doubt or isinstance(keyword, Doubt):
                return doubt or Doubt("an option that is not known", option.path)
            options.append((keyword, tuple(setting for setting in settings if isinstance(setting, str))))
        found.append(
            FiveTupleRule(
                action=rule.at("Action").needed_text(),
                protocol=header.at("Protocol").needed_text(),
                source=header.at("Source").needed_text(),
                source_port=header.at("SourcePort").needed_text(),
                direction=header.at("Direction").needed_text(),
                destination=header.at("Destination").needed_text(),
                destination_port=header.at("DestinationPort").needed_text(),
                options=tuple(options),
                origin=rule.origin,
            )
        )
    return tuple(found)


def _stateless(rules: Property) -> tuple[StatelessRule, ...] | Doubt:
    found: list[StatelessRule] = []
    for rule in rules.items():
        if rule.maybe:
            return rule.maybe
        definition = rule.at("RuleDefinition")
        match_on = definition.at("MatchAttributes")
        found.append(
            StatelessRule(
                priority=rule.at("Priority").needed_whole(),
                actions=definition.at("Actions").texts(),
                sources=tuple(_blocks(match_on.at("Sources"))),
                destinations=tuple(_blocks(match_on.at("Destinations"))),
                source_ports=tuple(_ranges(match_on.at("SourcePorts"))),
                destination_ports=tuple(_ranges(match_on.at("DestinationPorts"))),
                protocols=tuple(item.maybe or item.needed_whole() for item in match_on.at("Protocols").items()),
                flags=tuple(_flags(match_on.at("TCPFlags"))),
                origin=rule.origin,
            )
        )
    return tuple(found)


def _blocks(addresses: Property) -> Iterator[Cidr | Doubt]:
    for item in addresses.items():
        written = item.at("AddressDefinition")
        block = parsed_cidr(written.needed_text(), written.path)
        yield item.maybe or (written.missing if block is None else block)


def _ranges(ports: Property) -> Iterator[PortRange | Doubt]:
    for item in ports.items():
        first, last = item.at("FromPort").needed_whole(), item.at("ToPort").needed_whole()
        if item.maybe or isinstance(first, Doubt) or isinstance(last, Doubt):
            yield item.maybe or next(part for part in (first, last) if isinstance(part, Doubt))
            continue
        try:
            yield PortRange(first, last)
        except ValueError as error:
            yield Doubt(str(error), item.path)


def _flags(flags: Property) -> Iterator[str]:
    for item in flags.items():
        parts = (*item.at("Flags").texts(), "/", *item.at("Masks").texts())
        yield "".join(part if isinstance(part, str) else "?" for part in parts)
