"""Proofs made by hand, as realistic as a real run's: for whatever shows one."""

from __future__ import annotations

from agent_perimeter.observed import Doubt
from agent_perimeter.packet_sets import App, Packet
from agent_perimeter.queries import Query
from agent_perimeter.source import Origin, Span
from agent_perimeter.values import Cidr
from agent_perimeter.verdict import (
    AgentVerdict,
    Call,
    Gap,
    Kind,
    Layer,
    LayerVerdict,
    Outcome,
    Proof,
    Reached,
    Residual,
    Status,
    Step,
)
from tests.unit.networks import ZONES

TEMPLATE = "cdk.out/Perimeter.template.json"
EVIL = Cidr.parse("203.0.113.9")


def at(pointer: str, *lines: tuple[str, int]) -> Origin:
    """A place in the template, with policy lines as (file, line)."""
    return Origin(tuple(Span(file, line, 7) for file, line in lines), f"{TEMPLATE}#/Resources/{pointer}")


def locate(path: str) -> Span | None:
    """As though the template were one line a character: every path of it has a line of its own."""
    file, found, pointer = path.partition("#/")
    return Span(file, 40 + sum(map(ord, pointer)) % 900, 9) if found and file == TEMPLATE else None


GROUP = "PerimetergroupagentresearchagentC9F6EBF7/Properties/SecurityGroupEgress/0"
PARAMETER = Doubt(
    "its prefix list comes from the parameter PartnerBlocks, which has no value",
    f"{TEMPLATE}#/Resources/Perimetergroupagentdatabaseagent8DE281A4/Properties/SecurityGroupEgress/1",
    "--parameter PartnerBlocks=198.51.100.0/24",
)
FOREIGN = Doubt(
    "AWS::Lattice::Gateway is a type that is not known, and it refers to the VPC",
    f"{TEMPLATE}#/Resources/Lattice",
    "removing it, or a newer version",
)

WITNESS = Packet(6, EVIL, 443, App.TLS, name="evil.example")
STEPS = (
    Step(Layer.DNS, Outcome.SKIPS, "an address needs no name"),
    Step(Layer.SECURITY_GROUP, Outcome.ALLOWS, "egress rule 0: all traffic to 0.0.0.0/0", at(GROUP)),
    Step(
        Layer.NETWORK_ACL,
        Outcome.ALLOWS,
        "entry 110: TCP 443 to 0.0.0.0/0",
        at("Perimeteraclsaclagent35373aa16a6188beegress1106D906401", ("policies/research-agent.yaml", 7)),
    ),
    Step(
        Layer.ROUTES,
        Outcome.ALLOWS,
        "0.0.0.0/0 to the firewall endpoint of the same zone",
        at("Perimetertableagentinternet0default57DAAA29"),
    ),
    Step(
        Layer.FIREWALL,
        Outcome.ALLOWS,
        'sid 1397449217: pass tls … tls.sni; content:"evil.example"',
        at("PerimeterfirewallrulesallowD8117F79/Properties/RuleGroup/RulesSource/RulesString"),
    ),
)
ALLOWED = (
    Reached("*.pypi.org", "TLS on TCP 443", certain=True, origin=Origin((Span("policies/research-agent.yaml", 9, 7),))),
    Reached(
        "api.anthropic.com",
        "TLS on TCP 443",
        certain=True,
        origin=Origin((Span("policies/research-agent.yaml", 7, 7),)),
    ),
    Reached(
        "203.0.113.0/28", "TCP 5432-5440", certain=True, origin=Origin((Span("policies/research-agent.yaml", 12, 7),))
    ),
)
SHARED_DNS = Residual(
    "dns-shared-between-agents",
    "A name that one agent of the VPC may resolve, every agent may resolve: 14 names of 3 other agents.",
    at("PerimeterdnsfirewallDF0D72CF"),
)
WILDCARD = Residual(
    "wildcard-open-to-others",
    "*.pypi.org trusts whoever can get a name below pypi.org.",
    Origin((Span("policies/research-agent.yaml", 9, 7),)),
)
PACKET_LAYERS = (Layer.SECURITY_GROUP, Layer.NETWORK_ACL, Layer.ROUTES, Layer.FIREWALL)


def _subnets(name: str) -> tuple[str, ...]:
    return tuple(f"Perimeter/subnet-agent-{name}-{zone}" for zone in ZONES)


def held(*layers: Layer) -> tuple[LayerVerdict, ...]:
    return tuple(LayerVerdict(layer, Status.PROVEN) for layer in layers)


def excess(*, certain: bool = True, steps: tuple[Step, ...] = STEPS) -> Gap:
    return Gap(Kind.EXCESS, certain, WITNESS, "every IPv4 address on every port, with any name", steps, at(GROUP))


def missing() -> Gap:
    """The policy allows a block that an ACL denies."""
    steps = (
        Step(Layer.SECURITY_GROUP, Outcome.ALLOWS, "egress rule 2: TCP 5432-5440 to 203.0.113.0/28", at(GROUP)),
        Step(
            Layer.NETWORK_ACL,
            Outcome.DENIES,
            "entry 100: denies TCP 5432 to 203.0.113.0/24",
            at("Perimeteraclsaclagent35373aa16a6188beegress1002FE9F4AE"),
        ),
    )
    return Gap(
        Kind.MISSING,
        True,
        Packet(6, Cidr.parse("203.0.113.1"), 5432, App.HANDSHAKE),
        "203.0.113.0/28 on TCP 5432-5440",
        steps,
        Origin((Span("policies/research-agent.yaml", 12, 7),)),
    )


def proven(name: str = "coding-agent") -> AgentVerdict:
    return AgentVerdict(
        name,
        _subnets(name),
        (f"Perimeter/group-agent-{name}",),
        (
            *held(Layer.DNS, Layer.SECURITY_GROUP),
            LayerVerdict(
                Layer.NETWORK_ACL,
                Status.PROVEN,
                note="12 blocks are covered by 8 entries, within the quota; the other layers hold the difference",
            ),
            *held(Layer.ROUTES, Layer.FIREWALL),
            LayerVerdict(Layer.ENDPOINTS, Status.ABSENT),
            *held(Layer.BOUNDARY, Layer.END_TO_END),
        ),
        ALLOWED[:2],
        ALLOWED[:2],
        (SHARED_DNS,),
    )


def refuted(name: str = "research-agent") -> AgentVerdict:
    """Excess end to end and in two layers, a query, a call, and something missing."""
    query = Gap(
        Kind.EXCESS,
        True,
        Query("c2.evil.example", "TXT"),
        "every name below evil.example, every type",
        (Step(Layer.DNS, Outcome.ALLOWS, "rule 200: ALLOW *.evil.example", at("PerimeterdnsfirewallDF0D72CF")),),
        at("PerimeterdnsfirewallDF0D72CF"),
    )
    call = Gap(
        Kind.EXCESS,
        True,
        Call("s3", "s3:PutObject", "arn:aws:s3:::somebody-elses-bucket/loot", "another account"),
        "every action on every bucket, with anybody's credentials",
        (
            Step(
                Layer.ENDPOINTS,
                Outcome.ALLOWS,
                "the endpoint has the default policy, which allows everything",
                at("Perimeterendpoints3642C1B9E"),
            ),
        ),
        at("Perimeterendpoints3642C1B9E"),
    )
    return AgentVerdict(
        name,
        _subnets(name),
        (f"Perimeter/group-agent-{name}",),
        (
            LayerVerdict(Layer.DNS, Status.REFUTED, (query,)),
            LayerVerdict(Layer.SECURITY_GROUP, Status.REFUTED, (excess(),), note="opened to the world"),
            LayerVerdict(Layer.NETWORK_ACL, Status.REFUTED, (missing(),)),
            *held(Layer.ROUTES, Layer.FIREWALL),
            LayerVerdict(Layer.ENDPOINTS, Status.REFUTED, (call,)),
            *held(Layer.BOUNDARY),
            LayerVerdict(Layer.END_TO_END, Status.REFUTED, (excess(),)),
        ),
        (
            *ALLOWED[:2],
            Reached("every IPv4 address", "TCP 0-65535", certain=True, origin=at(GROUP)),
            Reached(
                "every name below evil.example", "DNS queries", certain=True, origin=at("PerimeterdnsfirewallDF0D72CF")
            ),
        ),
        ALLOWED,
        (SHARED_DNS, WILDCARD),
    )


def unknown(name: str = "database-agent") -> AgentVerdict:
    """A gap that only a doubt opens, a doubt without a witness, and a layer that is absent."""
    steps = (
        Step(
            Layer.SECURITY_GROUP,
            Outcome.PERHAPS,
            "egress rule 1: TCP 443 to a prefix list",
            at("Perimetergroupagentdatabaseagent8DE281A4/Properties/SecurityGroupEgress/1"),
            (PARAMETER,),
        ),
        *STEPS[2:],
    )
    return AgentVerdict(
        name,
        _subnets(name),
        (f"Perimeter/group-agent-{name}",),
        (
            *held(Layer.DNS),
            LayerVerdict(Layer.SECURITY_GROUP, Status.UNKNOWN, (excess(certain=False, steps=steps),)),
            *held(Layer.NETWORK_ACL),
            LayerVerdict(
                Layer.ROUTES,
                Status.UNKNOWN,
                doubts=(
                    Doubt("the route's target is a parameter", f"{TEMPLATE}#/Resources/Route/Properties/GatewayId"),
                ),
            ),
            *held(Layer.FIREWALL),
            LayerVerdict(Layer.ENDPOINTS, Status.ABSENT),
            *held(Layer.BOUNDARY),
            LayerVerdict(Layer.END_TO_END, Status.UNKNOWN, (excess(certain=False, steps=steps),)),
        ),
        (ALLOWED[2], Reached("the blocks of a prefix list", "TCP 443", certain=False, origin=steps[0].origin)),
        (ALLOWED[2],),
        (SHARED_DNS,),
    )


def ungainly() -> AgentVerdict:
    """Names come from templates, and templates come from anybody."""
    name = '<script>alert("agent")</script>-' + "averylongnamewithoutanyplacetobreakit" * 4
    verdict = refuted(name)
    rule = "<img src=x onerror=alert(1)> & \"quoted\" 'rule' " + "x" * 300
    step = Step(Layer.FIREWALL, Outcome.ALLOWS, rule, Origin((), f"{TEMPLATE}#/Resources/{'Long' * 60}/</script>"))
    gap = Gap(Kind.EXCESS, True, WITNESS, "</style><script>alert(2)</script>", (step,), step.origin)
    return AgentVerdict(
        name,
        ("<b>subnet</b>",),
        ("<b>group</b>",),
        (LayerVerdict(Layer.FIREWALL, Status.REFUTED, (gap,), note="<i>note</i>"),),
        (Reached("<u>" + "long" * 60 + ".example", "<s>", certain=True),),
        verdict.allowed,
        (Residual("a-risk", "<svg onload=alert(3)>"),),
    )


def mixed() -> Proof:
    """Every status, every kind of gap and of witness."""
    return Proof("cdk.out", True, (proven(), unknown(), refuted()), ())


def twenty() -> Proof:
    """As large as a perimeter gets in practice."""
    agents = [proven(f"agent-{number:02}") for number in range(18)]
    return Proof("cdk.out", True, (*agents, unknown(), refuted()), (FOREIGN,))


def sound() -> Proof:
    return Proof("cdk.out", True, (proven(), proven("isolated-agent")))


def unjudged() -> Proof:
    """No policy was given."""
    return Proof(
        "foreign.yaml", False, (AgentVerdict("workload", ("subnet-a",), ("sg-a",), (), refuted().reach, (), ()),)
    )


def unsendable() -> AgentVerdict:
    """A gap that no common tool shows."""
    witness = Call("dynamodb", "dynamodb:GetItem", "*")
    gap = Gap(Kind.EXCESS, True, witness, "every table", (), at("Perimeterendpointdynamodb9268F24D"))
    layers = (LayerVerdict(Layer.ENDPOINTS, Status.REFUTED, (gap,)),)
    return AgentVerdict("table-agent", ("subnet",), ("group",), layers, (), (), ())
