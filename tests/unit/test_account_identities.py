"""Boundaries and roles, as IAM answers."""

from __future__ import annotations

import pytest

from agent_perimeter.forms import Json
from agent_perimeter.observed import Boundary, Role
from agent_perimeter.snapshot import Unread
from agent_perimeter.source import Origin
from tests.unit.accounts import ACCOUNT, VPC, Answers, live, lived, reason, tags, unread

ARN = f"arn:aws:iam::{ACCOUNT}:policy/cap"
POLICY = f"iam:GetPolicy PolicyArn={ARN}"
VERSION = f"iam:GetPolicyVersion PolicyArn={ARN} VersionId=v2"
ENTITIES = f"iam:ListEntitiesForPolicy PolicyArn={ARN} PolicyUsageFilter=PermissionsBoundary"
ROLE = "iam:GetRole RoleName=worker"
DOCUMENT: Json = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
CAP: Answers = {
    POLICY: {"Policy": {"Arn": ARN, "DefaultVersionId": "v2"}},
    f"iam:GetPolicyVersion PolicyArn={ARN} VersionId=v1": {"PolicyVersion": {"Document": {}}},
    VERSION: {"PolicyVersion": {"Document": DOCUMENT}},
    ENTITIES: {"PolicyRoles": [], "PolicyUsers": []},
}
SUBNETS: Json = [
    {"SubnetId": "subnet-0a", "VpcId": VPC, "Tags": tags(agent="bot", role="agent")},
    {"SubnetId": "subnet-0b", "VpcId": VPC, "Tags": tags(role="egress")},
]


def role(**written: Json) -> Json:
    return {"Role": {"RoleName": "worker", **written}}


def bounded(arn: Json) -> Json:
    return {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}


class TestBoundaries:
    def test_the_default_version_is_what_holds(self) -> None:
        (found,) = live(CAP).boundaries
        assert isinstance(found.statements, tuple)
        assert found == Boundary(
            id=ARN, origin=Origin(path=f"eu-west-1/{ARN}"), agent=None, statements=found.statements
        )
        assert [(one.allow, one.actions) for one in found.statements] == [(False, ("*",))]

    def test_a_tag_names_the_agent(self) -> None:
        tagged: Json = {"Policy": {"Arn": ARN, "DefaultVersionId": "v2", "Tags": tags(agent="bot")}}
        assert live({**CAP, POLICY: tagged}).boundaries[0].agent == "bot"

    def test_a_document_as_text_is_read_too(self) -> None:
        text: Json = {"PolicyVersion": {"Document": '{"Statement": []}'}}
        assert live({**CAP, VERSION: text}).boundaries[0].statements == ()

    def test_a_policy_that_is_not_there_is_none(self) -> None:
        found = lived({}, unread(POLICY, "NoSuchEntity"))
        assert found.network.boundaries == ()
        assert found.unread == ()

    def test_a_policy_that_nobody_may_read_is_a_doubt(self) -> None:
        (found,) = live({ENTITIES: {"PolicyRoles": []}}, unread(POLICY)).boundaries
        assert reason(found.statements).startswith(f"{ARN}: iam:GetPolicy of {ARN} was not read: AccessDenied")
        assert found.agent == found.statements

    @pytest.mark.parametrize(
        ("version", "why"),
        [
            ("v9", f"{ARN}: version v9 was not asked for"),
            (None, f"{ARN}#/Policy/DefaultVersionId: DefaultVersionId is missing"),
        ],
    )
    def test_a_version_that_was_not_read_is_a_doubt(self, version: Json, why: str) -> None:
        (found,) = live({**CAP, POLICY: {"Policy": {"Arn": ARN, "DefaultVersionId": version}}}).boundaries
        assert reason(found.statements) == why

    def test_a_version_that_nobody_may_read_is_a_doubt(self) -> None:
        answers = {key: value for key, value in CAP.items() if key != VERSION}
        (found,) = live(answers, unread(VERSION)).boundaries
        assert reason(found.statements).startswith(
            f"{ARN}: iam:GetPolicyVersion of {ARN} v2 was not read: AccessDenied"
        )


class TestRoles:
    def test_one_that_bears_a_boundary_belongs_to_its_agent(self) -> None:
        tagged: Json = {"Policy": {"Arn": ARN, "DefaultVersionId": "v2", "Tags": tags(agent="bot")}}
        found = live({**CAP, POLICY: tagged, ENTITIES: {"PolicyRoles": [{"RoleName": "worker"}, {}]}}).roles
        assert [(one.id, one.agent, one.boundary) for one in found] == [("worker", "bot", ARN)]

    @pytest.mark.parametrize("listed", [None, [{}], ["worker"]], ids=["no list", "no name", "no object"])
    def test_bearers_that_cannot_be_read_leave_the_roles_unread(self, listed: Json) -> None:
        assert [field for field, _ in lived({**CAP, ENTITIES: {"PolicyRoles": listed}}).unread] == ["roles"]

    @pytest.mark.parametrize("lost", [(), (unread(ENTITIES),)], ids=["not asked", "denied"])
    def test_bearers_that_were_not_read_do_too(self, lost: tuple[Unread, ...]) -> None:
        answers = {key: value for key, value in CAP.items() if key != ENTITIES}
        found = lived(answers, *lost)
        assert found.network.roles == ()
        assert [(field, ENTITIES.split(" ", maxsplit=1)[0] in doubt.reason) for field, doubt in found.unread] == [
            ("roles", True)
        ]

    def test_one_with_a_boundary(self) -> None:
        found = live({**CAP, ROLE: role(PermissionsBoundary=bounded(ARN))}).roles
        assert found == (Role(id="worker", origin=Origin(path="eu-west-1/worker"), agent=None, boundary=ARN),)

    def test_one_with_an_agents_tag_and_no_boundary(self) -> None:
        (found,) = live({ROLE: role(Tags=tags(agent="bot"))}).roles
        assert (found.agent, found.boundary) == ("bot", None)

    def test_one_of_neither_is_none_of_ours(self) -> None:
        assert live({ROLE: role()}).roles == ()

    def test_one_that_is_not_there_is_none(self) -> None:
        assert live({}, unread(ROLE, "NoSuchEntity")).roles == ()

    def test_one_that_nobody_may_read_is_all_doubt(self) -> None:
        (found,) = live({}, unread(ROLE)).roles
        assert reason(found.boundary).startswith("worker: iam:GetRole of worker was not read: AccessDenied")
        assert found.agent == found.boundary

    def test_one_that_the_boundary_lists_and_nobody_may_read_has_the_boundary(self) -> None:
        (found,) = live({**CAP, ENTITIES: {"PolicyRoles": [{"RoleName": "worker"}]}}, unread(ROLE)).roles
        assert found.boundary == ARN

    def test_who_else_bears_a_boundary_that_a_role_turned_out_to_have_is_nobodys_question(self) -> None:
        answers = {key: value for key, value in CAP.items() if key != ENTITIES}
        assert lived({**answers, ROLE: role(PermissionsBoundary=bounded(ARN))}).unread == ()

    @pytest.mark.parametrize("given", [role(), role(PermissionsBoundary=bounded(f"{ARN}-2"))], ids=["none", "another"])
    def test_who_bears_one_of_the_stacks_is_asked_or_the_roles_are_unread(self, given: Json) -> None:
        answers = {key: value for key, value in CAP.items() if key != ENTITIES}
        why = [(field, doubt.reason) for field, doubt in lived({**answers, ROLE: given}).unread]
        assert why == [("roles", f"iam:ListEntitiesForPolicy was not asked about {ARN}")]

    def test_who_bears_one_that_a_role_has_is_unread_where_the_question_failed(self) -> None:
        answers = {key: value for key, value in CAP.items() if key != ENTITIES}
        found = lived({**answers, ROLE: role(PermissionsBoundary=bounded(ARN))}, unread(ENTITIES))
        assert [field for field, _ in found.unread] == ["roles"]

    def test_a_boundary_without_an_arn_is_a_doubt(self) -> None:
        (found,) = live({ROLE: role(PermissionsBoundary={"x": 1})}).roles
        assert (
            reason(found.boundary)
            == "worker#/Role/PermissionsBoundary/PermissionsBoundaryArn: PermissionsBoundaryArn is missing"
        )


class TestWhatStandsInAnAgentsSubnets:
    PROFILE = f"arn:aws:iam::{ACCOUNT}:instance-profile/path/machine"

    def instance(self, *subnets: str, profile: Json = None) -> Answers:
        interfaces: Json = [
            {"NetworkInterfaceId": f"eni-{place}", "SubnetId": place, "Attachment": {"InstanceId": "i-0a"}}
            for place in subnets
        ]
        profile = profile or {"Arn": self.PROFILE}
        return {
            "ec2:DescribeSubnets": SUBNETS,
            "ec2:DescribeNetworkInterfaces": interfaces,
            "ec2:DescribeInstances": [{"Instances": [{"InstanceId": "i-0a", "IamInstanceProfile": profile}]}],
            "iam:GetInstanceProfile InstanceProfileName=machine": {"InstanceProfile": {"Roles": [{"RoleName": "worker"}, {}]}},
            ROLE: role(),
        }  # fmt: skip

    def test_the_role_of_an_instance(self) -> None:
        (found,) = live(self.instance("subnet-0b", "subnet-0a")).roles
        assert (found.id, found.agent, found.boundary) == ("worker", "bot", None)

    def test_an_instance_elsewhere_is_none_of_an_agents(self) -> None:
        assert live(self.instance("subnet-0b")).roles == ()

    def test_an_instance_without_a_profile_has_no_role(self) -> None:
        assert live(self.instance("subnet-0a", profile={"Id": "x"})).roles == ()

    def test_a_profile_that_was_not_read_leaves_the_roles_unread(self) -> None:
        call = "iam:GetInstanceProfile InstanceProfileName=machine"
        answers = {key: value for key, value in self.instance("subnet-0a").items() if key not in {call, ROLE}}
        found = lived(answers, unread(call))
        assert found.network.roles == ()
        assert [field for field, _ in found.unread] == ["roles"]

    def test_a_profile_that_is_gone_leaves_nothing_unread(self) -> None:
        assert lived({}, unread("iam:GetInstanceProfile InstanceProfileName=machine", "NoSuchEntity")).unread == ()

    def test_the_role_of_a_function_that_was_not_asked_about_is_a_doubt(self) -> None:
        functions: Json = [
            {
                "FunctionName": "f",
                "Role": f"arn:aws:iam::{ACCOUNT}:role/worker",
                "VpcConfig": {"SubnetIds": ["subnet-0a", {}]},
            },
            {"FunctionName": "g", "VpcConfig": {"SubnetIds": ["subnet-0a"]}},
        ]
        (found,) = live({"ec2:DescribeSubnets": SUBNETS, "lambda:ListFunctions": functions}).roles
        assert (found.id, found.agent) == ("worker", "bot")
        assert reason(found.boundary) == "worker: iam:GetRole was not asked about worker"
