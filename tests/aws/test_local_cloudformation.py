"""What the local AWS stands on: a template deployed in it reads back as it was written, and nothing is left out.

moto's own CloudFormation drops a security group's egress, rule descriptions, routes to endpoints and more, silently;
a test of drift on top of that would pass for nothing.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import boto3
import pytest

from tests.aws.conftest import ACCOUNT, REGION, LocalAws
from tests.aws.deploy import Failed, deploy, destroy, golden, resources
from tests.aws.local.cloudformation.intrinsics import Scope, resolve

STACK = "AgentPerimeter-policies"
SMALL = "isolated-agent"
"""The smallest of our templates, for what is as true of one resource as of many."""
Client = Callable[[str], Any]
"""A client of the named service."""
Reader = Callable[[Client, str, Mapping[str, Any]], tuple[Any, Any]]
"""Of a physical id and its properties: what should be read back, and what is."""


def test_what_decides_egress_reads_back_as_the_template_says(local_aws: LocalAws) -> None:
    template = golden()

    deploy(local_aws.session, STACK, template)

    clients = cache(local_aws.client)
    physical = resources(local_aws.session, STACK)
    scope = _scope(clients, template, physical)
    assert set(physical) == set(template["Resources"])
    kinds = {record["Type"] for record in template["Resources"].values()}
    assert kinds - set(READERS) == set(), "a type that nobody reads back"
    for logical_id, record in template["Resources"].items():
        wanted = resolve(record["Properties"], scope)
        expected, found = READERS[record["Type"]](clients, physical[logical_id], wanted)
        assert found == expected, f"{logical_id} ({record['Type']}) reads back otherwise than it was written"


def test_nothing_stands_in_the_vpc_beside_the_template(local_aws: LocalAws) -> None:
    template = golden()

    vpc = deploy(local_aws.session, STACK, template)["Vpc"]

    in_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
    ec2 = local_aws.client("ec2")
    count = Counter(record["Type"] for record in template["Resources"].values())
    acls = ec2.describe_network_acls(Filters=in_vpc)["NetworkAcls"]
    entries = [entry for acl in acls if not acl["IsDefault"] for entry in acl["Entries"] if entry["RuleNumber"] < 32767]
    groups = ec2.describe_security_groups(Filters=in_vpc)["SecurityGroups"]
    (default,) = [group for group in groups if group["GroupName"] == "default"]
    assert len(ec2.describe_subnets(Filters=in_vpc)["Subnets"]) == count["AWS::EC2::Subnet"]
    assert len(acls) == count["AWS::EC2::NetworkAcl"] + 1, "AWS adds a default one"
    assert len(entries) == count["AWS::EC2::NetworkAclEntry"]
    assert len(groups) == count["AWS::EC2::SecurityGroup"] + 1, "AWS adds a default one"
    assert (default["IpPermissions"], default["IpPermissionsEgress"]) == ([], []), "our custom resource closed it"


TAGGED = {
    "vpc": "PerimetervpcF8E1CDA1",
    "subnet": "Perimetersubnetagentisolatedagent0468D9BC6",
    "security-group": "Perimetergroupagentisolatedagent8B895DE3",
    "network-acl": "Perimeteraclsaclagent35373aa16a6188beEFC504B0",
    "vpc-endpoint": "PerimeterendpointbedrockruntimeFBBD4676",
}


def test_cloudformation_tags_what_it_makes(local_aws: LocalAws) -> None:
    deploy(local_aws.session, STACK, golden(SMALL))

    made = resources(local_aws.session, STACK)
    (stack,) = local_aws.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    for kind, logical_id in TAGGED.items():
        filters = [{"Name": "resource-id", "Values": [made[logical_id]]}, {"Name": "resource-type", "Values": [kind]}]
        tags = {tag["Key"]: tag["Value"] for tag in local_aws.client("ec2").describe_tags(Filters=filters)["Tags"]}
        assert tags["aws:cloudformation:stack-name"] == STACK
        assert tags["aws:cloudformation:logical-id"] == logical_id
        assert tags["aws:cloudformation:stack-id"] == stack["StackId"]
        assert tags["agent-perimeter:perimeter"] == SMALL


def _set(logical_id: str, path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(template: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        place = template["Resources"][logical_id]["Properties"]
        for name in parents:
            place = place[int(name)] if isinstance(place, list) else place[name]
        place[int(last) if isinstance(place, list) else last] = value

    return change


BOUNDARY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}
IN_PLACE = {
    "an entry of an ACL": _set(
        "Perimeteraclsaclagent35373aa16a6188beegress1002FE9F4AE", "PortRange", {"From": 8443, "To": 8443}
    ),
    "a group's egress": _set("PerimetergroupagentcodingagentC9F6EBF7", "SecurityGroupEgress.0.CidrIp", "10.0.0.0/8"),
    "the text of a group's rule": _set(
        "Perimetergroupagentresearchagent0741B9E5", "SecurityGroupEgress.0.Description", "otherwise"
    ),
    "the text of a rule to a group": _set(
        "Perimetergroupagentisolatedagenttogroupendpointbedrockruntimetcp443B8144B46", "Description", "otherwise"
    ),
    "the names of a domain list": _set("Perimeterdomainsnames3E3EFC07", "Domains", ["pypi.org"]),
    "the rules of DNS Firewall": _set("PerimeterdnsfirewallDF0D72CF", "FirewallRules.2.ConfidenceThreshold", "MEDIUM"),
    "the rules of a firewall": _set(
        "PerimeterfirewallrulesallowD8117F79",
        "RuleGroup.RulesSource.RulesString",
        'pass tls any any -> any 443 (tls.sni; content:"pypi.org"; startswith; endswith; sid:1; rev:1;)',
    ),
    "the firewall's policy": _set(
        "Perimeterfirewallpolicy857B261E", "FirewallPolicy.StatefulEngineOptions.FlowTimeouts.TcpIdleTimeoutSeconds", 60
    ),
    "a firewall's protection": _set("Perimeterfirewall03E614E6A", "DeleteProtection", False),
    "an endpoint's policy": _set("PerimeterendpointbedrockruntimeFBBD4676", "PolicyDocument", BOUNDARY),
    "a boundary": _set("Perimeterboundarycodingagent8324BC6F", "PolicyDocument", BOUNDARY),
    "the target of a route": _set(
        "Perimetertableagentinternets30default582C1495",
        "VpcEndpointId",
        {"Fn::Select": [1, {"Fn::Split": [":", {"Fn::Select": [0, {"Fn::GetAtt": ["Perimeterfirewall18CDD0CF2", "EndpointIds"]}]}]}]},
    ),
    "a VPC's attribute": _set("PerimetervpcF8E1CDA1", "EnableDnsHostnames", False),
    "a tag": _set("Perimetersubnetagentcodingagent0B575C00F", "Tags.0.Value", "someone-else"),
    "a role's policy": _set("PerimeterdefaultgrouproleE3194F9E", "Policies.0.PolicyDocument", BOUNDARY),
    "how long a log is kept": _set("Perimeterdefaultgrouplog438E7B68", "RetentionInDays", 7),
    "the value of a parameter": _set("Perimeterparametercodingagentsubnets28A0EDB1", "Value", "subnet-0"),
}  # fmt: skip


def test_cloudformation_changes_in_place_what_the_schemas_let_it(local_aws: LocalAws) -> None:
    template = golden()
    deploy(local_aws.session, STACK, template)
    before = resources(local_aws.session, STACK)
    changed = copy.deepcopy(template)
    for change in IN_PLACE.values():
        change(changed)

    deploy(local_aws.session, STACK, changed)

    assert resources(local_aws.session, STACK) == before
    clients = cache(local_aws.client)
    scope = _scope(clients, changed, before)
    different = [name for name, record in changed["Resources"].items() if record != template["Resources"][name]]
    assert len(different) == len(IN_PLACE), "each change is of a resource of its own"
    for logical_id in different:
        record = changed["Resources"][logical_id]
        wanted = resolve(record["Properties"], scope)
        expected, found = READERS[record["Type"]](clients, before[logical_id], wanted)
        assert found == expected, f"{logical_id} was not updated"


RULES_OF_THE_GROUP = tuple(
    name for name, record in golden(SMALL)["Resources"].items() if record["Type"] == "AWS::EC2::SecurityGroupEgress"
)


def test_what_cannot_change_in_place_is_replaced_and_the_old_one_goes(local_aws: LocalAws) -> None:
    template = golden(SMALL)
    deploy(local_aws.session, STACK, template)
    before = resources(local_aws.session, STACK)
    group = "Perimetergroupagentisolatedagent8B895DE3"
    _set(group, "GroupDescription", "another one")(template)

    deploy(local_aws.session, STACK, template)

    after = resources(local_aws.session, STACK)
    assert {name for name in after if after[name] != before[name]} == {group, *RULES_OF_THE_GROUP}
    standing = local_aws.client("ec2").describe_security_groups()["SecurityGroups"]
    ids = {each["GroupId"] for each in standing}
    assert (after[group] in ids, before[group] in ids) == (True, False)


def test_what_the_template_no_longer_has_goes(local_aws: LocalAws) -> None:
    template = golden(SMALL)
    deploy(local_aws.session, STACK, template)
    entry = "Perimeteraclsaclagent35373aa16a6188beegress1002FE9F4AE"
    gone = template["Resources"].pop(entry)

    deploy(local_aws.session, STACK, template)

    acl = resources(local_aws.session, STACK)[gone["Properties"]["NetworkAclId"]["Ref"]]
    (found,) = local_aws.client("ec2").describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"]
    numbers = {each["RuleNumber"] for each in found["Entries"] if each["Egress"]}
    assert entry not in resources(local_aws.session, STACK)
    assert gone["Properties"]["RuleNumber"] not in numbers


def test_the_same_template_again_changes_nothing(local_aws: LocalAws) -> None:
    deploy(local_aws.session, STACK, golden(SMALL))
    before = _summaries(local_aws.session)

    deploy(local_aws.session, STACK, golden(SMALL))

    assert _summaries(local_aws.session) == before


def test_a_protected_firewall_does_not_go_and_an_unprotected_stack_does(local_aws: LocalAws) -> None:
    template = golden()
    deploy(local_aws.session, STACK, template)

    with pytest.raises(Failed, match=r"DELETE_FAILED.*protected against deletion"):
        destroy(local_aws.session, STACK)

    for record in template["Resources"].values():
        if record["Type"] == "AWS::NetworkFirewall::Firewall":
            record["Properties"].update(
                DeleteProtection=False, SubnetChangeProtection=False, FirewallPolicyChangeProtection=False
            )
        if record["Type"] == "AWS::Route53Resolver::FirewallRuleGroupAssociation":
            record["Properties"]["MutationProtection"] = "DISABLED"
    deploy(local_aws.session, STACK, template)
    destroy(local_aws.session, STACK)
    vpcs = local_aws.client("ec2").describe_vpcs(Filters=[{"Name": "is-default", "Values": ["false"]}])["Vpcs"]
    kept = local_aws.client("logs").describe_log_groups()["logGroups"]
    assert vpcs == []
    assert len(kept) == sum(record.get("DeletionPolicy") == "Retain" for record in template["Resources"].values())


def _one(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Resources": {"It": {"Type": kind, "Properties": properties}}}


REFUSED = {
    "a type without a model": (
        _one("AWS::EC2::DHCPOptions", DomainName="example.com"),
        "no model of AWS::EC2::DHCPOptions",
    ),
    "a type that AWS does not have": (_one("AWS::EC2::Hole"), "no resource type AWS::EC2::Hole"),
    "a property that no model reads": (
        _one("AWS::EC2::VPC", CidrBlock="10.0.0.0/16", Ipv4IpamPoolId="ipam-pool-0"),
        r"does not read \['Ipv4IpamPoolId'\]",
    ),
    "a member that no model reads": (
        _one("AWS::EC2::SecurityGroup", GroupDescription="a", VpcId="default", SecurityGroupIngress=[
            {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "CidrIp": "10.0.0.0/8", "Hidden": "x"}
        ]),
        r"does not read \['SecurityGroupIngress.0.Hidden'\]",
    ),
    "a member that the operation does not know": (
        _one("AWS::NetworkFirewall::RuleGroup", RuleGroupName="a", Type="STATEFUL", Capacity=1, RuleGroup={"Holes": []}),
        'Unknown parameter in RuleGroup: "Holes"',
    ),
    "a value that the operation refuses": (_one("AWS::EC2::VPC", CidrBlock="10.0.0.0"), "InvalidVpc.Range"),
    "a function that CloudFormation does not have": (
        _one("AWS::EC2::VPC", CidrBlock={"Fn::Guess": "10.0.0.0/16"}),
        "Fn::Guess cannot be resolved",
    ),
    "a name of nothing": (_one("AWS::EC2::VPC", CidrBlock={"Ref": "Range"}), "Ref names Range"),
    "an attribute of nothing": (
        _one("AWS::EC2::VPC", CidrBlock={"Fn::GetAtt": ["Pool", "Cidr"]}),
        "Fn::GetAtt names Pool",
    ),
    "an attribute that the resource does not have": (
        {"Resources": {
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
            "It": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Fn::GetAtt": ["Vpc", "Id"]}}},
        }},
        "AWS::EC2::VPC has no attribute Id",
    ),
    "a custom resource whose function fails": (
        golden(SMALL) | {"Resources": golden(SMALL)["Resources"] | {"Other": {
            "Type": "Custom::AgentPerimeterClosedDefaultGroup",
            "Properties": {
                "ServiceToken": {"Fn::GetAtt": ["Perimeterdefaultgroupfunction32E1C9FF", "Arn"]},
                "GroupId": "sg-00000000000000000",
            },
        }}},
        "sg-00000000000000000 is not closed",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("template", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_deployed_as_written_fails_and_says_why(
    local_aws: LocalAws, template: dict[str, Any], why: str
) -> None:
    text = json.dumps(template)
    if '"default"' in text:
        (vpc,) = local_aws.client("ec2").describe_vpcs()["Vpcs"]
        template = json.loads(text.replace('"default"', json.dumps(vpc["VpcId"])))

    with pytest.raises(Failed, match=why) as failed:
        deploy(local_aws.session, "Refused", template)

    assert "CREATE_FAILED" in str(failed.value)


def test_a_change_that_no_model_makes_fails(local_aws: LocalAws) -> None:
    template = _one("AWS::Logs::LogGroup", LogGroupName="a", RetentionInDays=7)
    deploy(local_aws.session, "Logs", template)
    template["Resources"]["It"]["Properties"]["KmsKeyId"] = "arn:aws:kms:eu-west-1:123456789012:key/0"

    with pytest.raises(Failed, match=r"UPDATE_FAILED.*does not update \['KmsKeyId'\]"):
        deploy(local_aws.session, "Logs", template)


def test_a_rule_of_the_template_that_does_not_hold_is_refused(local_aws: LocalAws) -> None:
    local_aws.client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="5", Type="String")

    with pytest.raises(Exception, match="CDK bootstrap stack version 6 required"):
        deploy(local_aws.session, STACK, golden())


# Reading back -------------------------------------------------------------------------------------------------------


def _summaries(session: boto3.Session) -> list[dict[str, Any]]:
    pages = session.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=STACK)
    return [summary for page in pages for summary in page["StackResourceSummaries"]]


def _scope(aws: Client, template: Mapping[str, Any], physical: Mapping[str, str]) -> Scope:
    """The template's references as the account has them, asked of the services and not of CloudFormation."""
    region, account = REGION, ACCOUNT
    pseudo = {
        "AWS::Region": region,
        "AWS::AccountId": account,
        "AWS::Partition": "aws",
        "AWS::URLSuffix": "amazonaws.com",
        "AWS::StackName": STACK,
    }

    def attribute(logical_id: str, name: str) -> Any:
        made, kind = physical[logical_id], template["Resources"][logical_id]["Type"]
        match kind, name:
            case "AWS::EC2::VPC", "DefaultSecurityGroup":
                of_vpc = [{"Name": "vpc-id", "Values": [made]}, {"Name": "group-name", "Values": ["default"]}]
                return aws("ec2").describe_security_groups(Filters=of_vpc)["SecurityGroups"][0]["GroupId"]
            case "AWS::EC2::EIP", "AllocationId":
                return aws("ec2").describe_addresses(PublicIps=[made])["Addresses"][0]["AllocationId"]
            case "AWS::NetworkFirewall::Firewall", "EndpointIds":
                status = aws("network-firewall").describe_firewall(FirewallArn=made)["FirewallStatus"]
                states = sorted(status["SyncStates"].items())
                return [f"{zone}:{state['Attachment']['EndpointId']}" for zone, state in states]
            case "AWS::Logs::LogGroup", "Arn":
                return f"arn:aws:logs:{region}:{account}:log-group:{made}:*"
            case "AWS::IAM::Role", "Arn":
                return aws("iam").get_role(RoleName=made)["Role"]["Arn"]
            case "AWS::Lambda::Function", "Arn":
                return f"arn:aws:lambda:{region}:{account}:function:{made}"
            case _, "GroupId" | "Id" | "RuleGroupArn" | "FirewallPolicyArn" | "FirewallArn":
                return made
            case _:
                raise AssertionError(f"{kind} {name}")

    return Scope(
        region=region,
        ref=lambda name: pseudo.get(name) or physical[name],
        attribute=attribute,
        conditions={},
        mappings=template["Mappings"],
        exports={},
    )


def _ec2_tags(wanted: Mapping[str, Any], found: list[dict[str, str]]) -> tuple[Any, Any]:
    return (
        {tag["Key"]: tag["Value"] for tag in wanted["Tags"]},
        {tag["Key"]: tag["Value"] for tag in found if not tag["Key"].startswith("aws:")},
    )


def _picked(wanted: Mapping[str, Any], found: Mapping[str, Any], *names: str) -> tuple[Any, Any]:
    """The named properties side by side, and the tags."""
    expected_tags, found_tags = _ec2_tags(wanted, found.get("Tags", []))
    return (
        {**{name: wanted[name] for name in names}, "Tags": expected_tags},
        {**{name: found[name] for name in names}, "Tags": found_tags},
    )


def _vpc(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    ec2 = aws("ec2")
    (found,) = ec2.describe_vpcs(VpcIds=[made])["Vpcs"]
    attributes = {
        "EnableDnsSupport": ec2.describe_vpc_attribute(VpcId=made, Attribute="enableDnsSupport"),
        "EnableDnsHostnames": ec2.describe_vpc_attribute(VpcId=made, Attribute="enableDnsHostnames"),
    }
    values = {name: answer[name]["Value"] for name, answer in attributes.items()}
    return _picked(wanted, found | values, "CidrBlock", *attributes)


def _subnet(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    (found,) = aws("ec2").describe_subnets(SubnetIds=[made])["Subnets"]
    return _picked(wanted, found, "CidrBlock", "AvailabilityZone", "MapPublicIpOnLaunch", "VpcId")


def _route_table(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    (found,) = aws("ec2").describe_route_tables(RouteTableIds=[made])["RouteTables"]
    return _picked(wanted, found, "VpcId")


def _table_association(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    (table,) = aws("ec2").describe_route_tables(RouteTableIds=[wanted["RouteTableId"]])["RouteTables"]
    found = {each["RouteTableAssociationId"]: each.get("SubnetId") for each in table["Associations"]}
    return wanted["SubnetId"], found.get(made)


def _route(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    """An endpoint is a route's gateway, as EC2 tells it."""
    table, destination = made.split("|")
    (found,) = aws("ec2").describe_route_tables(RouteTableIds=[table])["RouteTables"]
    (route,) = [each for each in found["Routes"] if each.get("DestinationCidrBlock") == destination]
    ((name, target),) = [
        (key, value) for key, value in wanted.items() if key not in {"RouteTableId", "DestinationCidrBlock"}
    ]
    name = {"VpcEndpointId": "GatewayId"}.get(name, name)
    expected = {name: target, "DestinationCidrBlock": wanted["DestinationCidrBlock"], "State": "active"}
    return expected, {key: value for key, value in route.items() if key != "Origin"}


def _acl(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    (found,) = aws("ec2").describe_network_acls(NetworkAclIds=[made])["NetworkAcls"]
    return _picked(wanted, found, "VpcId")


def _acl_entry(aws: Client, _: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    (acl,) = aws("ec2").describe_network_acls(NetworkAclIds=[wanted["NetworkAclId"]])["NetworkAcls"]
    here = (wanted["Egress"], wanted["RuleNumber"])
    (found,) = [entry for entry in acl["Entries"] if (entry["Egress"], entry["RuleNumber"]) == here]
    expected = {name: value for name, value in wanted.items() if name != "NetworkAclId"}
    return expected | {"Protocol": str(wanted["Protocol"])}, found


def _acl_association(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    (acl,) = aws("ec2").describe_network_acls(NetworkAclIds=[wanted["NetworkAclId"]])["NetworkAcls"]
    found = {each["NetworkAclAssociationId"]: each["SubnetId"] for each in acl["Associations"]}
    return wanted["SubnetId"], found.get(made)


def _plain(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule of a template, by what decides and what says why."""
    peers = ("CidrIp", "DestinationPrefixListId", "DestinationSecurityGroupId", "SourceSecurityGroupId")
    return {
        "IpProtocol": str(rule["IpProtocol"]),
        "Ports": (rule.get("FromPort"), rule.get("ToPort")),
        "Peer": next(rule[name] for name in peers if name in rule),
        "Description": rule.get("Description"),
    }


def _standing(permissions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    members = {
        "IpRanges": "CidrIp",
        "Ipv6Ranges": "CidrIpv6",
        "PrefixListIds": "PrefixListId",
        "UserIdGroupPairs": "GroupId",
    }
    return [
        {
            "IpProtocol": permission["IpProtocol"],
            "Ports": (permission.get("FromPort"), permission.get("ToPort")),
            "Peer": peer[key],
            "Description": peer.get("Description"),
        }
        for permission in permissions
        for member, key in members.items()
        for peer in permission.get(member, [])
    ]


def _group(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    """The group's own rules are all there; those of resources of their own, to groups, stand beside them."""
    (found,) = aws("ec2").describe_security_groups(GroupIds=[made])["SecurityGroups"]
    expected, picked = _picked(wanted, found | {"GroupDescription": found["Description"]}, "GroupDescription", "VpcId")
    for direction, permissions in (("Egress", "IpPermissionsEgress"), ("Ingress", "IpPermissions")):
        inline = [_plain(rule) for rule in wanted.get(f"SecurityGroup{direction}", [])]
        standing = _standing(found[permissions])
        kept = [rule for rule in standing if rule in inline or not rule["Peer"].startswith("sg-")]
        expected[direction], picked[direction] = (sorted(rules, key=json.dumps) for rules in (inline, kept))
    return expected, picked


def _group_rule(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    (rule,) = aws("ec2").describe_security_group_rules(SecurityGroupRuleIds=[made])["SecurityGroupRules"]
    (group,) = aws("ec2").describe_security_groups(GroupIds=[wanted["GroupId"]])["SecurityGroups"]
    standing = [each for each in _standing(group["IpPermissionsEgress"]) if each == _plain(wanted)]
    return ([_plain(wanted)], wanted["GroupId"], True), (standing, rule["GroupId"], rule["IsEgress"])


def _flow_log(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    (found,) = aws("ec2").describe_flow_logs(FlowLogIds=[made])["FlowLogs"]
    names = ("ResourceId", "TrafficType", "LogGroupName", "LogDestinationType", "MaxAggregationInterval")
    return _picked(wanted, found, *names, "DeliverLogsPermissionArn")


def _internet_gateway(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    (found,) = aws("ec2").describe_internet_gateways(InternetGatewayIds=[made])["InternetGateways"]
    return _picked(wanted, found)


def _gateway_attachment(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    gateway = wanted["InternetGatewayId"]
    (found,) = aws("ec2").describe_internet_gateways(InternetGatewayIds=[gateway])["InternetGateways"]
    return (f"IGW|{wanted['VpcId']}", [wanted["VpcId"]]), (made, [each["VpcId"] for each in found["Attachments"]])


def _address(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    (found,) = aws("ec2").describe_addresses(PublicIps=[made])["Addresses"]
    return _picked(wanted, found, "Domain")


def _nat_gateway(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    (found,) = aws("ec2").describe_nat_gateways(NatGatewayIds=[made])["NatGateways"]
    (address,) = found["NatGatewayAddresses"]
    return _picked(wanted, found | address, "SubnetId", "ConnectivityType", "AllocationId")


def _endpoint(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    (found,) = aws("ec2").describe_vpc_endpoints(VpcEndpointIds=[made])["VpcEndpoints"]
    groups = [group["GroupId"] for group in found.get("Groups", [])]
    found |= {"PolicyDocument": json.loads(found["PolicyDocument"]), "SecurityGroupIds": groups}
    names = [name for name in wanted if name not in {"Tags", "SubnetIds", "RouteTableIds"}]
    expected, picked = _picked(wanted, found, *names)
    sets = ("SubnetIds", "RouteTableIds")
    return (
        expected | {name: sorted(wanted.get(name, [])) for name in sets},
        picked | {name: sorted(found.get(name, [])) for name in sets},
    )


def _managed_policy(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    iam = aws("iam")
    found = iam.get_policy(PolicyArn=made)["Policy"]
    version = iam.get_policy_version(PolicyArn=made, VersionId=found["DefaultVersionId"])["PolicyVersion"]
    expected = (wanted["PolicyDocument"], wanted["Path"], wanted["Description"])
    return expected, (version["Document"], found["Path"], found["Description"])


def _role(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    iam = aws("iam")
    names = iam.list_role_policies(RoleName=made)["PolicyNames"]
    inline = {name: iam.get_role_policy(RoleName=made, PolicyName=name)["PolicyDocument"] for name in names}
    trust = iam.get_role(RoleName=made)["Role"]["AssumeRolePolicyDocument"]
    policies = {policy["PolicyName"]: policy["PolicyDocument"] for policy in wanted["Policies"]}
    return (wanted["AssumeRolePolicyDocument"], policies), (trust, inline)


def _function(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    found = aws("lambda").get_function_configuration(FunctionName=made)
    names = ("Role", "Runtime", "Timeout", "Handler", "Architectures")
    return _picked({**wanted, "Tags": []}, found, *names)


def _log_group(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    (found,) = aws("logs").describe_log_groups(logGroupNamePrefix=made)["logGroups"]
    return wanted["RetentionInDays"], found["retentionInDays"]


def _parameter(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    found = aws("ssm").get_parameter(Name=made)["Parameter"]
    return (wanted["Type"], wanted["Value"]), (found["Type"], found["Value"])


def _rule_group(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    found = aws("network-firewall").describe_rule_group(RuleGroupArn=made)
    response = found["RuleGroupResponse"]
    return _picked(wanted, response | found, "RuleGroupName", "Type", "Capacity", "RuleGroup")


def _firewall_policy(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    found = aws("network-firewall").describe_firewall_policy(FirewallPolicyArn=made)
    return _picked(wanted, found["FirewallPolicyResponse"] | found, "FirewallPolicyName", "FirewallPolicy")


def _firewall(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    found = aws("network-firewall").describe_firewall(FirewallArn=made)["Firewall"]
    return _picked(wanted, found, *(name for name in wanted if name != "Tags"))


def _firewall_logs(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    found = aws("network-firewall").describe_logging_configuration(FirewallArn=made)
    return wanted["LoggingConfiguration"], found["LoggingConfiguration"]


def _domain_list(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    """Route 53 gives names back with the dot of the root; `*` alone has none."""
    found = aws("route53resolver").list_firewall_domains(FirewallDomainListId=made)["Domains"]
    return sorted(name.rstrip(".") for name in wanted["Domains"]), sorted(name.rstrip(".") for name in found)


def _dns_rules(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    found = aws("route53resolver").list_firewall_rules(FirewallRuleGroupId=made)["FirewallRules"]
    added = {"FirewallRuleGroupId", "Name", "CreatorRequestId", "CreationTime", "ModificationTime"}
    added |= {"FirewallThreatProtectionId"}
    return wanted["FirewallRules"], [{key: rule[key] for key in rule if key not in added} for rule in found]


def _dns_association(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    resolver = aws("route53resolver")
    found = resolver.get_firewall_rule_group_association(FirewallRuleGroupAssociationId=made)
    names = ("FirewallRuleGroupId", "VpcId", "Priority", "MutationProtection")
    return _picked({**wanted, "Tags": []}, found["FirewallRuleGroupAssociation"], *names)


def _query_log(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    found = aws("route53resolver").get_resolver_query_log_config(ResolverQueryLogConfigId=made)
    return wanted["DestinationArn"], found["ResolverQueryLogConfig"]["DestinationArn"]


def _query_log_association(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    resolver = aws("route53resolver")
    found = resolver.get_resolver_query_log_config_association(ResolverQueryLogConfigAssociationId=made)
    names = ("ResolverQueryLogConfigId", "ResourceId")
    return _picked({**wanted, "Tags": []}, found["ResolverQueryLogConfigAssociation"], *names)


def _closed_default_group(aws: Client, made: str, wanted: Mapping[str, Any]) -> tuple[Any, Any]:
    (group,) = aws("ec2").describe_security_groups(GroupIds=[wanted["GroupId"]])["SecurityGroups"]
    return (f"closed-{wanted['GroupId']}", [], []), (made, group["IpPermissions"], group["IpPermissionsEgress"])


READERS: Mapping[str, Reader] = {
    "AWS::EC2::EIP": _address,
    "AWS::EC2::FlowLog": _flow_log,
    "AWS::EC2::InternetGateway": _internet_gateway,
    "AWS::EC2::NatGateway": _nat_gateway,
    "AWS::EC2::NetworkAcl": _acl,
    "AWS::EC2::NetworkAclEntry": _acl_entry,
    "AWS::EC2::Route": _route,
    "AWS::EC2::RouteTable": _route_table,
    "AWS::EC2::SecurityGroup": _group,
    "AWS::EC2::SecurityGroupEgress": _group_rule,
    "AWS::EC2::Subnet": _subnet,
    "AWS::EC2::SubnetNetworkAclAssociation": _acl_association,
    "AWS::EC2::SubnetRouteTableAssociation": _table_association,
    "AWS::EC2::VPC": _vpc,
    "AWS::EC2::VPCEndpoint": _endpoint,
    "AWS::EC2::VPCGatewayAttachment": _gateway_attachment,
    "AWS::IAM::ManagedPolicy": _managed_policy,
    "AWS::IAM::Role": _role,
    "AWS::Lambda::Function": _function,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::NetworkFirewall::Firewall": _firewall,
    "AWS::NetworkFirewall::FirewallPolicy": _firewall_policy,
    "AWS::NetworkFirewall::LoggingConfiguration": _firewall_logs,
    "AWS::NetworkFirewall::RuleGroup": _rule_group,
    "AWS::Route53Resolver::FirewallDomainList": _domain_list,
    "AWS::Route53Resolver::FirewallRuleGroup": _dns_rules,
    "AWS::Route53Resolver::FirewallRuleGroupAssociation": _dns_association,
    "AWS::Route53Resolver::ResolverQueryLoggingConfig": _query_log,
    "AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation": _query_log_association,
    "AWS::SSM::Parameter": _parameter,
    "Custom::AgentPerimeterClosedDefaultGroup": _closed_default_group,
}
