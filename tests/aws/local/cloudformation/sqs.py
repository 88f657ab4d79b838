"""SQS: queues and who may use them."""

from __future__ import annotations

from tests.aws.local.cloudformation.iam import document
from tests.aws.local.cloudformation.model import Made, Model
from tests.aws.local.cloudformation.properties import Properties

ATTRIBUTES = (
    *("DelaySeconds", "KmsMasterKeyId", "MaximumMessageSize", "MessageRetentionPeriod", "SqsManagedSseEnabled"),
    *("ReceiveMessageWaitTimeSeconds", "VisibilityTimeout"),
)


class Queue(Model, kind="AWS::SQS::Queue"):
    def create(self, wanted: Properties) -> Made:
        name = wanted.get("QueueName") or self.place.name(longest=80)
        tags = {tag["Key"]: tag["Value"] for tag in wanted.get("Tags", [])}
        url = self.aws("sqs:CreateQueue", QueueName=name, Attributes=wanted.only(*ATTRIBUTES), tags=tags)["QueueUrl"]
        return Made(url, {"Arn": self.place.arn("sqs", name), "QueueName": name, "QueueUrl": url})

    def update(self, wanted: Properties) -> Made:
        self.aws("sqs:SetQueueAttributes", QueueUrl=self.made.id, Attributes=wanted.only(*ATTRIBUTES))
        return self.made

    def delete(self) -> None:
        self.aws("sqs:DeleteQueue", QueueUrl=self.made.id)


class QueuePolicy(Model, kind="AWS::SQS::QueuePolicy"):
    def create(self, wanted: Properties) -> Made:
        self._put(wanted["Queues"], document(wanted["PolicyDocument"]))
        name = self.place.name()
        return Made(name, {"Id": name})

    def update(self, wanted: Properties) -> Made:
        self._put([url for url in self.before["Queues"] if url not in wanted["Queues"]], "")
        self._put(wanted["Queues"], document(wanted["PolicyDocument"]))
        return self.made

    def delete(self) -> None:
        self._put(self.before["Queues"], "")

    def _put(self, queues: list[str], policy: str) -> None:
        for url in queues:
            self.aws("sqs:SetQueueAttributes", QueueUrl=url, Attributes={"Policy": policy})
