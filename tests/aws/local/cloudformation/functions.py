"""Lambda: functions, who may invoke them, and what becomes of invocations that fail."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from tests.aws.local.cloudformation.model import Made, Model
from tests.aws.local.cloudformation.properties import Properties

CONFIGURATION = (
    *("Description", "Environment", "Handler", "LoggingConfig", "MemorySize", "Role", "Runtime", "Timeout"),
    *("DeadLetterConfig", "EphemeralStorage", "Layers", "TracingConfig"),
)


class Function(Model, kind="AWS::Lambda::Function"):
    def create(self, wanted: Properties) -> Made:
        made = self.aws(
            "lambda:CreateFunction",
            FunctionName=wanted.get("FunctionName") or self.place.name(longest=64),
            Code=_code(wanted.part("Code")),
            Tags={tag["Key"]: tag["Value"] for tag in wanted.get("Tags", [])},
            **wanted.only("Architectures", *CONFIGURATION),
        )
        return Made(made["FunctionName"], {"Arn": made["FunctionArn"]})

    def update(self, wanted: Properties) -> Made:
        old, new = (each.only("Code", "Architectures") for each in (self.before, wanted))
        if old != new:
            code = _code(wanted.part("Code"))
            architectures = wanted.only("Architectures")
            self.aws("lambda:UpdateFunctionCode", FunctionName=self.made.id, **code, **architectures)
        if self.before.only(*CONFIGURATION) != (configuration := wanted.only(*CONFIGURATION)):
            self.aws("lambda:UpdateFunctionConfiguration", FunctionName=self.made.id, **configuration)
        return self.made

    def delete(self) -> None:
        self.aws("lambda:DeleteFunction", FunctionName=self.made.id)


def _code(code: Properties) -> dict[str, Any]:
    """Inline source becomes index.py in an archive, as CloudFormation makes it; an asset is named by its object."""
    if "ZipFile" not in code:
        return code.only("S3Bucket", "S3Key", "S3ObjectVersion")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr("index.py", code["ZipFile"])
    return {"ZipFile": archive.getvalue()}


class Permission(Model, kind="AWS::Lambda::Permission"):
    def create(self, wanted: Properties) -> Made:
        statement = self.place.name(longest=100)
        self.aws(
            "lambda:AddPermission",
            StatementId=statement,
            **wanted.only("FunctionName", "Action", "Principal", "SourceArn", "SourceAccount", "PrincipalOrgID"),
        )
        return Made(statement, {"Id": statement})

    def delete(self) -> None:
        self.aws("lambda:RemovePermission", FunctionName=self.before["FunctionName"], StatementId=self.made.id)


class EventInvokeConfig(Model, kind="AWS::Lambda::EventInvokeConfig"):
    def create(self, wanted: Properties) -> Made:
        self._put(wanted)
        return Made(f"{wanted['FunctionName']}|{wanted['Qualifier']}")

    def update(self, wanted: Properties) -> Made:
        self._put(wanted)
        self.before.only("DestinationConfig", "MaximumEventAgeInSeconds", "MaximumRetryAttempts")
        return self.made

    def delete(self) -> None:
        self.aws("lambda:DeleteFunctionEventInvokeConfig", **self.before.only("FunctionName", "Qualifier"))

    def _put(self, wanted: Properties) -> None:
        self.aws(
            "lambda:PutFunctionEventInvokeConfig",
            **wanted.only("FunctionName", "Qualifier", "MaximumEventAgeInSeconds", "MaximumRetryAttempts"),
            **wanted.only("DestinationConfig"),
        )
