"""Exceptions to other people's linters: each at the resource it is about, with the reason.

They are made so that an app can run any of these linters on a perimeter and no app needs to have them.
A test holds each to be needed and to hide nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Acknowledgment, CfnResource, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Acknowledge findings of cdk-nag, such as ``AwsSolutions-IAM5[Resource::*]``, here and below."""
    if reasons:
        Validations.of(construct).acknowledge(
            *(Acknowledgment(id=finding, reason=reason) for finding, reason in sorted(reasons.items()))
        )


def accept(resource: CfnResource, cfn_lint: str, cdk: str, reason: str) -> None:
    """Accept what cfn-lint, and under its own number the CDK's validation, says of a resource's schema."""
    resource.add_metadata("cfn-lint", {"config": {"ignore_checks": [cfn_lint]}})
    acknowledge(resource, {f"CloudFormation-Validate::{cdk}": reason})


def finding_text(text: str) -> str:
    """An action or resource as cdk-nag spells it within a finding's id."""
    return text.replace("${", "<").replace("}", ">")
