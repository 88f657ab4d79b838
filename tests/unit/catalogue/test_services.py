from __future__ import annotations

import re

import pytest

from agent_perimeter.catalogue.services import SERVICES, Service, service_of_host
from agent_perimeter.values import DomainPattern


@pytest.mark.parametrize("service", SERVICES.values(), ids=lambda service: service.name)
def test_every_service_is_whole(service: Service) -> None:
    assert re.fullmatch(r"[a-z0-9]+([.-][a-z0-9]+)*", service.name)
    assert service.service_name == "com.amazonaws.${AWS::Region}." + service.name
    assert service.iam
    assert service.hosts
    assert len(set(service.hosts)) == len(service.hosts)
    for host in service.hosts:
        assert re.fullmatch(
            r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(\.\$\{AWS::Region\})?\.(\$\{AWS::URLSuffix\}|api\.aws)", host
        ), host


def test_only_s3_and_dynamodb_have_gateway_endpoints() -> None:
    assert {service.name for service in SERVICES.values() if service.kind == "gateway"} == {"dynamodb", "s3"}


def test_only_s3_is_asked_for_without_a_region() -> None:
    """Elsewhere a name without a region would be a way around the regional endpoint."""
    regionless = [host for service in SERVICES.values() for host in service.hosts if "${AWS::Region}" not in host]
    assert regionless == ["s3.${AWS::URLSuffix}", "*.s3.${AWS::URLSuffix}"]


def test_no_host_leads_to_two_services() -> None:
    patterns = [
        (service.name, pattern) for service in SERVICES.values() for pattern in (_pattern(h) for h in service.hosts)
    ]
    shared = [
        (name, other_name, str(pattern))
        for name, pattern in patterns
        for other_name, other in patterns
        if name < other_name and (pattern.covers(other) or other.covers(pattern))
    ]
    assert shared == []


def _pattern(host: str) -> DomainPattern:
    plain = host.replace("${AWS::Region}", "eu-central-1").replace("${AWS::URLSuffix}", "amazonaws.com")
    return DomainPattern(plain.removeprefix("*."), wildcard=plain.startswith("*."))


@pytest.mark.parametrize(
    ("name", "service"),
    [
        pytest.param("bedrock-runtime.us-west-2.amazonaws.com", "bedrock-runtime", id="a regional endpoint"),
        pytest.param(
            "bedrock-runtime.xx-new-7.amazonaws.com", "bedrock-runtime", id="a region that does not exist yet"
        ),
        pytest.param("Secretsmanager.EU-central-1.AmazonAWS.com.", "secretsmanager", id="mixed case, trailing dot"),
        pytest.param("kms.cn-north-1.amazonaws.com.cn", "kms", id="China"),
        pytest.param("kms.us-gov-west-1.amazonaws.com", "kms", id="GovCloud"),
        pytest.param("kms.eusc-de-east-1.amazonaws.eu", "kms", id="the European Sovereign Cloud"),
        pytest.param("sqs.us-isob-east-1.sc2s.sgov.gov", "sqs", id="an isolated region"),
        pytest.param("monitoring.us-east-1.api.aws", "monitoring", id="a dual-stack name"),
        pytest.param("bedrock-mantle.us-east-1.api.aws", "bedrock-mantle", id="a service that is only under api.aws"),
        pytest.param("bedrock-runtime-fips.us-east-1.amazonaws.com", "bedrock-runtime", id="a FIPS name"),
        pytest.param("sts.amazonaws.com", "sts", id="a global name"),
        pytest.param("s3.us-east-1.amazonaws.com", "s3", id="S3, path style"),
        pytest.param("bucket.s3.eu-west-1.amazonaws.com", "s3", id="S3, virtual-hosted style"),
        pytest.param("a.dotted.bucket.s3.eu-west-1.amazonaws.com", "s3", id="S3, a bucket with dots"),
        pytest.param("us-east-1.s3.amazonaws.com", "s3", id="S3, a bucket named like a region"),
        pytest.param("bucket-eu-west-1.s3.eu-west-1.amazonaws.com", "s3", id="S3, a bucket that ends like a region"),
        pytest.param("bucket.s3.amazonaws.com", "s3", id="S3, global"),
        pytest.param("*.s3.amazonaws.com", "s3", id="S3, global, as a pattern"),
        pytest.param("bucket.s3-eu-west-1.amazonaws.com", "s3", id="S3, with the dash of old"),
        pytest.param("bucket.s3-fips.dualstack.us-east-1.amazonaws.com", "s3", id="S3, FIPS and dual-stack"),
        pytest.param("ap-123456789012.s3-accesspoint.us-east-1.amazonaws.com", "s3", id="an S3 access point"),
        pytest.param("123456789012.ddb.us-east-1.amazonaws.com", "dynamodb", id="DynamoDB by account"),
        pytest.param("api.ecr.us-east-1.amazonaws.com", "ecr.api", id="a name in two labels"),
        pytest.param("123456789012.dkr.ecr.us-east-1.amazonaws.com", "ecr.dkr", id="a registry"),
        pytest.param("*.execute-api.us-east-1.amazonaws.com", "execute-api", id="a pattern over all of a service"),
        pytest.param("execute-api.us-east-1.amazonaws.com", "execute-api", id="the name that such a pattern is below"),
        pytest.param(
            "gw.gateway.bedrock-agentcore.us-east-1.amazonaws.com",
            "bedrock-agentcore.gateway",
            id="an AgentCore gateway",
        ),
        pytest.param("bedrock-agentcore.us-east-1.amazonaws.com", "bedrock-agentcore", id="AgentCore's data plane"),
        pytest.param(
            "acme-123456789012.d.codeartifact.us-east-1.amazonaws.com",
            "codeartifact.repositories",
            id="a package repository",
        ),
    ],
)
def test_an_aws_endpoint_is_recognised(name: str, service: str) -> None:
    assert service_of_host(name) is SERVICES[service]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("api.anthropic.com", id="somebody else's name"),
        pytest.param("s3.us-east-1.amazonaws.com.evil.example", id="an AWS name inside another"),
        pytest.param("s3.us-east-1.evilamazonaws.com", id="a suffix that only ends alike"),
        pytest.param("s3.us-east-1.amazonaws.org", id="a suffix that AWS does not have"),
        pytest.param("amazonaws.com", id="the suffix alone"),
        pytest.param("*.amazonaws.com", id="everything of AWS"),
        pytest.param("us-east-1.amazonaws.com", id="a region alone"),
        pytest.param("streams.dynamodb.us-east-1.amazonaws.com", id="a service below another that does not serve it"),
        pytest.param("123456789012.sts.us-east-1.amazonaws.com", id="a name below one that has none below"),
        pytest.param("web-1.us-east-1.elb.amazonaws.com", id="a customer's load balancer"),
        pytest.param("ec2-203-0-113-1.compute-1.amazonaws.com", id="a customer's instance"),
        pytest.param("route53.amazonaws.com", id="an AWS service that is not in the table"),
        pytest.param("", id="nothing"),
    ],
)
def test_other_names_are_no_service(name: str) -> None:
    assert service_of_host(name) is None


@pytest.mark.parametrize("service", SERVICES.values(), ids=lambda service: service.name)
def test_every_host_of_the_table_is_recognised_as_its_own(service: Service) -> None:
    for host in service.hosts:
        pattern = _pattern(host)
        assert service_of_host(str(pattern)) is service, host
        assert service_of_host(pattern.name) is service, host
