"""The rules: what changes the perimeter or the watch starts a check, and nothing that the watch does itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import botocore.session
import pytest

from agent_perimeter_cdk.watch_events import BOUNDARIES, PATTERN_LIMIT, TAMPERING, UNRELATED
from tests.cdk.event_patterns import matches
from tests.cdk.templates import Template, Value, synthesize
from tests.cdk.watches import build

STACK = "plain"
RANDOM = "1A2B3C4D5E6F"


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesize(tmp_path_factory.mktemp("watches"), build)


@pytest.fixture(scope="module")
def patterns(assembly: Path) -> dict[str, Value]:
    """The patterns as deployed: references are what CloudFormation calls things."""
    template = Template(assembly, STACK, "p")
    return {
        path.removeprefix("change/"): _deployed(rule.raw["Properties"]["EventPattern"])
        for path, rule in template.of("Events::Rule").items()
    }


def _deployed(value: Value) -> Value:
    match value:
        case {"Ref": str(name)}:
            return physical(name)
        case {"Fn::Join": ["", parts]}:
            return "".join(_deployed(part) for part in parts)
        case dict():
            return {key: _deployed(item) for key, item in value.items()}
        case list():
            return [_deployed(item) for item in value]
        case _:
            return value


def physical(logical: str) -> str:
    """As long as CloudFormation makes it: 64 characters for a function, rule or schedule, a bucket 63."""
    if logical.startswith("ptopic"):
        return f"arn:aws-us-gov:sns:us-gov-west-1:111122223333:{STACK}-{logical}-{RANDOM}"
    if logical.startswith("pkey"):
        return "12345678-1234-1234-1234-123456789012"
    return f"{STACK}-{logical}-{RANDOM}".ljust(64, "x")[:64]


def event(source: str, name: str, parameters: Mapping[str, Value] | None = None, **detail: Value) -> dict[str, Value]:
    """A call as CloudTrail's event of it reaches the rules (CloudTrail user guide, record contents)."""
    return {
        "source": f"aws.{source}",
        "detail-type": "AWS API Call via CloudTrail",
        "detail": {
            "eventSource": f"{source}.amazonaws.com",
            "eventName": name,
            "eventCategory": "Management",
            "requestParameters": dict(parameters or {}),
            **detail,
        },
    }


def started(patterns: Mapping[str, Value], happened: Mapping[str, Value]) -> list[str]:
    return sorted(name for name, pattern in patterns.items() if matches(pattern, happened))


READS = ("Describe", "Get", "List", "Search", "BatchGet")


@pytest.mark.parametrize("service", ["ec2", "network-firewall", "route53resolver", "route53profiles", "vpc-lattice"])
def test_every_call_that_changes_a_network_starts_a_check(service: str, patterns: dict[str, Value]) -> None:
    """Those of a newer botocore too, unless somebody writes them down as unrelated."""
    operations = botocore.session.Session().get_service_model(service).operation_names
    silent = {
        name
        for name in operations
        if not name.startswith(READS) and started(patterns, event(service, name)) != ["network"]
    }
    assert silent == set(UNRELATED) & set(operations)


def test_what_is_unrelated_exists_and_moves_no_packet() -> None:
    known = {
        name
        for service in ("ec2", "network-firewall", "route53resolver", "route53profiles", "vpc-lattice")
        for name in botocore.session.Session().get_service_model(service).operation_names
    }
    assert set(UNRELATED) <= known
    assert len(set(UNRELATED)) == len(UNRELATED)
    words = (
        "Address",
        "Acl",
        "Cidr",
        "Endpoint",
        "Firewall",
        "Gateway",
        "Group",
        "Interface",
        "Peering",
        "Route",
        "Vpc",
    )
    assert [name for name in UNRELATED if any(word in name.replace("PlacementGroup", "") for word in words)] == []


def test_what_moves_a_boundary_starts_a_check(patterns: dict[str, Value]) -> None:
    operations = set(botocore.session.Session().get_service_model("iam").operation_names)
    assert set(BOUNDARIES) <= operations
    for name in BOUNDARIES:
        assert started(patterns, event("iam", name)) == ["boundaries"]
    assert {name for name in operations if "Boundary" in name or "PolicyVersion" in name} - {
        "GetPolicyVersion",
        "ListPolicyVersions",
    } <= set(BOUNDARIES)


TAMPERED: dict[str, tuple[str, str, dict[str, Value]]] = {
    "new code": ("lambda", "UpdateFunctionCode20150331v2", {"functionName": "<pfunction>"}),
    "new code, by ARN": (
        "lambda",
        "UpdateFunctionCode20150331v2",
        {"functionName": "arn:aws:lambda:eu-west-1:111122223333:function:<pfunction>"},
    ),
    "other environment": ("lambda", "UpdateFunctionConfiguration20150331v2", {"functionName": "<pfunction>"}),
    "nothing left to run on": ("lambda", "PutFunctionConcurrency20171031", {"functionName": "<pfunction>"}),
    "a function gone": ("lambda", "DeleteFunction20150331", {"functionName": "<pfunction>"}),
    "a rule off": ("events", "DisableRule", {"name": "<pchangenetwork>"}),
    "a rule with another pattern": ("events", "PutRule", {"name": "<pchangeboundaries>"}),
    "a rule without a target": ("events", "RemoveTargets", {"rule": "<pchangenetwork>"}),
    "a schedule off": ("scheduler", "UpdateSchedule", {"name": "<pschedule>"}),
    "a schedule gone": ("scheduler", "DeleteSchedule", {"name": "<pschedule>"}),
    "alarms that do nothing": ("monitoring", "DisableAlarmActions", {"alarmNames": ["other", "plain-palarmdrift-X"]}),
    "alarms gone": ("monitoring", "DeleteAlarms", {"alarmNames": ["plain-palarmsilence-X"]}),
    "another threshold": ("monitoring", "PutMetricAlarm", {"alarmName": "plain-palarmdrift-X"}),
    "a topic without its key": ("sns", "SetTopicAttributes", {"topicArn": "<ptopic>"}),
    "nobody hears": ("sns", "DeleteTopic", {"topicArn": "<ptopic>"}),
    "one who heard": ("sns", "Unsubscribe", {"subscriptionArn": "<ptopic>:0f8c1a2b-3c4d"}),
    "no versions": ("s3", "PutBucketVersioning", {"bucketName": "<pevidence>"}),
    "the evidence gone": ("s3", "DeleteBucket", {"bucketName": "<pevidence>"}),
    "a key off": ("kms", "DisableKey", {"keyId": "<pkey>"}),
    "a key off, by ARN": ("kms", "ScheduleKeyDeletion", {"keyId": "arn:aws:kms:eu-west-1:111122223333:key/<pkey>"}),
}


def filled(value: Value, template: Template) -> Value:
    """``<pfunction>`` as the physical id of the resource whose logical id begins so."""
    text = json.dumps(value)
    for logical in template.raw["Resources"]:
        text = text.replace(f"<{logical[:-8]}>", physical(logical))
    return json.loads(text)


@pytest.mark.parametrize(("source", "name", "parameters"), TAMPERED.values(), ids=TAMPERED.keys())
def test_tampering_with_the_watch_starts_a_check(
    source: str, name: str, parameters: dict[str, Value], patterns: dict[str, Value], assembly: Path
) -> None:
    ours = filled(parameters, Template(assembly, STACK, "p"))
    assert "<" not in json.dumps(ours)
    assert started(patterns, event(source, name, ours)) == ["watch"]
    theirs = json.loads(json.dumps(ours).replace("plain-", "other-").replace("12345678-", "87654321-"))
    assert started(patterns, event(source, name, theirs)) == []


HARMLESS = {
    "lambda": {"PublishLayerVersion", "PublishVersion"},
    "events": {"ActivateEventSource", "CancelReplay", "DeactivateEventSource", "DeauthorizeConnection", "StartReplay",
               "TestEventPattern"},
    "scheduler": set(),
    "cloudwatch": {"AssociateDatasetKmsKey", "DisassociateDatasetKmsKey", "StartMetricStreams", "StartOTelEnrichment",
                   "StopMetricStreams", "StopOTelEnrichment"},
    "sns": {"CheckIfPhoneNumberIsOptedOut", "ConfirmSubscription", "OptInPhoneNumber", "Publish", "PublishBatch",
            "VerifySMSSandboxPhoneNumber"},
    "s3": {"AbortMultipartUpload", "CompleteMultipartUpload", "CopyObject", "HeadBucket", "HeadObject", "RenameObject",
           "RestoreObject", "SelectObjectContent", "UploadPart", "UploadPartCopy", "WriteGetObjectResponse"},
    "kms": {"CancelKeyDeletion", "ConnectCustomKeyStore", "Decapsulate", "Decrypt", "DeriveSharedSecret",
            "DisconnectCustomKeyStore", "Encapsulate", "Encrypt", "ImportKeyMaterial", "ReEncrypt", "ReplicateKey",
            "RetireGrant", "RevokeGrant", "RotateKeyOnDemand", "Sign", "Verify", "VerifyMac"},
}  # fmt: skip
"""Calls that use these services, or change nothing that the watch stands on; what runs in a function is not here."""


@pytest.mark.parametrize("service", HARMLESS)
def test_the_verbs_are_those_that_change_what_the_watch_stands_on(service: str) -> None:
    """A newer botocore with another verb fails here until somebody looks at it."""
    names = set(botocore.session.Session().get_service_model(service).operation_names)
    other = {name for name in names if not name.startswith((*TAMPERING, *READS))}
    common = {"TagResource", "UntagResource"}
    of_a_run = {name for name in other if "DurableExecution" in name or name.startswith(("Invoke", "Generate"))}
    assert other - common - of_a_run == HARMLESS[service]


ITSELF = {
    "evidence, where a trail logs data events": ("s3", "PutObject", {"bucketName": "<pevidence>"}, "Data"),
    "what it remembers": ("s3", "GetObject", {"bucketName": "<pevidence>"}, "Data"),
    "its own invocation": ("lambda", "Invoke", {"functionName": "<pfunction>"}, "Data"),
    "its announcement": ("sns", "Publish", {"topicArn": "<ptopic>"}, "Data"),
    "encrypting the announcement": ("kms", "GenerateDataKey", {"keyId": "<pkey>"}, "Management"),
    "decrypting": ("kms", "Decrypt", {"keyId": "<pkey>"}, "Management"),
    "its event": ("events", "PutEvents", {}, "Management"),
    "Security Hub": ("securityhub", "BatchImportFindings", {}, "Management"),
    "its log": ("logs", "CreateLogStream", {"logGroupName": "<plog>"}, "Management"),
    "its reading": ("ec2", "DescribeVpcs", {}, "Management"),
}


@pytest.mark.parametrize(("source", "name", "parameters", "category"), ITSELF.values(), ids=ITSELF.keys())
def test_what_the_watch_does_starts_no_check(
    source: str, name: str, parameters: dict[str, Value], category: str, patterns: dict[str, Value], assembly: Path
) -> None:
    """Or each check would start the next. Calls that read are not given to a rule that is merely ENABLED."""
    ours = filled(parameters, Template(assembly, STACK, "p"))
    reads = name.startswith(READS)
    assert reads or started(patterns, event(source, name, ours, eventCategory=category)) == []


def test_a_call_that_failed_starts_no_check(patterns: dict[str, Value]) -> None:
    """Nor one that was only tried."""
    for code in ("Client.UnauthorizedOperation", "Client.DryRunOperation"):
        assert started(patterns, event("ec2", "CreateRoute", errorCode=code)) == []


def test_an_event_that_anybody_can_send_starts_no_check(patterns: dict[str, Value]) -> None:
    forged = {**event("ec2", "CreateRoute"), "source": "somebody.ec2"}
    assert started(patterns, forged) == []
    assert started(patterns, {**event("ec2", "CreateRoute"), "detail-type": "EC2 Instance State-change"}) == []


def test_a_rule_is_only_enabled_so_that_calls_that_read_do_not_reach_it(assembly: Path) -> None:
    rules = Template(assembly, STACK, "p").of("Events::Rule").values()
    assert {rule.properties["State"] for rule in rules} == {"ENABLED"}


def test_every_pattern_is_as_short_as_eventbridge_takes_it(patterns: dict[str, Value]) -> None:
    sizes = {name: len(json.dumps(pattern, separators=(",", ":"))) for name, pattern in patterns.items()}
    assert max(sizes.values()) <= PATTERN_LIMIT, sizes
