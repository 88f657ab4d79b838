"""Permissions boundaries: what an agent's role may do at most."""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import aws_iam as iam
from constructs import Construct

from agent_perimeter.network import Boundary
from agent_perimeter_cdk.documents import document
from agent_perimeter_cdk.linters import acknowledge, finding_text
from agent_perimeter_cdk.refs import Refs, substituted

IAM_PATH = "/agent-perimeter/"


def render_boundaries(scope: Construct, boundaries: Iterable[Boundary], refs: Refs) -> None:
    """One managed policy per agent.

    Its name is generated and its description says nothing that moves: both cannot change without a
    replacement, and a policy that bounds a role in another stack cannot be replaced.
    """
    for boundary in boundaries:
        policy = iam.CfnManagedPolicy(
            scope,
            boundary.id,
            path=IAM_PATH,
            description=f"Boundary of the agent {boundary.agent} in the perimeter {refs.perimeter}",
            policy_document=document(boundary.statements, refs),
        )
        acknowledge(policy, _wildcards(boundary))
        refs[boundary.id] = policy.ref


def _wildcards(boundary: Boundary) -> dict[str, str]:
    """What cdk-nag finds in each wildcard (AwsSolutions-IAM5), and why it may stand."""
    return {
        f"AwsSolutions-IAM5[{kind}::{finding_text(substituted(text) or text)}]": (
            f"A boundary grants nothing, it caps; asked for by {statement.origin.short or 'what runs the agent'}."
        )
        for statement in boundary.statements
        if statement.allow
        for kind, texts in (("Action", statement.actions), ("Resource", statement.resources))
        for text in texts
        if "*" in text
    }
