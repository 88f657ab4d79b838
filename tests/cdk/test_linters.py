"""What other people's linters say of the templates: cfn-lint, cdk-nag and the CDK's own validation.

For each exception that the constructs make, a test holds that it is needed and hides nothing else.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Validations
from aws_cdk import aws_ec2 as ec2
from cdk_nag import AwsSolutionsChecks
from cfnlint.api import lint
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from agent_perimeter.network import Network
from agent_perimeter.settings import Settings
from agent_perimeter_cdk import AgentPerimeter, acls, boundaries, default_group
from tests.cdk.templates import Template, stack, synthesize
from tests.cdk.test_rendering import TAGLESS

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 11, 22)


def complaints(template: Any) -> list[tuple[str, str, str]]:
    """cfn-lint's findings as (rule, the resource's path in the template, message)."""
    found = lint(json.dumps(template), regions=["eu-central-1"])
    return sorted((match.rule.id, "/".join(map(str, (match.path or [])[:2])), match.message) for match in found)


def without_exceptions(template: Any) -> Any:
    """The template as it would be if the constructs told cfn-lint to look away from nothing."""
    bare = copy.deepcopy(template)
    for resource in bare["Resources"].values():
        resource.get("Metadata", {}).pop("cfn-lint", None)
    return bare


@pytest.mark.parametrize("chosen", ["template", "maintained_template", "isolated_template"])
def test_cfn_lint_has_no_complaint(chosen: str, request: pytest.FixtureRequest) -> None:
    template: Template = request.getfixturevalue(chosen)
    assert complaints(template.raw) == []


def test_cfn_lint_is_told_to_look_away_from_one_new_property_and_from_named_zones_only(
    template: Template, network: Network
) -> None:
    found = complaints(without_exceptions(template.raw))
    errors = [complaint for complaint in found if not complaint[0].startswith("W")]
    assert [(rule, message) for rule, _, message in errors] == [
        ("E3002", "Additional properties are not allowed ('Route53ResolvedIPValidation' was unexpected)")
    ]
    assert errors[0][1].startswith("Resources/pfirewallpolicy")
    named = [subnet for subnet in network.subnets if subnet.zone.name]
    assert [complaint[0] for complaint in found if complaint not in errors] == ["W3010"] * len(named)


def test_cfn_lint_does_complain(template: Template) -> None:
    broken = copy.deepcopy(template.raw)
    (subnet,) = (name for name, item in template.raw["Resources"].items() if item == template["subnet/egress/0"].raw)
    broken["Resources"][subnet]["Properties"]["CidrBlok"] = "10.0.0.0/8"
    assert [complaint[0] for complaint in complaints(broken)] == ["E3002"]


def test_what_has_no_tags_can_have_none(template: Template) -> None:
    """``TAGLESS`` against the schemas of CloudFormation."""
    types = {item.type for item in template.resources.values() if item.type.startswith("AWS::")}
    schemas = {kind: PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema for kind in types}
    assert {kind for kind, schema in schemas.items() if "Tags" not in schema["properties"]} == {
        kind for kind in TAGLESS if kind.startswith("AWS::")
    }


def nag(outdir: Path, build: Callable[[App], object]) -> set[tuple[str, str]]:
    """cdk-nag's findings as (rule, construct path below the perimeter). All of AwsSolutions, warnings too."""

    def checked(app: App) -> None:
        build(app)
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))

    try:
        synthesize(outdir, checked)
    except RuntimeError as error:
        assert str(error).startswith("ValidationFailed")  # noqa: PT017 - what is wrong is in the report
    report = json.loads((outdir / "validation-report.json").read_text())
    return {
        (violation["ruleName"], construct["constructPath"].partition("/p/")[2].replace("--", "/"))
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
    }


def test_cdk_nag_has_no_finding_in_any_perimeter(tmp_path: Path, network: Network) -> None:
    def build(app: App) -> None:
        AgentPerimeter(stack(app, "hand"), "p", network=network)
        for folder in (ROOT / "policies", ROOT / "examples" / "policies"):
            name = folder.parent.name if folder.parent != ROOT else "real"
            AgentPerimeter.from_policies(
                stack(app, name), "p", policies=folder, settings=Settings(name=name), today=TODAY
            )

    assert nag(tmp_path, build) == set()


def test_cdk_nag_does_find(tmp_path: Path) -> None:
    def build(app: App) -> None:
        ec2.CfnVPC(stack(app, "s"), "vpc", cidr_block="10.0.0.0/16")

    assert {rule for rule, _ in nag(tmp_path, build)} == {"AwsSolutions-VPC7"}


def test_every_acknowledged_finding_is_one_that_cdk_nag_has(
    tmp_path: Path, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    acknowledged: set[tuple[str, str]] = set()

    def note(construct: Any, reasons: dict[str, str]) -> None:
        path = construct.node.path.partition("/p/")[2].replace("--", "/")
        acknowledged.update((rule, path) for rule in reasons)
        assert all(len(reason) >= 30 for reason in reasons.values())  # a sentence, not a word

    for module in (acls, boundaries, default_group):
        monkeypatch.setattr(module, "acknowledge", note)
    found = nag(tmp_path, lambda app: AgentPerimeter(stack(app, "s"), "p", network=network))
    # The ACLs are acknowledged once, above all of them.
    assert {(rule, path.partition("/")[0] if rule == "AwsSolutions-VPC3" else path) for rule, path in found} == (
        acknowledged
    )


def test_the_cdk_s_own_validation_has_no_complaint(tmp_path: Path, network: Network) -> None:
    """Apps that embed a perimeter have it on, and a feature flag makes its complaints errors."""
    app = App(outdir=str(tmp_path), context={"@aws-cdk/core:validateAgainstDefaultRules": True})
    AgentPerimeter(stack(app, "s"), "p", network=network)
    app.synth()
    report = json.loads((tmp_path / "validation-report.json").read_text())
    assert [entry["violations"] for entry in report["pluginReports"]] == [[]]
