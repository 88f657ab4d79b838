"""From templates, or a stored network, and policies to a proof, in one step: read, lift, place, prove.

The command line and the CDK app both go through here, so they come to the same verdict for the same files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from agent_perimeter.explain import Question, by_network, by_policy, traced
from agent_perimeter.finding import Finding, ordered
from agent_perimeter.intent import AgentIntent, Intent, resolve
from agent_perimeter.lift.assembly import Read, assembly_of
from agent_perimeter.lift.node import Assembly
from agent_perimeter.lift.placement import Placement, placements
from agent_perimeter.lift.positions import locate
from agent_perimeter.lift.stored import Stored, StoredError, stored
from agent_perimeter.lift.template import lift
from agent_perimeter.observed import ObservedNetwork
from agent_perimeter.policy.lint import lint
from agent_perimeter.policy.load import load_perimeter
from agent_perimeter.policy.model import Policy
from agent_perimeter.prove import judged, prove
from agent_perimeter.source import Span
from agent_perimeter.verdict import Proof, Step


@dataclass(frozen=True, slots=True)
class Named:
    """A workload named by hand, where the network's tags do not: subnets, security groups, and which agent it is."""

    subnets: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    agent: str | None = None

    def __bool__(self) -> bool:
        return bool(self.subnets or self.groups)


@dataclass(frozen=True, slots=True)
class Meant:
    """What policies mean: ``intent`` is None where they were refused; ``findings`` then hold an error.

    ``policies`` are the same as they were written, for whoever judges them on another day.
    """

    intent: Intent | None
    findings: tuple[Finding, ...]
    policies: tuple[Policy, ...]


@dataclass(frozen=True, slots=True)
class Lifted:
    """A network as it was read, and where each agent stands in it. ``files``: the templates, none for a stored one."""

    source: str
    network: ObservedNetwork
    places: tuple[Placement, ...]
    files: Mapping[str, str]
    by_hand: bool

    def locate(self, path: str) -> Span | None:
        """The line of a template path such as ``app.template.json#/Resources/X``; None for other paths."""
        file, mark, pointer = path.partition("#")
        if not mark or file not in self.files:
            return None
        # Lines inside one long string, such as Suricata rules, follow a second mark.
        line, column = locate(self.files[file], pointer.partition("#")[0])
        return Span(file, line, column)


def meaning(files: Iterable[tuple[str, bytes]], today: date, *, resolved_ip_validation: bool = True) -> Meant:
    """Load and lint the policy files, given as (name to show, content)."""
    policies, loaded = load_perimeter(files)
    findings = ordered((*loaded, *lint(policies, today, resolved_ip_validation=resolved_ip_validation)))
    refused = any(finding.is_error for finding in findings)
    return Meant(None if refused else resolve(policies, today), findings, policies)


def lifted(
    sources: Sequence[str], read: Read, parameters: Mapping[str, str] | None = None, named: Named | None = None
) -> Lifted:
    """Read templates, or one stored network, and find the agents in them.

    Raises ``TemplateError`` for what is no template, ``StoredError`` for a stored network that cannot be read or stands
    beside templates or parameters, ``ValueError`` for a subnet or group that is not there.
    """
    found = _replayed(sources, read, parameters or {})
    files: Mapping[str, str] = {}
    if found is None:
        assembly: Assembly = assembly_of(sources, read, parameters)
        found, files = Stored(assembly.source, lift(assembly)), dict(assembly.files)
    by_hand = named or Named()
    places = placements(found.network, by_hand.subnets, by_hand.groups)
    if by_hand and by_hand.agent is not None:
        places = tuple(replace(place, agent=by_hand.agent) for place in places)
    return Lifted(found.source, found.network, places, files, bool(by_hand))


def _replayed(sources: Sequence[str], read: Read, parameters: Mapping[str, str]) -> Stored | None:
    """The stored network, where one of the sources is one."""
    for source in sources:
        raw = read(source)
        network = stored(raw, source) if raw is not None else None
        if network is None:
            continue
        if len(sources) > 1:
            raise StoredError("a stored network is whole: it is read alone, beside no template and no other", source)
        if parameters:
            raise StoredError(
                f"a stored network has no parameters left, and {', '.join(sorted(parameters))} was given",
                source,
                remedy="the template with --parameter",
            )
        return network
    return None


def verify(found: Lifted, intent: Intent | None, runtimes: Mapping[str, tuple[str, ...]] | None = None) -> Proof:
    """Hold the network to the intent; without one, say what can be reached."""
    return prove(found.network, found.places, intent, found.source, runtimes, named=found.by_hand)


def explain(found: Lifted | None, intent: Intent | None, agent: str, asked: Question) -> tuple[Step, ...]:
    """One packet or name, from one agent: on the network, or on the policy alone.

    Raises ``ValueError`` where neither knows the agent.
    """
    meant = next((one for one in intent.agents if one.name == agent), None) if intent is not None else None
    place = next((one for one in found.places if one.agent == agent), None) if found is not None else None
    if found is None or place is None:
        if meant is None:
            raise ValueError(f"no agent is called {agent}; known are {', '.join(agents(found, intent)) or 'none'}")
        return by_policy(meant, asked)
    case = judged(found.network, found.places, intent, agent)
    said: tuple[Step, ...] = () if meant is None else by_policy(meant, asked, case.around)
    return (*traced(by_network(case, asked), meant, asked, case.around), *said)


def agents(found: Lifted | None, intent: Intent | None) -> tuple[str, ...]:
    """Every agent that the network or the policies know, sorted."""
    known: set[str] = {place.agent for place in found.places} if found is not None else set()
    meant: tuple[AgentIntent, ...] = intent.agents if intent is not None else ()
    return tuple(sorted(known | {agent.name for agent in meant}))
