"""Runs the probe (probe.py) on many releases of transformers and compares every result with the oldest one's.

    python -m tests.compat.run                                 all environments below
    python -m tests.compat.run 4.30.2 4.30.2-accelerate        some of them
    python -m tests.compat.run --subset                        those that CI runs

An environment is a release of transformers, with the newest accelerate and one torch; `+package==version` puts another
one in the place of those, `-accelerate` leaves that out.

The steps "original ..." compare with the original model's recorded numbers (tests/golden), whatever the release.

Each release has a folder of its own under .venvs/, built once and used again; they share one torch. Prints a table,
then one JSON line. Exit status 1 where a probe failed or a number differs.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Dict, List, Sequence, Tuple

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
    "5.24.0",
    # Environments of 2023. Before 0.27 accelerate makes parameters of integers trainable, which torch refuses.
    "4.30.2-accelerate",
    "4.30.2+accelerate==0.21.0",
    "4.30.2+accelerate==0.26.1",
    "4.30.2+torch==2.0.1+accelerate==0.20.3",  # with CUDA libraries of 4.5 GB, so not in CI
)
# The oldest, the newest, and the ones at which the original package or an early version of this one broke: the base
# tokenizer calls get_vocab (4.34), cache classes (4.36), padding_side (4.45), positions kept by generate() (5.0), the
# name of the cache among the arguments of generate() (5.24).
SUBSET = (
    "4.30.2",
    "4.36.2",
    "4.45.2",
    "5.0.0",
    "5.23.0",
    "5.24.0",
    "4.30.2+accelerate==0.21.0",
    "4.30.2+accelerate==0.26.1",
)
# All that accelerate has a say in.
LOADING = (
    "ways_to_load",
    "dtypes",
    "loading_says_nothing",
    "refused_weights",
    "quantized_checkpoints",
    "quantize_save_reload",
    "classification",
    "new_heads",
    "prefix_tuning",
)
DRAWN = ("sampling", "seeds_and_logprobs")  # by another torch with other numbers
ATOL, RTOL = 1e-5, 1e-4  # the same torch runs the same operations; only a fused kernel's choice may differ
PROBE_SECONDS = 600


def pip(python: Path, *arguments: str) -> None:
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "-q", "install", *arguments]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def shared_torch() -> Path:
    target = FOLDER / "torch"
    if not (target / "complete").exists():
        pip(Path(sys.executable), "--target", str(target), TORCH, "numpy<2")
        (target / "complete").touch()
    return target


def split(name: str) -> Tuple[str, List[str]]:
    """Name of an environment -> the folder that it is made in, the packages that stand before those there."""
    folder, *packages = name.split("+")
    return folder, packages


def has_other_torch(name: str) -> bool:
    return any(package.startswith("torch==") for package in split(name)[1])


def instead(package: str) -> Path:
    """A folder with that package, to be looked at first."""
    target = FOLDER / "instead" / package
    if not (target / "complete").exists():
        # An old torch brings its CUDA, and needs the numpy and the pkg_resources of its time.
        others = ["numpy<2", "setuptools<70"] if package.startswith("torch") else ["--no-deps"]
        pip(Path(sys.executable), "--target", str(target), package, *others)
        (target / "complete").touch()
    return target


def environment(folder_name: str) -> Path:
    """The interpreter of a release's environment, made if it is not there."""
    folder = FOLDER / folder_name
    release, *left_out = folder_name.split("-")
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        venv.create(folder, with_pip=True, clear=True)
        site = next((folder / "lib").glob("python*")) / "site-packages"
        (site / "shared_torch.pth").write_text(str(shared_torch()) + "\n")
        # 4.34 holds huggingface_hub below 0.18, where later accelerates install but do not import.
        accelerate = "accelerate<0.28" if release.startswith("4.34.") else "accelerate"
        packages = [] if left_out else [accelerate]
        pip(python, f"transformers=={release}", *packages, "sentencepiece", "protobuf", "cpm_kernels", "numpy<2")
        (folder / "complete").touch()
    return python


def run_probe(name: str, checkpoints: Path) -> dict:
    folder, packages = split(name)
    python = environment(folder)
    steps = () if name.replace(".", "").isdigit() or has_other_torch(name) else LOADING
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "results.json"
        # The reports of releases are about their own deprecations; what concerns this package, the probe records.
        variables = {
            **os.environ,
            "HF_MODULES_CACHE": str(Path(scratch) / "modules"),
            "HF_HUB_OFFLINE": "1",
            "TRANSFORMERS_OFFLINE": "1",
            "TOKENIZERS_PARALLELISM": "false",
            "PYTHONPATH": os.pathsep.join(str(instead(package)) for package in packages),
        }
        command = [str(python), str(Path(__file__).with_name("probe.py")), str(checkpoints), str(out), *steps]
        try:
            done = subprocess.run(command, capture_output=True, encoding="utf-8", env=variables, timeout=PROBE_SECONDS)
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


def verdict(environment: str, name: str, result: dict, reference: dict) -> str:
    if "error" in result:
        return "FAILS"
    if name in DRAWN and has_other_torch(environment):
        return "ok"
    if name in reference and "error" not in reference[name] and not same(result["value"], reference[name]["value"]):
        return "DIFFERS"
    return "ok"


def print_table(environments: Sequence[str], names: Sequence[str], table: Dict[str, Dict[str, str]]) -> None:
    """One row per step, one column per environment, whose name stands in several lines."""
    heads = {
        name: name.replace("-", "\n-").replace("+", "\n+").replace("==", "\n").split("\n") for name in environments
    }
    width, columns = max(map(len, names)), {name: max(8, *map(len, parts)) for name, parts in heads.items()}
    for line in range(max(map(len, heads.values()))):
        parts = {name: (*head, *[""] * line)[line] for name, head in heads.items()}
        print(" " * width, *(f"{part:>{columns[name]}}" for name, part in parts.items()))
    for step in names:
        print(f"{step:{width}}", *(f"{table[name][step]:>{columns[name]}}" for name in environments))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("releases", nargs="*", metavar="environment")
    parser.add_argument("--subset", action="store_true", help="the environments that CI runs")
    arguments = parser.parse_args()
    releases = tuple(arguments.releases) or (SUBSET if arguments.subset else RELEASES)

    with tempfile.TemporaryDirectory() as scratch:
        maker = [sys.executable, "-m", "tests.compat.make_checkpoints", scratch]
        subprocess.run(maker, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
        results = {release: run_probe(release, Path(scratch)) for release in releases}

    reference = results[releases[0]]
    names = list(dict.fromkeys(name for result in results.values() for name in result))
    table = {
        r: {n: verdict(r, n, results[r][n], reference) if n in results[r] else "-" for n in names} for r in releases
    }
    print_table(releases, names, table)
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
