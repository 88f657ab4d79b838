"""What the watch itself is made of: nobody reports a hole while the watchman is away."""

from __future__ import annotations

from typing import Final

from agent_perimeter.aws.read import HERE, Read, watched
from agent_perimeter.aws.shapes import DOCUMENT, VALUE, VALUES, Address, ByKey, answer, each, fields

WATCH: Final[tuple[Read, ...]] = (
    Read(
        "lambda",
        "GetFunctionConfiguration",
        fields(
            "FunctionName FunctionArn Role Runtime Handler CodeSha256 Timeout MemorySize LastModified State "
            "LastUpdateStatus PackageType KMSKeyArn",
            Architectures=VALUES,
            Layers=each("Arn"),
            VpcConfig=fields("VpcId", SubnetIds=VALUES, SecurityGroupIds=VALUES),
            DeadLetterConfig=fields("TargetArn"),
            LoggingConfig=fields("LogFormat LogGroup"),
        ),
        parameters=({"FunctionName": "{function}"},),
        sources=(watched("AWS::Lambda::Function", "function"),),
        nonempty=("FunctionName",),
        resources=(f"arn:${{AWS::Partition}}:lambda:{HERE}:function:*",),
    ),
    Read(
        "events",
        "DescribeRule",
        answer(Name=VALUE, State=VALUE) | fields("Arn EventPattern ScheduleExpression EventBusName"),
        parameters=({"Name": "{rule}"},),
        sources=(watched("AWS::Events::Rule", "rule", pattern=r"([^|]+)"),),
        resources=(f"arn:${{AWS::Partition}}:events:{HERE}:rule/*",),
    ),
    Read(
        "events",
        "ListTargetsByRule",
        answer(
            Targets=each(
                "Id Arn RoleArn Input InputPath",
                InputTransformer=fields("InputTemplate", InputPathsMap=ByKey(VALUE)),
                DeadLetterConfig=fields("Arn"),
                RetryPolicy=fields("MaximumRetryAttempts MaximumEventAgeInSeconds"),
            )
        ),
        parameters=({"Rule": "{rule}"},),
        sources=(watched("AWS::Events::Rule", "rule", pattern=r"([^|]+)"),),
        resources=(f"arn:${{AWS::Partition}}:events:{HERE}:rule/*",),
    ),
    Read(
        "scheduler",
        "GetSchedule",
        answer(
            Name=VALUE,
            State=VALUE,
            Target=fields(
                "Arn RoleArn Input",
                DeadLetterConfig=fields("Arn"),
                RetryPolicy=fields("MaximumEventAgeInSeconds MaximumRetryAttempts"),
            ),
        )
        | fields(
            "Arn GroupName ScheduleExpression ScheduleExpressionTimezone StartDate EndDate",
            FlexibleTimeWindow=fields("Mode MaximumWindowInMinutes"),
        ),
        parameters=({"Name": "{schedule}"},),
        sources=(watched("AWS::Scheduler::Schedule", "schedule"),),
        resources=(f"arn:${{AWS::Partition}}:scheduler:{HERE}:schedule/*/*",),
    ),
    Read(
        "cloudwatch",
        "DescribeAlarms",
        answer(
            MetricAlarms=each(
                "AlarmName AlarmArn ActionsEnabled StateValue MetricName Namespace Statistic ExtendedStatistic "
                "Period EvaluationPeriods DatapointsToAlarm Threshold ComparisonOperator TreatMissingData Unit",
                OKActions=VALUES,
                AlarmActions=VALUES,
                InsufficientDataActions=VALUES,
                Dimensions=each("Name Value"),
            )
        ),
        parameters=({"AlarmNames": ["{all}"]},),
        sources=(watched("AWS::CloudWatch::Alarm", "all"),),
        batch=100,
        resources=(f"arn:${{AWS::Partition}}:cloudwatch:{HERE}:alarm:*",),
    ),
    Read(
        "sns",
        "GetTopicAttributes",
        answer(Attributes=fields("TopicArn Owner KmsMasterKeyId", Policy=DOCUMENT)),
        parameters=({"TopicArn": "{topic}"},),
        sources=(watched("AWS::SNS::Topic", "topic"),),
        nonempty=("Attributes.TopicArn",),
        resources=(f"arn:${{AWS::Partition}}:sns:{HERE}:*",),
    ),
    Read(
        "sns",
        "ListSubscriptionsByTopic",
        answer(Subscriptions=each("SubscriptionArn Protocol TopicArn", Endpoint=Address())),
        parameters=({"TopicArn": "{topic}"},),
        sources=(watched("AWS::SNS::Topic", "topic"),),
        resources=(f"arn:${{AWS::Partition}}:sns:{HERE}:*",),
    ),
    Read(
        "s3",
        "GetBucketVersioning",
        fields("Status MFADelete"),  # nothing at all where versioning was never on
        parameters=({"Bucket": "{bucket}"},),
        sources=(watched("AWS::S3::Bucket", "bucket"),),
        resources=("arn:${AWS::Partition}:s3:::*",),
    ),
    Read(
        "s3",
        "GetPublicAccessBlock",
        answer(
            PublicAccessBlockConfiguration=fields(
                "BlockPublicAcls IgnorePublicAcls BlockPublicPolicy RestrictPublicBuckets"
            )
        ),
        parameters=({"Bucket": "{bucket}"},),
        sources=(watched("AWS::S3::Bucket", "bucket"),),
        absent=frozenset({"NoSuchPublicAccessBlockConfiguration"}),
        action="s3:GetBucketPublicAccessBlock",
        resources=("arn:${AWS::Partition}:s3:::*",),
    ),
    Read(
        "kms",
        "DescribeKey",
        answer(KeyMetadata=fields("KeyId Arn Enabled KeyState")),
        parameters=({"KeyId": "{key}"},),
        sources=(watched("AWS::KMS::Key", "key"),),
        nonempty=("KeyMetadata.KeyState",),
        resources=(f"arn:${{AWS::Partition}}:kms:{HERE}:key/*",),
    ),
)
