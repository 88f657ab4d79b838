"""VPC endpoint associations: endpoints of a firewall beyond those of its own subnets."""

from __future__ import annotations

from moto.networkfirewall.responses import NetworkFirewallResponse

from tests.aws.local.ec2.backend import find_subnet
from tests.aws.local.ec2.firewall_endpoints import create_firewall_endpoint, delete_firewall_endpoint
from tests.aws.local.errors import Refused
from tests.aws.local.network_firewall.firewalls import attachments
from tests.aws.local.network_firewall.state import Association, Endpoint, NetworkFirewall, asked_state, new_token
from tests.aws.local.operations import Call, Fields, operation, page

network_firewall = operation(NetworkFirewallResponse)


@network_firewall
def create_vpc_endpoint_association(call: Call) -> Fields:
    held = asked_state(call)
    firewall = held.firewalls.get(call.asked["FirewallArn"])
    if firewall is None:
        raise Refused("ResourceNotFoundException", f"The firewall {call.asked['FirewallArn']} does not exist")
    asked = call.asked["SubnetMapping"]
    subnet = find_subnet(call.account, call.region, asked["SubnetId"])
    if subnet is None or subnet.vpc_id != call.asked["VpcId"]:
        raise Refused("InvalidRequestException", f"{asked['SubnetId']} is no subnet of {call.asked['VpcId']}")
    if subnet.availability_zone not in {endpoint.zone for endpoint in firewall.endpoints}:
        raise Refused("InvalidRequestException", "The firewall has no endpoint in this Availability Zone")
    created = create_firewall_endpoint(call.account, call.region, subnet.id, firewall.arn)
    token = new_token()
    association = Association(
        id=token,
        arn=call.arn("network-firewall", f"vpc-endpoint-association/{token}"),
        firewall=firewall.arn,
        vpc=subnet.vpc_id,
        mapping={"SubnetId": subnet.id, "IPAddressType": asked.get("IPAddressType", "IPV4")},
        description=call.get("Description"),
        endpoint=Endpoint(created, subnet.id, subnet.availability_zone),
    )
    held.associations[association.arn] = association
    held.tag(association.arn, call.get("Tags", []))
    return _described(held, association)


@network_firewall
def describe_vpc_endpoint_association(call: Call) -> Fields:
    return _described(asked_state(call), _asked(call))


@network_firewall
def list_vpc_endpoint_associations(call: Call) -> Fields:
    firewall = call.get("FirewallArn")
    found = [
        {"VpcEndpointAssociationArn": association.arn}
        for association in asked_state(call).associations.values()
        if firewall in {None, association.firewall}
    ]
    return page(call, "VpcEndpointAssociations", found)


@network_firewall
def delete_vpc_endpoint_association(call: Call) -> Fields:
    held, association = asked_state(call), _asked(call)
    answer = _described(held, association, status="DELETING")
    delete_firewall_endpoint(call.account, call.region, association.endpoint.id)
    del held.associations[association.arn]
    held.tags.pop(association.arn, None)
    return answer


def _asked(call: Call) -> Association:
    arn = call.asked["VpcEndpointAssociationArn"]
    association = asked_state(call).associations.get(arn)
    if association is None:
        raise Refused("ResourceNotFoundException", f"The VPC endpoint association {arn} does not exist")
    return association


def _described(held: NetworkFirewall, association: Association, status: str = "READY") -> Fields:
    return {
        "VpcEndpointAssociation": {
            "VpcEndpointAssociationId": association.id,
            "VpcEndpointAssociationArn": association.arn,
            "FirewallArn": association.firewall,
            "VpcId": association.vpc,
            "SubnetMapping": association.mapping,
            "Description": association.description,
            "Tags": held.tags_of(association.arn) or None,
        },
        "VpcEndpointAssociationStatus": {
            "Status": status,
            "AssociationSyncState": attachments((association.endpoint,)),
        },
    }
