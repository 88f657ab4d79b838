"""``DriftWatch``: a function that holds an account to what was deployed in it, on a schedule and on every change."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aws_cdk import Stack
from aws_cdk import aws_lambda as function
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from agent_perimeter.files import UsageError, read_file, read_policies
from agent_perimeter.finding import ordered
from agent_perimeter.policy.lint import lint
from agent_perimeter.policy.load import load_perimeter
from agent_perimeter.policy.model import Policy
from agent_perimeter.settings import Settings
from agent_perimeter_cdk.logs import CREATE_KEY
from agent_perimeter_cdk.perimeter import PolicyRefused
from agent_perimeter_cdk.watch_alarms import DIMENSION, alarms, render_alarms, render_dashboard
from agent_perimeter_cdk.watch_asset import HANDLER, MODELS, closure, models, write
from agent_perimeter_cdk.watch_outputs import Outputs, render_outputs, tags
from agent_perimeter_cdk.watch_role import default_bus, render_function_role
from agent_perimeter_cdk.watch_triggers import EVENT_AGE, RETRIES, render_rules, render_schedule

if TYPE_CHECKING:
    # The judge's records take a while to load, and an app that only imports the constructs does not need them.
    from agent_perimeter.drift.parts import Part
    from agent_perimeter.observed import ObservedNetwork

_SECONDS: Final = 120
_MEGABYTES: Final = 1024
"""Less memory is less processor too, and a check has a few hundred answers to read and a proof to make."""


class DriftWatch(Construct):
    """The watch over one perimeter, in the account and region of its stack.

    ``stack`` is the name of the perimeter's stack and ``expected`` what was lifted from its template: a network, or
    the path of one that ``agent-perimeter verify --store`` wrote. ``policies`` are policy files, a folder of them
    (``Settings.policies`` by default) or policies already read. ``perimeter`` is the perimeter's name, by default
    ``settings.name``; ``source`` says what ``expected`` was read from. ``today`` is the day for linting the policies.

    The function stands in no VPC, so no perimeter can cut it off, and its runs may overlap: what it remembers is
    written on condition. It reserves no concurrency, for an account that has the first ten only could not deploy it.

    Raises ``UsageError`` for files that cannot be used, ``PolicyRefused`` for policies with errors, ``StoredError`` for
    a stored network of another version, ``Unbundled`` where the function would need more than its runtime has.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stack: str,
        expected: ObservedNetwork | str | Path,
        policies: Iterable[Policy] | str | Path | None = None,
        perimeter: str | None = None,
        settings: Settings | None = None,
        source: str = "cdk.out",
        today: date | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        settings = settings or Settings()
        self.perimeter = name = perimeter or settings.name
        watch = settings.watch
        self.outputs = outputs = render_outputs(
            self,
            name,
            watch.notify,
            evidence_days=watch.evidence_retention_days,
            log_days=settings.log_retention_days,
            log_key=None if settings.log_key == CREATE_KEY else settings.log_key,
            encrypts_log=settings.log_key == CREATE_KEY,
        )
        self.function = checks = self._render_function(settings, outputs)
        schedule = render_schedule(self, name, watch.every_minutes, checks, outputs)
        triggers = render_rules(self, name, checks, schedule, outputs, on_change=watch.on_change)
        rendered = render_alarms(
            self,
            name,
            alarms(watch),
            {
                "perimeter": (DIMENSION, name),
                "function": ("FunctionName", checks.ref),
                "queue": ("QueueName", outputs.dead_letters.attr_queue_name),
            },
            (outputs.topic.ref, *watch.notify.topics),
        )
        render_dashboard(self, name, watch, [alarm.attr_arn for _, alarm in rendered], outputs.log.ref)

        from agent_perimeter_cdk.watch_parts import parts

        self.parts: tuple[Part, ...] = parts(name, checks, schedule, triggers, rendered, outputs, watch.notify)
        """What the watch holds itself to."""
        files = self._files(
            stack, _network(expected), _policies(policies or settings.policies, settings, today), settings, source
        )
        # Last, for the function carries what it must find of every resource here, itself among them.
        checks.code = self._stage(files)

    def _render_function(self, settings: Settings, outputs: Outputs) -> function.CfnFunction:
        role = render_function_role(self, self.perimeter, settings.watch, outputs)
        checks = function.CfnFunction(
            self,
            "function",
            description=f"Holds the account to the perimeter {self.perimeter}",
            runtime="python3.14",
            architectures=["arm64"],
            handler=HANDLER,
            code=function.CfnFunction.CodeProperty(),
            role=role.attr_arn,
            timeout=_SECONDS,
            memory_size=_MEGABYTES,
            logging_config=function.CfnFunction.LoggingConfigProperty(log_group=outputs.log.ref),
            environment=function.CfnFunction.EnvironmentProperty(
                variables={
                    "AGENT_PERIMETER_BUCKET": outputs.bucket.ref,
                    "AGENT_PERIMETER_TOPIC": outputs.topic.ref,
                    "AGENT_PERIMETER_BUS": default_bus(),
                    # Lambda unpacks the code there; botocore looks in it before it looks in its own models.
                    "AWS_DATA_PATH": f"/var/task/{MODELS}",
                    **({"AGENT_PERIMETER_SECURITY_HUB": "on"} if settings.watch.security_hub else {}),
                }
            ),
            tags=tags(self.perimeter, "function"),
        )
        function.CfnEventInvokeConfig(
            self,
            "function/events",
            function_name=checks.ref,
            qualifier="$LATEST",
            maximum_event_age_in_seconds=EVENT_AGE,
            maximum_retry_attempts=RETRIES,
            destination_config=function.CfnEventInvokeConfig.DestinationConfigProperty(
                on_failure=function.CfnEventInvokeConfig.OnFailureProperty(destination=outputs.dead_letters.attr_arn)
            ),
        )
        return checks

    def _files(
        self, stack: str, expected: ObservedNetwork, policies: tuple[Policy, ...], settings: Settings, source: str
    ) -> dict[str, bytes]:
        from agent_perimeter.watch.frozen import FILE, FORMAT, Frozen, freeze

        if expected.vpcs and not any(vpc.id.startswith(f"{stack}/") for vpc in expected.vpcs):
            found = ", ".join(sorted({vpc.id.partition("/")[0] for vpc in expected.vpcs}))
            raise UsageError(f"{source}: the network is of the stack {found}, and {stack} is to be watched")
        frozen = Frozen(
            format=FORMAT,
            perimeter=self.perimeter,
            stack=stack,
            watch_stack=Stack.of(self).stack_name,
            source=source,
            policies=policies,
            expected=expected,
            runtimes=tuple(sorted((agent, (runs.value,)) for agent, runs in settings.workloads.items())),
            parts=self.parts,
        )
        return {**closure(), **models(), FILE: freeze(frozen).encode()}

    def _stage(self, files: dict[str, bytes]) -> function.CfnFunction.CodeProperty:
        """The files as an asset of the assembly; its name is the hash of their content."""
        with tempfile.TemporaryDirectory() as folder:
            write(files, Path(folder))
            code = assets.Asset(self, "code", path=folder)
        return function.CfnFunction.CodeProperty(s3_bucket=code.s3_bucket_name, s3_key=code.s3_object_key)


def _network(expected: ObservedNetwork | str | Path) -> ObservedNetwork:
    if not isinstance(expected, str | Path):
        return expected
    from agent_perimeter.lift.stored import stored

    found = stored(read_file(Path(expected)), str(expected))
    if found is None:
        raise UsageError(f"{expected}: no stored network; write one with agent-perimeter verify --store")
    return found.network


def _policies(policies: Iterable[Policy] | str | Path, settings: Settings, today: date | None) -> tuple[Policy, ...]:
    if not isinstance(policies, str | Path):
        return tuple(policies)
    read, loaded = load_perimeter(read_policies([policies]))
    day = today or datetime.now(UTC).date()
    findings = ordered((*loaded, *lint(read, day, resolved_ip_validation=settings.resolved_ip_validation)))
    if any(finding.is_error for finding in findings):
        raise PolicyRefused(findings)
    return read
