"""Whatever goes wrong while AWS is read, nothing is ever clean, nothing crashes, and what is certain is still said.

The answers of the local AWS are recorded once; then every call of a check fails in every way, on the wire or in what it
answers, one at a time and at random.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

import pytest
from moto import mock_aws
from moto.moto_api._internal import mock_random

from agent_perimeter import cli
from agent_perimeter.aws import account
from agent_perimeter.aws.calls import Clients, ask
from agent_perimeter.aws.collect import collect
from agent_perimeter.aws.reads import READS
from agent_perimeter.aws.select import Target, TargetError, Unanswered
from agent_perimeter.aws.session import EXPIRED, CredentialsError
from agent_perimeter.drift.check import check
from agent_perimeter.drift.model import Change, Drift, Meaning
from agent_perimeter.lift.account.reading import GONE
from agent_perimeter.lift.snapshot import lift_snapshot
from agent_perimeter.snapshot import DENIED, Answer, Snapshot, Unread, read_snapshot, write_snapshot
from agent_perimeter.verdict import Status
from benchmarks.wire import Recorder
from tests.aws.faults import BY_NAME, FAULTS, Fault, Line, at_random, error, only
from tests.aws.local import install, install_cloudformation
from tests.aws.local.sessions import session
from tests.aws.mutations.detect import POLICIES, SUBJECT, TODAY, expected, policies, world
from tests.aws.mutations.exercises.groups import everything_out
from tests.aws.mutations.exercises.vpc import past_the_firewall
from tests.aws.mutations.world import REGION, STACK

FIRST = "cloudformation:ListStackResources"
"""Says which VPC is meant."""

EMPTIED = {
    "ec2:DescribeFlowLogs",
    "network-firewall:DescribeLoggingConfiguration",
    "route53resolver:ListFirewallDomains",
    "route53resolver:ListFirewallRuleGroupAssociations",
    "route53resolver:ListFirewallRules",
    "route53resolver:ListResolverQueryLogConfigAssociations",
}
"""Calls whose empty answer AWS also gives after somebody has taken everything away, and no other answer tells. It is
drift, not clean."""

WORDED = {"ec2:DescribeVpcBlockPublicAccessOptions", "route53resolver:ListFirewallDomains"}
"""Calls whose answers name nothing that was asked for: any text in them is what somebody has set, and drift."""

ANOTHER = {"ec2:DescribeVpcs"}
"""Names another VPC than the one that was asked for, which AWS never does: a VPC that nothing holds, and drift."""

DRIFTED = {"an empty page": EMPTIED, "values that nobody has seen": WORDED | ANOTHER}

GONE_AWAY = "deleted between two calls"
DELETED = {"iam:GetPolicy"}
"""What is gone while AWS is read is gone: of a boundary that was deployed, it is drift."""

UNANSWERED = tuple(fault for fault in FAULTS if fault.name not in DRIFTED)
"""Faults that leave a call without an answer."""
SILENT = tuple(fault for fault in UNANSWERED if fault.name != GONE_AWAY)
"""Faults that say nothing about anything."""

PLACES = {
    "InternetGateways",
    "NatGateways",
    "NetworkAcls",
    "NetworkInterfaces",
    "Subnets",
    "VpcEndpoints",
    "Vpcs",
}
"""What EC2 lists that a packet passes on its way out, or begins at."""

WHERE = {read.call: read for read in READS}


@dataclass
class Recorded:
    """A perimeter as AWS answered for it, and what a check of it came to when nothing failed."""

    line: Line
    known: dict[str, Drift] = field(default_factory=dict)
    seen: set[tuple[frozenset[str], str]] = field(default_factory=set)

    def read(self) -> Snapshot:
        return collect(self.line.session, Target(stack=STACK))

    def first_time(self, keys: frozenset[str], outcome: Answer | Unread) -> bool:
        """Whether it is new that these requests come to this, for the rest of the reading sees no more of a fault."""
        gone = isinstance(outcome, Unread) and _gone(outcome)
        kind = json.dumps(outcome.result) if isinstance(outcome, Answer) else "gone" if gone else "unread"
        new = (keys, kind) not in self.seen
        self.seen.add((keys, kind))
        return new

    def judge(self, snapshot: Snapshot) -> Drift:
        """A check, each once: with the code of an error only the words differ, unless it says that a thing is gone."""
        lost = tuple(replace(one, code=one.code if _gone(one) else "Failed", message="") for one in snapshot.unread)
        same = write_snapshot(replace(snapshot, taken="", unread=lost))
        if same not in self.known:
            self.known[same] = check(snapshot, expected(), policies(), TODAY, source="filtered")
        return self.known[same]


def _gone(one: Unread) -> bool:
    """Whether that a thing is gone is an answer: identities come and go without the stack."""
    return one.service == "iam" and one.code in GONE


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries wait between attempts, and adaptive ones before them too; pages without end take long. Here they need
    not."""
    monkeypatch.setattr("time.sleep", lambda *_: None)
    monkeypatch.setattr("botocore.retries.bucket.TokenBucket.acquire", lambda *_, **__: True)
    monkeypatch.setattr("agent_perimeter.aws.calls.MOST_PAGES", 5)


@pytest.fixture(scope="module")
def recorded() -> tuple[Recorded, Recorded]:
    """The subject as it was deployed, and with two holes."""
    install()
    install_cloudformation()
    # Resources have random ids, and the requests about them stand in the order of those.
    mock_random.seed(0)
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        environment.delenv("AWS_PROFILE", raising=False)
        environment.delenv("AWS_ENDPOINT_URL", raising=False)
        one = world()
        whole = _record()
        everything_out(one)
        past_the_firewall(one)
        opened = _record()
    return whole, opened


def _record() -> Recorded:
    made, recorder = session(REGION), Recorder()
    recorder.install(made)
    for target in (Target(stack=STACK), Target()):
        assert collect(made, target).unread == ()
    return Recorded(Line(recorder.answers, REGION))


@pytest.fixture
def clean(recorded: tuple[Recorded, Recorded]) -> Recorded:
    return recorded[0]


@pytest.fixture
def opened(recorded: tuple[Recorded, Recorded]) -> Recorded:
    return recorded[1]


def certain(drift: Drift) -> set[tuple[str, ...]]:
    """What is certain and more than cosmetic: the changes, and in words what is none."""
    return {
        _structure(one.change) if one.change else (one.sentence,)
        for one in drift.departures
        if one.certain and one.meaning is not Meaning.COSMETIC
    }


def _structure(change: Change) -> tuple[str, ...]:
    return (change.alteration, change.type, change.record, change.detail, change.field)


def test_without_faults_the_recording_is_what_was_recorded(clean: Recorded, opened: Recorded) -> None:
    whole = clean.judge(clean.read())
    assert (whole.status, whole.unread, certain(whole)) == (Status.PROVEN, (), set())
    assert sorted((kind, thing) for kind, thing, *_ in certain(opened.judge(opened.read()))) == [
        ("added", "security group rule"),
        ("changed", "route"),
    ]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_no_single_fault_makes_anything_clean_or_certain(fault: Fault, clean: Recorded) -> None:
    whole, clients = clean.read(), Clients(clean.line.session)
    drifted: set[str] = set()
    for answer in whole.answers:
        with clean.line.fails(lambda _: fault):
            outcome = ask(clients, WHERE[answer.call], answer.parameters, whole.vpc)
            keys = frozenset(clean.line.hit)
        assert fault not in UNANSWERED or isinstance(outcome, Unread), answer.call
        if fault is BY_NAME["denied"]:
            assert isinstance(outcome, Unread)
            assert outcome.code in DENIED
            assert str(outcome).endswith(f"; allow {outcome.permission}")
        if outcome == answer or answer.call == FIRST or not clean.first_time(keys, outcome):
            continue
        with clean.line.fails(only(fault, keys)):
            snapshot = clean.read()
        assert read_snapshot(write_snapshot(snapshot).encode(), "snapshot.json") == snapshot
        drift = clean.judge(snapshot)
        match drift.status:
            case Status.PROVEN:
                # An answer as empty as it should be, but for what AWS gives to every VPC.
                assert lift_snapshot(snapshot) == lift_snapshot(whole), answer.call
            case Status.REFUTED:
                drifted.add(answer.call)
            case _:
                assert drift.status is Status.UNKNOWN
                assert certain(drift) == set(), answer.call
        if isinstance(outcome, Unread) and not _gone(outcome):
            assert any(outcome.call in str(doubt) for doubt in drift.unread), answer.call
    assert drifted == {**DRIFTED, GONE_AWAY: DELETED}.get(fault.name, set())


@pytest.mark.parametrize(
    ("broken", "left"),
    [
        *(({f"ec2.Describe{name}"}, {"security group rule", "route"}) for name in sorted(PLACES)),
        ({"ec2.DescribeSecurityGroups"}, {"route"}),
        ({"ec2.DescribeRouteTables"}, {"security group rule"}),
        (None, {"security group rule", "route"}),
    ],
    ids=lambda value: " ".join(sorted(value)) if value else "all others at once",
)
def test_what_is_certain_is_said_though_a_call_was_denied(
    broken: set[str] | None, left: set[str], opened: Recorded
) -> None:
    keys = {key for key in _without_first(opened.line) if _is_one_of(key, broken)}
    assert keys
    with opened.line.fails(only(BY_NAME["denied"], keys)):
        drift = opened.judge(opened.read())
    assert {kind for _, kind, *_ in certain(drift)} == left
    assert certain(drift) <= certain(opened.judge(opened.read()))
    assert drift.status is Status.REFUTED
    assert drift.unread


def _is_one_of(key: str, operations: set[str] | None) -> bool:
    """Whether a request is one of these; None for all that are not about where things stand and what holds them."""
    operation = key.partition(" ")[0]
    holding = {f"ec2.Describe{name}" for name in (*PLACES, "SecurityGroups", "RouteTables")}
    return operation in operations if operations else operation not in holding


def _without_first(line: Line) -> list[str]:
    """Every request but those that say which VPC is meant."""
    return [key for key in sorted(line.answers) if "ListStackResources" not in key and "tag-key" not in key]


@pytest.mark.parametrize("seed", range(1, 4))
@pytest.mark.parametrize(("share", "faults"), [(0.05, FAULTS), (0.2, SILENT), (0.5, SILENT)])
def test_faults_at_random_are_never_clean_and_make_nothing_certain(
    seed: int, share: float, faults: tuple[Fault, ...], recorded: tuple[Recorded, Recorded]
) -> None:
    one = recorded[seed % 2]
    with one.line.fails(at_random(seed, share, faults, _without_first(one.line))):
        snapshot = one.read()
        hit = frozenset(one.line.hit)
    drift = one.judge(snapshot)
    assert hit
    if faults is SILENT:
        assert certain(drift) <= certain(one.judge(one.read())), hit
        assert drift.unread
    assert drift.status is not Status.PROVEN or lift_snapshot(snapshot) == lift_snapshot(one.read())


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_before_the_vpc_is_known_ends_the_reading(fault: Fault, clean: Recorded) -> None:
    for target, first in ((Target(stack=STACK), "ListStackResources"), (Target(), "DescribeVpcs")):
        with clean.line.fails(lambda key, of=first: fault if of in key else None):  # type: ignore[misc]
            if fault in UNANSWERED:
                with pytest.raises(Unanswered):
                    collect(clean.line.session, target)
            elif fault.name == "an empty page" or target.stack:
                with pytest.raises((Unanswered, TargetError)):
                    collect(clean.line.session, target)
            else:
                # A VPC that nobody has heard of has nothing that could be clean.
                assert clean.judge(collect(clean.line.session, target)).status is Status.UNKNOWN


@pytest.mark.parametrize("code", sorted(EXPIRED))
def test_credentials_that_are_refused_are_no_missing_permission(code: str, clean: Recorded) -> None:
    refused = Fault("refused", error(403, code))
    with clean.line.fails(lambda _: refused), pytest.raises(CredentialsError, match="sign in anew"):
        clean.read()


@pytest.mark.parametrize(
    ("world_", "fault", "where", "exit_"),
    [
        ("clean", "denied", "nowhere", 0),
        ("clean", "denied", "DescribeSubnets", 3),
        ("clean", "denied", "ListStackResources", 3),
        ("clean", "timed out", "", 3),
        ("clean", "values that nobody has seen", "ListStackResources", 2),
        ("opened", "throttled", "DescribeFlowLogs", 1),
        ("opened", "denied", "DescribeRouteTables", 1),
    ],
)
def test_the_command_ends_as_its_contract_says(
    world_: str, fault: str, where: str, exit_: int, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    one: Recorded = request.getfixturevalue(world_)
    monkeypatch.setattr(account, "open_session", lambda *_: one.line.session)
    with one.line.fails(lambda key: BY_NAME[fault] if where in key else None):
        ended = cli.main(["drift", str(SUBJECT), "--policy", str(POLICIES), "--stack", STACK, "--no-trail"])
    assert ended == exit_
