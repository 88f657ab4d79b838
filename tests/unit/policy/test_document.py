from __future__ import annotations

import pytest

from agent_perimeter.finding import Finding
from agent_perimeter.policy import codes
from agent_perimeter.policy.document import (
    LOADERS,
    MAX_ALIASED_NODES,
    MAX_BYTES,
    MAX_DEPTH,
    Entry,
    Kind,
    Mapping,
    Node,
    Scalar,
    Sequence,
    YamlLoader,
    decode,
    describe,
    parse,
    shown,
)
from agent_perimeter.source import Span

ANY_LOADER = pytest.mark.parametrize("loader", LOADERS, ids=lambda loader: loader.__name__)


def read(text: str, loader: YamlLoader = LOADERS[0]) -> Node:
    root = parse(text, "f.yaml", loader)
    assert isinstance(root, Mapping | Sequence | Scalar)
    return root


def refused(text: str, loader: YamlLoader = LOADERS[0]) -> Finding:
    finding = parse(text, "f.yaml", loader)
    assert isinstance(finding, Finding), finding
    return finding


def test_libyaml_and_the_pure_loader_are_both_under_test() -> None:
    assert [loader.__name__ for loader in LOADERS] == ["CSafeLoader", "SafeLoader"]


KINDS = {
    "": Kind.NULL,
    "~": Kind.NULL,
    "null": Kind.NULL,
    "true": Kind.BOOLEAN,
    "False": Kind.BOOLEAN,
    "0": Kind.INTEGER,
    "-17": Kind.INTEGER,
    "443": Kind.INTEGER,
    "1.5": Kind.FLOAT,
    ".inf": Kind.FLOAT,
    "1e3": Kind.FLOAT,
    # What readers of YAML 1.1 take for something else is text here.
    "yes": Kind.TEXT,
    "on": Kind.TEXT,
    "0443": Kind.TEXT,
    "0x1BB": Kind.TEXT,
    "1_000": Kind.TEXT,
    "22:22": Kind.TEXT,
    "2027-03-31": Kind.TEXT,
    "10.0.0.1": Kind.TEXT,
    "'443'": Kind.TEXT,
    '"true"': Kind.TEXT,
    '""': Kind.TEXT,
    "|\n  443": Kind.TEXT,
    ">\n  443": Kind.TEXT,
}


@ANY_LOADER
@pytest.mark.parametrize(("written", "kind"), KINDS.items())
def test_plain_scalars_follow_the_core_schema_of_yaml_1_2(written: str, kind: Kind, loader: YamlLoader) -> None:
    root = read(f"key: {written}\n", loader)
    assert isinstance(root, Mapping)
    value = root.entries[0].value
    assert isinstance(value, Scalar)
    assert value.kind is kind


@ANY_LOADER
def test_every_node_knows_its_line_and_column(loader: YamlLoader) -> None:
    def at(line: int, column: int) -> Span:
        return Span("f.yaml", line, column)

    assert read("# comment\na:\n  - é: [1, x]\n", loader) == Mapping(
        (
            Entry(
                Scalar("a", Kind.TEXT, at(2, 1)),
                Sequence(
                    (
                        Mapping(
                            (
                                Entry(
                                    Scalar("é", Kind.TEXT, at(3, 5)),
                                    Sequence(
                                        (Scalar("1", Kind.INTEGER, at(3, 9)), Scalar("x", Kind.TEXT, at(3, 12))),
                                        at(3, 8),
                                    ),
                                ),
                            ),
                            at(3, 5),
                        ),
                    ),
                    at(3, 3),
                ),
            ),
        ),
        at(2, 1),
    )


@ANY_LOADER
def test_an_alias_is_the_anchored_node_where_it_was_written(loader: YamlLoader) -> None:
    root = read("a: &x [1]\nb: *x\n", loader)
    assert isinstance(root, Mapping)
    assert root.entries[1].value is root.entries[0].value
    assert root.entries[1].value.span == Span("f.yaml", 1, 4)


@ANY_LOADER
@pytest.mark.parametrize("text", ["", "# nothing\n", "---", "---\n", "~"])
def test_nothing_is_no_document(text: str, loader: YamlLoader) -> None:
    assert parse(text, "f.yaml", loader) is None or text == "~"


@ANY_LOADER
@pytest.mark.parametrize(("text", "place"), {"?": (1, 2), "a:": (1, 3), "a:\n": (1, 3), "- a\n-": (2, 2)}.items())
def test_nothing_at_the_end_of_the_file_stands_inside_it(text: str, place: tuple[int, int], loader: YamlLoader) -> None:
    root = read(text, loader)
    value = (
        root.items[-1] if isinstance(root, Sequence) else root.entries[0].value if isinstance(root, Mapping) else root
    )
    assert value.span == Span("f.yaml", *place)


@ANY_LOADER
def test_a_tab_inside_a_word_is_refused_by_both_loaders(loader: YamlLoader) -> None:
    assert refused("a\tb: 1\n", loader).code is codes.SYNTAX


@ANY_LOADER
def test_a_tab_inside_quotes_or_a_comment_is_fine(loader: YamlLoader) -> None:
    root = read('a: "x\ty" #\twhy\n', loader)
    assert isinstance(root, Mapping)
    assert root.entries[0].value == Scalar("x\ty", Kind.TEXT, Span("f.yaml", 1, 4))


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)

REFUSED = {
    "a mapping inside a line": ("a: b: c\n", codes.SYNTAX, "1:5", "mapping values are not allowed here", None),
    "a list that never ends": ("a: [1\n", codes.SYNTAX, "2:1", "expected ',' or ']'", None),
    "a tab as indentation": ("a:\n\tb: 1\n", codes.SYNTAX, "2:1", "found character '\\t'", "spaces"),
    "a wildcard without quotes": ("- domain: *.example.com\n", codes.SYNTAX, "1:12", "is not YAML", '"*.example.com"'),
    "a star that begins an alias that is named nowhere": ("a: *b\n", codes.SYNTAX, "1:4", "*b names no anchor", '"*b"'),
    "a version out of range": (f"%YAML {'1' * 5000}.1\n---\na: 1\n", codes.SYNTAX, "1:1", "not YAML", None),
    "an escape out of range": ('a: "\\U00110000"\n', codes.SYNTAX, "1:1", "out of range", None),
    "half a character": ('a: "\\ud800"\n', codes.FORBIDDEN_CHARACTER, "1:4", "half a character", None),
    "a second document": ("a: 1\n---\nb: 2\n", codes.SEVERAL_DOCUMENTS, "2:1", "second YAML document", "one file"),
    "an alias inside its own anchor": ("a: &a [*a]\n", codes.ALIAS, "1:8", "*a contains itself", None),
    "a billion laughs": (BOMB, codes.ALIAS, "5:8", "expand too far", None),
    "lists without end": ("[" * 100_000, codes.TOO_DEEP, "1:65", "nested too deeply", None),
    "mappings without end": ("{a: " * 100_000, codes.TOO_DEEP, "1:257", "nested too deeply", None),
    "dashes without end": ("- " * 100_000, codes.TOO_DEEP, "1:129", "nested too deeply", None),
}


@ANY_LOADER
@pytest.mark.parametrize(("text", "code", "place", "message", "hint"), REFUSED.values(), ids=REFUSED.keys())
def test_a_document_is_refused_with_a_place_and_a_reason(
    text: str, code: object, place: str, message: str, hint: str | None, loader: YamlLoader
) -> None:
    finding = refused(text, loader)
    assert finding.code is code
    assert str(finding.span) == f"f.yaml:{place}"
    assert message in finding.message
    assert (hint or "") in (finding.hint or "")
    assert (hint is None) == (finding.hint is None or finding.code is codes.ALIAS)


def test_what_only_libyaml_refuses_is_refused_in_its_words() -> None:
    finding = refused("!t, ")
    assert str(finding) == "f.yaml:1:3: AP004 the file is not YAML: did not find expected whitespace or line break"


@ANY_LOADER
def test_both_loaders_say_the_same_of_what_they_refuse(loader: YamlLoader) -> None:
    for text, *_ in REFUSED.values():
        assert refused(text, loader) == refused(text)


@ANY_LOADER
def test_sixty_four_levels_are_enough_and_not_too_many(loader: YamlLoader) -> None:
    assert isinstance(read("[" * MAX_DEPTH + "]" * MAX_DEPTH, loader), Sequence)
    assert refused("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), loader).code is codes.TOO_DEEP


def test_aliases_may_expand_to_ten_thousand_nodes_and_no_further() -> None:
    list_of_9 = "a: &a [" + ",".join("x" * 9) + "]\n"  # ten nodes
    times = MAX_ALIASED_NODES // 10
    assert isinstance(read(list_of_9 + "b: [" + ",".join(["*a"] * times) + "]\n"), Mapping)
    finding = refused(list_of_9 + "b: [" + ",".join(["*a"] * (times + 1)) + "]\n")
    assert (finding.code, finding.got) == (codes.ALIAS, "10,010 nodes")


def test_many_nodes_without_aliases_are_no_bomb() -> None:
    root = read("".join(f"- {number}\n" for number in range(2 * MAX_ALIASED_NODES)))
    assert isinstance(root, Sequence)
    assert len(root.items) == 2 * MAX_ALIASED_NODES


def test_columns_are_those_of_the_file_where_spaces_were_added() -> None:
    root = parse("a:\n  - b\n", "f.yaml", added=(0, 2))
    assert isinstance(root, Mapping)
    assert root.entries[0].value.span == Span("f.yaml", 2, 1)


UNDECODABLE = {
    "too large": (b"#" * (MAX_BYTES + 1), codes.TOO_LARGE, "1:1", "1,048,577 bytes"),
    "Latin-1": ("a: 1\nb: é\n".encode("latin-1"), codes.NOT_UTF8, "2:4", "byte 0xe9"),
    "UTF-16": ("a: 1\n".encode("utf-16"), codes.NOT_UTF8, "1:1", "byte 0xff"),
    "half a surrogate pair": (b"a: \xed\xa0\x80\n", codes.NOT_UTF8, "1:4", "byte 0xed"),
    "a NUL": (b"a: 1\n\x00", codes.FORBIDDEN_CHARACTER, "2:1", "U+0000"),
    "an escape sequence": (b"a: \x1b[31m\n", codes.FORBIDDEN_CHARACTER, "1:4", "U+001B"),
    "a line separator": ("a: é\u2028b".encode(), codes.FORBIDDEN_CHARACTER, "1:5", "U+2028"),
    "next line": ("a: 1\u0085b".encode(), codes.FORBIDDEN_CHARACTER, "1:5", "U+0085"),
    "a right-to-left override in a comment": ("# \u202eevil".encode(), codes.FORBIDDEN_CHARACTER, "1:3", "U+202E"),
    "a byte order mark inside": ("a: 1\n\ufeffb: 2".encode(), codes.FORBIDDEN_CHARACTER, "2:1", "U+FEFF"),
}


@pytest.mark.parametrize(("raw", "code", "place", "got"), UNDECODABLE.values(), ids=UNDECODABLE.keys())
def test_bytes_that_are_no_text_are_refused(raw: bytes, code: object, place: str, got: str) -> None:
    finding = decode(raw, "f.yaml")
    assert isinstance(finding, Finding)
    assert (finding.code, str(finding.span), finding.got) == (code, f"f.yaml:{place}", got)


def test_text_is_decoded_with_and_without_a_byte_order_mark() -> None:
    assert decode("a: é\r\n\tb".encode(), "f.yaml") == "a: é\r\n\tb"
    assert decode("\ufeffa: 1".encode(), "f.yaml") == "a: 1"
    assert decode(b"#" * MAX_BYTES, "f.yaml") == "#" * MAX_BYTES


DESCRIBED = {
    "key: {}": "a mapping",
    "key: []": "a list",
    "key:": "nothing",
    "key: yes": "text 'yes'",
    "key: True": "True",
    "key: 443": "the number 443",
    "key: 1.5": "the number 1.5",
}


@pytest.mark.parametrize(("text", "words"), DESCRIBED.items())
def test_findings_describe_a_node_in_words(text: str, words: str) -> None:
    root = read(text)
    assert isinstance(root, Mapping)
    assert describe(root.entries[0].value) == words


def test_text_is_shown_short_and_escaped() -> None:
    assert shown("a\x1b\n") == r"'a\x1b\n'"
    assert shown("x" * 61) == repr("x" * 57 + "...")
    assert shown("x" * 60) == repr("x" * 60)
