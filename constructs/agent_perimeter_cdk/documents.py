"""IAM policy documents from statements (IAM user guide, grammar of the JSON policy language)."""

from __future__ import annotations

from collections.abc import Sequence

from agent_perimeter.network import Statement
from agent_perimeter_cdk.refs import Refs

Document = dict[str, object]

_VERSION = "2012-10-17"


def document(statements: Sequence[Statement], refs: Refs) -> Document:
    """The statements as a document.

    Raises ``ValueError`` where there are none: IAM refuses the document, and an endpoint without one
    is open to everybody.
    """
    if not statements:
        raise ValueError("a policy document needs a statement; to allow nothing, deny everything")
    return {"Version": _VERSION, "Statement": [_statement(statement, refs) for statement in statements]}


def _statement(statement: Statement, refs: Refs) -> Document:
    conditions: dict[str, dict[str, list[str]]] = {}
    for condition in statement.conditions:
        keys = conditions.setdefault(condition.operator, {})
        if condition.key in keys:
            raise ValueError(f"statement {statement.sid!r} tests {condition.operator} {condition.key} twice")
        keys[condition.key] = [refs.text(value) for value in condition.values]
    return {
        "Sid": statement.sid,
        "Effect": "Allow" if statement.allow else "Deny",
        **({"Principal": statement.principal} if statement.principal is not None else {}),
        "Action": list(statement.actions),
        "Resource": [refs.text(resource) for resource in statement.resources],
        **({"Condition": conditions} if conditions else {}),
    }


def allow(actions: Sequence[str], resources: Sequence[str], sid: str) -> Document:
    """A statement of the perimeter's own roles."""
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def grants(*statements: Document) -> Document:
    """A document of the perimeter's own roles."""
    return {"Version": _VERSION, "Statement": list(statements)}


def trust(service: str, conditions: Document | None = None) -> Document:
    """Who may assume a role of the perimeter's own: one AWS service."""
    return grants(
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            **({"Condition": conditions} if conditions else {}),
        }
    )
