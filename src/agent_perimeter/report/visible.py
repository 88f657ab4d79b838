"""Text from templates made safe to show: nobody's name moves a cursor, colours a verdict or turns a line around."""

from __future__ import annotations


def visible(text: str) -> str:
    r"""Control characters and invisible ones (also those that change direction) as escapes, such as ``\x1b``."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
