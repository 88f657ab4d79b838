"""KMS: keys and their aliases."""

from __future__ import annotations

from tests.aws.local.cloudformation.iam import document
from tests.aws.local.cloudformation.model import Made, Model
from tests.aws.local.cloudformation.properties import Properties


class Key(Model, kind="AWS::KMS::Key"):
    def create(self, wanted: Properties) -> Made:
        made = self.aws(
            "kms:CreateKey",
            Policy=document(wanted["KeyPolicy"]),
            Tags=[{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in wanted.get("Tags", [])],
            **wanted.only("Description", "KeySpec", "KeyUsage"),
        )["KeyMetadata"]
        self._rotate(made["KeyId"], wanted)
        return Made(made["KeyId"], {"Arn": made["Arn"], "KeyId": made["KeyId"]})

    def update(self, wanted: Properties) -> Made:
        policy = document(wanted["KeyPolicy"])
        self.aws("kms:PutKeyPolicy", KeyId=self.made.id, PolicyName="default", Policy=policy)
        self.aws("kms:UpdateKeyDescription", KeyId=self.made.id, Description=wanted.get("Description", ""))
        self._rotate(self.made.id, wanted)
        return self.made

    def delete(self) -> None:
        self.aws(
            "kms:ScheduleKeyDeletion", KeyId=self.made.id, PendingWindowInDays=self.before.get("PendingWindowInDays")
        )

    def _rotate(self, key: str, wanted: Properties) -> None:
        rotate = wanted.flag("EnableKeyRotation", default=False)
        self.aws("kms:EnableKeyRotation" if rotate else "kms:DisableKeyRotation", KeyId=key)


class Alias(Model, kind="AWS::KMS::Alias"):
    def create(self, wanted: Properties) -> Made:
        self.aws("kms:CreateAlias", **wanted.only("AliasName", "TargetKeyId"))
        return Made(wanted["AliasName"])

    def update(self, wanted: Properties) -> Made:
        self.aws("kms:UpdateAlias", AliasName=self.made.id, TargetKeyId=wanted["TargetKeyId"])
        return self.made

    def delete(self) -> None:
        self.aws("kms:DeleteAlias", AliasName=self.made.id)
