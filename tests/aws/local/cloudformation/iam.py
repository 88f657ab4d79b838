"""IAM: roles and policies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.aws.local.cloudformation.model import Made, Model
from tests.aws.local.cloudformation.properties import Properties

VERSIONS_KEPT = 5  # IAM's quota of versions of a policy


class Role(Model, kind="AWS::IAM::Role"):
    def create(self, wanted: Properties) -> Made:
        name = wanted.get("RoleName") or self.place.name(longest=64)
        made = self.aws(
            "iam:CreateRole",
            RoleName=name,
            AssumeRolePolicyDocument=document(wanted["AssumeRolePolicyDocument"]),
            **wanted.only("Path", "Description", "MaxSessionDuration", "PermissionsBoundary", "Tags"),
        )["Role"]
        self._put(name, _inline(wanted))
        for arn in wanted.get("ManagedPolicyArns", []):
            self.aws("iam:AttachRolePolicy", RoleName=name, PolicyArn=arn)
        return Made(name, {"Arn": made["Arn"], "RoleId": made["RoleId"]})

    def update(self, wanted: Properties) -> Made:
        trust = document(wanted["AssumeRolePolicyDocument"])
        if trust != document(self.before["AssumeRolePolicyDocument"]):
            self.aws("iam:UpdateAssumeRolePolicy", RoleName=self.made.id, PolicyDocument=trust)
        old, new = _inline(self.before), _inline(wanted)
        for name in set(old) - set(new):
            self.aws("iam:DeleteRolePolicy", RoleName=self.made.id, PolicyName=name)
        self._put(self.made.id, {name: text for name, text in new.items() if old.get(name) != text})
        attached, attach = self.before.get("ManagedPolicyArns", []), wanted.get("ManagedPolicyArns", [])
        for arn in set(attached) - set(attach):
            self.aws("iam:DetachRolePolicy", RoleName=self.made.id, PolicyArn=arn)
        for arn in set(attach) - set(attached):
            self.aws("iam:AttachRolePolicy", RoleName=self.made.id, PolicyArn=arn)
        self._bound(self.made.id, self.before.get("PermissionsBoundary"), wanted.get("PermissionsBoundary"))
        return self.made

    def delete(self) -> None:
        for name in _inline(self.before):
            self.aws("iam:DeleteRolePolicy", RoleName=self.made.id, PolicyName=name)
        for arn in self.before.get("ManagedPolicyArns", []):
            self.aws("iam:DetachRolePolicy", RoleName=self.made.id, PolicyArn=arn)
        self.aws("iam:DeleteRole", RoleName=self.made.id)

    def _put(self, role: str, policies: Mapping[str, str]) -> None:
        for name, text in policies.items():
            self.aws("iam:PutRolePolicy", RoleName=role, PolicyName=name, PolicyDocument=text)

    def _bound(self, role: str, old: str | None, new: str | None) -> None:
        if new and new != old:
            self.aws("iam:PutRolePermissionsBoundary", RoleName=role, PermissionsBoundary=new)
        if old and not new:
            self.aws("iam:DeleteRolePermissionsBoundary", RoleName=role)


class ManagedPolicy(Model, kind="AWS::IAM::ManagedPolicy"):
    def create(self, wanted: Properties) -> Made:
        made = self.aws(
            "iam:CreatePolicy",
            PolicyName=wanted.get("ManagedPolicyName") or self.place.name(),
            PolicyDocument=document(wanted["PolicyDocument"]),
            **wanted.only("Path", "Description"),
        )["Policy"]
        for role in wanted.get("Roles", []):
            self.aws("iam:AttachRolePolicy", RoleName=role, PolicyArn=made["Arn"])
        return Made(made["Arn"], {"PolicyArn": made["Arn"], "PolicyId": made["PolicyId"]})

    def update(self, wanted: Properties) -> Made:
        """A new document is a new version, made the default; where IAM's quota is full, the oldest makes room."""
        versions = self.aws("iam:ListPolicyVersions", PolicyArn=self.made.id)["Versions"]
        if len(versions) >= VERSIONS_KEPT:
            spare = [version for version in versions if not version["IsDefaultVersion"]]
            oldest = min(spare, key=lambda version: int(version["VersionId"].removeprefix("v")))
            self.aws("iam:DeletePolicyVersion", PolicyArn=self.made.id, VersionId=oldest["VersionId"])
        text = document(wanted["PolicyDocument"])
        self.aws("iam:CreatePolicyVersion", PolicyArn=self.made.id, PolicyDocument=text, SetAsDefault=True)
        return self.made

    def delete(self) -> None:
        for role in self.before.get("Roles", []):
            self.aws("iam:DetachRolePolicy", RoleName=role, PolicyArn=self.made.id)
        for version in self.aws("iam:ListPolicyVersions", PolicyArn=self.made.id)["Versions"]:
            if not version["IsDefaultVersion"]:
                self.aws("iam:DeletePolicyVersion", PolicyArn=self.made.id, VersionId=version["VersionId"])
        self.aws("iam:DeletePolicy", PolicyArn=self.made.id)


class InlinePolicy(Model, kind="AWS::IAM::Policy"):
    def create(self, wanted: Properties) -> Made:
        self._put(wanted)
        name = self.place.name()
        return Made(name, {"Id": name})

    def update(self, wanted: Properties) -> Made:
        self._remove(self.before, except_from=wanted.get("Roles", []))
        self._put(wanted)
        return self.made

    def delete(self) -> None:
        self._remove(self.before, except_from=[])

    def _put(self, wanted: Properties) -> None:
        text = document(wanted["PolicyDocument"])
        for role in wanted["Roles"]:
            self.aws("iam:PutRolePolicy", RoleName=role, PolicyName=wanted["PolicyName"], PolicyDocument=text)

    def _remove(self, before: Properties, except_from: list[str]) -> None:
        for role in before["Roles"]:
            if role not in except_from:
                self.aws("iam:DeleteRolePolicy", RoleName=role, PolicyName=before["PolicyName"])


def document(value: Any) -> str:
    """A policy document as the operations take it: the text that it is, or JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def _inline(wanted: Properties) -> dict[str, str]:
    return {policy["PolicyName"]: document(policy["PolicyDocument"]) for policy in wanted.parts("Policies")}
