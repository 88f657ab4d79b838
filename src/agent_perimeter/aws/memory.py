"""The ledger in its bucket: read with its version, written only where nobody wrote it meanwhile.

S3 compares the ETag before it writes, so of several runs that read one ledger a single one gets to write the next.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from agent_perimeter.watch.evidence import LEDGER
from agent_perimeter.watch.ledger import Ledger, LedgerError, read_ledger, write_ledger

TRIES: Final = 12
"""How often a change is tried that others are ahead of; the wait grows to some seconds in all."""

_LOST: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})
"""What S3 says to the one that came second: the object is another, is being written, or is gone."""

T = TypeVar("T")


class Contended(Exception):
    """Other runs were ahead every time. Nothing was written; a later run does what this one meant to."""


@dataclass(frozen=True, slots=True)
class Memory:
    """The ledger of one perimeter. Every method raises botocore's errors where S3 refuses."""

    s3: BaseClient
    bucket: str

    def change(self, step: Callable[[Ledger], tuple[Ledger, T]]) -> T:
        """Read, take a step, write. Where somebody else wrote in between, all over again. Raises ``Contended``.

        A ledger that cannot be understood is begun anew: to announce again is better than never to.
        """
        for attempt in range(TRIES):
            ledger, etag = self._read()
            after, result = step(ledger)
            if after == ledger or self._write(after, etag):
                return result
            time.sleep(random.uniform(0, 0.05 * 2 ** min(attempt, 5)))  # noqa: S311 - spreads runs, guards nothing
        raise Contended(f"s3://{self.bucket}/{LEDGER} was written by others {TRIES} times in a row")

    def _read(self) -> tuple[Ledger, str]:
        """The ledger and its ETag, which is empty where there is none yet."""
        try:
            answer = self.s3.get_object(Bucket=self.bucket, Key=LEDGER)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchKey":
                raise
            return Ledger(), ""
        try:
            return read_ledger(answer["Body"].read()), answer["ETag"]
        except LedgerError:
            return Ledger(), answer["ETag"]

    def _write(self, ledger: Ledger, etag: str) -> bool:
        """Whether it was written. Over a certain version, or where there is none."""
        body = write_ledger(ledger).encode()
        condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        try:
            self.s3.put_object(Bucket=self.bucket, Key=LEDGER, Body=body, ContentType="application/json", **condition)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _LOST:
                raise
            return False
        return True
