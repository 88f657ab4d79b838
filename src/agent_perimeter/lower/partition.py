"""Numbers and shelves that stay put: one member more moves few of the others.

Both are drawn from a hash of the member's own name, never from its place in a list. So an edit of
one policy line changes one rule in the template, and a person can read the difference.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Member = TypeVar("Member")


def digest(text: str) -> int:
    """64 evenly spread bits of ``text``."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


def numbered(keys: Iterable[str], numbers: range) -> dict[str, int]:
    """A number of its own for each key: drawn from the key, or the next free one where two keys meet.

    ``numbers`` must be at least as many as the keys.
    """
    taken: dict[int, str] = {}
    for key in sorted(set(keys)):
        place = digest(key) % len(numbers)
        while place in taken:
            place = (place + 1) % len(numbers)
        taken[place] = key
    return {key: numbers[place] for place, key in taken.items()}


def partition(
    members: tuple[Member, ...],
    bits: Callable[[Member], int],
    fits: Callable[[tuple[Member, ...]], bool],
    shelf: str = "",
) -> Iterator[tuple[str, tuple[Member, ...]]]:
    """Members on shelves that hold them, each shelf named by the low bits that its members share.

    A shelf that is too small becomes two, and no other changes (extendible hashing). The first is called
    ``""``, its halves ``0`` and ``1``, theirs ``00`` to ``11``. Members keep their order; no shelf is
    empty. The low ``bits`` of any two members must differ somewhere.
    """
    if fits(members):
        if members:
            yield shelf, members
        return
    for bit in (0, 1):
        half = tuple(member for member in members if bits(member) >> len(shelf) & 1 == bit)
        yield from partition(half, bits, fits, f"{shelf}{bit}")
