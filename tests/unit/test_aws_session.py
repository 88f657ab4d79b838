"""A session, and what is said where there can be none."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_perimeter.aws.session import CredentialsError, SessionError, open_session


@pytest.fixture(autouse=True)
def nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment without anything that a session is made of; the configuration file, to be written."""
    for name in (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    return tmp_path / "config"


def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")


PROFILE = "[default]\nregion = eu-north-1\n"
REGIONS = {
    "what is given": ("us-east-2", "eu-west-1", "eu-central-1", "us-east-2"),
    "AWS_REGION before AWS_DEFAULT_REGION": (None, "eu-west-1", "eu-central-1", "eu-west-1"),
    "an empty AWS_REGION is none": (None, "", "eu-central-1", "eu-central-1"),
    "AWS_REGION alone": (None, "eu-west-1", None, "eu-west-1"),
    "AWS_DEFAULT_REGION before the profile": (None, None, "eu-central-1", "eu-central-1"),
    "the profile": (None, None, None, "eu-north-1"),
}


@pytest.mark.parametrize(("given", "aws_region", "default", "region"), REGIONS.values(), ids=REGIONS)
def test_the_region_is_that_of(
    monkeypatch: pytest.MonkeyPatch,
    nothing: Path,
    given: str | None,
    aws_region: str | None,
    default: str | None,
    region: str,
) -> None:
    keys(monkeypatch)
    nothing.write_text(PROFILE, encoding="utf-8")
    for name, value in (("AWS_REGION", aws_region), ("AWS_DEFAULT_REGION", default)):
        if value is not None:
            monkeypatch.setenv(name, value)
    assert open_session(region=given).region_name == region


def test_what_is_given_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch, nothing: Path) -> None:
    nothing.write_text(
        "[profile audit]\nregion = eu-north-1\naws_access_key_id = a\naws_secret_access_key = b\n", encoding="utf-8"
    )
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    session = open_session(profile="audit", region="us-east-2")
    assert (session.region_name, session.get_credentials().access_key) == ("us-east-2", "a")


def test_a_profile_that_is_not_there() -> None:
    with pytest.raises(SessionError) as caught:
        open_session(profile="nobody", region="eu-west-1")
    assert str(caught.value) == (
        "The config profile (nobody) could not be found; `aws configure list-profiles` says which there are"
    )


def test_a_profile_of_the_environment_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(SessionError, match="nobody"):
        open_session(region="eu-west-1")


def test_no_region(monkeypatch: pytest.MonkeyPatch) -> None:
    keys(monkeypatch)
    with pytest.raises(SessionError) as caught:
        open_session()
    assert str(caught.value) == "no region: give --region, or set AWS_REGION"


def test_a_region_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    keys(monkeypatch)
    with pytest.raises(SessionError) as caught:
        open_session(region="moon-1")
    assert str(caught.value) == "AWS has no region 'moon-1', as far as this botocore knows"


def test_no_credentials() -> None:
    with pytest.raises(CredentialsError) as caught:
        open_session(region="eu-west-1")
    assert str(caught.value) == ("no credentials: give --profile, set AWS_PROFILE, or sign in with `aws sso login`")


def test_half_of_the_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    with pytest.raises(CredentialsError) as caught:
        open_session(region="eu-west-1")
    assert str(caught.value) == (
        "Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY; set both the access key and its secret"
    )


def test_a_profile_whose_credentials_cannot_be_had(nothing: Path) -> None:
    nothing.write_text(
        "[profile far]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = none\n", encoding="utf-8"
    )
    with pytest.raises(CredentialsError) as caught:
        open_session(profile="far", region="eu-west-1")
    assert str(caught.value).endswith(": give --profile, set AWS_PROFILE, or sign in with `aws sso login`")
