"""Grants that an agent should not have: refused, or said aloud."""

from __future__ import annotations

from datetime import date

import pytest

from agent_perimeter.policy.lint import lint
from agent_perimeter.policy.load import load

POLICY = """\
version: 1
agent: grants
network_policy:
  egress:
    - aws_service: {service}
      actions: ["{action}"]
      resources: ["{resource}"]
"""


def found(service: str, action: str, resource: str = "arn:aws:s3:::corpus/*") -> list[str]:
    policy, findings = load(POLICY.format(service=service, action=action, resource=resource).encode(), "p.yaml", "p")
    assert policy is not None, findings
    return [
        f"{finding.span} {finding.code.code}"
        for finding in lint((policy,), date(2026, 11, 22), resolved_ip_validation=True)
    ]


@pytest.mark.parametrize(
    ("sentence", "service", "action", "expected"),
    [
        ("an action by name on a named resource is fine", "s3", "s3:GetObject", []),
        ("reading the network is fine", "ec2", "ec2:DescribeSubnets", []),
        ("a door in the wall is refused", "ec2", "ec2:CreateRoute", ["p.yaml:5:20 AP116"]),
        ("all of EC2 holds every door", "ec2", "ec2:*", ["p.yaml:5:20 AP116", "p.yaml:5:20 AP211"]),
        ("another function's code is refused", "lambda", "lambda:UpdateFunctionCode", ["p.yaml:5:20 AP116"]),
        ("another role is said aloud", "sts", "sts:AssumeRole", ["p.yaml:5:20 AP218"]),
        ("a wildcard grants what nobody listed", "s3", "s3:Get*", ["p.yaml:5:20 AP211"]),
    ],
)
def test_actions(sentence: str, service: str, action: str, expected: list[str]) -> None:
    assert found(service, action) == expected, sentence


@pytest.mark.parametrize("resource", ["*", "arn:aws:s3:::*", "arn:aws:dynamodb:us-east-1:111122223333:*"])
def test_a_resource_that_leaves_everything_open_is_said_aloud(resource: str) -> None:
    assert found("s3", "s3:GetObject", resource) == ["p.yaml:5:20 AP212"]
