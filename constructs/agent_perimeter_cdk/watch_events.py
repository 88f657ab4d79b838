"""Which of CloudTrail's events start a check at once (EventBridge user guide, events delivered via CloudTrail).

They need a trail that logs management events. IAM and other global services report in us-east-1 only, so elsewhere a
changed boundary waits for the schedule. A rule that is merely ENABLED is not given calls that read.

Three things are kept out on purpose. Calls that failed changed nothing. Data events, which a trail may log too, include
the watch's own writing and its own invocation: each check would start the next. And a source that does not begin with
``aws.`` can be anybody's: EventBridge keeps that prefix for AWS.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from aws_cdk import CfnResource

Pattern = dict[str, object]

PATTERN_LIMIT: Final = 2048
"""Characters of an event pattern by default (EventBridge quotas)."""

_EVENT: Final = "AWS API Call via CloudTrail"
_NETWORK: Final = (
    "ec2.amazonaws.com",
    "network-firewall.amazonaws.com",
    "route53profiles.amazonaws.com",
    "route53resolver.amazonaws.com",
    "vpc-lattice.amazonaws.com",
)
UNRELATED: Final = (
    *("AttachVolume", "CreateVolume", "DeleteVolume", "DetachVolume", "ModifyVolume", "ModifyVolumeAttribute"),
    *("CopySnapshot", "CreateSnapshot", "CreateSnapshots", "DeleteSnapshot", "ModifySnapshotAttribute"),
    *("ModifySnapshotTier", "RestoreSnapshotTier", "EnableFastSnapshotRestores", "DisableFastSnapshotRestores"),
    *("CopyImage", "CreateImage", "DeregisterImage", "ModifyImageAttribute", "RegisterImage", "CreateStoreImageTask"),
    *("CreateLaunchTemplate", "CreateLaunchTemplateVersion", "DeleteLaunchTemplate", "DeleteLaunchTemplateVersions"),
    *("ModifyLaunchTemplate", "CreateKeyPair", "DeleteKeyPair", "ImportKeyPair", "CreatePlacementGroup"),
    *("DeletePlacementGroup", "CreateTags", "DeleteTags", "TagResource", "UntagResource", "CreateCapacityReservation"),
    *("CancelCapacityReservation", "ModifyCapacityReservation", "MonitorInstances", "UnmonitorInstances"),
    *("RebootInstances", "SendDiagnosticInterrupt", "ReportInstanceStatus", "ModifyInstanceCreditSpecification"),
    *("ModifyInstanceEventStartTime", "ModifyInstanceMaintenanceOptions", "RegisterTargets", "DeregisterTargets"),
)
"""Frequent calls that change no packet's way: disks, images, templates, tags, what VPC Lattice's services lead to.

Whatever is not here starts a check.
"""

BOUNDARIES: Final = (
    *("AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile"),
    *("CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "SetDefaultPolicyVersion"),
    *("CreateRole", "DeleteRole", "DeleteRolePermissionsBoundary", "PutRolePermissionsBoundary"),
    *("CreateUser", "DeleteUser", "DeleteUserPermissionsBoundary", "PutUserPermissionsBoundary"),
)
"""What can move a boundary, or bring or free a bearer of one."""

TAMPERING: Final = (
    *("Add", "Create", "Delete", "Disable", "Enable", "Put", "Remove", "Schedule", "Set", "Subscribe"),
    *("Unsubscribe", "Update"),
)
"""How the names of calls begin that change a function, rule, schedule, alarm, topic, bucket or key."""


def network_changes() -> Pattern:
    """A change of the network, of any VPC: events do not say of which."""
    return _changes({"eventSource": list(_NETWORK), "eventName": [{"anything-but": list(UNRELATED)}]})


def boundary_changes() -> Pattern:
    """A change of a boundary or of who bears it."""
    return _changes({"eventSource": ["iam.amazonaws.com"], "eventName": list(BOUNDARIES)})


def tampering(
    *,
    function: CfnResource,
    named: Sequence[CfnResource],
    topic: CfnResource,
    bucket: CfnResource,
    key: CfnResource,
    stack: str,
    name: Callable[[CfnResource], str],
) -> Pattern:
    """A change of the watch itself. ``named`` are the rules and the schedule; ``name`` gives a resource's physical id.

    Alarms are known by the name that CloudFormation gives them, which begins with the stack's. A rule cannot name
    itself: whoever removes this one is seen by the schedule.
    """
    names = [name(resource) for resource in named]
    alarms = [{"prefix": f"{stack}-"}]
    return _changes(
        {
            "eventName": [{"prefix": verb} for verb in TAMPERING],
            "requestParameters": {
                "$or": [
                    {"functionName": [name(function), {"suffix": f":function:{name(function)}"}]},
                    {"name": names},
                    {"rule": names},
                    {"alarmName": alarms},
                    {"alarmNames": alarms},
                    {"topicArn": [name(topic)]},
                    {"subscriptionArn": [{"prefix": f"{name(topic)}:"}]},
                    {"bucketName": [name(bucket)]},
                    {"keyId": [name(key), {"suffix": f"key/{name(key)}"}]},
                ]
            },
        }
    )


def _changes(detail: Pattern) -> Pattern:
    return {
        "source": [{"prefix": "aws."}],
        "detail-type": [_EVENT],
        "detail": {"eventCategory": ["Management"], "errorCode": [{"exists": False}], **detail},
    }
