"""The HTML page as text; tests/browser looks at it."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest

from agent_perimeter.observed import ObservedNetwork
from agent_perimeter.report.page import Use, proof_page
from agent_perimeter.verdict import AgentVerdict, Proof, Reached
from tests.unit import proofs
from tests.unit.networks import perimeter

DAY = date(2026, 11, 22)
NETWORK = perimeter(["coding-agent"])


def page(proof: Proof, *uses: Use, network: ObservedNetwork = NETWORK) -> str:
    return proof_page(proof, network, DAY, "0.1.0", uses, proofs.locate)


class Reader(HTMLParser):
    """Which elements and attributes a page has, and whether all are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in {"meta", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    return reader


PAGES = {
    "every status": proofs.mixed(),
    "twenty agents": proofs.twenty(),
    "all proven": proofs.sound(),
    "no policy": proofs.unjudged(),
    "no agent": Proof("x", True, ()),
    "names of an attacker": Proof("</title><script>x", True, (proofs.ungainly(),)),
    "what no tool sends": Proof("x", True, (proofs.unsendable(),)),
}
every_page = pytest.mark.parametrize("case", PAGES)


@every_page
def test_the_same_proof_is_the_same_page(case: str) -> None:
    assert page(PAGES[case]) == page(PAGES[case])


@every_page
def test_it_refers_to_nothing_outside_and_runs_nothing(case: str) -> None:
    reader = read(page(PAGES[case]))
    assert set(reader.tags) & {"script", "img", "link", "iframe", "object", "base", "form", "b", "u", "i", "s"} == set()
    names = {name for name, _ in reader.attributes}
    assert not any(name.startswith("on") for name in names)
    assert names & {"src", "style", "srcset", "action"} == set()
    assert all(value.startswith("#") for name, value in reader.attributes if name == "href")


def test_the_policy_of_the_page_allows_its_own_style_and_nothing_else() -> None:
    text = page(proofs.mixed())
    style = text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    quoted = policy.replace("&#x27;", "'")
    assert quoted == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_names_from_a_template_are_escaped() -> None:
    text = page(PAGES["names of an attacker"])
    assert "&lt;script&gt;alert(&quot;agent&quot;)&lt;/script&gt;" in text
    assert "<script" not in text
    assert "onerror=alert(1)&gt;" in text


def test_what_is_urgent_comes_first() -> None:
    text = page(proofs.mixed())
    order = [text.index(f'aria-labelledby="agent-{number}"') for number in (2, 1, 0)]
    assert order == sorted(order)


def test_every_section_is_there() -> None:
    headings = re.findall(
        r"<h2[^>]*>(.*?)</h2>", page(replace(proofs.mixed(), doubts=(proofs.FOREIGN,)), Use("q", 1, 4))
    )
    assert [re.sub(r"<[^>]*>", "", heading) for heading in headings] == [
        "Verdicts",
        "Not known",
        "Topology",
        "✗ refutedresearch-agent",
        "? unknowndatabase-agent",
        "✓ provencoding-agent",
        "Residual risks",
        "Quotas",
        "Monthly cost",
        "How to read this page",
    ]


def test_sections_without_content_are_left_out() -> None:
    text = page(Proof("x", True, (replace(proofs.proven(), residuals=()),)), network=ObservedNetwork())
    for title in ("Not known", "Topology", "Residual risks", "Quotas", "Monthly cost", "Departures"):
        assert f">{title}<" not in text


class TestPolicyBesideReach:
    def agent(self, allowed: tuple[Reached, ...], reach: tuple[Reached, ...]) -> str:
        text = page(Proof("x", True, (AgentVerdict("a", (), (), (), reach, allowed, ()),)))
        rows = re.findall(r"<tr>(.*?)</tr>", text.partition('class="compare"')[2].partition("</table>")[0])
        return "\n".join(re.sub(r"<[^>]*>", " ", row).strip() for row in rows[1:])

    def test_what_is_said_of_one_destination_stands_in_one_row(self) -> None:
        one, two, three = (Reached(name, "TLS", certain=True) for name in ("one", "two", "three"))
        shown = self.agent((one, two), (replace(two, how="anything"), three, replace(two, how="ICMP"))).splitlines()
        assert [row.split() for row in shown] == [
            ["one", "TLS", "—"],
            ["two", "TLS", "two", "anything"],
            ["—", "two", "ICMP"],
            ["—", "three", "TLS"],
        ]

    def test_what_one_side_does_not_say_is_a_dash(self) -> None:
        assert self.agent((), (Reached("one", "TLS", certain=True),)).split() == ["—", "one", "TLS"]

    def test_what_only_a_doubt_opens_is_marked(self) -> None:
        row = Reached("one", "TLS", certain=False)
        text = page(Proof("x", True, (AgentVerdict("a", (), (), (), (row,), (), ()),)))
        assert '<td class="perhaps"' in text
        assert "if what is not known opens it" in text

    def test_an_agent_that_may_and_can_do_nothing(self) -> None:
        assert "The policy allows nothing, and nothing is known to be reachable." in page(
            Proof("x", True, (AgentVerdict("a", (), (), (), (), (), ()),))
        )

    @pytest.mark.parametrize("judged", [True, False], ids=["beside a policy", "without a policy"])
    def test_more_rows_than_a_person_reads_are_counted(self, judged: bool) -> None:
        rows = tuple(Reached(f"n{number}.example", "TLS", certain=True) for number in range(401))
        text = page(Proof("x", judged, (AgentVerdict("a", (), (), (), rows, rows, ()),)))
        assert " 1 more rows are in the JSON." in text
        assert "n399.example" in text
        assert "n400.example" not in text

    def test_a_long_enumeration_is_folded_and_complete(self) -> None:
        row = Reached("x" * 300, "TLS", certain=True)
        text = page(Proof("x", True, (AgentVerdict("a", (), (), (), (row,), (), ()),)))
        assert f'<details class="long"><summary>{"x" * 120} …</summary>{"x" * 300}</details>' in text


class TestWithoutAPolicy:
    def test_nothing_is_judged(self) -> None:
        text = page(proofs.unjudged())
        assert "Not judged" in text
        assert "every IPv4 address" in text
        assert ">Verdicts<" not in text

    def test_nothing_reachable_is_nothing_that_is_known(self) -> None:
        agent = replace(proofs.proven(), reach=())
        text = page(Proof("x", False, (agent,)))
        assert "Nothing that is known." in text
        assert "network ACL: 12 blocks are covered by 8 entries" in text


def test_a_layer_that_only_some_agents_have_is_blank_for_the_others() -> None:
    text = page(Proof("x", True, (proofs.unsendable(), proofs.proven())))
    row = text.partition('<th scope="row"><a href="#agent-0">table-agent</a></th>')[2].partition("</tr>")[0]
    assert row.count("<td></td>") == 7
    assert row.count("refuted") == 2


def test_costs_add_up() -> None:
    text = re.sub(r"<[^>]*>", " ", page(proofs.sound()))
    assert "Before traffic" in text
    assert "$613.20" in text
    assert "on 2026-11-22, 730 hours a month" in text


def test_a_quota_without_a_limit_has_no_share() -> None:
    text = page(proofs.sound(), Use("half", 1, 2), Use("none", 0, 0))
    assert [
        re.findall(r">([^<]*)</td>", row) for row in re.findall(r"<tr><th scope=\"row\">(?:half|none).*?</tr>", text)
    ] == [
        ["1", "2", "50%"],
        ["0", "0", "—"],
    ]
