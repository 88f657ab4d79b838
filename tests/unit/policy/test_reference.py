from __future__ import annotations

import pytest

from agent_perimeter.finding import CODES, Code, Severity
from agent_perimeter.policy import codes
from agent_perimeter.policy.reference import findings_reference, policy_reference, section_reference
from agent_perimeter.policy.schema import ADDRESS, DOMAIN, NETWORK_POLICY, POLICY, PORT, SERVICE
from agent_perimeter.policy.shape import Key, Section, Text
from agent_perimeter.settings import SETTINGS


def test_every_key_of_the_language_has_its_row() -> None:
    text = policy_reference()
    for section in (POLICY, NETWORK_POLICY, DOMAIN, ADDRESS, SERVICE, PORT):
        for key in section.keys:
            assert f"| `{key.name}` | " in text
            assert key.doc in text
    assert "| `protocol` | TCP &#124; UDP | **required** | The transport protocol. | `TCP` |\n" in text


def test_the_settings_can_be_shown_alike() -> None:
    text = section_reference(SETTINGS)
    assert "| `zones` | a number from 1 to 3, or a list: a zone such as us-east-1a, or null | 2 | How many" in text
    assert "| `maintenance` | true or false | false | " in text
    assert "| `slots` | a mapping: an agent's name → a number from 0 to 4095 | {} | " in text


def test_every_row_has_as_many_cells_as_the_head() -> None:
    section = Section("s", (Key("k", Text("a | b"), "Either | or.", "x"),))
    assert section_reference(section) == (
        "| Key | Takes | Default | Meaning | Example |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| `k` | a &#124; b | none | Either &#124; or. | `x` |\n"
    )


def test_every_registered_code_is_explained() -> None:
    text = findings_reference()
    for code in CODES.values():
        assert f"### {code.code} {code.name}\n" in text
    assert "## AP1xx: Refused destinations\n" in text
    assert "### AP101 open-egress\n\n**Error.** This is open egress.\n" in text


def test_findings_come_in_the_order_of_their_codes() -> None:
    one = Code("AP301", "b", Severity.NOTE, "B", "Bb.")
    two = Code("AP001", "a", Severity.ERROR, "A", "Aa.")
    text = findings_reference({"AP301": one, "AP001": two})
    assert text.index("### AP001 a") < text.index("## AP3xx: Settings") < text.index("### AP301 b")


POLICY_CODES = [code for code in vars(codes).values() if isinstance(code, Code)]


@pytest.mark.parametrize("code", POLICY_CODES, ids=lambda code: code.code)
def test_codes_keep_to_their_range(code: Code) -> None:
    """Only AP2xx can be accepted, and all of it but notes."""
    hundred = code.code[2]
    assert hundred in "012"
    if hundred == "2":
        assert code.severity is not Severity.ERROR
    else:
        assert code.severity is not Severity.WARNING
    assert code.title[0].isupper()
    assert not code.title.endswith(".")
    assert code.explanation.endswith(".")
