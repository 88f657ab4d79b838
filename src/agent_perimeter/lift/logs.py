"""Logs of what left or was refused: flow logs, firewall logs, DNS query logs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from agent_perimeter.lift.firewalls import FIREWALL
from agent_perimeter.lift.properties import Property, top
from agent_perimeter.lift.resources import Resources, origin
from agent_perimeter.lift.vpc import SUBNET, VPC
from agent_perimeter.observed import Doubt, Log, LogKind

FLOW_LOG: Final = "AWS::EC2::FlowLog"
FIREWALL_LOG: Final = "AWS::NetworkFirewall::LoggingConfiguration"
QUERY_LOG: Final = "AWS::Route53Resolver::ResolverQueryLoggingConfig"
QUERY_LOG_ASSOCIATION: Final = "AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation"

_KINDS: Final = {"ALERT": LogKind.FIREWALL_ALERT, "FLOW": LogKind.FIREWALL_FLOW, "TLS": LogKind.FIREWALL_TLS}
_GROUP: Final = re.compile(r"arn:[^:]*:logs:[^:]*:(?P<account>[^:]*):log-group:(?P<name>[^:]+)(?::\*)?")


def logs(resources: Resources) -> tuple[Log, ...]:
    """Every log of a VPC, a subnet or a firewall. What nothing is sent to is no log."""
    return (*_flows(resources), *_of_firewalls(resources), *_queries(resources))


def _flows(resources: Resources) -> Iterator[Log]:
    for resource, properties in resources.of(FLOW_LOG):
        group, destination = properties.at("LogGroupName"), properties.at("LogDestination")
        yield Log(
            id=resource.id,
            origin=origin(resource),
            maybe=resource.maybe,
            kind=LogKind.FLOW,
            watched=resources.ref(properties.at("ResourceId"), VPC, SUBNET, "AWS::EC2::NetworkInterface"),
            destination=normalised((destination if group.absent else group).needed_text()),
            everything=everything(properties.at("TrafficType")),
        )


def _of_firewalls(resources: Resources) -> Iterator[Log]:
    for resource, properties in resources.of(FIREWALL_LOG):
        watched = resources.ref(properties.at("FirewallArn"), FIREWALL)
        for index, log in enumerate(properties.at("LoggingConfiguration", "LogDestinationConfigs").items()):
            yield Log(
                id=f"{resource.id}/{index}",
                origin=log.origin,
                maybe=resource.maybe or log.maybe,
                kind=firewall_kind(log.at("LogType")),
                watched=watched,
                destination=firewall_destination(log.at("LogDestination")),
            )


def _queries(resources: Resources) -> Iterator[Log]:
    for resource, properties in resources.of(QUERY_LOG_ASSOCIATION):
        written = properties.at("ResolverQueryLogConfigId")
        config = resources.pointee(written, QUERY_LOG)
        unknown = Doubt("this query log configuration is not in the assembly", written.path)
        yield Log(
            id=resource.id,
            origin=origin(resource),
            maybe=resource.maybe or (config.maybe if config else None),
            kind=LogKind.DNS_QUERY,
            watched=resources.ref(properties.at("ResourceId"), VPC),
            destination=normalised(top(config).at("DestinationArn").needed_text()) if config else unknown,
        )


def everything(kind: Property) -> bool | Doubt:
    """Whether a flow log of a VPC, which must say what it holds, holds accepted and refused traffic."""
    text = kind.needed_text()
    if isinstance(text, Doubt):
        return text
    unknown = Doubt(f"{text!r} is no kind of traffic of a flow log", kind.path)
    return {"ALL": True, "ACCEPT": False, "REJECT": False}.get(text.upper(), unknown)


def firewall_kind(kind: Property) -> LogKind | Doubt:
    """What a firewall's log tells (Network Firewall API, LogDestinationConfig)."""
    text = kind.needed_text()
    return text if isinstance(text, Doubt) else _KINDS.get(text, Doubt(f"{text!r} is no log of a firewall", kind.path))


def firewall_destination(written: Property) -> str | Doubt:
    """Where a firewall's log goes: a log group, a delivery stream, or a bucket with its prefix."""
    for key in ("logGroup", "deliveryStream"):
        if not written.at(key).absent:
            return normalised(written.at(key).needed_text())
    bucket, prefix = written.at("bucketName").needed_text(), written.at("prefix").text()
    if isinstance(bucket, Doubt) or isinstance(prefix, Doubt):
        return bucket if isinstance(bucket, Doubt) else prefix  # type: ignore[return-value]
    return f"{bucket}/{prefix}" if prefix else bucket


def normalised(destination: str | Doubt, account: str = "") -> str | Doubt:
    """A destination as it is compared: a log group of the account by its name, whether or not it was given as an ARN.

    One of another account is another one, whatever its name. ``account`` is empty where it is not known yet.
    """
    found = _GROUP.fullmatch(destination) if isinstance(destination, str) else None
    return found["name"] if found and found["account"] in ("", account) else destination
