"""EventBridge Scheduler: schedules."""

from __future__ import annotations

from typing import Any

from tests.aws.local.cloudformation.model import Made, Model
from tests.aws.local.cloudformation.properties import Properties

MEMBERS = (
    *("Description", "EndDate", "FlexibleTimeWindow", "GroupName", "KmsKeyArn", "ScheduleExpression"),
    *("ScheduleExpressionTimezone", "StartDate", "State", "Target"),
)


class Schedule(Model, kind="AWS::Scheduler::Schedule"):
    def create(self, wanted: Properties) -> Made:
        name = wanted.get("Name") or self.place.name(longest=64)
        made = self.aws("scheduler:CreateSchedule", Name=name, **wanted.only(*MEMBERS))
        return Made(name, {"Arn": made["ScheduleArn"]})

    def update(self, wanted: Properties) -> Made:
        self.before.only(*MEMBERS)  # what an update leaves out goes back to its default
        self.aws("scheduler:UpdateSchedule", Name=self.made.id, **wanted.only(*MEMBERS))
        return self.made

    def delete(self) -> None:
        group: dict[str, Any] = self.before.only("GroupName")
        self.aws("scheduler:DeleteSchedule", Name=self.made.id, **group)
