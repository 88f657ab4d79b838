"""The local AWS answers and refuses as botocore's model of AWS says, and is loud about what it lacks."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError
from moto.networkfirewall.responses import NetworkFirewallResponse

from tests.aws.conftest import LocalAws, nothing_left_out
from tests.aws.local import install, reset
from tests.aws.local.operations import Call, Fields, Operation, attach


def test_an_operation_that_nobody_wrote_is_an_error(local_aws: LocalAws) -> None:
    with pytest.raises(NotImplementedError, match="describe_client_vpn_endpoints"):
        local_aws.client("ec2").describe_client_vpn_endpoints()


def test_what_moto_leaves_out_fails_the_test() -> None:
    with pytest.raises(AssertionError, match="left something out"), nothing_left_out():
        logging.getLogger("moto.cloudformation.parsing").warning("No Moto CloudFormation support for X")


@pytest.mark.parametrize(
    ("act", "says"),
    [
        pytest.param(
            lambda aws: aws.client("network-firewall").list_rule_groups(Type="STATEFULL"),
            "'STATEFULL' is none of STATELESS, STATEFUL",
            id="a value that is not in an enumeration",
        ),
        pytest.param(
            lambda aws: aws.client("network-firewall").describe_firewall(FirewallName="a b"),
            "'a b' does not match",
            id="a value that a pattern excludes",
        ),
        pytest.param(
            lambda aws: aws.client("network-firewall").create_firewall_policy(
                FirewallPolicyName="policy",
                FirewallPolicy={
                    "StatelessDefaultActions": ["aws:drop"],
                    "StatelessFragmentDefaultActions": ["aws:drop"],
                    "PolicyVariables": {"RuleVariables": {"1st": {"Definition": ["10.0.0.0/8"]}}},
                },
            ),
            "RuleVariables: '1st' does not match",
            id="a value deep inside a map",
        ),
        pytest.param(
            lambda aws: aws.client("network-firewall").describe_firewall(FirewallName="f" * 200),
            "200 is longer than 128",
            id="a value that is too long",
        ),
    ],
)
def test_the_model_of_the_api_refuses(local_aws: LocalAws, act: Callable[[LocalAws], object], says: str) -> None:
    with pytest.raises(ClientError, match="InvalidRequestException") as refused:
        act(local_aws)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        pytest.param({"Rules": []}, "Rules", id="a member that the API does not have"),
        pytest.param({"UpdateToken": "t"}, "Missing required parameter", id="a required member is missing"),
        pytest.param({"UpdateToken": 1}, "Invalid type", id="a member of another type"),
    ],
)
def test_an_answer_that_aws_could_not_give_is_an_error(
    local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch, answer: Fields, says: str
) -> None:
    def describe_rule_group(_: Call) -> Fields:
        return answer

    monkeypatch.setattr(NetworkFirewallResponse, "describe_rule_group", None)
    attach(Operation(NetworkFirewallResponse, "describe_rule_group", describe_rule_group))
    with pytest.raises(AssertionError, match=says):
        local_aws.client("network-firewall").describe_rule_group(RuleGroupArn="arn:aws:x")


def test_installing_twice_is_installing_once(local_aws: LocalAws) -> None:
    before = local_aws.client("ec2").create_network_acl
    install()
    vpc = local_aws.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    assert len(before(VpcId=vpc)["NetworkAcl"]["Entries"]) == 2


def test_it_forgets(local_aws: LocalAws) -> None:
    firewall, resolver = local_aws.client("network-firewall"), local_aws.client("route53resolver")
    firewall.create_rule_group(
        RuleGroupName="g", Type="STATEFUL", Capacity=1, Rules="pass tcp any any -> any any (sid:1;)"
    )
    resolver.create_firewall_rule_group(CreatorRequestId="1", Name="g")
    reset()
    assert firewall.list_rule_groups()["RuleGroups"] == []
    assert resolver.list_firewall_rule_groups()["FirewallRuleGroups"] == []
