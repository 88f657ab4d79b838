"""CloudWatch Logs: log groups."""

from __future__ import annotations

from tests.aws.local.cloudformation.model import Made, Model
from tests.aws.local.cloudformation.properties import Properties


class LogGroup(Model, kind="AWS::Logs::LogGroup"):
    def create(self, wanted: Properties) -> Made:
        name = wanted.get("LogGroupName") or self.place.name()
        tags = {tag["Key"]: tag["Value"] for tag in wanted.get("Tags", [])}
        self.aws("logs:CreateLogGroup", logGroupName=name, kmsKeyId=wanted.get("KmsKeyId"), tags=tags or None)
        self._keep(name, wanted)
        # Fn::GetAtt ends in ":*", which is how IAM names a group's streams.
        return Made(name, {"Arn": self.place.arn("logs", f"log-group:{name}:*")})

    def update(self, wanted: Properties) -> Made:
        self._keep(self.made.id, wanted)
        if "RetentionInDays" in self.before and "RetentionInDays" not in wanted:
            self.aws("logs:DeleteRetentionPolicy", logGroupName=self.made.id)
            self.before.get("RetentionInDays")
        return self.made

    def delete(self) -> None:
        self.aws("logs:DeleteLogGroup", logGroupName=self.made.id)

    def _keep(self, name: str, wanted: Properties) -> None:
        if "RetentionInDays" in wanted:
            self.aws("logs:PutRetentionPolicy", logGroupName=name, retentionInDays=wanted["RetentionInDays"])
