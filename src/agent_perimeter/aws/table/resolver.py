"""Route 53 Resolver: DNS Firewall, and where else the VPC's queries go."""

from __future__ import annotations

from typing import Final

from agent_perimeter.aws.read import HERE, Read, Source
from agent_perimeter.aws.shapes import VALUES, answer, each, fields

_SHARED: Final = "arn:${AWS::Partition}:route53resolver:${AWS::Region}:*"
"""What another account can share, and what AWS itself keeps."""

RESOLVER: Final[tuple[Read, ...]] = (
    Read(
        "route53resolver",
        "ListFirewallRuleGroupAssociations",
        answer(
            FirewallRuleGroupAssociations=each(
                "Id Arn FirewallRuleGroupId VpcId Name Priority MutationProtection ManagedOwnerName Status"
            )
        ),
        parameters=({"VpcId": "{vpc}"},),
        about="FirewallRuleGroupAssociations.VpcId",
    ),
    Read(
        "route53resolver",
        "ListFirewallRules",
        answer(
            FirewallRules=each(
                "FirewallRuleGroupId FirewallDomainListId FirewallThreatProtectionId Name Priority Action "
                "BlockResponse BlockOverrideDomain BlockOverrideDnsType BlockOverrideTtl "
                "FirewallDomainRedirectionAction Qtype DnsThreatProtection ConfidenceThreshold Status "
                "StatusMessage",
                FirewallRuleType=fields(
                    PartnerThreatProtection=fields("Partner"),
                    FirewallAdvancedContentCategory=fields("Category"),
                    FirewallAdvancedThreatCategory=fields("Category"),
                    DnsThreatProtection=fields("Value ConfidenceThreshold"),
                ),
            )
        ),
        parameters=({"FirewallRuleGroupId": "{group}"},),
        sources=(
            Source(
                "route53resolver:ListFirewallRuleGroupAssociations",
                "FirewallRuleGroupAssociations",
                {"group": "FirewallRuleGroupId"},
            ),
        ),
        resources=(f"{_SHARED}:firewall-rule-group/*",),
        about="FirewallRules.FirewallRuleGroupId",
    ),
    Read(
        "route53resolver",
        "ListFirewallDomains",
        answer(Domains=VALUES),
        parameters=({"FirewallDomainListId": "{list}"},),
        sources=(Source("route53resolver:ListFirewallRules", "FirewallRules", {"list": "FirewallDomainListId"}),),
        resources=(f"{_SHARED}:firewall-domain-list/*",),
    ),
    Read(
        "route53resolver",
        "GetFirewallConfig",
        answer(FirewallConfig=fields("Id ResourceId OwnerId FirewallFailOpen")),
        parameters=({"ResourceId": "{vpc}"},),
        nonempty=("FirewallConfig.FirewallFailOpen", "FirewallConfig.ResourceId"),
        resources=(f"arn:${{AWS::Partition}}:route53resolver:{HERE}:firewall-config/*",),
        about="FirewallConfig.ResourceId",
    ),
    Read(
        "route53resolver",
        "ListResolverRuleAssociations",
        answer(ResolverRuleAssociations=each("Id ResolverRuleId Name VPCId Status")),
        parameters=({"Filters": [{"Name": "VPCId", "Values": ["{vpc}"]}]},),
        about="ResolverRuleAssociations.VPCId",
    ),
    Read(
        "route53resolver",
        "GetResolverRule",
        answer(
            ResolverRule=fields(
                "Id Arn DomainName RuleType Name ResolverEndpointId OwnerId Status ShareStatus DelegationRecord",
                TargetIps=each("Ip Port Ipv6 Protocol ServerNameIndication"),
            )
        ),
        parameters=({"ResolverRuleId": "{rule}"},),
        sources=(
            Source(
                "route53resolver:ListResolverRuleAssociations",
                "ResolverRuleAssociations",
                {"rule": "ResolverRuleId"},
                # AWS's own, which every VPC has and nobody can change.
                where={"ResolverRuleId": r"(?!rslvr-autodefined-rr-).+"},
            ),
        ),
        resources=(f"{_SHARED}:resolver-rule/*",),
        nonempty=("ResolverRule.Id",),
        about="ResolverRule.Id",
    ),
    Read(
        "route53resolver",
        "ListResolverEndpoints",
        answer(
            ResolverEndpoints=each(
                "Id Arn Name Direction IpAddressCount HostVPCId Status", SecurityGroupIds=VALUES, Protocols=VALUES
            )
        ),
        parameters=({"Filters": [{"Name": "HostVPCId", "Values": ["{vpc}"]}]},),
        about="ResolverEndpoints.HostVPCId",
    ),
    Read(
        "route53resolver",
        "ListResolverQueryLogConfigAssociations",
        answer(ResolverQueryLogConfigAssociations=each("Id ResolverQueryLogConfigId ResourceId Status Error")),
        parameters=({"Filters": [{"Name": "ResourceId", "Values": ["{vpc}"]}]},),
        about="ResolverQueryLogConfigAssociations.ResourceId",
    ),
    Read(
        "route53resolver",
        "GetResolverQueryLogConfig",
        answer(ResolverQueryLogConfig=fields("Id OwnerId Status Arn Name DestinationArn")),
        parameters=({"ResolverQueryLogConfigId": "{log}"},),
        sources=(
            Source(
                "route53resolver:ListResolverQueryLogConfigAssociations",
                "ResolverQueryLogConfigAssociations",
                {"log": "ResolverQueryLogConfigId"},
            ),
        ),
        resources=(f"{_SHARED}:resolver-query-log-config/*",),
        nonempty=("ResolverQueryLogConfig.Id",),
        about="ResolverQueryLogConfig.Id",
    ),
    Read(
        "route53profiles",
        "ListProfileAssociations",
        answer(ProfileAssociations=each("Id Name OwnerId ProfileId ResourceId Status Priority")),
        parameters=({"ResourceId": "{vpc}"},),
        about="ProfileAssociations.ResourceId",
    ),
)
