"""The watch's own parts: what is tampering, what is not, and what cannot be known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from agent_perimeter.drift.codes import code_of
from agent_perimeter.drift.model import Alteration, Meaning
from agent_perimeter.drift.parts import Part, PartKind, tampered
from agent_perimeter.snapshot import Answer, Snapshot, Unread

STACK, WATCH = "AgentPerimeter-agents", "AgentPerimeterWatch-agents"
REGION = "eu-west-1"
FUNCTION_ARN = f"arn:aws:lambda:{REGION}:111122223333:function:watch-fn"
TOPIC_ARN = f"arn:aws:sns:{REGION}:111122223333:watch-topic"
DEPLOYED = "2026-11-22T12:00:00+00:00"

IDS = {
    "Function": "watch-fn",
    "Rule": "watch-rule",
    "OwnBus": "bus|watch-rule",
    "Schedule": "watch-schedule",
    "Alarm": "watch-alarm",
    "Topic": TOPIC_ARN,
    "Bucket": "watch-bucket",
    "Key": "k-1",
}

FUNCTION: dict[str, Any] = {
    "FunctionArn": FUNCTION_ARN,
    "Runtime": "python3.14",
    "Timeout": 120,
    "LastModified": "2026-11-22T11:59:58.000+0000",
}
ALARM: dict[str, Any] = {
    "AlarmName": "watch-alarm",
    "ActionsEnabled": True,
    "AlarmActions": [TOPIC_ARN],
    "Threshold": 1.0,
    "Dimensions": [{"Name": "Perimeter", "Value": "agents"}, {"Name": "FunctionName", "Value": "watch-fn"}],
}


def answer(call: str, result: Mapping[str, Any], **parameters: Any) -> Answer:
    service, _, operation = call.partition(":")
    return Answer(service, operation, parameters, result)


def subscription(protocol: str, endpoint: str, arn: str = f"{TOPIC_ARN}:1") -> dict[str, str]:
    return {"Protocol": protocol, "Endpoint": endpoint, "SubscriptionArn": arn}


def deployed(without: str = "", **statuses: str) -> Answer:
    rows = [
        {
            "LogicalResourceId": logical,
            "PhysicalResourceId": physical,
            "ResourceStatus": statuses.get(logical, "CREATE_COMPLETE"),
            "LastUpdatedTimestamp": DEPLOYED,
        }
        for logical, physical in IDS.items()
        if logical != without
    ]
    return answer("cloudformation:ListStackResources", {"StackResourceSummaries": rows}, StackName=WATCH)


def snapshot(*answers: Answer, unread: tuple[Unread, ...] = (), stack: Answer | None = None) -> Snapshot:
    """What AWS said of the watch; of the perimeter's own stack too, which is none of its parts."""
    perimeter = answer("cloudformation:ListStackResources", {"StackResourceSummaries": []}, StackName=STACK)
    listed = (perimeter, stack or deployed(), *answers)
    id_ = f"arn:aws:cloudformation:{REGION}:111122223333:stack/{STACK}/1-2"
    return Snapshot("2026-11-22T20:00:00+00:00", "111122223333", REGION, "aws", "vpc-1", id_, "agents", listed, unread)


def of_function(**changed: Any) -> Answer:
    return answer("lambda:GetFunctionConfiguration", FUNCTION | changed, FunctionName="watch-fn")


def of_rule(**changed: Any) -> Answer:
    return answer("events:DescribeRule", {"Name": "watch-rule", "State": "ENABLED"} | changed, Name="watch-rule")


def of_alarm(**changed: Any) -> Answer:
    return answer("cloudwatch:DescribeAlarms", {"MetricAlarms": [ALARM | changed]}, AlarmNames=["other", "watch-alarm"])


def said(kind: PartKind, logical: str, found: Snapshot, **attributes: str) -> list[str]:
    """What departs, in words."""
    departures = tampered((Part(kind, logical, tuple(attributes.items())),), found)
    for departure in departures:
        assert departure.meaning is Meaning.WEAKENS
        assert code_of(departure).code == "AP608"
        assert departure.certain
    return [str(departure.change) for departure in departures]


class TestAPart:
    @pytest.mark.parametrize(
        ("kind", "logical", "answers", "attributes"),
        [
            ("function", "Function", [of_function()], {"Runtime": "python3.14", "Timeout": "120"}),
            ("rule", "Rule", [of_rule(EventPattern='{"a": [1, 2]}')], {"State": "ENABLED", "EventPattern": '{"a":[1,2]}'}),
            (
                "rule",
                "Rule",
                [of_rule(), answer("events:ListTargetsByRule", {"Targets": [{"Id": "1", "Arn": FUNCTION_ARN}]}, Rule="watch-rule")],
                {"Targets": "${Function}"},
            ),
            ("rule", "OwnBus", [of_rule()], {"State": "ENABLED"}),
            ("rule", "Rule", [answer("events:DescribeRule", {"State": "DISABLED"}, Name="another"), of_rule()], {"State": "ENABLED"}),
            ("function", "Function", [of_function(DeadLetterConfig={"TargetArn": "q"})], {"DeadLetterConfig": '{"TargetArn": "q"}'}),
            (
                "schedule",
                "Schedule",
                [answer("scheduler:GetSchedule", {"Target": {"Arn": FUNCTION_ARN}, "FlexibleTimeWindow": {"Mode": "OFF"}}, Name="watch-schedule")],
                {"Target.Arn": "${Function}", "FlexibleTimeWindow.Mode": "OFF", "EndDate": "", "Target.No.Such": ""},
            ),
            (
                "alarm",
                "Alarm",
                [of_alarm()],
                {"ActionsEnabled": "true", "AlarmActions": "${Topic}", "Threshold": "1", "Dimensions": "FunctionName=${Function},Perimeter=agents"},
            ),
            (
                "topic",
                "Topic",
                [
                    answer("sns:GetTopicAttributes", {"Attributes": {"KmsMasterKeyId": "arn:aws:kms:eu-west-1:1:key/k-1"}}, TopicArn=TOPIC_ARN),
                    answer(
                        "sns:ListSubscriptionsByTopic",
                        {"Subscriptions": [subscription("email", "ops@example.com"), subscription("https", "https://hooks.example.com"), subscription("sqs", "arn:q")]},
                        TopicArn=TOPIC_ARN,
                    ),
                ],
                {"KmsMasterKeyId": "${Key}", "Subscriptions": "email:ops@example.com,https:https://hooks.example.com/token"},
            ),
            (
                "bucket",
                "Bucket",
                [
                    answer("s3:GetBucketVersioning", {"Status": "Enabled"}, Bucket="watch-bucket"),
                    answer("s3:GetPublicAccessBlock", {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}}, Bucket="watch-bucket"),
                ],
                {"Status": "Enabled", "BlockPublicAcls": "true"},
            ),
            ("key", "Key", [answer("kms:DescribeKey", {"KeyMetadata": {"KeyState": "Enabled"}}, KeyId="k-1")], {"KeyState": "Enabled"}),
        ],
    )  # fmt: skip
    def test_as_deployed_is_no_departure(
        self, kind: PartKind, logical: str, answers: list[Answer], attributes: dict[str, str]
    ) -> None:
        assert said(kind, logical, snapshot(*answers), **attributes) == []

    @pytest.mark.parametrize(
        ("kind", "logical", "answers", "attributes", "words"),
        [
            ("rule", "Rule", [of_rule(State="DISABLED")], {"State": "ENABLED"}, "watch rule watch-rule: State is DISABLED, was ENABLED"),
            (
                "rule",
                "Rule",
                [of_rule(EventPattern='{"a":[1]}')],
                {"EventPattern": '{"a":[1,2]}'},
                'watch rule watch-rule: EventPattern is {"a":[1]}, was {"a":[1,2]}',
            ),
            (
                "rule",
                "Rule",
                [of_rule(EventPattern="no JSON")],
                {"EventPattern": "{}"},
                "watch rule watch-rule: EventPattern is no JSON, was {}",
            ),
            (
                "rule",
                "Rule",
                [of_rule(), answer("events:ListTargetsByRule", {"Targets": []}, Rule="watch-rule")],
                {"Targets": "${Function}"},
                "watch rule watch-rule: Targets is not set, was watch-fn",
            ),
            (
                "rule",
                "Rule",
                [of_rule(), answer("events:ListTargetsByRule", {"Targets": [{"Arn": f"{FUNCTION_ARN}-not"}]}, Rule="watch-rule")],
                {"Targets": "${Function}"},
                f"watch rule watch-rule: Targets is {FUNCTION_ARN}-not, was watch-fn",
            ),
            ("alarm", "Alarm", [of_alarm(ActionsEnabled=False)], {"ActionsEnabled": "true"}, "watch alarm watch-alarm: ActionsEnabled is false, was true"),
            ("alarm", "Alarm", [of_alarm(AlarmActions=[])], {"AlarmActions": "${Topic}"}, f"watch alarm watch-alarm: AlarmActions is not set, was {TOPIC_ARN}"),
            ("alarm", "Alarm", [of_alarm(Threshold=99.5)], {"Threshold": "1"}, "watch alarm watch-alarm: Threshold is 99.5, was 1"),
            ("alarm", "Alarm", [of_alarm(Dimensions=[{"Odd": 1}])], {"Dimensions": "A=b"}, 'watch alarm watch-alarm: Dimensions is {"Odd": 1}, was A=b'),
            (
                "topic",
                "Topic",
                [answer("sns:GetTopicAttributes", {"Attributes": {}}, TopicArn=TOPIC_ARN), answer("sns:ListSubscriptionsByTopic", {"Subscriptions": [subscription("email", "ops@example.com", "PendingConfirmation")]}, TopicArn=TOPIC_ARN)],
                {"Subscriptions": "email:ops@example.com"},
                f"watch topic {TOPIC_ARN}: Subscriptions is not set, was email:ops@example.com",
            ),
            (
                "bucket",
                "Bucket",
                [answer("s3:GetBucketVersioning", {}, Bucket="watch-bucket"), answer("s3:GetPublicAccessBlock", {}, Bucket="watch-bucket")],
                {"BlockPublicAcls": "true"},
                "watch bucket watch-bucket: BlockPublicAcls is not set, was true",
            ),
            (
                "function",
                "Function",
                [of_function(LastModified="2026-11-22T12:01:01.000+0000")],
                {},
                "watch function watch-fn: code or configuration is changed by another hand at 2026-11-22T12:01:01Z, was as CloudFormation left it at 2026-11-22T12:00:00Z",
            ),
        ],
    )  # fmt: skip
    def test_that_was_changed_departs(
        self, kind: PartKind, logical: str, answers: list[Answer], attributes: dict[str, str], words: str
    ) -> None:
        assert said(kind, logical, snapshot(*answers), **attributes) == [words]

    @pytest.mark.parametrize(
        ("kind", "logical", "found"),
        [
            pytest.param("rule", "Rule", snapshot(stack=deployed(without="Rule")), id="not in the stack's list"),
            pytest.param("rule", "Rule", snapshot(stack=deployed(Rule="DELETE_COMPLETE")), id="deleted by the stack"),
            pytest.param("alarm", "Alarm", snapshot(answer("cloudwatch:DescribeAlarms", {"MetricAlarms": []}, AlarmNames=["watch-alarm"])), id="not in AWS's list"),
            pytest.param(
                "rule",
                "Rule",
                snapshot(unread=(Unread("events", "DescribeRule", {"Name": "watch-rule"}, "ResourceNotFoundException", "", ""),)),
                id="not found",
            ),
        ],
    )  # fmt: skip
    def test_that_is_gone_departs(self, kind: PartKind, logical: str, found: Snapshot) -> None:
        (departure,) = tampered((Part(kind, logical, (("State", "ENABLED"),)),), found)
        assert departure.change is not None
        assert departure.change.alteration is Alteration.REMOVED
        assert departure.change.record in {logical, IDS[logical]}

    @pytest.mark.parametrize(
        ("kind", "logical", "found", "attributes"),
        [
            pytest.param(
                "rule",
                "Rule",
                snapshot(unread=(Unread("events", "DescribeRule", {"Name": "watch-rule"}, "AccessDenied", "", ""),)),
                {"State": "ENABLED"},
                id="AWS refused to say",
            ),
            pytest.param("rule", "Rule", snapshot(), {"State": "ENABLED"}, id="nobody asked"),
            pytest.param(
                "rule", "Rule", snapshot(of_rule()), {"Targets": "${Function}"}, id="one of two calls is missing"
            ),
            pytest.param(
                "function", "Function", snapshot(of_function(LastModified="soon")), {}, id="the time is no time"
            ),
            pytest.param(
                "function",
                "Function",
                snapshot(of_function(LastModified="2026-11-22T12:00:59")),
                {},
                id="the clocks may differ so much, and a time without a zone is UTC",
            ),
        ],
    )
    def test_that_is_not_known_is_passed_over(
        self, kind: PartKind, logical: str, found: Snapshot, attributes: dict[str, str]
    ) -> None:
        assert said(kind, logical, found, **attributes) == []


def test_a_stack_that_was_not_listed_says_nothing() -> None:
    unlisted = Snapshot("", "", REGION, "aws", "vpc-1", "", "agents")
    assert tampered((Part("rule", "Rule", ()),), unlisted) == ()


def test_a_list_that_is_none_has_nothing_in_it() -> None:
    odd = snapshot(stack=answer("cloudformation:ListStackResources", {"StackResourceSummaries": None}, StackName=WATCH))
    assert len(tampered((Part("rule", "Rule", ()),), odd)) == 1


def test_a_departure_says_where_it_stands() -> None:
    (departure,) = tampered((Part("rule", "Rule", (("State", "ENABLED"),)),), snapshot(of_rule(State="DISABLED")))
    assert departure.sentence == "the watch rule watch-rule: State is DISABLED, was ENABLED"
    assert departure.origin.path == "eu-west-1/watch-rule"
    assert json.dumps(departure.id)
