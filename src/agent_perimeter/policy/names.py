"""A host name as a person writes it → a ``DomainPattern``, with everything that had to be said about it.

U-labels are mapped and converted as browsers do it (UTS 46, non-transitional; IDNA 2008, RFC 5891), so
what is compared is always the A-label. A label that mixes scripts which no language mixes is refused
(UTS 39, 5.2, "highly restrictive").
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from agent_perimeter.catalogue.special_ranges import METADATA_SERVICES, SPECIAL_RANGES
from agent_perimeter.finding import Finding
from agent_perimeter.policy import codes
from agent_perimeter.policy.document import shown
from agent_perimeter.source import Span
from agent_perimeter.values import Cidr, DomainPattern

_PLAIN = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*\.[a-z][a-z0-9-]*")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_NUMERIC = re.compile(r"([0-9]+|0[xX][0-9a-fA-F]*)")
_HOST_NAME = "a host name such as api.example.com"
_HOST_OR_WILDCARD = 'a host name, or "*." and a host name'


@dataclass(frozen=True, slots=True)
class ParsedName:
    """The pattern, where there is one; findings of any severity."""

    pattern: DomainPattern | None
    findings: tuple[Finding, ...] = ()


def parse_name(text: str, span: Span) -> ParsedName:
    """Read one ``domain:`` or ``allowed_domains`` entry."""
    if _PLAIN.fullmatch(text) and "xn--" not in text:
        return _pattern(text, text, span, ())
    refusal = _form(text, span)
    if refusal is not None:
        return ParsedName(None, (refusal,))
    name = text.removesuffix(".")
    notes: list[Finding] = []
    if name.isascii():
        lowered = name.lower()
        if lowered != text:
            notes.append(
                Finding(codes.NORMALISED, f"the name {shown(text)} is read as {lowered}", span, text, hint=lowered)
            )
    else:
        converted = _to_ascii(name, span)
        if isinstance(converted, Finding):
            return ParsedName(None, (converted,))
        # Full-width digits and dots map to plain ones, so that only now 127.0.0.1 shows itself.
        refusal = _form(converted, span)
        if refusal is not None:
            return ParsedName(None, (refusal,))
        lowered = converted
    if "xn--" in lowered:
        unicode = _to_unicode(lowered, span)
        if isinstance(unicode, Finding):
            return ParsedName(None, (unicode,))
        notes.append(Finding(codes.IDN, f"the name {unicode} is matched as {lowered}", span))
    elif not name.isascii():
        notes.append(
            Finding(codes.NORMALISED, f"the name {shown(text)} is read as {lowered}", span, text, hint=lowered)
        )
    return _pattern(lowered, text, span, tuple(notes))


def _pattern(lowered: str, written: str, span: Span, notes: tuple[Finding, ...]) -> ParsedName:
    try:
        return ParsedName(DomainPattern(lowered.removeprefix("*."), lowered.startswith("*.")), notes)
    except ValueError as error:
        return ParsedName(None, (Finding(codes.BAD_DOMAIN, str(error), span, shown(written), _HOST_NAME),))


def _form(text: str, span: Span) -> Finding | None:
    """Refuse what is no host name at all, with the host name that was probably meant."""
    if text in ("*", "*."):
        return Finding(
            codes.ANY_NAME,
            "the name allows everything: this is open egress",
            span,
            shown(text),
            _HOST_OR_WILDCARD,
            "naming the hosts that the agent needs",
        )
    return _address(text, span) or _with_more(text, span) or _labels(text, span)


def _with_more(text: str, span: Span) -> Finding | None:
    """A host name with something before or after it."""
    scheme = _SCHEME.match(text)
    if scheme:
        host = re.split(r"[/?#]", text[scheme.end() :])[0].rpartition("@")[2].partition(":")[0]
        return _bad("a URL stands where a host name belongs", text, span, host or None)
    if "/" in text:
        return _bad("a path stands after the host name", text, span, text.partition("/")[0] or None)
    if ":" in text:
        host, _, port = text.rpartition(":")
        hint = f"{host} with `ports: [{{protocol: TCP, port: {port}}}]`" if port.isdecimal() else None
        return _bad("a colon stands inside the host name", text, span, hint)
    if any(character.isspace() for character in text):
        return _bad("white space stands inside the name", text, span)
    return None


def _labels(text: str, span: Span) -> Finding | None:
    """Dots and wildcards in the wrong places."""
    bare = text.removeprefix("*.")
    if bare.startswith("."):
        return _bad("the name begins with a dot", text, span, f'"*.{bare.lstrip(".")}"', _HOST_OR_WILDCARD)
    if "*" in bare:
        below = bare.rpartition("*")[2].lstrip(".-")
        hint = f'"*.{below}"' if "." in below else None
        return _bad("a wildcard may only be the whole first label", text, span, hint, _HOST_OR_WILDCARD)
    return None


def _bad(message: str, text: str, span: Span, hint: str | None = None, allowed: str = _HOST_NAME) -> Finding:
    return Finding(codes.BAD_DOMAIN, message, span, shown(text), allowed, hint)


def _address(text: str, span: Span) -> Finding | None:
    """An address or block, in any spelling that a resolver library would read as one."""
    host, slash, prefix = text.partition("/")
    address = _as_address(host)
    if address is None or (slash and not prefix.isdecimal()):
        return None
    special = _special(address)
    what = f"an IP address, of {special}," if special else "an IP address"
    hint = (
        "removing it: an agent reaches public addresses only"
        if special
        else f"`ip_block: {address}{slash}{prefix}`, with its ports"
    )
    return Finding(codes.ADDRESS_AS_DOMAIN, f"{what} is written as a domain", span, shown(text), _HOST_NAME, hint)


def _special(address: str) -> str | None:
    """What the address is where it is no internet destination, so that nobody is sent to ``ip_block`` with it."""
    try:
        cidr = Cidr.parse(address)
    except ValueError:
        return None
    return next((known.what for known in (*METADATA_SERVICES, *SPECIAL_RANGES) if cidr in known.cidr), None)


def _as_address(text: str) -> str | None:
    """The address that a resolver library would read here, if any (WHATWG URL, "ends in a number")."""
    bare = text.removeprefix("*.").removeprefix("[").removesuffix("]").removesuffix(".")
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        last = bare.rpartition(".")[2]
        return bare if _NUMERIC.fullmatch(last) and bare.isascii() else None


def _to_ascii(name: str, span: Span) -> str | Finding:
    import idna  # here, for plain names need not pay its ten milliseconds

    wildcard = name.startswith("*.")
    try:
        mapped = idna.uts46_remap(name.removeprefix("*."), std3_rules=True, transitional=False)
        converted = idna.encode(mapped).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        return _bad_idn(name, str(error), span)
    return f"*.{converted}" if wildcard else converted


def _to_unicode(name: str, span: Span) -> str | Finding:
    import idna

    wildcard = name.startswith("*.")
    try:
        shown_as = idna.decode(name.removeprefix("*."))
    except (idna.IDNAError, UnicodeError) as error:
        return _bad_idn(name, str(error), span)
    mixed = next((label for label in shown_as.split(".") if not _one_language(label)), None)
    if mixed is not None:
        return _bad_idn(name, f"the label {mixed} mixes the scripts {', '.join(sorted(_scripts(mixed)))}", span)
    return f"*.{shown_as}" if wildcard else shown_as


def _bad_idn(name: str, why: str, span: Span) -> Finding:
    reason = why[:1].lower() + why[1:].rstrip(".")
    return Finding(
        codes.BAD_IDN,
        f"the internationalised name is not valid: {reason}",
        span,
        shown(name),
        "IDNA 2008 labels, each in one script",
    )


_TOGETHER = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
)
"""Scripts that Japanese, Korean and Chinese write together."""

_SAME_SCRIPT = {"IDEOGRAPHIC": "CJK", "KATAKANA-HIRAGANA": "KATAKANA", "FULLWIDTH": "LATIN", "HALFWIDTH": "KATAKANA"}


def _scripts(label: str) -> set[str]:
    """The scripts of a label's letters, by the first word of their Unicode names."""
    return set(_script_names(label))


def _script_names(label: str) -> Iterator[str]:
    for character in label:
        if unicodedata.category(character).startswith("L"):
            first = unicodedata.name(character, "UNNAMED").split()[0]
            yield _SAME_SCRIPT.get(first, first)


def _one_language(label: str) -> bool:
    scripts = _scripts(label)
    return len(scripts) <= 1 or any(scripts <= together for together in _TOGETHER)
