"""EventBridge: rules and where they deliver."""

from __future__ import annotations

import json
from typing import Any

from tests.aws.local.cloudformation.model import Made, Model
from tests.aws.local.cloudformation.properties import Properties


class Rule(Model, kind="AWS::Events::Rule"):
    def create(self, wanted: Properties) -> Made:
        name = wanted.get("Name") or self.place.name(longest=64)
        arn = self._put(name, wanted, Tags=wanted.get("Tags"))
        self._deliver(name, wanted)
        return Made(name, {"Arn": arn, "RuleName": name})

    def update(self, wanted: Properties) -> Made:
        self._put(self.made.id, wanted)
        keep = {target["Id"] for target in wanted.get("Targets", [])}
        if gone := [target["Id"] for target in self.before.get("Targets", []) if target["Id"] not in keep]:
            self.aws("events:RemoveTargets", Rule=self.made.id, Ids=gone)
        self._deliver(self.made.id, wanted)
        return self.made

    def delete(self) -> None:
        if targets := self.before.get("Targets", []):
            self.aws("events:RemoveTargets", Rule=self.made.id, Ids=[target["Id"] for target in targets])
        self.aws("events:DeleteRule", Name=self.made.id)

    def _put(self, name: str, wanted: Properties, **more: Any) -> str:
        pattern = wanted.get("EventPattern")
        made = self.aws(
            "events:PutRule",
            Name=name,
            EventPattern=pattern if pattern is None else json.dumps(pattern),
            **wanted.only("Description", "ScheduleExpression", "State", "RoleArn"),
            **more,
        )
        arn: str = made["RuleArn"]
        return arn

    def _deliver(self, name: str, wanted: Properties) -> None:
        if targets := wanted.get("Targets", []):
            self.aws("events:PutTargets", Rule=name, Targets=targets)
