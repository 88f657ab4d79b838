"""Every report of one proof that has everything in it, as people and programs read it. Read the difference."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from agent_perimeter.report.drift_json import drift_json
from agent_perimeter.report.drift_page import drift_page
from agent_perimeter.report.drift_sarif import drift_sarif
from agent_perimeter.report.drift_text import drift_text, news_text
from agent_perimeter.report.page import Use, proof_page
from agent_perimeter.report.proof_json import explain_json, proof_json
from agent_perimeter.report.proof_text import explain_text, proof_text
from agent_perimeter.report.sarif import proof_sarif
from agent_perimeter.report.text import Style
from tests.conftest import Golden
from tests.unit import drifts, proofs
from tests.unit.networks import perimeter

REPORTS = Path(__file__).parent / "reports"
PLAIN = Style(colour=False)


def reports() -> dict[str, str]:
    """File name and text of every report."""
    mixed = proofs.mixed()
    network = perimeter([agent.agent for agent in mixed.agents])
    uses = (Use("entries per network ACL and direction", 6, 20), Use("none yet", 0, 0))
    explained = ("research-agent", proofs.WITNESS, proofs.STEPS)
    return {
        "mixed.txt": proof_text(mixed, PLAIN, proofs.locate),
        "mixed-colour.txt": proof_text(mixed, Style(colour=True), proofs.locate),
        "sound.txt": proof_text(proofs.sound(), PLAIN),
        "unjudged.txt": proof_text(proofs.unjudged(), PLAIN, proofs.locate),
        "explained.txt": explain_text(*explained, PLAIN, proofs.locate),
        "mixed.json": proof_json(mixed, proofs.locate),
        "explained.json": explain_json(*explained, proofs.locate),
        "mixed.sarif": proof_sarif(mixed, "0.1.0", proofs.locate),
        "mixed.html": proof_page(mixed, network, date(2026, 11, 22), "0.1.0", uses, proofs.locate),
        "unjudged.html": proof_page(proofs.unjudged(), network, date(2026, 11, 22), "0.1.0", (), proofs.locate),
        "drift-clean.txt": drift_text(drifts.clean(), PLAIN),
        "drift-opened.txt": drift_text(drifts.opened(), PLAIN, proofs.locate),
        "drift-opened-colour.txt": drift_text(drifts.opened(), Style(colour=True), proofs.locate),
        "drift-incomplete.txt": drift_text(drifts.incomplete(), PLAIN, proofs.locate),
        "drift-deployed-open.txt": drift_text(drifts.deployed_open(), PLAIN, proofs.locate),
        "drift-news.txt": news_text(drifts.cosmetic(), drifts.opened(), PLAIN, proofs.locate),
        "drift-opened.json": drift_json(drifts.opened(), proofs.locate),
        "drift-incomplete.json": drift_json(drifts.incomplete(), proofs.locate),
        "drift-opened.sarif": drift_sarif(drifts.opened(), "0.1.0", proofs.locate),
        "drift-opened.html": drift_page(drifts.opened(), network, "0.1.0", uses, proofs.locate),
        "drift-incomplete.html": drift_page(drifts.incomplete(), network, "0.1.0", (), proofs.locate),
    }


@pytest.mark.parametrize("name", reports())
def test_the_report_is_as_it_was(name: str, golden: Golden) -> None:
    golden(REPORTS / name, reports()[name].removesuffix("\n") + "\n")


def test_no_golden_report_is_left_behind() -> None:
    assert {path.name for path in REPORTS.iterdir()} == set(reports())
