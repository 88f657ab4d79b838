"""ECR: the repository that `cdk bootstrap` makes."""

from __future__ import annotations

from tests.aws.local.cloudformation.iam import document
from tests.aws.local.cloudformation.model import Made, Model
from tests.aws.local.cloudformation.properties import Properties


class Repository(Model, kind="AWS::ECR::Repository"):
    def create(self, wanted: Properties) -> Made:
        made = self.aws(
            "ecr:CreateRepository",
            repositoryName=wanted.get("RepositoryName") or self.place.name().lower(),
            imageTagMutability=wanted.get("ImageTagMutability"),
            tags=wanted.get("Tags"),
        )["repository"]
        name = made["repositoryName"]
        if "LifecyclePolicy" in wanted:
            text = wanted.part("LifecyclePolicy")["LifecyclePolicyText"]
            self.aws("ecr:PutLifecyclePolicy", repositoryName=name, lifecyclePolicyText=text)
        if "RepositoryPolicyText" in wanted:
            policy = document(wanted["RepositoryPolicyText"])
            self.aws("ecr:SetRepositoryPolicy", repositoryName=name, policyText=policy)
        return Made(name, {"Arn": made["repositoryArn"], "RepositoryUri": made["repositoryUri"]})

    def delete(self) -> None:
        self.aws("ecr:DeleteRepository", repositoryName=self.made.id)
