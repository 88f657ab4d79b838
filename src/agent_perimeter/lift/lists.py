"""Prefix list ids: a list of the assembly, one that AWS keeps, or not known which."""

from __future__ import annotations

from agent_perimeter.catalogue.prefix_lists import PREFIX_LISTS
from agent_perimeter.lift.node import OneOf, Pointer, shown
from agent_perimeter.lift.properties import Property
from agent_perimeter.lift.resources import Resources
from agent_perimeter.lift.vpc import PREFIX_LIST
from agent_perimeter.observed import Doubt, ListRef, ManagedList


def prefix_list(resources: Resources, written: Property) -> ListRef | ManagedList | Doubt:
    """What a prefix list id stands for.

    A mapping by region must hold the same service's id in every row, for AWS uses one id for several services
    in different regions. An id that stands alone counts where the region is known, or no two services share it.
    """
    if isinstance(written.value, OneOf) and written.value.regions:
        return _by_region(written.value, written.path)
    pointer = written.pointer()
    if isinstance(pointer, Pointer):
        found = resources.target(pointer, written, PREFIX_LIST)
        return found if isinstance(found, Doubt) else ListRef(found)
    text = written.needed_text()
    if isinstance(text, Doubt):
        return text
    region = resources.region(written)
    services = {
        service
        for service, ids in PREFIX_LISTS.items()
        if text in (ids.values() if region is None else [ids.get(region)])
    }
    if len(services) == 1:
        return ManagedList(services.pop())
    return Doubt(
        f"the prefix list {text} is one of several services', by region" if services else f"{text} is no known list",
        written.path,
        "Fn::FindInMap on AWS::Region with the ids that every region has",
    )


def _by_region(ids: OneOf, path: str) -> ManagedList | Doubt:
    services = set(PREFIX_LISTS)
    for region, option in zip(ids.regions, ids.options, strict=True):
        services &= {service for service in services if PREFIX_LISTS[service].get(region) == option}
        if not services:
            return Doubt(
                f"{shown(option)} in {region} is not known as the list of the same service as the others", path
            )
    return ManagedList(min(services)) if len(services) == 1 else Doubt("no region says which list this is", path)
