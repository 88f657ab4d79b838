"""Route 53 Resolver: DNS Firewall, forwarding rules, query logs."""

from __future__ import annotations

from agent_perimeter.drift.model import Meaning
from tests.aws.mutations.world import World, exercise

WIDENS, WEAKENS, NARROWS = Meaning.WIDENS, Meaning.WEAKENS, Meaning.NARROWS


def _association(world: World) -> str:
    listed = world.resolver.list_firewall_rule_group_associations(VpcId=world["vpc"])
    [found] = listed["FirewallRuleGroupAssociations"]
    return str(found["Id"])


def _unprotected(world: World) -> str:
    association = _association(world)
    world.resolver.update_firewall_rule_group_association(
        FirewallRuleGroupAssociationId=association, MutationProtection="DISABLED"
    )
    return association


def _list(world: World, name: str, domains: list[str]) -> str:
    made = world.resolver.create_firewall_domain_list(CreatorRequestId=name, Name=name)["FirewallDomainList"]["Id"]
    world.resolver.update_firewall_domains(FirewallDomainListId=made, Operation="ADD", Domains=domains)
    return str(made)


@exercise("route53resolver:UpdateFirewallDomains", WIDENS, says=r"A evil\.example")
def a_name_more(world: World) -> str:
    """A name more in the list of allowed names."""
    world.resolver.update_firewall_domains(
        FirewallDomainListId=world["domains/names"], Operation="ADD", Domains=["evil.example"]
    )
    return world["dns-firewall"]


@exercise("route53resolver:UpdateFirewallDomains", NARROWS, says="api.anthropic.com.*lost something")
def a_name_less(world: World) -> str:
    """A name less in the list of allowed names."""
    world.resolver.update_firewall_domains(
        FirewallDomainListId=world["domains/names"], Operation="REMOVE", Domains=["api.anthropic.com"]
    )
    return world["dns-firewall"]


@exercise("route53resolver:UpdateFirewallDomains", WIDENS, says=r"A evil\.example")
def nothing_is_everything(world: World) -> str:
    """The list that blocks everything blocks one name only."""
    world.resolver.update_firewall_domains(
        FirewallDomainListId=world["domains/everything"], Operation="REPLACE", Domains=["blocked.example"]
    )
    return world["dns-firewall"]


@exercise("route53resolver:CreateFirewallRule", WIDENS, says=r"A evil\.example")
def a_rule_before(world: World) -> str:
    """A rule that allows a name before all others."""
    world.resolver.create_firewall_rule(
        CreatorRequestId="a",
        FirewallRuleGroupId=world["dns-firewall"],
        FirewallDomainListId=_list(world, "evil", ["evil.example"]),
        Priority=1,
        Action="ALLOW",
        Name="a-rule-before",
    )
    return world["dns-firewall"]


@exercise("route53resolver:BatchCreateFirewallRule", WIDENS, says=r"A evil\.example")
def rules_before(world: World) -> str:
    """Rules that allow names before all others."""
    world.resolver.batch_create_firewall_rule(
        CreateFirewallRuleEntries=[
            {
                "CreatorRequestId": "a",
                "FirewallRuleGroupId": world["dns-firewall"],
                "FirewallDomainListId": _list(world, "evil", ["evil.example"]),
                "Priority": 1,
                "Action": "ALLOW",
                "Name": "a-rule-before",
            }
        ]
    )
    return world["dns-firewall"]


def _everything(world: World) -> str:
    return world["domains/everything"]


@exercise("route53resolver:UpdateFirewallRule", WIDENS, says=r"A evil\.example")
def the_last_rule_alerts(world: World) -> str:
    """The rule that blocks everything only alerts."""
    world.resolver.update_firewall_rule(
        FirewallRuleGroupId=world["dns-firewall"], FirewallDomainListId=_everything(world), Action="ALERT"
    )
    return world["dns-firewall"]


@exercise("route53resolver:BatchUpdateFirewallRule", WIDENS, says=r"A evil\.example")
def the_last_rules_alert(world: World) -> str:
    """The rule that blocks everything only alerts."""
    world.resolver.batch_update_firewall_rule(
        UpdateFirewallRuleEntries=[
            {
                "FirewallRuleGroupId": world["dns-firewall"],
                "FirewallDomainListId": _everything(world),
                "Action": "ALERT",
            }
        ]
    )
    return world["dns-firewall"]


@exercise("route53resolver:DeleteFirewallRule", WIDENS, says=r"A evil\.example")
def the_last_rule_goes(world: World) -> str:
    """The rule that blocks everything is gone."""
    world.resolver.delete_firewall_rule(
        FirewallRuleGroupId=world["dns-firewall"], FirewallDomainListId=_everything(world)
    )
    return world["dns-firewall"]


@exercise("route53resolver:BatchDeleteFirewallRule", WIDENS, says=r"A evil\.example")
def the_last_rules_go(world: World) -> str:
    """The rule that blocks everything is gone."""
    world.resolver.batch_delete_firewall_rule(
        DeleteFirewallRuleEntries=[
            {"FirewallRuleGroupId": world["dns-firewall"], "FirewallDomainListId": _everything(world)}
        ]
    )
    return world["dns-firewall"]


@exercise("route53resolver:ImportFirewallDomains", None)
def an_import(world: World) -> str:
    """A file of names for a list that no rule uses."""
    _file_of_names(world, "evil.example\n")
    world.resolver.import_firewall_domains(
        FirewallDomainListId=_list(world, "unused", ["unused.example"]),
        Operation="REPLACE",
        DomainFileUrl="https://names.s3.amazonaws.com/names",
    )
    return world["dns-firewall"]


def _open_group(world: World) -> str:
    group = world.resolver.create_firewall_rule_group(CreatorRequestId="g", Name="open")["FirewallRuleGroup"]["Id"]
    world.resolver.create_firewall_rule(
        CreatorRequestId="a",
        FirewallRuleGroupId=group,
        FirewallDomainListId=_list(world, "every-name", ["*"]),
        Priority=1,
        Action="ALLOW",
        Name="open",
    )
    return str(group)


@exercise("route53resolver:AssociateFirewallRuleGroup", None)
def a_group_after(world: World) -> str:
    """Another group that allows everything, asked after ours, which leaves it nothing."""
    group = _open_group(world)
    world.resolver.associate_firewall_rule_group(
        CreatorRequestId="o", FirewallRuleGroupId=group, VpcId=world["vpc"], Priority=102, Name="open"
    )
    return group


@exercise(
    "route53resolver:AssociateFirewallRuleGroup",
    WIDENS,
    says=r"A evil\.example",
    also=("route53resolver:UpdateFirewallRuleGroupAssociation",),
)
def a_group_before(world: World) -> str:
    """Ours is moved back, and a group that allows everything is asked first."""
    world.resolver.update_firewall_rule_group_association(
        FirewallRuleGroupAssociationId=_unprotected(world), Priority=500
    )
    group = _open_group(world)
    world.resolver.associate_firewall_rule_group(
        CreatorRequestId="o", FirewallRuleGroupId=group, VpcId=world["vpc"], Priority=101, Name="open"
    )
    return group


@exercise("route53resolver:DisassociateFirewallRuleGroup", WIDENS, says=r"A evil\.example")
def no_group(world: World) -> str:
    """No group is asked any more."""
    world.resolver.disassociate_firewall_rule_group(FirewallRuleGroupAssociationId=_unprotected(world))
    return world["dns-firewall"]


@exercise("route53resolver:UpdateFirewallRuleGroupAssociation", WEAKENS, says="mutation protection is off")
def no_mutation_protection(world: World) -> str:
    """Anybody may take the group away."""
    _unprotected(world)
    return world["dns-firewall"]


@exercise("route53resolver:UpdateFirewallConfig", WEAKENS, says="fail open is on")
def fail_open(world: World) -> str:
    """Names are answered while DNS Firewall does not."""
    world.resolver.update_firewall_config(ResourceId=world["vpc"], FirewallFailOpen="ENABLED")
    return world["vpc"]


def _forwarding(world: World) -> str:
    """A rule that has a name answered by servers of somebody's choice, by way of another VPC."""
    vpc = world.ec2.create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
    group = world.ec2.create_security_group(GroupName="dns", Description="dns", VpcId=vpc)["GroupId"]
    subnets = [world.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.99.{number}.0/24") for number in range(2)]
    endpoint = world.resolver.create_resolver_endpoint(
        CreatorRequestId="e",
        Direction="OUTBOUND",
        SecurityGroupIds=[group],
        IpAddresses=[{"SubnetId": one["Subnet"]["SubnetId"]} for one in subnets],
    )["ResolverEndpoint"]["Id"]
    made = world.resolver.create_resolver_rule(
        CreatorRequestId="r",
        Name="elsewhere",
        RuleType="FORWARD",
        DomainName="anthropic.com",
        ResolverEndpointId=endpoint,
        TargetIps=[{"Ip": "203.0.113.53", "Port": 53}],
    )
    return str(made["ResolverRule"]["Id"])


@exercise(
    "route53resolver:AssociateResolverRule",
    WEAKENS,
    says="other servers see",
    also=("route53resolver:UpdateResolverRule",),
)
def answers_from_elsewhere(world: World) -> str:
    """A resolver rule decides who answers for a name, and comes to name somebody else."""
    rule = _forwarding(world)
    made = world.resolver.associate_resolver_rule(ResolverRuleId=rule, VPCId=world["vpc"], Name="elsewhere")
    world.resolver.update_resolver_rule(ResolverRuleId=rule, Config={"TargetIps": [{"Ip": "203.0.113.54", "Port": 53}]})
    return str(made["ResolverRuleAssociation"]["Id"])


@exercise("route53resolver:DisassociateResolverRule", None)
def answers_as_before(world: World) -> str:
    """A resolver rule that was associated and is so no more."""
    rule = _forwarding(world)
    world.resolver.associate_resolver_rule(ResolverRuleId=rule, VPCId=world["vpc"], Name="elsewhere")
    world.resolver.disassociate_resolver_rule(ResolverRuleId=rule, VPCId=world["vpc"])
    return rule


def _query_log(world: World) -> str:
    listed = world.resolver.list_resolver_query_log_config_associations(
        Filters=[{"Name": "ResourceId", "Values": [world["vpc"]]}]
    )
    [found] = listed["ResolverQueryLogConfigAssociations"]
    return str(found["ResolverQueryLogConfigId"])


@exercise("route53resolver:DisassociateResolverQueryLogConfig", WEAKENS, says="leaves no trace")
def no_query_log(world: World) -> str:
    """Queries leave no trace."""
    world.resolver.disassociate_resolver_query_log_config(
        ResolverQueryLogConfigId=_query_log(world), ResourceId=world["vpc"]
    )
    return world["vpc"]


@exercise("route53resolver:AssociateResolverQueryLogConfig", None)
def a_second_query_log(world: World) -> str:
    """Queries are written twice."""
    made = world.resolver.create_resolver_query_log_config(
        Name="second", DestinationArn="arn:aws:s3:::somewhere", CreatorRequestId="q"
    )["ResolverQueryLogConfig"]["Id"]
    world.resolver.associate_resolver_query_log_config(ResolverQueryLogConfigId=made, ResourceId=world["vpc"])
    return world["vpc"]


def _group_arn(world: World) -> str:
    got = world.resolver.get_firewall_rule_group(FirewallRuleGroupId=world["dns-firewall"])
    return str(got["FirewallRuleGroup"]["Arn"])


@exercise("route53resolver:TagResource", None)
def a_tag(world: World) -> str:
    """A tag on the rule group."""
    world.resolver.tag_resource(ResourceArn=_group_arn(world), Tags=[{"Key": "owner", "Value": "network"}])
    return world["dns-firewall"]


@exercise("route53resolver:UntagResource", None)
def a_tag_less(world: World) -> str:
    """The rule group's name tag is gone."""
    world.resolver.untag_resource(ResourceArn=_group_arn(world), TagKeys=["Name"])
    return world["dns-firewall"]


@exercise("route53resolver:ImportFirewallDomains", WIDENS, says=r"A evil\.example")
def an_import_into_ours(world: World) -> str:
    """A file of names takes the place of the list of allowed names."""
    _file_of_names(world, "evil.example\n")
    world.resolver.import_firewall_domains(
        FirewallDomainListId=world["domains/names"],
        Operation="REPLACE",
        DomainFileUrl="https://names.s3.amazonaws.com/names",
    )
    return world["dns-firewall"]


def _file_of_names(world: World, text: str) -> None:
    world.client("s3").create_bucket(Bucket="names")
    world.client("s3").put_object(Bucket="names", Key="names", Body=text.encode())
