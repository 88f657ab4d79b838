"""HTML and SVG that is escaped by construction: text becomes markup here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from agent_perimeter.report.visible import visible

_VOID = frozenset({"br", "col", "meta"})


@dataclass(frozen=True, slots=True)
class Markup:
    """A piece of finished markup. Made by ``tag`` and ``join``; ``trusted`` is for constants of this program."""

    text: str

    @classmethod
    def trusted(cls, text: str) -> Markup:
        return cls(text)


Child = str | Markup
Attribute = str | int | float | bool


def tag(name: str, /, *children: Child, **attributes: Attribute) -> Markup:
    """An element. Strings are escaped; an attribute that is False or empty is left out, one that is True stands alone.

    ``class_`` and ``for_`` lose their underscore, other underscores become hyphens (``aria_label``). ``viewBox`` and
    other names in mixed case stay as they are.
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{join(*children).text}</{name}>")


def join(*children: Child, between: str = "") -> Markup:
    """Several pieces one after the other."""
    return Markup(between.join(child.text if isinstance(child, Markup) else _escaped(child) for child in children))


def _attribute(key: str, value: Attribute) -> str:
    if value is False or value == "":
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{_escaped(_number(value))}"'


def _number(value: str | float) -> str:
    """Coordinates with one decimal at most, so that a page is the same on every machine."""
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def _escaped(text: str) -> str:
    return escape(visible(text), quote=True)
