"""A data folder that nobody has set up yet, and commands given in it; on SQLite, whatever the test run uses."""

import os
import subprocess
from pathlib import Path

from tests.installation import COMMAND


def environment(folder: Path, **settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RAPPORT_", "DJANGO_"))}
    return {**kept, "RAPPORT_DATA_DIR": str(folder), **settings}


def give(folder: Path, *words: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """One command to its end."""
    return subprocess.run([*COMMAND, *words], env=environment(folder, **settings), capture_output=True, text=True)
