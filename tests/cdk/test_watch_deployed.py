"""The watch as it is deployed: it finds all of itself as its template says, and each part that somebody changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from agent_perimeter.aws.collect import collect
from agent_perimeter.aws.select import Target
from agent_perimeter.drift.parts import tampered
from agent_perimeter.settings import Settings
from agent_perimeter.snapshot import Snapshot
from agent_perimeter.watch.frozen import FILE, Frozen, thaw
from stacks.watch import WatchStack
from tests.aws.conftest import REGION, nothing_left_out
from tests.aws.deploy import deploy, resources
from tests.aws.local import install, install_cloudformation
from tests.aws.local.kept import kept
from tests.aws.local.sessions import session
from tests.cdk.templates import synthesize
from tests.cdk.watches import FULL, NETWORK, STACK, policies

pytestmark = pytest.mark.slow

NAME = "AgentPerimeterWatch-prod"


@dataclass(frozen=True)
class Deployed:
    """A watch in an account with one VPC."""

    session: boto3.Session
    ids: dict[str, str]
    vpc: str
    frozen: Frozen

    def read(self) -> Snapshot:
        return collect(self.session, Target(vpc=self.vpc, watch_stack=NAME))

    def physical(self, begins: str) -> str:
        (found,) = (physical for logical, physical in self.ids.items() if logical.startswith(f"Watch{begins}"))
        return found

    def departures(self) -> list[str]:
        """What departs, in words."""
        return [departure.sentence for departure in tampered(self.frozen.parts, self.read())]


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def build(app: Any) -> None:
        WatchStack(app, NAME, stack=STACK, expected=NETWORK, policies=policies(), settings=settings())

    return synthesize(tmp_path_factory.mktemp("watch"), build)


def settings() -> Settings:
    """Every setting; of those who hear of it only the endpoint, for people have to confirm."""
    notify = replace(FULL.watch.notify, emails=())
    return replace(FULL, watch=replace(FULL.watch, notify=notify))


@pytest.fixture
def deployed(assembly: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    install()
    install_cloudformation()
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with nothing_left_out(), mock_aws():
        vpc, ids = _deployed(assembly)
        (asset,) = assembly.glob("asset.*")
        yield Deployed(session(REGION), ids, vpc, thaw((asset / FILE).read_text()))


@kept
def _deployed(assembly: Path) -> tuple[str, dict[str, str]]:
    """The assembly as it was deployed; the id of the VPC beside it, and of what the stack made."""
    here = session(REGION)
    template = json.loads((assembly / f"{NAME}.template.json").read_text())
    code = template["Resources"]["Watchfunction6DEA0E6F"]["Properties"]["Code"]
    bucket = f"cdk-hnb659fds-assets-123456789012-{REGION}"
    s3 = here.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=bucket, Key=code["S3Key"], Body=_zip(assembly / f"asset.{code['S3Key'][:-4]}"))
    deploy(here, NAME, template)
    vpc = here.client("ec2").create_vpc(CidrBlock="10.42.0.0/16")["Vpc"]["VpcId"]
    return vpc, resources(here, NAME)


def _zip(folder: Path) -> bytes:
    """As the CDK CLI packs an asset."""
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))
    return packed.getvalue()


def test_what_was_deployed_is_what_was_frozen(deployed: Deployed) -> None:
    assert {part.logical_id for part in deployed.frozen.parts} <= deployed.ids.keys()
    assert [str(one) for one in deployed.read().unread] == []
    assert deployed.departures() == []


def a_rule_off(there: Deployed) -> None:
    there.session.client("events").disable_rule(Name=there.physical("changenetwork7"))


def a_rule_for_less(there: Deployed) -> None:
    less = json.dumps({"source": ["aws.ec2"], "detail": {"eventName": ["CreateVpc"]}})
    there.session.client("events").put_rule(Name=there.physical("changewatch4"), EventPattern=less)


def a_schedule_gone(there: Deployed) -> None:
    there.session.client("scheduler").delete_schedule(Name=there.physical("scheduleE"))


def an_alarm_that_does_nothing(there: Deployed) -> None:
    there.session.client("cloudwatch").disable_alarm_actions(AlarmNames=[there.physical("alarmdrift")])


def an_alarm_gone(there: Deployed) -> None:
    there.session.client("cloudwatch").delete_alarms(AlarmNames=[there.physical("alarmsilence")])


def no_versions(there: Deployed) -> None:
    there.session.client("s3").put_bucket_versioning(
        Bucket=there.physical("evidenceB"), VersioningConfiguration={"Status": "Suspended"}
    )


def nobody_hears(there: Deployed) -> None:
    sns = there.session.client("sns")
    for one in sns.list_subscriptions_by_topic(TopicArn=there.physical("topic0"))["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=one["SubscriptionArn"])


TAMPERING: dict[Callable[[Deployed], None], str] = {
    a_rule_off: "State is DISABLED, was ENABLED",
    a_rule_for_less: "EventPattern is",
    a_schedule_gone: "was removed",
    an_alarm_that_does_nothing: "ActionsEnabled is false, was true",
    an_alarm_gone: "was removed",
    no_versions: "Status is Suspended, was Enabled",
    nobody_hears: "Subscriptions is not set, was https:https://hooks.example.com",
}


@pytest.mark.parametrize(("tampers", "said"), TAMPERING.items(), ids=[each.__name__ for each in TAMPERING])
def test_whatever_is_tampered_with_departs(tampers: Callable[[Deployed], None], said: str, deployed: Deployed) -> None:
    tampers(deployed)
    (sentence,) = deployed.departures()
    assert said in sentence
