"""The file that an agent framework's quickstart ships, as written and as pasted without its indentation."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from agent_perimeter.finding import Finding
from agent_perimeter.policy import codes
from agent_perimeter.policy.lint import lint
from agent_perimeter.policy.load import load

QUICKSTARTS = Path(__file__).parents[2] / "fixtures" / "policies" / "quickstart"
TODAY = date(2026, 11, 22)

FIXTURES = {
    "indented": (8, 17, "beside it a list of domains would be enforced by nobody"),
    "indented-domains": (8, 17, "the list of 2 domains is enforced by nobody"),
    "flattened": (8, 13, "beside it a list of domains would be enforced by nobody"),
    "flattened-domains": (8, 13, "the list of 2 domains is enforced by nobody"),
}


def judged(text: bytes, stem: str = "agent_runtime") -> tuple[Finding, ...]:
    policy, findings = load(text, "agent_runtime.yaml", stem)
    assert policy is not None, [str(finding) for finding in findings]
    return (*findings, *lint([policy], TODAY, resolved_ip_validation=True))


def fixture(name: str) -> bytes:
    return (QUICKSTARTS / f"{name}.yaml").read_bytes()


def test_all_four_fixtures_are_under_test() -> None:
    assert {path.stem for path in QUICKSTARTS.iterdir()} == set(FIXTURES)


@pytest.mark.parametrize(("name", "line", "column", "enforced"), [(name, *rest) for name, rest in FIXTURES.items()])
def test_it_is_refused_as_open_egress(name: str, line: int, column: int, enforced: str) -> None:
    (found,) = [finding for finding in judged(fixture(name)) if finding.code is codes.OPEN_EGRESS]
    assert found.is_error
    assert found.message == f"0.0.0.0/0 is open egress: the agent may reach any address it likes, and {enforced}"
    assert str(found.span) == f"agent_runtime.yaml:{line}:{column}"


@pytest.mark.parametrize("name", FIXTURES)
def test_the_policy_to_write_instead_is_accepted(name: str) -> None:
    (remedy,) = [finding.remedy for finding in judged(fixture(name)) if finding.code is codes.OPEN_EGRESS]
    assert remedy is not None
    again = judged(remedy.encode(), "other")
    assert [str(finding) for finding in again if finding.is_error] == []


def test_the_policy_to_write_keeps_the_names_that_may_be_kept() -> None:
    (remedy,) = [found.remedy for found in judged(fixture("indented-domains")) if found.code is codes.OPEN_EGRESS]
    assert remedy == (
        "version: 1\n"
        "agent: agent-runtime\n"
        "network_policy:\n"
        "  egress:\n"
        "    - domain: api.openai.com\n"
        "    # AP108: *.githubusercontent.com covers names of many tenants of a serverless or pages host: "
        "anyone can deploy a function or a page there in minutes\n"
        '    # - domain: "*.githubusercontent.com"\n'
    )


def test_the_policy_to_write_is_a_skeleton_where_there_is_nothing_to_keep() -> None:
    (remedy,) = [finding.remedy for finding in judged(fixture("indented")) if finding.code is codes.OPEN_EGRESS]
    assert remedy is not None
    assert remedy.startswith("version: 1\nagent: agent-runtime\nnetwork_policy:\n  egress: []\n  # Name each host")
    head, _, comments = remedy.partition("  egress: []\n  # Name each host that the agent needs, for example:\n")
    written_out = head + comments.replace("  # ", "  ")
    assert judged(written_out.encode()) == (), "the examples of the skeleton are a policy"


@pytest.mark.parametrize("name", [name for name in FIXTURES if name.startswith("flattened")])
def test_lost_indentation_is_found_and_given_back(name: str) -> None:
    (found,) = [finding for finding in judged(fixture(name)) if finding.code is codes.INDENTATION_LOST]
    assert str(found.span) == "agent_runtime.yaml:6:1"
    assert found.message == "the indentation of network_policy was lost"
    indented = fixture(name.replace("flattened", "indented")).decode()
    start, end = indented.index("network_policy:"), indented.index("resources:")
    assert found.remedy == indented[start:end]


@pytest.mark.parametrize("name", ["indented", "indented-domains"])
def test_indentation_that_is_there_is_not_missed(name: str) -> None:
    assert codes.INDENTATION_LOST not in {finding.code for finding in judged(fixture(name))}


WHOLE = """\
version: 1
agent: bot
network_policy:
  egress:
  # what it needs
    - domain: api.example.com
      reason: model API
      accept:
        AP204: we know about this
      ports:
        - protocol: TCP
          port: 443

        - {protocol: TCP, port: 8443}
      addresses:
        - 203.0.113.0/28
    - ip_block: 198.51.100.0/24
      except: [198.51.100.128/25]
      ports:
        - port: 5432
          end_port: 5440
          protocol: TCP
    - aws_service: s3
      actions:
        - s3:GetObject
      resources:
        - "arn:aws:s3:::corpus/*"
    - reason: its name comes second
      domain: b.example.com
    - {domain: c.example.com}
  allowed_domains:
    - pypi.org
  accept:
    AP203: we know about that
"""


def flattened(text: str) -> str:
    return "".join(line.lstrip(" ") for line in text.splitlines(keepends=True))


def test_every_part_of_the_language_finds_its_place_again() -> None:
    (found,) = [finding for finding in load(flattened(WHOLE).encode(), "f.yaml", "bot")[1] if finding.is_error]
    assert found.code is codes.INDENTATION_LOST
    assert found.remedy == WHOLE[WHOLE.index("network_policy:") :]


def test_what_is_read_from_a_flattened_file_is_what_the_indented_one_says() -> None:
    flat, _ = load(flattened(WHOLE).encode(), "f.yaml", "bot")
    indented, _ = load(WHOLE.encode(), "f.yaml", "bot")
    assert flat is not None
    assert indented is not None
    assert flat.agent == indented.agent
    assert [rule.span.line for rule in flat.rules] == [rule.span.line for rule in indented.rules]
    assert {rule.span.column for rule in flat.rules} == {3}
    assert len(flat.rules) == 6


def test_the_runtimes_own_keys_end_the_policy() -> None:
    text = flattened(
        "network_policy:\n  egress:\n    - aws_service: s3\n      actions: [s3:GetObject]\n"
        "      resources: ['arn:aws:s3:::a']\nresources:\n  memory: 2Gi\nversion: 1\n"
    )
    policy, findings = load(text.encode(), "f.yaml", "bot")
    assert policy is not None
    assert len(policy.rules) == 1
    assert [finding.code for finding in findings] == [codes.INDENTATION_LOST]


def test_an_error_in_a_flattened_file_is_placed_in_the_file_as_it_is() -> None:
    text = "network_policy:\negress:\n- domain: https://a.example\nports:\n- protocol: TCP\nport: 70000\n"
    _, findings = load(text.encode(), "f.yaml", "bot")
    assert [(finding.code, str(finding.span)) for finding in findings] == [
        (codes.INDENTATION_LOST, "f.yaml:1:1"),
        (codes.BAD_DOMAIN, "f.yaml:3:11"),
        (codes.BAD_VALUE, "f.yaml:6:7"),
    ]


def test_a_flattened_file_that_is_no_yaml_either_is_said_to_be_both() -> None:
    policy, findings = load(b"network_policy:\negress:\n- domain: [\n", "f.yaml", "bot")
    assert policy is None
    assert [finding.code for finding in findings] == [codes.INDENTATION_LOST, codes.SYNTAX]


NOT_LOST = {
    "nothing below": "network_policy:\n",
    "another key below": "network_policy:\nname: x\n",
    "a list below": "network_policy:\n- egress: []\n",
    "text below": "network_policy:\nhello\n",
    "no policy": "egress:\n- domain: a.example\n",
}


@pytest.mark.parametrize("text", NOT_LOST.values(), ids=NOT_LOST.keys())
def test_indentation_that_was_never_there_is_another_matter(text: str) -> None:
    _, findings = load(text.encode(), "f.yaml", "bot")
    assert findings
    assert codes.INDENTATION_LOST not in {finding.code for finding in findings}


def test_a_list_item_in_allowed_domains_may_be_a_mapping_by_mistake() -> None:
    text = "network_policy:\nallowed_domains:\n- domain: a.example\n"
    _, findings = load(text.encode(), "f.yaml", "bot")
    assert [finding.code for finding in findings] == [codes.INDENTATION_LOST, codes.WRONG_TYPE]
