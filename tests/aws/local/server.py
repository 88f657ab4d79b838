"""The local AWS behind HTTP, for programs that are not Python: the CDK CLI, or our own CLI as people start it.

``python -m tests.aws.local.server PORT`` listens on the loopback interface alone. What its CloudFormation asks of
the other services is answered within the process.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from moto.core.models import botocore_stubber
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from tests.aws.local import install


@contextmanager
def serving(port: int = 0) -> Iterator[str]:
    """The URL to which ``AWS_ENDPOINT_URL`` is set; port 0 is any free one.

    The CDK CLI publishes assets to a bucket's own host name, which is why this one is spelled ``localhost``.
    """
    install()
    server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    server.start()
    before, botocore_stubber.enabled = botocore_stubber.enabled, True
    try:
        yield f"http://localhost:{server.get_host_and_port()[1]}"
    finally:
        botocore_stubber.enabled = before
        server.stop()


if __name__ == "__main__":
    with serving(int(sys.argv[1])) as url:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        try:
            while sys.stdin.read(1):  # until whoever started it closes its end
                pass
        except KeyboardInterrupt:
            pass
