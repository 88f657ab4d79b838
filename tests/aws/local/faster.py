"""What boto3 and moto find out anew for every session and every call, found out once in a process."""

from __future__ import annotations

from functools import cache
from inspect import isfunction
from typing import Any

import botocore.session
import moto.core.responses
from botocore.loaders import Loader, create_loader


class Operations:
    """The methods of a class, as moto asks for them at each call: whether one of this name is there."""

    def __init__(self, of: type) -> None:
        self._of = of

    def __contains__(self, name: str) -> bool:
        return isfunction(getattr(self._of, name, None))


def loader(search_path: str | None = None) -> Loader:
    """A loader that shares what is loaded with all others: reading botocore's models takes longer than using them."""
    found: Loader = create_loader(search_path)
    found._cache = _models(search_path)
    return found


@cache
def _models(search_path: str | None) -> dict[Any, Any]:
    del search_path  # which decides what is found
    return {}


@cache
def use() -> None:
    """From now on in this process."""
    for module, name, ours in (
        (botocore.session, "create_loader", loader),
        (moto.core.responses, "method_names_from_class", Operations),
    ):
        setattr(module, name, ours)
