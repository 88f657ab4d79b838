"""Logs of what left or was refused: flow logs, firewall logs, DNS query logs.

One that is listed and does not arrive anywhere has a destination that says so: it is as good as none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from agent_perimeter.lift.account.reading import Account, standing
from agent_perimeter.lift.account.sites import described_firewalls
from agent_perimeter.lift.logs import everything, firewall_destination, firewall_kind, normalised
from agent_perimeter.lift.properties import Property
from agent_perimeter.observed import Doubt, Log, LogKind

LOGGING = "network-firewall:DescribeLoggingConfiguration"
QUERY_LOG = "route53resolver:GetResolverQueryLogConfig"


def logs(account: Account) -> tuple[Log, ...]:
    """Every log, those too that AWS cannot deliver."""
    return (*_flows(account), *_of_firewalls(account), *_queries(account))


def lost(account: Account) -> Iterator[tuple[str, Doubt]]:
    """Firewalls whose logging was not read."""
    for arn, _ in described_firewalls(account):
        answer = account.about(LOGGING, "FirewallArn", arn)
        if isinstance(answer, Doubt):
            yield "logs", answer


def _flows(account: Account) -> Iterator[Log]:
    for name, log in account.listed("ec2:DescribeFlowLogs"):
        group, arn = log.at("LogGroupName"), log.at("LogDestination")
        yield Log(
            id=name,
            origin=account.origin(name),
            maybe=standing(log.at("FlowLogStatus"), settled={"active"}, over=()).maybe,
            kind=LogKind.FLOW,
            watched=log.at("ResourceId").needed_text(),
            destination=_nowhere(log.at("FlowLogStatus"), {"ACTIVE"})
            or _nowhere(log.at("DeliverLogsStatus"), {"SUCCESS"})
            or normalised((arn if group.absent else group).needed_text(), account.snapshot.account),
            everything=everything(log.at("TrafficType")),
        )


def _of_firewalls(account: Account) -> Iterator[Log]:
    for arn, _ in described_firewalls(account):
        answer = account.about(LOGGING, "FirewallArn", arn)
        if isinstance(answer, Doubt):
            continue
        for log in answer.at("LoggingConfiguration", "LogDestinationConfigs").items():
            kind = firewall_kind(log.at("LogType"))
            part = kind if isinstance(kind, str) else log.path.rpartition("/")[2]
            yield Log(
                id=f"{arn}/{part}",
                origin=account.origin(arn, part),
                maybe=log.maybe,
                kind=kind,
                watched=arn,
                destination=firewall_destination(log.at("LogDestination")),
            )


def _queries(account: Account) -> Iterator[Log]:
    for name, one in account.listed("route53resolver:ListResolverQueryLogConfigAssociations"):
        config = one.at("ResolverQueryLogConfigId").needed_text()
        answer = config if isinstance(config, Doubt) else account.about(QUERY_LOG, "ResolverQueryLogConfigId", config)
        yield Log(
            id=name,
            origin=account.origin(name),
            maybe=standing(one.at("Status"), settled={"active"}, over=()).maybe,
            kind=LogKind.DNS_QUERY,
            watched=one.at("ResourceId").needed_text(),
            destination=_nowhere(one.at("Status"), {"ACTIVE", "CREATING"})
            or _nowhere(one.at("Error"), {"NONE"})
            or (answer if isinstance(answer, Doubt) else _destination(account, answer)),
        )


def _destination(account: Account, answer: Property) -> str | Doubt:
    config = answer.at("ResolverQueryLogConfig")
    arrives = normalised(config.at("DestinationArn").needed_text(), account.snapshot.account)
    return _nowhere(config.at("Status"), {"CREATED", "CREATING"}) or arrives


def _nowhere(state: Property, works: Collection[str]) -> str | None:
    """Where a log goes that does not work: AWS says so in a word that is none of these."""
    word = state.text()
    return f"nowhere: its state is {word}" if isinstance(word, str) and word not in works else None
