"""The whole way, with the programs that people use: the CDK CLI deploys, `agent-perimeter drift` judges."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.aws.deploy import CDK, ROOT, Server, server

pytestmark = pytest.mark.slow

PERIMETER, WATCH = "AgentPerimeter-agents", "AgentPerimeterWatch-agents"


@dataclass(frozen=True, slots=True)
class Project:
    """The example perimeter and its watch, in a folder of their own, and the account that they are deployed to."""

    aws: Server
    folder: Path

    def synth(self) -> None:
        self.aws.run(sys.executable, str(ROOT / "app.py"), folder=self.folder)

    def deploy(self) -> None:
        self.aws.cdk("deploy", "--all", "--require-approval", "never", folder=self.folder)

    def drift(self, expect: int) -> dict[str, Any]:
        command = (sys.executable, "-m", "agent_perimeter", "drift", "--stack", PERIMETER, "--watch-stack", WATCH)
        said = self.aws.run(*command, "--format", "json", "--no-trail", folder=self.folder, expect=expect)
        found: dict[str, Any] = json.loads(said)
        return found

    def resources(self, stack: str) -> dict[str, str]:
        pages = self.aws.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
        return {
            summary["LogicalResourceId"]: summary["PhysicalResourceId"]
            for page in pages
            for summary in page["StackResourceSummaries"]
        }


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    if not CDK.exists():
        missing = "the CDK CLI is not installed: `make node_modules/.cdk` installs it"
        pytest.fail(missing) if os.environ.get("CI", "").lower() == "true" else pytest.skip(missing)
    shutil.copytree(ROOT / "policies", tmp_path / "policies")
    settings = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))
    del settings["app"]  # app.py runs by itself, and the CLI on what it wrote
    settings["context"]["agent-perimeter"]["maintenance"] = True  # so that it can be torn down at the end
    (tmp_path / "cdk.json").write_text(json.dumps(settings), encoding="utf-8")
    with server() as aws:
        aws.run(
            os.environ["JSII_NODE"], str(CDK), "bootstrap", f"aws://{aws.account}/{aws.region}", "--no-notices",
            folder=tmp_path,
        )  # fmt: skip
        project = Project(aws, tmp_path)
        project.synth()
        project.deploy()
        yield project


def test_a_perimeter_from_bootstrap_to_tear_down(project: Project) -> None:
    assert project.drift(expect=0)["departures"] == [], "what was just deployed is clean"

    # Somebody with a console opens a hole …
    ec2 = project.aws.client("ec2")
    before = project.resources(PERIMETER)
    tagged = [{"Name": "tag:agent-perimeter:agent", "Values": ["isolated-agent"]}]
    (group,) = ec2.describe_security_groups(Filters=tagged)["SecurityGroups"]
    hole = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ec2.authorize_security_group_egress(GroupId=group["GroupId"], IpPermissions=hole)
    found = project.drift(expect=1)["departures"]
    assert [(each["meaning"], each["change"]["alteration"], each["change"]["type"]) for each in found] == [
        ("weakens", "added", "security group rule")
    ]
    assert found[0]["change"]["record"] == group["GroupId"]

    # … and closes it.
    ec2.revoke_security_group_egress(GroupId=group["GroupId"], IpPermissions=hole)
    assert project.drift(expect=0)["departures"] == []

    # The policy changes: until it is deployed, that is drift as well; afterwards it is not.
    policy = project.folder / "policies" / "coding-agent.yaml"
    policy.write_text(policy.read_text(encoding="utf-8").replace("api.github.com", "api.gitlab.com"), encoding="utf-8")
    project.synth()
    assert project.drift(expect=1)["departures"] != []
    project.deploy()
    assert project.drift(expect=0)["departures"] == []
    after = project.resources(PERIMETER)
    assert {name: after[name] for name in before} == before, "all of it was changed in place"

    project.aws.cdk("destroy", "--all", "--force", folder=project.folder)
    assert [vpc for vpc in ec2.describe_vpcs()["Vpcs"] if not vpc["IsDefault"]] == []
    stacks = project.aws.client("cloudformation").describe_stacks()["Stacks"]
    assert [stack["StackName"] for stack in stacks] == ["CDKToolkit"]
