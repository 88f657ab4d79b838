"""A network stored and read again: the same network, the same verdict, and nothing that was not in its records."""

from __future__ import annotations

import functools
import json
import operator
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, make_dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_perimeter import observed
from agent_perimeter.forms import Mismatch, form_of
from agent_perimeter.lift.assembly import assembly_of
from agent_perimeter.lift.stored import StoredError, network_schema, store, stored
from agent_perimeter.lift.template import lift
from agent_perimeter.observed import (
    Doubt,
    Endpoint,
    GroupRef,
    GroupRule,
    Icmp,
    ListRef,
    ManagedList,
    ObservedNetwork,
    PrefixList,
    Record,
    Route,
    RuleGroup,
    StatelessRule,
    Target,
    TargetKind,
    Vpc,
)
from agent_perimeter.report.proof_json import proof_json
from agent_perimeter.source import Origin, Span
from agent_perimeter.values import Cidr, PortRange
from agent_perimeter.verification import lifted, meaning, verify
from tests.unit.lifted import Json, template

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((*(ROOT / "tests" / "golden").glob("*.template.json"), *(ROOT / "tests/wild/templates").iterdir()))
POLICIES = [(str(path), path.read_bytes()) for path in sorted((ROOT / "policies").glob("*.yaml"))]
TODAY = date(2026, 11, 22)

RECORDS = sorted(
    {kind for kind in vars(observed).values() if is_dataclass(kind) and isinstance(kind, type)} - {Record},
    key=lambda kind: kind.__name__,
)

texts = st.text(st.characters(exclude_categories=()), max_size=5)
"""Lone surrogates too: a JSON template may hold them."""


def read(path: str) -> bytes | None:
    return Path(path).read_bytes() if Path(path).is_file() else None


def again(network: ObservedNetwork) -> ObservedNetwork:
    found = stored(store(network, "here").encode(), "net.json")
    assert found is not None
    assert found.source == "here"
    return found.network


@functools.cache
def values(hint: object) -> st.SearchStrategy[Any]:
    """Any value of a type hint: every field, those with defaults too."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in {typing.Union, types.UnionType}:
        return st.one_of([values(argument) for argument in arguments])
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple and arguments[-1] is ...:
        return st.lists(values(arguments[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*map(values, arguments))
    if hint is Cidr:
        return st.builds(
            lambda version, prefix, base: Cidr(version, base % (1 << prefix) << ((32 if version == 4 else 128) - prefix), prefix),
            st.sampled_from((4, 6)), st.integers(0, 32), st.integers(0, 1 << 32),
        )  # fmt: skip
    if hint is PortRange:
        return st.tuples(st.integers(0, 65535), st.integers(0, 65535)).map(lambda pair: PortRange(*sorted(pair)))
    assert isinstance(hint, type)
    if issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    if is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        return st.builds(hint, **{one.name: values(hints[one.name]) for one in fields(hint)})
    return {str: texts, int: st.integers(-(2**63), 2**63), bool: st.booleans(), type(None): st.none()}[hint]


@st.composite
def networks(draw: st.DrawFn) -> ObservedNetwork:
    hints = typing.get_type_hints(ObservedNetwork)
    chosen = draw(st.lists(st.sampled_from(sorted(hints)), max_size=3, unique=True))
    return ObservedNetwork(**{name: draw(values(hints[name])) for name in chosen})


def tree(network: ObservedNetwork) -> Any:
    return json.loads(store(network, "here"))


def load(document: Any) -> ObservedNetwork:
    found = stored(json.dumps(document).encode(), "net.json")
    assert found is not None
    return found.network


AT = Origin((Span("p.yaml", 3, 5),), "t.json#/Resources/X")
UNREAD = Doubt("it depends on a parameter", "t.json#/Resources/X", "--parameter")
SMALL = ObservedNetwork(
    vpcs=(Vpc(id="v", origin=AT, cidrs=(Cidr.parse("10.0.0.0/16"), UNREAD), ipv6_cidrs=(), dns_support=True, dns_hostnames=UNREAD),),
    routes=(
        Route(id="r", origin=Origin(), table="t", destination=ManagedList("s3"), target=Target(TargetKind.NAT_GATEWAY, "n")),
        Route(id="s", origin=Origin(), maybe=UNREAD, table=UNREAD, destination=ListRef("l"), target=UNREAD),
    ),
    prefix_lists=(PrefixList(id="l", origin=AT, entries=(Cidr.parse("2001:db8::/32"),)),),
)  # fmt: skip


class TestRoundTrip:
    @given(networks())
    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    def test_any_network_is_read_as_it_was_stored(self, network: ObservedNetwork) -> None:
        assert again(network) == network

    @pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
    def test_any_record_is_read_as_it_was_stored(self, kind: type) -> None:
        form = form_of(kind)

        @given(values(kind))
        @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        def law(record: object) -> None:
            assert form.read(json.loads(json.dumps(form.write(record)))) == record

        law()

    @pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
    def test_the_network_of_a_template_is_read_as_it_was_stored(self, path: Path) -> None:
        network = lift(assembly_of([str(path)], read))
        document = store(network, "here")
        assert again(network) == network
        assert store(again(network), "here") == document
        jsonschema.Draft202012Validator(json.loads(network_schema())).validate(json.loads(document))

    @pytest.mark.parametrize("name", ["policies", "isolated-agent"])
    def test_the_verdict_on_a_stored_network_is_that_on_its_template(self, name: str, tmp_path: Path) -> None:
        path = str(ROOT / "tests" / "golden" / f"{name}.template.json")
        intent = meaning([one for one in POLICIES if name == "policies" or name in one[0]], TODAY).intent
        first = lifted([path], read)
        (tmp_path / "net.json").write_text(store(first.network, first.source))
        second = lifted([str(tmp_path / "net.json")], read)
        assert first.places
        assert proof_json(verify(second, intent)) == proof_json(verify(first, intent))

    def test_what_was_read_from_templates_cannot_be_located_any_more(self, tmp_path: Path) -> None:
        path = str(ROOT / "tests" / "golden" / "isolated-agent.template.json")
        first = lifted([path], read)
        (tmp_path / "net.json").write_text(store(first.network, first.source))
        second = lifted([str(tmp_path / "net.json")], read)
        place = first.network.vpcs[0].origin.path
        assert first.locate(place) is not None
        assert second.network.vpcs[0].origin.path == place
        assert second.locate(place) is None


DOUBT = {"doubt": {"reason": UNREAD.reason, "path": UNREAD.path, "remedy": "--parameter"}}


class TestTheDocument:
    def test_begins_with_its_format_and_its_source(self) -> None:
        assert store(ObservedNetwork(), "cdk.out").startswith(
            '{\n  "format": "agent-perimeter/network/2",\n  "source": "cdk.out",\n  "network": {\n    "vpcs": [],\n'
        )

    def test_says_every_field_in_the_order_of_the_records(self) -> None:
        (vpc,) = tree(SMALL)["network"]["vpcs"]
        assert list(vpc) == [
            "id", "origin", "maybe", "cidrs", "ipv6Cidrs", "dnsSupport", "dnsHostnames", "account", "region",
        ]  # fmt: skip
        assert vpc["origin"] == {"spans": [{"file": "p.yaml", "line": 3, "column": 5}], "path": "t.json#/Resources/X"}

    @pytest.mark.parametrize(
        ("kind", "field", "value", "json_form"),
        [
            pytest.param(*row, id=sentence)
            for sentence, row in {
                "a block is text": (Vpc, "cidrs", (Cidr.parse("10.0.0.0/8"), Cidr.parse("::/0")), ["10.0.0.0/8", "::/0"]),
                "a doubt says that it is one": (Vpc, "dns_support", UNREAD, DOUBT),
                "what surely exists has null for maybe": (Vpc, "maybe", None, None),
                "one port is that port": (GroupRule, "ports", PortRange(443, 443), "443"),
                "ports are a range": (GroupRule, "ports", PortRange(1024, 65535), "1024-65535"),
                "ICMP is no port": (GroupRule, "ports", Icmp(8, None), {"icmp": {"type": 8, "code": None}}),
                "a group is no list": (GroupRule, "peer", GroupRef("g"), {"groupRef": {"id": "g"}}),
                "a list is no group": (GroupRule, "peer", ListRef("g"), {"listRef": {"id": "g"}}),
                "an AWS list has a service": (GroupRule, "peer", ManagedList("s3"), {"managedList": {"service": "s3"}}),
                "a target has its kind in words": (
                    Route, "target", Target(TargetKind.NAT_GATEWAY, "n"), {"target": {"kind": "NAT gateway", "ref": "n"}},
                ),
                "pairs are lists of two": (RuleGroup, "ip_sets", (("A", ("10.0.0.0/8", UNREAD)),), [["A", ["10.0.0.0/8", DOUBT]]]),
                "a list that can only be one thing is a list": (Endpoint, "policy", (), []),
                "rules say which they are": (
                    RuleGroup, "source", (StatelessRule(1, ("aws:drop",), (), (), (PortRange(53, 53),), (), (17,), (), Origin()),),
                    {"statelessRules": [{
                        "priority": 1, "actions": ["aws:drop"], "sources": [], "destinations": [], "sourcePorts": ["53"],
                        "destinationPorts": [], "protocols": [17], "flags": [], "origin": {"spans": [], "path": ""},
                    }]},
                ),
            }.items()
        ],
    )  # fmt: skip
    def test_is_for_people(self, kind: type, field: str, value: object, json_form: object) -> None:
        form = form_of(typing.get_type_hints(kind)[field])
        assert form.write(value) == json_form
        assert form.read(form.write(value)) == value

    def test_is_ascii_whatever_a_template_says(self) -> None:
        network = ObservedNetwork(doubts=(Doubt("ü\u202e\ud800\x1b[31m"),))
        assert store(network, "\x1b").isascii()
        assert "\x1b" not in store(network, "\x1b")

    def test_is_the_same_for_the_same_network(self) -> None:
        assert store(SMALL, "x") == store(again(SMALL), "x")


def without(*path: str | int) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        inner = functools.reduce(operator.getitem, path[:-1], document)
        del inner[path[-1]]

    return change


def with_(value: object, *path: str | int) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        functools.reduce(operator.getitem, path[:-1], document)[path[-1]] = value

    return change


VPC = ("network", "vpcs", 0)
BROKEN: dict[str, tuple[Callable[[Any], None], str]] = {
    "a later version": (
        with_("agent-perimeter/network/3", "format"),
        ": its format is 'agent-perimeter/network/3'; what is read here is agent-perimeter/network/2; try a network that verify --store wrote with this version",
    ),
    "a proof": (with_("agent-perimeter/proof/1", "format"), ": its format is 'agent-perimeter/proof/1'; what is"),
    "a document without a network": (without("network"), ": missing network"),
    "an unknown key at the top": (with_(1, "more"), ": unknown 'more'"),
    "a missing list of records": (without("network", "acls"), "#/network: missing acls"),
    "a missing field, as an older version may have written": (without(*VPC, "region"), "#/network/vpcs/0: missing region"),
    "an unknown field, as a newer version may have written": (with_(1, *VPC, "new"), "#/network/vpcs/0: unknown 'new'"),
    "a field under another name": (
        lambda document: document["network"]["vpcs"][0].update(Region=document["network"]["vpcs"][0].pop("region")),
        "#/network/vpcs/0: missing region; unknown 'Region'",
    ),
    "a number for text": (with_(5, *VPC, "id"), "#/network/vpcs/0/id: 5 is not text"),
    "text for a boolean": (
        with_("true", *VPC, "dnsSupport"), "#/network/vpcs/0/dnsSupport: 'true' is not true or false or {\"doubt\": …}",
    ),
    "a number for a boolean": (with_(1, *VPC, "dnsSupport"), '/dnsSupport: 1 is not true or false or {"doubt": …}'),
    "a boolean for a number": (
        with_(True, *VPC, "origin", "spans", 0, "line"), "/origin/spans/0/line: true is not a whole number",
    ),
    "a fraction for a number": (with_(3.0, *VPC, "origin", "spans", 0, "line"), "/line: 3.0 is not a whole number"),
    "null where something must be": (with_(None, *VPC, "cidrs"), "#/network/vpcs/0/cidrs: null is not a list"),
    "an object for a list": (with_({}, "network", "vpcs"), "#/network/vpcs: an object is not a list"),
    "a list for an object": (with_([1, 2], "network", "vpcs", 0), "#/network/vpcs/0: a list of 2 is not an object with id,"),
    "what is no block": (with_("10.0.0.0/33", *VPC, "cidrs", 0), "/cidrs/0: '10.0.0.0/33' is not an IPv4 or IPv6 block"),
    "a block with host bits": (with_("10.0.0.1/8", *VPC, "cidrs", 0), "/cidrs/0: 10.0.0.1/8 has host bits set; the network is"),
    "a kind that is none": (
        with_("NAT", "network", "routes", 0, "target", "target", "kind"),
        "#/network/routes/0/target/target/kind: 'NAT' is not one of local, internet gateway,",
    ),
    "a thing that may not stand here": (
        with_({"groupRef": {"id": "g"}}, "network", "routes", 0, "destination"),
        "#/network/routes/0/destination: an object with 'groupRef' is not a block such as 10.0.0.0/16 or {\"managedList\": …} or",
    ),
    "a doubt with a key beside it": (
        with_({"doubt": {"reason": "", "path": "", "remedy": ""}, "value": True}, *VPC, "dnsSupport"),
        "/dnsSupport: an object is not true or false or",
    ),
    "a doubt that says too little": (
        with_({"doubt": {"reason": ""}}, *VPC, "dnsSupport"), "/dnsSupport/doubt: missing path, remedy",
    ),
    "a doubt without its tag": (
        with_({"reason": "", "path": "", "remedy": ""}, *VPC, "maybe"), '/maybe: an object is not null or {"doubt": …}',
    ),
    "a long text is cut in the message": (with_("x" * 500, *VPC, "cidrs", 0), "/cidrs/0: '" + "x" * 59 + "… is not a block"),
}  # fmt: skip


class TestReadingIsStrict:
    @pytest.mark.parametrize("case", BROKEN)
    def test_refuses(self, case: str) -> None:
        change, message = BROKEN[case]
        document = tree(SMALL)
        change(document)
        with pytest.raises(StoredError) as refused:
            load(document)
        assert str(refused.value).startswith("net.json")
        assert message in str(refused.value)

    @pytest.mark.parametrize("case", [case for case in BROKEN if "block" not in case and "long" not in case])
    def test_the_schema_refuses_too(self, case: str) -> None:
        """A fraction without a remainder is an integer to JSON Schema."""
        document = tree(SMALL)
        BROKEN[case][0](document)
        errors = list(jsonschema.Draft202012Validator(json.loads(network_schema())).iter_errors(document))
        assert bool(errors) is (case != "a fraction for a number")

    def test_accepts_the_document_that_the_table_breaks(self) -> None:
        assert load(tree(SMALL)) == SMALL

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            pytest.param(*row, id=sentence)
            for sentence, row in {
                "a key that stands twice": (
                    store(SMALL, "x").replace('"dnsSupport": true', '"dnsSupport": false, "dnsSupport": true'),
                    "net.json: the key 'dnsSupport' stands twice in one object",
                ),
                "half a document": (store(SMALL, "x")[:300], "net.json: this is not JSON: "),
                "deep nesting": (
                    '{"format": "agent-perimeter/network/2", "x": ' + "[" * 100_000,
                    "net.json: this is not JSON: ",
                ),
            }.items()
        ],
    )
    def test_refuses_text(self, text: str, message: str) -> None:
        with pytest.raises(StoredError) as refused:
            stored(text.encode(), "net.json")
        assert message in str(refused.value)

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param(text, id=sentence)
            for sentence, text in {
                "nothing": "",
                "a template": template({"Vpc": ("AWS::EC2::VPC", {"CidrBlock": "10.0.0.0/16"})}),
                "a template that speaks of us": template({}, Metadata={"x": {"format": "agent-perimeter/network/2"}}),
                "a list of documents": f"[{store(SMALL, 'x')}]",
                "YAML that speaks of us": 'Description: \'"format": "agent-perimeter/network/2"\'\nResources: {}',
                "a format of others": '{"format": "other", "x": {"format": "agent-perimeter/network/2"}}',
            }.items()
        ],
    )
    def test_leaves_to_others(self, text: str) -> None:
        assert stored(text.encode(), "net.json") is None

    def test_knows_the_format_wherever_it_stands(self) -> None:
        assert load(dict(reversed(tree(SMALL).items()))) == SMALL


class TestSecrets:
    def test_none_is_stored(self) -> None:
        """Values of secret parameters, code, environments, passwords, keys: no record has room for them."""
        secret = "hunter2"  # noqa: S105 - nobody's
        subnet: Json = {"Ref": "Subnet"}
        group: Json = {"Ref": "Group"}
        text = template(
            {
                "Vpc": ("AWS::EC2::VPC", {"CidrBlock": "10.0.0.0/16"}),
                "Subnet": (
                    "AWS::EC2::Subnet",
                    {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.1.0/24", "Tags": [{"Key": "Name", "Value": {"Ref": "Given"}}]},
                ),
                "Group": (
                    "AWS::EC2::SecurityGroup",
                    {
                        "VpcId": {"Ref": "Vpc"},
                        "GroupDescription": {"Ref": "Secret"},
                        "SecurityGroupEgress": [
                            {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "CidrIp": {"Fn::Sub": "${Secret}"}, "Description": {"Ref": "Given"}}
                        ],
                        "Tags": [{"Key": "Name", "Value": {"Fn::Join": ["", ["a-", {"Ref": "Secret"}]]}}],
                    },
                ),
                "Function": (
                    "AWS::Lambda::Function",
                    {
                        "Code": {"ZipFile": f"TOKEN = '{secret}'"},
                        "Environment": {"Variables": {"TOKEN": secret}},
                        "VpcConfig": {"SubnetIds": [subnet], "SecurityGroupIds": [group]},
                    },
                ),
                "Instance": ("AWS::EC2::Instance", {"SubnetId": subnet, "UserData": {"Fn::Base64": secret}}),
                "Database": ("AWS::RDS::DBInstance", {"MasterUserPassword": secret, "VPCSecurityGroups": [group]}),
                "Vpn": ("AWS::EC2::VPNConnection", {"VpnTunnelOptionsSpecifications": [{"PreSharedKey": secret}], "VpcId": {"Ref": "Vpc"}}),
                "Own": ("Custom::Thing", {"ServiceToken": "arn:x", "Password": secret, "VpcId": {"Ref": "Vpc"}}),
            },
            Parameters={
                "Secret": {"Type": "String", "NoEcho": True, "Default": secret},
                "Given": {"Type": "String", "NoEcho": True},
            },
            Outputs={"Token": {"Value": secret}},
        )  # fmt: skip
        network = lift(assembly_of(["t.json"], {"t.json": text.encode()}.get, {"Given": secret}))
        document = store(network, "t.json")
        assert "parameter Secret is secret (NoEcho)" in document
        assert {interface.what for interface in network.interfaces} >= {"AWS::Lambda::Function", "AWS::EC2::Instance"}
        assert secret not in document


@dataclass(frozen=True)
class Even:
    """A record that refuses some values."""

    number: int

    def __post_init__(self) -> None:
        if self.number % 2:
            raise ValueError(f"{self.number} is odd")


@dataclass(frozen=True)
class Same:
    """Two lists of records under one name."""

    either: tuple[Even, ...] | tuple[Even, Even]


class Number(Enum):
    ONE = 1


class TestForms:
    """What makes the form of a record that nobody has written yet."""

    @pytest.mark.parametrize(
        ("hint", "reason"),
        [
            (list[str], "list[str] has no form in JSON"),
            (float, "float'> has no form in JSON"),
            (str | Cidr, "JSON cannot tell a block such as 10.0.0.0/16 from text"),
            (tuple[int, ...] | tuple[str, ...], "JSON cannot tell a list from a list"),
            (tuple[Even, ...] | Even | tuple[Even, ...] | None, None),
            (Literal[4, 6], "are not all text"),
            (Number, "are not all text"),
        ],
        ids=str,
    )  # fmt: skip
    def test_a_type_without_a_form_is_refused_when_its_form_is_made(self, hint: object, reason: str | None) -> None:
        if reason is None:
            form_of(hint)
            return
        with pytest.raises(TypeError) as refused:
            form_of(hint)
        assert reason in str(refused.value)

    def test_two_alternatives_need_two_names(self) -> None:
        other = make_dataclass("Even", [("number", int)])
        with pytest.raises(TypeError, match="two alternatives are called even"):
            form_of(typing.Union[Even, other])  # noqa: UP007 - made at run time

    @pytest.mark.parametrize(
        ("hint", "value"),
        [
            (str, 5), (int, True), (bool, 1), (Cidr, "10.0.0.0/8"), (TargetKind, "local"), (tuple[int, ...], [1]),
            (tuple[int, str], (1,)), (Even, GroupRef("g")), (str | None, 5), (Literal["a"], "b"),
        ],
        ids=str,
    )  # fmt: skip
    def test_a_value_of_another_type_is_not_written(self, hint: object, value: object) -> None:
        assert not form_of(hint).holds(value)
        with pytest.raises(TypeError):
            form_of(hint).write(value)

    def test_what_a_record_refuses_is_refused_with_its_place(self) -> None:
        with pytest.raises(Mismatch, match="3 is odd") as refused:
            form_of(tuple[Even, ...]).read([{"number": 2}, {"number": 3}])
        assert refused.value.pointer == "/1"

    @pytest.mark.parametrize("text", ["", "-1", "1-", "65536", "2-1", "1_0", "١", "443 "])
    def test_what_are_no_ports_is_refused(self, text: str) -> None:
        with pytest.raises(Mismatch, match="port"):
            form_of(PortRange).read(text)

    def test_a_row_has_its_length(self) -> None:
        with pytest.raises(Mismatch, match="a list of 1 is not a list of 2: text, a whole number"):
            form_of(tuple[str, int]).read(["a"])

    def test_text_forms_take_only_text(self) -> None:
        with pytest.raises(Mismatch, match="443 is not a port"):
            form_of(PortRange).read(443)
