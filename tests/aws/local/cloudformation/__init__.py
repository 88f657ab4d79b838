"""CloudFormation for the local AWS: what our templates use deploys as AWS deploys it, and what it cannot do it refuses.

moto's own models drop properties (a security group's egress, an endpoint's policy, a route to an endpoint) and skip
types (ACL entries, Network Firewall, DNS Firewall): a test on them would pass for nothing. Here each resource type
has a model that calls the local AWS's public operations; a type without one, a property that its model does not
read, and a function that is not known fail the deployment.
"""

from __future__ import annotations

import importlib
from functools import cache

from tests.aws.local.cloudformation import stacks

_MODELS = (
    *("cloudwatch", "custom", "ecr", "endpoints", "events", "functions", "groups", "iam", "keys", "logs"),
    *("network", "network_acls", "network_firewall", "resolver", "s3", "scheduler", "sns", "sqs", "ssm"),
)


@cache
def install() -> None:
    """Let moto's CloudFormation deploy with our engine and models, from now on in this process."""
    for name in _MODELS:
        importlib.import_module(f"tests.aws.local.cloudformation.{name}")
    stacks.use()
