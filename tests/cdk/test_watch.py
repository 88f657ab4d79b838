"""``DriftWatch``: what it is made of, who may touch it, and what it carries."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent_perimeter.aws.permissions import TRAIL, read_actions
from agent_perimeter.files import UsageError
from agent_perimeter.lift.stored import StoredError, store
from agent_perimeter.settings import Settings
from agent_perimeter.watch.frozen import FILE, Frozen, thaw
from agent_perimeter_cdk import DriftWatch, PolicyRefused
from agent_perimeter_cdk.watch_asset import MODELS
from tests.cdk.templates import Template, Value, stack, synthesize
from tests.cdk.watches import KEY, NETWORK, STACK, TOPIC, build, policies


@pytest.fixture(scope="module")
def watches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesize(tmp_path_factory.mktemp("watches"), build)


@pytest.fixture(scope="module")
def plain(watches: Path) -> Template:
    return Template(watches, "plain", "p")


@pytest.fixture(scope="module")
def full(watches: Path) -> Template:
    return Template(watches, "full", "p")


@pytest.fixture(scope="module")
def quiet(watches: Path) -> Template:
    return Template(watches, "quiet", "p")


def asset(assembly: Path, template: Template) -> Path:
    key = template["function"].properties["Code"]["S3Key"]
    return assembly / f"asset.{key.removesuffix('.zip')}"


def frozen(assembly: Path, template: Template) -> Frozen:
    return thaw((asset(assembly, template) / FILE).read_text())


def statements(template: Template, role: str = "role") -> dict[str, Value]:
    found = [
        statement
        for policy in template[role].properties["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]
    assert len({statement["Sid"] for statement in found}) == len(found)
    return {statement["Sid"]: statement for statement in found}


# The function


def test_the_function_runs_the_handler_outside_any_vpc(plain: Template) -> None:
    function = plain["function"]
    assert function.without("Code", "Tags", "Description", "Environment") == {
        "Architectures": ["arm64"],
        "Handler": "agent_perimeter.handler.handler",
        "LoggingConfig": {"LogGroup": "<log>"},
        "MemorySize": 1024,
        "Role": "<role>.Arn",
        "Runtime": "python3.14",
        "Timeout": 120,
    }


def test_the_function_is_told_where_to_write_and_to_look_and_nothing_else(plain: Template, full: Template) -> None:
    told = {
        "AGENT_PERIMETER_BUCKET": "<evidence>",
        "AGENT_PERIMETER_TOPIC": "<topic>",
        "AGENT_PERIMETER_BUS": "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default",
        "AWS_DATA_PATH": "/var/task/models",
    }
    assert plain["function"].properties["Environment"]["Variables"] == told
    assert full["function"].properties["Environment"]["Variables"] == {**told, "AGENT_PERIMETER_SECURITY_HUB": "on"}


def test_an_event_that_fails_is_tried_again_and_then_kept(plain: Template) -> None:
    assert plain["function/events"].properties == {
        "FunctionName": "<function>",
        "Qualifier": "$LATEST",
        "MaximumEventAgeInSeconds": 3600,
        "MaximumRetryAttempts": 2,
        "DestinationConfig": {"OnFailure": {"Destination": "<dead-letters>.Arn"}},
    }


# What it carries


def test_the_asset_holds_the_package_the_models_and_what_was_frozen(watches: Path, plain: Template) -> None:
    folder = asset(watches, plain)
    assert {path.name for path in folder.iterdir()} == {"agent_perimeter", MODELS, FILE}
    assert {path.suffix for path in folder.rglob("*") if path.is_file()} == {".py", ".json"}


def test_what_is_frozen_is_what_was_given(watches: Path, full: Template) -> None:
    found = frozen(watches, full)
    assert (found.perimeter, found.stack, found.watch_stack, found.source) == ("prod", STACK, "full", "cdk.out")
    assert found.expected == NETWORK
    assert found.policies == policies()
    assert found.runtimes == (("coding-agent", ("lambda",)),)


def test_two_synths_make_the_same_asset(watches: Path, tmp_path: Path) -> None:
    again = synthesize(tmp_path, build)
    first = {path.relative_to(watches): path.read_bytes() for path in watches.rglob("*") if path.is_file()}
    second = {path.relative_to(again): path.read_bytes() for path in again.rglob("*") if path.is_file()}
    assert first == second


def test_another_network_is_another_asset(watches: Path, plain: Template, tmp_path: Path) -> None:
    from dataclasses import replace

    other = replace(NETWORK, vpcs=(replace(NETWORK.vpcs[0], dns_support=False),))
    synthesize(
        tmp_path,
        lambda app: DriftWatch(stack(app, "plain"), "p", stack=STACK, expected=other, policies=policies()),
    )
    assert asset(tmp_path, Template(tmp_path, "plain", "p")).name != asset(watches, plain).name


# What it holds itself to


def test_every_resource_that_can_be_tampered_with_is_a_part(watches: Path, full: Template) -> None:
    kinds = {
        "AWS::Lambda::Function": "function", "AWS::Events::Rule": "rule", "AWS::Scheduler::Schedule": "schedule",
        "AWS::CloudWatch::Alarm": "alarm", "AWS::SNS::Topic": "topic", "AWS::S3::Bucket": "bucket", "AWS::KMS::Key": "key",
    }  # fmt: skip
    wanted = {
        (kinds[resource["Type"]], logical)
        for logical, resource in full.raw["Resources"].items()
        if resource["Type"] in kinds
    }
    assert {(part.kind, part.logical_id) for part in frozen(watches, full).parts} == wanted
    assert len(wanted) == 15


def named(template: Template, text: str) -> str:
    """``${LogicalId}`` as the templates of these tests spell a reference."""
    for logical, path in template._paths.items():
        text = text.replace(f"${{{logical}}}", f"<{path}>")
    return text


def described(assembly: Path, template: Template) -> dict[str, dict[str, str]]:
    return {
        template._paths[part.logical_id]: {name: named(template, value) for name, value in part.attributes}
        for part in frozen(assembly, template).parts
    }


def test_a_part_says_what_the_template_says(watches: Path, full: Template) -> None:
    parts = described(watches, full)
    function, alarm = full["function"].properties, full["alarm/silence"].properties
    assert parts["function"] == {name: str(function[name]) for name in ("Handler", "MemorySize", "Runtime", "Timeout")}
    assert parts["schedule"] == {
        "EndDate": "",
        "FlexibleTimeWindow.Mode": "OFF",
        "ScheduleExpression": full["schedule"].properties["ScheduleExpression"],
        "StartDate": "",
        "State": "ENABLED",
        "Target.Arn": "<function>",
    }
    assert parts["alarm/silence"] == {
        "ActionsEnabled": "true",
        "AlarmActions": f"<topic>,{TOPIC}",
        "Dimensions": "Perimeter=prod",
        **{
            name: str(alarm[name])
            for name in ("ComparisonOperator", "EvaluationPeriods", "MetricName", "Namespace", "Period")
        },
        **{name: str(alarm[name]) for name in ("Statistic", "Threshold", "TreatMissingData")},
        "Unit": "",
    }
    assert parts["alarm/errors"]["Dimensions"] == "FunctionName=<function>"
    assert "Dimensions" not in parts["alarm/dead-letters"]
    assert parts["evidence"]["Status"] == "Enabled"
    assert parts["key"] == {"KeyState": "Enabled"}


def test_a_rule_is_held_to_the_pattern_that_was_deployed(watches: Path, full: Template) -> None:
    parts = described(watches, full)
    for name in ("network", "boundaries", "watch"):
        rule = full[f"change/{name}"].properties
        assert json.loads(parts[f"change/{name}"]["EventPattern"]) == rule["EventPattern"]
        assert (parts[f"change/{name}"]["State"], parts[f"change/{name}"]["Targets"]) == ("ENABLED", "<function>")


def test_the_topic_is_held_to_its_key_and_to_those_who_hear_of_it(
    watches: Path, full: Template, plain: Template
) -> None:
    """Of an endpoint its host alone, for that is all that is read back."""
    hears = "email:oncall@example.com,email:security@example.com,https:https://hooks.example.com"
    assert described(watches, full)["topic"] == {"KmsMasterKeyId": "<key>", "Subscriptions": hears}
    assert described(watches, plain)["topic"]["Subscriptions"] == ""


# What starts a check


def test_the_schedule_invokes_this_function_only(full: Template) -> None:
    schedule = full["schedule"].properties
    assert schedule["ScheduleExpression"] == "rate(5 minutes)"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert schedule["Target"] == {
        "Arn": "<function>.Arn",
        "RoleArn": "<schedule/role>.Arn",
        "Input": '{"source": "schedule"}',
        "RetryPolicy": {"MaximumEventAgeInSeconds": 300, "MaximumRetryAttempts": 2},
        "DeadLetterConfig": {"Arn": "<dead-letters>.Arn"},
    }
    allowed = {tuple(one["Action"]): one["Resource"] for one in statements(full, "schedule/role").values()}
    assert allowed == {("lambda:InvokeFunction",): ["<function>.Arn"], ("sqs:SendMessage",): ["<dead-letters>.Arn"]}
    (trusted,) = full["schedule/role"].properties["AssumeRolePolicyDocument"]["Statement"]
    assert trusted["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trusted["Condition"] == {"StringEquals": {"aws:SourceAccount": "${AWS::AccountId}"}}


def test_every_rule_reaches_the_function_and_may_invoke_it(plain: Template) -> None:
    rules = plain.of("Events::Rule")
    assert sorted(rules) == ["change/boundaries", "change/network", "change/watch"]
    for name, rule in rules.items():
        assert rule.properties["State"] == "ENABLED"
        (target,) = rule.properties["Targets"]
        assert target["Arn"] == "<function>.Arn"
        assert target["DeadLetterConfig"] == {"Arn": "<dead-letters>.Arn"}
        assert not {"Input", "InputPath", "InputTransformer"} & target.keys(), "who did it stands in the event"
        assert plain[f"{name}/permission"].properties == {
            "Action": "lambda:InvokeFunction",
            "FunctionName": "<function>",
            "Principal": "events.amazonaws.com",
            "SourceArn": f"<{name}>.Arn",
        }


def test_without_on_change_nothing_but_the_schedule_starts_a_check(quiet: Template) -> None:
    assert quiet.of("Events::Rule") == quiet.of("Lambda::Permission") == {}
    policy = quiet["dead-letters/policy"].properties["PolicyDocument"]["Statement"]
    assert [statement["Sid"] for statement in policy] == ["EncryptedOnly"]


# What it may do


def test_the_role_reads_what_the_calls_need_and_no_more(plain: Template, quiet: Template) -> None:
    read, _ = plain["role"].properties["Policies"]
    granted = {
        (statement["Sid"], tuple(statement["Action"]), tuple(statement["Resource"]))
        for statement in read["PolicyDocument"]["Statement"]
    }
    grants = {(grant.sid, grant.actions, grant.resources) for grant in read_actions()}
    assert granted == grants | {(TRAIL.sid, TRAIL.actions, TRAIL.resources)}
    assert TRAIL.sid not in statements(quiet)


def test_the_role_writes_its_own_outputs_and_no_others(full: Template, plain: Template) -> None:
    _, report = full["role"].properties["Policies"]
    written = {tuple(statement["Action"]): statement["Resource"] for statement in report["PolicyDocument"]["Statement"]}
    product = "arn:${AWS::Partition}:securityhub:${AWS::Region}:${AWS::AccountId}:product/${AWS::AccountId}/default"
    assert written == {
        ("s3:PutObject",): ["<evidence>.Arn/reports/*", "<evidence>.Arn/snapshots/*", "<evidence>.Arn/state/*"],
        ("s3:GetObject",): ["<evidence>.Arn/state/*"],
        ("s3:ListBucket",): ["<evidence>.Arn"],
        ("sns:Publish",): ["<topic>"],
        ("kms:Decrypt", "kms:GenerateDataKey"): ["<key>.Arn"],
        ("events:PutEvents",): ["arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default"],
        ("sqs:SendMessage",): ["<dead-letters>.Arn"],
        ("logs:CreateLogStream", "logs:PutLogEvents"): ["<log>.Arn"],
        ("securityhub:BatchImportFindings",): [product],
    }
    assert "TellSecurityHub" not in statements(plain)


def test_no_action_of_any_role_is_a_wildcard(full: Template) -> None:
    for role in ("role", "schedule/role"):
        assert [action for one in statements(full, role).values() for action in one["Action"] if "*" in action] == []
        assert {one["Effect"] for one in statements(full, role).values()} == {"Allow"}


# Where its findings go


def test_the_topic_is_encrypted_and_takes_the_alarms_of_this_stack(full: Template) -> None:
    assert full["topic"].properties["KmsMasterKeyId"] == "<key>"
    publish, encrypted = full["topic/policy"].properties["PolicyDocument"]["Statement"]
    alarms = "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:${AWS::StackName}-*"
    condition = {"StringEquals": {"aws:SourceAccount": "${AWS::AccountId}"}, "ArnLike": {"aws:SourceArn": alarms}}
    assert (publish["Principal"], publish["Condition"]) == ({"Service": "cloudwatch.amazonaws.com"}, condition)
    assert (encrypted["Effect"], encrypted["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    key = full["key"].properties
    assert key["EnableKeyRotation"] is True
    assert [one["Sid"] for one in key["KeyPolicy"]["Statement"]] == ["AccountAdministers", "AlarmsPublish"]
    assert key["KeyPolicy"]["Statement"][1]["Condition"] == condition


def test_whoever_is_named_is_subscribed(full: Template, plain: Template) -> None:
    found = [
        (one.properties["Protocol"], one.properties["Endpoint"], one.properties["TopicArn"])
        for one in full.of("SNS::Subscription").values()
    ]
    assert found == [
        ("email", "oncall@example.com", "<topic>"),
        ("email", "security@example.com", "<topic>"),
        ("https", "https://hooks.example.com/drift", "<topic>"),
    ]
    assert plain.of("SNS::Subscription") == {}


def test_the_evidence_is_private_versioned_and_kept(full: Template) -> None:
    bucket = full["evidence"]
    assert bucket.raw["DeletionPolicy"] == bucket.raw["UpdateReplacePolicy"] == "Retain"
    properties = bucket.properties
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(properties["PublicAccessBlockConfiguration"]) == 4
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    expires = {
        rule.get("Prefix"): rule.get("ExpirationInDays") for rule in properties["LifecycleConfiguration"]["Rules"]
    }
    assert expires == {"reports/": 3650, "snapshots/": 3650, None: None}, "what was announced never expires"
    (policy,) = full["evidence/policy"].properties["PolicyDocument"]["Statement"]
    assert policy["Resource"] == ["<evidence>.Arn", "<evidence>.Arn/*"]
    assert (policy["Effect"], policy["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_the_dead_letters_are_encrypted_and_come_from_the_rules(plain: Template) -> None:
    assert plain["dead-letters"].properties["SqsManagedSseEnabled"] is True
    delivers, encrypted = plain["dead-letters/policy"].properties["PolicyDocument"]["Statement"]
    assert delivers["Principal"] == {"Service": "events.amazonaws.com"}
    assert delivers["Condition"] == {
        "ArnEquals": {"aws:SourceArn": [f"<change/{name}>.Arn" for name in ("network", "boundaries", "watch")]}
    }
    assert encrypted["Effect"] == "Deny"


def test_the_log_outlives_the_watch_and_is_encrypted_as_the_settings_say(
    plain: Template, full: Template, quiet: Template
) -> None:
    assert plain["log"].raw["DeletionPolicy"] == "Retain"
    assert plain["log"].without("Tags") == {"RetentionInDays": 365}
    assert full["log"].without("Tags") == {"RetentionInDays": 731, "KmsKeyId": KEY}
    assert quiet["log"].properties["KmsKeyId"] == "<key>.Arn"
    assert quiet["key"].raw["DeletionPolicy"] == "Retain", "a log that is kept must be readable"
    assert [one["Sid"] for one in quiet["key"].properties["KeyPolicy"]["Statement"]][2:] == ["LogsEncrypt"]


# Who is called

ALARMS = {
    "drift": ("AgentPerimeter", "DriftOpen", "Maximum", 60, 1, 1, "GreaterThanOrEqualToThreshold", "ignore"),
    "incomplete": ("AgentPerimeter", "Incomplete", "Maximum", 60, 1, 1, "GreaterThanOrEqualToThreshold", "ignore"),
    "silence": ("AgentPerimeter", "Checks", "Sum", 300, 4, 1, "LessThanThreshold", "breaching"),
    "stopped": ("AWS/Lambda", "Invocations", "Sum", 300, 4, 1, "LessThanThreshold", "breaching"),
    "delivery": (
        "AgentPerimeter", "DeliveryFailed", "Sum", 300, 1, 1, "GreaterThanOrEqualToThreshold", "notBreaching",
    ),
    "errors": ("AWS/Lambda", "Errors", "Sum", 300, 1, 1, "GreaterThanOrEqualToThreshold", "notBreaching"),
    "dead-letters": (
        "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", 300, 1, 1, "GreaterThanOrEqualToThreshold",
        "notBreaching",
    ),
}  # fmt: skip


def test_there_is_an_alarm_for_each_way_to_fail(full: Template) -> None:
    names = ("Namespace", "MetricName", "Statistic", "Period", "EvaluationPeriods", "Threshold")
    also = ("ComparisonOperator", "TreatMissingData")
    found = full.of("CloudWatch::Alarm")
    assert {
        path.removeprefix("alarm/"): tuple(alarm.properties[name] for name in (*names, *also))
        for path, alarm in found.items()
    } == ALARMS
    for alarm in found.values():
        assert alarm.properties["ActionsEnabled"] is True
        assert alarm.properties["AlarmActions"] == alarm.properties["OKActions"] == ["<topic>", TOPIC]


def test_an_alarm_is_about_this_watch(full: Template) -> None:
    about = {path: alarm.properties["Dimensions"] for path, alarm in full.of("CloudWatch::Alarm").items()}
    assert about["alarm/drift"] == [{"Name": "Perimeter", "Value": "prod"}]
    assert about["alarm/errors"] == [{"Name": "FunctionName", "Value": "<function>"}]
    assert about["alarm/dead-letters"] == [{"Name": "QueueName", "Value": "<dead-letters>.QueueName"}]


def test_the_alarms_stand_on_figures_that_the_function_writes() -> None:
    from datetime import UTC, datetime

    from agent_perimeter.watch.lines import Run, metrics

    written = json.loads(metrics(None, Run("prod", "r"), datetime(2026, 11, 22, tzinfo=UTC)))
    (directive,) = written["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("AgentPerimeter", [["Perimeter"]])
    always = {metric["Name"] for metric in directive["Metrics"]}
    ours = {metric for namespace, metric, *_ in ALARMS.values() if namespace == "AgentPerimeter"}
    assert ours - always <= {"DriftOpen"}, "what a check that did not come about cannot count"


def test_the_longest_silence_is_one_that_cloudwatch_evaluates() -> None:
    """A day at most for periods below an hour, seven days from there on (PutMetricAlarm)."""
    from agent_perimeter.settings import WATCH

    minutes, periods = WATCH.key("every_minutes"), WATCH.key("silence_periods")
    assert minutes
    assert periods
    assert minutes.shape.high * periods.shape.high * 60 <= 86_400  # type: ignore[union-attr]


def test_the_dashboard_is_a_document_that_cloudwatch_reads(full: Template) -> None:
    body = json.loads(full["dashboard"].properties["DashboardBody"])
    assert [widget["type"] for widget in body["widgets"]] == ["alarm", "metric", "metric", "metric", "log"]
    assert len(body["widgets"][0]["properties"]["alarms"]) == len(ALARMS)
    assert all(widget["x"] + widget["width"] <= 24 for widget in body["widgets"])


# What is refused


def refused(**given: Value) -> str:
    from aws_cdk import App

    with pytest.raises((UsageError, PolicyRefused, StoredError)) as found:
        DriftWatch(stack(App(), "s"), "p", **{"stack": STACK, "expected": NETWORK, "policies": policies(), **given})
    return str(found.value)


def test_a_network_of_another_stack_is_refused() -> None:
    assert refused(stack="Other") == f"cdk.out: the network is of the stack {STACK}, and Other is to be watched"


def test_a_file_that_is_no_stored_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('{"Resources": {}}')
    assert "no stored network; write one with agent-perimeter verify --store" in refused(expected=tmp_path / "t.json")
    assert "cannot be read" in refused(expected=str(tmp_path / "none.json"))
    (tmp_path / "old.json").write_text('{"format": "agent-perimeter/network/1"}')
    assert "agent-perimeter/network/2" in refused(expected=tmp_path / "old.json")


def test_policies_with_errors_are_refused(tmp_path: Path) -> None:
    (tmp_path / "bot.yaml").write_text('version: 1\nnetwork_policy:\n  egress:\n    - domain: "*"\n')
    assert "bot.yaml:4" in refused(policies=tmp_path)


def test_an_app_of_somebody_s_own_gives_paths(tmp_path: Path) -> None:
    """The network as ``verify --store`` wrote it, and a folder of policies; the name is the settings' by default."""
    (tmp_path / "network.json").write_text(store(NETWORK, "cdk.out"))
    from tests.cdk.watches import ROOT

    synthesize(
        tmp_path / "out",
        lambda app: DriftWatch(
            stack(app, "s"),
            "p",
            stack=STACK,
            expected=tmp_path / "network.json",
            policies=ROOT / "policies",
            perimeter="theirs",
            settings=Settings(name="ours"),
        ),
    )
    template = Template(tmp_path / "out", "s", "p")
    found = frozen(tmp_path / "out", template)
    assert (found.expected, found.perimeter) == (NETWORK, "theirs")
    assert [policy.agent for policy in found.policies] == [policy.agent for policy in policies()]
    assert template["alarm/drift"].properties["Dimensions"] == [{"Name": "Perimeter", "Value": "theirs"}]


def test_the_role_s_policies_are_as_short_as_iam_takes_them(full: Template) -> None:
    """10,240 characters in all for the policies inside a role, white space aside (IAM quotas)."""
    text = json.dumps([one["PolicyDocument"] for one in full["role"].properties["Policies"]], separators=(",", ":"))
    filled = (
        text.replace("${AWS::Partition}", "aws-us-gov")
        .replace("${AWS::Region}", "ap-northeast-1")
        .replace("${AWS::AccountId}", "111122223333")
        .replace("<evidence>.Arn", f"arn:aws-us-gov:s3:::{'x' * 63}")
    )
    assert len(filled) <= 10_240 - 500, "and room for the longer names of other resources"
