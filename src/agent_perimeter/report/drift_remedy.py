"""What to do about a departure: with which AWS operations it is undone, and what else has to happen.

``cdk deploy`` undoes hardly any of it. CloudFormation compares a template with the one before, not with the account, so
what a person did in the console stays until a person undoes it (docs/operations.md, Restoring).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, assert_never

from agent_perimeter.drift.model import Alteration, Change, Departure, Meaning
from agent_perimeter.observed import LogKind, TargetKind
from agent_perimeter.packet_sets import Packet

Operations = tuple[str, ...]
"""As in ``ec2:DeleteRoute``: botocore's name of the service, AWS's of the operation. None: no single one undoes it."""


@dataclass(frozen=True, slots=True)
class Undo:
    """The operations that undo what was added, removed and changed of one kind of resource."""

    added: Operations = ()
    removed: Operations = ()
    changed: Operations = ()


_BOUNDARY = ("iam:PutRolePermissionsBoundary",)
_DHCP = ("ec2:AssociateDhcpOptions",)
_DNS_CONFIG = ("route53resolver:UpdateFirewallConfig",)
_FIREWALL_LOGS = ("network-firewall:UpdateLoggingConfiguration",)
_FLOW_LOGS = ("ec2:CreateFlowLogs",)
_QUERY_LOGS = ("route53resolver:AssociateResolverQueryLogConfig",)
_SUBNET_ACL = ("ec2:ReplaceNetworkAclAssociation",)
_TAGS = ("ec2:CreateTags",)

UNDO: Final[Mapping[str, Undo]] = {
    "VPC": Undo(changed=("ec2:DisassociateVpcCidrBlock", "ec2:ModifyVpcAttribute")),
    "subnet": Undo(("ec2:DeleteSubnet",), (), ("ec2:ModifySubnetAttribute", *_TAGS)),
    "route table": Undo(("ec2:DeleteRouteTable",)),
    "route table association": Undo(
        ("ec2:DisassociateRouteTable",), ("ec2:AssociateRouteTable",), ("ec2:ReplaceRouteTableAssociation",)
    ),
    "route": Undo(("ec2:DeleteRoute",), ("ec2:CreateRoute",), ("ec2:ReplaceRoute",)),
    "prefix list": Undo(("ec2:DeleteManagedPrefixList",), (), ("ec2:ModifyManagedPrefixList",)),
    "security group": Undo(("ec2:DeleteSecurityGroup",), (), _TAGS),
    "security group rule": Undo(
        ("ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"),
        ("ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress"),
        ("ec2:ModifySecurityGroupRules",),
    ),
    "network ACL": Undo(("ec2:DeleteNetworkAcl",)),
    "network ACL entry": Undo(
        ("ec2:DeleteNetworkAclEntry",), ("ec2:CreateNetworkAclEntry",), ("ec2:ReplaceNetworkAclEntry",)
    ),
    "network ACL association": Undo(_SUBNET_ACL, _SUBNET_ACL, _SUBNET_ACL),
    TargetKind.INTERNET_GATEWAY: Undo(("ec2:DetachInternetGateway",), ("ec2:AttachInternetGateway",)),
    TargetKind.EGRESS_ONLY_GATEWAY: Undo(("ec2:DeleteEgressOnlyInternetGateway",)),
    TargetKind.NAT_GATEWAY: Undo(("ec2:DeleteNatGateway",)),
    TargetKind.PEERING: Undo(("ec2:DeleteVpcPeeringConnection",)),
    TargetKind.TRANSIT_GATEWAY: Undo(("ec2:DeleteTransitGatewayVpcAttachment",)),
    TargetKind.VPN_GATEWAY: Undo(("ec2:DetachVpnGateway",), ("ec2:AttachVpnGateway",)),
    TargetKind.CARRIER_GATEWAY: Undo(("ec2:DeleteCarrierGateway",)),
    "network interface": Undo(
        ("ec2:DeleteNetworkInterface",), (), ("ec2:ModifyNetworkInterfaceAttribute", "ec2:DisassociateAddress")
    ),
    "firewall": Undo(
        ("network-firewall:DeleteFirewall",),
        (),
        (
            "network-firewall:AssociateFirewallPolicy",
            "network-firewall:AssociateSubnets",
            "network-firewall:UpdateFirewallDeleteProtection",
            "network-firewall:UpdateSubnetChangeProtection",
            "network-firewall:UpdateFirewallPolicyChangeProtection",
        ),
    ),
    "firewall policy": Undo(*(("network-firewall:UpdateFirewallPolicy",),) * 3),
    "rule group": Undo(("network-firewall:DeleteRuleGroup",), (), ("network-firewall:UpdateRuleGroup",)),
    "DNS rule group": Undo(("route53resolver:DeleteFirewallRuleGroup",)),
    "DNS rule": Undo(
        ("route53resolver:DeleteFirewallRule",),
        ("route53resolver:CreateFirewallRule",),
        ("route53resolver:UpdateFirewallRule", "route53resolver:UpdateFirewallDomains"),
    ),
    "DNS Firewall association": Undo(
        ("route53resolver:DisassociateFirewallRuleGroup",),
        ("route53resolver:AssociateFirewallRuleGroup",),
        ("route53resolver:UpdateFirewallRuleGroupAssociation",),
    ),
    "DNS Firewall configuration": Undo(_DNS_CONFIG, _DNS_CONFIG, _DNS_CONFIG),
    "Resolver rule": Undo(
        ("route53resolver:DisassociateResolverRule",),
        ("route53resolver:AssociateResolverRule",),
        ("route53resolver:UpdateResolverRule",),
    ),
    "DHCP options": Undo(_DHCP, _DHCP, _DHCP),
    "VPC endpoint": Undo(("ec2:DeleteVpcEndpoints",), (), ("ec2:ModifyVpcEndpoint",)),
    "IAM boundary": Undo(("iam:DeletePolicy",), (), ("iam:SetDefaultPolicyVersion", "iam:CreatePolicyVersion")),
    "IAM role": Undo(_BOUNDARY, _BOUNDARY, _BOUNDARY),
    LogKind.FLOW: Undo(("ec2:DeleteFlowLogs",), _FLOW_LOGS, _FLOW_LOGS),
    LogKind.FIREWALL_ALERT: Undo(_FIREWALL_LOGS, _FIREWALL_LOGS, _FIREWALL_LOGS),
    LogKind.FIREWALL_FLOW: Undo(_FIREWALL_LOGS, _FIREWALL_LOGS, _FIREWALL_LOGS),
    LogKind.FIREWALL_TLS: Undo(_FIREWALL_LOGS, _FIREWALL_LOGS, _FIREWALL_LOGS),
    LogKind.DNS_QUERY: Undo(("route53resolver:DisassociateResolverQueryLogConfig",), _QUERY_LOGS, _QUERY_LOGS),
    "watch function": Undo(changed=("lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration")),
    "watch rule": Undo(changed=("events:PutRule", "events:EnableRule", "events:PutTargets")),
    "watch schedule": Undo(changed=("scheduler:UpdateSchedule",)),
    "watch alarm": Undo(changed=("cloudwatch:PutMetricAlarm", "cloudwatch:EnableAlarmActions")),
    "watch topic": Undo(changed=("sns:SetTopicAttributes", "sns:Subscribe")),
    "watch bucket": Undo(changed=("s3:PutBucketVersioning", "s3:PutPublicAccessBlock")),
    "watch key": Undo(changed=("kms:EnableKey", "kms:CancelKeyDeletion")),
}
"""By the type of a change, as ``drift.words`` and ``drift.parts`` call it; a type of CloudFormation's has no row."""


def remedy(departure: Departure) -> str:
    """What to do, in a sentence or two."""
    if departure.meaning is Meaning.COSMETIC:
        return "Nothing has to be done for the perimeter."
    if departure.expired:
        return "Renew the rule's last day in the policy, or delete the rule, and deploy: until then it still lets out."
    if departure.change is None:
        return "Change the policy or deploy it as it stands; `agent-perimeter verify` judges the templates before."
    parts = [_undone(departure.change)]
    if departure.meaning is Meaning.UNCLEAR:
        parts.insert(0, "Find out who needs it first.")
    if departure.meaning is Meaning.WIDENS and any(isinstance(one.gap.witness, Packet) for one in departure.gaps):
        parts.append(
            "Connections that it let through stay open: flush them (network-firewall:StartFlowFlush) or stop the"
            " workload."
        )
    return " ".join(parts)


def _undone(change: Change) -> str:
    undo = UNDO.get(change.type, Undo())
    match change.alteration:
        case Alteration.ADDED:
            by = _either(undo.added, change)
            return f"Take it away with {by}." if by else "Take it away, in the service that it belongs to."
        case Alteration.REMOVED:
            by = _either(undo.removed, change)
            return f"Make it again, as it was, with {by}." if by else _REDEPLOY
        case Alteration.CHANGED:
            by = _either(undo.changed, change)
            return f"Set {change.field} back with {by}." if by else _REDEPLOY
        case _:
            assert_never(change.alteration)


_REDEPLOY: Final = (
    "CloudFormation takes it for there as it was: deploy once without it and once with it (docs/operations.md,"
    " Restoring)."
)


def _either(operations: Operations, change: Change) -> str:
    """Those that fit the property or the direction that changed, where their names tell; otherwise all."""
    direction = change.detail.partition(" ")[0]
    hints = [hint for hint in (change.field.replace(" ", ""), direction) if hint]
    fitting = [operation for operation in operations if any(hint in operation.lower() for hint in hints)]
    return " or ".join(fitting or operations)
