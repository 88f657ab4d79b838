"""Network ACLs with the denials that end each list of entries, and the refusals that moto leaves out.

https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.network_acls import NetworkAcl, NetworkAclEntry
from moto.ec2.responses import EC2Response

from tests.aws.local.ec2.backend import asked_ec2
from tests.aws.local.ec2.state import tags
from tests.aws.local.errors import Refused
from tests.aws.local.operations import Answer, Call, Fields, operation
from tests.aws.local.shown import shown

ec2 = operation(EC2Response)

_ENTRY: Any = NetworkAclEntry
_LAST = 32766
"""32767 denies what is left of IPv4, 32768 what is left of IPv6."""
_PROTOCOLS = {"icmp": "1", "tcp": "6", "udp": "17", "icmpv6": "58", "all": "-1"}


@ec2
def create_network_acl(call: Call) -> Answer:
    backend = asked_ec2(call)
    acl = backend.create_network_acl(call.asked["VpcId"])
    acl.add_tags(tags(call, "network-acl"))
    for egress in (True, False):
        acl.network_acl_entries.append(_entry(backend, acl.id, _LAST + 1, "-1", "deny", egress, cidr="0.0.0.0/0"))
    return ActionResult({"NetworkAcl": acl})


@ec2
def delete_network_acl(call: Call) -> Answer:
    if asked_ec2(call).get_network_acl(call.asked["NetworkAclId"]).default:
        raise Refused("InvalidParameterValue", "cannot delete default network ACL")
    return call.stock()


@ec2
def create_network_acl_entry(call: Call) -> Fields:
    acl, (number, egress) = _acl(call), _key(call)
    if _find(acl, number, egress) is not None:
        raise Refused("NetworkAclEntryAlreadyExists", f"The network acl entry identified by {number} already exists.")
    acl.network_acl_entries.append(_asked_entry(call))
    return {}


@ec2
def replace_network_acl_entry(call: Call) -> Fields:
    acl, entry = _acl(call), _existing(call)
    acl.network_acl_entries[acl.network_acl_entries.index(entry)] = _asked_entry(call)
    return {}


@ec2
def delete_network_acl_entry(call: Call) -> Fields:
    _acl(call).network_acl_entries.remove(_existing(call))
    return {}


@ec2
def replace_network_acl_association(call: Call) -> Answer:
    backend, identity = asked_ec2(call), call.asked["AssociationId"]
    holders = [acl for acl in backend.network_acls.values() if identity in acl._associations]
    if not holders:
        raise Refused("InvalidAssociationID.NotFound", f"The association ID '{identity}' does not exist")
    if backend.get_network_acl(call.asked["NetworkAclId"]).vpc_id != holders[0].vpc_id:
        raise Refused("InvalidParameterValue", "The network ACL belongs to another VPC")
    return call.stock()


def _acl(call: Call) -> Any:
    return asked_ec2(call).get_network_acl(call.asked["NetworkAclId"])


def _key(call: Call) -> tuple[int, bool]:
    number = int(call.asked["RuleNumber"])
    if not 1 <= number <= _LAST:
        raise Refused("InvalidParameterValue", f"Rule numbers lie between 1 and {_LAST}")
    return number, bool(call.asked["Egress"])


def _find(acl: Any, number: int, egress: bool) -> Any | None:
    return next(
        (entry for entry in acl.network_acl_entries if (int(entry.rule_number), entry.egress) == (number, egress)), None
    )


def _existing(call: Call) -> Any:
    found = _find(_acl(call), *_key(call))
    if found is None:
        raise Refused(
            "InvalidNetworkAclEntry.NotFound", f"No entry {call.asked['RuleNumber']} in {call.asked['NetworkAclId']}"
        )
    return found


def _asked_entry(call: Call) -> NetworkAclEntry:
    number, egress = _key(call)
    given = str(call.asked["Protocol"]).lower()
    protocol = _PROTOCOLS.get(given, given)
    ports, icmp = call.get("PortRange", {}), call.get("Icmp", call.get("IcmpTypeCode", {}))
    cidr, ipv6 = call.get("CidrBlock"), call.get("Ipv6CidrBlock")
    if (cidr is None) == (ipv6 is None):
        raise Refused("InvalidParameterCombination", "Give either CidrBlock or Ipv6CidrBlock")
    if protocol in {"6", "17"} and not ports:
        raise Refused("InvalidParameterValue", "TCP and UDP need a port range")
    entry = _entry(
        asked_ec2(call), call.asked["NetworkAclId"], number, protocol, call.asked["RuleAction"], egress, cidr, ipv6
    )
    entry.port_range_from, entry.port_range_to = ports.get("From"), ports.get("To")
    entry.icmp_type, entry.icmp_code = icmp.get("Type"), icmp.get("Code")
    return entry


def _entry(
    backend: Any,
    acl: str,
    number: int,
    protocol: str,
    action: str,
    egress: bool,
    cidr: str | None = None,
    ipv6: str | None = None,
) -> NetworkAclEntry:
    entry: NetworkAclEntry = _ENTRY(backend, acl, number, protocol, action, egress, cidr, None, None, None, None, ipv6)
    return entry


@shown(NetworkAcl, "entries")
def _entries(acl: NetworkAcl) -> list[NetworkAclEntry]:
    """In order, outbound first. In a VPC with IPv6 each list ends in a denial of that as well."""
    entries = list(acl.network_acl_entries)
    if acl.ec2_backend.get_vpc(acl.vpc_id).get_cidr_block_association_set(ipv6=True):
        entries += [
            _entry(acl.ec2_backend, acl.id, _LAST + 2, "-1", "deny", egress, ipv6="::/0") for egress in (True, False)
        ]
    return sorted(entries, key=lambda entry: (not entry.egress, int(entry.rule_number)))
