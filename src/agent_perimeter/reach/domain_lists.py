"""Domain lists and standard rules as the Suricata rules that Network Firewall makes of them.

AWS documents what the generated rules do (Network Firewall API, ``RulesSourceList`` and ``StatefulRule``), not
their text. ``HOME_NET`` is where their traffic comes from.
"""

from __future__ import annotations

from collections.abc import Iterator

from agent_perimeter.observed import DomainRules, Doubt, FiveTupleRule
from agent_perimeter.reach.suricata_rules import Action, Option, Rule

UNREAD = Option("what could not be read")
"""Stands in a rule for a part that is not known: no keyword is called so, and none of that name has a meaning."""

_LISTS = {
    "ALLOWLIST": Action.PASS,
    "DENYLIST": Action.DROP,
    "REJECTLIST": Action.REJECT,
    "ALERTLIST": Action.ALERT,
}
_BUFFERS = {"TLS_SNI": ("tls", "tls.sni"), "HTTP_HOST": ("http", "http.host")}
_RESOLVED = "AWS_ROUTE_53_RESOLVED_DOMAIN"
_TO_SERVER = Option("flow", "to_server")


def of_list(rules: DomainRules, *, strict: bool) -> Iterator[Rule]:
    """The rules of a domain list.

    In an allowlist that also names ``AWS_ROUTE_53_RESOLVED_DOMAIN`` both conditions must hold, in other lists any.
    Under the action order an allowlist drops the other names of the protocols that it is about; under strict order
    it does not (Network Firewall guide, "Stateful domain list rule groups").
    """
    actions = _actions(rules.action)
    types = tuple(kind for kind in rules.types if isinstance(kind, str))
    open_ended = () if len(types) == len(rules.types) and actions[1] else (UNREAD,)
    protocols = [_BUFFERS[kind] for kind in _BUFFERS if kind in types or len(types) < len(rules.types)]
    for action in actions[0]:
        for target in rules.targets:
            for protocol, buffer in protocols:
                tied = action is Action.PASS and _RESOLVED in types
                options = (*_names(buffer, target), *(_resolved(target) if tied else ()), *open_ended)
                yield _rule(action, protocol, options)
            if _RESOLVED in types and (not protocols or action is not Action.PASS):
                yield from _by_address(action, target, open_ended)
        if action is Action.PASS and not strict:
            for protocol, _ in protocols:
                yield _rule(Action.DROP, protocol, open_ended, f"{protocol.upper()} to a name that is not on the list")


def _actions(action: str | Doubt) -> tuple[tuple[Action, ...], bool]:
    """What the list may do, and whether that is known."""
    known = _LISTS.get(action) if isinstance(action, str) else None
    return ((known,), True) if known is not None else ((Action.PASS, Action.DROP), False)


def _names(buffer: str, target: str | Doubt) -> tuple[Option, ...]:
    if isinstance(target, Doubt):
        return (UNREAD,)
    name = target.lower()
    sticky, nocase = Option(buffer), (Option("nocase"),) if buffer == "tls.sni" else ()
    content = Option("content", f'"{name}"')
    if name.startswith("."):
        return (sticky, Option("dotprefix"), content, *nocase, Option("endswith"))
    return (sticky, content, Option("startswith"), *nocase, Option("endswith"))


def _resolved(target: str | Doubt) -> tuple[Option, ...]:
    return (UNREAD,) if isinstance(target, Doubt) else (Option("aws_route_53_resolved_domain", f'"{target}"'),)


def _by_address(action: Action, target: str | Doubt, open_ended: tuple[Option, ...]) -> Iterator[Rule]:
    """What protocols such a rule is about AWS does not say; that it allows TCP is what it is for."""
    options = (*_resolved(target), *open_ended)
    if action is Action.PASS:
        yield _rule(action, "tcp", options)
    yield _rule(action, "ip", (*options, UNREAD))


def _rule(action: Action, protocol: str, options: tuple[Option, ...], says: str = "a domain list") -> Rule:
    said = Option("msg", f'"{says}"')
    target = next((option.value for option in options if option.keyword == "content"), "")
    if target:
        said = Option("msg", f'"a domain list: {target.strip(chr(34))}"')
    return Rule(action, protocol, "$HOME_NET", "any", False, "$EXTERNAL_NET", "any", (said, *options, _TO_SERVER), 0)


def of_five_tuple(rule: FiveTupleRule) -> Iterator[Rule]:
    """A standard rule. A part that is not known is left out, which ``UNREAD`` keeps from being taken for an answer."""
    parts = (rule.protocol, rule.source, rule.source_port, rule.direction, rule.destination, rule.destination_port)
    unread = (UNREAD,) if any(isinstance(part, Doubt) for part in (rule.action, *parts)) else ()
    protocol, source, source_port, direction, destination, port = (
        "any" if isinstance(part, Doubt) else part for part in parts
    )
    known = isinstance(rule.action, str) and rule.action.lower() in set(Action)
    actions = (Action(str(rule.action).lower()),) if known else (Action.PASS, Action.DROP)
    for action in actions:
        yield Rule(
            action=action,
            protocol="ip" if protocol.lower() == "any" else protocol.lower(),
            source=source,
            source_port=source_port,
            both=direction.upper() != "FORWARD",
            destination=destination,
            destination_port=port,
            options=(*_options(rule.options), *unread, *(() if known else (UNREAD,))),
            line=0,
        )


def _options(options: tuple[tuple[str, tuple[str, ...]], ...]) -> Iterator[Option]:
    """Some write the value into the keyword, as ``sid:1``; the console does."""
    for keyword, settings in options:
        name, _, value = keyword.partition(":")
        yield Option(name.strip().lower(), ",".join((value.strip(), *settings)).strip(","))
