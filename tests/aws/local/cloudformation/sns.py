"""SNS: topics, who may use them, and who hears of them."""

from __future__ import annotations

from typing import Any

from tests.aws.local.cloudformation.iam import document
from tests.aws.local.cloudformation.model import Made, Model
from tests.aws.local.cloudformation.properties import Properties

ATTRIBUTES = ("DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig")


class Topic(Model, kind="AWS::SNS::Topic"):
    def create(self, wanted: Properties) -> Made:
        name = wanted.get("TopicName") or self.place.name(longest=256)
        made = self.aws("sns:CreateTopic", Name=name, Attributes=wanted.only(*ATTRIBUTES), Tags=wanted.get("Tags"))
        return Made(made["TopicArn"], {"TopicArn": made["TopicArn"], "TopicName": name})

    def update(self, wanted: Properties) -> Made:
        old, new = self.before.only(*ATTRIBUTES), wanted.only(*ATTRIBUTES)
        for name in sorted({*old, *new}):
            if old.get(name) != new.get(name):
                self._set(self.made.id, name, new.get(name, ""))
        return self.made

    def delete(self) -> None:
        self.aws("sns:DeleteTopic", TopicArn=self.made.id)

    def _set(self, topic: str, name: str, value: Any) -> None:
        self.aws("sns:SetTopicAttributes", TopicArn=topic, AttributeName=name, AttributeValue=value)


class TopicPolicy(Model, kind="AWS::SNS::TopicPolicy"):
    def create(self, wanted: Properties) -> Made:
        self._put(wanted)
        name = self.place.name()
        return Made(name, {"Id": name})

    def update(self, wanted: Properties) -> Made:
        self._put(wanted)
        return self.made

    def delete(self) -> None:
        """The policy goes with its topics: SNS has no operation that takes it away."""

    def _put(self, wanted: Properties) -> None:
        for topic in wanted["Topics"]:
            self.aws(
                "sns:SetTopicAttributes",
                TopicArn=topic,
                AttributeName="Policy",
                AttributeValue=document(wanted["PolicyDocument"]),
            )


class Subscription(Model, kind="AWS::SNS::Subscription"):
    def create(self, wanted: Properties) -> Made:
        made = self.aws("sns:Subscribe", ReturnSubscriptionArn=True, **wanted.only("TopicArn", "Protocol", "Endpoint"))
        return Made(made["SubscriptionArn"], {"Arn": made["SubscriptionArn"]})

    def delete(self) -> None:
        self.aws("sns:Unsubscribe", SubscriptionArn=self.made.id)
