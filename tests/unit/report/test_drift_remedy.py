"""What to do about a departure, with operations that AWS really has."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import get_args

import botocore
import pytest

from agent_perimeter.drift.model import Alteration, Change, Departure, Meaning
from agent_perimeter.drift.parts import PartKind
from agent_perimeter.drift.table import PARTS, SECTIONS
from agent_perimeter.observed import LogKind, TargetKind
from agent_perimeter.queries import Query
from agent_perimeter.report.drift_remedy import UNDO, remedy
from tests.unit import drifts

MODELS = Path(botocore.__file__).parent / "data"
KINDS = {"gateway", "log", "resource"}
"""Sections whose records are called by their own kind."""
ROUTED = {  # what a gateway may be; the rest of the enumeration are firewalls, endpoints, interfaces and no target at all
    TargetKind.INTERNET_GATEWAY,
    TargetKind.EGRESS_ONLY_GATEWAY,
    TargetKind.NAT_GATEWAY,
    TargetKind.PEERING,
    TargetKind.TRANSIT_GATEWAY,
    TargetKind.VPN_GATEWAY,
    TargetKind.CARRIER_GATEWAY,
}


def test_every_type_of_change_has_a_row_and_every_row_a_type() -> None:
    called = {section.called for section in (*SECTIONS.values(), *PARTS.values())} - KINDS
    watch = {f"watch {kind}" for kind in get_args(PartKind)}
    assert set(UNDO) == called | set(LogKind) | ROUTED | watch


@cache
def operations(service: str) -> frozenset[str]:
    (*_, newest) = sorted((MODELS / service).iterdir())
    return frozenset(json.loads(gzip.decompress((newest / "service-2.json.gz").read_bytes()))["operations"])


def test_every_operation_is_one_of_aws() -> None:
    named = {name for undo in UNDO.values() for side in (undo.added, undo.removed, undo.changed) for name in side}
    named |= set(re.findall(r"[a-z-]+:[A-Z]\w+", remedy(drifts.WIDENED)))
    for name in sorted(named):
        service, _, operation = name.partition(":")
        assert operation in operations(service), name


def change(alteration: Alteration, kind: str, detail: str = "", field: str = "") -> Change:
    return Change(alteration, kind, "id", detail, field, "", "", drifts.at("id"))


@pytest.mark.parametrize(
    ("departure", "said"),
    [
        pytest.param(drifts.COSMETIC, "Nothing has to be done for the perimeter.", id="cosmetic"),
        pytest.param(
            drifts.EXPIRED,
            "Renew the rule's last day in the policy, or delete the rule, and deploy: until then it still lets out.",
            id="expired",
        ),
        pytest.param(
            drifts.TOGETHER,
            "Change the policy or deploy it as it stands; `agent-perimeter verify` judges the templates before.",
            id="in meaning alone",
        ),
        pytest.param(
            drifts.WIDENED,
            "Take it away with ec2:RevokeSecurityGroupEgress. Connections that it let through stay open: flush them"
            " (network-firewall:StartFlowFlush) or stop the workload.",
            id="the operation of the direction, and what is still open",
        ),
        pytest.param(
            drifts.WEAKENED,
            "Set delete protection back with network-firewall:UpdateFirewallDeleteProtection.",
            id="the operation of the property",
        ),
        pytest.param(drifts.NARROWED, "Make it again, as it was, with ec2:CreateRoute.", id="made again"),
        pytest.param(
            drifts.PERHAPS,
            "Find out who needs it first. Take it away, in the service that it belongs to.",
            id="a type that nobody knows",
        ),
        pytest.param(
            replace(drifts.NARROWED, change=change(Alteration.REMOVED, "subnet")),
            "CloudFormation takes it for there as it was: deploy once without it and once with it"
            " (docs/operations.md, Restoring).",
            id="what no single call makes again",
        ),
        pytest.param(
            replace(drifts.NARROWED, change=change(Alteration.CHANGED, "DNS rule group", field="x")),
            "CloudFormation takes it for there as it was: deploy once without it and once with it"
            " (docs/operations.md, Restoring).",
            id="what no single call changes back",
        ),
    ],
)
def test_says(departure: Departure, said: str) -> None:
    assert remedy(departure) == said


def test_a_name_that_resolves_has_no_connection_to_flush() -> None:
    gap = replace(drifts.WIDENED.gaps[0].gap, witness=Query("evil.example", "A"))
    asked = replace(drifts.WIDENED, gaps=(replace(drifts.WIDENED.gaps[0], gap=gap),))
    assert asked.meaning is Meaning.WIDENS
    assert remedy(asked) == "Take it away with ec2:RevokeSecurityGroupEgress."
