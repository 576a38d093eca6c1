"""Runs the probe (probe.py) on many releases of transformers and compares every result with the oldest one's.

    python -m tests.compat.run                    all releases below
    python -m tests.compat.run 4.30.2 5.23.0      some of them
    python -m tests.compat.run --subset           those that CI runs

The steps "original ..." compare with the original model's recorded numbers (tests/golden), whatever the release.

Each release has an environment of its own under .venvs/, built once and used again; they share one torch. Prints a
table, then one JSON line. Exit status 1 where a probe failed or a number differs.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("CHATGLM_COMPAT_ENVS", ROOT / ".venvs"))
TORCH = "torch==2.13.0"
RELEASES = (
    "4.30.2",
    "4.33.3",
    "4.34.1",
    "4.36.2",
    "4.38.2",
    "4.41.2",
    "4.43.4",
    "4.45.2",
    "4.48.3",
    "4.49.0",
    "4.51.3",
    "4.53.3",
    "4.55.4",
    "4.57.6",
    "5.0.0",
    "5.8.0",
    "5.17.0",
    "5.23.0",
)
# The oldest, the newest, and the ones at which the original package or an early version of this one broke: the base
# tokenizer calls get_vocab (4.34), cache classes (4.36), padding_side (4.45), positions kept by generate() (5.0).
SUBSET = ("4.30.2", "4.36.2", "4.45.2", "5.0.0", "5.23.0")
ATOL, RTOL = 1e-5, 1e-4  # the same torch runs the same operations; only a fused kernel's choice may differ
PROBE_SECONDS = 600


def pip(python: Path, *arguments: str) -> None:
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "-q", "install", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def shared_torch() -> Path:
    target = FOLDER / "torch"
    if not (target / "complete").exists():
        pip(Path(sys.executable), "--target", str(target), TORCH, "numpy<2")
        (target / "complete").touch()
    return target


def environment(release: str) -> Path:
    """The interpreter of the release's environment, made if it is not there."""
    folder = FOLDER / release
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        venv.create(folder, with_pip=True, clear=True)
        site = next((folder / "lib").glob("python*")) / "site-packages"
        (site / "shared_torch.pth").write_text(str(shared_torch()) + "\n")
        # 4.34 holds huggingface_hub below 0.18, where later accelerates install but do not import.
        accelerate = "accelerate<0.28" if release.startswith("4.34.") else "accelerate"
        pip(python, f"transformers=={release}", accelerate, "sentencepiece", "protobuf", "cpm_kernels", "numpy<2")
        (folder / "complete").touch()
    return python


def run_probe(python: Path, checkpoints: Path) -> dict:
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "results.json"
        # The reports of releases are about their own deprecations; what concerns this package, the probe records.
        variables = {
            **os.environ,
            "HF_MODULES_CACHE": str(Path(scratch) / "modules"),
            "HF_HUB_OFFLINE": "1",
            "TRANSFORMERS_OFFLINE": "1",
            "TOKENIZERS_PARALLELISM": "false",
        }
        variables.pop("PYTHONPATH", None)
        command = [str(python), str(Path(__file__).with_name("probe.py")), str(checkpoints), str(out)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, env=variables, timeout=PROBE_SECONDS)
        except subprocess.TimeoutExpired:
            return {"(probe)": {"error": f"no end after {PROBE_SECONDS} s"}}
        if not out.exists():
            return {"(probe)": {"error": (done.stderr or done.stdout)[-2000:]}}
        return json.loads(out.read_text(encoding="utf-8"))


def same(ours, theirs) -> bool:
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, float) and isinstance(theirs, float):
        return abs(ours - theirs) <= ATOL + RTOL * abs(theirs)
    return ours == theirs


def verdict(name: str, result: dict, reference: dict) -> str:
    if "error" in result:
        return "FAILS"
    if name in reference and "error" not in reference[name] and not same(result["value"], reference[name]["value"]):
        return "DIFFERS"
    return "ok"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("releases", nargs="*")
    parser.add_argument("--subset", action="store_true", help="the releases that CI runs")
    arguments = parser.parse_args()
    releases = tuple(arguments.releases) or (SUBSET if arguments.subset else RELEASES)

    with tempfile.TemporaryDirectory() as scratch:
        maker = [sys.executable, "-m", "tests.compat.make_checkpoints", scratch]
        subprocess.run(maker, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
        results = {release: run_probe(environment(release), Path(scratch)) for release in releases}

    reference = results[releases[0]]
    names = list(dict.fromkeys(name for result in results.values() for name in result))
    table = {r: {n: verdict(n, results[r][n], reference) if n in results[r] else "-" for n in names} for r in releases}
    width = max(map(len, names))
    print(" " * width, *(f"{release:>8}" for release in releases))
    for name in names:
        print(f"{name:{width}}", *(f"{table[release][name]:>8}" for release in releases))
    for release in releases:
        for name in names:
            if table[release][name] == "FAILS":
                print(f"\n{release} {name}: {results[release][name]['error']}")
            elif table[release][name] == "DIFFERS":
                print(
                    f"\n{release} {name}: {results[release][name]['value']!r:.600}\n"
                    f"  {releases[0]}: {reference[name]['value']!r:.600}"
                )
    bad = sum(value in ("FAILS", "DIFFERS") for row in table.values() for value in row.values())
    good = sum(value == "ok" for row in table.values() for value in row.values())
    print(json.dumps({"releases": list(releases), "passed": good, "failed": bad}))
    print(f"{good} passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
