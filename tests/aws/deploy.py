"""Deploying templates to the local AWS: in process, or with the CDK CLI over loopback."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from tests.aws.local import cloudformation, install
from tests.aws.local.server import serving
from tests.aws.local.sessions import session as local_session

cloudformation.install()
install()

ROOT = Path(__file__).parents[2]
CDK = ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"
"""The pinned CLI; `make node_modules/.cdk` installs it."""
PYTHON_PATH = os.pathsep.join(str(ROOT / folder) for folder in ("src", "constructs", "."))
BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"


class Failed(Exception):
    """A stack that ended in a failure: its status, and why, as its events tell it."""


def golden(name: str = "policies") -> dict[str, Any]:
    """A template of ours, as the CDK made it; a fresh one each time, to change as one likes."""
    found: dict[str, Any] = json.loads(
        (ROOT / "tests" / "golden" / f"{name}.template.json").read_text(encoding="utf-8")
    )
    return found


def deploy(
    session: boto3.Session, stack: str, template: Mapping[str, Any], parameters: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Create or update the stack; its outputs. Raises `Failed`."""
    bootstrapped(session)
    client = session.client("cloudformation")
    given = [{"ParameterKey": name, "ParameterValue": value} for name, value in (parameters or {}).items()]
    put = client.update_stack if _status(client, stack) else client.create_stack
    put(StackName=stack, TemplateBody=json.dumps(template), Parameters=given, Capabilities=["CAPABILITY_NAMED_IAM"])
    _check(client, stack)
    (described,) = client.describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def destroy(session: boto3.Session, stack: str) -> None:
    """Delete the stack. Raises `Failed` where something refuses to go."""
    client = session.client("cloudformation")
    client.delete_stack(StackName=stack)
    if _status(client, stack):
        _check(client, stack)


def resources(session: boto3.Session, stack: str) -> dict[str, str]:
    """The physical id of each logical id."""
    pages = session.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
    summaries = [summary for page in pages for summary in page["StackResourceSummaries"]]
    return {summary["LogicalResourceId"]: summary["PhysicalResourceId"] for summary in summaries}


def bootstrapped(session: boto3.Session) -> None:
    """Leave the mark of `cdk bootstrap`, whose version every template of the CDK asks for."""
    ssm = session.client("ssm")
    with contextlib.suppress(ssm.exceptions.ParameterAlreadyExists):
        ssm.put_parameter(Name=BOOTSTRAP_VERSION, Value="30", Type="String")


def _status(client: Any, stack: str) -> str | None:
    try:
        (described,) = client.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        return None
    return str(described["StackStatus"])


def _check(client: Any, stack: str) -> None:
    status = _status(client, stack) or ""
    if not status.endswith("_COMPLETE"):
        reasons = [
            f"{event['LogicalResourceId']} ({event['ResourceType']}): {event['ResourceStatusReason']}"
            for event in reversed(client.describe_stack_events(StackName=stack)["StackEvents"])
            if event["ResourceStatus"].endswith("_FAILED") and event["ResourceType"] != "AWS::CloudFormation::Stack"
        ]
        raise Failed(f"{stack}: {status}: {'; '.join(reasons)}")


@dataclass(frozen=True, slots=True)
class Server:
    """A local AWS in a process of its own, for programs that are told of it by their environment alone."""

    url: str
    region: str = "eu-west-1"
    account: str = "123456789012"

    @property
    def environment(self) -> dict[str, str]:
        """What makes an AWS program speak to it, and to no other."""
        # `make test` runs this; a make or a CLI below it should speak as it does to a person.
        outer = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "AWS_PROFILE", "AWS_SESSION_TOKEN", "CI"}
        return {
            **{name: value for name, value in os.environ.items() if name not in outer},
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "PYTHONPATH": PYTHON_PATH,
        }

    def client(self, service: str) -> Any:
        return local_session(self.region).client(service, endpoint_url=self.url)

    def run(self, *command: str, folder: Path, expect: int = 0) -> str:
        """What a program writes. Raises AssertionError where it ends with another code than the expected."""
        done = subprocess.run(
            command, cwd=folder, env=self.environment, capture_output=True, text=True, check=False, timeout=120
        )
        said = f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == expect, said
        return done.stdout

    def cdk(self, *arguments: str, folder: Path) -> str:
        """The CDK CLI, on the assembly in the folder's cdk.out."""
        return self.run(
            os.environ["JSII_NODE"], str(CDK), *arguments, "--app", "cdk.out", "--no-notices", folder=folder
        )


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """A local AWS on the loopback interface, on a free port, empty, for as long as the block lasts."""
    command = [sys.executable, "-m", "tests.aws.deploy"]
    # `cdk bootstrap` attaches policies of AWS's own, which moto loads when it is told to.
    env = {**os.environ, "PYTHONPATH": PYTHON_PATH, "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Server(process.stdout.readline().strip())
        finally:
            process.stdin.close()  # upon which it ends


def _serve() -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request otherwise
    with serving() as url:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    _serve()
