"""``AgentPerimeter``: a network as CDK constructs, and where in it each agent's workload goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path

from aws_cdk import Annotations
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from agent_perimeter.files import read_policies
from agent_perimeter.finding import Finding, Severity
from agent_perimeter.network import LogKind, Network
from agent_perimeter.perimeter import design
from agent_perimeter.settings import Settings
from agent_perimeter_cdk.acls import render_acls
from agent_perimeter_cdk.boundaries import render_boundaries
from agent_perimeter_cdk.default_group import close_default_group
from agent_perimeter_cdk.dns import render_dns, render_query_log
from agent_perimeter_cdk.endpoints import render_endpoints
from agent_perimeter_cdk.firewall import render_firewall_policy, render_firewalls
from agent_perimeter_cdk.groups import render_groups
from agent_perimeter_cdk.logs import LogGroups, render_flow_log
from agent_perimeter_cdk.places import places, render_parameters
from agent_perimeter_cdk.prefix_lists import PrefixLists
from agent_perimeter_cdk.refs import Refs
from agent_perimeter_cdk.vpc import render_gateways, render_routes, render_subnets, render_vpc


class PolicyRefused(Exception):
    """The policies or settings have errors. ``findings`` holds them all; the text is one line for each error."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings if finding.is_error))


@dataclass(frozen=True, slots=True)
class AgentPlacement:
    """What a workload needs to run as an agent: its subnets, its security group and its role's boundary.

    The security group takes no further rules: what an agent may reach is its policy's to say.
    """

    agent: str
    subnets: tuple[ec2.ISubnet, ...]
    security_group: ec2.ISecurityGroup
    boundary: iam.IManagedPolicy

    @property
    def subnet_selection(self) -> ec2.SubnetSelection:
        """The subnets as most of the CDK's constructs ask for them."""
        return ec2.SubnetSelection(subnets=list(self.subnets))

    def apply(self, role: iam.IRole) -> None:
        """Put the role, and every role below it in the tree, under the agent's boundary."""
        iam.PermissionsBoundary.of(role).apply(self.boundary)


class AgentPerimeter(Construct):
    """A perimeter of agents, rendered one to one from its network.

    ``prefix_lists`` gives ids of AWS-managed prefix lists by service, where our table lacks the
    stack's region (``Settings.prefix_lists``). Raises ``ValueError`` for a network that cannot be
    rendered, such as one whose records refer to something that is not there.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, network: Network, prefix_lists: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(scope, construct_id)
        self.network = network
        self._refs = refs = Refs(network)
        close_default_group(self, render_vpc(self, network.vpc, refs), refs)
        render_acls(self, network.acls, refs)
        render_subnets(self, network, refs)
        render_groups(
            self, network.security_groups, PrefixLists(self, network.security_groups, prefix_lists or {}), refs
        )
        logs = LogGroups(self, network.logs, network.log_key, refs)
        for log in logs.of(LogKind.VPC_FLOW):
            render_flow_log(self, log, logs, refs)
        for log in logs.of(LogKind.DNS_QUERY):
            render_query_log(self, log, logs, refs)
        association = render_dns(self, network.dns_firewall, refs)
        attachment = render_gateways(self, network.internet_gateway, network.nat_gateways, refs)
        if network.firewall_policy is not None:
            render_firewall_policy(self, network.firewall_policy, network.dns_firewall.id, association, refs)
            render_firewalls(self, network.firewalls, network.firewall_policy, logs, refs)
        render_routes(self, network.route_tables, attachment, refs)
        render_endpoints(self, network.endpoints, refs)
        render_boundaries(self, network.boundaries, refs)
        self._places = places(network)
        self.published: Mapping[str, Mapping[str, str]] = {
            agent: place.published(refs) for agent, place in self._places.items()
        }
        """For each agent what its SSM parameters say: ``subnets`` (with commas), ``security-group``, ``boundary``."""
        render_parameters(self, self.published, refs)

    @classmethod
    def from_policies(
        cls,
        scope: Construct,
        construct_id: str,
        *,
        policies: str | Path | None = None,
        settings: Settings | None = None,
        today: date | None = None,
    ) -> AgentPerimeter:
        """The perimeter of a policy file, or of a folder of them (``Settings.policies``, ``policies/``, by default).

        ``today`` decides which rules have expired; it is the current day (UTC) where it is not given.
        Warnings become the CDK's, notes are left to ``agent-perimeter check``. Raises
        ``PolicyRefused`` for policies with errors and ``UsageError`` where the files cannot be read.
        """
        settings = settings or Settings()
        designed = design(read_policies([policies or settings.policies]), settings, today or datetime.now(UTC).date())
        if designed.network is None:
            raise PolicyRefused(designed.findings)
        perimeter = cls(scope, construct_id, network=designed.network, prefix_lists=settings.prefix_lists)
        for finding in designed.findings:
            if finding.severity is Severity.WARNING and finding.accepted is None:
                Annotations.of(perimeter).add_warning_v2(f"agent-perimeter:{finding.code.code}", str(finding))
        return perimeter

    @property
    def vpc_id(self) -> str:
        """The VPC's id."""
        return self._refs.vpc

    @cached_property
    def vpc(self) -> ec2.IVpc:
        """The VPC, for constructs that ask for one. Say the subnets too: it offers none by itself."""
        zones = sorted({subnet.zone for subnet in self.network.subnets})
        return ec2.Vpc.from_vpc_attributes(
            self,
            "imported/vpc",
            vpc_id=self.vpc_id,
            vpc_cidr_block=str(self.network.vpc.cidr),
            availability_zones=[self._refs.zone(zone) for zone in zones],
        )

    @cached_property
    def agents(self) -> Mapping[str, AgentPlacement]:
        """Where each agent's workload goes, by the agent's name."""
        return _Placements(self.network.agents, self._place)

    def _place(self, agent: str) -> AgentPlacement:
        refs, place = self._refs, self._places[agent]
        group, boundary = place.security_group, place.boundary
        return AgentPlacement(
            agent=agent,
            subnets=tuple(
                ec2.Subnet.from_subnet_attributes(
                    self,
                    f"imported/{subnet.id}",
                    subnet_id=refs[subnet.id],
                    availability_zone=refs.zone(subnet.zone),
                    ipv4_cidr_block=str(subnet.cidr),
                    route_table_id=refs[subnet.route_table],
                )
                for subnet in place.subnets
            ),
            security_group=ec2.SecurityGroup.from_security_group_id(
                self, f"imported/{group.id}", refs[group.id], mutable=False, allow_all_outbound=False
            ),
            boundary=iam.ManagedPolicy.from_managed_policy_arn(self, f"imported/{boundary.id}", refs[boundary.id]),
        )


class _Placements(Mapping[str, AgentPlacement]):
    """The placements, each made when it is first asked for: most apps place few of their agents."""

    def __init__(self, agents: tuple[str, ...], place: Callable[[str], AgentPlacement]) -> None:
        self._agents = agents
        self._place = place
        self._made: dict[str, AgentPlacement] = {}

    def __getitem__(self, agent: str) -> AgentPlacement:
        if agent not in self._agents:
            raise KeyError(f"no agent {agent!r} in this perimeter, which has {', '.join(self._agents) or 'none'}")
        if agent not in self._made:
            self._made[agent] = self._place(agent)
        return self._made[agent]

    def __iter__(self) -> Iterator[str]:
        return iter(self._agents)

    def __len__(self) -> int:
        return len(self._agents)
