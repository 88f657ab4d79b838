"""The plan says what would be built. Each sentence of it is held to the network that it describes."""

from __future__ import annotations

from datetime import date

import pytest

from agent_perimeter.perimeter import design
from agent_perimeter.report.plan import Template, plan_text
from agent_perimeter.report.text import Style
from agent_perimeter.settings import Settings

HEAD = "version: 1\nagent: {agent}\nnetwork_policy:\n  egress:\n"
NAMES = """\
    - domain: api.anthropic.com
    - domain: plain.example.com
      ports: [{protocol: TCP, port: 80}]
    - domain: broker.example.com
      ports: [{protocol: TCP, port: 8883}]
    - domain: pinned.example.com
      addresses: [203.0.113.0/28]
"""
BLOCKS = """\
    - ip_block: 198.51.100.0/24
      except: [198.51.100.7/32]
      ports: [{protocol: UDP, port: 123}]
"""
SERVICES = """\
    - aws_service: s3
      actions: [s3:GetObject]
      resources: ["arn:aws:s3:::corpus/*", "arn:aws:s3:::notes/*"]
    - aws_service: bedrock-runtime
      actions: [bedrock:InvokeModel]
      resources: ["arn:aws:bedrock:us-east-1::foundation-model/x"]
"""


def plan(settings: Settings | None = None, templates: tuple[Template, ...] = (), **agents: str) -> str:
    files = [
        (f"{agent}.yaml", (HEAD.format(agent=agent) + rules).encode() if rules else empty(agent))
        for agent, rules in agents.items()
    ]
    perimeter = design(files, settings or Settings(), date(2026, 11, 22))
    assert perimeter.intent is not None
    assert perimeter.lowered is not None
    assert perimeter.lowered.network is not None
    return plan_text(
        perimeter.intent, perimeter.lowered.network, perimeter.lowered.meters, templates, Style(colour=False)
    )


def empty(agent: str) -> bytes:
    return f"version: 1\nagent: {agent}\nnetwork_policy:\n  egress: []\n".encode()


@pytest.mark.parametrize(
    "line",
    [
        "    api.anthropic.com                     TLS on 443                        names.yaml:5",
        "    plain.example.com                     HTTP, unencrypted on 80           names.yaml:6",
        "    broker.example.com                    TCP, by resolved address on 8883  names.yaml:8",
        "    pinned.example.com at 203.0.113.0/28  TLS on 443                        names.yaml:10",
        "  security groups         1 agent and 0 endpoints, no ingress; the default group is emptied",
        "  routes                  the internet only through the firewall of the agent's own zone",
        "  resolved-IP validation  rejects destinations that the VPC resolver did not give out",
        "  DNS firewall            4 names answered, every other name blocked",
        "  VPC endpoints           none",
    ],
)
def test_of_an_agent_with_names_says(line: str) -> None:
    assert line in plan(names=NAMES).splitlines()


def test_a_block_in_pieces_shows_the_first_three_and_counts_the_rest() -> None:
    assert "198.51.100.0/30, 198.51.100.4/31, 198.51.100.6/32 and 5 more  UDP 123" in plan(blocks=BLOCKS)


def test_of_an_agent_with_services_only_says_that_nothing_leaves_the_vpc() -> None:
    text = plan(services=SERVICES)
    assert "1 agent, isolated topology" in text
    assert "no internet gateway, no NAT gateway, no route out of the VPC" in text
    assert "    AWS s3:GetObject         on arn:aws:s3:::corpus/* and 1 more" in text
    assert "network firewall" not in text


def test_of_an_agent_with_nothing_says_so_and_that_dns_is_closed() -> None:
    text = plan(hermit="")
    assert "  hermit\n    nothing\n" in text
    assert "closed: no name is answered" in text


def test_says_loudly_what_the_settings_took_away() -> None:
    text = plan(Settings(resolved_ip_validation=False, maintenance=True), calm="    - domain: api.anthropic.com\n")
    assert "resolved-IP validation  OFF" in text
    assert "protections OFF for maintenance" in text


def test_lists_templates_where_there_are_some() -> None:
    text = plan(templates=(Template("cdk.out/a.template.json", 12345, 67),), hermit="")
    assert text.endswith("Templates\n  cdk.out/a.template.json  12,345 bytes  67 resources")
