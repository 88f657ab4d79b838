"""The deployed perimeter that the catalogue changes, and how an exercise finds its way in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import boto3

from agent_perimeter.drift.model import Meaning

STACK = "filtered"
REGION = "us-east-1"
OUTSIDE = "203.0.113.9/32"
"""An address that no policy names (RFC 5737)."""


@dataclass(frozen=True)
class World:
    """Clients, and the physical ids of what the stack made."""

    session: boto3.Session
    resources: Mapping[str, str]
    """Physical ids by logical id."""

    def client(self, service: str) -> Any:
        return self._clients.setdefault(service, self.session.client(service))

    @cached_property
    def _clients(self) -> dict[str, Any]:
        return {}

    @property
    def ec2(self) -> Any:
        return self.client("ec2")

    @property
    def firewall(self) -> Any:
        return self.client("network-firewall")

    @property
    def resolver(self) -> Any:
        return self.client("route53resolver")

    @property
    def iam(self) -> Any:
        return self.client("iam")

    def __getitem__(self, name: str) -> str:
        """The physical id of ``group/agent/reader``: the one resource whose logical id is made from that path."""
        pattern = re.compile(f"Perimeter{re.sub('[^A-Za-z0-9]', '', name)}[0-9A-F]{{8}}")
        found = [physical for logical, physical in self.resources.items() if pattern.fullmatch(logical)]
        assert len(found) == 1, f"{name}: {found}"
        return found[0]

    def table_of(self, subnet: str) -> str:
        """The route table that a subnet is associated with."""
        return str(self._association(subnet)["RouteTableId"])

    def association_of(self, subnet: str) -> str:
        return str(self._association(subnet)["RouteTableAssociationId"])

    def _association(self, subnet: str) -> dict[str, Any]:
        tables = self.ec2.describe_route_tables(Filters=[{"Name": "association.subnet-id", "Values": [self[subnet]]}])
        [found] = [one for one in tables["RouteTables"][0]["Associations"] if one.get("SubnetId") == self[subnet]]
        return dict(found)

    def acl_of(self, subnet: str) -> tuple[str, str]:
        """The ACL of a subnet, and the id of its association."""
        acls = self.ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [self[subnet]]}])
        [acl] = acls["NetworkAcls"]
        [found] = [one for one in acl["Associations"] if one["SubnetId"] == self[subnet]]
        return str(acl["NetworkAclId"]), str(found["NetworkAclAssociationId"])

    def interface_in(self, subnet: str) -> str:
        """The only interface in a subnet: that of the workload there."""
        found = self.ec2.describe_network_interfaces(Filters=[{"Name": "subnet-id", "Values": [self[subnet]]}])
        [interface] = found["NetworkInterfaces"]
        return str(interface["NetworkInterfaceId"])

    def policy(self) -> tuple[dict[str, Any], str]:
        """The firewall policy, and the token that an update of it takes."""
        described = self.firewall.describe_firewall_policy(FirewallPolicyArn=self["firewall/policy"])
        return described["FirewallPolicy"], described["UpdateToken"]

    def update_policy(self, **members: Any) -> None:
        """Replace members of the firewall policy; None takes one away."""
        policy, token = self.policy()
        changed = {key: value for key, value in {**policy, **members}.items() if value is not None}
        self.firewall.update_firewall_policy(
            FirewallPolicyArn=self["firewall/policy"], FirewallPolicy=changed, UpdateToken=token
        )

    def update_rules(self, group: str, change: Callable[[str], str]) -> None:
        """Rewrite the Suricata text of a rule group."""
        described = self.firewall.describe_rule_group(RuleGroupArn=self[group])
        rules = described["RuleGroup"]
        before = rules["RulesSource"]["RulesString"]
        rules["RulesSource"]["RulesString"] = change(before)
        assert rules["RulesSource"]["RulesString"] != before
        self.firewall.update_rule_group(RuleGroupArn=self[group], RuleGroup=rules, UpdateToken=described["UpdateToken"])

    def boundary(self, agent: str) -> dict[str, Any]:
        """The document of an agent's boundary."""
        arn = self[f"boundary/{agent}"]
        version = self.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = self.iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        return dict(document if isinstance(document, dict) else json.loads(document))

    def endpoint_policy(self, endpoint: str) -> dict[str, Any]:
        described = self.ec2.describe_vpc_endpoints(VpcEndpointIds=[self[endpoint]])["VpcEndpoints"][0]
        return dict(json.loads(described["PolicyDocument"]))


Make = Callable[[World], str]
"""Makes a change and returns the physical id of what a departure must name."""


@dataclass(frozen=True)
class Exercise:
    """One mutating operation, made in the deployed perimeter.

    ``meaning`` is of the worst departure that it must make, None where it must make none that is more than cosmetic.
    ``says`` is a pattern: for WIDENS of the witness that gets out, otherwise of what a departure of the worst meaning
    says.
    """

    operation: str
    sentence: str
    meaning: Meaning | None
    make: Make
    says: str
    also: tuple[str, ...] = field(default=())
    """Further operations that the same call sequence exercises and whose effect is what is found."""


EXERCISES: list[Exercise] = []


def exercise(
    operation: str, meaning: Meaning | None, says: str = "", also: tuple[str, ...] = ()
) -> Callable[[Make], Make]:
    """Enter a function in the catalogue; its docstring is the sentence."""

    def enter(make: Make) -> Make:
        assert make.__doc__ is not None
        EXERCISES.append(Exercise(operation, make.__doc__.strip().rstrip("."), meaning, make, says, also))
        return make

    return enter
