"""`python -m examples.make` does what `make` does: else people on Windows would test and run something else."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from package import ROOT

from examples import make


def as_module(line):
    """A line of `make -n`, with the programs of the environment called as modules."""
    words = shlex.split(line)
    folder, _, program = words[0].rpartition("/")
    if folder != ".venv/bin" or program == "python":
        return words
    return [".venv/bin/python", "-m", program, *words[1:]]


@pytest.mark.skipif(shutil.which("make") is None, reason="nothing to compare with")
@pytest.mark.parametrize("command, arguments", [("chat", ["my model", "--greedy"]), ("chat", []), ("test", [])])
def test_the_commands_are_those_of_the_makefile(command, arguments, tmp_path):
    for path in [ROOT / "Makefile", *ROOT.glob("requirements*.txt")]:
        shutil.copy(path, tmp_path)
    settings = [f"PYTHON={sys.executable}", f"MODEL={''.join(arguments[:1])}", f"ARGS={' '.join(arguments[1:])}"]
    outside = {
        name: value for name, value in os.environ.items() if not name.startswith("MAKE")
    }  # not within `make test`
    done = subprocess.run(
        ["make", "-n", command, *settings], cwd=tmp_path, env=outside, stdout=subprocess.PIPE, encoding="utf-8"
    )
    lines = [as_module(line) for line in done.stdout.splitlines() if not line.startswith("touch")]
    assert make.steps(command, arguments, "linux", installed=False) == lines
    assert make.steps(command, arguments, "linux", installed=True) == lines[2:]


def test_windows_has_its_python_elsewhere():
    first, *_, last = make.steps("chat", ["模型", "--greedy"], "win32", installed=False)
    assert first == [sys.executable, "-m", "venv", ".venv"]
    assert last == [str(Path(".venv", "Scripts", "python.exe")), "-m", "examples.chat", "模型", "--greedy"]


def test_what_is_asked_for_later_is_installed_later(tmp_path):
    asked, marker = tmp_path / "requirements-chat.txt", tmp_path / ".venv" / "runtime"
    asked.touch()
    assert not make.is_installed(tmp_path, "chat")
    marker.parent.mkdir()
    marker.touch()
    os.utime(asked, (1000, 1000))
    assert make.is_installed(tmp_path, "chat") and not make.is_installed(tmp_path, "test")
    os.utime(marker, (500, 500))
    assert not make.is_installed(tmp_path, "chat")


def test_a_step_that_fails_ends_it_and_only_what_is_installed_is_marked(tmp_path, monkeypatch):
    monkeypatch.setattr(make, "ROOT", tmp_path)
    (tmp_path / "requirements-chat.txt").touch()
    (tmp_path / ".venv").mkdir()
    ran = []

    def run(step, cwd):
        ran.append(step)
        return subprocess.CompletedProcess(step, 3 if "examples.chat" in step or "broken" in os.environ else 0)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr("sys.argv", ["make", "chat"])
    monkeypatch.setenv("broken", "1")
    with pytest.raises(SystemExit) as ended:
        make.main()
    assert ended.value.code == 3 and len(ran) == 1 and not (tmp_path / ".venv" / "runtime").exists()
    monkeypatch.delenv("broken")
    with pytest.raises(SystemExit) as ended:
        make.main()
    assert ended.value.code == 3 and len(ran) == 4 and (tmp_path / ".venv" / "runtime").exists()
    monkeypatch.setattr("sys.argv", ["make", "cook"])
    with pytest.raises(SystemExit, match="'cook'"):
        make.main()
