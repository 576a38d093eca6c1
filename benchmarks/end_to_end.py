"""The whole model on a CPU: loading, prefill, decode at several context lengths, and where the time of a token goes.

    python -m benchmarks.end_to_end                       the full 6B geometry, random INT4 weights (made on the spot)
    python -m benchmarks.end_to_end --layers 2            two layers of it
    python -m benchmarks.end_to_end --folder DIR          weights that are there, or that are made there and kept

Decode is measured on caches filled with random keys and values, not by running a prompt of that length; prefill runs
real prompts of random tokens. Limits (memory read, 16-bit integer dot products) are measured between the steps, so
shares compare like with like. Prints tables, then one line of JSON.
"""

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Dict, List, Sequence

import torch

from benchmarks.common import (
    DTYPES,
    Parts,
    attention_operations,
    check_numerics,
    checkpoint_folder,
    cpu_count,
    fill_cache,
    in_own_process,
    linear_operations,
    load_model,
    memory,
    read_file_seconds,
    reset_peak,
    seconds,
    table,
    touch_weights,
    weight_bytes,
)
from benchmarks.limits import int16_gops, int16_instruction, machine, read_bandwidth, release_buffer

NEAR_LOSSLESS = 1e-2  # largest error of a logit, in standard deviations of the logits
STEPS_PER_ROUND = 4
GEOMETRY = (
    "num_layers",
    "hidden_size",
    "ffn_hidden_size",
    "num_attention_heads",
    "multi_query_group_num",
    "kv_channels",
    "padded_vocab_size",
    "quantization_bit",
    "prefill_slice_size",
)


def load_child(folder: Path, dtype: str) -> None:
    """Runs in a process of its own: loads the model, answers one token, prints times and memory."""
    from transformers import AutoModel, GenerationMixin  # noqa: F401 - imported lazily: not part of loading

    before = reset_peak()
    start = time.perf_counter()
    model = load_model(folder, dtype)
    loaded = time.perf_counter() - start
    peak = memory()["VmHWM"]
    with torch.no_grad():
        first = seconds(lambda: model(torch.tensor([[1]]), return_last_logit=True))
        second = seconds(lambda: model(torch.tensor([[1]]), return_last_logit=True))
    print(
        json.dumps(
            {
                "seconds": loaded,
                "peak_bytes": peak - before,
                "first_token_seconds": first,
                "second_token_seconds": second,
                "peak_after_first_token_bytes": memory()["VmHWM"] - before,
            }
        )
    )


def measure_loading(folder: Path, dtype: str) -> dict:
    size = sum(path.stat().st_size for path in folder.iterdir() if path.suffix in (".bin", ".safetensors"))
    child = ("benchmarks.end_to_end", "--load-child", folder, "--dtype", dtype)
    read = read_file_seconds(folder)
    in_own_process(*child)  # compiles the kernels where that has not been done
    runs = [in_own_process(*child) for _ in range(3)]
    result = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    result.update(
        checkpoint_bytes=size,
        read_file_seconds=read,
        peak_over_checkpoint=result["peak_bytes"] / size,
        peak_after_first_token_over_checkpoint=result["peak_after_first_token_bytes"] / size,
    )
    return result


@torch.no_grad()
def measure_prefill(model, length: int, threads: int, repeats: int) -> dict:
    """One prompt of `length` random tokens into a fresh cache; only the last position reaches the output layer."""
    config = model.config
    starts = []  # when the first layer took each slice, of the last run
    ids = torch.randint(100, 60000, (1, length))
    times, limits, extra, cache_bytes = [], [], [], 0

    def prefill() -> int:
        cache = model.make_cache(length)
        model(ids, past_key_values=cache, use_cache=True, return_last_logit=True)
        return cache.memory_bytes()

    hook = model.transformer.encoder.layers[0].register_forward_pre_hook(lambda *_: starts.append(time.perf_counter()))
    for _ in range(repeats):
        limits.append(int16_gops(threads))
        starts.clear()
        resident = reset_peak()
        start = time.perf_counter()
        cache_bytes = prefill()
        times.append(time.perf_counter() - start)
        ends = [*starts[1:], time.perf_counter()]
        extra.append(memory()["VmHWM"] - resident - cache_bytes)
    hook.remove()
    limits.append(int16_gops(threads))
    taken = statistics.median(times)
    operations = length * linear_operations(config) + attention_operations(config, 0, length)
    return {
        "tokens": length,
        "seconds": taken,
        "tokens_per_s": length / taken,
        "ms_per_token": taken / length * 1e3,
        "gops": operations / taken / 1e9,
        "int16_gops_limit": statistics.median(limits),
        "share_of_limit": operations / taken / 1e9 / statistics.median(limits),
        "cache_bytes": cache_bytes,
        "peak_above_weights_and_cache_bytes": max(extra),
        "runs_s": times,
        "slices_ms": [(end - begin) * 1e3 for begin, end in zip(starts, ends)],
    }


@torch.no_grad()
def measure_decode(model, context: int, threads: int, rounds: int, read: bool = True) -> dict:
    """Single tokens behind a cache of `context` random keys and values."""
    cache = fill_cache(model, context, STEPS_PER_ROUND + 1)
    token = torch.tensor([[5]])

    def steps() -> None:
        cache.crop(context)
        for _ in range(STEPS_PER_ROUND):
            logits = model(token, past_key_values=cache, use_cache=True, return_last_logit=True).logits
            token.copy_(logits[:, -1].argmax(-1, keepdim=True))

    steps()
    times, bandwidths = [], []
    for _ in range(rounds):
        bandwidths.append(read_bandwidth(threads))
        times.append(seconds(steps) / STEPS_PER_ROUND)
    bandwidths.append(read_bandwidth(threads))
    sizes = weight_bytes(model)
    per_cached_token = cache.memory_bytes() / (context + STEPS_PER_ROUND + 1)
    read_bytes = sizes["blocks"] + sizes["output_layer"] + int(per_cached_token * context)
    taken = statistics.median(times)
    # Each round against the reads on both sides of it: the machine's speed changes.
    shares = [read_bytes / t / 1e9 / ((a + b) / 2) for t, a, b in zip(times, bandwidths, bandwidths[1:])]

    def one_step() -> None:
        cache.crop(context)
        model(token, past_key_values=cache, use_cache=True, return_last_logit=True)

    parts = Parts(model, native=True).measure(one_step, rounds * 2)
    return {
        "context": context,
        "tokens_per_s": 1 / taken,
        "ms_per_token": taken * 1e3,
        "bytes_per_token": read_bytes,
        "gb_per_s": read_bytes / taken / 1e9,
        "read_gb_s": statistics.median(bandwidths),
        "share_of_limit": statistics.median(shares),
        "fastest_ms": min(times) * 1e3,
        "outside_native_share": 1 - (parts["blocks"] + parts["output layer"]) / parts["total"],
        "parts_ms": parts,
    }


@torch.no_grad()
def measure_generate(model, new_tokens: int = 16, rounds: int = 5) -> dict:
    """What `generate()` and `stream_generate()` add to a decode step, greedy."""
    ids = torch.randint(100, 60000, (1, 8))
    settings = {"do_sample": False, "max_new_tokens": new_tokens, "min_new_tokens": new_tokens}

    def bare() -> None:
        cache, new = model.make_cache(8 + new_tokens), ids
        for _ in range(new_tokens):
            outputs = model(new, past_key_values=cache, use_cache=True, return_last_logit=True)
            new = outputs.logits[:, -1].argmax(-1)[None]

    runs = {
        "bare": bare,
        "generate": lambda: model.generate(ids, **settings),
        "stream_generate": lambda: list(model.stream_generate(ids, **settings)),
    }
    times = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            times[name].append(seconds(run) / new_tokens * 1e3)
    return {name: statistics.median(values) for name, values in times.items()}


def report_loading(folder: Path, dtype: str) -> dict:
    load = measure_loading(folder, dtype)
    peak, first_peak = "peak_over_checkpoint", "peak_after_first_token_over_checkpoint"
    rows = [
        ["the files, read once", load["read_file_seconds"], load["checkpoint_bytes"] / 1e9, ""],
        ["from_pretrained, peak memory", load["seconds"], load["peak_bytes"] / 1e9, load[peak]],
        ["first token", load["first_token_seconds"], load["peak_after_first_token_bytes"] / 1e9, load[first_peak]],
        ["second token", load["second_token_seconds"], "", ""],
    ]
    table(["loading", "s", "GB", "of checkpoint"], rows)
    return load


def report_decode(model, contexts: Sequence[int], threads: int, rounds: int) -> List[dict]:
    results = [measure_decode(model, context, threads, rounds) for context in contexts]
    release_buffer()
    columns = {
        "tok/s": "tokens_per_s",
        "ms": "ms_per_token",
        "GB/s": "gb_per_s",
        "read GB/s": "read_gb_s",
        "share": "share_of_limit",
        "rest of token": "outside_native_share",  # what is neither in a block's native call nor the output layer
    }
    rows = [[f"context {d['context']:,}", *(d[key] for key in columns.values())] for d in results]
    table(["decode", *columns], rows)
    parts = list(results[0]["parts_ms"]) if results else []
    rows = [[part, *(d["parts_ms"].get(part, 0.0) for d in results)] for part in parts]
    rows.append(["rest of token, %", *(100 * d["outside_native_share"] for d in results)])
    table(["ms per token", *(f"{d['context']:,}" for d in results)], rows)
    return results


def report_prefill(model, lengths: Sequence[int], threads: int, repeats: int) -> List[dict]:
    results = [measure_prefill(model, n, threads, repeats if n <= 2048 else 1) for n in lengths]
    columns = {
        "s": "seconds",
        "tok/s": "tokens_per_s",
        "ms/token": "ms_per_token",
        "GOPS": "gops",
        "int16 limit": "int16_gops_limit",
        "share": "share_of_limit",
    }
    sizes = ("cache_bytes", "peak_above_weights_and_cache_bytes")
    rows = [
        [f"{p['tokens']:,} tokens", *(p[key] for key in columns.values()), *(p[size] / 1e9 for size in sizes)]
        for p in results
    ]
    table(["prefill", *columns, "cache GB", "peak above GB"], rows)
    return results


@torch.no_grad()
def report_prefill_parts(model, length: int) -> Dict[str, float]:
    ids = torch.randint(100, 60000, (1, length))

    def prefill() -> None:
        model(ids, past_key_values=model.make_cache(length), use_cache=True, return_last_logit=True)

    parts = Parts(model).measure(prefill, 3)
    table([f"ms per prefill of {length:,}", "ms"], [list(item) for item in parts.items()])
    return parts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", help="a checkpoint, or where to make and keep one")
    parser.add_argument("--layers", type=int, default=28)
    parser.add_argument("--prefill", type=int, nargs="*", default=[512, 2048, 8192, 32768], metavar="TOKENS")
    parser.add_argument("--contexts", type=int, nargs="*", default=[0, 2048, 8192, 32000], metavar="TOKENS")
    parser.add_argument("--threads", type=int, default=cpu_count())
    parser.add_argument("--dtype", choices=list(DTYPES), default="auto", help="auto: as in the file, float16")
    parser.add_argument("--cache", choices=("int8",), help="an int8 cache; default: the dtype of the model")
    parser.add_argument("--rounds", type=int, default=7, help=f"of {STEPS_PER_ROUND} decoded tokens")
    parser.add_argument("--repeats", type=int, default=3, help="of prefills up to 2,048 tokens; longer ones run once")
    parser.add_argument("--no-load", action="store_true", help="leave out the loading measurement")
    parser.add_argument("--no-check", action="store_true", help="leave out the comparison with the fp32 reference")
    parser.add_argument("--load-child", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.load_child:
        load_child(arguments.load_child, arguments.dtype)
        return
    torch.set_num_threads(arguments.threads)
    with checkpoint_folder(arguments.folder, arguments.layers) as folder:
        print(json.dumps(run(folder, arguments)))


def run(folder: Path, arguments: argparse.Namespace) -> dict:
    threads = arguments.threads
    result = {"benchmark": "end_to_end", **machine(threads), "int16_peak": int16_instruction()}
    print(
        f"{result['cpu']}, {threads} threads, torch {result['torch']}, transformers {result['transformers']}, "
        f"commit {result['commit']}, {arguments.dtype}, cache {arguments.cache or 'as the model'}\n"
    )
    if not arguments.no_load:
        result["load"] = report_loading(folder, arguments.dtype)
    model = load_model(folder, arguments.dtype, arguments.cache)
    result.update(
        dtype=str(model.dtype),
        cache=arguments.cache,
        weights=weight_bytes(model),
        geometry={key: getattr(model.config, key) for key in GEOMETRY},
    )
    touch_weights(model)
    with torch.no_grad():
        model(torch.randint(100, 60000, (1, 64)), return_last_logit=True)
    result["decode"] = report_decode(model, arguments.contexts, threads, arguments.rounds)
    result["generate_ms_per_token"] = measure_generate(model)
    table(["greedy, prompt 8", "ms per token"], [list(item) for item in result["generate_ms_per_token"].items()])
    result["prefill"] = report_prefill(model, arguments.prefill, threads, arguments.repeats)
    if arguments.prefill:
        result["prefill_parts_ms"] = report_prefill_parts(model, min(arguments.prefill))
    result["peak_rss_bytes"] = memory()["VmHWM"]
    if not arguments.no_check:
        numerics = check_numerics(model, folder)
        result["numerics"] = {**numerics, "limit": NEAR_LOSSLESS, "cache": arguments.cache or str(model.dtype)}
        print(
            f"logits against the fp32 reference: largest error {numerics['max_error_over_std']:.1e}, "
            f"RMS {numerics['rms_error_over_std']:.1e} standard deviations (limit {NEAR_LOSSLESS:.0e})\n"
        )
    return result


if __name__ == "__main__":
    main()
