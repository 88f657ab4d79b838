"""AWS quotas that a perimeter can meet, as of 2026-11.

Names are public: ``cdk.json`` raises an adjustable one under ``quotas`` after AWS has raised it for
the account. Sources: "Amazon VPC quotas", "AWS Network Firewall quotas", "Route 53 quotas",
"AWS CloudFormation quotas", "IAM and AWS STS quotas" and "AWS PrivateLink quotas".
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quota:
    """A limit with its unit. ``ceiling`` is how far AWS raises it; None where it is fixed.

    ``spread``: what would exceed it is spread over another list, group or rule, or covered by fewer
    entries, so coming near means nothing.
    """

    name: str
    title: str
    limit: int
    ceiling: int | None
    advice: str
    spread: bool = False


_SPLIT = "splitting the policies over two perimeters (two folders, two stacks)"
_FEWER_BLOCKS = "writing larger or adjacent blocks, or fewer `except` holes, so that they merge"

QUOTAS: dict[str, Quota] = {
    quota.name: quota
    for quota in (
        Quota("vpc-subnets", "subnets per VPC", 200, 500, _SPLIT),
        Quota("vpc-route-tables", "route tables per VPC", 200, 500, _SPLIT),
        Quota("vpc-acls", "network ACLs per VPC", 200, 300, _SPLIT),
        Quota("vpc-security-groups", "security groups per region", 2500, 10000, _SPLIT),
        Quota("route-table-routes", "routes per route table", 50, 1000, _SPLIT),
        Quota(
            "acl-entries",
            "entries per network ACL and direction, the default deny included",
            20,
            40,
            _FEWER_BLOCKS,
            spread=True,
        ),
        Quota("group-rules", "rules per security group and direction", 60, 200, _FEWER_BLOCKS),
        Quota("gateway-endpoints", "gateway endpoints per region", 20, 255, _SPLIT),
        Quota(
            "interface-endpoints",
            "interface endpoints per VPC",
            50,
            250,
            "dropping AWS services that no agent needs",
        ),
        Quota(
            "endpoint-policy-characters",
            "characters of an endpoint policy",
            20480,
            None,
            "naming fewer resources per rule, or " + _SPLIT,
        ),
        Quota(
            "boundary-characters",
            "characters of a managed policy, white space not counted",
            6144,
            None,
            "using wildcards in actions and resources, or giving the work to two agents",
        ),
        Quota(
            "firewall-rule-group-capacity",
            "capacity of a stateful rule group",
            30000,
            None,
            "allowing wildcards instead of single names, or " + _SPLIT,
        ),
        Quota(
            "firewall-rules-string-characters",
            "characters of a rule group's rules in CloudFormation",
            1_000_000,
            None,
            "allowing wildcards instead of single names, or " + _SPLIT,
            spread=True,
        ),
        Quota("firewall-groups-per-policy", "stateful rule groups per firewall policy", 20, None, _SPLIT),
        Quota("firewall-policy-capacity", "stateful capacity of a firewall policy", 30000, 50000, _SPLIT),
        Quota(
            "firewall-rule-line-characters",
            "characters of a rule after its variables are expanded",
            8175,
            None,
            _FEWER_BLOCKS,
            spread=True,
        ),
        Quota(
            "firewall-bypass-ranges",
            "address ranges exempted from resolved-IP validation",
            100,
            None,
            _FEWER_BLOCKS,
        ),
        Quota("dns-rules-per-group", "rules per DNS Firewall rule group", 100, None, _SPLIT),
        Quota("dns-domains-per-list", "domains per request and so per list", 1000, None, _SPLIT, spread=True),
        Quota("stack-resources", "resources per stack", 500, None, _SPLIT),
        Quota("template-bytes", "bytes of a template", 1_000_000, None, _SPLIT),
        Quota("agent-slots", "places for agents in the address plan", 0, None, "giving the VPC a larger block"),
    )
}
