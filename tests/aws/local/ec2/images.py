"""A few machine images are enough: moto makes a thousand of them anew for every region of every test."""

from __future__ import annotations

from typing import Any

from moto.core.utils import utcnow
from moto.ec2.models.amis import AMIS, Ami, AmiBackend

_FEW = 8


def _load_few(backend: Any) -> None:
    for image in AMIS[:_FEW]:
        backend.amis[image["ami_id"]] = Ami(backend, **(image | {"owner_alias": "amazon", "creation_date": utcnow()}))


setattr(AmiBackend, "_load_amis", _load_few)  # noqa: B010 # moto declares a method there
