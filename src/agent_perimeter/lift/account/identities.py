"""Boundaries and roles: whose permissions are capped by what, as IAM tells it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from agent_perimeter.lift.account.reading import GONE, Account, elements
from agent_perimeter.lift.policies import statements
from agent_perimeter.lift.properties import Property
from agent_perimeter.lift.resources import agent_of
from agent_perimeter.observed import Boundary, Doubt, Ref, Role, Statement, Subnet

POLICY: Final = "iam:GetPolicy"
VERSION: Final = "iam:GetPolicyVersion"
ENTITIES: Final = "iam:ListEntitiesForPolicy"
ROLE: Final = "iam:GetRole"
PROFILE: Final = "iam:GetInstanceProfile"


def boundaries(account: Account) -> tuple[Boundary, ...]:
    """Every boundary that was asked for and exists, with the statements of its default version.

    IAM keeps no agent's name beside a policy without tags; ``anchor.with_owners`` takes it from what was deployed.
    """
    return tuple(_boundaries(account))


def _asked(account: Account, call: str, key: str) -> tuple[str, ...]:
    """What a call was about, whether it answered or not."""
    made = [one.parameters for one in account.snapshot.answers_to(call)]
    made += [one.parameters for one in account.snapshot.unread_of(call)]
    return tuple(sorted({name for parameters in made if isinstance(name := parameters.get(key), str)}))


def _boundaries(account: Account) -> Iterator[Boundary]:
    for arn in _asked(account, POLICY, "PolicyArn"):
        if account.gone(POLICY, "PolicyArn", arn):
            continue
        answer = account.about(POLICY, "PolicyArn", arn)
        yield Boundary(
            id=arn,
            origin=account.origin(arn),
            agent=answer if isinstance(answer, Doubt) else agent_of(answer.at("Policy")),
            statements=answer if isinstance(answer, Doubt) else _document(account, arn, answer),
        )


def _document(account: Account, arn: str, policy: Property) -> tuple[Statement, ...] | Doubt:
    """The document that holds: the default version's (IAM user guide, versioning policies)."""
    version = policy.at("Policy", "DefaultVersionId").needed_text()
    if isinstance(version, Doubt):
        return version
    for answer in account.snapshot.answers_to(VERSION):
        if answer.parameters.get("PolicyArn") == arn and answer.parameters.get("VersionId") == version:
            return statements(account.property(dict(answer.result), arn).at("PolicyVersion", "Document"))
    lost = (str(one) for one in account.snapshot.unread_of(VERSION) if one.parameters.get("PolicyArn") == arn)
    return Doubt(next(lost, f"version {version} was not asked for"), account.path(arn))


def roles(account: Account, found: Iterable[Boundary], subnets: Iterable[Subnet]) -> tuple[Role, ...]:
    """Roles with a boundary that was asked for, roles with an agent's tag, roles of what stands in agents' subnets."""
    agents = {boundary.id: boundary.agent for boundary in found}
    standing = dict(_standing(account, subnets))
    roles: dict[str, Role] = {}
    for arn, owner in agents.items():
        for name in _bearers(account, arn):
            if isinstance(name, str):
                roles[name] = _role(account, name, owner, arn)
    for name in sorted({*_asked(account, ROLE, "RoleName"), *standing}):
        if account.gone(ROLE, "RoleName", name):
            continue
        answer = account.about(ROLE, "RoleName", name)
        if isinstance(answer, Doubt):
            boundary: Ref | None = answer
            tagged: str | Doubt | None = answer
        else:
            written = answer.at("Role", "PermissionsBoundary")
            boundary = None if written.absent else written.at("PermissionsBoundaryArn").needed_text()
            tagged = agent_of(answer.at("Role"))
        agent = standing.get(name) or tagged
        if agent is None and isinstance(boundary, str):
            agent = agents.get(boundary)
        if name in roles and isinstance(boundary, Doubt):
            continue
        if agent is not None or boundary is not None:
            roles[name] = _role(account, name, agent, boundary)
    return tuple(roles.values())


def _role(account: Account, name: str, agent: str | Doubt | None, boundary: Ref | None) -> Role:
    unread = boundary if isinstance(boundary, Doubt) else None
    return Role(id=name, origin=account.origin(name), maybe=unread, agent=agent, boundary=boundary)


def lost(account: Account) -> Iterator[tuple[str, Doubt]]:
    """What keeps the list of roles from being whole."""
    for one in account.snapshot.unread_of(PROFILE):
        if one.code not in GONE:
            yield "roles", Doubt(str(one), account.path(account.vpc))
    known, borne = _asked(account, ENTITIES, "PolicyArn"), frozenset(_borne(account))
    for arn in _asked(account, POLICY, "PolicyArn"):
        # Nobody asks who else bears the boundary that a role turned out to have: it is none of the stack's.
        apart = arn in borne and arn not in known
        for role in () if apart or account.gone(POLICY, "PolicyArn", arn) else _bearers(account, arn):
            if isinstance(role, Doubt):
                yield "roles", role


def _borne(account: Account) -> Iterator[str]:
    """The boundaries that roles were found to have."""
    for answer in account.snapshot.answers_to(ROLE):
        role = account.property(dict(answer.result), account.vpc).at("Role")
        arn = role.at("PermissionsBoundary", "PermissionsBoundaryArn").text()
        if isinstance(arn, str):
            yield arn


def _bearers(account: Account, arn: str) -> tuple[str | Doubt, ...]:
    """The roles that a boundary caps, by name; a doubt for those that were not read."""
    entities = account.about(ENTITIES, "PolicyArn", arn)
    if isinstance(entities, Doubt):
        return (entities,)
    return tuple(item.at("RoleName").needed_text() for item in elements(entities.at("PolicyRoles")))


def _standing(account: Account, subnets: Iterable[Subnet]) -> Iterator[tuple[str, str]]:
    """The roles of instances and functions in agents' subnets, each with the agent."""
    agents = {subnet.id: subnet.agent for subnet in subnets if isinstance(subnet.agent, str) and subnet.role == "agent"}
    for subnet, role in (*_of_instances(account), *_of_functions(account)):
        if subnet in agents:
            yield role, agents[subnet]


def _of_instances(account: Account) -> Iterator[tuple[str, str]]:
    """(subnet, role) of every instance with a profile, for each of its interfaces."""
    seats = [
        (machine, place)
        for _, one in account.listed("ec2:DescribeNetworkInterfaces")
        if isinstance(machine := one.at("Attachment", "InstanceId").text(), str)
        and isinstance(place := one.at("SubnetId").text(), str)
    ]
    for reservation in account.snapshot.items("ec2:DescribeInstances", "Reservations"):
        for instance in account.property(dict(reservation), account.vpc).at("Instances").items():
            profile = instance.at("IamInstanceProfile", "Arn").text()
            machine = instance.at("InstanceId").text()
            for role in _of_profile(account, profile) if isinstance(profile, str) else ():
                yield from ((place, role) for name, place in seats if name == machine)


def _of_profile(account: Account, arn: str) -> Iterator[str]:
    answer = account.about(PROFILE, "InstanceProfileName", arn.rpartition("/")[2])
    if isinstance(answer, Property):
        for one in answer.at("InstanceProfile", "Roles").items():
            name = one.at("RoleName").text()
            if isinstance(name, str):
                yield name


def _of_functions(account: Account) -> Iterator[tuple[str, str]]:
    for item in account.snapshot.items("lambda:ListFunctions", "Functions"):
        function = account.property(dict(item), account.vpc)
        role = function.at("Role").text()
        if isinstance(role, str):
            for place in function.at("VpcConfig", "SubnetIds").texts():
                if isinstance(place, str):
                    yield place, role.rpartition("/")[2]
