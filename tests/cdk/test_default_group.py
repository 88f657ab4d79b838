"""The default security group is closed by a function that is run here for real, against moto's EC2."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from agent_perimeter_cdk import default_group_handler
from agent_perimeter_cdk.default_group import INLINE_LIMIT, handler_source
from agent_perimeter_cdk.default_group_handler import Event, handler
from tests.cdk.templates import Template

REGION = "eu-central-1"


class CloudFormation(HTTPServer):
    """The far end of a custom resource's answer."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Receiver)
        self.answers: list[dict[str, str]] = []
        self.content_types: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/answer?signature=1"


class Receiver(BaseHTTPRequestHandler):
    server: CloudFormation

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.answers.append(json.loads(body))
        self.server.content_types.append(self.headers["Content-Type"])
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""


@pytest.fixture
def cloudformation() -> Iterator[CloudFormation]:
    with CloudFormation() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def ec2(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setattr(default_group_handler, "WAIT_SECONDS", 0)
    with mock_aws(config={"core": {"mock_credentials": True, "passthrough": {"urls": ["http://127.0.0.1"]}}}):
        yield boto3.client("ec2", REGION)


@pytest.fixture
def group_id(ec2: Any) -> str:
    """The default group of a VPC as AWS makes it, and with a rule of somebody's that has two sources."""
    vpc = ec2.create_vpc(CidrBlock="10.42.0.0/16")["Vpc"]["VpcId"]
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    group: str = ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"]
    sources = [{"CidrIp": "0.0.0.0/0", "Description": "somebody's"}, {"CidrIp": "198.51.100.0/24"}]
    ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": sources}]
    )
    assert all(rules(ec2, group))
    return group


def rules(ec2: Any, group: str) -> tuple[list[Any], list[Any]]:
    (found,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    return found["IpPermissions"], found["IpPermissionsEgress"]


def event(kind: str, group: str, url: str) -> Event:
    return {
        "RequestType": kind,
        "ResponseURL": url,
        "StackId": "arn:aws:cloudformation:eu-central-1:111122223333:stack/s/1",
        "RequestId": "request-1",
        "LogicalResourceId": "default-group",
        "ResourceProperties": {"ServiceToken": "arn:aws:lambda:…", "GroupId": group},
    }


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_every_rule_is_revoked(kind: str, ec2: Any, group_id: str, cloudformation: CloudFormation) -> None:
    handler(event(kind, group_id, cloudformation.url), None)
    assert rules(ec2, group_id) == ([], [])
    (answer,) = cloudformation.answers
    assert answer == {
        "Status": "SUCCESS",
        "Reason": "the default security group has no rules",
        "PhysicalResourceId": f"closed-{group_id}",
        "StackId": "arn:aws:cloudformation:eu-central-1:111122223333:stack/s/1",
        "RequestId": "request-1",
        "LogicalResourceId": "default-group",
    }
    assert cloudformation.content_types == [""]


def test_a_group_that_is_closed_already_is_no_error(ec2: Any, group_id: str, cloudformation: CloudFormation) -> None:
    for _ in range(2):
        handler(event("Create", group_id, cloudformation.url), None)
    assert rules(ec2, group_id) == ([], [])
    assert [answer["Status"] for answer in cloudformation.answers] == ["SUCCESS", "SUCCESS"]


def test_deleting_leaves_the_group_as_it_is(ec2: Any, group_id: str, cloudformation: CloudFormation) -> None:
    before = rules(ec2, group_id)
    handler(event("Delete", group_id, cloudformation.url), None)
    assert rules(ec2, group_id) == before
    assert cloudformation.answers[0]["Status"] == "SUCCESS"


@pytest.mark.usefixtures("ec2")
def test_a_failure_is_answered_with_its_reason(cloudformation: CloudFormation) -> None:
    handler(event("Create", "sg-0123456789abcdef0", cloudformation.url), None)
    (answer,) = cloudformation.answers
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("sg-0123456789abcdef0 is not closed: ")
    assert "InvalidGroup.NotFound" in answer["Reason"]


@pytest.mark.parametrize(
    ("code", "denials", "status", "calls"),
    [
        ("UnauthorizedOperation", 2, "SUCCESS", 3),
        ("UnauthorizedOperation", 99, "FAILED", default_group_handler.TRIES),
        ("InvalidGroup.NotFound", 99, "FAILED", 1),
    ],
    ids=["until the role is known", "but not for ever", "but nothing else is"],
)
def test_a_denied_call_is_tried_again(
    code: str,
    denials: int,
    status: str,
    calls: int,
    ec2: Any,
    group_id: str,
    cloudformation: CloudFormation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = []
    close = default_group_handler.close

    def denied_at_first(group: str) -> None:
        made.append(group)
        if len(made) <= denials:
            raise ClientError({"Error": {"Code": code, "Message": "not yet"}}, "DescribeSecurityGroups")
        close(group)

    monkeypatch.setattr(default_group_handler, "close", denied_at_first)
    handler(event("Create", group_id, cloudformation.url), None)
    assert made == [group_id] * calls
    assert cloudformation.answers[0]["Status"] == status
    assert (rules(ec2, group_id) == ([], [])) == (status == "SUCCESS")


def test_the_function_is_this_handler_and_fits_inline(template: Template) -> None:
    function = template["default-group/function"].properties
    assert function["Code"] == {"ZipFile": handler_source()}
    assert len(handler_source()) <= INLINE_LIMIT == 4096
    assert function["Handler"] == "index.handler"
    assert function["Runtime"] == "python3.14"
    assert function["Architectures"] == ["arm64"]
    assert function["LoggingConfig"] == {"LogGroup": "<default-group/log>"}
    assert template["default-group/log"].without("Tags") == {"RetentionInDays": 365}


def test_the_function_has_time_to_try_again_and_less_than_cloudformation_waits(template: Template) -> None:
    timeout = template["default-group/function"].properties["Timeout"]
    assert timeout >= 2 * default_group_handler.TRIES * default_group_handler.WAIT_SECONDS
    assert timeout < int(template["default-group"].properties["ServiceTimeout"])


def test_the_function_can_revoke_rules_of_this_group_and_nothing_else(template: Template) -> None:
    group = (
        "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:security-group/${Group}"
        " where Group is <vpc>.DefaultSecurityGroup"
    )
    assert template["default-group/role"].without("Tags") == {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        },
        "Policies": [
            {
                "PolicyName": "close-default-group",
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "CloseTheGroup",
                            "Effect": "Allow",
                            "Action": ["ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"],
                            "Resource": [group],
                        },
                        {
                            "Sid": "ReadItsRules",
                            "Effect": "Allow",
                            "Action": ["ec2:DescribeSecurityGroups"],
                            "Resource": ["*"],
                        },
                        {
                            "Sid": "WriteLog",
                            "Effect": "Allow",
                            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                            "Resource": ["<default-group/log>.Arn"],
                        },
                    ],
                },
            }
        ],
    }


def test_the_custom_resource_closes_the_vpc_s_own_group(template: Template) -> None:
    assert template["default-group"].properties == {
        "ServiceToken": "<default-group/function>.Arn",
        "GroupId": "<vpc>.DefaultSecurityGroup",
        "ServiceTimeout": "240",
    }
