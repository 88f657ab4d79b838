"""Snapshots written by hand, in the shapes of AWS's answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from agent_perimeter.forms import Json
from agent_perimeter.lift.account.reading import LISTINGS
from agent_perimeter.lift.snapshot import Live, lift_snapshot
from agent_perimeter.observed import Doubt, ObservedNetwork
from agent_perimeter.snapshot import Answer, Snapshot, Unread

VPC = "vpc-0a"
REGION = "eu-west-1"
ACCOUNT = "111122223333"
AT = f"{REGION}/"

Answers = Mapping[str, Json]
"""By call: ``ec2:DescribeSubnets``, with what it was about behind it: ``iam:GetRole RoleName=worker``. A list is what
a call lists, an object the whole answer."""

QUIET: Answers = {
    **{listing.call: [] for listing in LISTINGS if listing.always},
    "ec2:DescribeVpcs": [
        {
            "VpcId": VPC,
            "DhcpOptionsId": "default",
            "CidrBlockAssociationSet": [{"CidrBlock": "10.0.0.0/16", "CidrBlockState": {"State": "associated"}}],
        }
    ],
    f"ec2:DescribeVpcAttribute VpcId={VPC} Attribute=enableDnsSupport": {"EnableDnsSupport": {"Value": True}},
    f"ec2:DescribeVpcAttribute VpcId={VPC} Attribute=enableDnsHostnames": {"EnableDnsHostnames": {"Value": False}},
    "ec2:DescribeVpcBlockPublicAccessOptions": {"VpcBlockPublicAccessOptions": {"InternetGatewayBlockMode": "off"}},
    f"route53resolver:GetFirewallConfig ResourceId={VPC}": {"FirewallConfig": {"FirewallFailOpen": "DISABLED"}},
}
"""A VPC with nothing in it, wholly read."""


def snapshot(answers: Answers, *lost: Unread, without: Collection[str] = ()) -> Snapshot:
    """A quiet account with these answers instead; calls that are ``lost`` or ``without`` have none."""
    given = {**QUIET, **answers}
    silent = set(without) | {one.call for one in lost if not one.parameters}
    return Snapshot(
        taken="2026-11-22T20:00:00Z",
        account=ACCOUNT,
        region=REGION,
        partition="aws",
        vpc=VPC,
        stack="net",
        perimeter="policies",
        answers=tuple(_answer(call, given[call]) for call in sorted(given) if call not in silent),
        unread=lost,
    )


def _answer(written: str, result: Json) -> Answer:
    call, *parameters = written.split(" ")
    service, _, operation = call.partition(":")
    member = next((listing.member for listing in LISTINGS if listing.call == call), "")
    kept = {member: result} if isinstance(result, list) else result
    assert isinstance(kept, dict)
    asked: Mapping[str, Json] = dict([one.split("=", 1) for one in parameters])
    return Answer(service, operation, asked, kept)


def unread(written: str, code: str = "AccessDenied", message: str = "no") -> Unread:
    """A call, as in ``Answers``, that did not answer."""
    call, *parameters = written.split(" ")
    service, _, operation = call.partition(":")
    asked: Mapping[str, Json] = dict([one.split("=", 1) for one in parameters])
    return Unread(service, operation, asked, code, message, call)


def lived(answers: Answers, *lost: Unread) -> Live:
    return lift_snapshot(snapshot(answers, *lost))


def live(answers: Answers, *lost: Unread) -> ObservedNetwork:
    return lived(answers, *lost).network


def reason(value: object) -> str:
    """Why a value is not known, and where."""
    assert isinstance(value, Doubt), value
    return f"{value.path.removeprefix(AT)}: {value.reason}"


def tags(**given: str) -> Json:
    """Our tags: ``agent`` and ``role``; ``Name`` as it is."""
    named = {"agent": "agent-perimeter:agent", "role": "agent-perimeter:role"}
    return [{"Key": named.get(key, key), "Value": value} for key, value in given.items()]
