"""What comes and goes with something else, and so is no departure of its own.

An account shows a firewall policy only through its firewall. One that is not there was not taken away: its firewall has
another, or is gone itself. What another policy lets out is that of its rules, which therefore must come with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Final, TypeVar

from agent_perimeter.observed import AclAssociation, Doubt, Log, ObservedNetwork, Record, RouteTableAssociation

THROUGH_USERS: Final[Mapping[str, tuple[str, ...]]] = {
    "firewall_policies": ("firewalls",),
    "rule_groups": ("firewall_policies",),
    "dns_groups": ("dns_associations",),
    "prefix_lists": ("routes", "security_groups"),
}
"""Sections of which an account shows what something uses, and nothing else; and what uses them."""
_PLACES: Final = ("vpcs", "subnets", "firewalls")

T = TypeVar("T")


def named(value: object) -> Iterator[str]:
    """Every text in a value, however deep: the ids of all records that it names are among them."""
    return (part for part in _parts(value) if isinstance(part, str))


def doubts_in(value: object) -> Iterator[Doubt]:
    """Every doubt in a value, however deep."""
    return (part for part in _parts(value) if isinstance(part, Doubt))


def _parts(value: object) -> Iterator[object]:
    """A value and everything in it. What a doubt says is no part."""
    yield value
    if isinstance(value, tuple):
        for item in value:
            yield from _parts(item)
    elif is_dataclass(value) and not isinstance(value, Doubt):
        for field in fields(value):
            yield from _parts(getattr(value, field.name))


def unseen(field: str, record: Record, network: ObservedNetwork, unread: Collection[str]) -> bool:
    """Whether an account with this network does not show such a record, whether there is one or not.

    Nothing uses it, or what it is about is gone: a log goes with its firewall, an association with its subnet.
    """
    if field in THROUGH_USERS:
        return not _any_of(THROUGH_USERS[field], unread) and record.id not in _used(field, network, unread)
    match record:
        case AclAssociation() | RouteTableAssociation():
            about = record.subnet
        case Log():
            about = record.watched
        case _:
            return False
    places = {place.id for place in _records(network, _PLACES)}
    return isinstance(about, str) and not _any_of(_PLACES, unread) and about not in places


def _used(field: str, network: ObservedNetwork, unread: Collection[str]) -> set[str]:
    """What is named by users that are shown themselves."""
    users = (
        user
        for section in THROUGH_USERS[field]
        for user in _records(network, (section,))
        if not unseen(section, user, network, unread)
    )
    return {name for user in users for name in named(user)}


def _any_of(sections: tuple[str, ...], unread: Collection[str]) -> bool:
    return any(section in unread for section in sections)


def _records(network: ObservedNetwork, sections: tuple[str, ...]) -> Iterator[Record]:
    for section in sections:
        yield from getattr(network, section)


def brought(value: object, new: Mapping[str, tuple[T, object]]) -> dict[str, T]:
    """What of the new records, by id with their values, comes with a value: those that it names, and that they name."""
    found: dict[str, T] = {}
    waiting = list(named(value))
    while waiting:
        name = waiting.pop()
        if name in new and name not in found:
            found[name], record = new[name]
            waiting += named(record)
    return found
