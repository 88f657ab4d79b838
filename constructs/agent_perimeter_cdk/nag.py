"""Acknowledged rules of cdk-nag: each at the resource it is about, with the reason.

They go through the CDK's own ``Validations``, so that an app can run cdk-nag on a perimeter and no
app needs to have cdk-nag.
"""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Acknowledge findings by id, such as ``AwsSolutions-IAM5[Resource::*]``."""
    if reasons:
        Validations.of(construct).acknowledge(
            *(Acknowledgment(id=finding, reason=reason) for finding, reason in sorted(reasons.items()))
        )


def finding_text(text: str) -> str:
    """An action or resource as cdk-nag spells it within a finding's id."""
    return text.replace("${", "<").replace("}", ">")
