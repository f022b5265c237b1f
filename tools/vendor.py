"""Fetch the front end's libraries anew and copy the named files, byte for byte, beside their licences.

Only for whoever moves a version: change it in VENDORED.json, run this, look at every page, commit. Users never need Node.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

VENDOR = Path(__file__).resolve().parents[1] / "rapport" / "console" / "static" / "vendor"
LIST = VENDOR / "VENDORED.json"


def main() -> int:
    """Copy, hash and write the list; say which files are not what the list said."""
    libraries = json.loads(LIST.read_text(encoding="utf-8"))
    changed = [name for library in libraries for name in fetch(library)]
    LIST.write_text(json.dumps(libraries, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print("\n".join(changed) if changed else "every file is as the list says")
    return 0


def fetch(library: dict[str, Any]) -> list[str]:
    """One library into its folder; the files whose hash is new."""
    folder = VENDOR / library["folder"]
    folder.mkdir(exist_ok=True)
    changed = []
    with tempfile.TemporaryDirectory() as scratch:
        unpack(f"{library['package']}@{library['version']}", Path(scratch))
        for file in library["files"]:
            if file["from"]:
                shutil.copyfile(Path(scratch) / "package" / file["from"], folder / file["to"])
            found = hashlib.sha256((folder / file["to"]).read_bytes()).hexdigest()
            if found != file["sha256"]:
                changed.append(f"{library['folder']}/{file['to']}: {found}")
                file["sha256"] = found
    return changed


def unpack(package: str, into: Path) -> None:
    """`npm pack` fetches the published archive and runs none of its scripts."""
    listed = subprocess.run(["npm", "pack", "--ignore-scripts", "--json", package], cwd=into, check=True, capture_output=True, text=True)
    with tarfile.open(into / json.loads(listed.stdout)[0]["filename"]) as archive:
        archive.extractall(into, filter="data")


if __name__ == "__main__":
    sys.exit(main())
