"""A snapshot as a whole: what was not read, what cannot be read, and that nothing is ever raised."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_perimeter.forms import Json
from agent_perimeter.lift.account.reading import LISTINGS, PARTS
from agent_perimeter.lift.snapshot import Live, lift_snapshot
from agent_perimeter.observed import ObservedNetwork
from agent_perimeter.snapshot import Snapshot
from tests.unit.accounts import QUIET, VPC, live, lived, reason, snapshot, unread

FIELDS = {field.name for field in dataclasses.fields(ObservedNetwork)} - {"doubts"}


def test_a_quiet_vpc_is_wholly_read() -> None:
    found = lived({})
    assert found.unread == ()
    assert {name for name in FIELDS if getattr(found.network, name)} == {"vpcs", "dns_settings"}
    assert found.network.doubts == ()


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.call)
class TestListings:
    def test_a_denied_call_leaves_its_fields_unread(self, listing: object) -> None:
        assert isinstance(listing, type(LISTINGS[0]))
        found = lift_snapshot(snapshot({}, unread(listing.call)))
        assert sorted({field for field, _ in found.unread}) == sorted(listing.fields)
        assert {doubt.reason for _, doubt in found.unread} == {
            f"{listing.call} was not read: AccessDenied: no; allow {listing.call}"
        }

    def test_a_call_that_was_not_made_does_too(self, listing: object) -> None:
        assert isinstance(listing, type(LISTINGS[0]))
        found = lift_snapshot(snapshot({}, without={listing.call}))
        expected = sorted(listing.fields) if listing.always else []
        assert sorted({field for field, _ in found.unread}) == expected

    def test_an_answer_that_is_no_list_does_too(self, listing: object) -> None:
        assert isinstance(listing, type(LISTINGS[0]))
        found = lived({listing.call: {listing.member: "all of them"}})
        assert sorted({field for field, _ in found.unread}) == sorted(listing.fields)
        assert {doubt.reason for _, doubt in found.unread} == {
            f"the answer to {listing.call} holds no list {listing.member}"
        }

    def test_something_without_an_id_is_a_doubt_about_everything(self, listing: object) -> None:
        assert isinstance(listing, type(LISTINGS[0]))
        (found,) = live({listing.call: ["x"]}).doubts
        assert reason(found) == f"{VPC}: {listing.call} lists something without {listing.key or 'anything'}"
        nameless = live({listing.call: [{"Tags": []}]}).doubts
        assert len(nameless) == (1 if listing.key else 0)


@pytest.mark.parametrize("call", PARTS)
def test_a_call_that_could_not_even_be_made_leaves_its_fields_unread(call: str) -> None:
    found = lived({}, unread(call, "Skipped"))
    assert {field for field, _ in found.unread} == set(PARTS[call])


def test_whether_public_access_is_blocked_must_have_been_asked() -> None:
    found = lift_snapshot(snapshot({}, without={"ec2:DescribeVpcBlockPublicAccessOptions"}))
    assert [(field, doubt.reason) for field, doubt in found.unread] == [
        ("foreign", "ec2:DescribeVpcBlockPublicAccessOptions was not asked")
    ]


def test_every_field_names_the_calls_that_it_needs() -> None:
    told = {field for listing in LISTINGS for field in listing.fields} | {
        one for fields in PARTS.values() for one in fields
    }
    assert told == FIELDS - {"dns_settings"}  # one call about the VPC itself, whose failure is a doubt in the record


def test_records_are_sorted_and_the_same_each_time() -> None:
    listed: list[Json] = [{"SubnetId": name, "VpcId": VPC} for name in ("subnet-0b", "subnet-0a")]
    found = lived({"ec2:DescribeSubnets": listed})
    assert [one.id for one in found.network.subnets] == ["subnet-0a", "subnet-0b"]
    assert found == lived({"ec2:DescribeSubnets": listed})


def test_a_resource_that_two_pages_list_is_one() -> None:
    listed: Json = [{"SubnetId": "subnet-0a", "VpcId": "vpc-0x"}, {"SubnetId": "subnet-0a", "VpcId": VPC}]
    assert [one.vpc for one in live({"ec2:DescribeSubnets": listed}).subnets] == [VPC]


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.sampled_from(["tcp", "ACTIVE", "allow", VPC, "0.0.0.0/0"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["Id", "State", "Attachment", "VpcId"]), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip
MEMBERS = sorted(
    {listing.key for listing in LISTINGS if listing.key}
    | {"Routes", "Associations", "Entries", "IpPermissionsEgress", "IpPermissions", "Groups", "Tags", "Status", "State"}
    | {
        "CidrBlockAssociationSet",
        "Attachments",
        "PolicyDocument",
        "NatGatewayAddresses",
        "Instances",
        "VpcConfig",
        "Role",
    }
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_no_answer_however_odd_raises(data: st.DataObject) -> None:
    answers: dict[str, Json] = {}
    for listing in LISTINGS:
        item: dict[str, Json] = data.draw(st.dictionaries(st.sampled_from(MEMBERS), ODD, max_size=4))
        named: dict[str, Json] = {listing.key: "x-0a"} if listing.key else {}
        answers[listing.call] = [item | named]
    found = lift_snapshot(snapshot(answers))
    assert isinstance(found, Live)


def test_an_empty_snapshot_is_unread_throughout_and_holds_nothing_certain() -> None:
    empty = Snapshot(taken="", account="", region="", partition="", vpc="", stack="", perimeter="")
    found = lift_snapshot(empty)
    assert {field for field, _ in found.unread} >= FIELDS - {
        "dns_settings",
        "boundaries",
        "prefix_lists",
        "rule_groups",
        "roles",
    }
    assert [reason(one.fail_open) for one in found.network.dns_settings] == [
        "/: route53resolver:GetFirewallConfig was not asked about "
    ]


def test_the_lambda_can_load_it_without_anything_installed() -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('yaml', 'idna', 'publicsuffixlist', 'boto3', 'botocore')));"
        "import agent_perimeter.lift.snapshot, agent_perimeter.lift.anchor"
    )
    source = str(Path(__file__).resolve().parents[2] / "src")
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": source}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_quiet_account_of_these_tests_answers_every_call_that_is_always_made() -> None:
    assert {listing.call for listing in LISTINGS if listing.always} <= QUIET.keys()
