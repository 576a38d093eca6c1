"""The Makefile's two commands where there is no make, as on Windows: a chat, and all tests.

    python -m examples.make chat                     with demo_model/
    python -m examples.make chat MODEL --greedy      what follows goes to examples.chat
    python -m examples.make test                     the linters, then the whole suite

Makes .venv at the first use, and installs there what the command needs. Nothing else is imported here.
"""

import subprocess
import sys
from pathlib import Path
from typing import List

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = {"chat": ("runtime", "requirements-chat.txt"), "test": ("dev", "requirements-dev.txt")}
MODULES = {
    "chat": [["examples.chat"]],
    "test": [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"], ["pytest"]],
}


def environment_python(platform: str) -> Path:
    """Where the Python of .venv lies on a system, as `sys.platform` names it."""
    return Path(".venv", "Scripts", "python.exe") if platform == "win32" else Path(".venv", "bin", "python")


def is_installed(folder: Path, command: str) -> bool:
    """Whether what a command needs is in the environment of a checkout, as far as the files ask for it today."""
    marker = folder / ".venv" / REQUIREMENTS[command][0]
    asked = [path.stat().st_mtime for path in folder.glob("requirements*.txt")]
    return marker.exists() and marker.stat().st_mtime >= max(asked)


def steps(command: str, arguments: List[str], platform: str, installed: bool) -> List[List[str]]:
    """The processes to run one after the other, in the root of a checkout."""
    python = str(environment_python(platform))
    pip = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", REQUIREMENTS[command][1]]
    first = [] if installed else [[sys.executable, "-m", "venv", ".venv"], pip]
    *before, last = [[python, "-m", *module] for module in MODULES[command]]
    return [*first, *before, [*last, *arguments]]


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in MODULES:
        raise SystemExit(f"{__doc__}\none of {sorted(MODULES)} is wanted, got {sys.argv[1:]}")
    command, arguments = sys.argv[1], sys.argv[2:]
    for step in steps(command, arguments, sys.platform, is_installed(ROOT, command)):
        status = subprocess.run(step, cwd=ROOT).returncode
        if status:
            raise SystemExit(status)
        if "install" in step:
            (ROOT / ".venv" / REQUIREMENTS[command][0]).touch()


if __name__ == "__main__":
    main()
