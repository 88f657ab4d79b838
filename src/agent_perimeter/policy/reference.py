"""The documentation of the policy language and of the findings, from the tables that the code follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import assert_never

from agent_perimeter.finding import CODES, Code
from agent_perimeter.policy.schema import ADDRESS, DOMAIN, NETWORK_POLICY, POLICY, PORT, SERVICE
from agent_perimeter.policy.shape import Either, ListOf, MapOf, OneOf, Section, Shape, Text, Truth, Whole, allowed

_GENERATED = "<!-- Generated from the code. Do not edit. -->\n"

_POLICY_INTRO = """\
# The policy file

One file is one agent; a folder of files is one perimeter. Default deny: what no rule names is out of reach.
Keys of the top level that are not listed here belong to the agent's runtime and are left alone.
Plain scalars follow YAML 1.2: `yes` is text, and so is a quoted number. Tags, merge keys and duplicate keys
are refused.
"""

_FINDINGS_INTRO = """\
# Findings

Every finding has a stable code. An **error** refuses the policy. A **warning** is printed until somebody accepts it in
the file, with a reason of at least 10 characters:

```yaml
- domain: github.com
  accept: {AP204: The agent's token reaches our organisation only.}
```

`accept` beside `egress` is for `allowed_domains`. A **note** only informs.
"""

_RANGES = {
    "AP0": "The file",
    "AP1": "Refused destinations",
    "AP2": "Warnings about destinations and rules",
    "AP3": "Settings",
    "AP4": "Quotas",
    "AP5": "What a layer cannot express",
    "AP6": "Drift",
}


def policy_reference() -> str:
    """``docs/policy-reference.md``: every key, what it takes, what it means."""
    sections = (
        ("Top level", POLICY),
        ("`network_policy`", NETWORK_POLICY),
        ("A rule of `egress`: `domain`", DOMAIN),
        ("A rule of `egress`: `ip_block`", ADDRESS),
        ("A rule of `egress`: `aws_service`", SERVICE),
        ("An entry of `ports`", PORT),
    )
    tables = (f"\n## {title}\n\n{section_reference(section)}" for title, section in sections)
    return _GENERATED + _POLICY_INTRO + "".join(tables)


def section_reference(section: Section) -> str:
    """The keys of a section as a Markdown table."""
    rows = [("Key", "Takes", "Default", "Meaning", "Example"), ("---",) * 5]
    rows += [
        (
            f"`{key.name}`",
            _takes(key.shape),
            "**required**" if key.required else (key.default or "none"),
            key.doc,
            f"`{key.example}`",
        )
        for key in section.keys
    ]
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |\n" for row in rows)


def _takes(shape: Shape) -> str:
    match shape:
        case ListOf():
            return f"a list: {_takes(shape.item)}"
        case MapOf():
            return f"a mapping: {_takes(shape.key)} → {_takes(shape.value)}"
        case Section():
            return f"{shape.title}"
        case OneOf():
            return " or ".join(variant.title for variant in shape.variants)
        case Either():
            return f"{_takes(shape.scalar)}, or {_takes(shape.listed)}"
        case Text() | Whole() | Truth():
            return allowed(shape)
        case _:
            assert_never(shape)


def findings_reference(codes: Mapping[str, Code] = CODES) -> str:
    """``docs/findings.md``: every registered code. Import the modules that register them first."""
    return _GENERATED + _FINDINGS_INTRO + "".join(_findings(codes))


def _findings(codes: Mapping[str, Code]) -> Iterator[str]:
    for prefix, group in groupby(sorted(codes), key=lambda identifier: identifier[:3]):
        yield f"\n## {prefix}xx: {_RANGES[prefix]}\n"
        for identifier in group:
            code = codes[identifier]
            yield f"\n### {identifier} {code.name}\n\n"
            yield f"**{code.severity.capitalize()}.** {code.title}.\n\n{code.explanation}\n"
