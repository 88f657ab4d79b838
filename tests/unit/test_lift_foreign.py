"""What touches the network and is not understood; custom resources judged by what they may do."""

from __future__ import annotations

import pytest

from agent_perimeter.lift.harmless import HARMLESS
from tests.unit.lifted import AT, MAYBE, SUBNET, VPC, Json, Resources, attribute, lifted, ref


def foreign(resources: Resources, **sections: Json) -> dict[str, tuple[tuple[str, ...], str]]:
    """What the foreign resources touch and why they are foreign, by id."""
    return {found.id: (found.touches, found.doubt.reason) for found in lifted(resources, **sections).foreign}


def alien(properties: dict[str, Json]) -> Resources:
    return {**SUBNET, "Alien": ("Some::Other::Type", properties)}


UNKNOWN = "what Some::Other::Type does to the network is not known"


@pytest.mark.parametrize(
    ("properties", "touches"),
    [
        ({"Deep": [{"In": {"It": ref("Vpc")}}]}, ("net/Vpc",)),
        ({"Arn": {"Fn::Sub": "arn:${AWS::Partition}:ec2:::subnet/${Subnet}"}}, ("net/Subnet",)),
        ({"A": {"Fn::If": ["On", attribute("Vpc", "DefaultSecurityGroup"), "x"]}}, ("net/Vpc/default-group",)),
        ({"A": {"Fn::Join": ["", [{"Fn::ImportValue": "x"}, ref("Subnet")]]}}, ("net/Subnet",)),
        ({"A": {"Fn::Sub": ["${X}", {"X": attribute("Vpc", "VpcId")}]}}, ("net/Vpc",)),
        ({"A": {"Fn::Sub": "${Vpc.VpcId} ${Subnet}"}}, ("net/Subnet", "net/Vpc")),
        ({"A": {"Fn::GetAtt": "Vpc.VpcId"}}, ("net/Vpc",)),
        ({"A": {"Fn::GetAtt": ["Vpc", {"Fn::ImportValue": "x"}]}}, ("net/Vpc",)),
        ({"A": attribute("Vpc", "CidrBlock")}, ("net/Vpc",)),
    ],
)
def test_an_unknown_type_that_names_a_part_of_the_network_is_foreign(
    properties: dict[str, Json], touches: tuple[str, ...]
) -> None:
    assert foreign(alien(properties), **MAYBE) == {"net/Alien": (touches, UNKNOWN)}


def test_an_unknown_type_that_names_nothing_of_the_network_is_nobody() -> None:
    other: Resources = {"Bucket": ("AWS::S3::Bucket", {})}
    assert foreign({**other, **alien({"A": ref("Bucket"), "B": "vpc-1", "C": {"Fn::ImportValue": "x"}})}) == {}


def test_a_resource_that_a_macro_writes_may_touch_everything() -> None:
    found = foreign({**VPC, "Alien": ("Some::Other::Type", {"Fn::Transform": {"Name": "Macro"}})})
    assert found["net/Alien"][0] == ("net/Vpc",)


@pytest.mark.parametrize("kind", sorted(HARMLESS))
def test_harmless_types_may_name_the_network(kind: str) -> None:
    assert foreign({**SUBNET, "It": (kind, {"A": ref("Vpc"), "B": [ref("Subnet")]})}) == {}


@pytest.mark.parametrize(
    ("kind", "properties", "path"),
    [
        ("AWS::EC2::Route", {"NewTargetId": "x", "GatewayId": "local"}, "NewTargetId"),
        ("AWS::EC2::VPC", {"NewSwitch": True}, "NewSwitch"),
        ("AWS::EC2::VPCEndpoint", {"DnsOptions": {}}, "DnsOptions"),
        ("AWS::EC2::SecurityGroup", {"SecurityGroupEgress": [{"NewPeer": "x"}]}, "SecurityGroupEgress/0/NewPeer"),
        ("AWS::NetworkFirewall::FirewallPolicy", {"FirewallPolicy": {"New": 1}}, "FirewallPolicy/New"),
        (
            "AWS::NetworkFirewall::RuleGroup",
            {"RuleGroup": {"RuleVariables": {"IPSets": {"ANY": {"New": 1}}}}},
            "RuleGroup/RuleVariables/IPSets/ANY/New",
        ),
        ("AWS::EC2::NatGateway", {"AvailabilityMode": "regional"}, "AvailabilityMode"),
        ("AWS::EC2::NatGateway", {"AvailabilityMode": {"Fn::ImportValue": "x"}}, "AvailabilityMode"),
        ("AWS::EC2::NetworkAcl", {"Fn::If": ["On", {"New": 1}, {}]}, "New"),
    ],
)
def test_a_property_that_is_not_judged_makes_a_known_type_foreign(
    kind: str, properties: dict[str, Json], path: str
) -> None:
    (found,) = lifted({"It": (kind, properties)}, **MAYBE).foreign
    assert found.touches[0] == "net/It"
    assert found.doubt.path == f"{AT}/It/Properties/{path}"
    assert found.doubt.reason == f"the property {path.rsplit('/', 1)[-1]} of {kind} is not judged"


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("AWS::EC2::NatGateway", {"AvailabilityMode": "zonal", "SubnetId": ref("Subnet")}),
        ("AWS::EC2::Subnet", {"EnableDns64": False}),
        ("AWS::EC2::VPCEndpoint", {"DnsOptions": ref("AWS::NoValue")}),
    ],
)
def test_a_property_at_its_ordinary_value_is_no_doubt(kind: str, properties: dict[str, Json]) -> None:
    assert foreign({**SUBNET, "It": (kind, properties)}) == {}


@pytest.mark.parametrize(
    ("kind", "properties", "touches"),
    [
        ("AWS::Route53::HostedZone", {"Name": "a.example", "VPCs": [{"VPCId": ref("Vpc")}]}, ("net/Vpc",)),
        ("AWS::Route53::HostedZone", {"VPCs": [{"VPCId": {"Fn::ImportValue": "x"}}]}, ("net/Vpc",)),
        ("AWS::ServiceDiscovery::PrivateDnsNamespace", {"Vpc": ref("Vpc")}, ("net/Vpc",)),
        ("AWS::EC2::TrafficMirrorSession", {"NetworkInterfaceId": attribute("Thing", "Eni")}, ("net/Vpc",)),
        ("AWS::EC2::TrafficMirrorSession", {"NetworkInterfaceId": "eni-1"}, ("net/Vpc",)),
        ("AWS::EC2::SecurityGroupVpcAssociation", {"GroupId": ref("Group"), "VpcId": "vpc-1"}, ("net/Group",)),
        ("AWS::VpcLattice::ServiceNetworkVpcAssociation", {"VpcIdentifier": ref("Vpc")}, ("net/Vpc",)),
        ("AWS::EC2::RouteServerPropagation", {"RouteTableId": ref("Table")}, ("net/Table",)),
    ],
)
def test_what_redirects_or_copies_is_foreign(kind: str, properties: dict[str, Json], touches: tuple[str, ...]) -> None:
    more: Resources = {
        "Table": ("AWS::EC2::RouteTable", {"VpcId": ref("Vpc")}),
        "Group": ("AWS::EC2::SecurityGroup", {"VpcId": ref("Vpc"), "GroupDescription": "g"}),
        "Thing": ("Some::Other::Type", {}),
    }
    assert foreign({**VPC, **more, "It": (kind, properties)})["net/It"][0] == touches


def test_a_table_for_a_gateway_that_is_not_known_is_foreign() -> None:
    table: Resources = {"Table": ("AWS::EC2::RouteTable", {"VpcId": ref("Vpc")})}
    edge = "AWS::EC2::GatewayRouteTableAssociation"
    found = foreign({**VPC, **table, "It": (edge, {"GatewayId": "igw-1", "RouteTableId": ref("Table")})})
    assert found["net/It/GatewayId"][0] == ("net/Table",)
    assert "which gateway" in found["net/It/GatewayId"][1]
    known: Resources = {"Gate": ("AWS::EC2::InternetGateway", {})}
    assert (
        foreign({**VPC, **table, **known, "It": (edge, {"GatewayId": ref("Gate"), "RouteTableId": ref("Table")})}) == {}
    )


@pytest.mark.parametrize(
    "properties", [{"Name": "a.example"}, {"Name": {"Fn::ImportValue": "x"}}, {"VPCs": [{"VPCId": "vpc-1"}]}]
)
def test_a_zone_of_other_networks_is_nobody(properties: dict[str, Json]) -> None:
    assert foreign({**VPC, "Zone": ("AWS::Route53::HostedZone", properties)}) == {}


def test_a_workload_that_names_the_network_where_nobody_reads_is_foreign() -> None:
    written: dict[str, Json] = {"SubnetIds": [ref("Subnet")], "RouteTableIds": [ref("Table")]}
    found = foreign({**SUBNET, "Table": ("AWS::EC2::RouteTable", {}), "Files": ("AWS::FSx::FileSystem", written)})
    assert found["net/Files"] == (
        ("net/Subnet", "net/Table"),
        "what AWS::FSx::FileSystem does with net/Table is not read",
    )


def test_a_launch_template_and_a_subnet_group_hand_on_what_they_name() -> None:
    data: Json = {"NetworkInterfaces": [{"SubnetId": ref("Subnet")}]}
    between: Resources = {
        "Template": ("AWS::EC2::LaunchTemplate", {"LaunchTemplateData": data}),
        "Names": ("AWS::RDS::DBSubnetGroup", {"SubnetIds": [ref("Subnet"), ref("Names")]}),  # even if it names itself
    }
    assert foreign({**SUBNET, **between}) == {}
    for name in between:
        assert foreign({**alien({"It": ref(name)}), **between}) == {"net/Alien": (("net/Subnet",), UNKNOWN)}


def test_whoever_names_a_boundary_touches_it() -> None:
    cap: Resources = {
        "Cap": ("AWS::IAM::ManagedPolicy", {"PolicyDocument": {}}),
        "Role": ("AWS::IAM::Role", {"PermissionsBoundary": ref("Cap")}),
        "Plain": ("AWS::IAM::ManagedPolicy", {"PolicyDocument": {}}),
    }
    assert foreign({**cap, "Alien": ("Some::Other::Type", {"P": ref("Cap")})})["net/Alien"][0] == ("net/Cap",)
    assert foreign({**cap, "Alien": ("Some::Other::Type", {"P": ref("Plain")})}) == {}


def statement(*actions: Json, **more: Json) -> dict[str, Json]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}


def custom(
    statements: list[Json],
    role: dict[str, Json] | None = None,
    more: Resources | None = None,
    target: Json = None,
    service: Json = None,
) -> str:
    """Why a custom resource at the default group is foreign; empty where it is not."""
    inline: Json = [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}]
    found = foreign(
        {
            **VPC,
            "Role": ("AWS::IAM::Role", {"Policies": inline, **(role or {})}),
            "Fn": ("AWS::Lambda::Function", {"Role": attribute("Role", "Arn")}),
            "Group": ("AWS::EC2::SecurityGroup", {"GroupDescription": "g", "VpcId": ref("Vpc")}),
            "It": (
                "Custom::Whatever",
                {
                    "ServiceToken": service or attribute("Fn", "Arn"),
                    "Target": target or attribute("Vpc", "DefaultSecurityGroup"),
                },
            ),
            **(more or {}),
        }
    )
    return found["net/It"][1] if found else ""


CLOSE = statement("ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress")
LOGS = "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


def test_a_function_that_reads_logs_and_closes_the_default_group_is_harmless() -> None:
    assert custom([CLOSE, statement("ec2:Describe*", "ec2:GetManagedPrefixListEntries", "logs:*")]) == ""
    assert custom([CLOSE], {"ManagedPolicyArns": [{"Fn::Sub": LOGS}]}) == ""
    assert custom([CLOSE, {"Effect": "Deny", "Action": "*", "Resource": "*"}]) == ""


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        ([statement("ec2:AuthorizeSecurityGroupEgress")], "may call ec2:AuthorizeSecurityGroupEgress"),
        ([statement("ec2:*")], "may call ec2:*"),
        ([statement("e*2:Describe")], "may call e*2:Describe"),
        ([statement("*")], "may call *"),
        ([statement("sts:AssumeRole")], "may call sts:AssumeRole"),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], "all but what is listed"),
        ([statement({"Fn::ImportValue": "x"})], "x is exported by no stack here"),
        (["text"], "'text' is not a mapping"),
    ],
)
def test_a_function_that_may_do_more_is_foreign(statements: list[Json], reason: str) -> None:
    assert reason in custom(statements)


def attached(kind: str, properties: dict[str, Json]) -> Resources:
    document: Json = {"Statement": [statement("ec2:CreateRoute")]}
    return {"More": (kind, {"PolicyDocument": document, "PolicyName": "p", **properties})}


def test_permissions_from_elsewhere_count() -> None:
    wide = "may call ec2:CreateRoute"
    assert wide in custom([CLOSE], more=attached("AWS::IAM::Policy", {"Roles": [ref("Role")]}))
    assert wide in custom([CLOSE], more=attached("AWS::IAM::ManagedPolicy", {"Roles": [ref("Role")]}))
    assert wide in custom([CLOSE], more=attached("AWS::IAM::RolePolicy", {"RoleName": ref("Role")}))
    assert wide in custom([CLOSE], {"ManagedPolicyArns": [ref("More")]}, attached("AWS::IAM::ManagedPolicy", {}))
    assert wide in custom([CLOSE], {"RoleName": "closer"}, attached("AWS::IAM::Policy", {"Roles": ["closer"]}))
    narrow: Resources = {"Narrow": ("AWS::IAM::ManagedPolicy", {"PolicyDocument": {"Statement": [CLOSE]}})}
    assert custom([CLOSE], {"ManagedPolicyArns": [ref("Narrow")]}, narrow) == ""
    assert custom([CLOSE], more=attached("AWS::IAM::Policy", {"Roles": ["closer"]})) == ""
    assert custom([CLOSE], more=attached("AWS::IAM::Policy", {"Roles": [ref("Fn")]})) == ""
    unnamed: dict[str, Json] = {"RoleName": {"Fn::ImportValue": "x"}}
    assert wide in custom([CLOSE], unnamed, attached("AWS::IAM::Policy", {"Roles": ["a"]}))
    assert custom([CLOSE], more=attached("AWS::IAM::Policy", {"Roles": [{"Fn::ImportValue": "x"}]})) != ""
    admin = "arn:aws:iam::aws:policy/AdministratorAccess"
    assert f"what {admin} allows is not in the assembly" in custom([CLOSE], {"ManagedPolicyArns": [admin]})
    assert custom([CLOSE], {"ManagedPolicyArns": {"Fn::ImportValue": "x"}}) != ""


def test_what_cannot_be_followed_is_foreign() -> None:
    assert "the function behind this custom resource" in custom([CLOSE], service="arn:elsewhere")
    role: Resources = {"Fn": ("AWS::Lambda::Function", {"Role": "arn:elsewhere"})}
    assert "the role of this custom resource's function" in custom([CLOSE], more=role)


def test_closing_any_other_group_may_take_away_what_an_agent_needs() -> None:
    assert "may call ec2:RevokeSecurityGroupEgress" in custom([CLOSE], target=attribute("Group", "GroupId"))
    assert custom([statement("ec2:Describe*")], target=attribute("Group", "GroupId")) == ""
    assert "may change the network, whatever it is told" in custom([statement("ec2:*")], target="nothing of ours")
    assert custom([statement("ec2:Describe*"), statement("s3:*")], target="nothing of ours") == ""


def test_whoever_shares_a_subnet_lets_others_put_interfaces_into_it() -> None:
    arn: Json = {"Fn::Sub": "arn:aws:ec2:eu-west-1:123456789012:subnet/${Subnet}"}
    share: Resources = {"Share": ("AWS::RAM::ResourceShare", {"Name": "s", "ResourceArns": [arn]})}
    assert foreign({**SUBNET, **share})["net/Share"] == (
        ("net/Subnet",),
        "whoever this subnet is shared with puts interfaces into it",
    )
    listed: Resources = {
        "Share": ("AWS::RAM::ResourceShare", {"Name": "s", "ResourceArns": [ref("Vpc"), "arn:elsewhere"]})
    }
    assert foreign({**SUBNET, **listed}) == {}


@pytest.mark.parametrize(
    ("kind", "properties", "shuts"),
    [
        ("AWS::EC2::VPCBlockPublicAccessOptions", {"InternetGatewayBlockMode": "block-bidirectional"}, True),
        ("AWS::EC2::VPCBlockPublicAccessOptions", {"InternetGatewayBlockMode": {"Fn::ImportValue": "x"}}, True),
        ("AWS::EC2::VPCBlockPublicAccessOptions", {"InternetGatewayBlockMode": "block-ingress"}, False),
        ("AWS::EC2::VPCEncryptionControl", {"VpcId": ref("Vpc"), "Mode": "enforce"}, True),
        ("AWS::EC2::VPCEncryptionControl", {"VpcId": ref("Vpc"), "Mode": "monitor"}, False),
    ],
)
def test_what_can_only_forbid_may_keep_an_agent_from_its_work(
    kind: str, properties: dict[str, Json], shuts: bool
) -> None:
    expected = {"net/It": (("net/Vpc",), f"{kind} may keep an agent from what it is allowed")} if shuts else {}
    assert foreign({**VPC, "It": (kind, properties)}) == expected


def test_an_instance_of_an_elastic_address_that_is_not_known_may_be_any() -> None:
    lost: Resources = {"Address": ("AWS::EC2::EIP", {"InstanceId": {"Fn::ImportValue": "x"}})}
    assert foreign({**VPC, **lost})["net/Address/InstanceId"] == (
        ("net/Vpc",),
        "which interface this public address is for is not known",
    )
