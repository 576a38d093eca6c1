"""The C++ kernels alone, under AddressSanitizer and UBSan, against plain loops: `make sanitize` runs this file only.

A read past the end of a weight, or arithmetic that a compiler may take as impossible, gives a user a crash or wrong
text on another machine than ours. The comparisons themselves stand in cpp/test_kernels.cpp.
"""

import platform
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from package import ROOT

PROGRAM = ROOT / "tests" / "cpp" / "test_kernels.cpp"
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
# Wrap-around of integers is defined in the kernels, as users build them; -O1 keeps the compiler quick.
FLAGS = ["-std=c++17", "-O1", "-g1", "-fwrapv", "-pthread", "-Wall", "-Wextra", f"-I{ROOT / 'kernels' / 'cpu'}"]
BUILDS = {"native": ["-march=native"], "avx2": ["-march=haswell"], "portable": ["-DCHATGLM_PORTABLE"]}


def run(command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, encoding="utf-8", **options)


@pytest.fixture(scope="module")
def compiler(tmp_path_factory):
    found = next(filter(None, map(shutil.which, ("c++", "g++", "clang++"))), None)
    if found is None:
        pytest.skip("no C++ compiler")
    empty = tmp_path_factory.mktemp("sanitizers") / "empty"
    built = run([found, *SANITIZE, "-x", "c++", "-", "-o", empty], input="int main() { return 0; }")
    started = built if built.returncode else run([empty])
    if started.returncode:
        pytest.skip(f"{found} has no working sanitizers: {started.stderr.strip()[:200]}")
    return found


def can_run(build: str) -> bool:
    try:
        return build != "avx2" or {"avx2", "fma", "f16c", "bmi2"} <= set(Path("/proc/cpuinfo").read_text().split())
    except OSError:
        return False


@pytest.fixture(scope="module")
def outcomes(compiler, tmp_path_factory):
    """{build: the future of (compilation, run)}, two at a time: compiling is most of the time."""

    def build_and_run(build):
        program = tmp_path_factory.mktemp(build) / "test_kernels"
        built = run([compiler, *FLAGS, *SANITIZE, *BUILDS[build], PROGRAM, "-o", program])
        return built, run([program], timeout=300) if built.returncode == 0 else None

    with ThreadPoolExecutor(2) as pool:
        yield {build: pool.submit(build_and_run, build) for build in BUILDS if can_run(build)}


@pytest.mark.parametrize("build", BUILDS)
def test_every_entry_point_under_sanitizers(outcomes, build):
    if build not in outcomes:
        pytest.skip(f"this {platform.machine()} does not run {build} code")
    built, done = outcomes[build].result()
    assert built.returncode == 0 and built.stderr == "", built.stderr
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    instructions, _, rest = done.stdout.partition(":")
    assert rest.endswith(" 0 failed\n")
    assert build in ("native", instructions)  # else the build would not show what its name says
