"""Judging domain names: whose they are, and whether anything can hold them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent_perimeter.catalogue.public_suffixes import Section, public_suffix, suffix_below
from agent_perimeter.catalogue.services import SERVICES, service_of_host
from agent_perimeter.catalogue.shared_names import LOCAL_SUFFIXES, METADATA_NAMES, SharedName, shared_below, shared_name
from agent_perimeter.finding import Code, Finding
from agent_perimeter.intent import HTTP_PORT, TLS_PORT
from agent_perimeter.packets import PortSet
from agent_perimeter.policy import codes
from agent_perimeter.policy.lint_addresses import judge_ports
from agent_perimeter.policy.model import DomainRule
from agent_perimeter.policy.shape import nearest
from agent_perimeter.values import PortRange

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
_AWS = re.compile(r"(?:(?P<labels>.+)\.)?(?:amazonaws\.com(?:\.cn)?|api\.aws|api\.amazonwebservices\.com\.cn)")
_CUSTOMER_OWNED = frozenset(
    {"execute-api", "elb", "rds", "compute", "compute-1", "cache", "es", "aoss", "redshift", "docdb", "neptune"}
)
"""Labels of names that AWS gives to one customer's resource; they are no API endpoints."""
_LIVE_WITH_IT = "`accept` with a reason, or a host of your own"


def judge_name(rule: DomainRule) -> Iterator[Finding]:
    """Whose the name is. At most one finding: the first reason is the one to act on."""
    finding = (
        _local(rule)
        or _aws(rule)
        or _site(rule)
        or _all_tenants(rule)
        or _public_suffix(rule)
        or _above_tenants(rule)
        or _shared(rule)
        or _private_suffix(rule)
    )
    if finding is not None:
        yield finding


def judge_name_ports(rule: DomainRule, *, resolved_ip_validation: bool) -> Iterator[Finding]:
    """Whether packets to these ports can be told to be for the name."""
    if not rule.ports_given:
        return
    yield from judge_ports(rule.ports)
    ports = PortSet.of(port.ports for port in rule.ports)
    if HTTP_PORT in ports:
        span = next(port.span for port in rule.ports if HTTP_PORT in port.ports)
        yield Finding(
            codes.PLAIN_HTTP,
            f"plain HTTP to {rule.name} can be read and changed on the way",
            span,
            "TCP 80",
            "TCP 443",
            "TLS on 443",
        )
    unnamed = ports - PortSet.of((PortRange.single(HTTP_PORT), PortRange.single(TLS_PORT)))
    if not unnamed:
        return
    span = next(port.span for port in rule.ports if PortSet.of((port.ports,)) & unnamed)
    got = f"TCP {unnamed}"
    if rule.name.wildcard:
        yield Finding(
            codes.WILDCARD_PORT,
            f"nothing can hold {rule.name} to its names on other ports than 443 and 80",
            span,
            got,
            "TCP 443 and 80",
            "exact names for the other ports",
        )
    elif not resolved_ip_validation:
        yield Finding(
            codes.PORT_WITHOUT_VALIDATION,
            f"on this port nothing but its resolved address tells that a packet is for {rule.name}",
            span,
            got,
            "TCP 443 and 80 while resolved_ip_validation is off",
            "`resolved_ip_validation: true` in the settings, or `ip_block`",
        )
    else:
        yield Finding(codes.RESOLVED_PORT, f"{rule.name} is held by its resolved addresses only", span, got)


def _local(rule: DomainRule) -> Finding | None:
    name = rule.name.name
    if name in METADATA_NAMES:
        return _finding(rule, codes.METADATA, f"{name} is the name of a metadata service", "removing it")
    top = name.rpartition(".")[2]
    if top in LOCAL_SUFFIXES:
        return _finding(
            rule,
            codes.LOCAL_NAME,
            f"{rule.name} is a local name: .{top} is no part of the internet ({LOCAL_SUFFIXES[top]})",
            "the service's public name, or its address with `ip_block`",
        )
    if "." not in name and not public_suffix(name).listed:
        return _finding(
            rule,
            codes.LOCAL_NAME,
            f"{rule.name} has a single label, which every machine completes as it likes",
            "the whole name",
        )
    return None


def _aws(rule: DomainRule) -> Finding | None:
    """An API endpoint of AWS, regional, global or dual-stack."""
    found = _AWS.fullmatch(rule.name.name)
    labels = (found["labels"] or "").split(".") if found else []
    services = [label for label in labels if label and not _REGION.fullmatch(label)]
    if not services or not _CUSTOMER_OWNED.isdisjoint(services):
        return None
    service = service_of_host(str(rule.name))
    whole = f"{rule.name} is an API of AWS, which serves every account"
    if service is not None:
        return _finding(
            rule,
            codes.AWS_ENDPOINT,
            whole,
            f"`aws_service: {service.name}` with the actions and resources that the agent needs",
        )
    near = nearest(services[-1], SERVICES)
    return _finding(
        rule,
        codes.AWS_ENDPOINT,
        whole,
        f"`aws_service`{f', perhaps {near}' if near else ''}; the services known are {', '.join(sorted(SERVICES))}",
    )


def _site(rule: DomainRule) -> Finding | None:
    """A site that does nothing but pass things on."""
    shared = shared_name(rule.name.name)
    if shared is None or not shared.category.refused:
        return None
    message = f"{rule.name} is {_kind(shared, rule)}: {shared.category.why}"
    return _finding(rule, codes.EXFILTRATION_SITE, message, "removing it")


def _all_tenants(rule: DomainRule) -> Finding | None:
    """A wildcard right over the tenants of a host."""
    shared = shared_name(rule.name.name)
    if not rule.name.wildcard or shared is None or shared.suffix != rule.name.name or shared.apex_only:
        return None
    message = f"{rule.name} covers names of many tenants of {_kind(shared, rule)}: {shared.category.why}"
    return _finding(rule, codes.SHARED_WILDCARD, message, f"exact names below {rule.name.name}, each with a reason")


def _above_tenants(rule: DomainRule) -> Finding | None:
    """A wildcard that covers such a host among others."""
    below = shared_below(rule.name.name) if rule.name.wildcard else ()
    worst = next((shared for shared in below if shared.category.refused or not shared.apex_only), None)
    if worst is None:
        return None
    message = f"{rule.name} covers {worst.suffix}, {_article(worst.category)} {worst.category}: {worst.category.why}"
    return _finding(rule, codes.SHARED_WILDCARD, message, f"exact names below {rule.name.name}")


def _public_suffix(rule: DomainRule) -> Finding | None:
    """A public suffix, or a wildcard that covers one."""
    name, suffix = rule.name.name, public_suffix(rule.name.name)
    if suffix.name == name:
        by = "a registry" if suffix.section is Section.ICANN else "a company that hands out names to its users"
        why = f"{name} is run by {by}"
    elif rule.name.wildcard and (below := suffix_below(name)):
        why = f"{below} is a public suffix"
    else:
        return None
    what = "covers names that anyone can register" if rule.name.wildcard else "is a public suffix, no single host"
    return _finding(rule, codes.PUBLIC_SUFFIX, f"{rule.name} {what}: {why}", f"exact names below {name}")


def _shared(rule: DomainRule) -> Finding | None:
    """A name at or below one that many tenants share, or a wildcard over the hosts of such a company."""
    shared = shared_name(rule.name.name) or next(iter(shared_below(rule.name.name)), None)
    if shared is None or (shared.suffix.endswith(f".{rule.name.name}") and not rule.name.wildcard):
        return None
    verb = "covers hosts" if rule.name.wildcard else "is shared by many tenants"
    message = f"{rule.name} {verb} of {_kind(shared, rule)}: {shared.category.why}"
    return _finding(rule, codes.SHARED_NAME, message, _LIVE_WITH_IT)


def _private_suffix(rule: DomainRule) -> Finding | None:
    """A name just below a suffix where a company hands out names."""
    suffix = public_suffix(rule.name.name)
    if suffix.section is not Section.PRIVATE:
        return None
    message = f"{rule.name} stands below {suffix.name}, where a company hands out names to its users"
    return _finding(rule, codes.SHARED_NAME, message, _LIVE_WITH_IT)


def _kind(shared: SharedName, rule: DomainRule) -> str:
    whose = f" ({shared.suffix})" if shared.suffix != rule.name.name else ""
    return f"{_article(shared.category)} {shared.category}{whose}"


def _article(word: str) -> str:
    return "an" if word[0] in "aeio" else "a"


def _finding(rule: DomainRule, kind: Code, message: str, hint: str) -> Finding:
    return Finding(kind, message, rule.name_span, str(rule.name), hint=hint)
