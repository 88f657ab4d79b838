"""Where agents stand: by tags, or named."""

from __future__ import annotations

import pytest

from agent_perimeter.lift.placement import Placement, placements
from agent_perimeter.observed import Doubt, ObservedNetwork
from tests.unit.lifted import MAYBE, VPC, Json, Resources, lifted, ref


def tags(agent: str | None, role: str | None, name: str = "") -> Json:
    pairs = {"agent-perimeter:agent": agent, "agent-perimeter:role": role, "Name": name or None}
    return [{"Key": key, "Value": value} for key, value in pairs.items() if value is not None]


def subnet(agent: str | None, role: str | None, name: str = "") -> tuple[str, dict[str, Json]]:
    return "AWS::EC2::Subnet", {"VpcId": ref("Vpc"), "Tags": tags(agent, role, name)}


def group(agent: str | None, role: str | None, name: str = "") -> tuple[str, dict[str, Json]]:
    return "AWS::EC2::SecurityGroup", {"VpcId": ref("Vpc"), "Tags": tags(agent, role, name)}


NET: Resources = {
    **VPC,
    "A1": subnet("a", "agent"),
    "A2": subnet("a", "agent", "second"),
    "B1": subnet("b", "agent"),
    "Egress": subnet(None, "egress"),
    "GA": group("a", "agent", "group-a"),
    "GB": group("b", "agent"),
    "Ends": group(None, "endpoint"),
}


def network(more: Resources | None = None, **sections: Json) -> ObservedNetwork:
    return lifted({**NET, **(more or {})}, **sections)


def reasons(placement: Placement) -> list[str]:
    return [doubt.reason for doubt in placement.doubts]


def test_tags_place_every_agent() -> None:
    assert placements(network()) == (
        Placement("a", ("net/A1", "net/A2"), ("net/GA",), None),
        Placement("b", ("net/B1",), ("net/GB",), None),
    )
    assert placements(lifted(VPC)) == ()


def test_whoever_stands_in_an_agents_subnet_brings_its_groups() -> None:
    function: dict[str, Json] = {"VpcConfig": {"SubnetIds": [ref("B1")], "SecurityGroupIds": [ref("Ends"), "sg-1"]}}
    first, second = placements(network({"Fn": ("AWS::Lambda::Function", function)}))
    assert (first.groups, first.doubts) == (("net/GA",), ())
    assert second.groups == ("net/Ends", "net/GB")
    assert "which groups net/Fn/interface/0.0 bears is not known" in reasons(second)[0]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"Bare": subnet(None, None)}, "net/Bare has no agent-perimeter:role tag"),
        ({"Odd": subnet("a", "egress")}, "net/Odd is tagged for a with the role egress, not agent"),
        ({"Odd": group("a", None)}, "net/Odd is tagged for a with the role none, not agent"),
        ({"Odd": subnet(None, "agent")}, "net/Odd is an agent's and has no agent-perimeter:agent tag"),
        ({"GA": group(None, "other")}, "a has subnets and no security group"),
        ({"A1": subnet(None, "x"), "A2": subnet(None, "x")}, "a has a security group and no subnet"),
        (
            {"A2": ("AWS::EC2::Subnet", {"VpcId": ref("Vpc"), "Tags": {"Fn::If": ["On", tags("a", "agent"), []]}})},
            "the tags of net/A2 cannot be read",
        ),
        (
            {"Fn": ("AWS::Lambda::Function", {"VpcConfig": {"SubnetIds": ["subnet-1"]}})},
            "net/Fn/interface/0.0 may stand in an agent's subnet",
        ),
    ],
)
def test_doubts_about_a_placement(more: Resources, reason: str) -> None:
    found = placements(network(more, **MAYBE))[0]
    assert found.agent == "a"
    assert any(reason in each for each in reasons(found)), reasons(found)


def boundary(agent: Json) -> Resources:
    return {
        "Cap": ("AWS::IAM::ManagedPolicy", {"PolicyDocument": {}}),
        "P": (
            "AWS::SSM::Parameter",
            {"Name": "/boundary", "Value": ref("Cap"), "Tags": {"agent-perimeter:agent": agent}},
        ),
    }


def test_the_boundary_is_the_agents() -> None:
    first, second = placements(network(boundary("a")))
    assert (first.boundary, second.boundary) == ("net/Cap", None)
    unclear = placements(network(boundary({"Fn::ImportValue": "x"})))
    assert all(isinstance(placement.boundary, Doubt) for placement in unclear)
    more: Resources = {
        "Cap2": ("AWS::IAM::ManagedPolicy", {"PolicyDocument": {}}),
        "P2": (
            "AWS::SSM::Parameter",
            {"Name": "/2/boundary", "Value": ref("Cap2"), "Tags": {"agent-perimeter:agent": "a"}},
        ),
    }
    assert isinstance(placements(network({**boundary("a"), **more}))[0].boundary, Doubt)


def test_a_workload_by_name() -> None:
    found = network({**boundary("a")})
    whole = placements(found, ("net/A1", "second"), ("group-a",))
    assert whole == (Placement("a", ("net/A1", "net/A2"), ("net/GA",), "net/Cap"),)
    assert placements(found, ("A1", "B1"), ("Ends",)) == (
        Placement("workload", ("net/A1", "net/B1"), ("net/Ends",), None),
    )


def test_what_is_not_named_follows_from_interfaces_and_tags() -> None:
    function: dict[str, Json] = {"VpcConfig": {"SubnetIds": [ref("Egress")], "SecurityGroupIds": [ref("Ends")]}}
    found = network({"Fn": ("AWS::Lambda::Function", function)})
    assert placements(found, ("Egress",))[0] == Placement("workload", ("net/Egress",), ("net/Ends",), None)
    assert placements(found, (), ("Ends",))[0] == Placement("workload", ("net/Egress",), ("net/Ends",), None)
    assert placements(found, ("A1",))[0] == Placement("a", ("net/A1",), ("net/GA",), None)
    assert placements(found, (), ("GA",))[0] == Placement("a", ("net/A1", "net/A2"), ("net/GA",), None)
    function["VpcConfig"] = {"SubnetIds": [ref("Egress")], "SecurityGroupIds": [ref("Ends"), "sg-1"]}
    (unclear,) = placements(network({"Fn": ("AWS::Lambda::Function", function)}), ("Egress",))
    assert unclear.groups == ("net/Ends",)
    assert "which groups net/Fn/interface/0.0 bears is not known" in reasons(unclear)[0]
    bare = network()
    assert "nothing says which security groups" in reasons(placements(bare, ("Egress",))[0])[0]
    assert "nothing says in which subnets" in reasons(placements(bare, (), ("Ends",))[0])[0]


def test_a_name_that_none_bears_is_answered_with_the_closest() -> None:
    with pytest.raises(ValueError, match=r"no subnet is called 'Egres'; there are net/Egress, net/"):
        placements(network(), ("Egres",))
    with pytest.raises(ValueError, match="no security group is called 'x'; there is none"):
        placements(ObservedNetwork(), (), ("x",))


def test_a_name_that_several_bear_is_refused() -> None:
    with pytest.raises(ValueError, match="several subnets are called 'second': net/A2, net/Same"):
        placements(network({"Same": subnet(None, "egress", "second")}), ("second",))
