"""Firewalls: where they stand, what they are held to, and what keeps them from being changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from moto.networkfirewall.responses import NetworkFirewallResponse

from tests.aws.local.ec2.backend import find_subnet
from tests.aws.local.ec2.firewall_endpoints import create_firewall_endpoint, delete_firewall_endpoint
from tests.aws.local.errors import Refused
from tests.aws.local.network_firewall.state import (
    Endpoint,
    Firewall,
    NetworkFirewall,
    asked_state,
    check_token,
    new_token,
)
from tests.aws.local.operations import Call, Fields, operation, page

network_firewall = operation(NetworkFirewallResponse)

_INITIALLY: Mapping[str, bool] = {
    "DeleteProtection": True,
    "SubnetChangeProtection": True,
    "FirewallPolicyChangeProtection": True,
    "AvailabilityZoneChangeProtection": False,
}
"""What CreateFirewall sets where the request says nothing: as the API's own documentation has it."""


@network_firewall
def create_firewall(call: Call) -> Fields:
    held, name = asked_state(call), call.asked["FirewallName"]
    arn = call.arn("network-firewall", f"firewall/{name}")
    if "TransitGatewayId" in call.asked or "VpcEndpoint" in call.asked:
        raise Refused(
            "InvalidRequestException", "The local AWS has firewalls of a VPC only, not of a transit gateway or proxy"
        )
    if arn in held.firewalls:
        raise Refused("InvalidRequestException", f"A resource with the specified name already exists: {name}")
    _check_policy(held, call.asked["FirewallPolicyArn"])
    mappings = call.get("SubnetMappings", [])
    if not (call.get("VpcId") and mappings):
        raise Refused("InvalidRequestException", "A firewall has a VPC and a subnet")
    settings: Fields = {member: call.get(member, initial) for member, initial in _INITIALLY.items()}
    settings["Description"] = call.get("Description")
    settings["EncryptionConfiguration"] = call.get(
        "EncryptionConfiguration", {"KeyId": "AWS_OWNED_KMS_KEY", "Type": "AWS_OWNED_KMS_KEY"}
    )
    settings["EnabledAnalysisTypes"] = call.get("EnabledAnalysisTypes", [])
    firewall = Firewall(arn, name, call.asked["FirewallPolicyArn"], call.asked["VpcId"], [], settings)
    held.firewalls[arn] = firewall
    held.tag(arn, call.get("Tags", []))
    try:
        _add_subnets(call, firewall, mappings)
    except BaseException:
        del held.firewalls[arn]
        raise
    return {"Firewall": _described(held, firewall), "FirewallStatus": _status(held, firewall)}


@network_firewall
def describe_firewall(call: Call) -> Fields:
    held, firewall = asked_state(call), asked_firewall(call)
    return {
        "UpdateToken": firewall.token,
        "Firewall": _described(held, firewall),
        "FirewallStatus": _status(held, firewall),
    }


@network_firewall
def list_firewalls(call: Call) -> Fields:
    vpcs = call.get("VpcIds")
    found = [
        {"FirewallName": firewall.name, "FirewallArn": firewall.arn}
        for firewall in asked_state(call).firewalls.values()
        if not vpcs or firewall.vpc in vpcs
    ]
    return page(call, "Firewalls", found)


@network_firewall
def delete_firewall(call: Call) -> Fields:
    held, firewall = asked_state(call), asked_firewall(call)
    if firewall.settings["DeleteProtection"]:
        raise Refused("InvalidOperationException", f"{firewall.name} is protected against deletion")
    if any(association.firewall == firewall.arn for association in held.associations.values()):
        raise Refused("InvalidOperationException", f"{firewall.name} has VPC endpoint associations")
    answer = {
        "Firewall": _described(held, firewall),
        "FirewallStatus": _status(held, firewall) | {"Status": "DELETING"},
    }
    for endpoint in firewall.endpoints:
        delete_firewall_endpoint(call.account, call.region, endpoint.id)
    del held.firewalls[firewall.arn]
    held.tags.pop(firewall.arn, None)
    return answer


@network_firewall
def associate_subnets(call: Call) -> Fields:
    firewall = _to_change(call, "SubnetChangeProtection")
    _add_subnets(call, firewall, call.asked["SubnetMappings"])
    return _changed(firewall, SubnetMappings=firewall.mappings)


@network_firewall
def disassociate_subnets(call: Call) -> Fields:
    firewall = _to_change(call, "SubnetChangeProtection")
    leaving = set(call.asked["SubnetIds"])
    if not leaving <= {mapping["SubnetId"] for mapping in firewall.mappings}:
        raise Refused("InvalidRequestException", "A subnet is none of the firewall's")
    for endpoint in firewall.endpoints:
        if endpoint.subnet in leaving:
            delete_firewall_endpoint(call.account, call.region, endpoint.id)
    firewall.endpoints = [endpoint for endpoint in firewall.endpoints if endpoint.subnet not in leaving]
    firewall.mappings = [mapping for mapping in firewall.mappings if mapping["SubnetId"] not in leaving]
    return _changed(firewall, SubnetMappings=firewall.mappings)


@network_firewall
def associate_firewall_policy(call: Call) -> Fields:
    firewall = _to_change(call, "FirewallPolicyChangeProtection")
    _check_policy(asked_state(call), call.asked["FirewallPolicyArn"])
    firewall.policy = call.asked["FirewallPolicyArn"]
    return _changed(firewall, FirewallPolicyArn=firewall.policy)


@network_firewall
def update_firewall_delete_protection(call: Call) -> Fields:
    return _set(call, "DeleteProtection")


@network_firewall
def update_subnet_change_protection(call: Call) -> Fields:
    return _set(call, "SubnetChangeProtection")


@network_firewall
def update_firewall_policy_change_protection(call: Call) -> Fields:
    return _set(call, "FirewallPolicyChangeProtection")


@network_firewall
def update_availability_zone_change_protection(call: Call) -> Fields:
    return _set(call, "AvailabilityZoneChangeProtection")


@network_firewall
def update_firewall_description(call: Call) -> Fields:
    return _set(call, "Description")


@network_firewall
def update_firewall_encryption_configuration(call: Call) -> Fields:
    return _set(call, "EncryptionConfiguration")


@network_firewall
def update_firewall_analysis_settings(call: Call) -> Fields:
    return _set(call, "EnabledAnalysisTypes")


def asked_firewall(call: Call) -> Firewall:
    arn, name = call.get("FirewallArn"), call.get("FirewallName")
    if not (arn or name):
        raise Refused("InvalidRequestException", "Give the ARN or the name of the firewall")
    for firewall in asked_state(call).firewalls.values():
        if arn in {None, firewall.arn} and name in {None, firewall.name}:
            return firewall
    raise Refused("ResourceNotFoundException", f"The firewall {arn or name} does not exist")


def attachments(endpoints: Iterable[Endpoint]) -> Fields:
    """The state of endpoints by Availability Zone."""
    return {
        endpoint.zone: {
            "Attachment": {"SubnetId": endpoint.subnet, "EndpointId": endpoint.id, "Status": "READY"},
        }
        for endpoint in endpoints
    }


def _check_policy(held: NetworkFirewall, arn: str) -> None:
    if arn not in held.policies:
        raise Refused("InvalidRequestException", f"The firewall policy {arn} does not exist")


def _to_change(call: Call, protection: str) -> Firewall:
    firewall = asked_firewall(call)
    check_token(call, firewall.token)
    if firewall.settings[protection]:
        raise Refused("InvalidOperationException", f"{firewall.name} has {protection}: turn it off first")
    return firewall


def _set(call: Call, member: str) -> Fields:
    firewall = asked_firewall(call)
    check_token(call, firewall.token)
    firewall.settings[member] = call.get(member)
    return _changed(firewall, **{member: firewall.settings[member]})


def _changed(firewall: Firewall, **members: object) -> Fields:
    firewall.token = new_token()
    return {"UpdateToken": firewall.token, "FirewallArn": firewall.arn, "FirewallName": firewall.name, **members}


def _add_subnets(call: Call, firewall: Firewall, mappings: list[Fields]) -> None:
    """One endpoint per Availability Zone, in a subnet of the firewall's VPC."""
    zones = [endpoint.zone for endpoint in firewall.endpoints]
    new: list[tuple[str, Fields]] = []
    for mapping in mappings:
        subnet = find_subnet(call.account, call.region, mapping["SubnetId"])
        if subnet is None or subnet.vpc_id != firewall.vpc:
            raise Refused("InvalidRequestException", f"{mapping['SubnetId']} is no subnet of {firewall.vpc}")
        zones.append(subnet.availability_zone)
        new.append((subnet.availability_zone, mapping))
    if len(zones) != len(set(zones)):
        raise Refused("InvalidRequestException", "A firewall has one subnet per Availability Zone")
    for zone, mapping in new:
        endpoint = create_firewall_endpoint(call.account, call.region, mapping["SubnetId"], firewall.arn)
        firewall.endpoints.append(Endpoint(endpoint, mapping["SubnetId"], zone))
        firewall.mappings.append(
            {"SubnetId": mapping["SubnetId"], "IPAddressType": mapping.get("IPAddressType", "IPV4")}
        )


def _described(held: NetworkFirewall, firewall: Firewall) -> Fields:
    associated = sum(association.firewall == firewall.arn for association in held.associations.values())
    return {
        "FirewallName": firewall.name,
        "FirewallArn": firewall.arn,
        "FirewallId": firewall.id,
        "FirewallPolicyArn": firewall.policy,
        "VpcId": firewall.vpc,
        "SubnetMappings": firewall.mappings,
        "Tags": held.tags_of(firewall.arn) or None,
        "NumberOfAssociations": associated,
        **firewall.settings,
    }


def _status(held: NetworkFirewall, firewall: Firewall) -> Fields:
    policy = held.policies[firewall.policy]
    groups = [reference["ResourceArn"] for reference in policy.content.get("StatefulRuleGroupReferences", [])]
    tokens = {policy.arn: policy.token} | {
        arn: held.rule_groups[arn].token for arn in groups if arn in held.rule_groups
    }
    config = {arn: {"SyncStatus": "IN_SYNC", "UpdateToken": token} for arn, token in tokens.items()}
    return {
        "Status": "READY",
        "ConfigurationSyncStateSummary": "IN_SYNC",
        "SyncStates": {zone: state | {"Config": config} for zone, state in attachments(firewall.endpoints).items()},
    }
