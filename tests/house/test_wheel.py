"""The wheel holds all that an installation needs: in an empty environment it migrates and shows the sign-in page."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.house.source import PACKAGE, ROOT, tracked

LOOK = """
import django
django.setup()
import rapport
from django.core.management import call_command
from django.test import Client
call_command("migrate", verbosity=0)
page = Client().get("/app/sign-in/")
print(page.status_code, rapport.__file__)
for path in __import__("re").findall(r'(?:href|src)="(/static/[^"]+)"', page.content.decode()):
    assert Client().get(path).status_code == 200, path
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)], cwd=ROOT, check=True, capture_output=True)
    return next(out.glob("*.whl"))


@pytest.mark.slow
def test_the_wheel_carries_every_file_of_the_package_but_its_tests(wheel: Path) -> None:
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("rapport/")}
    wanted = {str(path.relative_to(ROOT)) for path in tracked() if PACKAGE in path.parents and "tests" not in path.parts}
    assert wanted <= packed
    assert not [name for name in packed if "/tests/" in name]


@pytest.mark.slow
def test_the_wheel_alone_opens_the_sign_in_page(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "venv"
    venv.create(home, with_pip=False)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)}))
    zipfile.ZipFile(wheel).extractall(site)
    libraries = site / "libraries.pth"  # the locked packages, without our source: its .pth files are not followed from here
    libraries.write_text(sysconfig.get_path("purelib") + "\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RAPPORT_", "DJANGO_", "PYTHON"))}
    seen = subprocess.run(
        [str(home / "bin" / "python"), "-c", LOOK],
        env={**kept, "RAPPORT_DATA_DIR": str(tmp_path / "data"), "DJANGO_SETTINGS_MODULE": "rapport.settings"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert seen.returncode == 0, seen.stderr
    status, where = seen.stdout.split()
    assert status == "200"
    assert where.startswith(str(site))
