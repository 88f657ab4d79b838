"""The HTML page of a drift as text; tests/browser looks at pages."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from agent_perimeter.drift.model import Drift
from agent_perimeter.report.drift_page import drift_page
from tests.unit import drifts, proofs
from tests.unit.networks import perimeter
from tests.unit.report.test_page import read

NETWORK = perimeter(["coding-agent"])


def page(drift: Drift) -> str:
    return drift_page(drift, NETWORK, "0.1.0", (), proofs.locate)


every_page = pytest.mark.parametrize("case", drifts.ALL)


@every_page
def test_it_is_whole_and_the_same_for_the_same_drift(case: str) -> None:
    found = page(drifts.ALL[case])
    assert found == page(drifts.ALL[case])
    assert set(read(found).tags) & {"script", "img", "link", "iframe", "object", "base", "form", "b"} == set()


@every_page
def test_nothing_of_an_account_becomes_markup(case: str) -> None:
    reader = read(page(drifts.ALL[case]))
    assert not any(name.startswith("on") for name, _ in reader.attributes)
    assert "\x1b" not in page(drifts.ALL[case])


def test_the_departures_stand_before_the_proof_worst_first() -> None:
    found = page(drifts.opened())
    heads = re.findall(r"<h2[^>]*>(.*?)</h2>", found)
    assert heads[:3] == ["Departures", "The live network, held to the policies", "Verdicts"]
    signs = re.findall(r'<tr><th scope="row"><span class="status [a-z]+">(.*?)</span>', found)
    assert signs == [
        "✗ widens", "✗ widens", "✗ weakens", "✗ weakens", "✗ weakens", "✗ narrows", "? perhaps unclear", "· cosmetic",
    ]  # fmt: skip


def test_a_row_has_both_answers() -> None:
    row = page(drifts.drift(drifts.WIDENED))
    for part in (
        "<dt>Is</dt><dd>all traffic to 0.0.0.0/0</dd>",
        "<code>tcp://203.0.113.9:443 sni=evil.example</code>",
        '<code class="send">curl --max-time 5',
        "By arn:aws:sts::111122223333:assumed-role/Admin/mallory",
        f"AP601 drift-widens, {drifts.WIDENED.id}",
        "ec2:RevokeSecurityGroupEgress",
    ):
        assert part in row


def test_the_banner_says_both_answers() -> None:
    found = page(drifts.opened())
    assert '<p class="verdict">✗ Drift</p>' in found
    assert "Structure: 2 added, 1 removed, 3 changed, 2 in meaning alone, compared with cdk.out." in found
    assert "Meaning: refuted, 2 agents: 1 proven, 1 refuted." in found


def test_what_was_not_read_and_what_was_deployed_like_this_have_sections() -> None:
    assert "<h2>Not read</h2>" in page(drifts.incomplete())
    assert "<h2>Not read</h2>" not in page(drifts.clean())
    assert "<h2>Deployed like this</h2>" in page(drifts.deployed_open())
    assert "<h2>Deployed like this</h2>" not in page(drifts.incomplete()), "what is only doubtful is not"


def test_a_clean_one_says_so() -> None:
    assert "Nothing that was read departs from what was expected." in page(drifts.clean())


def test_a_witness_that_no_tool_sends_comes_without_a_line_to_try() -> None:
    (gap,) = proofs.unsendable().layers[0].gaps
    unsendable = replace(drifts.WIDENED, gaps=(replace(drifts.WIDENED.gaps[0], gap=gap),))
    assert 'class="send"' not in page(drifts.drift(unsendable))
