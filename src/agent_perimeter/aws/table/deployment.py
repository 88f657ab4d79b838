"""What was deployed, and who changed it."""

from __future__ import annotations

from typing import Final

from agent_perimeter.aws.read import HERE, Read
from agent_perimeter.aws.shapes import DOCUMENT, answer, each

DEPLOYMENT: Final[tuple[Read, ...]] = (
    Read(
        "cloudformation",
        "ListStackResources",
        answer(
            StackResourceSummaries=each(
                "LogicalResourceId PhysicalResourceId ResourceType ResourceStatus LastUpdatedTimestamp"
            )
        ),
        parameters=({"StackName": "{stack}"}, {"StackName": "{watch_stack}"}),
        nonempty=("StackResourceSummaries",),
        resources=(f"arn:${{AWS::Partition}}:cloudformation:{HERE}:stack/*",),
    ),
    Read(
        "cloudformation",
        "DescribeStacks",
        answer(Stacks=each("StackId StackName StackStatus", Parameters=each("ParameterKey ParameterValue"))),
        parameters=({"StackName": "{stack}"},),
        nonempty=("Stacks",),
        resources=(f"arn:${{AWS::Partition}}:cloudformation:{HERE}:stack/*",),
        about="Stacks.StackName|Stacks.StackId",
    ),
)

DEPLOYED: Final = Read(
    "cloudformation",
    "GetTemplate",
    answer(TemplateBody=DOCUMENT),
    parameters=({"StackName": "{stack}", "TemplateStage": "Processed"},),
    resources=(f"arn:${{AWS::Partition}}:cloudformation:{HERE}:stack/*",),
)
"""What was deployed: read where nobody gives a template, and never part of a snapshot."""

EVENTS: Final = Read(
    "cloudtrail",
    "LookupEvents",
    answer(Events=each("EventId EventName EventTime ReadOnly Username", CloudTrailEvent=DOCUMENT)),
    parameters=({"LookupAttributes": [{"AttributeKey": "ResourceName", "AttributeValue": "{resource}"}]},),
    paged=False,
)
"""Who made a change: the newest events about a resource, of which ``aws.trail`` keeps a few fields."""
