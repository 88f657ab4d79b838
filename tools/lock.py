"""Pin what pyproject.toml asks for: ``requirements.txt`` to synthesize and deploy, ``requirements-dev.txt`` to test.

Both are complete, hashed and the same on every platform. Pins that still fit are kept.
"""

from __future__ import annotations

import argparse
import difflib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

SYNTH = ("--extra", "cdk", "--extra", "aws", "--group", "synth")
FILES = {
    "requirements.txt": SYNTH,
    "requirements-dev.txt": (*SYNTH, "--group", "test", "--constraints", "requirements.txt"),
}


def lock(folder: Path, *options: str) -> None:
    """Compile the pyproject.toml in ``folder``. Raises ``CalledProcessError`` when it has no solution."""
    for name, wanted in FILES.items():
        subprocess.run(
            [
                *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "pyproject.toml", "--output-file", name),
                *("--universal", "--python-version", "3.11", "--generate-hashes"),
                *("--custom-compile-command", "make lock"),
                *wanted,
                *options,
            ],
            cwd=folder,
            check=True,
        )


def stale(project: Path) -> str:
    """What ``lock`` would change in ``project``, as a unified diff."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in ("pyproject.toml", *FILES):
            shutil.copy(project / file, folder)
        lock(folder)
        return "".join(
            line
            for file in FILES
            for line in difflib.unified_diff(
                (project / file).read_text().splitlines(keepends=True),
                (folder / file).read_text().splitlines(keepends=True),
                file,
                f"{file}, compiled anew",
            )
        )


def main() -> None:
    """Lock this project."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take newer versions where pyproject.toml allows them")
    lock(ROOT, *(("--upgrade",) if parser.parse_args().upgrade else ()))


if __name__ == "__main__":
    main()
