"""Sets of DNS queries: a name and a type, which is all that DNS Firewall decides by."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from agent_perimeter.names import ALL_NAMES, NO_NAMES, NameSet

QUERY_TYPES = (
    "A", "AAAA", "CNAME", "TXT", "MX", "NS", "NULL", "HTTPS", "SVCB", "SRV", "PTR", "SOA", "CAA", "ANY", "OTHER",
)  # fmt: skip
"""The types told apart, those that a witness has first in front; ``OTHER`` is all the rest."""


@dataclass(frozen=True, slots=True, order=True)
class Query:
    """A question to the VPC's resolver: a name without the final dot ("" is the root) and a type in capitals."""

    name: str
    type: str

    def __str__(self) -> str:
        return f"{self.type} {self.name or '.'}"


@dataclass(frozen=True, slots=True)
class QuerySet:
    """A set of queries: for every one of ``QUERY_TYPES`` a set of names. Equal sets are equal objects."""

    by_type: tuple[NameSet, ...] = (NO_NAMES,) * len(QUERY_TYPES)

    @classmethod
    def of(cls, names: NameSet, types: Iterable[str] | None = None) -> QuerySet:
        """Queries for these names, of these types or of all. Raises ``ValueError`` for a type not told apart."""
        wanted = set(QUERY_TYPES if types is None else types)
        if unknown := sorted(wanted.difference(QUERY_TYPES)):
            raise ValueError(f"query types are {', '.join(QUERY_TYPES)}, not {', '.join(unknown)}")
        return cls(tuple(names if known in wanted else NO_NAMES for known in QUERY_TYPES))

    @classmethod
    def union(cls, sets: Iterable[QuerySet]) -> QuerySet:
        """The union of any number of sets, in time linear in what they are made of."""
        listed = list(sets)
        return cls(
            tuple(NameSet.union(queries.by_type[index] for queries in listed) for index in range(len(QUERY_TYPES)))
        )

    def __or__(self, other: QuerySet) -> QuerySet:
        return self._merged(other, NameSet.__or__)

    def __and__(self, other: QuerySet) -> QuerySet:
        return self._merged(other, NameSet.__and__)

    def __sub__(self, other: QuerySet) -> QuerySet:
        return self._merged(other, NameSet.__sub__)

    def _merged(self, other: QuerySet, operate: Callable[[NameSet, NameSet], NameSet]) -> QuerySet:
        known: dict[tuple[int, int], NameSet] = {}
        for pair in zip(self.by_type, other.by_type, strict=True):
            key = (id(pair[0]), id(pair[1]))
            if key not in known:
                known[key] = operate(*pair)
        return QuerySet(
            tuple(known[id(left), id(right)] for left, right in zip(self.by_type, other.by_type, strict=True))
        )

    def __le__(self, other: QuerySet) -> bool:
        return not self - other

    def __bool__(self) -> bool:
        return any(self.by_type)

    def __contains__(self, query: object) -> bool:
        return isinstance(query, Query) and query.name in self.names(query.type)

    def names(self, type_: str) -> NameSet:
        """The names asked for with this type; any type that is not told apart is ``OTHER``."""
        return self.by_type[QUERY_TYPES.index(type_ if type_ in QUERY_TYPES else "OTHER")]

    def witness(self) -> Query | None:
        """A query of the set, of the first type that has any; None for the empty set."""
        for known, names in zip(QUERY_TYPES, self.by_type, strict=True):
            name = names.witness()
            if name is not None:
                return Query(name, known)
        return None


NO_QUERIES = QuerySet()
ALL_QUERIES = QuerySet.of(ALL_NAMES)
