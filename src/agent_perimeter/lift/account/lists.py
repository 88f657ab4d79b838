"""Prefix list ids in rules and routes: one that the account keeps, one that AWS keeps, or not known which."""

from __future__ import annotations

from agent_perimeter.catalogue.prefix_lists import PREFIX_LISTS
from agent_perimeter.lift.account.reading import Account
from agent_perimeter.lift.account.vpc import AWS_OWNED
from agent_perimeter.lift.properties import Property
from agent_perimeter.observed import Doubt, ListRef, ManagedList


def prefix_list(account: Account, written: Property) -> ListRef | ManagedList | Doubt:
    """What a prefix list id stands for: by the list's owner and name, else by the ids that the region is known to have.

    AWS's lists are called ``com.amazonaws.<region>.<service>``, or ``com.amazonaws.global.<service>`` (VPC user guide,
    AWS-managed prefix lists).
    """
    name = written.needed_text()
    if isinstance(name, Doubt):
        return name
    listed = dict(account.listed("ec2:DescribeManagedPrefixLists")).get(name)
    if listed is None:
        known = [service for service, ids in PREFIX_LISTS.items() if ids.get(account.snapshot.region) == name]
        return ManagedList(known[0]) if known else Doubt(f"which list {name} is was not read", written.path)
    if listed.at("OwnerId").text() != AWS_OWNED:
        return ListRef(name)
    title = listed.at("PrefixListName").needed_text()
    if isinstance(title, Doubt):
        return title
    service = title.removeprefix("com.amazonaws.").removeprefix(f"{account.snapshot.region}.")
    return ManagedList(service)
