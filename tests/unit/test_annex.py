"""What is kept with a snapshot comes back as it was, and nothing else is taken for it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from agent_perimeter import annex
from agent_perimeter.drift.model import Actor
from agent_perimeter.snapshot import Answer, Snapshot, SnapshotError, read_snapshot, write_snapshot
from tests.unit.networks import perimeter

SUBNETS = Answer("ec2", "DescribeSubnets", {}, {"Subnets": []})
ROUTES = Answer("ec2", "DescribeRouteTables", {}, {"RouteTables": []})
TAKEN = Snapshot("2026-11-22T12:00:00+00:00", "1", "eu-west-1", "aws", "vpc-1", "agents", "agents", (ROUTES, SUBNETS))
NETWORK = perimeter(["bot"])
MADE = (("sg-1", Actor("arn:aws:iam::1:user/mallory", "RevokeSecurityGroupEgress", "2026-11-22T09:00:00+00:00")),)


def stored(snapshot: Snapshot) -> Snapshot:
    return read_snapshot(write_snapshot(snapshot).encode(), "it.json")


def test_the_deployed_network_comes_back() -> None:
    assert annex.deployed(stored(annex.with_deployed(TAKEN, NETWORK)), "it.json") == NETWORK


def test_who_did_it_comes_back() -> None:
    assert annex.changes(stored(annex.with_changes(TAKEN, MADE)), "it.json") == MADE


def test_where_nothing_was_kept_there_is_nothing() -> None:
    assert annex.deployed(TAKEN, "it.json") is None
    assert annex.changes(TAKEN, "it.json") == ()


def test_a_template_that_aws_gave_is_not_taken_for_a_network() -> None:
    template = Answer("cloudformation", "GetTemplate", {}, {"TemplateBody": "{}"})
    assert annex.deployed(replace(TAKEN, answers=(template,)), "it.json") is None


def test_what_was_kept_twice_is_kept_once_and_all_stays_sorted() -> None:
    again = annex.with_changes(annex.with_deployed(annex.with_changes(TAKEN, ()), NETWORK), MADE)
    calls = [answer.call for answer in again.answers]
    assert calls == [
        "cloudformation:GetTemplate",
        "cloudtrail:LookupEvents",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSubnets",
    ]
    assert annex.changes(again, "it.json") == MADE


def test_one_of_another_version_is_refused_with_its_place() -> None:
    other = Answer("cloudtrail", "LookupEvents", {}, {"Changes": [["sg-1", {"who": "mallory"}]]})
    said = "it.json: Changes of cloudtrail:LookupEvents/0/1: missing event, when, sourceAddress, eventId; take the"
    with pytest.raises(SnapshotError, match=re.escape(said)):
        annex.changes(replace(TAKEN, answers=(other,)), "it.json")
