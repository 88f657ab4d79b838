"""The whole local AWS as a function left it, to begin from again: deploying takes a second, this takes a moment."""

from __future__ import annotations

import copyreg
import io
import pickle
import threading
import weakref
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, wraps
from types import FunctionType, ModuleType
from typing import Any, ParamSpec, TypeVar

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from moto.core.base_backend import AccountSpecificBackend, BackendDict, BaseBackend, backend_lock
from moto.core.model_instances import reset_model_data
from moto.ec2.models import EC2Backend

Made = TypeVar("Made")
Given = ParamSpec("Given")
Services = list[tuple[BackendDict[BaseBackend], dict[str, AccountSpecificBackend[BaseBackend]]]]
"""All that moto has, by service and account."""

_LOCKS: Mapping[type, Callable[[], Any]] = {
    type(threading.Lock()): threading.Lock,
    type(threading.RLock()): threading.RLock,
}


def kept(make: Callable[Given, Made]) -> Callable[Given, Made]:
    """Make once in a process, in an empty local AWS; from then on begin where that ended, with what it returned.

    Every call replaces the whole local AWS: all services, accounts and regions. The local AWS must be running
    (``moto.mock_aws``). Arguments must be hashable, and what is returned is copied: ids, no clients.
    """

    @cache
    def first(*given: Given.args, **named: Given.kwargs) -> Kept:
        _put([])
        return Kept.of(make(*given, **named))

    @wraps(make)
    def again(*given: Given.args, **named: Given.kwargs) -> Made:
        services, result = first(*given, **named).copy()  # type: ignore[arg-type] # as hashable as a cache's
        _put(services)
        made: Made = result
        return made

    return again


@dataclass(frozen=True, slots=True)
class Kept:
    """Everything in the local AWS at one moment, and something that belongs to it, as bytes: nothing changes them."""

    pickled: bytes
    shared: tuple[object, ...]
    """What never changes, and is referred to: code, keys."""

    @classmethod
    def of(cls, result: object) -> Kept:
        """The local AWS as it is now. Raises TypeError or PicklingError where something in it cannot be copied."""
        into = io.BytesIO()
        writer = _Writer(into)
        writer.dump((running(), result))
        return cls(into.getvalue(), tuple(writer.shared))

    def copy(self) -> tuple[Services, Any]:
        """Equal to what was kept, and sharing nothing with it or another copy that could be changed."""
        reader = _Reader(io.BytesIO(self.pickled))
        reader.shared = self.shared
        services, result = reader.load()
        return services, result


def running() -> Services:
    """What moto has now."""
    with backend_lock:
        return [(service, dict(service)) for service in BackendDict._instances]  # type: ignore[misc] # of all classes


def _put(services: Services) -> None:
    with backend_lock:
        BackendDict.reset()
        reset_model_data()
        for registry in (EC2Backend.vpc_refs, EC2Backend.vpc_pcx_refs, EC2Backend.backend_refs):
            registry.clear()
        for service, accounts in services:
            service.update(accounts)
            BackendDict._instances.append(service)  # type: ignore[misc] # as above
            for account in accounts.values():
                for backend in account.values():
                    _register(backend)


def _register(backend: BaseBackend) -> None:
    """EC2 finds its other accounts and regions by lists of its own, which a copy is not in."""
    if isinstance(backend, EC2Backend):
        for registry in (backend.vpc_refs, backend.vpc_pcx_refs, backend.backend_refs):
            registry[EC2Backend].add(weakref.ref(backend))


class _Writer(pickle.Pickler):
    """Pickles what pickle alone refuses: locks, functions without a name, dictionaries with arguments of their own."""

    def __init__(self, into: io.BytesIO) -> None:
        super().__init__(into, pickle.HIGHEST_PROTOCOL)
        self.shared: list[object] = []

    def persistent_id(self, one: object) -> int | None:
        match one:
            case BackendDict() | ModuleType() | FunctionType(__closure__=None) | RSAPrivateKey():
                self.shared.append(one)
                return len(self.shared) - 1
            case _:
                return None

    def reducer_override(self, one: object) -> Any:
        if type(one) in _LOCKS:
            return _LOCKS[type(one)], ()
        match one:
            case weakref.WeakValueDictionary():
                return weakref.WeakValueDictionary, (), None, None, iter(list(one.items()))
            case defaultdict() if type(one) is not defaultdict:
                own = (vars(one), {"default_factory": one.default_factory})
                return copyreg.__newobj__, (type(one),), own, None, iter(one.items())  # type: ignore[attr-defined]
            case _:
                return NotImplemented


class _Reader(pickle.Unpickler):
    shared: tuple[object, ...] = ()

    def persistent_load(self, pid: int) -> object:
        return self.shared[pid]
