"""Watches to test: the smallest network that has a stack, real policies, and every setting once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from aws_cdk import App

from agent_perimeter.files import read_policies
from agent_perimeter.observed import ObservedNetwork, Vpc
from agent_perimeter.policy.load import load_perimeter
from agent_perimeter.policy.model import Policy
from agent_perimeter.settings import Notify, Settings, Watch, Workload
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr
from agent_perimeter_cdk import DriftWatch
from tests.cdk.templates import stack

ROOT = Path(__file__).resolve().parents[2]
STACK = "AgentPerimeter-agents"
TOPIC = "arn:aws:sns:eu-west-1:111122223333:security-alerts"
KEY = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"

NETWORK = ObservedNetwork(
    vpcs=(
        Vpc(
            id=f"{STACK}/vpc",
            origin=Origin(path=f"cdk.out/{STACK}.template.json#/Resources/vpc"),
            cidrs=(Cidr.parse("10.42.0.0/16"),),
            ipv6_cidrs=(),
            dns_support=True,
            dns_hostnames=True,
        ),
    )
)

FULL = Settings(
    name="prod",
    workloads={"coding-agent": Workload.LAMBDA},
    log_retention_days=731,
    log_key=KEY,
    watch=Watch(
        every_minutes=5,
        silence_periods=4,
        security_hub=True,
        evidence_retention_days=3650,
        notify=Notify(("oncall@example.com", "security@example.com"), ("https://hooks.example.com/drift",), (TOPIC,)),
    ),
)
QUIET = replace(FULL, name="quiet", log_key="create", watch=Watch(on_change=False, trail=False))


def policies() -> tuple[Policy, ...]:
    found, _ = load_perimeter(read_policies([ROOT / "policies"]))
    return found


SETTINGS = {"plain": Settings(), "full": FULL, "quiet": QUIET}


def build(app: App) -> None:
    """Three stacks: the defaults, every setting, and a quiet watch whose key encrypts its log."""
    for name in SETTINGS:
        build_one(app, name)


def build_one(app: App, name: str) -> None:
    """One of the three."""
    DriftWatch(stack(app, name), "p", stack=STACK, expected=NETWORK, policies=policies(), settings=SETTINGS[name])
