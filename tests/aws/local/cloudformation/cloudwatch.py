"""CloudWatch: alarms and dashboards."""

from __future__ import annotations

from tests.aws.local.cloudformation.model import Made, Model
from tests.aws.local.cloudformation.properties import Properties

MEMBERS = (
    *("ActionsEnabled", "AlarmActions", "AlarmDescription", "ComparisonOperator", "DatapointsToAlarm", "Dimensions"),
    *("EvaluateLowSampleCountPercentile", "EvaluationPeriods", "ExtendedStatistic", "InsufficientDataActions"),
    *("MetricName", "Metrics", "Namespace", "OKActions", "Period", "Statistic", "Threshold", "ThresholdMetricId"),
    *("TreatMissingData", "Unit"),
)


class Alarm(Model, kind="AWS::CloudWatch::Alarm"):
    def create(self, wanted: Properties) -> Made:
        name = wanted.get("AlarmName") or self.place.name(longest=255)
        self.aws("cloudwatch:PutMetricAlarm", AlarmName=name, Tags=wanted.get("Tags"), **wanted.only(*MEMBERS))
        return Made(name, {"Arn": self.place.arn("cloudwatch", f"alarm:{name}")})

    def update(self, wanted: Properties) -> Made:
        self.before.only(*MEMBERS)  # an alarm that is put again is replaced whole
        self.aws("cloudwatch:PutMetricAlarm", AlarmName=self.made.id, **wanted.only(*MEMBERS))
        return self.made

    def delete(self) -> None:
        self.aws("cloudwatch:DeleteAlarms", AlarmNames=[self.made.id])


class Dashboard(Model, kind="AWS::CloudWatch::Dashboard"):
    def create(self, wanted: Properties) -> Made:
        name = wanted.get("DashboardName") or self.place.name(longest=255)
        self.aws("cloudwatch:PutDashboard", DashboardName=name, **wanted.only("DashboardBody", "Tags"))
        return Made(name)

    def update(self, wanted: Properties) -> Made:
        self.aws("cloudwatch:PutDashboard", DashboardName=self.made.id, DashboardBody=wanted["DashboardBody"])
        return self.made

    def delete(self) -> None:
        self.aws("cloudwatch:DeleteDashboards", DashboardNames=[self.made.id])
