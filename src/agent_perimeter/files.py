"""Reading and writing files for whoever runs us: the command line, the CDK app, a construct in somebody's app."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_SUFFIXES = (".yaml", ".yml")


class UsageError(Exception):
    """Something that was named cannot be used; the text says what to do."""


def read_file(path: Path) -> bytes:
    """The file's content. Raises ``UsageError`` where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error


def write_file(path: Path, text: str) -> None:
    """Write a report. Raises ``UsageError`` where it cannot be written."""
    try:
        path.write_text(text if text.endswith("\n") else f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error


def read_policies(paths: Sequence[str | Path]) -> tuple[tuple[str, bytes], ...]:
    """The policy files behind the paths, as (path as given, content).

    A folder stands for its ``*.yaml`` and ``*.yml`` files, sorted by name, without its subfolders.
    Raises ``UsageError`` where a path cannot be read or a folder holds no policy.
    """
    found: dict[str, bytes] = {}
    for given in paths:
        path = Path(given)
        for file in _inside(path) if path.is_dir() else [path]:
            found[str(file)] = read_file(file)
    return tuple(found.items())


def _inside(folder: Path) -> list[Path]:
    try:
        files = sorted(file for file in folder.iterdir() if file.suffix in _SUFFIXES and file.is_file())
    except OSError as error:
        raise UsageError(f"{folder}: cannot be listed: {error.strerror}") from error
    if not files:
        raise UsageError(f"{folder}: no *.yaml or *.yml file here; give a policy file or a folder of them")
    return files
