"""What runs an agent calls AWS too, with the agent's own role: those calls, and no others, are for no policy to name.

Only calls that the agent's code can make as well are listed. Lambda also manages network interfaces with the
role, but a boundary can keep the function's code from it (``lambda:SourceFunctionArn``, Lambda guide, "VPC
execution role permissions"), so that is no call that the agent may hold. A Fargate task's images, secrets and
logs are its execution role's work. As of 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

RUNTIME_CALLS: Mapping[str, tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]] = MappingProxyType(
    {
        "other": (),
        "fargate": (),
        # Lambda guide, "Lambda execution role": a function's log group.
        "lambda": (
            (
                ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
                ("arn:*:logs:*:{account}:log-group:/aws/lambda/*",),
            ),
        ),
        # Bedrock AgentCore guide, "Permissions for AgentCore Runtime": the runtime's log group and image.
        "agentcore": (
            (
                ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
                ("arn:*:logs:*:{account}:log-group:/aws/bedrock-agentcore/runtimes/*",),
            ),
            (
                ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
                ("arn:*:ecr:*:{account}:repository/*",),
            ),
            (("ecr:GetAuthorizationToken",), ("*",)),
        ),
    }
)
"""Actions and resources by kind of workload, in any region of the network's own ``{account}``."""
