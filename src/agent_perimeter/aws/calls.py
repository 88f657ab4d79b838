"""One call to AWS: all its pages, pruned to what is kept, or why it did not answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

import boto3
from botocore import __version__ as installed
from botocore import exceptions as failed
from botocore import xform_name
from botocore.client import BaseClient
from botocore.model import OperationModel
from botocore.paginate import Paginator
from botocore.parsers import ResponseParserError

from agent_perimeter.aws.paths import found, objects, texts
from agent_perimeter.aws.read import Read
from agent_perimeter.aws.session import CONFIG
from agent_perimeter.aws.shapes import Malformed, kept, lacking
from agent_perimeter.forms import Json
from agent_perimeter.snapshot import Answer, Unread

LONGEST_MESSAGE: Final = 300
"""Characters of an error's text that are kept: AWS appends encoded authorization details to some."""
MOST_PAGES: Final = 1000
"""A list that is longer is one that runs in circles."""

_TOKENS: Final = ("NextToken", "NextMarker", "Marker")


class Clients:
    """One client for each service. Any thread may use a client that was made; only one thread may make them."""

    def __init__(self, session: boto3.Session) -> None:
        self._session = session
        self._made: dict[str, BaseClient] = {}
        self._lacking: dict[str, tuple[str, ...]] = {}

    def of(self, service: str) -> BaseClient:
        """Raises ``BotoCoreError`` for a service that this botocore does not know, or has no endpoint for."""
        if service not in self._made:
            self._made[service] = self._session.client(service, config=CONFIG)
        return self._made[service]

    def model(self, read: Read) -> OperationModel:
        """The operation as this botocore knows it.

        Raises ``Unsupported`` for one that it does not know, or not every kept field of: it would leave that field out
        of the answer, which would look as if AWS had not sent it.
        """
        service = self.of(read.service).meta.service_model
        if read.operation not in service.operation_names:
            raise Unsupported(f"botocore {installed} has no {read.call}")
        model = service.operation_model(read.operation)
        if read.call not in self._lacking:
            self._lacking[read.call] = lacking(read.result, model.output_shape)
        if self._lacking[read.call]:
            raise Unsupported(f"botocore {installed} has no {', '.join(self._lacking[read.call])} of {read.call}")
        return model


class Truncated(Exception):
    """A list that AWS did not give to its end."""


class Unsupported(Exception):
    """An operation, or a field of its answer, that this botocore does not know."""


def ask(clients: Clients, read: Read, parameters: Mapping[str, Json], vpc: str = "") -> Answer | Unread:
    """Make one call and keep what the table says, or say why that cannot be.

    ``vpc`` picks out of a list that AWS cannot filter by it.
    What is caught is what AWS, the way to it and botocore's own reading of an answer can bring about. An error of ours
    is none of these.
    """
    try:
        result = _joined(read, _pages(clients, read, parameters))
        _check(read, result, parameters)
        return Answer(read.service, read.operation, parameters, _only(read, result, vpc))
    except failed.ClientError as error:
        code, message = _said(error)
        if code in read.absent:
            return Answer(read.service, read.operation, parameters, {})
    except (failed.PaginationError, Truncated) as error:
        code, message = "Truncated", str(error)
    except (failed.ReadTimeoutError, failed.ConnectTimeoutError) as error:
        code, message = "TimedOut", str(error)
    except (failed.ConnectionError, failed.HTTPClientError, failed.IncompleteReadError) as error:
        code, message = "Unreachable", str(error)
    except (failed.UnknownServiceError, Unsupported) as error:
        code, message = "Unsupported", f"{error}; a newer boto3 knows it"
    except failed.BotoCoreError as error:
        code, message = type(error).__name__, str(error)
    except (Malformed, ResponseParserError) as error:
        code, message = "Malformed", str(error)
    return Unread(read.service, read.operation, parameters, code, message[:LONGEST_MESSAGE], read.permission)


def _said(error: failed.ClientError) -> tuple[str, str]:
    """AWS's code and words. What stands between it and us, such as a proxy, may answer without either."""
    said = error.response.get("Error", {})
    return str(said.get("Code") or "Unknown"), str(said.get("Message") or error)


def _pages(clients: Clients, read: Read, parameters: Mapping[str, Json]) -> Iterator[Mapping[str, object]]:
    client = clients.of(read.service)
    name = xform_name(read.operation)
    model = clients.model(read)
    asked = {**parameters, **{key: value for key, value in read.newer.items() if key in model.input_shape.members}}
    if not read.paged:
        pages = _single(client, name, asked)
    elif client.can_paginate(name):
        pages = client.get_paginator(name).paginate(**asked)
    elif "NextToken" in model.output_shape.members:
        # AWS publishes no paginator for some.
        tokens = {
            "input_token": "NextToken",
            "output_token": "NextToken",
            "result_key": next(iter(read.result.members)),
        }
        pages = Paginator(getattr(client, name), tokens, model).paginate(**asked)
    else:
        pages = _single(client, name, asked)
    yield from _whole(iter(pages), read)


def _single(client: BaseClient, name: str, asked: Mapping[str, Json]) -> Iterator[Mapping[str, object]]:
    yield getattr(client, name)(**asked)


def _whole(pages: Iterator[Mapping[str, object]], read: Read) -> Iterator[Mapping[str, object]]:
    """The pages, to the last.

    Raises ``Truncated`` if there must be more, ``Malformed`` where botocore cannot read one.
    """
    page: Mapping[str, object] = {}
    for _ in range(MOST_PAGES):
        try:
            page = next(pages)
        except StopIteration:
            if read.paged and (page.get("IsTruncated") or any(page.get(token) for token in _TOKENS)):
                raise Truncated("the last page says that there is more, and not how to get it") from None
            return
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            # botocore's parsers meet a shape that the API's model excludes, such as a word for a number.
            raise Malformed(f"the answer cannot be read: {error}") from error
        yield page
    raise Truncated(f"there are more than {MOST_PAGES} pages")


def _joined(read: Read, pages: Iterator[Mapping[str, object]]) -> dict[str, Json]:
    """The kept members of all pages, lists joined. Raises ``Malformed`` for what AWS never answers."""
    result: dict[str, Json] = {}
    for page in pages:
        part = kept(dict(page), read.result, read.operation)
        assert isinstance(part, dict)  # noqa: S101 - ``read.result`` is an object's shape
        for member, value in part.items():
            before = result.get(member)
            result[member] = [*before, *value] if isinstance(before, list) and isinstance(value, list) else value
    return result


def _check(read: Read, result: Mapping[str, Json], parameters: Mapping[str, Json]) -> None:
    """Raises ``Malformed`` for an answer that lacks what AWS always gives, or that is about something else."""
    for path in read.nonempty:
        if not any(_matches(result, one) for one in path.split("|")):
            raise Malformed(f"there is no {path} in it, which AWS always gives")
    asked = set(_leaves(parameters))
    named = [set(map(str, found(result, path))) for path in read.about.split("|") if path]
    if named and not any(names <= asked for names in named):
        raise Malformed(f"it is about {min(named[0] - asked)}, which was not asked for")


def _leaves(value: Json | Mapping[str, Json]) -> Iterator[str]:
    """Every text in the parameters of a call."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _leaves(one)
    elif isinstance(value, str):
        yield value


def _only(read: Read, result: dict[str, Json], vpc: str) -> dict[str, Json]:
    if read.only is None:
        return result
    member, path = read.only
    return {
        **result,
        member: [dict(item) for item in objects(result, member) if vpc in texts(item, path)],
    }


def _matches(result: Mapping[str, Json], path: str) -> bool:
    """``A.B=pattern``: something at the path is written so; ``A.B``: there is something at all."""
    path, _, wanted = path.partition("=")
    return any(not wanted or re.fullmatch(wanted, str(one)) for one in found(result, path))
