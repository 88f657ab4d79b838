"""The intent as sets, where a VPC has addresses that a policy names too."""

from __future__ import annotations

from agent_perimeter.packet_sets import App, Packet
from agent_perimeter.packets import AddressSet
from agent_perimeter.prove.projection import Surroundings, end_to_end, headers
from agent_perimeter.values import Cidr
from tests.unit.perimeters import only, policy

AGENT = only(
    policy(
        "{domain: api.example.com, addresses: [203.0.113.0/28]}",
        "{ip_block: 198.51.100.0/25, ports: [{protocol: TCP, port: 5432}]}",
    )
)
APART = Surroundings(AddressSet.of((Cidr.parse("10.0.0.0/16"),)), {}, {}, (), ("endpoint:a",))
ABOVE = Surroundings(AddressSet.of(map(Cidr.parse, ("203.0.113.0/24", "198.51.100.0/24"))), {}, {}, (), ("endpoint:a",))
PINNED = Packet(6, Cidr.parse("203.0.113.1"), 443, App.TLS, "api.example.com", "api.example.com")
NUMBERED = Packet(6, Cidr.parse("198.51.100.1"), 5432, App.OTHER)


class TestAddressesOfTheVpcItself:
    def test_are_allowed_and_owed_to_nobody(self) -> None:
        for packet in (PINNED, NUMBERED):
            assert packet in end_to_end(AGENT, APART).required
            assert packet in end_to_end(AGENT, ABOVE).allowed
            assert packet not in end_to_end(AGENT, ABOVE).required

    def test_let_a_group_hold_the_block_as_it_is_written(self) -> None:
        """A rule for the block lets out what bears an address of it, whatever that is."""
        for port in (443, 5432):
            member = Packet(6, "endpoint:a", port, App.OTHER)
            assert member in headers(AGENT, ABOVE).allowed
            assert member not in headers(AGENT, APART).allowed
