"""The ids of the AWS-managed prefix lists, without a look-up at synth.

S3 and DynamoDB each have one list per region, and its id never changes. Where the stack knows its
region the id is written as it is; otherwise CloudFormation picks it from a mapping.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aws_cdk import Aws, CfnMapping, Stack, Token
from constructs import Construct

from agent_perimeter.catalogue.prefix_lists import PREFIX_LISTS
from agent_perimeter.network import PrefixList, SecurityGroup


class PrefixLists:
    """The list of each gateway service that a rule names.

    ``given`` holds ids from the settings, which come first. Raises ``ValueError`` where neither they
    nor our table have the stack's region.
    """

    def __init__(self, scope: Construct, groups: Iterable[SecurityGroup], given: Mapping[str, str]) -> None:
        services = _services(groups)
        region = Stack.of(scope).region
        self._ids = {service: given[service] for service in services if service in given}
        unknown = [service for service in services if service not in given]
        if not unknown:
            return
        if not Token.is_unresolved(region):
            self._ids |= {service: _known(service, region) for service in unknown}
            return
        mapping = CfnMapping(scope, "prefix-lists", mapping=_by_region(unknown))
        self._ids |= {service: mapping.find_in_map(Aws.REGION, service) for service in unknown}

    def id(self, service: str) -> str:
        return self._ids[service]


def _services(groups: Iterable[SecurityGroup]) -> list[str]:
    peers = {rule.peer for group in groups for rule in (*group.ingress, *group.egress)}
    return sorted(peer.service for peer in peers if isinstance(peer, PrefixList))


def _known(service: str, region: str) -> str:
    lists = PREFIX_LISTS.get(service, {})
    if region not in lists:
        raise ValueError(
            f"the id of the {service} prefix list in {region} is not known — find it with `aws ec2 "
            f"describe-managed-prefix-lists --filters Name=prefix-list-name,Values=com.amazonaws.{region}.{service}`"
            f' and add it to the settings: "prefix_lists": {{"{service}": "pl-…"}}'
        )
    return lists[region]


def _by_region(services: Iterable[str]) -> dict[str, dict[str, str]]:
    """The table by region. A region that lacks one of the services is left out: there CloudFormation refuses."""
    tables = {service: PREFIX_LISTS.get(service, {}) for service in services}
    regions = sorted(set.intersection(*(set(table) for table in tables.values())))
    if not regions:
        raise ValueError(f"no region is known to have the prefix lists of {', '.join(tables)}")
    return {region: {service: table[region] for service, table in tables.items()} for region in regions}
