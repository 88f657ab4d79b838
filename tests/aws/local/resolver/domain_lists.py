"""Domain lists of DNS Firewall."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from moto.route53resolver.responses import Route53ResolverResponse
from moto.s3.models import s3_backends

from tests.aws.local.errors import Refused
from tests.aws.local.operations import Call, Fields, operation, page
from tests.aws.local.resolver.state import DomainList, Resolver, asked_resolver, new_id, now

resolver = operation(Route53ResolverResponse)

_DOMAIN = re.compile(r"\*|(\*\.)?([A-Za-z0-9_-]+\.)*[A-Za-z0-9_-]+\.?")
_AT_ONCE = 1000


@resolver
def create_firewall_domain_list(call: Call) -> Fields:
    held = asked_resolver(call)
    for existing in held.domain_lists.values():
        if existing.request == call.asked["CreatorRequestId"]:
            return {"FirewallDomainList": _described(existing)}
    identity = new_id("fdl")
    arn = call.arn("route53resolver", f"firewall-domain-list/{identity}")
    created = DomainList(identity, arn, call.asked["Name"], call.asked["CreatorRequestId"])
    held.domain_lists[identity] = created
    held.tag(arn, call.get("Tags", []))
    return {"FirewallDomainList": _described(created)}


@resolver
def get_firewall_domain_list(call: Call) -> Fields:
    return {"FirewallDomainList": _described(_asked(call))}


@resolver
def list_firewall_domain_lists(call: Call) -> Fields:
    found = [
        {
            "Id": listed.id,
            "Arn": listed.arn,
            "Name": listed.name,
            "CreatorRequestId": listed.request or None,
            "ManagedOwnerName": listed.owner,
        }
        for listed in asked_resolver(call).domain_lists.values()
    ]
    return page(call, "FirewallDomainLists", found)


@resolver
def delete_firewall_domain_list(call: Call) -> Fields:
    held, deleted = asked_resolver(call), _own(call)
    if _used(held, deleted):
        raise Refused("ConflictException", f"{deleted.id} is in use by a firewall rule")
    del held.domain_lists[deleted.id]
    return {"FirewallDomainList": _described(deleted) | {"Status": "DELETING"}}


@resolver
def list_firewall_domains(call: Call) -> Fields:
    listed = _asked(call)
    if listed.owner:
        raise Refused("AccessDeniedException", f"The domains of {listed.id} are AWS's own")
    return page(call, "Domains", listed.domains)


@resolver
def update_firewall_domains(call: Call) -> Fields:
    changed, given = _own(call), _normalised(call.asked["Domains"])
    if len(given) > _AT_ONCE:
        raise Refused("LimitExceededException", f"At most {_AT_ONCE} domains can be given in a request")
    match call.asked["Operation"]:
        case "ADD":
            changed.domains = list(dict.fromkeys((*changed.domains, *given)))
        case "REMOVE":
            changed.domains = [domain for domain in changed.domains if domain not in given]
        case _:
            changed.domains = given
    changed.modified = now()
    return {"Id": changed.id, "Name": changed.name, "Status": "COMPLETE"}


@resolver
def import_firewall_domains(call: Call) -> Fields:
    """From a text file in S3, one domain in a line."""
    changed = _own(call)
    url = urlsplit(call.asked["DomainFileUrl"])
    bucket = url.netloc.removesuffix(".amazonaws.com").split(".s3")[0]
    stored = s3_backends[call.account]["aws"].get_object(bucket, url.path.lstrip("/"))
    if stored is None:
        raise Refused("ValidationException", f"{call.asked['DomainFileUrl']} cannot be read")
    changed.domains = _normalised(stored.value.decode().split())
    changed.modified = now()
    return {"Id": changed.id, "Name": changed.name, "Status": "COMPLETE"}


def _asked(call: Call) -> DomainList:
    identity = call.asked["FirewallDomainListId"]
    found = asked_resolver(call).domain_lists.get(identity)
    if found is None:
        raise Refused("ResourceNotFoundException", f"The domain list {identity} does not exist")
    return found


def _own(call: Call) -> DomainList:
    found = _asked(call)
    if found.owner:
        raise Refused("AccessDeniedException", f"{found.id} is managed by AWS")
    return found


def _normalised(domains: Iterable[str]) -> list[str]:
    """As ListFirewallDomains gives them back: in lower case, and closed by a dot."""
    given = tuple(domains)
    for domain in given:
        if not _DOMAIN.fullmatch(domain):
            raise Refused("ValidationException", f"{domain!r} is no domain specification")
    return list(dict.fromkeys(domain if domain == "*" else f"{domain.lower().rstrip('.')}." for domain in given))


def _used(held: Resolver, listed: DomainList) -> bool:
    return any(
        rule.get("FirewallDomainListId") == listed.id for group in held.rule_groups.values() for rule in group.rules
    )


def _described(listed: DomainList) -> Fields:
    return {
        "Id": listed.id,
        "Arn": listed.arn,
        "Name": listed.name,
        "DomainCount": len(listed.domains),
        "Status": "COMPLETE",
        "ManagedOwnerName": listed.owner,
        "CreatorRequestId": listed.request or None,
        "CreationTime": listed.created,
        "ModificationTime": listed.modified,
    }
