"""The local AWS over loopback, for programs that cannot be called in process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.aws.conftest import REGION
from tests.aws.local import reset
from tests.aws.local.server import serving

ROOT = Path(__file__).parents[2]


@pytest.fixture
def url() -> Iterator[str]:
    with serving() as url:
        yield url
    reset()


def client(url: str, service: str) -> Any:
    once = Config(retries={"max_attempts": 0})
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    return boto3.client(service, region_name=REGION, endpoint_url=url, config=once, **keys)


def test_it_listens_on_loopback_only_and_answers_as_in_process(url: str) -> None:
    assert url.startswith("http://localhost:")
    vpc = client(url, "ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    resolver, profiles = client(url, "route53resolver"), client(url, "route53profiles")
    assert resolver.get_firewall_config(ResourceId=vpc)["FirewallConfig"]["FirewallFailOpen"] == "DISABLED"
    profile = profiles.create_profile(Name="p", ClientToken="t")["Profile"]["Id"]
    profiles.associate_profile(ProfileId=profile, ResourceId=vpc, Name="n")
    assert len(profiles.list_profile_associations(ResourceId=vpc)["ProfileAssociations"]) == 1
    firewall = client(url, "network-firewall")
    firewall.create_rule_group(
        RuleGroupName="g", Type="STATEFUL", Capacity=1, Rules="drop ip any any -> any any (sid:1;)"
    )
    with pytest.raises(ClientError, match="InvalidRequestException"):
        firewall.create_rule_group(RuleGroupName="g", Type="STATEFUL", Capacity=1, Rules="")


def test_what_it_asks_of_itself_stays_within_the_process(url: str) -> None:
    vpc = client(url, "ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    within = boto3.client("ec2", region_name=REGION, aws_access_key_id="testing", aws_secret_access_key="testing")  # noqa: S106 # none
    assert vpc in {found["VpcId"] for found in within.describe_vpcs()["Vpcs"]}


@pytest.mark.slow
def test_it_runs_as_a_program_until_its_input_ends() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(("src", "constructs", "."))}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.aws.local.server", "0"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        url = program.stdout.readline().strip()
        assert client(url, "network-firewall").list_firewalls()["Firewalls"] == []
        program.stdin.close()
        assert program.wait(timeout=30) == 0
