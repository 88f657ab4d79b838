"""Custom resources: the function's own code runs, against the local AWS, and answers as it would answer CloudFormation.

Requests and answers: CloudFormation user guide, "Custom resource request and response objects". The code runs in this
process, for moto's would need Docker; everything else is as in AWS: the code comes out of the function's archive, the
answer is put to a URL, and what answers FAILED, or not at all, fails the deployment.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import threading
import uuid
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import boto3
from moto.awslambda.models import lambda_backends

from tests.aws.local.cloudformation.model import Made, Model
from tests.aws.local.cloudformation.properties import Properties
from tests.aws.local.cloudformation.refused import Refused
from tests.aws.local.sessions import session

_ONE_AT_A_TIME = threading.Lock()  # the environment is the process's


class CustomResource(Model, kind="Custom::*"):
    def create(self, wanted: Properties) -> Made:
        return self._asked("Create", wanted, {})

    def update(self, wanted: Properties) -> Made:
        old = {"PhysicalResourceId": self.made.id, "OldResourceProperties": _as_text(self.before.plain())}
        after = self._asked("Update", wanted, old)
        for name in self.before.plain():
            self.before.get(name)
        if after.id != self.made.id:  # so CloudFormation learns that it was replaced, and deletes the old one
            self._asked("Delete", self.before, {"PhysicalResourceId": self.made.id})
        return after

    def delete(self) -> None:
        self._asked("Delete", self.before, {"PhysicalResourceId": self.made.id})

    def _asked(self, request: str, properties: Properties, more: dict[str, Any]) -> Made:
        given = {name: properties[name] for name in properties.plain()}
        with _answers() as (url, answers):
            event = {
                "RequestType": request,
                "ServiceToken": given["ServiceToken"],
                "ResponseURL": url,
                "StackId": self.place.stack_id,
                "RequestId": str(uuid.uuid4()),
                "LogicalResourceId": self.place.logical_id,
                "ResourceType": self.place.kind,
                "ResourceProperties": _as_text(given),
                **more,
            }
            self._run(given["ServiceToken"], event)
        if not answers:
            raise Refused(f"the function of {self.place.kind} did not answer")
        if answers[0]["Status"] != "SUCCESS":
            raise Refused(f"the function of {self.place.kind} answered: {answers[0]['Reason']}")
        return Made(answers[0]["PhysicalResourceId"], answers[0].get("Data", {}))

    def _run(self, arn: str, event: dict[str, Any]) -> None:
        function = lambda_backends[self.place.account][self.place.region].get_function(arn)
        module, handler = str(function.handler).rsplit(".", 1)
        with zipfile.ZipFile(io.BytesIO(function.code_bytes)) as archive:
            source = archive.read(f"{module.replace('.', '/')}.py").decode()
        names: dict[str, Any] = {"__name__": module}
        with _ONE_AT_A_TIME, _environment(self.place.region), contextlib.redirect_stdout(io.StringIO()):
            exec(compile(source, f"{arn}/{module}.py", "exec"), names)  # noqa: S102 # it is what Lambda does
            names[handler](event, None)


def _as_text(value: Any) -> Any:
    """CloudFormation passes every number and boolean of a custom resource as text."""
    if isinstance(value, dict):
        return {name: _as_text(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_as_text(member) for member in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


@contextlib.contextmanager
def _environment(region: str) -> Iterator[None]:
    """What the runtime of a function in the region tells boto3."""
    ours = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    default, boto3.DEFAULT_SESSION = boto3.DEFAULT_SESSION, session(region)
    try:
        yield
    finally:
        boto3.DEFAULT_SESSION = default
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _answers() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A URL to which a function may put its answer, and the answers."""
    answers: list[dict[str, Any]] = []

    class Answer(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            answers.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", answers
        finally:
            server.shutdown()
            serving.join()
