"""What several commands are given and read alike: settings, policies, files, the day, our own version."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping
from datetime import UTC, date, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from agent_perimeter.files import UsageError, read_file
from agent_perimeter.report.text import Style, findings_text
from agent_perimeter.settings import Settings, load_settings
from agent_perimeter.terminal import style_of


def settings_of(given: Path | None) -> Settings | None:
    """The settings of the file that was given, or of ``./cdk.json``; None where there is neither.

    Raises ``UsageError`` for settings that are refused.
    """
    path = given or (Path("cdk.json") if Path("cdk.json").exists() else None)
    if path is None:
        return None
    settings, findings = load_settings(read_file(path), str(path))
    if settings is None:
        raise UsageError(findings_text((f for f in findings if f.is_error), style_of(sys.stderr)))
    return settings


def runtimes_of(settings: Settings) -> dict[str, tuple[str, ...]]:
    """What runs each agent."""
    return {agent: (workload.value,) for agent, workload in settings.workloads.items()}


def content(path: str) -> bytes | None:
    """What the reader of templates asks for: None where there is no such file."""
    file = Path(path)
    return read_file(file) if file.is_file() else None


def parameters_of(given: list[str]) -> Mapping[str, str]:
    """``NAME=VALUE`` pairs. Raises ``UsageError`` for anything else."""
    return dict(_pair(text, "--parameter") for text in given)


def tags_of(given: list[str]) -> Mapping[str, str]:
    """``KEY=VALUE`` pairs of tags; ``KEY`` alone is any value."""
    return dict(_pair(text if "=" in text else f"{text}=", "--tag") for text in given)


def _pair(text: str, option: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not mark or not name:
        raise UsageError(f"{option} {text}: give NAME=VALUE")
    return name, value


def today_of(given: date | None) -> date:
    """The day that was given, or this one, in UTC."""
    return given or datetime.now(UTC).date()


def version_of() -> str:
    """Our own version; 0 in a checkout that was never installed."""
    try:
        return version("agent-perimeter")
    except PackageNotFoundError:
        return "0"


def report_style(arguments: Namespace) -> Style:
    """Colour is for terminals, never for files."""
    return Style(colour=False) if arguments.output else style_of(sys.stdout)
