"""Peers that cannot live beside Rapport: each in an environment of its own, spoken to by lines of JSON."""

import json
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from rapport.lib.refusals import Refusal
from rapport.run.bench.frame import Tell


class Peer:
    """A script of the folder `beside`, running under another interpreter."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def ask(self, **words: Any) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise Refusal("The peer broke off.", mend="What it said stands above.")
        return dict(json.loads(answer))


@contextmanager
def peer(script: str, needs: Sequence[str], tell: Tell) -> Iterator[Peer]:
    """The script with these packages at these versions; the environment is kept in the data folder."""
    folder = Path(settings.DATA_DIR) / "peers" / script.removesuffix(".py")
    python = folder / "bin" / "python"
    if not python.exists():
        tell(f"  an environment for {', '.join(needs)}")
        venv.create(folder, with_pip=True)
        made = subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", *needs], capture_output=True, text=True, check=False
        )
        if made.returncode:
            python.unlink()
            raise Refusal(
                f"No environment for {needs[0]}: {made.stderr.strip()[-500:]}",
                mend=f"It needs a Python such as 3.11, not {sys.version.split()[0]}.",
            )
    process = subprocess.Popen(
        [python, "-W", "ignore", Path(__file__).parent / "beside" / script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield Peer(process)
    finally:
        process.kill()
        process.wait()
