"""Draws benchmarks/results/*.png from the JSON lines that the benchmarks print last.

    python -m benchmarks.end_to_end | tee -a benchmarks/results/runs.txt
    python -m benchmarks.plots [FILE ...]            default: benchmarks/results/*.jsonl and *.txt

The latest line of each kind counts, of end_to_end the latest for every number of layers, cache and dtype.
"""

import argparse
import json
from pathlib import Path

import matplotlib
from matplotlib import pyplot

from benchmarks.peers import CONTEXT

matplotlib.use("Agg")

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
    most = max(key[0] for key in runs)
    for key, run in runs.items():
        if run["decode"] and key[0] == most:
            points = [(d["context"], d["tokens_per_s"]) for d in run["decode"]]
            line = axes.plot(*zip(*points), marker="o", label=label(key))[0]
            limits = [(d["context"], d["read_gb_s"] * 1e9 / d["bytes_per_token"]) for d in run["decode"]]
            axes.plot(*zip(*limits), ls=":", color=line.get_color(), label="  its limit: memory read, same run")
    for run in peers.values():
        for name, engine in run["engines"].items():
            if run["layers"] == most:
                points = [(context, engine.get(f"decode {context} tok/s")) for context in (0, CONTEXT)]
                axes.plot(
                    *zip(*[point for point in points if point[1]]), marker="x", ls="--", label=f"{name}, in turns"
                )
    save(plot, axes, "decode_speed.png")


def cost_per_token(runs) -> None:
    """One layer's cost over context: linear, as what a token reads and multiplies is."""
    plot, axes = figure(f"Cost per token and layer over context\n{machine(runs)}", "tokens in the cache", "ms")
    for key, run in runs.items():
        layers, width = key[0], run["geometry"]["prefill_slice_size"]
        longest = max(run["prefill"], key=lambda p: p["tokens"], default=None)
        if longest and len(longest["slices_ms"]) > 2:
            costs = longest["slices_ms"][:-1]  # the last one may be short, and ends in the output layer
            axes.plot(
                [i * width for i in range(len(costs))],
                [cost / width / layers for cost in costs],
                label=f"prefill of {longest['tokens']:,} tokens, {label(key)}",
            )
            if len(run["decode"]) > 1:
                attention = [(d["context"], d["parts_ms"]["attention"] / layers) for d in run["decode"]]
                axes.plot(*zip(*attention), marker="o", label=f"attention of a decoded token, {label(key)}")
    save(plot, axes, "cost_per_token.png")


def memory_over_context(runs) -> None:
    run = list(runs.values())[-1]
    plot, axes = figure("Memory over context, 28 layers, on paper", "tokens", "GB")
    for device, cache in (("gpu", "float16"), ("gpu", "int8"), ("cpu", "float16"), ("cpu", "int8")):
        rows = [row for row in run["on_paper"] if row["device"] == device and row["cache_dtype"] == cache]
        axes.plot(
            [row["tokens"] for row in rows],
            [row["total"] / 1e9 for row in rows],
            marker="o",
            label=f"{device.upper()}, {cache} cache",
        )
    axes.axhline(run["on_paper"][0]["weights"] / 1e9, ls=":", color="grey", label="weights alone")
    save(plot, axes, "memory.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    files = parser.parse_args().files or sorted([*RESULTS.glob("*.jsonl"), *RESULTS.glob("*.txt")])
    found = read(files)
    if "end_to_end" in found:
        decode_speed(found["end_to_end"], found.get("peers", {}))
        cost_per_token(found["end_to_end"])
    if "memory" in found:
        memory_over_context(found["memory"])


if __name__ == "__main__":
    main()
