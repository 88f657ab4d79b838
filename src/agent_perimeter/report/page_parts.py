"""The pieces that our HTML pages are made of: the document and its guard, banners, sections, tables, verdicts."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable

from agent_perimeter.report.markup import Child, Markup, join, tag
from agent_perimeter.report.page_style import STYLE
from agent_perimeter.verdict import Status

SIGNS = {Status.PROVEN: "✓", Status.REFUTED: "✗", Status.UNKNOWN: "?", Status.ABSENT: "·"}


def document(title: str, verdict: Markup, sections: Iterable[Markup], version: str, made: str) -> str:
    """A whole page, of the day or time ``made``. It asks for nothing from anywhere, and its policy holds it to that."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    guard = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=guard),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", Markup.trusted(STYLE)),
    )
    body = tag(
        "body",
        tag("a", "Skip to the verdict", class_="skip", href="#verdict"),
        tag("header", tag("h1", title), verdict),
        tag("main", *sections),
        tag("footer", Markup.trusted("<hr>"), tag("p", f"agent-perimeter {version}, {made}")),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en').text}\n"


def banner(kind: str, verdict: str, *lines: str) -> Markup:
    """The verdict of a page. ``kind`` is a status, or ``none``."""
    said = (tag("p", line) for line in lines)
    return tag("div", tag("p", verdict, class_="verdict"), *said, class_=f"banner {kind}", id="verdict")


def section(title: str, *children: Child) -> Markup:
    """A part of a page under its heading."""
    return tag("section", tag("h2", title), *children)


def table(caption: str, head: Markup, rows: Iterable[Markup], kind: str = "", foot: Markup | None = None) -> Markup:
    """A table that scrolls by itself where the window is too narrow, by keyboard too."""
    inside = [tag("caption", tag("span", caption)), tag("thead", head), tag("tbody", *rows)]
    inside += [tag("tfoot", foot)] if foot else []
    return tag(
        "div", tag("table", *inside, class_=kind), class_="scroll", tabindex=0, role="region", aria_label=caption
    )


def pair(term: str, meaning: Child) -> tuple[Markup, Markup]:
    """A row of a ``dl``."""
    return tag("dt", term), tag("dd", meaning)


def codes(texts: Iterable[str]) -> Markup:
    """Several texts in the letters of code, with commas."""
    return join(*(tag("code", text) for text in texts), between=", ")


def standing(status: Status, kind: str = "", text: str = "") -> Markup:
    """A status with its sign, its word (or ``text``) and its colour."""
    return tag("span", f"{SIGNS[status]} {text or status}", class_=f"{kind} status {status}".strip())
