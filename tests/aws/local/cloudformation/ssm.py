"""Systems Manager: parameters."""

from __future__ import annotations

from tests.aws.local.cloudformation.model import Made, Model
from tests.aws.local.cloudformation.properties import Properties


class Parameter(Model, kind="AWS::SSM::Parameter"):
    def create(self, wanted: Properties) -> Made:
        name = wanted.get("Name") or self.place.name()
        tags = [{"Key": key, "Value": value} for key, value in wanted.get("Tags", {}).items()]
        self.aws("ssm:PutParameter", Name=name, Tags=tags, **wanted.only("Type", "Value", "Description"))
        return Made(name, {"Type": wanted["Type"], "Value": wanted["Value"]})

    def update(self, wanted: Properties) -> Made:
        given = wanted.only("Type", "Value", "Description")
        self.aws("ssm:PutParameter", Name=self.made.id, Overwrite=True, **given)
        return Made(self.made.id, {"Type": wanted["Type"], "Value": wanted["Value"]})

    def delete(self) -> None:
        self.aws("ssm:DeleteParameter", Name=self.made.id)
