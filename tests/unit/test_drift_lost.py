"""What a field that decides about packets is also good for, and when that is lost."""

from __future__ import annotations

import pytest

from agent_perimeter.drift.lost import (
    Lost,
    inspection,
    last_resort,
    nothing,
    override,
    stream,
    threats,
    trace,
    validation,
)
from agent_perimeter.observed import ResolvedIpValidation, RulesString
from agent_perimeter.source import Origin

HERE = Origin()


def rules(text: str) -> RulesString:
    return RulesString(text, HERE)


def validated(expiry: str) -> ResolvedIpValidation:
    return ResolvedIpValidation("REJECT", expiry, "net/Dns", (), None, HERE)


DROP, ALERT, PASS = ("aws:drop_strict",), ("aws:alert_strict",), ("aws:pass",)

LOST: dict[str, tuple[Lost, object, object, str]] = {
    "any other field": (nothing, DROP, (), ""),
    "no default drops": (last_resort, (*DROP, *ALERT), ALERT, "the firewall's last resort is gone: what no rule stops"),
    "another default drops": (last_resort, DROP, ("aws:drop_established",), ""),
    "no default reports": (last_resort, (*DROP, *ALERT), DROP, "what the firewall drops leaves no trace"),
    "one more reports": (last_resort, DROP, (*DROP, *ALERT), ""),
    "there never was one": (last_resort, (), ALERT, ""),
    "what is not inspected": (inspection, ("aws:forward_to_sfe",), PASS, "what no stateless rule decides about passes"),
    "what was never inspected": (inspection, PASS, (*PASS, "mine"), ""),
    "what is dropped instead": (inspection, PASS, ("aws:drop",), ""),
    "streams go on": (stream, "DROP", "CONTINUE", "a connection of which the firewall missed the beginning goes on"),
    "streams are refused": (stream, "DROP", "REJECT", ""),
    "streams went on": (stream, "CONTINUE", "DROP", ""),
    "addresses that are held on to": (
        validation,
        validated("REJECT"),
        validated("CONTINUE"),
        "an address passes that was an allowed name's",
    ),
    "addresses that are let go": (validation, validated("CONTINUE"), validated("REJECT"), ""),
    "addresses that nobody checks are judged by packets": (validation, validated("REJECT"), None, ""),
    "a rule that is silent": (
        trace,
        rules("drop ip any any -> any any (sid:1;)"),
        rules("drop ip any any -> any any (noalert; sid:1;)"),
        "what a rule decides leaves no trace",
    ),
    "a pass that is silent": (
        trace,
        rules("pass ip any any -> any any (alert; sid:1;)"),
        rules("pass ip any any -> any any (sid:1;)"),
        "what a rule decides leaves no trace",
    ),
    "a rule that speaks again": (
        trace,
        rules("drop ip any any -> any any (noalert; sid:1;)"),
        rules("drop ip any any -> any any (sid:1;)"),
        "",
    ),
    "a rule that is gone": (trace, rules("drop ip any any -> any any (sid:1;)"), None, ""),
    "a threat that must be surer": (threats, "LOW", "HIGH", "a threat must be surer than before to be found"),
    "a threat that may be less sure": (threats, "HIGH", "LOW", ""),
    "drops that only report": (
        override,
        None,
        "DROP_TO_ALERT",
        "the rule group only reports what it was there to drop",
    ),
    "drops that drop again": (override, "DROP_TO_ALERT", None, ""),
}


@pytest.mark.parametrize(("lost", "before", "after", "said"), LOST.values(), ids=LOST)
def test_what_is_lost(lost: Lost, before: object, after: object, said: str) -> None:
    found = lost(before, after)
    assert found.startswith(said)
    assert bool(found) is bool(said)
