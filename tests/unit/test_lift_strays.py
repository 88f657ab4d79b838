"""What is an agent's and stands elsewhere too: each is named, touches the agent's subnets, and says why."""

from __future__ import annotations

import pytest

from tests.unit.lifted import VPC, Json, Resources, attribute, lifted, ref

UNKNOWN: Json = {"Fn::ImportValue": "x"}


def tags(agent: str, role: str) -> Json:
    return [{"Key": "agent-perimeter:agent", "Value": agent}, {"Key": "agent-perimeter:role", "Value": role}]


def subnet(*placed: str) -> tuple[str, dict[str, Json]]:
    return "AWS::EC2::Subnet", {"VpcId": ref("Vpc"), **({"Tags": tags(*placed)} if placed else {})}


def group(*placed: str) -> tuple[str, dict[str, Json]]:
    of: dict[str, Json] = {"VpcId": ref("Vpc"), "GroupDescription": "g"}
    return "AWS::EC2::SecurityGroup", {**of, **({"Tags": tags(*placed)} if placed else {})}


NET: Resources = {
    **VPC,
    "Home": subnet("bot", "agent"),
    "Second": subnet("bot", "agent"),
    "Away": subnet(),
    "Worn": group("bot", "agent"),
    "Plain": group(),
    "Acts": ("AWS::IAM::Role", {"Tags": [{"Key": "agent-perimeter:agent", "Value": "bot"}]}),
}


def function(subnets: list[Json], groups: list[Json], role: Json = "arn:elsewhere") -> tuple[str, dict[str, Json]]:
    return "AWS::Lambda::Function", {"VpcConfig": {"SubnetIds": subnets, "SecurityGroupIds": groups}, "Role": role}


def published(name: Json, value: Json, agent: str = "bot") -> tuple[str, dict[str, Json]]:
    return "AWS::SSM::Parameter", {"Name": name, "Value": value, "Tags": {"agent-perimeter:agent": agent}}


STRAYS: dict[str, tuple[tuple[str, dict[str, Json]], str]] = {
    "what stands in two places may send by either": (
        function([ref("Home"), ref("Away")], [ref("Plain")]),
        "stands in bot's subnets and in net/Away too, and may send by either",
    ),
    "an agent's group elsewhere": (
        function([ref("Away")], [ref("Worn")]),
        "bears bot's security group in net/Away, which is not bot's",
    ),
    "an agent's role in another subnet": (
        function([ref("Away")], [ref("Plain")], attribute("Acts", "Arn")),
        "runs under bot's role outside of its subnets",
    ),
    "an agent's role in a subnet that is not known": (
        function([UNKNOWN], [ref("Plain")], attribute("Acts", "Arn")),
        "runs under bot's role outside of its subnets",
    ),
    "an agent's role outside of the VPC": (
        ("AWS::Lambda::Function", {"Role": attribute("Acts", "Arn")}),
        "runs under bot's role in no subnet",
    ),
    "an agent's role of a type that stands nowhere": (
        ("AWS::Scheduler::Schedule", {"RoleArn": attribute("Acts", "Arn")}),
        "runs under bot's role in no subnet",
    ),
    "a parameter that leads the agent away": (
        published("/agent-perimeter/net/bot/subnets", {"Fn::Join": [",", [ref("Home"), ref("Away")]]}),
        "publishes net/Away as bot's place",
    ),
    "a parameter that leads to what is not here": (
        published("/agent-perimeter/net/bot/security-group", "sg-1"),
        "publishes what is not in the assembly as bot's place",
    ),
}

NO_STRAYS: dict[str, tuple[str, dict[str, Json]]] = {
    "what stands at home": function([ref("Home"), ref("Second")], [ref("Worn")], attribute("Acts", "Arn")),
    "what is nobody's": function([ref("Away")], [ref("Plain")]),
    "a group that is not known": function([ref("Away")], [UNKNOWN]),
    "an agent's group in a subnet that is not known": function([UNKNOWN], [ref("Worn")]),
    "a role that only hands on": ("AWS::IAM::InstanceProfile", {"Roles": [ref("Acts")], "Role": ref("Acts")}),
    "a parameter that names the agent's places": published(
        "/agent-perimeter/net/bot/subnets", {"Fn::Join": [",", [ref("Home"), ref("Second")]]}
    ),
    "a parameter that names the agent's group": published("/x/security-group", attribute("Worn", "GroupId")),
    "a parameter about something else": published("/agent-perimeter/net/bot/model", ref("Away")),
    "a parameter without a name that is known": published(UNKNOWN, ref("Away")),
    "a parameter of an agent that has no place": published("/x/subnets", ref("Away"), "nobody"),
}


def strays(
    it: tuple[str, dict[str, Json]], **more: tuple[str, dict[str, Json]]
) -> dict[str, tuple[tuple[str, ...], str]]:
    found = lifted({**NET, "It": it, **more}).foreign
    return {one.id: (one.touches, one.doubt.reason) for one in found if "/stray/" in one.id}


@pytest.mark.parametrize(("it", "reason"), STRAYS.values(), ids=STRAYS)
def test_a_stray_touches_the_agents_subnets_and_says_why(it: tuple[str, dict[str, Json]], reason: str) -> None:
    assert strays(it) == {"net/It/stray/bot": (("net/Home", "net/Second"), f"net/It {reason}")}


@pytest.mark.parametrize("it", NO_STRAYS.values(), ids=NO_STRAYS)
def test_what_is_at_home_or_nobodys_is_no_stray(it: tuple[str, dict[str, Json]]) -> None:
    assert strays(it) == {}


def test_a_role_of_an_agent_that_has_no_place_leads_nowhere() -> None:
    lost: tuple[str, dict[str, Json]] = (
        "AWS::IAM::Role",
        {"Tags": [{"Key": "agent-perimeter:agent", "Value": "nobody"}]},
    )
    assert strays(("AWS::Lambda::Function", {"Role": attribute("Lost", "Arn")}), Lost=lost) == {}
    assert {one.id for one in lifted({**NET, "Lost": lost, "It": function([ref("Away")], [ref("Worn")])}).foreign} == {
        "net/It/stray/bot"
    }
