"""Reading a resolved value: the value or a doubt, never a guess."""

from __future__ import annotations

import pytest

from agent_perimeter.lift.node import (
    ABSENT,
    Item,
    Node,
    OneOf,
    Pointer,
    Resource,
    below,
    fields,
    get,
    items,
    placeholder,
    pointer,
    pointers,
    ref,
    shown,
    text,
    texts,
    truth,
    whole,
)
from agent_perimeter.observed import Doubt

AT = "net.json#/Resources/Group/Properties/X"
OPEN = Doubt("condition Prod is open", "net.json#/Conditions/Prod")
UNPLACED = Doubt("nobody knows")
PLACED = Doubt("nobody knows", AT)
VPC = Pointer("net/Vpc")
BLOCK = Pointer("net/Vpc", "CidrBlock")


def doubt(reason: str) -> Doubt:
    return Doubt(reason, AT)


TEXTS: dict[str, tuple[Node, str | Doubt | None]] = {
    "text": ("a", "a"),
    "a number": (443, "443"),
    "a fraction": (1.5, "1.5"),
    "a boolean is written as JSON writes it": (True, "true"),
    "the other boolean": (False, "false"),
    "a resource": (VPC, "${net/Vpc}"),
    "an attribute": (BLOCK, "${net/Vpc.CidrBlock}"),
    "nothing": (ABSENT, None),
    "null": (None, None),
    "a list": (("a",), doubt("a list is not text")),
    "a mapping": ({"a": 1}, doubt("a mapping is not text")),
    "a doubt without a place": (UNPLACED, PLACED),
    "a doubt with a place keeps it": (OPEN, OPEN),
    "options that agree": (OneOf((1, "1"), OPEN), "1"),
    "options that differ": (OneOf(("1", "2"), OPEN), OPEN),
    "an option that is not there": (OneOf(("1", ABSENT), OPEN), OPEN),
    "options within options": (OneOf(("1", OneOf(("1", "2"), UNPLACED)), OPEN), OPEN),
    "an option that nobody knows": (OneOf(("1", UNPLACED), OPEN), PLACED),
    "no option at all": (OneOf((), OPEN), OPEN),
}


@pytest.mark.parametrize(("node", "expected"), TEXTS.values(), ids=TEXTS)
def test_text(node: Node, expected: str | Doubt | None) -> None:
    assert text(node, AT) == expected


def test_a_default_stands_for_what_is_absent() -> None:
    assert text(ABSENT, AT, "x") == "x"
    assert text(OneOf((ABSENT, "x"), OPEN), AT, "x") == "x"
    assert text(None, AT, PLACED) == PLACED
    assert whole(ABSENT, AT, 7) == 7
    assert truth(ABSENT, AT, default=True) is True
    assert truth(ABSENT, AT, default=False) is False


NUMBERS: dict[str, tuple[Node, int | Doubt | None]] = {
    "a number": (443, 443),
    "a number as text": ("443", 443),
    "a negative number as text": ("-1", -1),
    "a whole fraction": (443.0, 443),
    "a fraction": (1.5, doubt("the number 1.5 is not a whole number")),
    "a boolean": (True, doubt("true is not a whole number")),
    "text": ("https", doubt("'https' is not a whole number")),
    "text that only Python takes for a number": ("1_0", doubt("'1_0' is not a whole number")),
    "digits of another script": ("\u0661", doubt("'\u0661' is not a whole number")),
    "blanks": (" 1", doubt("' 1' is not a whole number")),
    "a resource": (VPC, doubt("${net/Vpc} is not a whole number")),
    "infinity": (float("inf"), doubt("the number inf is not a whole number")),
    "nothing": (ABSENT, None),
}


@pytest.mark.parametrize(("node", "expected"), NUMBERS.values(), ids=NUMBERS)
def test_whole(node: Node, expected: int | Doubt | None) -> None:
    assert whole(node, AT) == expected


TRUTHS: dict[str, tuple[Node, bool | Doubt | None]] = {
    "true": (True, True),
    "false": (False, False),
    "true as text": ("true", True),
    "False as text": ("False", False),
    "yes as text": ("yes", doubt("'yes' is not true or false")),
    "one": (1, doubt("the number 1 is not true or false")),
    "nothing": (ABSENT, None),
    "either": (OneOf((True, False), OPEN), OPEN),
}


@pytest.mark.parametrize(("node", "expected"), TRUTHS.values(), ids=TRUTHS)
def test_truth(node: Node, expected: bool | Doubt | None) -> None:
    found = truth(node, AT)
    assert found == expected
    assert isinstance(found, bool) is isinstance(expected, bool)


POINTERS: dict[str, tuple[Node, Pointer | Doubt | None, str | Doubt | None]] = {
    "a resource": (VPC, VPC, "net/Vpc"),
    "an attribute is the resource's": (BLOCK, BLOCK, "net/Vpc"),
    "a resource in text": ("${net/Vpc}", VPC, "net/Vpc"),
    "an attribute in text": (
        "${net/Inner/Vpc.Ipv6CidrBlocks.0}",
        Pointer("net/Inner/Vpc", "Ipv6CidrBlocks.0"),
        "net/Inner/Vpc",
    ),
    "a resource inside other text": (
        "a${net/Vpc}",
        doubt("'a${net/Vpc}' is not a resource of this assembly"),
        "a${net/Vpc}",
    ),
    "a pseudo parameter": (
        "${AWS::Region}",
        doubt("'${AWS::Region}' is not a resource of this assembly"),
        "${AWS::Region}",
    ),
    "a literal id": ("vpc-0a1b", doubt("'vpc-0a1b' is not a resource of this assembly"), "vpc-0a1b"),
    "a number": (
        1,
        doubt("the number 1 is not a resource of this assembly"),
        doubt("the number 1 is not the id of a resource"),
    ),
    "nothing": (ABSENT, None, None),
    "the same twice": (OneOf((VPC, "${net/Vpc}"), OPEN), VPC, "net/Vpc"),
    "two attributes of one resource": (OneOf((VPC, BLOCK), OPEN), OPEN, "net/Vpc"),
}


@pytest.mark.parametrize(("node", "target", "record"), POINTERS.values(), ids=POINTERS)
def test_a_reference(node: Node, target: Pointer | Doubt | None, record: str | Doubt | None) -> None:
    assert pointer(node, AT) == target
    assert ref(node, AT) == record


def test_placeholders_are_read_back() -> None:
    written = f"a {placeholder(VPC)} b {placeholder(BLOCK)} ${{AWS::Region}} ${{aws:PrincipalTag/team}}"
    assert pointers(written) == (VPC, BLOCK)


LISTS: dict[str, tuple[Node, tuple[Item, ...] | Doubt]] = {
    "a list": (("a", 1), (Item("a", f"{AT}/0"), Item(1, f"{AT}/1"))),
    "a single value is a list of itself": ("a", (Item("a", AT),)),
    "a mapping too": ({"a": 1}, (Item({"a": 1}, AT),)),
    "nothing": (ABSENT, ()),
    "null": (None, ()),
    "a doubt": (UNPLACED, PLACED),
    "an element that nobody knows is there": ((UNPLACED,), (Item(UNPLACED, f"{AT}/0"),)),
    "an element that may be absent": ((OneOf(("a", ABSENT), OPEN),), (Item("a", f"{AT}/0", OPEN),)),
    "an element that is one of two": (
        (OneOf(("a", "b"), UNPLACED),),
        (
            Item("a", f"{AT}/0", Doubt("nobody knows", f"{AT}/0")),
            Item("b", f"{AT}/0", Doubt("nobody knows", f"{AT}/0")),
        ),
    ),
    "one of two lists": (
        OneOf((("a", "b"), ("b",)), OPEN),
        (Item("a", AT, OPEN), Item("b", AT, OPEN), Item("b", AT, OPEN)),
    ),
    "a list that may be absent": (OneOf((("a",), ABSENT), OPEN), (Item("a", AT, OPEN),)),
    "a list of which one option is unknown": (OneOf((("a",), UNPLACED), OPEN), PLACED),
}


@pytest.mark.parametrize(("node", "expected"), LISTS.values(), ids=LISTS)
def test_items(node: Node, expected: tuple[Item, ...] | Doubt) -> None:
    assert items(node, AT) == expected


def test_texts_doubt_what_may_not_be_there() -> None:
    found = texts(("a", OneOf(("b", ABSENT), OPEN), None, ("c",)), AT)
    assert found == (
        "a",
        OPEN,
        Doubt("null stands where text is expected", f"{AT}/2"),
        Doubt("a list is not text", f"{AT}/3"),
    )
    assert texts(UNPLACED, AT) == PLACED


FIELDS: dict[str, tuple[Node, dict[str, Node] | Doubt | None]] = {
    "a mapping": ({"a": 1, "b": 2}, {"a": 1, "b": 2}),
    "nothing": (ABSENT, None),
    "null": (None, None),
    "a doubt": (UNPLACED, PLACED),
    "text": ("a", doubt("'a' is not a mapping")),
    "one of two": (
        OneOf(({"a": 1}, {"a": 2, "b": 3}), OPEN),
        {"a": OneOf((1, 2), OPEN), "b": OneOf((ABSENT, 3), OPEN)},
    ),
    "one that may be absent": (OneOf(({"a": 1}, ABSENT), OPEN), {"a": OneOf((1, ABSENT), OPEN)}),
    "one that may be a list": (OneOf(({"a": 1}, (1,)), OPEN), doubt("a list is not a mapping")),
}


@pytest.mark.parametrize(("node", "expected"), FIELDS.values(), ids=FIELDS)
def test_fields(node: Node, expected: dict[str, Node] | Doubt | None) -> None:
    assert fields(node, AT) == expected


CHILDREN: dict[str, tuple[Node, Node]] = {
    "a key": ({"a": {"b": 1}}, 1),
    "a missing key": ({"a": {}}, ABSENT),
    "below nothing": (ABSENT, ABSENT),
    "below null": ({"a": None}, ABSENT),
    "below a doubt": ({"a": UNPLACED}, UNPLACED),
    "below one of two": (OneOf(({"a": {"b": 1}}, ABSENT), OPEN), OneOf((1, ABSENT), OPEN)),
    "below text": ({"a": "x"}, Doubt("'x' stands where a mapping with b is expected")),
    "below a resource": ({"a": VPC}, Doubt("${net/Vpc} stands where a mapping with b is expected")),
}


@pytest.mark.parametrize(("node", "expected"), CHILDREN.values(), ids=CHILDREN)
def test_get(node: Node, expected: Node) -> None:
    assert get(node, "a", "b") == expected


def test_a_resource_knows_where_its_properties_stand() -> None:
    group = Resource(
        "net/Group", "net", "Group", "AWS::EC2::SecurityGroup", {"a": {"b": 1}}, "net.json#/Resources/Group"
    )
    assert group.get("a", "b") == 1
    assert group.at("a", 0, "x/y~z") == "net.json#/Resources/Group/Properties/a/0/x~1y~0z"
    assert below("p") == "p"


SHOWN: dict[str, tuple[Node, str]] = {
    "text": ("a", "'a'"),
    "long text": ("a" * 61, "'" + "a" * 57 + "...'"),
    "null": (None, "null"),
    "nothing": (ABSENT, "nothing"),
    "a doubt": (OPEN, "something unknown"),
    "options": (OneOf(("a", True, "a"), OPEN), "'a' or true"),
    "false": (False, "false"),
}


@pytest.mark.parametrize(("node", "expected"), SHOWN.values(), ids=SHOWN)
def test_a_node_is_shown_in_a_few_words(node: Node, expected: str) -> None:
    assert shown(node) == expected
