"""What leads out of the VPC, or answers in it, and no route shows: private zones, service networks, copied packets."""

from __future__ import annotations

from typing import Final

from agent_perimeter.aws.read import Read
from agent_perimeter.aws.shapes import answer, each, fields

ELSEWHERE: Final[tuple[Read, ...]] = (
    Read(
        "route53",
        "ListHostedZonesByVPC",
        answer(HostedZoneSummaries=each("HostedZoneId Name", Owner=fields("OwningAccount OwningService"))),
        parameters=({"VPCId": "{vpc}", "VPCRegion": "{region}"},),
    ),
    Read(
        "vpc-lattice",
        "ListServiceNetworkVpcAssociations",
        answer(items=each("id arn status serviceNetworkArn privateDnsEnabled vpcId")),
        parameters=({"vpcIdentifier": "{vpc}"},),
        about="items.vpcId",
    ),
    Read(
        # All of the account: AWS has no filter by VPC, and one by interface would wait for the interfaces.
        "ec2",
        "DescribeTrafficMirrorSessions",
        answer(
            TrafficMirrorSessions=each(
                "TrafficMirrorSessionId TrafficMirrorTargetId TrafficMirrorFilterId NetworkInterfaceId OwnerId "
                "SessionNumber PacketLength"
            )
        ),
    ),
)
