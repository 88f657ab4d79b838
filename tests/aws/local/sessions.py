"""Sessions of the local AWS that share what is slow to load: botocore's models of the services."""

from __future__ import annotations

from functools import cache

import boto3
import botocore.session

from tests.aws.local import faster


def session(region: str) -> boto3.Session:
    """A session with keys of an account that does not exist: nothing of it ever leaves the machine."""
    core = botocore.session.get_session()
    core.register_component("data_loader", faster.loader())
    core.set_credentials("testing", "testing")
    return boto3.Session(botocore_session=core, region_name=region)


@cache
def models() -> botocore.session.Session:
    """A session to ask for botocore's models of services."""
    core = botocore.session.get_session()
    core.register_component("data_loader", faster.loader())
    return core
