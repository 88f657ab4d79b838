"""What Security Hub is told: one finding for each departure, in the AWS Security Finding Format.

A departure has the same finding for as long as it stands. When it is gone the finding is archived and passed; Security
Hub leaves what people wrote about it (workflow, notes) alone, and sets its workflow to NEW should it come back.
https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format-syntax.html
"""

from __future__ import annotations

from typing import Final

from agent_perimeter.drift.model import Drift, Meaning
from agent_perimeter.forms import Json
from agent_perimeter.report.drift_remedy import remedy
from agent_perimeter.report.visible import visible
from agent_perimeter.watch.facts import short
from agent_perimeter.watch.ledger import Announcement, Kind
from agent_perimeter.watch.links import console

SEVERITIES: Final = {
    Meaning.WIDENS: "CRITICAL",
    Meaning.WEAKENS: "HIGH",
    Meaning.UNCLEAR: "MEDIUM",
    Meaning.NARROWS: "LOW",
    Meaning.COSMETIC: "INFORMATIONAL",
}
"""Something leaves; a layer is gone; nobody knows; an agent lost something; nothing."""

_CHECKS: Final = ("Software and Configuration Checks/AWS Security Best Practices/Network Reachability",)
"""What kind of finding it is, in the taxonomy of the format."""

_TYPES: Final = (
    ("sg-", "AwsEc2SecurityGroup", "security-group"),
    ("rtb-", "AwsEc2RouteTable", "route-table"),
    ("acl-", "AwsEc2NetworkAcl", "network-acl"),
    ("subnet-", "AwsEc2Subnet", "subnet"),
    ("vpc-", "AwsEc2Vpc", "vpc"),
    ("eni-", "AwsEc2NetworkInterface", "network-interface"),
    ("pcx-", "AwsEc2VpcPeeringConnection", "vpc-peering-connection"),
)
"""Prefixes of EC2's ids, the resource type of the format and the word in the ARN. All else is ``Other``."""


def finding(announcement: Announcement, drift: Drift, partition: str, now: str, report: str) -> dict[str, Json]:
    """The finding of one announcement. ``now`` is ISO 8601 in UTC and must not be older than the last one sent."""
    entry, departure = announcement.entry, announcement.departure
    closed = announcement.kind is Kind.CLOSED
    default = f"arn:{partition}:securityhub:{drift.region}:{drift.account}:product/{drift.account}/default"
    said = f"{entry.meaning}: {visible(entry.sentence)}"
    recommendation: dict[str, Json] = {
        "Text": short(remedy(departure), 512) if departure is not None else "Nothing: the departure is gone."
    }
    link = console(entry.record, drift.region)
    if link:
        recommendation["Url"] = link
    severity: dict[str, Json] = {"Label": SEVERITIES[entry.meaning]}
    fields: dict[str, Json] = {
        "perimeter": drift.perimeter or drift.vpc,
        "vpc": drift.vpc,
        "report": report,
        "agents": short(", ".join(departure.agents), 1024) if departure is not None else "",
    }
    return {
        "SchemaVersion": "2018-10-08",
        "Id": f"agent-perimeter/{drift.region}/{drift.account}/{drift.vpc}/{entry.id}",
        "ProductArn": default,
        "GeneratorId": f"agent-perimeter/{entry.meaning}",
        "AwsAccountId": drift.account,
        "Types": list(_CHECKS),
        "CreatedAt": entry.opened,
        "UpdatedAt": now,
        "Severity": dict(severity),
        # What a provider says of a finding that is there already; Security Hub sets the field above by it.
        "FindingProviderFields": {"Severity": dict(severity), "Types": list(_CHECKS)},
        "Title": short(f"Agent perimeter {said}", 256),
        "Description": short(_described(announcement), 1024),
        "Remediation": {"Recommendation": recommendation},
        "ProductFields": {name: value for name, value in fields.items() if value},
        "Resources": [_resource(entry.record or drift.vpc, drift, partition)],
        "Compliance": {"Status": "PASSED" if closed else "FAILED"},
        "Workflow": {"Status": "RESOLVED" if closed else "NEW"},
        "RecordState": "ARCHIVED" if closed else "ACTIVE",
    }


def _described(announcement: Announcement) -> str:
    """The sentence, the witness and who did it."""
    departure = announcement.departure
    rows = [visible(announcement.entry.sentence)]
    if departure is not None and departure.gaps:
        rows.append(f"Witness: {visible(str(departure.gaps[0].gap.witness))}")
    if departure is not None:
        rows += [f"By: {visible(actor.who)}, {actor.event}, {actor.when}" for actor in departure.actors]
    return ". ".join(rows)


def _resource(record: str, drift: Drift, partition: str) -> dict[str, Json]:
    place: dict[str, Json] = {"Partition": partition, "Region": drift.region}
    for prefix, type_, word in _TYPES:
        if record.startswith(prefix) and "/" not in record:
            return {"Type": type_, "Id": f"arn:{partition}:ec2:{drift.region}:{drift.account}:{word}/{record}", **place}
    return {"Type": "Other", "Id": short(record, 512), **place}
