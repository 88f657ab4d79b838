"""The HTML reports in a real browser: offline, without a complaint, readable at every width, in dark and on paper."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from agent_perimeter.report.drift_page import drift_page
from agent_perimeter.report.page import Use, proof_page
from agent_perimeter.verdict import Proof
from tests.browser.chromium import Chromium, Tab
from tests.unit import drifts, proofs
from tests.unit.networks import perimeter

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

PAGES = {
    "every status": proofs.mixed(),
    "twenty agents": proofs.twenty(),
    "names of an attacker": Proof("<script>" + "long" * 60, True, (proofs.ungainly(),)),
    "no policy": proofs.unjudged(),
}
DRIFTS = {
    "everything departs": drifts.opened(),
    "not everything was read": drifts.incomplete(),
    "names of an attacker, live": drifts.ungainly(),
}
every_page = pytest.mark.parametrize("page", [*PAGES, *DRIFTS])

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LOST = """
[...document.querySelectorAll("main *, header *")].filter(element => {
  if (element.closest(".scroll") || element.closest("svg") || !element.getClientRects().length) return false;
  return element.getBoundingClientRect().right > document.documentElement.clientWidth + 1;
}).map(element => element.outerHTML.slice(0, 80))
"""
# Contrast by WCAG 2.2 (relative luminance) of every text on the nearest ground that is not transparent.
FAINT = """
(() => {
  const parts = colour => colour.match(/[0-9.]+/g).map(Number);
  const light = colour => {
    const [r, g, b] = parts(colour).slice(0, 3).map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const clear = colour => colour === "none" || (parts(colour).length > 3 && parts(colour)[3] === 0);
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!clear(colour)) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const boxes = new Map([...document.querySelectorAll("svg.topology")].map(svg => [svg, [...svg.querySelectorAll("rect")]]));
  const below = text => {
    const at = text.getBoundingClientRect();
    const x = (at.left + at.right) / 2, y = (at.top + at.bottom) / 2;
    const rects = boxes.get(text.closest("svg")).filter(rect => {
      const box = rect.getBoundingClientRect();
      return box.left <= x && x <= box.right && box.top <= y && y <= box.bottom && !clear(getComputedStyle(rect).fill);
    });
    return rects.length ? getComputedStyle(rects[rects.length - 1]).fill : ground(text.closest("svg"));
  };
  const found = [];
  let seen = 0;
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.getClientRects().length || element.closest("title, desc, .skip")) continue;
    const drawn = element.closest("svg");
    const colour = drawn ? getComputedStyle(element).fill : getComputedStyle(element).color;
    const [high, low] = [light(colour), light(drawn ? below(element) : ground(element))].sort((a, b) => b - a);
    const contrast = (high + 0.05) / (low + 0.05);
    seen += 1;
    if (contrast < 4.5) found.push(`${contrast.toFixed(2)} ${element.tagName}.${element.getAttribute("class")}: ${element.textContent.slice(0, 40)}`);
  }
  return { seen, found: [...new Set(found)] };
})()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages as files, as a reviewer opens them."""
    found = tmp_path_factory.mktemp("pages")
    for name, proof in PAGES.items():
        network = perimeter([agent.agent for agent in proof.agents])
        uses = [Use("entries per network ACL", 6, 20)]
        text = proof_page(proof, network, date(2026, 11, 22), "0.1.0", uses, proofs.locate)
        (found / f"{name}.html").write_text(text, encoding="utf-8")
    for name, drift in DRIFTS.items():
        network = perimeter([agent.agent for agent in drift.proof.agents])
        text = drift_page(drift, network, "0.1.0", (), proofs.locate)
        (found / f"{name}.html").write_text(text, encoding="utf-8")
    return found


class Window:
    """Opens pages, and closes them after the test."""

    def __init__(self, chromium: Chromium, folder: Path) -> None:
        self.chromium = chromium
        self.folder = folder
        self.opened: list[Tab] = []

    def __call__(self, page: str, *, width: int = 1280, dark: bool = False, paper: bool = False) -> Tab:
        tab = Tab(self.chromium, self.folder / f"{page}.html", width=width, dark=dark, paper=paper)
        self.opened.append(tab)
        return tab


@pytest.fixture
def window(chromium: Chromium, folder: Path) -> Iterator[Window]:
    opener = Window(chromium, folder)
    yield opener
    for tab in opener.opened:
        tab.close()


class TestTheBrowserIsReal:
    """What the other tests rest on: each of them would see what it looks for."""

    def test_a_script_of_the_page_would_be_refused_and_complained_about(self, window: Window, folder: Path) -> None:
        page = (folder / "every status.html").read_text().replace("</body>", "<script>window.ran = 1</script></body>")
        (folder / "scripted.html").write_text(page)
        tab = window("scripted")
        assert tab.value("window.ran === undefined")
        assert any("Content Security Policy" in said for said in tab.complaints())

    def test_an_image_from_elsewhere_would_be_refused_and_complained_about(self, window: Window, folder: Path) -> None:
        image = '<img src="https://tracker.example/pixel.png" alt=""></body>'
        (folder / "tracked.html").write_text((folder / "every status.html").read_text().replace("</body>", image))
        assert any("tracker.example" in said for said in window("tracked").complaints())

    def test_a_wide_box_would_be_seen(self, window: Window, folder: Path) -> None:
        wide = '<hr width="3000"></body>'
        (folder / "wide.html").write_text((folder / "every status.html").read_text().replace("</body>", wide))
        assert window("wide", width=400).value(OVERFLOW) > 0


@every_page
def test_it_asks_for_nothing_but_itself_and_the_console_stays_empty(page: str, window: Window, folder: Path) -> None:
    tab = window(page)
    assert tab.requests() == [(folder / f"{page}.html").as_uri()]
    assert tab.complaints() == []


@every_page
@pytest.mark.parametrize("width", [400, 720, 1400])
def test_nothing_sticks_out_to_the_right(page: str, width: int, window: Window) -> None:
    tab = window(page, width=width)
    assert tab.value(OVERFLOW) <= 0
    assert tab.value(LOST) == []


@every_page
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_stands_out_from_its_ground(page: str, dark: bool, window: Window) -> None:
    measured = window(page, dark=dark).value(FAINT)
    assert measured["seen"] > 20
    assert measured["found"] == []


def test_dark_is_dark_and_light_is_light(window: Window) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    assert window("every status", dark=True).value(ground) == "rgb(13, 17, 23)"
    assert window("every status").value(ground) == "rgb(255, 255, 255)"


def test_names_from_a_template_stay_text(window: Window) -> None:
    tab = window("names of an attacker")
    assert tab.value("document.querySelectorAll('script, img, svg[onload], b, u, i, s').length") == 0
    assert tab.value("document.querySelector('h2[id=agent-0]').textContent").startswith(
        '✗ refuted<script>alert("agent")'
    )


class TestOnPaper:
    def test_a_dark_desktop_prints_on_white(self, window: Window) -> None:
        tab = window("every status", dark=True, paper=True)
        assert tab.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        measured = tab.value(FAINT)
        assert measured["found"] == []

    def test_what_is_folded_on_the_screen_is_open_on_paper(self, window: Window) -> None:
        visible = "document.querySelector('details:not([open]) table').checkVisibility()"
        assert window("every status").value(visible) is False
        assert window("every status", paper=True).value(visible) is True

    @every_page
    def test_it_prints_to_pdf(self, page: str, window: Window) -> None:
        printed = window(page).pdf()
        assert printed.startswith(b"%PDF-")
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) >= 1


class TestForThoseWhoDoNotSeeIt:
    def test_the_picture_has_a_name_and_a_description(self, window: Window) -> None:
        tab = window("every status")
        named = "[...document.querySelector('svg[role=img]').getAttribute('aria-labelledby').split(' ')].map(id => document.getElementById(id).textContent)"
        title, description = tab.value(named)
        assert title == "Topology of vpc"
        assert "research-agent (10.42.0.64/27, refuted)" in description

    @every_page
    def test_headings_descend_one_step_at_a_time(self, page: str, window: Window) -> None:
        levels = window(page).value("[...document.querySelectorAll('h1, h2, h3')].map(e => Number(e.tagName[1]))")
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))

    @every_page
    def test_every_table_has_a_caption_and_header_cells_with_a_scope(self, page: str, window: Window) -> None:
        tab = window(page)
        assert tab.value("[...document.querySelectorAll('table')].filter(t => !t.caption).length") == 0
        assert tab.value("document.querySelectorAll('th:not([scope])').length") == 0

    def test_what_scrolls_can_be_scrolled_by_keyboard(self, window: Window) -> None:
        tab = window("every status", width=400)
        scrolls = "[...document.querySelectorAll('*')].filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX === 'auto')"
        assert tab.value(f"{scrolls}.length") > 0
        assert tab.value(f"{scrolls}.filter(e => e.tabIndex < 0).length") == 0

    def test_links_lead_somewhere(self, window: Window) -> None:
        tab = window("twenty agents")
        dead = "[...document.querySelectorAll('a[href^=\"#\"]')].filter(a => !document.querySelector(a.getAttribute('href'))).length"
        assert tab.value(dead) == 0

    def test_no_id_is_given_twice(self, window: Window) -> None:
        ids = window("twenty agents").value("[...document.querySelectorAll('[id]')].map(e => e.id)")
        assert len(ids) == len(set(ids)) > 20
