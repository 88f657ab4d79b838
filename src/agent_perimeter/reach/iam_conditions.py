"""IAM conditions against a kind of request: they hold, they do not, or it depends.

A request here is not one HTTP call but a kind of call: whose credentials, from where, on whose resource.
What such a call carries in a condition key is a pattern that the key's value surely lies in; a key that is
not known here may be absent or anything. Keys and their availability follow the IAM user guide, "AWS global
condition context keys"; operators follow "IAM JSON policy elements: Condition operators", the rules for an
absent key included.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import lru_cache
from types import MappingProxyType

from agent_perimeter.observed import Condition, Doubt, Statement
from agent_perimeter.packets import AddressSet
from agent_perimeter.reach.iam_patterns import ANYTHING, covers, literal, may_overlap
from agent_perimeter.values import Cidr

OWN = "own account"
ANOTHER = "another account"
NOBODY = "nobody"

ACCOUNT = "${AWS::AccountId}"
"""How text names the network's own account where its number is not known."""


class Truth(IntEnum):
    """Three-valued logic by order: *and* is ``min``, *or* is ``max``."""

    FALSE = 0
    PERHAPS = 1
    TRUE = 2

    @property
    def opposite(self) -> Truth:
        return Truth(Truth.TRUE - self)


class Place(StrEnum):
    """Where a request comes from. ``OUTSIDE`` is anywhere without a VPC endpoint: the internet, an AWS service."""

    VPC = "the VPC"
    ANOTHER_VPC = "another VPC"
    OUTSIDE = "outside the VPC"


@dataclass(frozen=True, slots=True)
class Request:
    """A kind of API call over TLS, in the network's own region.

    ``vpc`` is the record id of the network's VPC, wherever the request comes from, and ``account`` the id of the
    network's account, as its text has it. ``principal`` and ``owner`` (of the resource) are ``OWN``, ``ANOTHER``
    or ``NOBODY`` (unsigned). ``endpoints`` are the record ids of the endpoints it may go through. ``source``
    None: an address that is not known. ``via_service``: an AWS service acts with the caller's session.
    ``function_code``: a Lambda function's own code makes it; None: not known. ``resource`` is the resource asked
    for, as a pattern: an account that it names owns it.
    """

    vpc: str
    account: str = ACCOUNT
    principal: str = OWN
    place: Place = Place.VPC
    endpoints: tuple[str, ...] = ()
    source: Cidr | None = None
    via_service: bool = False
    owner: str = OWN
    function_code: bool | None = None
    resource: str = ""


@dataclass(frozen=True, slots=True)
class _Key:
    """What a request carries in a condition key: text in one of ``texts``, unless it is absent.

    ``unlike``: text that the value surely differs from, and from everything that holds it.
    """

    texts: tuple[str, ...] = (ANYTHING,)
    absent: Truth = Truth.FALSE
    unlike: str = ""


_UNKNOWN = _Key(absent=Truth.PERHAPS)
_ABSENT = _Key((), Truth.TRUE)


def holds(conditions: Iterable[Condition], request: Request) -> Truth:
    """Whether all the conditions hold for the request."""
    found = Truth.TRUE
    for condition in conditions:
        found = min(found, _holds(condition, request))
        if found is Truth.FALSE:
            break
    return found


def may_hold(conditions: Iterable[Condition], request: Request) -> bool:
    """Whether the conditions can hold for the request on some resource: what they ask of its owner is left out."""
    others = (condition for condition in conditions if condition.key.lower() != "aws:resourceaccount")
    return holds(others, request) is not Truth.FALSE


def depends(conditions: Iterable[Condition], request: Request) -> tuple[str, ...]:
    """The conditions that may or may not hold, in words."""
    return tuple(
        f"{condition.operator} {condition.key}"
        for condition in conditions
        if _holds(condition, request) is Truth.PERHAPS
    )


_QUANTIFIED = re.compile(r"(?:(forallvalues|foranyvalue):)?(.+?)(ifexists)?", re.IGNORECASE)

_OPERATORS: Mapping[str, tuple[str, bool]] = MappingProxyType(
    {
        "stringequals": ("exact", False),
        "stringnotequals": ("exact", True),
        "stringequalsignorecase": ("folded", False),
        "stringnotequalsignorecase": ("folded", True),
        "stringlike": ("pattern", False),
        "stringnotlike": ("pattern", True),
        "arnequals": ("pattern", False),
        "arnlike": ("pattern", False),
        "arnnotequals": ("pattern", True),
        "arnnotlike": ("pattern", True),
        "bool": ("folded", False),
        "ipaddress": ("address", False),
        "notipaddress": ("address", True),
    }
)
"""Operators by how they compare, and whether they ask for the opposite."""


@lru_cache(maxsize=1024)
def _operator(text: str) -> tuple[str, str, bool] | None:
    """An operator's quantifier, its name and whether it ends in IfExists; None for no operator."""
    parsed = _QUANTIFIED.fullmatch(text)
    return parsed and ((parsed[1] or "").lower(), parsed[2].lower(), parsed[3] is not None)


def _holds(condition: Condition, request: Request) -> Truth:
    parsed = _operator(condition.operator)
    if parsed is None:
        return Truth.PERHAPS
    quantifier, operator, if_exists = parsed
    name = condition.key.lower()
    key = _key(name, request)
    if operator == "null":
        return max((_null(value, key) for value in condition.values), default=Truth.PERHAPS)
    if operator not in _OPERATORS:
        return Truth.PERHAPS
    comparison, negated = _OPERATORS[operator]
    if comparison == "address":
        found = _within(condition.values, request) if name == "aws:vpcsourceip" else Truth.PERHAPS
    else:
        found = max((_matches(comparison, value, key) for value in condition.values), default=Truth.FALSE)
    present = found.opposite if negated else found
    without = if_exists or quantifier == "forallvalues" or (negated and quantifier != "foranyvalue")
    absent = Truth.TRUE if without else Truth.FALSE
    match key.absent:
        case Truth.TRUE:
            return absent
        case Truth.FALSE:
            return present
        case _:
            return present if present is absent else Truth.PERHAPS


def _null(value: str | Doubt, key: _Key) -> Truth:
    """``true`` asks for an absent key, ``false`` for a present one."""
    if isinstance(value, Doubt) or value.lower() not in {"true", "false"}:
        return Truth.PERHAPS
    return key.absent if value.lower() == "true" else key.absent.opposite


def _matches(comparison: str, value: str | Doubt, key: _Key) -> Truth:
    if isinstance(value, Doubt):
        return Truth.PERHAPS
    value = _ATTRIBUTE.sub(r"${\1}", value)
    if key.unlike and key.unlike in value:
        return Truth.FALSE
    pattern = value if comparison == "pattern" else literal(value)
    found = {_compared(pattern, text, folded=comparison == "folded") for text in key.texts}
    return found.pop() if len(found) == 1 else Truth.PERHAPS


def _compared(pattern: str, text: str, *, folded: bool) -> Truth:
    if folded:
        pattern, text = pattern.lower(), text.lower()
    if covers(pattern, text):
        return Truth.TRUE
    return Truth.PERHAPS if may_overlap(pattern, text) else Truth.FALSE


def _within(values: tuple[str | Doubt, ...], request: Request) -> Truth:
    """Whether the caller's private address is in one of the blocks (``aws:VpcSourceIp``)."""
    if request.source is None:
        return Truth.PERHAPS
    listed, all_read = _blocks(values)
    asked = AddressSet.of((request.source,))
    if asked <= listed:
        return Truth.TRUE
    return Truth.PERHAPS if asked & listed or not all_read else Truth.FALSE


@lru_cache(maxsize=4096)
def _blocks(values: tuple[str | Doubt, ...]) -> tuple[AddressSet, bool]:
    """The addresses of a condition's blocks, and whether all of them could be read."""
    blocks = [_block(value) for value in values]
    return AddressSet.of(block for block in blocks if block is not None), None not in blocks


def _block(value: str | Doubt) -> Cidr | None:
    try:
        return None if isinstance(value, Doubt) else Cidr.parse(value)
    except ValueError:
        return None


def source_classes(sources: Iterable[Cidr], statements: Iterable[Statement]) -> tuple[Cidr, ...]:
    """One block for each class of source addresses that no statement tells apart, sorted."""
    classes = [AddressSet.of((block,)) for block in sorted(set(sources))]
    for statement in statements:
        for condition in statement.conditions:
            if condition.key.lower() == "aws:vpcsourceip":
                listed, _ = _blocks(condition.values)
                classes = [part for whole in classes for part in (whole & listed, whole - listed) if part]
    return tuple(whole.cidrs()[0] for whole in classes)


_ATTRIBUTE = re.compile(r"\$\{([^}]+)\.(?:VpcId|Id)\}")
"""The attributes that are the physical id too (CloudFormation: VPC.VpcId, VPCEndpoint.Id)."""


def placeholder(record: str) -> str:
    """How policy text names a record's physical id: a template's by placeholder, an account's as it is."""
    return record if record.startswith(("vpc-", "vpce-")) else "${" + record + "}"


def _key(name: str, request: Request) -> _Key:
    """What the request carries in a key, by the lower-cased name of the key."""
    if name in _FIXED:
        return _FIXED[name]
    match name:
        case "aws:principalaccount":
            return _account(request.principal, request.account)
        case "aws:principalarn":
            return _arn(request.principal, request.account)
        case "aws:principalorgid" | "aws:principalorgpaths":
            return _ABSENT if request.principal == NOBODY else _UNKNOWN
        case "aws:resourceaccount":
            return _owner(request)
        case "aws:sourcevpc" | "aws:sourcevpce" | "aws:vpcsourceip" | "aws:sourceip":
            return _origin(name, request)
        case "aws:viaawsservice":
            return _Key(("true" if request.via_service else "false",))
        case "aws:calledvia" | "aws:calledviafirst" | "aws:calledvialast":
            return _Key() if request.via_service else _ABSENT
        case "lambda:sourcefunctionarn":
            return _UNKNOWN if request.function_code is None else _Key() if request.function_code else _ABSENT
        case _:
            return _UNKNOWN


_FIXED: Mapping[str, _Key] = MappingProxyType(
    {
        "aws:securetransport": _Key(("true",)),
        "aws:requestedregion": _Key(("${AWS::Region}",)),
        "aws:principalisawsservice": _Key(("false",)),
        # Only calls of AWS services on their own behalf carry these.
        "aws:principalservicename": _ABSENT,
        "aws:sourceaccount": _ABSENT,
        "aws:sourcearn": _ABSENT,
        "aws:sourceorgid": _ABSENT,
    }
)
"""Keys that are the same for every request that an agent can make."""


def _account(whose: str, own: str) -> _Key:
    match whose:
        case "own account":
            return _Key((own,))
        case "another account":
            return _Key(("?" * 12,), unlike=own)
        case _:
            return _Key(("anonymous",))


def _arn(whose: str, own: str) -> _Key:
    match whose:
        case "own account":
            return _Key((f"arn:*:{own}:*",))
        case "another account":
            # Between colons, for anybody can name a role after our account.
            return _Key(("arn:*",), unlike=f":{own}:")
        case _:
            return _ABSENT


def _owner(request: Request) -> _Key:
    named = account_of(request.resource)
    return _Key((named,)) if named and request.owner == OWN else _account(request.owner, request.account)


def account_of(resource: str) -> str:
    """The account that a resource pattern names; empty where it names none or leaves it open."""
    fields = _split(resource)
    account = fields[4] if len(fields) > 4 else ""
    return "" if "*" in account or "?" in account else account


def _split(resource: str) -> list[str]:
    """The fields of an ARN, for placeholders have colons too."""
    return re.split(r":(?![^{}]*\})", resource, maxsplit=5)


def leaves_owner_open(resource: str) -> bool:
    """Whether a wildcard in a resource pattern leaves open whose the resource is.

    So it is with a wildcard account, and without an account (S3 has none in its ARNs) with a wildcard in the
    first part of the resource: anybody can create a bucket that ``arn:aws:s3:::corp-*`` matches (IAM user
    guide, Amazon resource names).
    """
    fields = _split(resource)
    if len(fields) < 6:
        return True
    owner = fields[4] or re.split("[:/]", fields[5])[0]
    return "*" in owner or "?" in owner


def _origin(name: str, request: Request) -> _Key:
    """The keys that tell where a request comes from. Only a VPC endpoint adds the first three."""
    if name == "aws:sourceip":
        return _Key() if request.place is Place.OUTSIDE and not request.via_service else _ABSENT
    if request.place is Place.OUTSIDE:
        return _ABSENT
    if name == "aws:vpcsourceip":
        return _Key()
    if name == "aws:sourcevpc":
        own = placeholder(request.vpc)
        return _Key((own,)) if request.place is Place.VPC else _Key(("vpc-*",), unlike=own)
    if request.place is Place.ANOTHER_VPC or not request.endpoints:
        return _Key(("vpce-*",))
    return _Key(tuple(placeholder(endpoint) for endpoint in request.endpoints))
