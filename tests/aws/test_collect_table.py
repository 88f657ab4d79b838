"""Every call of the table is made where there is something to read, no other ever, and no secret is kept."""

from __future__ import annotations

import base64
import json
from typing import Any

from moto.awslambda.models import lambda_backends
from moto.ec2.models import ec2_backends

from agent_perimeter.aws.permissions import read_actions
from agent_perimeter.aws.reads import READS
from agent_perimeter.aws.select import Target
from agent_perimeter.snapshot import write_snapshot
from tests.aws.conftest import LocalAws
from tests.aws.deploy import deploy, golden, resources
from tests.aws.test_collect import STACK, VPC, read

WATCH = "AgentPerimeterWatch-policies"
SECRET = "correct-horse-battery-staple"  # noqa: S105 - nobody's


def watch_template() -> dict[str, Any]:
    """A stack of everything that a watch is made of."""
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}},
    }
    target = {"Fn::GetAtt": ["Function", "Arn"]}
    alarm = {"Namespace": "A", "MetricName": "B", "Period": 60, "EvaluationPeriods": 1, "Threshold": 0}
    return {
        "Resources": {
            "Role": role,
            "Function": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Code": {"ZipFile": "def handler(event, context): pass"},
                    "Handler": "index.handler",
                    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Runtime": "python3.13",
                    "Environment": {"Variables": {"TOKEN": SECRET}},
                },
            },
            "Rule": {
                "Type": "AWS::Events::Rule",
                "Properties": {"EventPattern": {"source": ["aws.ec2"]}, "Targets": [{"Id": "f", "Arn": target}]},
            },
            "Schedule": {
                "Type": "AWS::Scheduler::Schedule",
                "Properties": {
                    "FlexibleTimeWindow": {"Mode": "OFF"},
                    "ScheduleExpression": "rate(15 minutes)",
                    "Target": {"Arn": target, "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}},
                },
            },
            "Alarm": {
                "Type": "AWS::CloudWatch::Alarm",
                "Properties": alarm | {"ComparisonOperator": "GreaterThanThreshold", "Statistic": "Sum"},
            },
            "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": []}}},
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"KmsMasterKeyId": {"Ref": "Key"}}},
            "Bucket": {
                "Type": "AWS::S3::Bucket",
                "Properties": {"VersioningConfiguration": {"Status": "Enabled"}},
            },
        }
    }


def widened(aws: LocalAws) -> None:
    """One of everything that a call of the table is about, and that the example perimeter has not."""
    physical = resources(aws.session, STACK)
    vpc = physical[VPC]
    ec2, iam, resolver = aws.client("ec2"), aws.client("iam"), aws.client("route53resolver")
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
    subnet = subnets[0]["SubnetId"]
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    boundary = next(id_ for name, id_ in physical.items() if name.startswith("Perimeterboundary"))

    role = iam.create_role(RoleName="r", Path="/a/", AssumeRolePolicyDocument=trust, PermissionsBoundary=boundary)
    iam.create_instance_profile(InstanceProfileName="p", Path="/b/")
    iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="r")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    ec2.run_instances(
        ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet, UserData=SECRET, IamInstanceProfile={"Name": "p"}
    )

    aws.client("lambda").create_function(
        FunctionName="f",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": b""},
        Handler="f.f",
        Runtime="python3.13",
        VpcConfig={"SubnetIds": [subnet], "SecurityGroupIds": []},
        Environment={"Variables": {"TOKEN": SECRET}},
    )
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    # Lambda says in which VPC a function stands, and alone makes its interfaces. The local AWS has none of it.
    placed = {"VpcId": vpc, "SubnetIds": [subnet], "SecurityGroupIds": []}
    lambda_backends[aws.account][aws.region].get_function("f")._vpc_config = placed
    ec2_backends[aws.account][aws.region].enis[interface].interface_type = "lambda"

    entries = [{"Cidr": "203.0.113.0/24", "Description": "partner"}]
    listed = ec2.create_managed_prefix_list(
        PrefixListName="partners", AddressFamily="IPv4", MaxEntries=2, Entries=entries
    )["PrefixList"]["PrefixListId"]
    group = ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"]
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListIds": [{"PrefixListId": listed}]}
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[permission])

    firewall = next(arn for name, arn in physical.items() if ":firewall/" in arn)
    aws.client("network-firewall").create_vpc_endpoint_association(
        FirewallArn=firewall, VpcId=vpc, SubnetMapping={"SubnetId": subnet}
    )

    addresses = [{"SubnetId": one["SubnetId"]} for one in subnets[:2]]
    endpoint = resolver.create_resolver_endpoint(
        CreatorRequestId="1", Direction="OUTBOUND", SecurityGroupIds=[group], IpAddresses=addresses
    )["ResolverEndpoint"]["Id"]
    rule = resolver.create_resolver_rule(
        CreatorRequestId="2",
        RuleType="FORWARD",
        DomainName="corp.example",
        TargetIps=[{"Ip": "198.51.100.53", "Port": 53}],
        ResolverEndpointId=endpoint,
    )["ResolverRule"]["Id"]
    resolver.associate_resolver_rule(ResolverRuleId=rule, VPCId=vpc)


def test_every_call_of_the_table_is_made_and_no_other_and_no_secret_is_kept(local_aws: LocalAws) -> None:
    deploy(local_aws.session, STACK, golden())
    deploy(local_aws.session, WATCH, watch_template())
    widened(local_aws)
    snapshot, calls = read(Target(stack=STACK, watch_stack=WATCH))
    assert snapshot.unread == ()
    assert {call for call, _ in calls.made} == {read.call for read in READS}
    assert {answer.call for answer in snapshot.answers} == {read.call for read in READS}
    allowed = {action for grant in read_actions() for action in grant.actions}
    assert {read.permission for read in READS} - allowed == {"sts:GetCallerIdentity"}
    document = write_snapshot(snapshot)
    assert SECRET not in document
    assert base64.b64encode(SECRET.encode()).decode() not in document
    # The very things that were added, found by what leads to them.
    assert [answer.parameters for answer in snapshot.answers_to("iam:GetInstanceProfile")] == [
        {"InstanceProfileName": "p"}
    ]
    assert {"RoleName": "r"} in [answer.parameters for answer in snapshot.answers_to("iam:GetRole")]
    assert [item["FunctionName"] for item in snapshot.items("lambda:ListFunctions", "Functions")] == ["f"]
    assert [item["Cidr"] for item in snapshot.items("ec2:GetManagedPrefixListEntries", "Entries")] == ["203.0.113.0/24"]
    (rule,) = snapshot.answers_to("route53resolver:GetResolverRule")
    assert "corp.example" in json.dumps(rule.result)


def test_a_vpc_that_is_gone_is_no_error_and_its_own_parts_are_unread(local_aws: LocalAws) -> None:
    template = {"Resources": {"Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}}}
    deploy(local_aws.session, STACK, template)
    vpc = resources(local_aws.session, STACK)["Vpc"]
    local_aws.client("ec2").delete_vpc(VpcId=vpc)
    # The default ACL goes with its VPC; the local AWS forgets that.
    acls = ec2_backends[local_aws.account][local_aws.region].network_acls
    for one in [id_ for id_, acl in acls.items() if acl.vpc_id == vpc]:
        del acls[one]
    snapshot, _ = read(Target(stack=STACK))
    (answer,) = snapshot.answers_to("ec2:DescribeVpcs")
    assert answer.result == {"Vpcs": []}
    assert snapshot.perimeter == ""
    assert {(one.call, one.code) for one in snapshot.unread} >= {
        ("ec2:DescribeVpcAttribute", "InvalidVpcID.NotFound"),
        ("ec2:DescribeRouteTables", "Malformed"),
        ("ec2:DescribeNetworkAcls", "Malformed"),
        ("ec2:DescribeSecurityGroups", "Malformed"),
    }
