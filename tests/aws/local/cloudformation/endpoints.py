"""VPC endpoints and flow logs."""

from __future__ import annotations

import json

from tests.aws.local.cloudformation.ec2_tags import at_creation, retag
from tests.aws.local.cloudformation.model import Made, Model
from tests.aws.local.cloudformation.properties import Properties

# What ModifyVpcEndpoint adds and removes: the property, and the operation's word for it.
SETS = {"RouteTableIds": "RouteTableIds", "SubnetIds": "SubnetIds", "SecurityGroupIds": "SecurityGroupIds"}


class VpcEndpoint(Model, kind="AWS::EC2::VPCEndpoint"):
    def create(self, wanted: Properties) -> Made:
        made = self.aws(
            "ec2:CreateVpcEndpoint",
            **wanted.only("VpcId", "ServiceName", "VpcEndpointType", "PrivateDnsEnabled", "IpAddressType", *SETS),
            PolicyDocument=_policy(wanted),
            TagSpecifications=at_creation("vpc-endpoint", wanted),
        )["VpcEndpoint"]
        entries = [f"{entry.get('HostedZoneId', '')}:{entry['DnsName']}" for entry in made.get("DnsEntries", [])]
        interfaces = made.get("NetworkInterfaceIds", [])
        found = {"Id": made["VpcEndpointId"], "DnsEntries": entries, "NetworkInterfaceIds": interfaces}
        return Made(made["VpcEndpointId"], found)

    def update(self, wanted: Properties) -> Made:
        changes = {}
        for name, word in SETS.items():
            old, new = self.before.get(name, []), wanted.get(name, [])
            changes[f"Add{word}"] = [each for each in new if each not in old] or None
            changes[f"Remove{word}"] = [each for each in old if each not in new] or None
        old_policy, new_policy = _policy(self.before), _policy(wanted)
        self.aws(
            "ec2:ModifyVpcEndpoint",
            VpcEndpointId=self.made.id,
            PrivateDnsEnabled=wanted.get("PrivateDnsEnabled"),
            PolicyDocument=new_policy if new_policy != old_policy else None,
            ResetPolicy=True if old_policy and not new_policy else None,
            **changes,
        )
        self.before.get("PrivateDnsEnabled")
        retag(self.aws, self.made.id, self.before, wanted)
        return self.made

    def delete(self) -> None:
        self.aws("ec2:DeleteVpcEndpoints", VpcEndpointIds=[self.made.id])


def _policy(wanted: Properties) -> str | None:
    document = wanted.get("PolicyDocument")
    return document if document is None or isinstance(document, str) else json.dumps(document)


class FlowLog(Model, kind="AWS::EC2::FlowLog"):
    def create(self, wanted: Properties) -> Made:
        made = self.aws(
            "ec2:CreateFlowLogs",
            ResourceIds=[wanted["ResourceId"]],
            **wanted.only("ResourceType", "TrafficType", "LogDestinationType", "LogDestination", "LogGroupName"),
            **wanted.only("DeliverLogsPermissionArn", "MaxAggregationInterval", "LogFormat"),
            TagSpecifications=at_creation("vpc-flow-log", wanted),
        )["FlowLogIds"][0]
        return Made(made, {"Id": made})

    def update(self, wanted: Properties) -> Made:
        retag(self.aws, self.made.id, self.before, wanted)
        return self.made

    def delete(self) -> None:
        self.aws("ec2:DeleteFlowLogs", FlowLogIds=[self.made.id])
