"""AWS services that a policy can name, and how each is reached through a VPC endpoint.

Only services are listed whose endpoint supports an endpoint policy, for an endpoint that cannot be
narrowed to the intent's actions and resources would be a way out to anybody's account. Endpoint
names and policy support follow "AWS services that integrate with AWS PrivateLink" and the page on
interface endpoints of each service; hosts follow those pages and what the AWS SDKs ask for.

Left out on purpose, each because part of the promise could not be kept:

- ``dynamodb-streams`` has no private DNS, so a client would ask for a public address.
- ``ecs-agent`` and ``ecs-telemetry`` answer under numbered names (``ecs-a-1``, ``ecs-t-2``) that no DNS
  Firewall pattern can express. Tasks on Fargate need neither.
- ``email-smtp`` has no endpoint policy and speaks SMTP on other ports than 443.
- ``redshift-data`` documents no endpoint policy.
- OpenSearch Serverless makes its data endpoints itself, through its own API.
- ``qbusiness`` and others whose endpoint is not named ``com.amazonaws.<region>.<name>``.
- FIPS endpoints, which are services of their own. The VPC is IPv4, so dual-stack names are not needed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True, slots=True)
class Service:
    """An AWS service with a VPC endpoint.

    ``name`` is what a policy says and, prefixed with ``com.amazonaws.${AWS::Region}.``, the
    endpoint's service name. ``iam`` are the IAM prefixes its actions may have. ``hosts`` are the
    names that a client asks for, in DNS Firewall's spelling, with CloudFormation placeholders.
    Only services whose endpoints take a policy are listed: another endpoint cannot be narrowed to the intent.
    """

    name: str
    kind: Literal["gateway", "interface"]
    iam: tuple[str, ...]
    hosts: tuple[str, ...]

    @property
    def service_name(self) -> str:
        return f"com.amazonaws.${{AWS::Region}}.{self.name}"


def _regional(label: str) -> str:
    return f"{label}.${{AWS::Region}}.${{AWS::URLSuffix}}"


def _interface(name: str, *, iam: str | None = None, hosts: tuple[str, ...] | None = None) -> Service:
    """An interface endpoint. Where nothing else is said, IAM and DNS use the endpoint's own name."""
    return Service(name, "interface", (iam or name,), hosts or (_regional(name),))


_S3 = Service(
    "s3",
    "gateway",
    ("s3",),
    (
        _regional("s3"),  # path style
        _regional("*.s3"),  # virtual-hosted style, the default
        _regional("*.s3-accesspoint"),
        # Python's SDK still asks for the global names in us-east-1, and older code does everywhere.
        # They resolve to the bucket's region; the endpoint's prefix list lets only this one through.
        "s3.${AWS::URLSuffix}",
        "*.s3.${AWS::URLSuffix}",
    ),
)

_DYNAMODB = Service(
    "dynamodb",
    "gateway",
    ("dynamodb",),
    # SDKs that know the caller's account ask for <account>.ddb (SDKs and Tools Reference Guide,
    # account-based endpoints).
    (_regional("dynamodb"), _regional("*.ddb")),
)

SERVICES: Mapping[str, Service] = MappingProxyType(
    {
        service.name: service
        for service in (
            # Storage
            _S3,
            _interface("s3tables"),
            _interface("s3vectors", hosts=("s3vectors.${AWS::Region}.api.aws",)),
            _DYNAMODB,
            _interface("elasticfilesystem"),  # the API; file systems are mounted over NFS
            # Models and agents
            _interface("bedrock"),
            _interface("bedrock-runtime", iam="bedrock"),
            _interface("bedrock-mantle", hosts=("bedrock-mantle.${AWS::Region}.api.aws",)),
            _interface("bedrock-agent", iam="bedrock"),
            _interface("bedrock-agent-runtime", iam="bedrock"),
            _interface("bedrock-agentcore"),
            _interface("bedrock-agentcore-control", iam="bedrock-agentcore"),
            _interface(
                "bedrock-agentcore.gateway", iam="bedrock-agentcore", hosts=(_regional("*.gateway.bedrock-agentcore"),)
            ),
            _interface("sagemaker.api", iam="sagemaker", hosts=(_regional("api.sagemaker"),)),
            _interface("sagemaker.runtime", iam="sagemaker", hosts=(_regional("runtime.sagemaker"),)),
            _interface("comprehend"),
            _interface("kendra"),
            _interface("polly"),
            _interface("rekognition"),
            _interface("textract"),
            _interface("transcribe"),
            _interface("transcribestreaming", iam="transcribe"),
            _interface("translate"),
            # Identity, keys and settings
            # Only the regional name goes through the endpoint. sts.amazonaws.com stays outside: set
            # AWS_STS_REGIONAL_ENDPOINTS=regional for SDKs that do not do so themselves.
            _interface("sts"),
            _interface("kms"),
            _interface("secretsmanager"),
            _interface("ssm"),
            _interface("ssmmessages"),
            _interface("ec2messages"),
            _interface("appconfig"),
            _interface("appconfigdata", iam="appconfig"),
            # Compute and images
            _interface("ec2"),
            _interface("ecs"),
            _interface("lambda"),
            _interface("ecr.api", iam="ecr", hosts=(_regional("api.ecr"),)),
            # Image layers come from S3: an agent that pulls needs both ECR endpoints and s3.
            _interface("ecr.dkr", iam="ecr", hosts=(_regional("*.dkr.ecr"),)),
            # Messages, streams and workflows
            _interface("events"),
            _interface("scheduler"),
            # With its private DNS on, public APIs of API Gateway are out of reach from the VPC.
            _interface("execute-api", hosts=(_regional("*.execute-api"),)),
            _interface("kinesis-firehose", iam="firehose", hosts=(_regional("firehose"),)),
            _interface(
                "kinesis-streams",
                iam="kinesis",
                hosts=(_regional("kinesis"), _regional("*.control-kinesis"), _regional("*.data-kinesis")),
            ),
            _interface("sns"),
            _interface("sqs"),
            _interface("states"),
            _interface("sync-states", iam="states"),
            # Queries
            _interface("athena"),
            _interface("glue"),
            _interface("rds-data"),
            # Logs, metrics and traces
            _interface("logs"),
            _interface("monitoring", iam="cloudwatch"),
            _interface("xray"),
            # Code and infrastructure
            _interface("cloudformation"),
            _interface("codeartifact.api", iam="codeartifact", hosts=(_regional("codeartifact"),)),
            _interface("codeartifact.repositories", iam="codeartifact", hosts=(_regional("*.d.codeartifact"),)),
            _interface("codebuild"),
            _interface("codecommit"),
            _interface("git-codecommit", iam="codecommit"),
        )
    }
)
"""The services by name."""

_AWS_HOST = re.compile(
    r"(?P<stem>.+?)"
    r"(?:\.dualstack)?"
    r"(?:[.-][a-z]{2,4}(?:-[a-z]+)+-\d+)?"  # the region; s3-eu-west-1 is an old way to write it
    r"\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|api\.aws|api\.amazonwebservices\.(?:com\.cn|eu)"
    r"|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov"
    r"|api\.aws\.ic\.gov|api\.aws\.scloud|api\.cloud-aws\.adc-e\.uk|api\.aws\.hci\.ic\.gov)"
)


def _stem(host: str) -> str:
    """What stands before the region and the suffix in a host of the table."""
    return host.partition(".${AWS::")[0]


_BY_STEM = {_stem(host).removeprefix("*."): service for service in SERVICES.values() for host in service.hosts}
_BY_PARENT = {
    _stem(host).removeprefix("*."): service
    for service in SERVICES.values()
    for host in service.hosts
    if host.startswith("*.")
}


def service_of_host(name: str) -> Service | None:
    """The service whose endpoint ``name`` is, in any region and partition, or None.

    ``name`` is a domain name, possibly ``*.`` and a name. Global, dual-stack and FIPS names count
    too although no VPC endpoint answers to them: who writes ``sts.amazonaws.com`` means ``sts``.
    """
    found = _AWS_HOST.fullmatch(name.lower().removesuffix("."))
    if found is None:
        return None
    labels = [label.removesuffix("-fips") for label in found["stem"].split(".")]
    exact = _BY_STEM.get(".".join(labels))
    if exact is not None:
        return exact
    parents = (".".join(labels[start:]) for start in range(1, len(labels)))
    return next((_BY_PARENT[parent] for parent in parents if parent in _BY_PARENT), None)
