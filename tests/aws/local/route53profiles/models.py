"""What one account has of Route 53 Profiles in one region."""

from __future__ import annotations

from moto.core.base_backend import BackendDict, BaseBackend

from tests.aws.local.operations import Fields


class Route53Profiles(BaseBackend):
    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.profiles: dict[str, Fields] = {}
        self.associations: dict[str, Fields] = {}
        self.resources: dict[str, Fields] = {}


route53profiles_backends = BackendDict(Route53Profiles, "route53profiles")
