"""Where a thing was written: the provenance that every record carries."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in a file that a person can open.

    ``line`` and ``column`` count from 1, as editors and SARIF do (SARIF 2.1.0, 3.30.5).
    ``file`` is the path as the user spelled it, so that it can be clicked.
    """

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    @property
    def short(self) -> str:
        """``file.yaml:12``, without the folder: for rule messages, where room is scarce."""
        return f"{self.file.rsplit('/', 1)[-1]}:{self.line}"


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """Why a record exists: policy lines, and the path inside a template or an account.

    A record that serves several rules names them all. An empty origin means that the record
    is part of the perimeter itself (a gateway, a deny rule) and follows from no single line.
    """

    spans: tuple[Span, ...] = ()
    path: str = ""

    def __str__(self) -> str:
        return ", ".join([*map(str, self.spans), *([self.path] if self.path else [])])

    @property
    def short(self) -> str:
        """The policy lines as ``file.yaml:12 file.yaml:14``."""
        return " ".join(span.short for span in self.spans)

    def __or__(self, other: Origin) -> Origin:
        return Origin(_sorted({*self.spans, *other.spans}), self.path or other.path)


def merged(origins: list[Origin]) -> Origin:
    """The union of several origins, in a stable order."""
    return Origin(_sorted({span for origin in origins for span in origin.spans}))


def _sorted(spans: set[Span]) -> tuple[Span, ...]:
    """In the order of the spans themselves. Plain tuples compare ten times faster, and a rule can have thousands."""
    return tuple(sorted(spans, key=lambda span: (span.file, span.line, span.column)))
