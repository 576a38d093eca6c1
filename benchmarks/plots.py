"""Draws benchmarks/results/*.png from the JSON lines that the benchmarks print last.

    python benchmarks/end_to_end.py | tee -a benchmarks/results/runs.txt
    python benchmarks/plots.py [FILE ...]            default: benchmarks/results/*.jsonl and *.txt

The latest line of each kind counts, of end_to_end the latest for every number of layers, cache and dtype.
"""

import argparse
import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

RESULTS = Path(__file__).resolve().parent / "results"


def read(paths) -> dict:
    """kind -> {what it was run with: the latest result}."""
    found = {}
    for path in paths:
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            if not line.startswith('{"benchmark"'):
                continue
            run = json.loads(line)
            geometry = run.get("geometry", {})
            key = (geometry.get("num_layers", run.get("layers")), run.get("cache") or "16-bit", run.get("dtype"))
            found.setdefault(run["benchmark"], {})[key] = run
    return found


def label(key) -> str:
    layers, cache, dtype = key
    return f"{layers} layers, {(dtype or '').replace('torch.', '')}, {cache} cache"


def figure(title: str, x: str, y: str):
    plot, axes = pyplot.subplots(figsize=(7, 4.2), dpi=130)
    axes.set(title=title, xlabel=x, ylabel=y)
    axes.grid(alpha=0.3)
    return plot, axes


def save(plot, axes, name: str) -> None:
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=8)
    plot.tight_layout()
    plot.savefig(RESULTS / name)
    pyplot.close(plot)
    print(RESULTS / name)


def machine(runs) -> str:
    run = list(runs.values())[-1]
    return f"{run['cpu']}, {run['threads']} threads, commit {run['commit']}"


def decode_speed(runs, peers) -> None:
    plot, axes = figure(f"Decode speed over context\n{machine(runs)}", "tokens in the cache", "tokens/s")
    for key, run in runs.items():
        if run["decode"]:
            points = [(d["context"], d["tokens_per_s"]) for d in run["decode"]]
            line = axes.plot(*zip(*points), marker="o", label=label(key))[0]
            limits = [(d["context"], d["read_gb_s"] * 1e9 / d["bytes_per_token"]) for d in run["decode"]]
            axes.plot(*zip(*limits), ls=":", color=line.get_color(), label="  its limit: memory read, same run")
    for run in peers.values():
        for name, engine in run["engines"].items():
            if not name.startswith("ours") and run["layers"] in {key[0] for key in runs}:
                axes.plot([0, 2048], [engine["decode 0 tok/s"], engine["decode 2048 tok/s"]], marker="x", ls="--",
                          label=f"{name}, {run['layers']} layers")
    save(plot, axes, "decode_speed.png")


def prefill_cost(runs) -> None:
    title = f"Prefill cost per token over prompt length\n{machine(runs)}"
    plot, axes = figure(title, "tokens of the prompt", "ms per token")
    for key, run in runs.items():
        if run["prefill"]:
            points = [(p["tokens"], p["ms_per_token"]) for p in run["prefill"]]
            axes.plot(*zip(*points), marker="o", label=label(key))
    save(plot, axes, "prefill_cost.png")


def memory_over_context(runs) -> None:
    run = list(runs.values())[-1]
    plot, axes = figure("Memory over context, 28 layers, on paper", "tokens", "GB")
    for device, cache in (("gpu", "float16"), ("gpu", "int8"), ("cpu", "float16"), ("cpu", "int8")):
        rows = [row for row in run["on_paper"] if row["device"] == device and row["cache_dtype"] == cache]
        axes.plot([row["tokens"] for row in rows], [row["total"] / 1e9 for row in rows], marker="o",
                  label=f"{device.upper()}, {cache} cache")
    axes.axhline(run["on_paper"][0]["weights"] / 1e9, ls=":", color="grey", label="weights alone")
    save(plot, axes, "memory.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    files = parser.parse_args().files or sorted([*RESULTS.glob("*.jsonl"), *RESULTS.glob("*.txt")])
    found = read(files)
    if "end_to_end" in found:
        decode_speed(found["end_to_end"], found.get("peers", {}))
        prefill_cost(found["end_to_end"])
    if "memory" in found:
        memory_over_context(found["memory"])


if __name__ == "__main__":
    main()
