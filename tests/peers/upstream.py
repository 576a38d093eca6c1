"""The releases of transformers under test: their environments, and the tests that their source packages on PyPI hold.

Nothing of those tests is kept in this repository: a run unpacks them, puts stand-ins (stand_ins/) where the source
package leaves out what they import, and forgets them.
"""

import shutil
import subprocess
import sys
import tarfile
import venv
from pathlib import Path

from tests.compat.run import FOLDER, environment, pip, shared_torch

PEERS = FOLDER / "peers"
STAND_INS = Path(__file__).with_name("stand_ins")
# What the tests import besides transformers. pytest 9 runs subtests on after a failure; 5.x asks for an older one.
TEST_PACKAGES = ("pytest>=7.2,<9", "parameterized>=0.9", "psutil", "jinja2")
# Missing in the source package -> the file of stand_ins/ that takes its place.
MISSING = {
    "generation/test_utils.py": "generation.py",
    "exporters/test_export.py": "exporters.py",
    "utils/test_configuration_utils.py": "common_settings.py",
    "fixtures/sample_text.txt": "sample_text.txt",
}


def site_packages(folder: Path) -> Path:
    return next((folder / "lib").glob("python*")) / "site-packages"


def test_environment(release: str) -> Path:
    """The interpreter of an environment that sees the one of tests/compat for this release, and has pytest besides."""
    folder = PEERS / release
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        shown = site_packages(environment(release).parents[1])
        venv.create(folder, with_pip=True, clear=True)
        (site_packages(folder) / "shown.pth").write_text(f"{shown}\n{shared_torch()}\n")
        pip(python, *TEST_PACKAGES)
        (folder / "complete").touch()
    return python


def source_package(release: str) -> Path:
    """The sdist of a release, downloaded once."""
    folder = PEERS / "sdists"
    path = folder / f"transformers-{release}.tar.gz"
    if not path.exists():
        wanted = ["--no-deps", "--no-binary", "transformers", f"transformers=={release}"]
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "download", "-d", str(folder)]
        subprocess.run([*command, *wanted], check=True)
    return path


def unpack_tests(release: str, folder: Path) -> None:
    """Makes `folder`/tests: the tests of the source package as the Python package that they expect to be in."""
    with tarfile.open(source_package(release)) as archive:
        for member in archive:
            parts = Path(member.name).parts
            if member.isfile() and len(parts) == 3 and parts[1] == "tests" and parts[2].endswith(".py"):
                target = folder / "tests" / parts[2]
                target.parent.mkdir(exist_ok=True)
                target.write_bytes(archive.extractfile(member).read())
    for name, stand_in in MISSING.items():
        target = folder / "tests" / name
        if target.exists():
            raise RuntimeError(f"transformers {release} brings tests/{name}: its stand-in would hide tests")
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(STAND_INS / stand_in, target)
        (target.parent / "__init__.py").touch()
    (folder / "tests" / "__init__.py").touch()
