"""One synthesis of the hand-written networks, shared by all tests of a session.

What imports aws_cdk is imported late: a conftest is read before anybody has told jsii its Node.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent_perimeter.network import Network, Topology
from tests.cdk.networks import whole_network

if TYPE_CHECKING:
    from tests.cdk.templates import Template


@pytest.fixture(scope="session")
def network() -> Network:
    return whole_network()


@pytest.fixture(scope="session")
def assembly(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three stacks: the whole network; the same under maintenance in a known region; and an isolated one."""
    from aws_cdk import App

    from agent_perimeter_cdk import AgentPerimeter
    from tests.cdk.templates import stack, synthesize

    def build(app: App) -> None:
        AgentPerimeter(stack(app, "whole"), "p", network=network)
        AgentPerimeter(stack(app, "maintained", "eu-central-1"), "p", network=maintained(network))
        AgentPerimeter(stack(app, "isolated"), "p", network=isolated(network))

    return synthesize(tmp_path_factory.mktemp("assembly"), build)


@pytest.fixture(scope="session")
def template(assembly: Path) -> Template:
    return read(assembly, "whole")


@pytest.fixture(scope="session")
def maintained_template(assembly: Path) -> Template:
    return read(assembly, "maintained")


@pytest.fixture(scope="session")
def isolated_template(assembly: Path) -> Template:
    return read(assembly, "isolated")


def read(assembly: Path, stack: str) -> Template:
    from tests.cdk.templates import Template

    return Template(assembly, stack, "p")


def maintained(network: Network) -> Network:
    """Protections off, resolved-IP validation off, logs under a key from elsewhere."""
    assert network.firewall_policy is not None
    return replace(
        network,
        firewalls=tuple(replace(firewall, protected=False) for firewall in network.firewalls),
        firewall_policy=replace(network.firewall_policy, resolved_ip=None),
        dns_firewall=replace(network.dns_firewall, mutation_protection=False),
        log_key="arn:aws:kms:eu-central-1:111122223333:key/1234abcd",
    )


def isolated(network: Network) -> Network:
    """No gateway, NAT or firewall, no route, no log of a firewall, no key."""
    return replace(
        network,
        topology=Topology.ISOLATED,
        subnets=tuple(subnet for subnet in network.subnets if subnet.role in {"agent", "endpoint"}),
        route_tables=tuple(
            replace(table, routes=()) for table in network.route_tables if table.role in {"agent", "endpoint"}
        ),
        internet_gateway=None,
        nat_gateways=(),
        firewalls=(),
        firewall_policy=None,
        logs=tuple(log for log in network.logs if "firewall" not in log.kind),
        log_key=None,
    )
