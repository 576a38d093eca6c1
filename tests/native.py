"""Builds the C++ of the CPU kernels for every system with zig, and runs what this machine can: `make native`.

    python -m tests.native               every target
    python -m tests.native win mac       those whose names hold one of these

The Windows build runs under Wine, that of aarch64 under qemu. What runs is tests/cpp/test_kernels.cpp (every entry
point against plain loops in double), the library that users get, loaded from a folder with a Chinese name, and once
more the kernels with a fault planted in what the target alone uses, which must fail. Programs are kept in
build/native. Prints a table; exit status 1 where something does not build, run or fail as it should. Linux on x86_64.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Tuple

from kernels.build import CPU_FOLDER
from tests.package import ROOT, load_package

cpu_library, kernel_sources = load_package("cpu_library", "kernel_sources")

BUILD = ROOT / "build" / "native"
PROGRAMS = ROOT / "tests" / "cpp"
SECONDS = 1800  # of a build or run, while others work on the machine
FLAGS = ["-std=c++17", "-O3", "-fwrapv", "-pthread", "-g0"]
WINE = [shutil.which("wine64") or "/usr/lib/wine/wine64"]
QEMU = ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"]
PRODUCT = ("return sum + (Int)_mm256_madd_epi16((__m256i)a, (__m256i)b);", "return sum + (Int)a;")


class Target(NamedTuple):
    """What is built, and what runs it: None where nothing on this machine does."""

    name: str
    processor: str
    magic: str  # a pattern at the beginning of a library, as latin-1
    suffix: str
    instructions: str
    runner: Optional[List[str]] = None
    fault: Tuple[str, str] = ("", "")  # in vectors.h or types.h


TARGETS = (
    Target(
        "x86_64-linux-gnu.2.17",
        "haswell",
        "\x7fELF.{14}\x3e\x00",
        ".so",
        "avx2",
        [],
        ("return _cvtss_sh(value, 0);", "return _cvtss_sh(value, 3);"),
    ),
    Target(
        "aarch64-linux-gnu.2.17",
        "generic",
        "\x7fELF.{14}\xb7\x00",
        ".so",
        "neon",
        QEMU,
        ("vpaddq_s32(low, high)", "vpaddq_s32(high, low)"),
    ),
    Target("x86_64-windows-gnu", "haswell", "MZ.*PE\x00\x00\x64\x86", ".dll", "avx2", WINE, PRODUCT),
    Target("aarch64-windows-gnu", "generic", "MZ.*PE\x00\x00\x64\xaa", ".dll", "neon"),
    Target("x86_64-macos", "haswell", "\xcf\xfa\xed\xfe\x07\x00\x00\x01", ".dylib", "avx2"),
    Target("aarch64-macos", "apple_m1", "\xcf\xfa\xed\xfe\x0c\x00\x00\x01", ".dylib", "neon"),
)


class NativeError(RuntimeError):
    """A target does not do what it should; the message says what."""


def environment() -> Dict[str, str]:
    caches = {f"ZIG_{kind}_CACHE_DIR": str(BUILD / "zig") for kind in ("GLOBAL", "LOCAL")}
    return {**os.environ, **caches, "WINEPREFIX": str(BUILD / "wine"), "WINEDEBUG": "-all"}


def run(command: List[str], **options) -> "subprocess.CompletedProcess[str]":
    options = {"timeout": SECONDS, "env": environment(), "encoding": "utf-8", "errors": "replace", **options}
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)


def build(target: Target, output: str, arguments: List[str], reads: str, stdin: str = "") -> Path:
    """A program or library in build/native, compiled unless it was before; `reads` is the text that it is made of."""
    compiler = [cpu_library._zig(), "c++", "-target", target.name, f"-mcpu={target.processor}"]
    identity = "\0".join([run([compiler[0], "version"]).stdout, *compiler[1:], *arguments, reads])
    folder = BUILD / f"{target.name}-{hashlib.sha256(identity.encode('utf-8')).hexdigest()[:16]}"
    path = folder / output
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f"new-{output}"
        done = run([*compiler, *arguments, "-o", str(temporary)], input=stdin)
        if done.returncode:
            raise NativeError(f"{output} does not compile: {done.stdout.strip()[:1000]}")
        temporary.rename(path)
    return path


def build_library(target: Target) -> Path:
    """The library that users of the target get, with the flags that they get it with."""
    arguments, source = [*cpu_library.FLAGS, "-x", "c++", "-"], kernel_sources.CPU_SOURCE
    path = build(target, "kernels" + target.suffix, arguments, source, stdin=source)
    content = path.read_bytes()
    if not re.match(target.magic.encode("latin-1"), content, re.DOTALL):
        raise NativeError(f"{path} is no library of {target.name}")
    missing = [name for name in entry_points() if name.encode() not in content]
    newest = max((int(number) for number in re.findall(rb"GLIBC_2\.(\d+)", content)), default=0)
    if missing or newest > 17:
        raise NativeError(f"{path} lacks {missing}, and asks for glibc 2.{newest}")
    return path


def entry_points() -> List[str]:
    return sorted(set(re.findall(r"^[\w ]+[ *](chatglm_\w+)\(", kernel_sources.CPU_SOURCE, re.MULTILINE)))


def build_program(target: Target, name: str, headers: Path, flags: List[str]) -> Path:
    source = PROGRAMS / f"{name}.cpp"
    reads = "".join(path.read_text(encoding="utf-8") for path in [source, *sorted(headers.glob("*.*"))])
    suffix = ".exe" if target.suffix == ".dll" else ""
    return build(target, name + suffix, [*flags, f"-I{headers}", str(source)], reads)


def faulty_headers(target: Target) -> Path:
    """The kernels with the target's fault, in a folder of their own."""
    folder, (old, new), planted = BUILD / f"fault-{target.name}", target.fault, 0
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(CPU_FOLDER, folder)
    for path in folder.glob("*.h"):
        text = path.read_text(encoding="utf-8")
        planted += text.count(old)
        path.write_text(text.replace(old, new), encoding="utf-8")
    if planted != 1:
        raise NativeError(f"the text of the fault is there {planted} times: {old}")
    return folder


def run_target(target: Target, library: Path) -> Dict[str, str]:
    """{column: what came of it} of a target that this machine runs."""
    program = build_program(target, "test_kernels", CPU_FOLDER, FLAGS)
    arguments = ["no-fork"] if target.runner is QEMU else []
    began = time.monotonic()
    done = run([*target.runner, str(program), *arguments])
    last = (done.stdout.strip().splitlines() or [""])[-1]
    if done.returncode or not re.fullmatch(rf"{target.instructions}: \d+ comparisons, 0 failed", last):
        raise NativeError(f"test_kernels ends with {done.returncode}: {done.stdout[-1000:]}")
    seconds = time.monotonic() - began

    loader = build_program(target, "load_library", CPU_FOLDER, FLAGS)
    place = BUILD / f"load-{target.name}" / "张 三"
    place.mkdir(parents=True, exist_ok=True)
    content = library.read_bytes()
    (place / library.name).write_bytes(content + hashlib.sha256(content).digest())  # as the loader keeps it
    loaded = run([*target.runner, str(loader), *entry_points()], cwd=place.parent)
    if loaded.returncode or f"loaded: {target.instructions}" not in loaded.stdout:
        raise NativeError(f"load_library ends with {loaded.returncode}: {loaded.stdout[-1000:]}")

    program = build_program(target, "test_kernels", faulty_headers(target), FLAGS)
    faulty = run([*target.runner, str(program), *arguments])
    last = (faulty.stdout.strip().splitlines() or [""])[-1]
    found = re.fullmatch(rf"{target.instructions}: \d+ comparisons, ([1-9]\d*) failed", last)
    if faulty.returncode != 1 or not found:
        raise NativeError(f"the planted fault is not noticed: {faulty.stdout[-300:]}")
    comparisons = re.search(r": (\d+) comparisons", done.stdout).group(1)
    return {"run": f"{int(comparisons):,} comparisons, {seconds:.0f} s", "fault": f"caught, {found.group(1)} differ"}


def main() -> None:
    if cpu_library._zig() is None:
        raise SystemExit("ziglang is not installed: pip install -r requirements-zig.txt")
    chosen = [t for t in TARGETS if not sys.argv[1:] or any(word in t.name for word in sys.argv[1:])]
    needed = {target.runner[0] for target in chosen if target.runner}
    absent = sorted(program for program in needed if shutil.which(program) is None)
    if absent:
        raise SystemExit(f"{absent} not found: apt-get install wine64 qemu-user libc6-arm64-cross")
    failed = 0
    print(f"zig {run([cpu_library._zig(), 'version']).stdout.strip()}\n")
    print("| target | processor | library | every entry point | planted fault |\n|---|---|---|---|---|")
    for target in chosen:
        try:
            library = build_library(target)
            result = {"run": "not run here", "fault": "–"} if target.runner is None else run_target(target, library)
            size = f"{library.stat().st_size / 1e6:.1f} MB"
        except (NativeError, subprocess.TimeoutExpired) as error:
            failed, size, result = failed + 1, "**fails**", {"run": str(error), "fault": "–"}
        print(f"| {target.name} | {target.processor} | {size} | {result['run']} | {result['fault']} |", flush=True)
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
