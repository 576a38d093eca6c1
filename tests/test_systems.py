"""Windows and macOS, as far as Linux can show them: every decision by system, and the loader under Windows' rules.

Most people with these weights run Windows, many in Chinese: they would compile for minutes for nothing, or run
somebody else's code, if one of these broke. What zig builds for each system is run by `make native`.
"""

import os
import subprocess
import sys
import time
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
from test_cpu_loading import (
    Compiler,
    compiler,  # noqa: F401 - a fixture
    fill_cache,
    is_whole,
    kernels,
    objects,  # noqa: F401 - a fixture
    start,
    whole,
    works,
)

HOUR = 3600
FIND_ZIG = kernels._zig  # which the fixture `compiler` hides
PROFILE = {"USERPROFILE": r"C:\Users\张 三", "LOCALAPPDATA": r"C:\Users\张 三\AppData\Local"}
POSIX_ONLY = ("geteuid", "statvfs", "killpg", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "ST_NOEXEC")

# ---------------------------------------------------------------------------------------------------------- decisions


@pytest.mark.parametrize(
    "platform, machine, environment, suffix, cache, target",
    [
        ("linux", "x86_64", {}, ".so", "~/.cache/chatglm2-kernels", "x86_64-linux-gnu.2.17"),
        ("linux", "aarch64", {"XDG_CACHE_HOME": "/c"}, ".so", "/c/chatglm2-kernels", "aarch64-linux-gnu.2.17"),
        ("darwin", "arm64", {}, ".dylib", "~/Library/Caches/chatglm2-kernels", "aarch64-macos"),
        ("darwin", "x86_64", {}, ".dylib", "~/Library/Caches/chatglm2-kernels", "x86_64-macos"),
        (
            "win32",
            "win-amd64",
            PROFILE,
            ".dll",
            r"C:\Users\张 三\AppData\Local\chatglm2-kernels",
            "x86_64-windows-gnu",
        ),
        ("win32", "win-arm64", {}, ".dll", r"~\AppData\Local\chatglm2-kernels", "aarch64-windows-gnu"),
    ],
)
def test_each_system_has_its_names_and_folders(platform, machine, environment, suffix, cache, target):
    system = kernels.system_for(platform, machine, environment)
    assert (system.suffix, system.cache, system.target) == (suffix, cache, target)
    assert system.posix == (platform != "win32") and system.appendable == (platform != "darwin")
    assert "pip install ziglang" in system.install
    assert ("apt-get" in system.install) == (platform == "linux")  # no advice that does not exist there
    assert bool(system.compilers) == system.posix


def test_what_cxx_holds_is_read_as_each_system_writes_it():
    path = r"C:\Program Files\LLVM\bin\clang++.exe"
    assert kernels.compiler_words(f'"{path}" -O2', posix=False) == [path, "-O2"]
    assert kernels.compiler_words("'/opt/my tools/c++' -O2", posix=True) == ["/opt/my tools/c++", "-O2"]
    for posix in (True, False):
        with pytest.raises(ValueError):
            kernels.compiler_words("an 'open quote", posix)


def test_no_console_opens_on_windows_and_groups_are_made_elsewhere():
    assert kernels.process_options(posix=False) == {"creationflags": 0x08000000}
    assert kernels.process_options(posix=True) == {"start_new_session": True}


@pytest.mark.parametrize(
    "folder, private",
    [
        (r"C:\Users\张 三\AppData\Local\chatglm2-kernels", True),
        (r"c:\users\张 三\kernels", True),  # names differ in case there, and are the same
        (r"C:\Users\张 三", True),
        (r"C:\Users\张 三x\kernels", False),
        (r"C:\Users\Public\kernels", False),
        (r"D:\kernels", False),  # whose root all users may write
        (r"\\server\share\kernels", False),
    ],
)
def test_code_is_kept_in_the_profile_of_the_user_alone(folder, private):
    assert kernels.is_private(folder, PROFILE) == private
    assert not kernels.is_private(folder, {})


# ---------------------------------------------------------------------------------------------------------- the loader


@pytest.fixture
def windows(compiler, tmp_path, monkeypatch):  # noqa: F811
    """This process under Windows' rules, without what Python lacks there; folders with a blank, in Chinese."""
    profile = tmp_path / "张 三"
    profile.mkdir()
    system = kernels.system_for("win32", "win-amd64", {"LOCALAPPDATA": "/nowhere"})
    monkeypatch.setattr(kernels, "_system", lambda: system)
    monkeypatch.setattr(
        kernels, "process_options", lambda posix: {"start_new_session": True}
    )  # flags are refused here
    monkeypatch.setenv("USERPROFILE", str(profile))
    monkeypatch.setenv("CHATGLM_KERNEL_CACHE", str(profile / "我的 缓存"))
    for name in POSIX_ONLY:
        monkeypatch.delattr(os, name)
    return profile / "我的 缓存"


def exchange(path, content):
    """Another file in the place of one: this process has the old one loaded."""
    path.unlink()
    path.write_bytes(content)


def test_the_loader_needs_nothing_that_windows_lacks(windows, compiler):  # noqa: F811
    assert start() == "" and works() and len(compiler.calls) == 1
    (library,) = windows.iterdir()
    assert library.suffix == ".dll" and is_whole(library)
    assert start() == "" and works() and len(compiler.calls) == 1  # kept
    exchange(library, library.read_bytes()[:1000])
    assert start() == "" and works() and len(compiler.calls) == 2 and is_whole(library)


def test_a_profile_that_was_moved_to_another_disk_is_still_one(windows, compiler, tmp_path, monkeypatch):  # noqa: F811
    moved = tmp_path / "D" / "张 三"
    moved.parent.mkdir()
    windows.parent.rename(moved)
    windows.parent.symlink_to(moved, target_is_directory=True)
    assert start() == "" and works()
    assert [path.suffix for path in (moved / windows.name).iterdir()] == [".dll"]


def test_a_folder_outside_of_the_profile_keeps_no_code(windows, compiler, objects, tmp_path, monkeypatch):  # noqa: F811
    fill_cache()
    (library,) = windows.iterdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / library.name).write_bytes(whole(objects[1]))
    monkeypatch.setenv("CHATGLM_KERNEL_CACHE", str(elsewhere))
    message = start()
    assert kernels.library() is None and not objects[2].exists(), "the planted library ran"
    assert str(elsewhere) in message and "outside of your user profile" in message
    windows.joinpath(library.name).unlink()
    windows.joinpath(library.name).symlink_to(elsewhere / library.name)
    monkeypatch.setenv("CHATGLM_KERNEL_CACHE", str(windows))
    start()
    assert not objects[2].exists(), "a link led out of the profile"


def test_a_library_that_is_loaded_is_replaced(windows, compiler, monkeypatch):  # noqa: F811
    """A damaged one that another process holds: Windows refuses to replace it, and lets it be renamed."""
    fill_cache()
    (library,) = windows.iterdir()
    library.write_bytes(b"damaged")
    real = os.replace

    def replace(source, target):
        if Path(target) == library and library.exists():
            raise PermissionError(13, "Access is denied")
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    assert start() == "" and works() and is_whole(library)
    (old,) = (path for path in windows.iterdir() if path != library)
    assert old.read_bytes() == b"damaged"
    os.utime(old, (time.time() - HOUR - 60,) * 2)
    kernels._clean(str(windows))
    assert list(windows.iterdir()) == [library]


def test_a_compiler_that_hangs_is_ended_with_all_that_it_started(windows, tmp_path, monkeypatch):
    """There are no groups of processes on Windows: its own program ends a tree of them."""
    ended = tmp_path / "ended"
    taskkill = tmp_path / "Windows" / "System32" / "taskkill.exe"
    taskkill.parent.mkdir(parents=True)
    taskkill.write_text(f"#!/bin/sh\necho $* > {ended}\n", encoding="utf-8")
    taskkill.chmod(0o755)
    monkeypatch.setenv("SystemRoot", str(tmp_path / "Windows"))
    began = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        kernels._run([sys.executable, "-c", "import time; time.sleep(300)"], 0.5)
    assert ended.read_text(encoding="utf-8").startswith("/F /T /PID ") and time.monotonic() - began < 60


def test_a_library_of_macos_stays_as_it_was_signed(compiler, tmp_path, monkeypatch):  # noqa: F811
    """A byte behind its end breaks the signature, so the digest has a file of its own."""
    system = kernels.system_for("darwin", "arm64", {})
    monkeypatch.setattr(kernels, "_system", lambda: system)
    assert start() == "" and works() and len(compiler.calls) == 1
    digest, library = sorted((tmp_path / "cache").iterdir(), key=lambda path: path.suffix, reverse=True)
    assert (library.suffix, digest.name) == (".dylib", library.name + ".sha256")
    content = library.read_bytes()
    assert whole(library) == content + digest.read_bytes()
    for damage in (lambda: exchange(library, content[:1000]), digest.unlink, lambda: digest.write_bytes(b"x" * 32)):
        damage()
        before = len(compiler.calls)
        assert start() == "" and works() and len(compiler.calls) == before + 1
        assert whole(library) == content + digest.read_bytes()


# ----------------------------------------------------------------------------------------------------------------- zig


def test_the_compiler_of_pip_is_used_where_there_is_no_other(compiler, objects, tmp_path, monkeypatch):  # noqa: F811
    folder = tmp_path / "site packages" / "ziglang"
    folder.mkdir(parents=True)
    zig = Compiler(folder, f'"{objects[0]}"', "zig")
    text = zig.path.read_text(encoding="utf-8")
    zig.path.write_text(text.replace(str(zig.log), f"'{zig.log}'"), encoding="utf-8")
    spec = ModuleSpec("ziglang", None, is_package=True)
    spec.submodule_search_locations.append(str(folder))
    monkeypatch.setattr(kernels.importlib.util, "find_spec", lambda name: spec if name == "ziglang" else None)
    assert FIND_ZIG() == str(zig.path)
    monkeypatch.setattr(kernels, "_zig", FIND_ZIG)
    assert start() == "" and works() and len(compiler.calls) == 1 and not zig.calls  # there is another
    compiler.path.unlink()
    monkeypatch.delenv("CXX")
    assert start() == "" and works()
    (line,) = zig.calls
    assert line.startswith(f"c++ -target {kernels._system().target} -std=c++17 ")


def test_without_it_users_are_told_its_name(windows, monkeypatch):
    monkeypatch.delenv("CXX")
    message = start()
    assert "no C++ compiler found" in message and "`pip install ziglang`" in message and "apt-get" not in message
