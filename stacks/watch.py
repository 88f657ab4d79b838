"""The stack of one watch: the construct, and where its findings are for people and other stacks to read."""

from __future__ import annotations

from aws_cdk import CfnOutput, Environment, Stack
from constructs import Construct

from agent_perimeter.observed import ObservedNetwork
from agent_perimeter.policy.model import Policy
from agent_perimeter.settings import Settings
from agent_perimeter_cdk import DriftWatch


class WatchStack(Stack):
    """The watch over the perimeter of ``stack``, in a stack of its own: it outlives a perimeter that is rebuilt."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stack: str,
        expected: ObservedNetwork,
        policies: tuple[Policy, ...],
        settings: Settings,
        source: str = "cdk.out",
        env: Environment | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            description=f"Watch over the agent perimeter {settings.name}",
            termination_protection=not settings.maintenance,
            env=env,
        )
        self.watch = DriftWatch(
            self, "Watch", stack=stack, expected=expected, policies=policies, settings=settings, source=source
        )
        outputs = self.watch.outputs
        CfnOutput(self, "Topic", value=outputs.topic.ref)
        CfnOutput(self, "Evidence", value=outputs.bucket.ref)
        CfnOutput(self, "Log", value=outputs.log.ref)
        CfnOutput(self, "Function", value=self.watch.function.ref)
