"""pandas stays out of our processes, whatever asks pyarrow first."""

import os
import subprocess
import sys
from pathlib import Path

COUNT = """
import sys
from rapport.__main__ import run
assert run(["load", sys.argv[1], "--as", "customers"]) == 0
assert run(["segment", "count", "everyone"]) == 0
assert {"duckdb", "ibis", "pyarrow"} <= sys.modules.keys()
assert "pandas" not in sys.modules
"""


def test_a_file_is_loaded_and_a_rule_counted_without_pandas(tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text("user_id,email\nc1,c1@example.com\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RAPPORT_", "DJANGO_"))}
    done = subprocess.run(
        [sys.executable, "-c", COUNT, str(file)], env=kept | {"RAPPORT_DATA_DIR": str(tmp_path / "data")}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
