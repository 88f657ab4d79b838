from __future__ import annotations

import pytest

from agent_perimeter.finding import Code, Finding
from agent_perimeter.policy import codes
from agent_perimeter.policy.names import parse_name
from agent_perimeter.source import Span
from agent_perimeter.values import DomainPattern

HERE = Span("f.yaml", 3, 5)


def exact(name: str) -> DomainPattern:
    return DomainPattern(name)


def below(name: str) -> DomainPattern:
    return DomainPattern(name, wildcard=True)


READ: dict[str, tuple[str, DomainPattern, list[tuple[Code, str]]]] = {
    "an exact name": ("api.example.com", exact("api.example.com"), []),
    "a wildcard": ("*.example.com", below("example.com"), []),
    "an underscore": ("_dmarc.example.com", exact("_dmarc.example.com"), []),
    "a name whose first label is a number": ("1.example.com", exact("1.example.com"), []),
    "a top-level domain": ("com", exact("com"), []),
    "capitals": (
        "API.Example.com",
        exact("api.example.com"),
        [(codes.NORMALISED, "'API.Example.com' is read as api.example.com")],
    ),
    "a trailing dot": (
        "example.com.",
        exact("example.com"),
        [(codes.NORMALISED, "'example.com.' is read as example.com")],
    ),
    "a U-label": ("bücher.example", exact("xn--bcher-kva.example"), [(codes.IDN, "bücher.example is matched as xn--")]),
    "a U-label with capitals": ("BÜCHER.example", exact("xn--bcher-kva.example"), [(codes.IDN, "bücher.example is")]),
    "a U-label below a wildcard": ("*.bücher.example", below("xn--bcher-kva.example"), [(codes.IDN, "*.bücher.exam")]),
    "sharp s, which stays": ("faß.de", exact("xn--fa-hia.de"), [(codes.IDN, "faß.de is matched as xn--fa-hia.de")]),
    "an A-label": ("xn--bcher-kva.example", exact("xn--bcher-kva.example"), [(codes.IDN, "bücher.example is")]),
    "an A-label below a wildcard": ("*.xn--bcher-kva.example", below("xn--bcher-kva.example"), [(codes.IDN, "*.büch")]),
    "an A-label with capitals": (
        "XN--Bcher-kva.example",
        exact("xn--bcher-kva.example"),
        [(codes.NORMALISED, "is read as xn--bcher-kva.example"), (codes.IDN, "bücher.example is matched as")],
    ),
    "full-width letters, which are mapped": (
        "ｇｏｏｇｌｅ.com",
        exact("google.com"),
        [(codes.NORMALISED, "is read as google.com")],
    ),
    "an ideographic full stop": ("例え。jp", exact("xn--r8jz45g.jp"), [(codes.IDN, "例え.jp is matched as")]),
    "Japanese, which writes four scripts together": (
        "東京タワーのabc.jp",
        exact("xn--abc-kc4b3pjj7cr351asu6b.jp"),
        [(codes.IDN, "東京タワーのabc.jp")],
    ),
    "a U-label with a digit and a hyphen": (
        "bü-1.example",
        exact("xn--b-1-hoa.example"),
        [(codes.IDN, "bü-1.example")],
    ),
    "Cyrillic by itself": ("пример.example", exact("xn--e1afmkfd.example"), [(codes.IDN, "пример.example")]),
}


@pytest.mark.parametrize(("text", "pattern", "notes"), READ.values(), ids=READ.keys())
def test_a_name_is_read_with_notes_on_its_spelling(
    text: str, pattern: DomainPattern, notes: list[tuple[Code, str]]
) -> None:
    parsed = parse_name(text, HERE)
    assert parsed.pattern == pattern
    assert [finding.code for finding in parsed.findings] == [code for code, _ in notes]
    for finding, (_, words) in zip(parsed.findings, notes, strict=True):
        assert words in finding.message
        assert finding.span == HERE


REFUSED: dict[str, tuple[str, Code, str, str | None]] = {
    "everything": ("*", codes.ANY_NAME, "this is open egress", "naming the hosts that the agent needs"),
    "everything, with a dot": ("*.", codes.ANY_NAME, "this is open egress", "naming the hosts that the agent needs"),
    "a URL": ("https://u@api.example.com:443/v1?q#f", codes.BAD_DOMAIN, "a URL stands", "api.example.com"),
    "a scheme alone": ("https://", codes.BAD_DOMAIN, "a URL stands", None),
    "a path": ("example.com/v1", codes.BAD_DOMAIN, "a path stands after", "example.com"),
    "a path alone": ("/v1", codes.BAD_DOMAIN, "a path stands after", None),
    "a port": (
        "example.com:8443",
        codes.BAD_DOMAIN,
        "a colon stands",
        "example.com with `ports: [{protocol: TCP, port: 8443}]`",
    ),
    "a colon and no port": ("example.com:https", codes.BAD_DOMAIN, "a colon stands", None),
    "white space": ("example .com", codes.BAD_DOMAIN, "white space", None),
    "a leading dot": (".example.com", codes.BAD_DOMAIN, "begins with a dot", '"*.example.com"'),
    "two wildcards": ("*.*.example.com", codes.BAD_DOMAIN, "whole first label", '"*.example.com"'),
    "a wildcard inside a label": ("api-*.example.com", codes.BAD_DOMAIN, "whole first label", '"*.example.com"'),
    "a wildcard last": ("example.*", codes.BAD_DOMAIN, "whole first label", None),
    "an empty label": ("example..com", codes.BAD_DOMAIN, "'' is not a domain label", None),
    "an empty label among capitals": ("Example..com", codes.BAD_DOMAIN, "'' is not a domain label", None),
    "a label that begins with a hyphen": ("-a.example.com", codes.BAD_DOMAIN, "'-a' is not a domain label", None),
    "a label of 64 characters": (f"{'a' * 64}.com", codes.BAD_DOMAIN, "is not a domain label", None),
    "254 characters": (("a" * 49 + ".") * 5 + "abcd", codes.BAD_DOMAIN, "at most 253 characters", None),
    "a sign": ("exam!ple.com", codes.BAD_DOMAIN, "'exam!ple' is not a domain label", None),
    "an IPv4 address": ("198.51.100.7", codes.ADDRESS_AS_DOMAIN, "an IP address", "`ip_block: 198.51.100.7`"),
    "a metadata service": (
        "169.254.169.254",
        codes.ADDRESS_AS_DOMAIN,
        "an IP address, of the instance metadata service, is written as a domain",
        "removing it",
    ),
    "a private address": ("10.0.0.1", codes.ADDRESS_AS_DOMAIN, "of private address space", "removing it"),
    "an IPv4 block": ("198.51.100.0/24", codes.ADDRESS_AS_DOMAIN, "an IP address", "`ip_block: 198.51.100.0/24`"),
    "an IPv6 address": ("2001:db8::1", codes.ADDRESS_AS_DOMAIN, "an IP address", "`ip_block: 2001:db8::1`"),
    "an IPv6 address in brackets": ("[2001:db8::1]", codes.ADDRESS_AS_DOMAIN, "an IP address", "2001:db8::1`"),
    "an address as one number": ("2130706433", codes.ADDRESS_AS_DOMAIN, "an IP address", "2130706433"),
    "an address in hexadecimal": ("0x7f.1", codes.ADDRESS_AS_DOMAIN, "an IP address", "0x7f.1"),
    "a wildcard over an address": ("*.198.51.100.7", codes.ADDRESS_AS_DOMAIN, "an IP address", "198.51.100.7"),
    "an address in full-width digits": ("１２７.０.０.１", codes.ADDRESS_AS_DOMAIN, "of loopback", "removing it"),
    "a number by another sign": ("²", codes.ADDRESS_AS_DOMAIN, "an IP address", "`ip_block: 2`"),
    "an address and a path": ("198.51.100.7/v1", codes.BAD_DOMAIN, "a path stands after", "198.51.100.7"),
    "Latin and Cyrillic in one label": ("gооgle.com", codes.BAD_IDN, "mixes the scripts CYRILLIC, LATIN", None),
    "Latin and Cyrillic in one A-label": (
        "xn--ggle-55da.com",
        codes.BAD_IDN,
        "mixes the scripts CYRILLIC, LATIN",
        None,
    ),
    "an A-label that is no Punycode": ("xn--\x61\x61\x61-.example", codes.BAD_IDN, "is not valid", None),
    "a character that IDNA forbids": ("a☃b.example", codes.BAD_IDN, "is not valid", None),
    "a zero-width joiner": ("exam\u200dple.com", codes.BAD_IDN, "is not valid", None),
    "a U-label that is too long": ("ü" * 64 + ".com", codes.BAD_IDN, "is not valid", None),
}


@pytest.mark.parametrize(("text", "code", "message", "hint"), REFUSED.values(), ids=REFUSED.keys())
def test_a_name_is_refused_with_what_was_probably_meant(text: str, code: Code, message: str, hint: str | None) -> None:
    parsed = parse_name(text, HERE)
    assert parsed.pattern is None
    finding: Finding = parsed.findings[-1]
    assert finding.code is code
    assert message in finding.message
    assert finding.span == HERE
    assert (hint or "") in (finding.hint or "")
    assert (hint is None) is (finding.hint is None)
