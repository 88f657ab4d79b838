"""Permissions boundaries: what an agent's role may do at most."""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import aws_iam as iam
from constructs import Construct

from agent_perimeter.network import Boundary
from agent_perimeter_cdk.documents import document
from agent_perimeter_cdk.refs import Refs

IAM_PATH = "/agent-perimeter/"


def render_boundaries(scope: Construct, boundaries: Iterable[Boundary], refs: Refs) -> None:
    """One managed policy per agent.

    Its name is generated and its description says nothing that moves: both cannot change without a
    replacement, and a policy that bounds a role in another stack cannot be replaced.
    """
    for boundary in boundaries:
        refs[boundary.id] = iam.CfnManagedPolicy(
            scope,
            boundary.id,
            path=IAM_PATH,
            description=f"Boundary of the agent {boundary.agent} in the perimeter {refs.perimeter}",
            policy_document=document(boundary.statements, refs),
        ).ref
