"""A session with AWS by region and profile, as every AWS tool has it.

``AWS_PROFILE``, ``AWS_ENDPOINT_URL`` and the rest of the environment are boto3's to read; only ``AWS_REGION``, which
the AWS CLI and the other SDKs read before ``AWS_DEFAULT_REGION``, boto3 does not know (SDKs and Tools guide, AWS
Region). What a person can mend is said in words.
"""

from __future__ import annotations

import os
from typing import Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, PartialCredentialsError, ProfileNotFound, UnknownRegionError

THREADS: Final = 24
"""Calls under way at the same time: as many as a check of a perimeter has that need no other's answer."""

CONFIG: Final = Config(
    retries={"mode": "adaptive", "total_max_attempts": 6},
    connect_timeout=3,
    read_timeout=10,
    max_pool_connections=THREADS,
    user_agent_extra="agent-perimeter",
)
"""Adaptive: a service that throttles slows its own client down, and no other (botocore, retries)."""

EXPIRED: Final = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidClientTokenId", "UnrecognizedClientException"}
    | {"AuthFailure", "InvalidToken", "SignatureDoesNotMatch"}
)
"""Error codes that say that the credentials themselves are refused, whatever they allow."""


UNSIGNED: Final = frozenset(
    {"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "MetadataRetrievalError"}
    | {"SSOTokenLoadError", "UnauthorizedSSOTokenError", "TokenRetrievalError", "RefreshWithMFAUnsupportedError"}
)
"""botocore's errors that say that there are no credentials to sign a call with."""

SIGN_IN: Final = "give --profile, set AWS_PROFILE, or sign in with `aws sso login`"


class SessionError(ValueError):
    """No region or an unknown one, or a profile that is not there. The text says what to do."""


class CredentialsError(Exception):
    """No credentials, or some that AWS refuses. The text says what to do."""


def open_session(profile: str | None = None, region: str | None = None) -> boto3.Session:
    """A session; None leaves the choice to the environment, and then to the profile. Nothing is asked of AWS yet.

    Raises ``SessionError`` without a known region or profile, ``CredentialsError`` where no credentials are
    found or those of a profile cannot be had.
    """
    try:
        session = boto3.Session(profile_name=profile, region_name=region or os.environ.get("AWS_REGION") or None)
    except ProfileNotFound as error:
        raise SessionError(f"{error}; `aws configure list-profiles` says which there are") from error
    if not session.region_name:
        raise SessionError("no region: give --region, or set AWS_REGION")
    try:
        session.get_partition_for_region(session.region_name)
    except UnknownRegionError as error:
        raise SessionError(f"AWS has no region {session.region_name!a}, as far as this botocore knows") from error
    try:
        found = session.get_credentials()
    except PartialCredentialsError as error:
        raise CredentialsError(f"{error}; set both the access key and its secret") from error
    except BotoCoreError as error:
        raise CredentialsError(f"{error}: {SIGN_IN}") from error
    if found is None:
        raise CredentialsError(f"no credentials: {SIGN_IN}")
    return session
