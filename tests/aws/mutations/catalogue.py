"""The catalogue: what AWS's own models can change, what of it is exercised, and what is not and why."""

from __future__ import annotations

import importlib
import pkgutil

import botocore.session

from tests.aws.mutations import exercises
from tests.aws.mutations.unexercised import APART, UNEXERCISED, Reason
from tests.aws.mutations.world import EXERCISES, Exercise

WATCHED = ("ec2", "iam", "network-firewall", "route53", "route53profiles", "route53resolver", "vpc-lattice")
READING = ("Describe", "Get", "List", "Lookup", "Search", "Simulate")
"""What an operation's name begins with where it changes nothing. Anything else is taken for a change."""


def mutating() -> frozenset[str]:
    """Every operation of the installed botocore that may change something, as ``ec2:CreateRoute``."""
    session = botocore.session.get_session()
    return frozenset(
        f"{service}:{operation}"
        for service in WATCHED
        for operation in session.get_service_model(service).operation_names
        if not operation.startswith(READING)
    )


def exercised() -> tuple[Exercise, ...]:
    """Every exercise, in the order of its operation and sentence."""
    for module in pkgutil.iter_modules(exercises.__path__, f"{exercises.__name__}."):
        importlib.import_module(module.name)
    return tuple(sorted(EXERCISES, key=lambda one: (one.operation, one.sentence)))


def operations_of(found: tuple[Exercise, ...]) -> frozenset[str]:
    return frozenset(operation for one in found for operation in (one.operation, *one.also))


def listed(reasons: tuple[Reason, ...]) -> frozenset[str]:
    return frozenset(
        f"{service}:{operation}"
        for reason in reasons
        for service, operations in reason.operations.items()
        for operation in operations
    )


APART_FROM_IT = listed(APART)
NOT_EXERCISED = listed(UNEXERCISED)
