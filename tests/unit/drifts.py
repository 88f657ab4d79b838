"""Drifts made by hand, as realistic as a real check's: for whatever shows one."""

from __future__ import annotations

from agent_perimeter.drift.model import Actor, AgentGap, Alteration, Change, Departure, Drift, Meaning
from agent_perimeter.observed import Doubt
from agent_perimeter.source import Origin, Span
from agent_perimeter.verdict import AgentVerdict, Layer, LayerVerdict, Proof, Status
from tests.unit import proofs

REGION = "eu-west-1"
GROUP = "sg-0a1b2c3d4e5f60718"
LINE = Span("policies/research-agent.yaml", 7, 7)
SOURCE = "cdk.out"


def at(place: str, *spans: Span) -> Origin:
    """A place in the account, with policy lines."""
    return Origin(spans, f"{REGION}/{place}")


MALLORY = Actor(
    "arn:aws:sts::111122223333:assumed-role/Admin/mallory",
    "AuthorizeSecurityGroupEgress",
    "2026-11-22T09:14:03+00:00",
    "198.51.100.7",
    "8a9f2c1e-0000-4000-8000-000000000001",
)
OPS = Actor("arn:aws:iam::111122223333:user/ops", "RevokeSecurityGroupEgress", "2026-11-21T17:02:11+00:00")

OPENED = Change(
    Alteration.ADDED,
    "security group rule",
    GROUP,
    "egress all traffic to 0.0.0.0/0",
    "",
    "",
    "all traffic to 0.0.0.0/0",
    at(f"{GROUP}#egress/-1/all/0.0.0.0/0", LINE),
)
UNPROTECTED = Change(
    Alteration.CHANGED,
    "firewall",
    "arn:aws:network-firewall:eu-west-1:111122223333:firewall/agents-eu-west-1a",
    "",
    "delete protection",
    "on",
    "off",
    at("arn:aws:network-firewall:eu-west-1:111122223333:firewall/agents-eu-west-1a"),
)
UNROUTED = Change(
    Alteration.REMOVED,
    "route",
    "rtb-0f1e2d3c",
    "0.0.0.0/0",
    "",
    "0.0.0.0/0 to firewall endpoint vpce-0123",
    "",
    Origin((), f"{proofs.TEMPLATE}#/Resources/Route"),
)
RENAMED = Change(
    Alteration.CHANGED, "subnet", "subnet-0aa", "", "name", "agent research-agent", "lab", at("subnet-0aa#name")
)
LATTICE = Change(Alteration.ADDED, "resource", "sn-0abc", "", "", "", "a VPC Lattice association", at("sn-0abc"))
ALARM = Change(
    Alteration.CHANGED, "watch alarm", "AgentPerimeterWatch-agents-drift", "", "ActionsEnabled", "true", "false",
    at("AgentPerimeterWatch-agents-drift"),
)  # fmt: skip

WIDENED = Departure(
    Meaning.WIDENS,
    f"egress of all traffic to 0.0.0.0/0 was added to {GROUP} (research-agent)",
    change=OPENED,
    gaps=(
        AgentGap("research-agent", Layer.END_TO_END, proofs.excess()),
        AgentGap("research-agent", Layer.SECURITY_GROUP, proofs.excess()),
        AgentGap("coding-agent", Layer.SECURITY_GROUP, proofs.excess()),
    ),
    origin=OPENED.origin,
    actors=(MALLORY, OPS),
)
WEAKENED = Departure(
    Meaning.WEAKENS,
    "delete protection of firewall agents-eu-west-1a is off",
    change=UNPROTECTED,
    origin=UNPROTECTED.origin,
)
NARROWED = Departure(
    Meaning.NARROWS,
    "the route to 0.0.0.0/0 is gone from rtb-0f1e2d3c",
    change=UNROUTED,
    gaps=(AgentGap("research-agent", Layer.ROUTES, proofs.missing()),),
    origin=UNROUTED.origin,
)
PERHAPS = Departure(
    Meaning.UNCLEAR,
    "a VPC Lattice association came to the VPC",
    certain=False,
    change=LATTICE,
    doubts=(proofs.FOREIGN,),
    origin=LATTICE.origin,
)
EXPIRED = Departure(
    Meaning.WIDENS,
    "the rule for *.pypi.org expired on 2026-11-20 and is still built",
    gaps=(AgentGap("research-agent", Layer.END_TO_END, proofs.excess()),),
    origin=Origin((Span("policies/research-agent.yaml", 9, 7),)),
    expired=True,
)
TAMPERED = Departure(Meaning.WEAKENS, "the watch's alarm has no actions", change=ALARM, origin=ALARM.origin)
COSMETIC = Departure(Meaning.COSMETIC, "subnet-0aa is called lab", change=RENAMED, origin=RENAMED.origin)
TOGETHER = Departure(
    Meaning.WEAKENS,
    "several changes together let out more than each alone",
    gaps=(AgentGap("coding-agent", Layer.FIREWALL, proofs.excess(certain=False)),),
)

DENIED = Doubt(
    "route53resolver:ListFirewallRules of rslvr-frg-1 was not read: AccessDeniedException: not authorized; allow"
    " route53resolver:ListFirewallRules",
    "eu-west-1/rslvr-frg-1",
    "allowing route53resolver:ListFirewallRules",
)


def refuted() -> AgentVerdict:
    """The end to end and security group gaps that WIDENED shows, and what still holds."""
    return AgentVerdict(
        "research-agent",
        ("subnet-0aa", "subnet-0bb"),
        (GROUP,),
        (
            *proofs.held(Layer.DNS),
            LayerVerdict(Layer.SECURITY_GROUP, Status.REFUTED, (proofs.excess(),)),
            *proofs.held(Layer.NETWORK_ACL),
            LayerVerdict(Layer.ROUTES, Status.REFUTED, (proofs.missing(),)),
            *proofs.held(Layer.FIREWALL),
            LayerVerdict(Layer.ENDPOINTS, Status.ABSENT),
            LayerVerdict(Layer.END_TO_END, Status.REFUTED, (proofs.excess(),)),
        ),
        proofs.ALLOWED,
        proofs.ALLOWED,
        (proofs.SHARED_DNS,),
    )


def drift(
    *departures: Departure, proof: Proof | None = None, unread: tuple[Doubt, ...] = (), perimeter: str = "agents"
) -> Drift:
    return Drift(
        perimeter,
        "AgentPerimeter-agents",
        "111122223333",
        REGION,
        "vpc-0123456789abcdef0",
        "2026-11-22T12:00:00+00:00",
        departures,
        unread,
        proof or Proof(SOURCE, True, (proofs.proven(), proofs.proven("isolated-agent"))),
    )


def clean() -> Drift:
    return drift()


def cosmetic() -> Drift:
    return drift(COSMETIC)


def opened() -> Drift:
    """Everything that can be found at once."""
    departures = (WIDENED, EXPIRED, WEAKENED, TAMPERED, TOGETHER, NARROWED, PERHAPS, COSMETIC)
    return drift(*departures, proof=Proof(SOURCE, True, (proofs.proven(), refuted())))


def incomplete() -> Drift:
    """A call was refused, and a doubt of the proof that no departure shows."""
    proof = Proof(SOURCE, True, (proofs.proven(), proofs.unknown()), (DENIED, proofs.FOREIGN))
    return drift(proof=proof, unread=(DENIED,))


def deployed_open() -> Drift:
    """Nothing departs from what was deployed, which itself departs from the policies; no tag says which perimeter."""
    return drift(proof=Proof(SOURCE, True, (refuted(),)), perimeter="")


def ungainly() -> Drift:
    """Names in an account come from anybody."""
    name = '</style><script>alert("x")</script>\x1b[31m\u202e' + "long" * 60
    change = Change(Alteration.ADDED, name, name, name, "", "", name, at(f"{name}#<b>"))
    gaps = (AgentGap(name, Layer.FIREWALL, proofs.excess()),)
    departure = Departure(
        Meaning.WIDENS, name, change=change, gaps=gaps, origin=change.origin, actors=(Actor(name, name, name, name),)
    )
    proof = Proof(name, True, (proofs.ungainly(),))
    return drift(departure, proof=proof, unread=(Doubt(name, name, name),), perimeter=name)


ALL = {
    "clean": clean(),
    "cosmetic": cosmetic(),
    "opened": opened(),
    "incomplete": incomplete(),
    "deployed open": deployed_open(),
    "names of an attacker": ungainly(),
}
