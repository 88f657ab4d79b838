"""Which VPC is meant, and what is said where that is not clear."""

from __future__ import annotations

from collections.abc import Mapping

import botocore.exceptions
import pytest
from botocore.exceptions import BotoCoreError, EndpointConnectionError

from agent_perimeter.aws.calls import Clients
from agent_perimeter.aws.select import Chosen, Target, TargetError, Unanswered, choose, deployed_template
from agent_perimeter.aws.session import UNSIGNED, CredentialsError
from tests.unit.aws_wire import Refused, Said, Wire


class Error(Refused):
    """As CloudFormation's and EC2's protocols spell it."""

    def __str__(self) -> str:
        inner = f"<Error><Code>{self.code}</Code><Message>{self.message}</Message></Error>"
        return f"<Response>{inner}<Errors>{inner}</Errors></Response>"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda *_: None)


def listed(*resources: tuple[str, str, str]) -> str:
    members = "".join(
        f"<member><ResourceType>{type_}</ResourceType><PhysicalResourceId>{id_}</PhysicalResourceId>"
        f"<ResourceStatus>{status}</ResourceStatus></member>"
        for type_, id_, status in resources
    )
    summaries = f"<StackResourceSummaries>{members}</StackResourceSummaries>"
    return f"<R><ListStackResourcesResult>{summaries}</ListStackResourcesResult></R>"


def vpcs(**tags: Mapping[str, str]) -> str:
    items = "".join(
        f"<item><vpcId>vpc-{name}</vpcId><tagSet>"
        + "".join(f"<item><key>{key}</key><value>{value}</value></item>" for key, value in given.items())
        + "</tagSet></item>"
        for name, given in tags.items()
    )
    return f"<R><vpcSet>{items}</vpcSet></R>"


STACK = {"aws:cloudformation:stack-name": "live", "agent-perimeter:perimeter": "p"}
VPC = ("AWS::EC2::VPC", "vpc-1", "CREATE_COMPLETE")


def chosen(target: Target, **answers: Said | Refused) -> tuple[Chosen, Wire]:
    wire = Wire(**answers)
    return choose(Clients(wire.session), target), wire


def test_the_vpc_of_a_stack() -> None:
    gone = ("AWS::EC2::VPC", "vpc-0", "DELETE_COMPLETE")
    other = ("AWS::EC2::Subnet", "subnet-1", "CREATE_COMPLETE")
    found, _ = chosen(Target(stack="live"), ListStackResources=listed(gone, other, VPC))
    assert (found.vpc, found.stack) == ("vpc-1", "live")
    assert [answer.call for answer in found.answers] == ["cloudformation:ListStackResources"]


TAGGED: dict[str, tuple[Target, str]] = {
    "by our tag where nothing is said": (
        Target(),
        "Filter.1.Name=tag-key&Filter.1.Value.1=agent-perimeter%3Aperimeter",
    ),
    "by a tag and its value": (
        Target(tags={"team": "ml", "env": ""}),
        "Filter.1.Name=tag-key&Filter.1.Value.1=env&Filter.2.Name=tag%3Ateam&Filter.2.Value.1=ml",
    ),
    "by its id": (Target(vpc="vpc-1"), "Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1"),
}


@pytest.mark.parametrize(("target", "asked"), TAGGED.values(), ids=TAGGED)
def test_the_vpc_by_tag_or_id_and_its_stack_by_aws_s_own_tag(target: Target, asked: str) -> None:
    found, wire = chosen(target, DescribeVpcs=vpcs(**{"1": STACK}))
    assert (found.vpc, found.stack) == ("vpc-1", "live")
    assert asked in str(wire.requests[0][1])


def test_a_vpc_that_no_stack_made() -> None:
    found, _ = chosen(Target(vpc="vpc-1"), DescribeVpcs=vpcs(**{"1": {}}))
    assert (found.vpc, found.stack) == ("vpc-1", "")


UNCLEAR: dict[str, tuple[Target, dict[str, Said | Refused], str]] = {
    "a stack without a VPC": (
        Target(stack="live"),
        {"ListStackResources": listed(("AWS::S3::Bucket", "b", "CREATE_COMPLETE"))},
        "there is no VPC with the stack live in this account and region; name another stack, tag or VPC, or region",
    ),
    "a stack with two VPCs": (
        Target(stack="live"),
        {"ListStackResources": listed(VPC, ("AWS::EC2::VPC", "vpc-0", "CREATE_COMPLETE"))},
        "there are 2 VPCs with the stack live: vpc-0, vpc-1; name the stack or the VPC",
    ),
    "no such stack": (
        Target(stack="live"),
        {"ListStackResources": Error("ValidationError", "Stack with id live does not exist")},
        "Stack with id live does not exist; name another stack or region",
    ),
    "nothing with our tag": (
        Target(),
        {"DescribeVpcs": vpcs()},
        "there is no VPC with the tag agent-perimeter:perimeter in this account and region; "
        "name another stack, tag or VPC, or region",
    ),
    "several with a tag": (
        Target(tags={"team": "ml"}),
        {"DescribeVpcs": vpcs(**{"2": STACK, "1": {}})},
        "there are 2 VPCs with the tag team=ml: vpc-1, vpc-2 (live); name the stack or the VPC",
    ),
}


@pytest.mark.parametrize(("target", "answers", "message"), UNCLEAR.values(), ids=UNCLEAR)
def test_where_it_is_not_clear_which_vpc(target: Target, answers: dict[str, Said | Refused], message: str) -> None:
    with pytest.raises(TargetError) as caught:
        chosen(target, **answers)
    assert str(caught.value) == message


def test_a_service_that_does_not_answer() -> None:
    with pytest.raises(Unanswered) as caught:
        chosen(Target(), DescribeVpcs=EndpointConnectionError(endpoint_url="https://ec2"))
    assert caught.value.unread.code == "Unreachable"
    assert str(caught.value) == (
        'ec2:DescribeVpcs was not read: Unreachable: Could not connect to the endpoint URL: "https://ec2"'
    )


def test_a_permission_that_is_missing_is_named() -> None:
    with pytest.raises(Unanswered) as caught:
        chosen(Target(), DescribeVpcs=Error("UnauthorizedOperation", "no", 403))
    assert str(caught.value).endswith("UnauthorizedOperation: no; allow ec2:DescribeVpcs")


def test_credentials_that_aws_refuses() -> None:
    with pytest.raises(CredentialsError) as caught:
        chosen(Target(stack="live"), ListStackResources=Error("ExpiredToken", "The token is expired", 403))
    assert str(caught.value) == "AWS refuses these credentials: The token is expired; sign in anew"


def test_no_credentials_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire()
    monkeypatch.setattr(wire.session._session, "get_credentials", lambda: None)
    with pytest.raises(CredentialsError) as caught:
        choose(Clients(wire.session), Target())
    assert str(caught.value).startswith("Unable to locate credentials: give --profile")


def test_the_names_of_errors_are_those_of_botocore() -> None:
    assert all(issubclass(getattr(botocore.exceptions, name), BotoCoreError) for name in UNSIGNED)


TEMPLATES = {
    "JSON, which botocore parses": ('{"Resources": {"B": 1, "A": 2}}', b'{"Resources": {"B": 1, "A": 2}}'),
    "YAML, which it leaves as it is": ("Resources: {}\n", b"Resources: {}\n"),
}


@pytest.mark.parametrize(("said", "expected"), TEMPLATES.values(), ids=TEMPLATES)
def test_the_template_that_was_deployed(said: str, expected: bytes) -> None:
    body = f"<R><GetTemplateResult><TemplateBody>{said}</TemplateBody></GetTemplateResult></R>"
    wire = Wire(GetTemplate=body)
    assert deployed_template(wire.session, "live") == expected
    assert "TemplateStage=Processed" in str(wire.requests[0][1])


def test_no_such_stack_to_read_a_template_of() -> None:
    wire = Wire(GetTemplate=Error("ValidationError", "Stack with id live does not exist"))
    with pytest.raises(TargetError, match="name another stack or region"):
        deployed_template(wire.session, "live")
