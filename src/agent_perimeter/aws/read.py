"""A call that reads an account, as data: what it takes, what makes its parameters, and what of its answer is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from agent_perimeter.aws.shapes import Fields, each
from agent_perimeter.forms import Json

HERE: Final = "${AWS::Region}:${AWS::AccountId}"
"""Of an ARN, what says that it is of this account and region."""
TAGS: Final = each("Key Value")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a call's parameters come from: objects in the answers to another one.

    ``at`` is the path to the objects, ``take`` the path within each to the text that fills a placeholder; dots go into
    objects, lists are passed through. ``where`` keeps the objects whose text at a path matches a pattern wholly;
    ``pattern`` takes its group out of every text taken, and passes over what does not match. ``stack`` keeps the
    answers about that stack.
    """

    call: str
    at: str
    take: Mapping[str, str]
    where: Mapping[str, str] = field(default_factory=dict)
    pattern: str = r"(.+)"
    stack: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """One operation.

    ``service`` and ``operation`` are botocore's and AWS's names. ``parameters`` are templates, one call each:
    ``{vpc}``, ``{region}``, ``{stack}`` and ``{watch_stack}`` stand for the target, other names for what ``sources``
    give, one call for each of it; ``"{all}"`` in a list stands for all of it, ``batch`` a call. A template with a
    placeholder that nothing fills makes no call. ``newer`` are parameters that only a recent botocore knows; an older
    one leaves them out.

    ``result`` is what is kept; what it requires must be in every answer. ``nonempty`` are paths at which AWS always has
    something; ``A.B=pattern`` says what. ``about`` is the path (or one of several, ``|`` between them) to the names of
    what is answered about: an answer about something else is none. ``only`` keeps the items of a list that have the
    VPC's id at a path (where AWS has no such filter). ``paged`` False: the first page is enough. ``absent`` are error
    codes that are answers: there is none.

    ``action`` is the IAM action where it has another name than the operation; ``resources`` are the ARNs that it can be
    narrowed to (Service Authorization Reference), none where it takes no permission.
    """

    service: str
    operation: str
    result: Fields
    parameters: tuple[Mapping[str, Json], ...] = ({},)
    sources: tuple[Source, ...] = ()
    newer: Mapping[str, Json] = field(default_factory=dict)
    batch: int = 200
    paged: bool = True
    nonempty: tuple[str, ...] = ()
    about: str = ""
    only: tuple[str, str] | None = None
    absent: frozenset[str] = frozenset()
    action: str = ""
    resources: tuple[str, ...] = ("*",)

    @property
    def call(self) -> str:
        """``ec2:DescribeSubnets``, as in ``Answer.call``."""
        return f"{self.service}:{self.operation}"

    @property
    def permission(self) -> str:
        return self.action or self.call

    @property
    def needs(self) -> frozenset[str]:
        """The calls that must have been answered before."""
        return frozenset(source.call for source in self.sources)

    @property
    def watch_only(self) -> bool:
        """Whether it is made for the watch's own parts alone."""
        return {source.stack for source in self.sources} == {"{watch_stack}"}


def of_vpc(filter_name: str = "vpc-id", key: str = "Filters") -> tuple[Mapping[str, Json], ...]:
    """The parameters of a list that AWS filters by VPC."""
    return ({key: [{"Name": filter_name, "Values": ["{vpc}"]}]},)


def in_stack(type_: str, placeholder: str, stack: str = "{stack}", pattern: str = r"(.+)") -> Source:
    """The physical ids of a stack's resources of one type."""
    return Source(
        "cloudformation:ListStackResources",
        "StackResourceSummaries",
        {placeholder: "PhysicalResourceId"},
        where={"ResourceType": type_},
        pattern=pattern,
        stack=stack,
    )


def watched(type_: str, placeholder: str, pattern: str = r"(.+)") -> Source:
    """The same of the watch's own stack."""
    return in_stack(type_, placeholder, "{watch_stack}", pattern)
