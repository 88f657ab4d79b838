from __future__ import annotations

from datetime import date

import pytest

from agent_perimeter.finding import Finding, Severity
from agent_perimeter.policy import codes, lint_overlap
from agent_perimeter.policy.lint import lint
from agent_perimeter.policy.load import load
from agent_perimeter.policy.model import Policy, Rule

TODAY = date(2026, 11, 22)
HTTPS = "ports: [{protocol: TCP, port: 443}]"


def read(text: str) -> Policy:
    policy, findings = load(text.encode(), "bot.yaml", "bot")
    assert policy is not None
    assert [str(finding) for finding in findings if finding.is_error] == []
    return policy


def linted(text: str, *, resolved_ip_validation: bool = True) -> tuple[Finding, ...]:
    return lint([read(text)], TODAY, resolved_ip_validation=resolved_ip_validation)


def said(text: str, *, resolved_ip_validation: bool = True) -> list[str]:
    return [
        str(finding).removeprefix("bot.yaml:")
        for finding in linted(text, resolved_ip_validation=resolved_ip_validation)
    ]


def egress(*rules: str) -> str:
    """Rule n stands on line n + 2, its first value at column 8 plus the length of its key."""
    return "network_policy:\n  egress:\n" + "".join(f"    - {{{rule}}}\n" for rule in rules)


def block(cidr: str, more: str = HTTPS) -> str:
    return f"ip_block: '{cidr}', {more}"


ONE_RULE: dict[str, tuple[str, list[str]]] = {
    # fine
    "an exact name": ("domain: api.example.com", []),
    "a wildcard below a registered name": ('domain: "*.pythonhosted.org"', []),
    "a name of the reserved top-level domain for examples": ("domain: api.partner.example", []),
    "a public block": (block("20.0.0.0/16"), []),
    "documentation ranges": (block("203.0.113.0/24"), []),
    "a service": ("aws_service: s3, actions: [s3:GetObject], resources: ['arn:aws:s3:::corpus/*']", []),
    "pins": ("domain: api.example.com, addresses: [203.0.113.0/28]", []),
    "a /8": (block("20.0.0.0/8"), []),
    "1,024 ports": (block("20.0.0.0/16", "ports: [{protocol: TCP, port: 2000, end_port: 3023}]"), []),
    # open egress
    "everything": (
        block("0.0.0.0/0"),
        [
            "3:18: AP101 0.0.0.0/0 is open egress: the agent may reach any address it likes, and beside it a list of "
            "domains would be enforced by nobody — got 0.0.0.0/0 (100 % of the public addresses), allowed less than 25 %; "
            "try naming the hosts that the agent needs, as in the policy below"
        ],
    ),
    "everything in IPv6": (
        block("::/0"),
        ["3:18: AP101 ::/0 is open egress", "3:18: AP103 ::/0 is IPv6, and the perimeter has none"],
    ),
    "a /2": (block("64.0.0.0/2"), ["3:18: AP101 64.0.0.0/2 is open egress"]),
    "a /3 without what is private": (
        block("32.0.0.0/3"),
        ["3:18: AP201 32.0.0.0/3 holds 536,870,912 addresses — got /3, allowed /8 or narrower"],
    ),
    "everything but a little": (
        block("0.0.0.0/0", "except: [10.0.0.0/8], " + HTTPS),
        ["3:18: AP101 0.0.0.0/0 is open egress"],
    ),
    "a quarter of IPv6": (block("2000::/5"), ["3:18: AP101 2000::/5 is open egress", "3:18: AP103"]),
    "an eighth of IPv6": (block("2000::/6"), ["3:18: AP103 2000::/6 is IPv6"]),
    # addresses
    "private IPv6": (block("fc00::/7"), ["3:18: AP103 fc00::/7 is IPv6"]),
    "an IPv6 block": (
        block("2001:db8::/32"),
        ["3:18: AP103 2001:db8::/32 is IPv6, and the perimeter has none — got 2001:db8::/32, allowed IPv4; try the "],
    ),
    "the whole of RFC 1918": (
        block("10.0.0.0/8"),
        [
            "3:18: AP104 10.0.0.0/8 is the whole of private address space (RFC 1918); there is no peering, so nothing is "
            "there — got 10.0.0.0/8, allowed public addresses; try the service's public addresses, its name, or `aws_"
        ],
    ),
    "a private block": (block("192.168.7.0/24"), ["3:18: AP104 192.168.7.0/24 is private address space (RFC 1918);"]),
    "loopback": (block("127.0.0.1/32"), ["3:18: AP104 127.0.0.1/32 is loopback (RFC 1122)"]),
    "carrier-grade NAT": (block("100.64.0.0/16"), ["3:18: AP104 100.64.0.0/16 is shared address space"]),
    "multicast": (block("239.0.0.0/8"), ["3:18: AP104 239.0.0.0/8 is multicast (RFC 5771)"]),
    "the broadcast address": (block("255.255.255.255"), ["3:18: AP104 255.255.255.255/32 is reserved (RFC 1112)"]),
    "a block that holds private ones": (
        block("172.0.0.0/8"),
        [
            "3:18: AP104 172.0.0.0/8 holds 172.16.0.0/12 (private address space, RFC 1918) — got 172.0.0.0/8, "
            "allowed public addresses; try `except: [172.16.0.0/12]`, or narrower blocks"
        ],
    ),
    "that block with its hole": (block("172.0.0.0/8", "except: [172.16.0.0/12], " + HTTPS), []),
    "a block that holds two of them": (
        block("192.0.0.0/9"),
        ["3:18: AP104 192.0.0.0/9 holds 192.0.0.0/24 (IETF protocol assignments, RFC 6890), 192.88.99.0/24 (the"],
    ),
    "instance metadata": (
        block("169.254.169.254", "ports: [{protocol: TCP, port: 80}]"),
        [
            "3:18: AP105 169.254.169.254/32 reaches the instance metadata service at 169.254.169.254 — "
            "got 169.254.169.254/32, allowed public addresses; try removing it: no policy governs that service"
        ],
    ),
    "task credentials": (block("169.254.170.0/24"), ["3:18: AP105 169.254.170.0/24 reaches the ECS task metadata and"]),
    "instance metadata over IPv6": (
        block("fd00:ec2::254"),
        [
            "3:18: AP103 fd00:ec2::254/128 is IPv6",
            "3:18: AP105 fd00:ec2::254/128 reaches the instance metadata service",
        ],
    ),
    "link-local without a service on it": (
        block("169.254.0.0/24"),
        ["3:18: AP104 169.254.0.0/24 is link-local (RFC 3927)"],
    ),
    "a block that is all holes": (
        block("20.0.0.0/16", "except: [20.0.0.0/17, 20.0.128.0/17], " + HTTPS),
        ["3:18: AP215 nothing is left of 20.0.0.0/16 — try removing the rule, or fewer exceptions"],
    ),
    # ports
    "a block without ports": (
        "ip_block: 20.0.0.0/16",
        [
            "3:7: AP102 without `ports` the rule allows all ports of all protocols — "
            "allowed a list of ports; try `ports: [{protocol: TCP, port: 443}]`"
        ],
    ),
    "all ports": (
        block("20.0.0.0/16", "ports: [{protocol: TCP, port: 0, end_port: 65535}]"),
        ["3:41: AP102 the rule allows all ports of TCP, or most of them — got 65,536 ports, allowed fewer than 32,768"],
    ),
    "half of all ports in two ranges": (
        block(
            "20.0.0.0/16",
            "ports: [{protocol: UDP, port: 1024, end_port: 20000}, {protocol: UDP, port: 40000, end_port: 53790}]",
        ),
        ["3:41: AP102 the rule allows all ports of UDP, or most of them — got 32,768 ports"],
    ),
    "one port less": (
        block(
            "20.0.0.0/16",
            "ports: [{protocol: UDP, port: 1024, end_port: 20000}, {protocol: UDP, port: 40000, end_port: 53789}]",
        ),
        ["3:41: AP202 the rule allows 32,767 ports of UDP — got 1024-20000,40000-53789, allowed 1,024 ports"],
    ),
    "1,025 ports": (
        block("20.0.0.0/16", "ports: [{protocol: TCP, port: 2000, end_port: 3024}]"),
        ["3:41: AP202 the rule allows 1,025 ports of TCP — got 2000-3024, allowed 1,024 ports"],
    ),
    "DNS to another resolver": (
        block("20.0.0.0/16", "ports: [{protocol: UDP, port: 53}]"),
        [
            "3:41: AP214 port 53 carries DNS past the VPC resolver — got UDP 53; try the VPC resolver, which needs no rule"
        ],
    ),
    "DNS over TLS": (
        block("20.0.0.0/16", "ports: [{protocol: TCP, port: 850, end_port: 860}]"),
        ["3:41: AP214 port 853 carries DNS over TLS or QUIC past the VPC resolver"],
    ),
    "plain HTTP": (
        "domain: a.example.com, ports: [{protocol: TCP, port: 80}]",
        ["3:39: AP203 plain HTTP to a.example.com can be read and changed on the way — got TCP 80, allowed TCP 443"],
    ),
    "a name on another port": (
        "domain: a.example.com, ports: [{protocol: TCP, port: 443}, {protocol: TCP, port: 5432}]",
        ["3:67: AP216 a.example.com is held by its resolved addresses only — got TCP 5432"],
    ),
    "a name on a range around 443": (
        "domain: a.example.com, ports: [{protocol: TCP, port: 440, end_port: 450}]",
        ["3:39: AP216 a.example.com is held by its resolved addresses only — got TCP 440-442,444-450"],
    ),
    "a wildcard on another port": (
        'domain: "*.example.com", ports: [{protocol: TCP, port: 5432}]',
        [
            "3:41: AP114 nothing can hold *.example.com to its names on other ports than 443 and 80 — got TCP 5432, "
            "allowed TCP 443 and 80; try exact names for the other ports"
        ],
    ),
    "a name on all ports": (
        "domain: a.example.com, ports: [{protocol: TCP, port: 1, end_port: 65535}]",
        ["3:39: AP102", "3:39: AP203", "3:39: AP216"],
    ),
    # names
    "a top-level domain": (
        'domain: "*.com"',
        [
            "3:16: AP106 *.com covers names that anyone can register: com is run by a registry — "
            "got *.com; try exact names below com"
        ],
    ),
    "a public suffix by itself": (
        "domain: co.uk",
        ["3:16: AP106 co.uk is a public suffix, no single host: co.uk is run by a registry"],
    ),
    "a public suffix below a wildcard rule": (
        'domain: "*.kawasaki.jp"',
        ["3:16: AP106 *.kawasaki.jp covers names that anyone can register: *.kawasaki.jp is a public suffix — got"],
    ),
    "a city of that rule": ('domain: "*.foo.kawasaki.jp"', ["3:16: AP106 *.foo.kawasaki.jp covers names"]),
    "its exception": ("domain: city.kawasaki.jp", []),
    "an internationalised public suffix": ('domain: "*.個人.hk"', ["3:16: AP106 *.xn--gmqw5a.hk covers names"]),
    "a private suffix that our table lacks": (
        'domain: "*.priv.at"',
        [
            "3:16: AP106 *.priv.at covers names that anyone can register: priv.at is run by a company that hands out names"
        ],
    ),
    "a name below it": (
        "domain: a.priv.at",
        [
            "3:16: AP204 a.priv.at stands below priv.at, where a company hands out names to its users — got a.priv.at; try"
        ],
    ),
    "a top-level domain that nobody lists": ('domain: "*.nosuchtld"', ["3:16: AP111 *.nosuchtld has a single label"]),
    "pages": (
        'domain: "*.github.io"',
        [
            "3:16: AP108 *.github.io covers names of many tenants of a serverless or pages host: anyone can deploy a "
            "function or a page there in minutes — got *.github.io; try exact names below github.io, each with a reason"
        ],
    ),
    "one tenant's pages": (
        "domain: someone.github.io",
        [
            "3:16: AP204 someone.github.io is shared by many tenants of a serverless or pages host (github.io): anyone can"
        ],
    ),
    "all below one tenant's pages": (
        'domain: "*.someone.github.io"',
        ["3:16: AP204 *.someone.github.io covers hosts of a serverless or pages host (github.io): anyone can deploy"],
    ),
    "a wildcard above a shared suffix": (
        'domain: "*.google.com"',
        [
            "3:16: AP108 *.google.com covers dns.google.com, a public DNS-over-HTTPS resolver: it answers DNS past DNS Firewall"
        ],
    ),
    "a wildcard above pages": (
        'domain: "*.notion.site"',
        ["3:16: AP108 *.notion.site covers names of many tenants"],
    ),
    "the apex above a shared suffix": ("domain: google.com", []),
    "a wildcard over a code host": (
        'domain: "*.github.com"',
        ["3:16: AP108 *.github.com covers gist.github.com, a paste or drop site: it takes text and files"],
    ),
    "a wildcard over a registry": (
        'domain: "*.docker.io"',
        ["3:16: AP204 *.docker.io covers hosts of a registry that takes uploads: anyone's package can be published"],
    ),
    "a wildcard above a registry's host": (
        'domain: "*.npmjs.com"',
        [
            "3:16: AP204 *.npmjs.com covers hosts of a registry that takes uploads (registry.npmjs.com): anyone's package"
        ],
    ),
    "a wildcard that covers a shared suffix from above": (
        'domain: "*.blob.core.windows.net"',
        ["3:16: AP108 *.blob.core.windows.net covers names of many tenants of an object store"],
    ),
    "a region of a store": (
        'domain: "*.fra1.digitaloceanspaces.com"',
        ["3:16: AP106 *.fra1.digitaloceanspaces.com covers names that anyone can register"],
    ),
    "one bucket": (
        "domain: b.blob.core.windows.net",
        ["3:16: AP204 b.blob.core.windows.net is shared by many tenants"],
    ),
    "all of AWS": (
        'domain: "*.amazonaws.com"',
        ["3:16: AP108 *.amazonaws.com covers names of many tenants of a cloud provider's domain: it holds the APIs"],
    ),
    "a content delivery network": ("domain: d1.cloudfront.net", ["3:16: AP204 d1.cloudfront.net is shared by many"]),
    "a code host": (
        "domain: github.com",
        [
            "3:16: AP204 github.com is shared by many tenants of a code host: anyone's repository takes a push at the same "
            "name — got github.com; try `accept` with a reason, or a host of your own"
        ],
    ),
    "another host of that company": ("domain: codeload.github.com", []),
    "a tunnel": (
        "domain: x.ngrok.io",
        ["3:16: AP109 x.ngrok.io is a tunnel (ngrok.io): it leads to any machine behind it"],
    ),
    "a wildcard of tunnels": ('domain: "*.trycloudflare.com"', ["3:16: AP109 *.trycloudflare.com is a tunnel"]),
    "a webhook inspector": ("domain: webhook.site", ["3:16: AP109 webhook.site is a webhook inspector: it records"]),
    "a paste site": ("domain: pastebin.com", ["3:16: AP109 pastebin.com is a paste or drop site"]),
    "DNS over HTTPS": (
        "domain: dns.google",
        ["3:16: AP109 dns.google is a public DNS-over-HTTPS resolver: it answers"],
    ),
    "a URL shortener": ("domain: bit.ly", ["3:16: AP204 bit.ly is shared by many tenants of a URL shortener"]),
    "localhost": (
        "domain: localhost",
        [
            "3:16: AP111 localhost is a local name: .localhost is no part of the internet (RFC 6761) — got localhost; try"
        ],
    ),
    "a name below local": ("domain: printer.local", ["3:16: AP111 printer.local is a local name: .local is no part"]),
    "a name below internal": ('domain: "*.internal"', ["3:16: AP111 *.internal is a local name"]),
    "a single label": (
        "domain: database",
        ["3:16: AP111 database has a single label, which every machine completes as it likes — got database; try the"],
    ),
    "a metadata name": (
        "domain: metadata.google.internal",
        ["3:16: AP105 metadata.google.internal is the name of a metadata service — got metadata.google.internal; try"],
    ),
    "an AWS endpoint": (
        "domain: s3.us-east-1.amazonaws.com",
        [
            "3:16: AP112 s3.us-east-1.amazonaws.com is an API of AWS, which serves every account — "
            "got s3.us-east-1.amazonaws.com; try `aws_service: s3` with the actions and resources that the agent needs"
        ],
    ),
    "a bucket": ("domain: b.s3.amazonaws.com", ["3:16: AP112 b.s3.amazonaws.com is an API of AWS, which serves every"]),
    "all buckets": ('domain: "*.s3.amazonaws.com"', ["3:16: AP112 *.s3.amazonaws.com is an API of AWS"]),
    "Bedrock": (
        "domain: bedrock-runtime.eu-west-1.amazonaws.com",
        [
            "3:16: AP112 bedrock-runtime.eu-west-1.amazonaws.com is an API of AWS, which serves every account — got "
            "bedrock-runtime.eu-west-1.amazonaws.com; try `aws_service: bedrock-runtime` with"
        ],
    ),
    "an endpoint in China": (
        "domain: sqs.cn-north-1.amazonaws.com.cn",
        ["3:16: AP112 sqs.cn-north-1.amazonaws.com.cn is"],
    ),
    "a global endpoint": (
        "domain: organizations.us-east-1.amazonaws.com",
        [
            "3:16: AP112 organizations.us-east-1.amazonaws.com is an API of AWS, which serves every account — got "
            "organizations.us-east-1.amazonaws.com; try `aws_service`"
        ],
    ),
    "an endpoint of nearly a service": (
        "domain: dynamodbs.us-east-1.amazonaws.com",
        [
            "3:16: AP112 dynamodbs.us-east-1.amazonaws.com is an API of AWS, which serves every account — got "
            "dynamodbs.us-east-1.amazonaws.com; try `aws_service`, perhaps dynamodb; the services known are"
        ],
    ),
    "a region by itself": ('domain: "*.us-east-1.amazonaws.com"', ["3:16: AP106 *.us-east-1.amazonaws.com covers"]),
    "somebody's API on AWS": (
        "domain: abc.execute-api.us-east-1.amazonaws.com",
        ["3:16: AP204 abc.execute-api.us-east-1.amazonaws.com is shared by many tenants of a cloud provider's domain"],
    ),
    # pins
    "an IPv6 pin": ("domain: a.example.com, addresses: ['2001:db8::/64']", ["3:43: AP103 2001:db8::/64 is IPv6"]),
    "a private pin": (
        "domain: a.example.com, addresses: [10.0.0.0/24]",
        ["3:43: AP104 10.0.0.0/24 is private address space"],
    ),
    "a pin on metadata": (
        "domain: a.example.com, addresses: [169.254.169.254]",
        ["3:43: AP105 169.254.169.254/32 reaches"],
    ),
    "a pin wider than a /16": (
        "domain: a.example.com, addresses: [20.0.0.0/16, 20.2.0.0/15]",
        ["3:56: AP209 the pin 20.2.0.0/15 holds 131,072 addresses — got /15, allowed /16 or narrower"],
    ),
    "pins on everything": (
        "domain: a.example.com, addresses: [0.0.0.0/1, 128.0.0.0/1]",
        [
            "3:43: AP115 the pins of a.example.com cover 100 % of the public addresses — allowed less than 25 %; try leaving"
        ],
    ),
    "a pinned wildcard": (
        'domain: "*.example.com", addresses: [203.0.113.0/28]',
        ["3:45: AP210 all names below example.com are pinned to the same addresses — try exact names"],
    ),
    # services
    "a wildcard action": (
        "aws_service: s3, actions: ['s3:*'], resources: ['arn:aws:s3:::corpus/*']",
        ["3:21: AP211 s3:* grants actions that nobody listed — got s3:*, allowed actions by name; try the actions"],
    ),
    "every action": (
        "aws_service: s3, actions: ['*'], resources: ['arn:aws:s3:::corpus/*']",
        ["3:21: AP211 s3:* grants actions that nobody listed"],
    ),
    "an action with a question mark": (
        "aws_service: s3, actions: ['s3:Get?bject'], resources: ['arn:aws:s3:::corpus/*']",
        ["3:21: AP211 s3:Get?bject grants"],
    ),
    "every resource": (
        "aws_service: s3, actions: ['s3:GetObject'], resources: ['*', 'arn:aws:s3:::*', 'arn:aws:s3:::*/*']",
        [
            "3:21: AP212 * is every resource of s3 — got *, allowed ARNs of the resources; try the ARNs that the agent needs",
            "3:21: AP212 arn:aws:s3:::* is every resource of s3",
            "3:21: AP212 arn:aws:s3:::*/* is every resource of s3",
        ],
    ),
    # dates
    "a rule that expired": (
        "domain: a.example.com, expires: 2026-11-21",
        ["3:40: AP205 the rule expired 1 day ago and is not built — got 2026-11-21, allowed 2026-11-22 or later; try"],
    ),
    "a rule that expired long ago": (
        "domain: a.example.com, expires: 2026-01-01",
        ["3:40: AP205 the rule expired 325 days"],
    ),
    "a rule that expires today": (
        "domain: a.example.com, expires: 2026-11-22",
        ["3:40: AP206 the rule expires today — got 2026-11-22; try a new date, if it is still needed"],
    ),
    "a rule that expires tomorrow": (
        "domain: a.example.com, expires: 2026-11-23",
        ["3:40: AP206 the rule expires in 1 day"],
    ),
    "a rule that expires in 30 days": (
        "domain: a.example.com, expires: 2026-12-22",
        ["3:40: AP206 the rule expires in 30"],
    ),
    "a rule that expires in 31 days": ("domain: a.example.com, expires: 2026-12-23", []),
}


@pytest.mark.parametrize(("rule", "expected"), ONE_RULE.values(), ids=ONE_RULE.keys())
def test_a_rule_is_judged_by_itself(rule: str, expected: list[str]) -> None:
    found = said(egress(rule))
    assert len(found) == len(expected), found
    for finding, words in zip(found, expected, strict=True):
        assert finding.startswith(words)


def test_a_name_on_another_port_needs_resolved_ip_validation() -> None:
    rule = "domain: a.example.com, ports: [{protocol: TCP, port: 5432}]"
    assert said(egress(rule), resolved_ip_validation=False) == [
        "3:39: AP113 on this port nothing but its resolved address tells that a packet is for a.example.com — got TCP 5432, "
        "allowed TCP 443 and 80 while resolved_ip_validation is off; "
        "try `resolved_ip_validation: true` in the settings, or `ip_block`"
    ]


SEVERAL: dict[str, tuple[list[str], list[str]]] = {
    "two halves of the internet": (
        [block("0.0.0.0/1"), block("128.0.0.0/1")],
        ["3:18: AP101 0.0.0.0/1 is open egress", "4:18: AP101 128.0.0.0/1 is open egress"],
    ),
    "a hundred /8s": (
        [block(f"{first}.0.0.0/8") for first in range(11, 111) if first != 100],
        [
            "3:18: AP101 the 99 address rules of bot together are open egress: the agent may reach any address it likes, and "
            "beside it a list of domains would be enforced by nobody — got 11.0.0.0/8 and 98 more (45 % of the public"
        ],
    ),
    "open egress in pieces with holes": (
        [block(f"{first}.0.0.0/5", f"except: [{first}.0.0.0/16], " + HTTPS) for first in range(16, 88, 8)],
        ["3:18: AP101 the 9 address rules of bot together are open egress"] + ["AP201"] * 9,
    ),
    "open egress in pieces on different ports": (
        [block("32.0.0.0/3", "ports: [{protocol: TCP, port: 80}]"), block("64.0.0.0/3", HTTPS)],
        ["3:18: AP101 the 2 address rules of bot together are open egress", "AP201", "AP201"],
    ),
    "open egress in IPv6 pieces": (
        [block("2000::/6"), block("2400::/6")],
        ["3:18: AP101 the 2 address rules of bot together are open egress", "AP103", "AP103"],
    ),
    "the same block many times": ([block("32.0.0.0/3")] * 2, ["3:18: AP201", "4:18: AP201", "4:18: AP208"]),
    "open egress beside one name": (
        [block("0.0.0.0/0"), "domain: a.example.com"],
        [
            "3:18: AP101 0.0.0.0/0 is open egress: the agent may reach any address it likes, and the one domain listed is enforced"
        ],
    ),
    "a name twice": (
        ["domain: a.example.com", "domain: a.example.com"],
        ["4:16: AP208 a.example.com is written twice, first at bot.yaml:3:7 — try removing one of the two"],
    ),
    "a name below a wildcard": (
        ["domain: a.example.com", 'domain: "*.example.com"'],
        ["3:16: AP207 a.example.com is already allowed by *.example.com at bot.yaml:4:7 — try removing one of the two"],
    ),
    "a wildcard below a wildcard": (
        ['domain: "*.example.com"', 'domain: "*.a.b.example.com"'],
        ["4:16: AP207 *.a.b.example.com is already allowed by *.example.com at bot.yaml:3:7"],
    ),
    "the apex beside its wildcard": (['domain: "*.example.com"', "domain: example.com"], []),
    "a name on more ports": (
        [
            "domain: a.example.com, ports: [{protocol: TCP, port: 443}, {protocol: TCP, port: 8443}]",
            "domain: a.example.com",
        ],
        ["3:67: AP216", "4:16: AP207 a.example.com is already allowed by a.example.com at bot.yaml:3:7"],
    ),
    "a pinned name beside an open one": (
        ["domain: a.example.com, addresses: [203.0.113.0/28]", "domain: a.example.com"],
        ["3:16: AP207 a.example.com is already allowed by a.example.com at bot.yaml:4:7"],
    ),
    "a name pinned twice, once narrower": (
        ["domain: a.example.com, addresses: [203.0.113.0/29]", "domain: a.example.com, addresses: [203.0.113.0/28]"],
        ["3:16: AP207"],
    ),
    "a name pinned to different places": (
        ["domain: a.example.com, addresses: [203.0.113.0/29]", "domain: a.example.com, addresses: [203.0.113.8/29]"],
        [],
    ),
    "a rule that outlasts the wider one": (
        ['domain: "*.example.com", expires: 2027-01-01', "domain: a.example.com"],
        [],
    ),
    "a rule that ends before the wider one": (
        ['domain: "*.example.com", expires: 2027-06-01', "domain: a.example.com, expires: 2027-01-01"],
        ["4:16: AP207"],
    ),
    "an expired wildcard covers nothing": (
        ['domain: "*.example.com", expires: 2026-01-01', "domain: a.example.com, expires: 2026-01-01"],
        ["3:42: AP205", "4:40: AP205"],
    ),
    "a refused wildcard covers nothing": (['domain: "*.com"', "domain: a.example.com"], ["3:16: AP106"]),
    "open egress covers nothing": ([block("0.0.0.0/0"), block("20.0.0.0/16")], ["3:18: AP101"]),
    "a block inside another": (
        [block("20.0.0.0/16"), block("20.0.7.0/24")],
        ["4:18: AP207 20.0.7.0/24 is already allowed by 20.0.0.0/16 at bot.yaml:3:7"],
    ),
    "a block inside another's hole": (
        [block("20.0.0.0/16", "except: [20.0.7.0/24], " + HTTPS), block("20.0.7.0/24")],
        [],
    ),
    "a block inside another on another port": (
        [block("20.0.0.0/16"), block("20.0.7.0/24", "ports: [{protocol: TCP, port: 22}]")],
        [],
    ),
    "a block inside another over another protocol": (
        [block("20.0.0.0/16"), block("20.0.7.0/24", "ports: [{protocol: UDP, port: 443}]")],
        [],
    ),
    "a block written in two ways": (
        [block("20.0.0.0/16", "except: [20.0.128.0/17], " + HTTPS), block("20.0.0.0/17")],
        ["4:18: AP208 20.0.0.0/17 is written twice, first at bot.yaml:3:7"],
    ),
    "a service granted twice": (
        [
            "aws_service: s3, actions: [s3:GetObject, s3:PutObject], resources: ['arn:aws:s3:::a/*']",
            "aws_service: s3, actions: [s3:GetObject], resources: ['arn:aws:s3:::a/*']",
        ],
        ["4:21: AP207 s3 is already allowed by s3 at bot.yaml:3:7"],
    ),
    "a service granted on different resources": (
        [
            "aws_service: s3, actions: [s3:GetObject], resources: ['arn:aws:s3:::a/*']",
            "aws_service: s3, actions: [s3:GetObject], resources: ['arn:aws:s3:::b/*']",
        ],
        [],
    ),
}


@pytest.mark.parametrize(("rules", "expected"), SEVERAL.values(), ids=SEVERAL.keys())
def test_rules_are_judged_together(rules: list[str], expected: list[str]) -> None:
    found = said(egress(*rules))
    assert len(found) == len(expected), found
    for finding, words in zip(found, expected, strict=True):
        assert words in finding


def test_a_name_of_allowed_domains_is_a_rule_like_any_other() -> None:
    assert said(
        'network_policy:\n  egress: [{domain: "*.example.com"}]\n  allowed_domains: [a.example.com, "*.com"]\n'
    ) == [
        "3:21: AP207 a.example.com is already allowed by *.example.com at bot.yaml:2:12 — try removing one of the two",
        "3:36: AP106 *.com covers names that anyone can register: com is run by a registry — "
        "got *.com; try exact names below com",
    ]


def test_two_agents_are_judged_apart() -> None:
    one, two = read(egress(block("32.0.0.0/3"))), read(egress(block("64.0.0.0/3")))
    assert {finding.code for finding in lint([one, two], TODAY, resolved_ip_validation=True)} == {codes.WIDE_BLOCK}


def test_a_policy_of_nothing_is_fine_and_is_said() -> None:
    (finding,) = linted("network_policy: {}\n")
    assert (finding.code, finding.severity) == (codes.REACHES_NOTHING, Severity.NOTE)
    assert str(finding) == "bot.yaml:1:1: AP217 the agent bot reaches nothing"


def test_a_warning_is_accepted_where_it_stands_with_its_reason() -> None:
    accepted, open_one = linted(
        egress("domain: github.com, accept: {AP204: the token reaches us only}", "domain: gitlab.com")
    )
    assert (accepted.code, accepted.accepted) == (codes.SHARED_NAME, "the token reaches us only")
    assert (open_one.code, open_one.accepted) == (codes.SHARED_NAME, None)


def test_the_policy_accepts_for_its_allowed_domains_only() -> None:
    found = linted(
        "network_policy:\n"
        "  egress: [{domain: gitlab.com}]\n"
        "  allowed_domains: [github.com]\n"
        "  accept: {AP204: the token reaches us only}\n"
    )
    assert [(finding.got, finding.accepted) for finding in found] == [
        ("gitlab.com", None),
        ("github.com", "the token reaches us only"),
    ]


def test_an_acceptance_that_matches_nothing_is_a_warning() -> None:
    assert said(
        "network_policy:\n"
        "  egress:\n"
        "    - domain: a.example.com\n"
        "      accept: {AP204: it once was shared}\n"
        "  accept: {AP203: it once was plain}\n"
    ) == [
        "4:16: AP213 AP204 is accepted here, but nothing raises it — try removing it",
        "5:12: AP213 AP203 is accepted here, but nothing raises it — try removing it",
    ]


def test_a_shadow_can_be_accepted() -> None:
    found = linted(egress("domain: a.example.com, accept: {AP207: kept for the audit}", 'domain: "*.example.com"'))
    assert [finding.accepted for finding in found] == ["kept for the audit"]


def test_two_thousand_names_are_not_compared_with_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0
    covers = lint_overlap._covers

    def counted(wide: Rule, narrow: Rule) -> bool:
        nonlocal compared
        compared += 1
        return covers(wide, narrow)

    monkeypatch.setattr(lint_overlap, "_covers", counted)
    names = "".join(f"    - host{number}.example{number % 97}.com\n" for number in range(2000))
    assert linted("network_policy:\n  allowed_domains:\n" + names) == ()
    assert compared == 0
    same = "".join("    - host.example.com\n" for _ in range(2000))
    assert len(linted("network_policy:\n  allowed_domains:\n" + same)) == 1999
    assert compared <= 3 * 2000


def test_rules_of_different_kinds_never_cover_each_other() -> None:
    name, addresses = read(egress("domain: a.example.com", block("20.0.0.0/16"))).rules
    assert not lint_overlap._covers(name, addresses)
    assert not lint_overlap._covers(addresses, name)


def test_a_crowd_of_rules_for_one_name_is_compared_only_so_far() -> None:
    crowd = [f"domain: a.example.com, ports: [{{protocol: TCP, port: {port}}}]" for port in range(2000, 2100)]
    beyond = said(egress(*crowd, "domain: a.example.com, ports: [{protocol: TCP, port: 2099}]"))
    within = said(egress(*crowd, "domain: a.example.com, ports: [{protocol: TCP, port: 2000}]"))
    assert sum("AP208" in finding for finding in within) == 1
    assert sum("AP208" in finding for finding in beyond) == 0


def test_findings_come_in_the_order_of_the_file() -> None:
    found = linted(egress(block("10.0.0.0/8"), 'domain: "*.com"', "domain: github.com"))
    assert [finding.span.line for finding in found if finding.span] == [3, 4, 5]
    assert found == tuple(sorted(found, key=lambda finding: (finding.span, finding.code.code)))
