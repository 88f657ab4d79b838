"""The filters of the Describe operations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from tests.aws.local.errors import Refused
from tests.aws.local.operations import Call, Fields


def filtered(call: Call, records: Iterable[Fields], members: Mapping[str, str]) -> list[Fields]:
    """The records that all filters of the request let through; ``members`` says which member a filter looks at.

    ``*`` and ``?`` in a value stand for any characters, as in the API.
    """
    found = list(records)
    for asked in call.get("Filters", []):
        if asked["Name"] not in members:
            raise Refused("InvalidParameterValue", f"The filter '{asked['Name']}' is invalid")
        member, values = members[asked["Name"]], asked["Values"]
        found = [record for record in found if any(fnmatchcase(str(record.get(member)), pattern) for pattern in values)]
    return found
