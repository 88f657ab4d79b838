"""The logging configuration of a firewall, which changes by one destination at a time."""

from __future__ import annotations

import json

from moto.networkfirewall.responses import NetworkFirewallResponse

from tests.aws.local.errors import Refused
from tests.aws.local.network_firewall.firewalls import asked_firewall
from tests.aws.local.operations import Call, Fields, operation

network_firewall = operation(NetworkFirewallResponse)


@network_firewall
def describe_logging_configuration(call: Call) -> Fields:
    firewall = asked_firewall(call)
    return {
        "FirewallArn": firewall.arn,
        "LoggingConfiguration": {"LogDestinationConfigs": firewall.logs},
        "EnableMonitoringDashboard": firewall.dashboard,
    }


@network_firewall
def update_logging_configuration(call: Call) -> Fields:
    firewall = asked_firewall(call)
    wanted: list[Fields] = call.get("LoggingConfiguration", {}).get("LogDestinationConfigs", [])
    _check(firewall.logs, wanted)
    firewall.logs = wanted
    firewall.dashboard = call.get("EnableMonitoringDashboard", firewall.dashboard)
    return {
        "FirewallArn": firewall.arn,
        "FirewallName": firewall.name,
        "LoggingConfiguration": {"LogDestinationConfigs": firewall.logs},
        "EnableMonitoringDashboard": firewall.dashboard,
    }


def _check(now: list[Fields], wanted: list[Fields]) -> None:
    """One is added, one is removed, or the destination of one is changed: never two of these in one call."""
    types = [config["LogType"] for config in wanted]
    if len(types) != len(set(types)):
        raise Refused("InvalidRequestException", "There is one destination for a type of log")
    before, after = ({json.dumps(config, sort_keys=True) for config in configs} for configs in (now, wanted))
    gone, new = before - after, after - before
    changed = len(gone) == len(new) == 1 and _fixed(*gone) == _fixed(*new)
    if len(gone) + len(new) > 1 and not changed:
        raise Refused("InvalidRequestException", "Change one log destination at a time")


def _fixed(config: str) -> tuple[str, str]:
    read = json.loads(config)
    return read["LogType"], read["LogDestinationType"]
