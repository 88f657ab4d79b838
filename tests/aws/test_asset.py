"""The Lambda's asset as it is deployed: unpacked, with nothing on its path but itself, the standard library and boto3."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest

from agent_perimeter.watch.frozen import FILE, freeze
from tests.aws.deploy import ROOT, deploy, golden
from tests.aws.local import reset
from tests.aws.local.server import serving
from tests.aws.watched import SCHEDULE, STACK, frozen, listeners, physical

REGION = "eu-west-1"
SDK = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")
"""boto3 and what it is made of; Lambda's runtime brings no more."""

INVOKE = """
import importlib.util, json, sys
asset, sdk = sys.argv[1:]
sys.path += [asset, sdk]
from agent_perimeter.handler import handler

class Context:
    aws_request_id = "8a1f"
    def get_remaining_time_in_millis(self):
        return 100_000

outcome = handler(json.load(sys.stdin), Context())
found = [name for name in ("yaml", "idna", "publicsuffixlist", "pytest") if importlib.util.find_spec(name)]
loaded = {name.partition(".")[0] for name in sys.modules if name[0] != "_"} - set(sys.stdlib_module_names)
print(json.dumps({"event": "outcome", "outcome": outcome, "found": found, "loaded": sorted(loaded)}))
"""


@dataclass(frozen=True)
class Asset:
    """Where it was unpacked, the SDK beside it, and the environment that Lambda gives it."""

    folder: Path
    sdk: Path
    environment: dict[str, str]

    def invoke(self, event: dict[str, Any]) -> list[dict[str, Any]]:
        """The lines that one invocation in a new environment prints."""
        return self.run(INVOKE, event)

    def run(self, program: str, event: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """The lines that a program prints where Lambda would run the function."""
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", program, str(self.folder), str(self.sdk)],
            input=json.dumps(event),
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


def bundler() -> ModuleType:
    """The module that makes the asset, without the CDK that it serves."""
    path = ROOT / "constructs/agent_perimeter_cdk/watch_asset.py"
    spec = importlib.util.spec_from_file_location("watch_asset", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def asset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asset]:
    folder, sdk = tmp_path_factory.mktemp("asset"), tmp_path_factory.mktemp("sdk")
    made = bundler()
    made.write({**made.closure(), **made.models(), FILE: freeze(frozen()).encode()}, folder)
    for name in SDK:
        spec = importlib.util.find_spec(name)
        assert spec
        assert spec.origin
        origin = Path(spec.origin)
        place = origin.parent if origin.name == "__init__.py" else origin
        (sdk / place.name).symlink_to(place)
    with pytest.MonkeyPatch.context() as patch, serving() as url:
        reset()
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        session = boto3.Session(region_name=REGION)
        session.client("securityhub").enable_security_hub()
        deploy(session, STACK, golden())
        outputs, _ = listeners(session)
        yield Asset(
            folder,
            sdk,
            {
                "AWS_ENDPOINT_URL": url,
                "AWS_REGION": REGION,
                "AWS_ACCESS_KEY_ID": "testing",
                "AWS_SECRET_ACCESS_KEY": "testing",
                "AWS_EC2_METADATA_DISABLED": "true",
                "PATH": os.environ["PATH"],
                "AGENT_PERIMETER_BUCKET": outputs.bucket,
                "AGENT_PERIMETER_TOPIC": outputs.topic,
                "AGENT_PERIMETER_BUS": outputs.bus,
                "AGENT_PERIMETER_SECURITY_HUB": "on",
                "AWS_DATA_PATH": str(folder / made.MODELS),
            },
        )
        reset()


def test_on_the_event_of_the_schedule_it_checks(asset: Asset) -> None:
    *_, figures, outcome = asset.invoke(SCHEDULE)
    assert outcome["outcome"] == {"status": "proven", "unread": 0, "opened": 0, "still open": 0, "closed": 0}
    assert (figures["Checks"], figures["DriftOpen"]) == (1, 0)


def test_it_finds_nothing_but_the_standard_library_and_the_sdk(asset: Asset) -> None:
    outcome = asset.invoke(SCHEDULE)[-1]
    assert outcome["found"] == []
    assert set(outcome["loaded"]) - {*SDK, "agent_perimeter"} == set()


MODELS = """
import json, sys
sys.path += sys.argv[1:]
import boto3
from agent_perimeter.aws.session import open_session

def path(service):
    loader = open_session()._session.get_component("data_loader")
    version = loader.determine_latest_version(service, "service-2")
    return loader.load_data_with_path(f"{service}/{version}/service-2")[1]

print(json.dumps({service: path(service) for service in ("ec2", "network-firewall", "sns", "s3")}))
"""


def test_what_it_only_reads_it_reads_by_the_models_that_it_carries(asset: Asset) -> None:
    found = asset.run(MODELS)[-1]
    assert {service: Path(path).is_relative_to(asset.folder / "models") for service, path in found.items()} == {
        "ec2": True,
        "network-firewall": True,
        "sns": False,
        "s3": False,
    }


def test_a_field_that_no_model_knows_leaves_a_call_unread(asset: Asset) -> None:
    """As on a runtime whose SDK lags, and whose asset was made with one that lagged too."""
    (file,) = (asset.folder / "models" / "ec2").glob("*/service-2.json")
    whole = file.read_text()
    model = json.loads(whole)
    del model["shapes"]["Subnet"]["members"]["Ipv6Native"]
    file.write_text(json.dumps(model))
    try:
        *lines, outcome = asset.invoke(SCHEDULE)
    finally:
        file.write_text(whole)
    assert outcome["outcome"]["status"] == "unknown"
    assert "has no Subnets.Ipv6Native of ec2:DescribeSubnets; a newer boto3 knows it" in json.dumps(lines)


def test_on_an_event_of_cloudtrail_it_says_who(asset: Asset) -> None:
    session = boto3.Session(region_name=REGION)
    group, ec2 = physical(session, "Perimetergroupagentresearchagent"), session.client("ec2")
    rule = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    who = "arn:aws:iam::123456789012:user/eve"
    event = {
        "version": "0",
        "id": "1",
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.ec2",
        "account": "123456789012",
        "time": "2026-11-22T20:00:00Z",
        "region": REGION,
        "resources": [],
        "detail": {
            "eventSource": "ec2.amazonaws.com",
            "eventName": "AuthorizeSecurityGroupEgress",
            "eventTime": "2026-11-22T20:00:00Z",
            "userIdentity": {"type": "IAMUser", "arn": who},
            "requestParameters": {"groupId": group},
        },
    }
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=rule)
    try:
        lines = asset.invoke(event)
    finally:
        ec2.revoke_security_group_egress(GroupId=group, IpPermissions=rule)
    assert lines[-1]["outcome"]["opened"] == 1
    (found,) = [one for one in lines if one["event"] == "departure" and one["level"] == "WARN"]
    assert [by["who"] for by in found["by"]] == [who]
    assert asset.invoke(SCHEDULE)[-1]["outcome"]["closed"] == 1
