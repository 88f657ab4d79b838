"""S3: buckets and who may use them."""

from __future__ import annotations

import json
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import s3_backends

from tests.aws.local.cloudformation.iam import document
from tests.aws.local.cloudformation.model import Made, Model
from tests.aws.local.cloudformation.properties import Properties

UNENCRYPTED = {"Bool": {"aws:SecureTransport": "false"}}


class Bucket(Model, kind="AWS::S3::Bucket"):
    def create(self, wanted: Properties) -> Made:
        name = wanted.get("BucketName") or self.place.name(longest=63).lower()
        region = self.place.region
        self.aws(
            "s3:CreateBucket",
            Bucket=name,
            CreateBucketConfiguration=None if region == "us-east-1" else {"LocationConstraint": region},
        )
        self._settle(name, wanted)
        return Made(
            name,
            {
                "Arn": f"arn:aws:s3:::{name}",
                "DomainName": f"{name}.s3.amazonaws.com",
                "RegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
            },
        )

    def update(self, wanted: Properties) -> Made:
        # What is set is set anew; what went away is not read here, and so refused.
        self._settle(self.made.id, wanted)
        return self.made

    def delete(self) -> None:
        self.aws("s3:DeleteBucket", Bucket=self.made.id)

    def _settle(self, name: str, wanted: Properties) -> None:
        if "AccessControl" in wanted:
            self.aws("s3:PutBucketAcl", Bucket=name, ACL=_kebab(wanted["AccessControl"]))
        if "BucketEncryption" in wanted:
            self.aws(
                "s3:PutBucketEncryption",
                Bucket=name,
                ServerSideEncryptionConfiguration={"Rules": _encryption(wanted.part("BucketEncryption"))},
            )
        if "PublicAccessBlockConfiguration" in wanted:
            self.aws("s3:PutPublicAccessBlock", Bucket=name, **wanted.only("PublicAccessBlockConfiguration"))
        if "OwnershipControls" in wanted:
            self.aws("s3:PutBucketOwnershipControls", Bucket=name, **wanted.only("OwnershipControls"))
        if "VersioningConfiguration" in wanted:
            self.aws("s3:PutBucketVersioning", Bucket=name, **wanted.only("VersioningConfiguration"))
        if "LifecycleConfiguration" in wanted:
            rules = [_rule(rule) for rule in wanted.part("LifecycleConfiguration").parts("Rules")]
            self.aws("s3:PutBucketLifecycleConfiguration", Bucket=name, LifecycleConfiguration={"Rules": rules})
        if "Tags" in wanted:
            # moto refuses tags that begin with aws:, as AWS does from anyone but itself; CloudFormation's do.
            buckets = s3_backends[self.place.account]["aws"]
            tags = {tag["Key"]: tag["Value"] for tag in wanted["Tags"]}
            buckets.put_bucket_tagging(name, tags)


def _kebab(name: str) -> str:
    """A canned ACL as S3 spells it: ``BucketOwnerRead`` is ``bucket-owner-read``."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")


def _encryption(wanted: Properties) -> list[dict[str, Any]]:
    return [
        {"ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"], **rule.only("BucketKeyEnabled")}
        for rule in wanted.parts("ServerSideEncryptionConfiguration")
    ]


def _rule(rule: Properties) -> dict[str, Any]:
    """A rule of a lifecycle, whose members S3 groups otherwise than CloudFormation."""
    expiration = {"Expiration": {"Days": rule["ExpirationInDays"]}} if "ExpirationInDays" in rule else {}
    return {
        "ID": rule["Id"],
        "Status": rule["Status"],
        "Filter": {"Prefix": rule.get("Prefix", "")},
        **expiration,
        **rule.only("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"),
    }


def permission(bucket: Any, action: str, resource: str) -> Any:
    """What a bucket's policy says to an action. moto does not read conditions, and so refuses everything to a bucket
    that refuses what is not encrypted; calls of the local AWS count as encrypted, as those of AWS's clients are.
    """
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    policy = json.loads(bucket.policy)
    policy["Statement"] = [each for each in policy["Statement"] if each.get("Condition") != UNENCRYPTED]
    return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)


class BucketPolicy(Model, kind="AWS::S3::BucketPolicy"):
    def create(self, wanted: Properties) -> Made:
        self._put(wanted)
        return Made(wanted["Bucket"])

    def update(self, wanted: Properties) -> Made:
        self._put(wanted)
        return self.made

    def delete(self) -> None:
        self.aws("s3:DeleteBucketPolicy", Bucket=self.made.id)

    def _put(self, wanted: Properties) -> None:
        self.aws("s3:PutBucketPolicy", Bucket=wanted["Bucket"], Policy=document(wanted["PolicyDocument"]))
