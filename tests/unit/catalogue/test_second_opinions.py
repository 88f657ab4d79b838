"""The table of services against what others know: the CDK's list of endpoint services and botocore's own requests.

Neither opens a connection, and neither starts jsii: the CDK's list is read out of its JavaScript.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import tarfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import botocore
import botocore.session
import pytest

from agent_perimeter.catalogue.services import SERVICES, service_of_host
from agent_perimeter.values import DomainPattern

REGIONS = ("us-east-1", "eu-central-1")


@pytest.fixture(autouse=True)
def _nobodys_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a person set up for AWS on their machine would change what botocore asks for."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)


# --- the CDK ---------------------------------------------------------------------------------------------------------

NOT_IN_THE_CDK = {
    "bedrock-agentcore-control": "AgentCore guide, interface VPC endpoints",
    "bedrock-mantle": "Bedrock user guide, interface VPC endpoints",
    "scheduler": "EventBridge Scheduler user guide, interface endpoint",
}
"""Services that AWS documents and ``InterfaceVpcEndpointAwsService`` lacks."""


@cache
def _cdk_services() -> frozenset[tuple[str, str]]:
    """Kind and name of every ``com.amazonaws.<region>`` endpoint service that the CDK has a constant for."""
    found = importlib.util.find_spec("aws_cdk")  # finds, does not import: importing would start Node
    assert found is not None
    assert found.submodule_search_locations is not None
    (archive,) = Path(found.submodule_search_locations[0], "_jsii").glob("aws-cdk-lib@*.jsii.tgz")
    with tarfile.open(archive) as package:
        source = package.extractfile("package/aws-ec2/lib/vpc-endpoint.js")
        assert source is not None
        text = source.read().decode()
    return frozenset(
        (kind.lower(), name)
        for kind, name in re.findall(r'new (Gateway|Interface)VpcEndpointAwsService\("([^"]+)"\)', text)
    )


def test_the_cdk_knows_every_endpoint_service_but_a_few() -> None:
    ours = {(service.kind, service.name) for service in SERVICES.values()}
    assert {name for _, name in ours - _cdk_services()} == set(NOT_IN_THE_CDK)


# --- botocore --------------------------------------------------------------------------------------------------------


class _SentError(Exception):
    """Raised in the place of sending."""


@cache
def _session() -> botocore.session.Session:
    """One session for all, for it reads its files once. Nobody ever checks its credentials."""
    session = botocore.session.Session()
    session.set_credentials("AKIDEXAMPLE", "secret")
    return session


def _host_asked(client_name: str, region: str, operation: str, arguments: Mapping[str, object]) -> str:
    """The host of the request that botocore is about to send."""
    client = _session().create_client(client_name, region_name=region)
    hosts: list[str] = []

    def stop(request: botocore.awsrequest.AWSPreparedRequest, **_: object) -> None:
        hosts.append(urlsplit(request.url).hostname or "")
        raise _SentError

    client.meta.events.register("before-send", stop)
    with pytest.raises(_SentError):
        getattr(client, operation)(**arguments)
    (host,) = hosts
    return host


def _asks(client: str, operation: str, **arguments: object) -> tuple[str, str, Mapping[str, object]]:
    return client, operation, arguments


REQUESTS = {
    "appconfig": _asks("appconfig", "list_applications"),
    "appconfigdata": _asks("appconfigdata", "get_latest_configuration", ConfigurationToken="token"),
    "athena": _asks("athena", "list_work_groups"),
    "bedrock": _asks("bedrock", "list_foundation_models"),
    "bedrock-agent": _asks("bedrock-agent", "list_agents"),
    "bedrock-agent-runtime": _asks("bedrock-agent-runtime", "list_sessions"),
    "bedrock-agentcore": _asks("bedrock-agentcore", "get_workload_access_token", workloadName="name"),
    "bedrock-agentcore-control": _asks("bedrock-agentcore-control", "list_agent_runtimes"),
    "bedrock-runtime": _asks("bedrock-runtime", "invoke_model", modelId="model", body=b"{}"),
    "cloudformation": _asks("cloudformation", "list_stacks"),
    "codeartifact.api": _asks("codeartifact", "list_repositories"),
    "codebuild": _asks("codebuild", "list_projects"),
    "codecommit": _asks("codecommit", "list_repositories"),
    "comprehend": _asks("comprehend", "list_entity_recognizers"),
    "dynamodb": _asks("dynamodb", "list_tables"),
    "ec2": _asks("ec2", "describe_vpcs"),
    "ecr.api": _asks("ecr", "get_authorization_token"),
    "ecs": _asks("ecs", "list_clusters"),
    "elasticfilesystem": _asks("efs", "describe_file_systems"),
    "events": _asks("events", "list_rules"),
    "glue": _asks("glue", "get_databases"),
    "kendra": _asks("kendra", "list_indices"),
    "kinesis-firehose": _asks("firehose", "list_delivery_streams"),
    "kinesis-streams": _asks("kinesis", "list_streams"),
    "kms": _asks("kms", "list_keys"),
    "lambda": _asks("lambda", "list_functions"),
    "logs": _asks("logs", "describe_log_groups"),
    "monitoring": _asks("cloudwatch", "list_metrics"),
    "polly": _asks("polly", "describe_voices"),
    "rds-data": _asks(
        "rds-data", "execute_statement", resourceArn="arn:cluster:xx", secretArn="arn:secret:xxx", sql="SELECT 1"
    ),
    "rekognition": _asks("rekognition", "list_collections"),
    "s3": _asks("s3", "list_buckets"),
    "s3tables": _asks("s3tables", "list_table_buckets"),
    "s3vectors": _asks("s3vectors", "list_vector_buckets"),
    "sagemaker.api": _asks("sagemaker", "list_endpoints"),
    "sagemaker.runtime": _asks("sagemaker-runtime", "invoke_endpoint", EndpointName="name", Body=b"{}"),
    "scheduler": _asks("scheduler", "list_schedules"),
    "secretsmanager": _asks("secretsmanager", "list_secrets"),
    "sns": _asks("sns", "list_topics"),
    "sqs": _asks("sqs", "list_queues"),
    "ssm": _asks("ssm", "describe_parameters"),
    "states": _asks("stepfunctions", "list_state_machines"),
    "sts": _asks("sts", "get_caller_identity"),
    "sync-states": _asks("stepfunctions", "start_sync_execution", stateMachineArn="arn:machine"),
    "textract": _asks("textract", "list_adapters"),
    "transcribe": _asks("transcribe", "list_transcription_jobs"),
    "translate": _asks("translate", "list_languages"),
    "xray": _asks("xray", "get_sampling_rules"),
}
"""A request of each service that botocore has a client for."""

NOT_IN_BOTOCORE = {
    "bedrock-agentcore.gateway": "MCP over HTTPS, at the URL that CreateGateway returns",
    "bedrock-mantle": "OpenAI's API; Bedrock user guide, interface VPC endpoints",
    "codeartifact.repositories": "package managers, at the URL that GetRepositoryEndpoint returns",
    "ec2messages": "SSM Agent; Systems Manager user guide, VPC endpoints",
    "ecr.dkr": "container engines, at the registry's name",
    "execute-api": "a private API's own clients",
    "git-codecommit": "git; CodeCommit user guide, Git connection endpoints",
    "ssmmessages": "SSM Agent; Systems Manager user guide, VPC endpoints",
    "transcribestreaming": "event streams over HTTP/2; AWS General Reference, Amazon Transcribe",
}
"""Services that other clients speak to, and where their hosts are documented."""


def test_every_service_has_a_request_or_a_reason_for_none() -> None:
    assert REQUESTS.keys() | NOT_IN_BOTOCORE.keys() == SERVICES.keys()
    assert not REQUESTS.keys() & NOT_IN_BOTOCORE.keys()


def _listed(service: str, region: str, host: str) -> bool:
    """Whether DNS Firewall would allow the host for this service."""
    rendered = (
        pattern.replace("${AWS::Region}", region).replace("${AWS::URLSuffix}", "amazonaws.com")
        for pattern in SERVICES[service].hosts
    )
    patterns = (DomainPattern(text.removeprefix("*."), wildcard=text.startswith("*.")) for text in rendered)
    return any(pattern.covers(DomainPattern(host)) for pattern in patterns)


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("service", REQUESTS)
def test_botocore_asks_for_a_listed_host(service: str, region: str) -> None:
    client, operation, arguments = REQUESTS[service]
    host = _host_asked(client, region, operation, arguments)
    assert _listed(service, region, host), host
    assert service_of_host(host) is SERVICES[service]


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize(
    ("service", "request_", "host"),
    [
        pytest.param(
            "s3",
            _asks("s3", "get_object", Bucket="corpus", Key="k"),
            "corpus.s3.{region}",
            id="S3, virtual-hosted style",
        ),
        pytest.param(
            "s3", _asks("s3", "get_object", Bucket="my.corpus", Key="k"), "s3.{region}", id="S3, path style for dots"
        ),
        pytest.param(
            "s3",
            _asks("s3", "get_object", Bucket="arn:aws:s3:{region}:123456789012:accesspoint/ap", Key="k"),
            "ap-123456789012.s3-accesspoint.{region}",
            id="S3, an access point",
        ),
        pytest.param(
            "kinesis-streams",
            _asks("kinesis", "describe_stream", StreamARN="arn:aws:kinesis:{region}:123456789012:stream/s"),
            "123456789012.control-kinesis.{region}",
            id="Kinesis, a stream by ARN",
        ),
        pytest.param(
            "kinesis-streams",
            _asks(
                "kinesis",
                "get_records",
                ShardIterator="iterator",
                StreamARN="arn:aws:kinesis:{region}:123456789012:stream/s",
            ),
            "123456789012.data-kinesis.{region}",
            id="Kinesis, records of a stream by ARN",
        ),
    ],
)
def test_botocore_asks_for_other_hosts_by_what_it_is_given(
    service: str, request_: tuple[str, str, Mapping[str, object]], host: str, region: str
) -> None:
    client, operation, arguments = request_
    asked = _host_asked(
        client, region, operation, {key: str(value).replace("{region}", region) for key, value in arguments.items()}
    )
    # Python's SDK uses S3's global name in us-east-1.
    names = {f"{host.format(region=region)}.amazonaws.com"}
    if service == "s3" and region == "us-east-1" and "accesspoint" not in host:
        names = {f"{host.replace('.{region}', '')}.amazonaws.com"}
    assert {asked} == names
    assert _listed(service, region, asked)


def _models() -> Iterator[tuple[str, botocore.model.ServiceModel]]:
    for service, (client, _, _) in REQUESTS.items():
        yield service, _session().get_service_model(client)


def test_few_operations_go_to_a_host_of_their_own() -> None:
    """A host prefix leaves the endpoint's name. A new one needs a look: is it served by an endpoint, and by which?"""
    prefixes = {
        (service, operation.endpoint["hostPrefix"])
        for service, model in _models()
        for operation in map(model.operation_model, model.operation_names)
        if operation.endpoint
    }
    assert prefixes == {
        ("logs", "stream-"),
        ("s3", "{RequestRoute}."),
        ("states", "sync-"),
        ("sync-states", "sync-"),  # one client speaks to both of Step Functions' endpoints
    }


@pytest.mark.parametrize(
    ("request_", "host"),
    [
        pytest.param(
            _asks("logs", "start_live_tail", logGroupIdentifiers=["arn:group"]),
            "stream-logs.eu-central-1.amazonaws.com",
            id="live tail, which the logs endpoint does not serve",
        ),
        pytest.param(
            _asks("s3", "write_get_object_response", RequestRoute="route", RequestToken="token"),
            "route.s3-object-lambda.eu-central-1.amazonaws.com",
            id="S3 Object Lambda's answer, which the S3 endpoint does not serve",
        ),
    ],
)
def test_what_no_endpoint_serves_is_not_listed(request_: tuple[str, str, Mapping[str, object]], host: str) -> None:
    client, operation, arguments = request_
    assert _host_asked(client, "eu-central-1", operation, arguments) == host
    assert [service for service in SERVICES if _listed(service, "eu-central-1", host)] == []
    assert service_of_host(host) is None


SIGNS_AS_ANOTHER = {
    "monitoring": "CloudWatch signs as monitoring and is cloudwatch in IAM",
}


def test_the_iam_prefix_is_the_name_that_requests_are_signed_with() -> None:
    differ = {service for service, model in _models() if SERVICES[service].iam != (model.signing_name,)}
    assert differ == set(SIGNS_AS_ANOTHER)


# --- partitions ------------------------------------------------------------------------------------------------------


def _partitions() -> list[tuple[str, str, tuple[str, ...]]]:
    """Suffix, dual-stack suffix and regions of every partition."""
    data = json.loads(Path(botocore.__file__).with_name("data").joinpath("partitions.json").read_text("utf-8"))
    return [
        (
            partition["outputs"]["dnsSuffix"],
            partition["outputs"]["dualStackDnsSuffix"],
            tuple(region for region in partition["regions"] if not region.endswith("-global")),
        )
        for partition in data["partitions"]
    ]


def test_an_endpoint_is_recognised_in_every_region_that_botocore_knows() -> None:
    hosts = [
        f"bucket.s3.{region}.{suffix}"
        for single, dual, regions in _partitions()
        for region in regions
        for suffix in (single, dual)
    ]
    assert len(hosts) > 80
    assert [host for host in hosts if service_of_host(host) is not SERVICES["s3"]] == []
