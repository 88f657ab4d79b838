"""What AWS itself leaves open: each risk is named where the policy brings it in, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from agent_perimeter.prove.residual import NAMES, residuals
from agent_perimeter.verdict import Residual
from tests.unit.perimeters import ENGINE, RESOLVED, agent_of, having, judge, only, policy

NAMED = "{domain: api.example.com}"
WILD = '{domain: "*.example.com"}'
PINNED = "{domain: api.example.com, addresses: [203.0.113.0/28]}"
PLAIN = "{domain: api.example.com, ports: [{protocol: TCP, port: 80}]}"
BROKER = "{domain: broker.example.org, ports: [{protocol: TCP, port: 8883}]}"
BLOCK = "{ip_block: 198.51.100.0/25, ports: [{protocol: TCP, port: 5432}]}"
BUCKET = '{aws_service: s3, actions: ["s3:GetObject"], resources: ["arn:aws:s3:::corpus/*"]}'
SHARED = '{domain: github.com, accept: {AP204: "a risk that we know"}}'


@dataclass(frozen=True)
class Case:
    """``risk`` is there with these rules, and gone with the others."""

    risk: str
    rules: tuple[str, ...]
    without: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    beside_without: tuple[str, ...] | None = None
    validated: bool = True
    validated_without: bool | None = None
    says: str = ""
    lines: tuple[int, ...] = ()


CASES: dict[str, Case] = {
    "whoever answers at a name can receive data": Case(
        "allowed-name-is-a-channel", (NAMED,), (BLOCK,), says="Whoever answers at api.example.com", lines=(5,)
    ),
    "what follows a passed connection is not looked at": Case(
        "pass-ends-inspection", (NAMED,), (BROKER,), says="passed for api.example.com", lines=(5,)
    ),
    "a handshake comes before the name": Case(
        "handshake-before-name",
        (NAMED, PLAIN),
        (BROKER,),
        says="On port 80 and 443 a TCP handshake completes before the name is known, with any address that the resolver gave out.",
        lines=(5, 6),
    ),
    "without validation a handshake reaches every address": Case(
        "handshake-before-name", (NAMED,), (BLOCK,), validated=False, says="with any address.", lines=(5,)
    ),
    "Encrypted ClientHello hides the inner name": Case(
        "hidden-inner-name", (NAMED,), (PLAIN,), says="behind api.example.com", lines=(5,)
    ),
    "two names at one address cannot be told apart": Case(
        "shared-address",
        (NAMED,),
        (PINNED,),
        says="api.example.com can be claimed towards any address that the resolver gave out",
        lines=(5,),
    ),
    "with validation a name cannot be claimed towards any address": Case(
        "client-asserts-names",
        (NAMED,),
        (NAMED,),
        validated=False,
        validated_without=True,
        says="towards any address at all",
        lines=(5,),
    ),
    "pins end the claiming": Case(
        "client-asserts-names", (NAMED,), (PINNED,), validated=False, says="api.example.com", lines=(5,)
    ),
    "plain HTTP is read and changed on the way": Case(
        "plain-http", (PLAIN,), (NAMED,), says="api.example.com is reached in plain HTTP", lines=(5,)
    ),
    "a wildcard trusts whoever can get a name": Case(
        "wildcard-registration", (WILD,), (NAMED,), says="*.example.com trusts everyone", lines=(5,)
    ),
    "a name that many share": Case("shared-name", (SHARED,), (NAMED,), says="github.com belongs to", lines=(5,)),
    "DNS Firewall holds the VPC and not the agent": Case(
        "dns-is-shared",
        (NAMED,),
        (NAMED,),
        beside=(BROKER,),
        beside_without=(),
        says="bot can also resolve broker.example.org.",
        lines=(5,),
    ),
    "a neighbour's wildcard carries data": Case(
        "dns-is-shared",
        (BROKER,),
        (WILD,),
        beside=(WILD,),
        says="and a query under another agent's wildcard carries data.",
        lines=(5,),
    ),
    "what a neighbour exempts is exempt for all": Case(
        "bypass-is-vpc-wide",
        (NAMED,),
        (NAMED,),
        beside=(BLOCK,),
        beside_without=(BROKER,),
        says="bot can claim its own names towards them",
        lines=(5,),
    ),
    "a neighbour's pins are exempt, too": Case(
        "bypass-is-vpc-wide",
        (NAMED,),
        (PINNED,),
        beside=(PINNED,),
        says="exempt from resolved-IP validation",
        lines=(5,),
    ),
    "no validation has no exemptions": Case(
        "bypass-is-vpc-wide", (NAMED,), (NAMED,), beside=(BLOCK,), validated_without=False, says="whole VPC", lines=(5,)
    ),
    "a boundary does not cap resource policies": Case(
        "session-resource-policies", (BUCKET,), (NAMED,), says="grants to a role session by name", lines=(5,)
    ),
    "an interface without a group bears the VPC's own": Case(
        "default-group", (), says="The VPC's default security group is not known to be empty"
    ),
    "below a wildcard nothing stops queries that carry data": Case(
        "dns-threats",
        (WILD,),
        (NAMED,),
        says="No rule of DNS Firewall stops queries that look like DGA before it allows *.example.com",
        lines=(5,),
    ),
    "nor below a neighbour's": Case(
        "dns-threats", (NAMED,), (NAMED,), beside=(WILD,), beside_without=(NAMED,), says="*.example.com", lines=(5,)
    ),
    "more blocks than an ACL has entries": Case("acl-is-coarse", (), says="The addresses of bot are more blocks"),
    "link-local services are filtered by nobody": Case("link-local-services", (), says="require IMDSv2"),
}


def found(
    rules: tuple[str, ...],
    beside: tuple[str, ...],
    *,
    validated: bool = True,
    default_group: bool = True,
    threats: tuple[str, ...] = ("DGA",),
    coarse_acl: bool = True,
) -> dict[str, Residual]:
    others = (only(policy(*beside, agent="web")),) if beside else ()
    return {
        risk.name: risk
        for risk in residuals(
            only(policy(*rules)),
            others,
            resolved_ip=validated,
            default_group=default_group,
            threats=threats,
            coarse_acl=coarse_acl,
        )
    }


every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@every_case
def test_is_named_with_its_policy_lines(case: Case) -> None:
    risk = found(case.rules, case.beside, validated=case.validated)[case.risk]
    assert case.says in risk.sentence
    assert tuple(span.line for span in risk.origin.spans) == case.lines


@pytest.mark.parametrize("case", [case for case in CASES.values() if case.lines], ids=lambda case: case.risk)
def test_is_not_named_where_nothing_brings_it_in(case: Case) -> None:
    beside = case.beside if case.beside_without is None else case.beside_without
    validated = case.validated if case.validated_without is None else case.validated_without
    assert case.risk not in found(case.without, beside, validated=validated)


def test_every_public_name_has_a_case_and_no_case_another_name() -> None:
    assert {case.risk for case in CASES.values()} == set(NAMES)


def test_they_are_sorted_by_name() -> None:
    risks = residuals(
        only(policy(NAMED, WILD, PLAIN, BUCKET)), (), resolved_ip=True, default_group=True, threats=(), coarse_acl=False
    )
    assert [risk.name for risk in risks] == sorted(risk.name for risk in risks)


def test_of_many_names_three_are_listed_and_the_rest_counted() -> None:
    many = tuple(f"{{domain: a{number}.example.com}}" for number in range(5))
    assert "a0.example.com, a1.example.com, a2.example.com and 2 more names" in (
        found(many, (), validated=True)["allowed-name-is-a-channel"].sentence
    )


class TestWhetherDestinationsAreValidated:
    """It is read from the network; only where every firewall surely drops what nobody resolved does it count."""

    @pytest.mark.parametrize(
        ("engine", "risk"),
        [
            (ENGINE, "shared-address"),
            (
                {key: value for key, value in ENGINE.items() if key != "Route53ResolvedIPValidation"},
                "client-asserts-names",
            ),
            ({**ENGINE, "Route53ResolvedIPValidation": {**RESOLVED, "Action": "ALERT"}}, "client-asserts-names"),
        ],
    )
    def test_decides_which_risk_remains(self, engine: dict[str, object], risk: str) -> None:
        names = {one.name for one in agent_of(judge(having("Engine", FirewallPolicy=engine))).residuals}  # type: ignore[arg-type]
        assert risk in names
        assert len(names & {"shared-address", "client-asserts-names"}) == 1


def test_threats_that_are_stopped_are_no_risk() -> None:
    assert "dns-threats" not in found((WILD,), (), threats=())


class TestTheDefaultGroup:
    """Where it is known to be empty, whatever is started without a group can say nothing."""

    def test_is_no_risk_where_it_is_known_to_be_empty(self) -> None:
        assert "default-group" not in found((NAMED,), (), default_group=False)

    def test_is_one_where_nobody_emptied_it(self) -> None:
        assert "default-group" in {risk.name for risk in agent_of(judge()).residuals}
