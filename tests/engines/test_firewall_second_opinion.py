"""What the judge says of a rule group, against what real Suricata does with it.

Generated groups of rules, each before every flow of a small world. Nothing that the engine lets out may be denied by
our verdict, and on our own rules the two must agree. Where they differ, the model is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest

from agent_perimeter import network
from agent_perimeter.observed import GroupUse
from agent_perimeter.packet_sets import App
from agent_perimeter.reach.firewall import FirewallLayer, firewall_layers
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr
from tests.engines.engine import CONFIG, NOTHING, Default, Engine, Outcome, Resolved
from tests.engines.packets import Capture
from tests.engines.rule_groups import AFTER, HOME, SOURCES, Flow, group, world
from tests.engines.rule_groups import flows as small_world
from tests.firewalls import context, firewall_policy, rule_group, rules, validation

Sets = Mapping[str, tuple[str, ...]]
"""IP sets by name."""
SETS: Sets = {"SOME_AGENT": ("10.42.1.0/27", "10.42.7.0/27")}
GOLDEN = Path(__file__).parents[1] / "golden" / "policies.template.json"


@pytest.fixture(scope="module")
def flows() -> tuple[dict[str, Flow], Capture]:
    return world(small_world())


ORDERS: dict[tuple[str, ...], str] = {
    order: f"[{', '.join((*order, 'alert'))}]" for order in (("pass", "drop", "reject"), ("drop", "pass", "reject"))
}


@pytest.fixture(scope="module")
def engines(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, ...], Engine]:
    """Engines whose own order of actions is one of these: it equals strict order for rules that stand so.

    The pattern matcher is the plain one: the default one refuses some pairs of anchored contents.
    """
    found = {}
    for order, written in ORDERS.items():
        folder = tmp_path_factory.mktemp("-".join(order))
        config = folder / "suricata.yaml"
        text = CONFIG.read_text()
        assert ORDERS["pass", "drop", "reject"] in text
        config.write_text(text.replace(ORDERS["pass", "drop", "reject"], written) + "\nmpm-algo: ac\nspm-algo: bm\n")
        found[order] = Engine(engine.binary, folder, config)
    return found


def layers(
    groups: Mapping[str, tuple[Iterable[str], Sets]], sources: Iterable[Cidr], **changes: Any
) -> list[FirewallLayer]:
    """The judge's view of groups in their order, without a default action unless ``changes`` give one."""
    found = [rule_group(name, rules(*lines), sets) for name, (lines, sets) in groups.items()]
    policy = firewall_policy(
        stateful=tuple(GroupUse(name, place) for place, name in enumerate(groups, start=1)),
        home_net=(HOME,),
        **{"stateful_actions": (), "fragment_actions": ("aws:forward_to_sfe",), **changes},
    )
    return list(firewall_layers(policy, context(*found), sources))


def seen(
    engine: Engine,
    groups: Mapping[str, tuple[Iterable[str], Sets]],
    capture: Capture,
    default: Default = Default.NEVER,
    resolved: Resolved = NOTHING,
) -> dict[str, Outcome]:
    """What Suricata does."""
    policy = network.FirewallPolicy(
        id="policy",
        groups=tuple(
            network.RuleGroup(
                name,
                name,
                1,
                100,
                tuple((variable, tuple(map(Cidr.parse, blocks))) for variable, blocks in sets.items()),
                tuple(network.SuricataRule(line, 0, line.startswith("pass"), (), Origin()) for line in lines),
            )
            for name, (lines, sets) in groups.items()
        ),
        home_net=(HOME,),
        stateless_actions=(),
        stateless_fragment_actions=(),
        stateful_actions=(),
        rule_order="STRICT_ORDER",
        stream_exception="DROP",
        tcp_idle_seconds=350,
        resolved_ip=None,
    )
    return engine.judge(policy, capture, default, resolved)


def differences(flow: Flow, outcome: Outcome, layer: FirewallLayer) -> Iterator[str]:
    """What the engine lets out and the judge denies, or the judge surely allows and the engine stops."""
    most, least = layer.permitted.most | layer.undecided, layer.permitted.least
    if flow.protocol == 6 and flow.app is not App.EARLY:
        if outcome.forwarded[0] and flow.opening not in most:
            yield "the handshake leaves"
        if flow.opening in least and not outcome.forwarded[0]:
            yield "the handshake is stopped"
        # The capture goes on whatever happens; a client whose SYN or its answer is lost does not.
        leaves = outcome.forwarded[:2] == (True, True) and AFTER in outcome.leaked
    else:
        leaves = any(outcome.forwarded)
    if leaves and flow.point not in most:
        yield "the bytes leave"
    # A request in one segment, as clients spell it, that the judge says surely passes.
    ordinary = flow.way == "whole" and flow.spelled_small
    if ordinary and flow.point in least and not outcome.whole:
        yield "the bytes are stopped"


def compare(engine: Engine, lines: tuple[str, ...], flows: tuple[dict[str, Flow], Capture], default: Default) -> None:
    listed, capture = flows
    groups = {"rules": (lines, SETS)}
    outcomes = seen(engine, groups, capture, default)
    # What stands in for the default action at once is what AWS's plain one is, for TCP.
    actions = () if default is Default.NEVER else ("aws:drop_established",)
    by_source = dict(zip(SOURCES, layers(groups, SOURCES.values(), stateful_actions=actions), strict=True))
    found = [
        f"{difference}: {flow}"
        for title, flow in listed.items()
        if default is Default.NEVER or flow.protocol == 6
        for difference in differences(flow, outcomes[title], by_source[flow.client])
    ]
    assert not found, "\n".join([*lines, "", *found[:20]])


@pytest.mark.parametrize("seed", range(40))
def test_no_verdict_is_narrower_than_the_engine(
    seed: int, engines: dict[tuple[str, ...], Engine], flows: tuple[dict[str, Flow], Capture]
) -> None:
    random = Random(seed)  # noqa: S311 - a table of cases, not a secret
    order = tuple(ORDERS)[seed % 2]
    # What stands in for the default action is a reject: it comes last only where a reject does.
    compare(engines[order], group(random, order), flows, random.choice(list(Default)))


def our_groups() -> dict[str, tuple[tuple[str, ...], Sets]]:
    """The rule groups of the synthesized example, in their order."""
    resources = json.loads(GOLDEN.read_text())["Resources"]
    (policy,) = (found for found in resources.values() if found["Type"].endswith("::FirewallPolicy"))
    references = policy["Properties"]["FirewallPolicy"]["StatefulRuleGroupReferences"]
    names = [
        reference["ResourceArn"]["Fn::GetAtt"][0] for reference in sorted(references, key=lambda one: one["Priority"])
    ]
    found: dict[str, tuple[tuple[str, ...], Sets]] = {}
    for name in names:
        group = resources[name]["Properties"]["RuleGroup"]
        sets = {variable: tuple(held["Definition"]) for variable, held in group["RuleVariables"]["IPSets"].items()}
        found[name] = (tuple(group["RulesSource"]["RulesString"].splitlines()), sets)
    return found


OUR_SOURCES = {
    "10.42.8.97": "10.42.8.96/27",
    "10.42.92.129": "10.42.92.128/27",
    "10.42.52.200": "10.42.52.192/27",
    "10.42.200.9": "10.42.200.0/24",
}
OUR_NAMES = (
    "api.anthropic.com",
    "pypi.org",
    "api.partner.example",
    "API.anthropic.COM",
    "evil.pypi.org",
    "pypi.org.evil.example",
    "evilpypi.org",
    "evil.example",
    "",
)
OUR_SERVERS = {
    "192.0.2.10": "",
    "203.0.113.5": "",
    "198.51.100.7": "",
    "198.51.100.200": "",
    "192.0.2.88": "broker.partner.example",
}


def our_flows() -> Iterator[Flow]:
    for client, (server, resolved) in product(OUR_SOURCES, OUR_SERVERS.items()):
        for name in OUR_NAMES:
            yield Flow(client, server, 6, 443, App.TLS, name, resolved=resolved)
            yield Flow(client, server, 6, 80, App.HTTP, name, resolved=resolved)
        yield Flow(client, server, 6, 443, App.TLS, "pypi.org", "split", resolved)
        for port in (443, 80, 5432, 5441, 8883, 22):
            for app in (App.SSH, App.OTHER, App.EARLY):
                yield Flow(client, server, 6, port, app, resolved=resolved)
            yield Flow(client, server, 17, port, App.OTHER, resolved=resolved)
        yield Flow(client, server, 1, 2048, App.OTHER, resolved=resolved)
        yield Flow(client, server, 47, 0, App.OTHER, resolved=resolved)


def test_on_our_own_rules_the_verdict_is_the_engine_s(engine: Engine) -> None:
    """What the engine does while it has not decided what unrecognised bytes are is told apart from the verdict."""
    listed, capture = world(our_flows())
    groups = our_groups()
    resolved = {resolved: (server,) for server, resolved in OUR_SERVERS.items() if resolved}
    outcomes = seen(engine, groups, capture, Default.NEVER, resolved)
    sources = [Cidr.parse(block) for block in OUR_SOURCES.values()]
    # Validation that only alerts: the keyword works, and no packet is denied for its address alone.
    found = layers(groups, sources, resolved_ip=validation(action="ALERT"), fragment_actions=("aws:drop",))
    by_source = dict(zip(OUR_SOURCES, found, strict=True))
    assert all(layer.permitted.certain for layer in found)
    wrong = []
    for title, flow in listed.items():
        layer, outcome = by_source[flow.client], outcomes[title]
        if flow.protocol == 6 and flow.app is not App.EARLY:
            leaves = outcome.forwarded[:2] == (True, True) and AFTER in outcome.leaked
            if outcome.forwarded[0] is not (flow.opening in layer.permitted.most):
                wrong.append(f"the handshake: {flow}, engine {outcome.forwarded[0]}")
        else:
            leaves = any(outcome.forwarded)
        if leaves is not (flow.point in layer.permitted.most | layer.undecided):
            wrong.append(f"{flow}: engine {leaves}")
    assert not wrong, "\n".join(wrong)
    assert {outcomes[title].whole for title in listed} == {True, False}
