"""Which names the contents of a rule match, where the buffer holds one: ``tls.sni`` or ``http.host``.

A content can be anchored at both ends of the name, at one, or at none. What is anchored at the end is exact in
the algebra of names; what is anchored elsewhere is not, and is answered from both sides (Suricata 7 user guide,
"Payload Keywords").
"""

from __future__ import annotations

from dataclasses import dataclass

from agent_perimeter.names import ALL_NAMES, NO_NAMES, SOME_NAME, NameSet

_STRANGER = ".evil.example"
"""What an attacker can register, to stand behind a name that is not anchored at its end."""

_LONGEST = 240
"""No host name is longer by much, and the algebra of names ends at 255."""


@dataclass(frozen=True, slots=True)
class Content:
    """A pattern in a buffer. ``offset``, ``depth`` as given; ``relative``: its place depends on another match."""

    pattern: str
    negated: bool = False
    nocase: bool = False
    startswith: bool = False
    endswith: bool = False
    offset: int | None = None
    depth: int | None = None
    relative: bool = False

    @property
    def at_start(self) -> bool:
        return self.startswith or (not self.offset and self.depth == len(self.pattern))

    @property
    def floats(self) -> bool:
        """Whether it has to stand at some other place than an end of the buffer, or depends on another match."""
        return self.relative or (not self.at_start and bool(self.offset or self.depth))


@dataclass(frozen=True, slots=True)
class Spellings:
    """The names that match, by how the client spells them: it is free to choose capitals.

    ``every``: surely match in every spelling. ``usual``: surely match in small letters. ``some``: may match in
    some spelling. What denies can count on ``every`` only, what allows has to fear ``some``.
    """

    every: NameSet
    usual: NameSet
    some: NameSet

    def __and__(self, other: Spellings) -> Spellings:
        return Spellings(self.every & other.every, self.usual & other.usual, self.some & other.some)


# Without a name there is no buffer, and then nothing matches; that it stays so, no release promises.
ANY_NAME = Spellings(SOME_NAME, SOME_NAME, ALL_NAMES)
UNTOLD = Spellings(NO_NAMES, NO_NAMES, ALL_NAMES)
"""Of a condition that nothing is known about."""


def matched(
    contents: tuple[Content, ...], *, dotted: bool, lowered: bool, length: int | None, whole: bool
) -> Spellings:
    """The names for which all contents match.

    ``dotted``: a dot is set before the name first (``dotprefix``). ``lowered``: the engine itself makes the
    buffer lower-case. ``length``: what ``bsize`` asks for exactly. ``whole`` False: something else is asked of
    the buffer that is not known here.
    """
    found = ANY_NAME if whole else UNTOLD
    for content in contents:
        found &= _one(content, dotted=dotted, lowered=lowered, length=length)
    return found if length is None or _said(contents, length) else found & UNTOLD


def _said(contents: tuple[Content, ...], length: int) -> bool:
    """Whether the length says no more than that one of the contents is the whole buffer."""
    return any(not content.negated and len(content.pattern) == length for content in contents)


def _one(content: Content, *, dotted: bool, lowered: bool, length: int | None) -> Spellings:
    word = content.pattern.lower()
    surely, perhaps = _shape(content, length, dotted=dotted)
    small = word == content.pattern
    if lowered and not small and not content.nocase:
        surely, perhaps = NO_NAMES, NO_NAMES  # capitals in a buffer that has none
    free = not content.nocase and not lowered and word != word.upper()
    if content.negated:
        if dotted and content.at_start:
            # Suricata 7 finds what must not begin the name behind the dot as well.
            bare = _shape(content, length, dotted=False)
            surely, perhaps = surely & bare[0], perhaps | bare[1]
        return Spellings(
            every=SOME_NAME - perhaps,
            usual=SOME_NAME - perhaps if small or not free else SOME_NAME,
            some=ALL_NAMES if free else ALL_NAMES - surely,
        )
    return Spellings(
        every=NO_NAMES if free else surely,
        usual=surely if small or not free else NO_NAMES,
        some=perhaps,
    )


def _shape(content: Content, length: int | None, *, dotted: bool) -> tuple[NameSet, NameSet]:
    """The names that surely and perhaps match, were capitals all the same."""
    word = content.pattern.lower()
    if len(word) > _LONGEST:
        return NO_NAMES, SOME_NAME
    filled = length == len(word) and not content.negated
    start, end = content.at_start or filled, content.endswith or filled
    if content.floats and not filled:
        return NO_NAMES, SOME_NAME
    apex = NameSet.exact(word[1:]) if dotted and word.startswith(".") and len(word) > 1 else NO_NAMES
    if start and end:
        exact = apex if dotted else NameSet.exact(word)
        return exact, exact
    if end:
        either = NameSet.ending(word) | apex
        return either, either
    if start and dotted and not word.startswith("."):
        return NO_NAMES, NO_NAMES
    bare = word[1:] if dotted and word.startswith(".") else word
    begun = apex | NameSet.exact(bare + _STRANGER) | (NO_NAMES if dotted else NameSet.exact(word))
    return (begun if start else begun | NameSet.ending(word)), SOME_NAME
