"""Network Firewall: rules, policies, attachments, protections, logs."""

from __future__ import annotations

from agent_perimeter.drift.model import Meaning
from tests.aws.mutations.world import World, exercise

WIDENS, WEAKENS, NARROWS = Meaning.WIDENS, Meaning.WEAKENS, Meaning.NARROWS
OPEN_RULES = (
    'pass tls $HOME_NET any -> $EXTERNAL_NET 443 (msg:"opened"; flow:to_server; sid:999001; rev:1;)\n'
    'pass tcp $HOME_NET any -> $EXTERNAL_NET 443 (msg:"opened"; flow:not_established; sid:999002; rev:1;)\n'
)


@exercise("network-firewall:UpdateRuleGroup", WIDENS, says=r"203\.0\.113\.9:443 sni=evil\.example")
def pass_every_name(world: World) -> str:
    """A rule that passes TLS to every name."""
    world.update_rules("firewall/rules/allow", lambda text: OPEN_RULES + text)
    return world["firewall/rules/allow"]


@exercise("network-firewall:UpdateRuleGroup", WIDENS, says=r"203\.0\.113\.9:8883 handshake")
def no_explicit_drops(world: World) -> str:
    """The explicit drops go, the default action still drops what has an application layer."""
    world.update_rules("firewall/rules/deny", lambda text: "\n".join(text.splitlines()[:1]) + "\n")
    return world["firewall/rules/deny"]


@exercise("network-firewall:UpdateRuleGroup", NARROWS, says="api.anthropic.com.*lost something")
def a_name_less(world: World) -> str:
    """The rules of an allowed name are gone."""
    world.update_rules(
        "firewall/rules/allow",
        lambda text: "\n".join(line for line in text.splitlines() if "api.anthropic.com" not in line) + "\n",
    )
    return world["firewall/rules/allow"]


@exercise("network-firewall:UpdateFirewallPolicy", WEAKENS)
def no_default_drop(world: World) -> str:
    """What no rule drops is passed."""
    world.update_policy(StatefulDefaultActions=["aws:alert_strict"])
    return world["firewall/policy"]


@exercise("network-firewall:UpdateFirewallPolicy", WIDENS, says=r"192\.0\.2\.9:443 sni=evil\.reader\.example")
def no_resolved_ip_validation(world: World) -> str:
    """An allowed name in front of any address."""
    world.update_policy(Route53ResolvedIPValidation=None)
    return world["firewall/policy"]


@exercise("network-firewall:UpdateFirewallPolicy", WIDENS, says=r"203\.0\.113\.9:443 sni=evil\.example")
def stateless_pass(world: World) -> str:
    """Everything is passed before the stateful engine sees it."""
    world.update_policy(StatelessDefaultActions=["aws:pass"])
    return world["firewall/policy"]


@exercise(
    "network-firewall:UpdateFirewallPolicy", WEAKENS, says="HOME_NET is 192.0.2.0/24.*network firewall lets out more"
)
def wider_home_net(world: World) -> str:
    """HOME_NET no longer holds the agents, so no drop of theirs matches."""
    world.update_policy(PolicyVariables={"RuleVariables": {"HOME_NET": {"Definition": ["192.0.2.0/24"]}}})
    return world["firewall/policy"]


@exercise("network-firewall:AssociateFirewallPolicy", WIDENS, says=r"203\.0\.113\.9:443 sni=evil\.example")
def another_policy(world: World) -> str:
    """The firewall follows a policy without any rule."""
    made = world.firewall.create_firewall_policy(
        FirewallPolicyName="open",
        FirewallPolicy={
            "StatelessDefaultActions": ["aws:pass"],
            "StatelessFragmentDefaultActions": ["aws:pass"],
        },
    )["FirewallPolicyResponse"]
    world.firewall.update_firewall_policy_change_protection(
        FirewallArn=world["firewall/0"], FirewallPolicyChangeProtection=False
    )
    world.firewall.associate_firewall_policy(
        FirewallArn=world["firewall/0"], FirewallPolicyArn=made["FirewallPolicyArn"]
    )
    return world["firewall/0"]


@exercise("network-firewall:AssociateSubnets", WEAKENS)
def a_second_endpoint(world: World) -> str:
    """An endpoint more: no route leads to it, so nothing is wider."""
    world.firewall.update_subnet_change_protection(FirewallArn=world["firewall/0"], SubnetChangeProtection=False)
    zones = world.ec2.describe_availability_zones()["AvailabilityZones"]
    subnet = world.ec2.create_subnet(
        VpcId=world["vpc"], CidrBlock="10.42.250.0/28", AvailabilityZone=zones[1]["ZoneName"]
    )["Subnet"]["SubnetId"]
    world.firewall.associate_subnets(FirewallArn=world["firewall/0"], SubnetMappings=[{"SubnetId": subnet}])
    return world["firewall/0"]


@exercise("network-firewall:DisassociateSubnets", WEAKENS)
def an_endpoint_less(world: World) -> str:
    """The firewall leaves its subnet; routes lead nowhere."""
    world.firewall.update_subnet_change_protection(FirewallArn=world["firewall/0"], SubnetChangeProtection=False)
    world.firewall.disassociate_subnets(FirewallArn=world["firewall/0"], SubnetIds=[world["subnet/firewall/0"]])
    return world["firewall/0"]


@exercise("network-firewall:DeleteFirewall", WEAKENS, says="was removed")
def no_firewall(world: World) -> str:
    """The firewall is gone; routes lead nowhere."""
    world.firewall.update_firewall_delete_protection(FirewallArn=world["firewall/0"], DeleteProtection=False)
    world.firewall.update_subnet_change_protection(FirewallArn=world["firewall/0"], SubnetChangeProtection=False)
    world.firewall.update_firewall_policy_change_protection(
        FirewallArn=world["firewall/0"], FirewallPolicyChangeProtection=False
    )
    described = world.firewall.describe_logging_configuration(FirewallArn=world["firewall/0"])
    logs = described["LoggingConfiguration"]["LogDestinationConfigs"]
    while logs:
        logs.pop()
        world.firewall.update_logging_configuration(
            FirewallArn=world["firewall/0"], LoggingConfiguration={"LogDestinationConfigs": logs}
        )
    world.firewall.delete_firewall(FirewallArn=world["firewall/0"])
    return world["firewall/0"]


@exercise("network-firewall:CreateFirewall", None)
def a_second_firewall(world: World) -> str:
    """Another firewall in the VPC: no route leads to it."""
    made = world.firewall.create_firewall(
        FirewallName="second",
        FirewallPolicyArn=world["firewall/policy"],
        VpcId=world["vpc"],
        SubnetMappings=[{"SubnetId": world["subnet/firewall/0"]}],
    )
    return str(made["Firewall"]["FirewallArn"])


@exercise("network-firewall:CreateVpcEndpointAssociation", Meaning.UNCLEAR, says="subnets")
def a_secondary_endpoint(world: World) -> str:
    """A secondary endpoint of the firewall: no route leads to it."""
    world.firewall.create_vpc_endpoint_association(
        FirewallArn=world["firewall/0"],
        VpcId=world["vpc"],
        SubnetMapping={"SubnetId": world["subnet/egress/0"]},
    )
    return world["firewall/0"]


@exercise("network-firewall:DeleteVpcEndpointAssociation", None)
def a_secondary_endpoint_gone(world: World) -> str:
    """A secondary endpoint that somebody made and took away again."""
    made = world.firewall.create_vpc_endpoint_association(
        FirewallArn=world["firewall/0"],
        VpcId=world["vpc"],
        SubnetMapping={"SubnetId": world["subnet/egress/0"]},
    )["VpcEndpointAssociation"]
    world.firewall.delete_vpc_endpoint_association(VpcEndpointAssociationArn=made["VpcEndpointAssociationArn"])
    return world["firewall/0"]


@exercise("network-firewall:UpdateFirewallDeleteProtection", WEAKENS, says="delete protection is off")
def no_delete_protection(world: World) -> str:
    """Anybody may delete the firewall."""
    world.firewall.update_firewall_delete_protection(FirewallArn=world["firewall/0"], DeleteProtection=False)
    return world["firewall/0"]


@exercise("network-firewall:UpdateSubnetChangeProtection", WEAKENS, says="subnet protection is off")
def no_subnet_protection(world: World) -> str:
    """Anybody may take the firewall out of its subnet."""
    world.firewall.update_subnet_change_protection(FirewallArn=world["firewall/0"], SubnetChangeProtection=False)
    return world["firewall/0"]


@exercise("network-firewall:UpdateFirewallPolicyChangeProtection", WEAKENS, says="policy protection is off")
def no_policy_protection(world: World) -> str:
    """Anybody may give the firewall another policy."""
    world.firewall.update_firewall_policy_change_protection(
        FirewallArn=world["firewall/0"], FirewallPolicyChangeProtection=False
    )
    return world["firewall/0"]


@exercise("network-firewall:UpdateLoggingConfiguration", WEAKENS, says="leaves no trace")
def no_alert_log(world: World) -> str:
    """What the firewall refuses leaves no trace."""
    described = world.firewall.describe_logging_configuration(FirewallArn=world["firewall/0"])
    kept = [one for one in described["LoggingConfiguration"]["LogDestinationConfigs"] if one["LogType"] != "ALERT"]
    world.firewall.update_logging_configuration(
        FirewallArn=world["firewall/0"], LoggingConfiguration={"LogDestinationConfigs": kept}
    )
    return world["firewall/0"]


@exercise("network-firewall:UpdateFirewallDescription", None)
def a_description(world: World) -> str:
    """Words about the firewall."""
    world.firewall.update_firewall_description(FirewallArn=world["firewall/0"], Description="ours")
    return world["firewall/0"]


@exercise("network-firewall:TagResource", None)
def a_tag(world: World) -> str:
    """A tag on the firewall."""
    world.firewall.tag_resource(ResourceArn=world["firewall/0"], Tags=[{"Key": "owner", "Value": "network"}])
    return world["firewall/0"]


@exercise("network-firewall:UntagResource", None)
def a_tag_less(world: World) -> str:
    """The firewall's name is gone."""
    world.firewall.untag_resource(ResourceArn=world["firewall/0"], TagKeys=["Name"])
    return world["firewall/0"]


@exercise("network-firewall:UpdateRuleGroup", WIDENS, says=r"203\.0\.113\.9:443 sni=evil\.reader\.example")
def an_agent_too_many(world: World) -> str:
    """One agent's addresses are added to another's variable."""
    described = world.firewall.describe_rule_group(RuleGroupArn=world["firewall/rules/allow"])
    rules = described["RuleGroup"]
    sets = rules["RuleVariables"]["IPSets"]
    sets["AGENT_READER"]["Definition"] += sets["AGENT_WRITER"]["Definition"]
    world.firewall.update_rule_group(
        RuleGroupArn=world["firewall/rules/allow"], RuleGroup=rules, UpdateToken=described["UpdateToken"]
    )
    return world["firewall/rules/allow"]


@exercise("network-firewall:UpdateFirewallPolicy", WIDENS, says=r"203\.0\.113\.9:8883 handshake")
def a_group_less(world: World) -> str:
    """The policy no longer uses the group of explicit drops."""
    policy, _ = world.policy()
    kept = [one for one in policy["StatefulRuleGroupReferences"] if one["ResourceArn"] != world["firewall/rules/deny"]]
    world.update_policy(StatefulRuleGroupReferences=kept)
    return world["firewall/policy"]


@exercise("network-firewall:UpdateFirewallPolicy", NARROWS, says="lost something")
def drops_first(world: World) -> str:
    """The group of explicit drops comes before the group that passes names."""
    policy, _ = world.policy()
    first = [
        {**one, "Priority": 1} if one["ResourceArn"] == world["firewall/rules/deny"] else one
        for one in policy["StatefulRuleGroupReferences"]
    ]
    world.update_policy(StatefulRuleGroupReferences=first)
    return world["firewall/policy"]


@exercise("network-firewall:UpdateFirewallPolicy", WIDENS, says=r"203\.0\.113\.9:443 sni=evil\.example")
def a_stateless_group(world: World) -> str:
    """A stateless group passes a block before the stateful engine sees it, both ways."""
    anywhere = [{"AddressDefinition": "0.0.0.0/0"}]
    block = [{"AddressDefinition": "203.0.113.0/24"}]
    ways = [{"Sources": anywhere, "Destinations": block}, {"Sources": block, "Destinations": anywhere}]
    rules = [
        {"RuleDefinition": {"MatchAttributes": way, "Actions": ["aws:pass"]}, "Priority": number}
        for number, way in enumerate(ways, 1)
    ]
    made = world.firewall.create_rule_group(
        RuleGroupName="pass",
        Type="STATELESS",
        Capacity=10,
        RuleGroup={"RulesSource": {"StatelessRulesAndCustomActions": {"StatelessRules": rules}}},
    )["RuleGroupResponse"]["RuleGroupArn"]
    world.update_policy(StatelessRuleGroupReferences=[{"ResourceArn": made, "Priority": 1}])
    return world["firewall/policy"]


@exercise("network-firewall:UpdateFirewallPolicy", WEAKENS)
def an_exception_that_continues(world: World) -> str:
    """A connection that the firewall did not see begin goes on."""
    policy, _ = world.policy()
    world.update_policy(StatefulEngineOptions={**policy["StatefulEngineOptions"], "StreamExceptionPolicy": "CONTINUE"})
    return world["firewall/policy"]


@exercise("network-firewall:UpdateFirewallPolicy", WEAKENS)
def fragments_that_pass(world: World) -> str:
    """Fragments are passed before the stateful engine sees them."""
    world.update_policy(StatelessFragmentDefaultActions=["aws:pass"])
    return world["firewall/policy"]


@exercise("network-firewall:UpdateFirewallPolicy", WIDENS, says=r"192\.0\.2\.9:443 sni=evil\.reader\.example")
def validation_that_is_bypassed(world: World) -> str:
    """No destination is held to what the resolver gave out."""
    policy, _ = world.policy()
    everywhere = [{"AddressDefinition": "0.0.0.0/0"}]
    world.update_policy(
        Route53ResolvedIPValidation={
            **policy["Route53ResolvedIPValidation"],
            "BypassDestinationValidationIPRanges": everywhere,
        }
    )
    return world["firewall/policy"]
