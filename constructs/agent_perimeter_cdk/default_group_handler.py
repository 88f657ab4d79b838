"""Revoke all rules of a VPC's default security group: the handler of a CloudFormation custom resource.

Deleting the resource leaves the group closed: it goes with its VPC. Protocol: CloudFormation user
guide, custom resource request and response objects.
"""

import json
import time
import urllib.request
from typing import TypedDict

import boto3
from botocore.exceptions import BotoCoreError, ClientError

TRIES, WAIT_SECONDS = 12, 5  # a role that was made or changed a moment ago is not yet known everywhere


class Event(TypedDict):
    """What CloudFormation asks, as far as it matters here."""

    RequestType: str
    ResponseURL: str
    StackId: str
    RequestId: str
    LogicalResourceId: str
    ResourceProperties: dict[str, str]


def handler(event: Event, _: object) -> None:
    """Answer CloudFormation: SUCCESS once the group has no rules, or FAILED with the reason."""
    group_id = event["ResourceProperties"]["GroupId"]
    status, reason = "SUCCESS", "the default security group has no rules"
    if event["RequestType"] != "Delete":
        try:
            close_patiently(group_id)
        except (BotoCoreError, ClientError) as error:
            status, reason = "FAILED", f"{group_id} is not closed: {error}"
    answer = {
        "Status": status,
        "Reason": reason,
        "PhysicalResourceId": f"closed-{group_id}",
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
    }
    body = json.dumps(answer)
    print(body)
    # The address is CloudFormation's, signed for an answer without a content type.
    put = urllib.request.Request(event["ResponseURL"], body.encode(), {"Content-Type": ""}, method="PUT")  # noqa: S310
    with urllib.request.urlopen(put, timeout=30):  # noqa: S310
        pass


def close_patiently(group_id: str) -> None:
    """Close the group; while EC2 does not know our role's permissions yet, try again."""
    for left in reversed(range(TRIES)):
        try:
            close(group_id)
        except ClientError as error:
            if error.response["Error"]["Code"] != "UnauthorizedOperation" or not left:
                raise
            time.sleep(WAIT_SECONDS)
        else:
            return


def close(group_id: str) -> None:
    """Revoke each rule of the group, in both directions."""
    ec2 = boto3.client("ec2")
    (group,) = ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"]
    if group["IpPermissions"]:
        ec2.revoke_security_group_ingress(GroupId=group_id, IpPermissions=group["IpPermissions"])
    if group["IpPermissionsEgress"]:
        ec2.revoke_security_group_egress(GroupId=group_id, IpPermissions=group["IpPermissionsEgress"])
