"""What other people's linters say of the watch: nothing, and each exception is needed and hides nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App

from agent_perimeter_cdk import watch_outputs, watch_role
from tests.cdk.templates import Template, synthesize
from tests.cdk.test_linters import complaints, nag
from tests.cdk.test_rendering import TAGLESS
from tests.cdk.watches import build, build_one

UNTAGGED = {
    "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Permission", "AWS::S3::BucketPolicy", "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy", "AWS::Scheduler::Schedule",
}  # fmt: skip


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesize(tmp_path_factory.mktemp("watches"), build)


@pytest.mark.parametrize("name", ["full", "quiet"])
def test_cfn_lint_has_no_complaint(name: str, assembly: Path) -> None:
    assert complaints(Template(assembly, name, "p").raw) == []


def test_whatever_can_have_tags_says_whose_it_is(assembly: Path) -> None:
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

    template = Template(assembly, "full", "p")
    for path, resource in template.resources.items():
        if resource.type in UNTAGGED:
            schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", resource.type).schema
            assert "Tags" not in schema["properties"]
            continue
        tags = {tag["Key"]: tag["Value"] for tag in resource.properties["Tags"]}
        assert tags == {"Name": f"prod/watch/{path}", "agent-perimeter:perimeter": "prod"}, path
    assert not UNTAGGED & {kind for kind in TAGLESS if kind in {"AWS::IAM::Role", "AWS::Lambda::Function"}}


def full(app: App) -> None:
    """The watch with every setting; cdk-nag takes seconds for each."""
    build_one(app, "full")


def test_cdk_nag_has_no_finding(tmp_path: Path) -> None:
    assert nag(tmp_path, full) == set()


def test_every_acknowledged_finding_is_one_that_cdk_nag_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    acknowledged: set[tuple[str, str]] = set()

    def note(construct: Any, reasons: dict[str, str]) -> None:
        path = construct.node.path.partition("/p/")[2].replace("--", "/")
        acknowledged.update((rule, path) for rule in reasons)
        assert all(len(reason) >= 30 for reason in reasons.values())  # a sentence, not a word

    for module in (watch_outputs, watch_role):
        monkeypatch.setattr(module, "acknowledge", note)
    assert nag(tmp_path, full) == acknowledged


def test_the_cdk_s_own_validation_has_no_complaint(tmp_path: Path) -> None:
    """Apps that embed a watch have it on, and a feature flag makes its complaints errors."""
    app = App(outdir=str(tmp_path), context={"@aws-cdk/core:validateAgainstDefaultRules": True})
    full(app)
    app.synth()
    report = json.loads((tmp_path / "validation-report.json").read_text())
    assert [violation for entry in report["pluginReports"] for violation in entry["violations"]] == []
