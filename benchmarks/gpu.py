"""The whole model on a GPU: prefill, decode at several context lengths, memory, and the error of its logits.

    python -m benchmarks.gpu                       the full 6B geometry, random INT4 weights (made on the spot)
    python -m benchmarks.gpu --layers 2            two layers of it

Decode is measured on caches filled with random keys and values; prefill runs real prompts of random tokens. The limit
is a copy on the device, measured between the steps, in bytes read and written. Prints tables, then one line of JSON.
"""

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import List, Sequence

import torch

from benchmarks.common import (
    DTYPES,
    check_numerics,
    checkpoint_folder,
    fill_cache,
    linear_operations,
    load_model,
    table,
    weight_bytes,
)
from benchmarks.limits import machine

STEPS = 16  # decoded tokens of one measurement


def seconds(function) -> float:
    torch.cuda.synchronize()
    start = time.perf_counter()
    function()
    torch.cuda.synchronize()
    return time.perf_counter() - start


def copy_bandwidth() -> float:
    """GB/s of a copy of 2 GiB, bytes read and written."""
    data = torch.empty(2**31, dtype=torch.int8, device="cuda")
    target = torch.empty_like(data)
    target.copy_(data)
    return 2 * data.numel() / min(seconds(lambda: target.copy_(data)) for _ in range(5)) / 1e9


@torch.no_grad()
def measure_decode(model, context: int, rounds: int) -> dict:
    """Single tokens behind a cache of `context` random keys and values: launched one by one, and as a CUDA graph."""
    times = {}
    for static in (False, True):
        model.config.static_decode = static
        cache = fill_cache(model, context, STEPS + 2)
        token = torch.tensor([[5]], device="cuda")
        if static:  # as after a prompt of one row without padding
            cache.begin_static_steps(token)

        def steps(cache=cache, token=token) -> None:
            cache.crop(context)
            for _ in range(STEPS):
                logits = model(token, past_key_values=cache, use_cache=True, return_last_logit=True).logits
                token.copy_(logits[:, -1].argmax(-1, keepdim=True))

        steps()
        times["graph" if static else "eager"] = statistics.median(seconds(steps) / STEPS for _ in range(rounds))
        del cache
    model.config.static_decode = False
    sizes = weight_bytes(model)
    config = model.config
    per_token = 2 * config.num_layers * config.num_key_value_heads * config.kv_channels * 2
    read = sizes["blocks"] + sizes["output_layer"] + per_token * context
    return {
        "context": context,
        "eager_ms": times["eager"] * 1e3,
        "graph_ms": times["graph"] * 1e3,
        "eager_tokens_per_s": 1 / times["eager"],
        "graph_tokens_per_s": 1 / times["graph"],
        "graph_gb_s": read / times["graph"] / 1e9,
    }


@torch.no_grad()
def measure_prefill(model, length: int, rounds: int) -> dict:
    ids = torch.randint(100, 60000, (1, length), device="cuda")

    def prefill() -> int:
        cache = model.make_cache(length)
        model(ids, past_key_values=cache, use_cache=True, return_last_logit=True)
        return cache.memory_bytes()

    prefill()
    torch.cuda.reset_peak_memory_stats()
    held, cache_bytes = torch.cuda.memory_allocated(), prefill()
    peak = torch.cuda.max_memory_allocated()
    taken = statistics.median(seconds(prefill) for _ in range(rounds))
    return {
        "tokens": length,
        "seconds": taken,
        "tokens_per_s": length / taken,
        "linear_tflops": length * linear_operations(model.config) / taken / 1e12,
        "peak_bytes": peak,
        "above_weights_and_cache_bytes": peak - held - cache_bytes,
        "cache_bytes": cache_bytes,
    }


def measure_generate(model, new_tokens: int = 64) -> dict:
    """Milliseconds per token of greedy `generate()` and `stream_generate()` behind a prompt of 32 tokens."""
    ids = torch.randint(100, 60000, (1, 32), device="cuda")
    settings = {"do_sample": False, "max_new_tokens": new_tokens, "eos_token_id": None}
    result = {}
    for static in (False, True):
        model.config.static_decode = static
        suffix = ", static_decode" if static else ""
        for name, run in (
            ("generate" + suffix, lambda: model.generate(ids, **settings)),
            ("stream_generate" + suffix, lambda: list(model.stream_generate(ids, **settings))),
        ):
            run()
            result[name] = statistics.median(seconds(run) for _ in range(3)) / new_tokens * 1e3
    model.config.static_decode = False
    return result


def report_decode(model, contexts: Sequence[int], rounds: int, copy_gb_s: float) -> List[dict]:
    results = [measure_decode(model, context, rounds) for context in contexts]
    keys = ("eager_ms", "eager_tokens_per_s", "graph_ms", "graph_tokens_per_s", "graph_gb_s")
    rows = [[f"{d['context']:,}", *(d[key] for key in keys), d["graph_gb_s"] / copy_gb_s] for d in results]
    table(["decode at context", "ms", "tok/s", "as a graph: ms", "tok/s", "GB/s", "of the copy"], rows)
    return results


def report_prefill(model, lengths: Sequence[int]) -> List[dict]:
    results = [measure_prefill(model, length, 3) for length in lengths]
    keys, sizes = ("seconds", "tokens_per_s", "linear_tflops"), ("peak_bytes", "above_weights_and_cache_bytes")
    rows = [[f"{p['tokens']:,}", *(p[key] for key in keys), *(p[size] / 1e9 for size in sizes)] for p in results]
    table(["prefill", "s", "tok/s", "TFLOP/s of linears", "peak GB", "above weights and cache GB"], rows)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", help="a checkpoint, or where to make and keep one")
    parser.add_argument("--layers", type=int, default=28)
    parser.add_argument("--dtype", choices=list(DTYPES), default="float16")
    parser.add_argument("--prefill", type=int, nargs="*", default=[512, 2048, 8192, 32768], metavar="TOKENS")
    parser.add_argument("--contexts", type=int, nargs="*", default=[0, 2048, 8192, 32000], metavar="TOKENS")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-check", action="store_true", help="leave out the comparison with fp32 on the CPU")
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        parser.error("torch sees no GPU here")
    with checkpoint_folder(arguments.folder, arguments.layers) as folder:
        print(json.dumps(run(folder, arguments)))


def run(folder: Path, arguments: argparse.Namespace) -> dict:
    result = {
        "benchmark": "gpu",
        **machine(torch.get_num_threads()),
        "device": torch.cuda.get_device_name(),
        "layers": arguments.layers,
        "copy_gb_s": copy_bandwidth(),
    }
    torch.cuda.empty_cache()
    print(
        f"{result['device']}, torch {result['torch']}, transformers {result['transformers']}, "
        f"commit {result['commit']}, a copy makes {result['copy_gb_s']:.0f} GB/s\n"
    )
    start = time.perf_counter()
    model = load_model(folder, arguments.dtype).cuda()
    torch.cuda.synchronize()
    result["load_seconds"], result["weights"] = time.perf_counter() - start, weight_bytes(model)
    print(f"loaded in {result['load_seconds']:.1f} s, {torch.cuda.memory_allocated() / 1e9:.2f} GB on the GPU\n")
    result["decode"] = report_decode(model, arguments.contexts, arguments.rounds, result["copy_gb_s"])
    result["generate_ms_per_token"] = measure_generate(model)
    table(["greedy, prompt 32", "ms per token"], [list(item) for item in result["generate_ms_per_token"].items()])
    result["prefill"] = report_prefill(model, arguments.prefill)
    if not arguments.no_check:
        result["numerics"] = numerics = check_numerics(model, folder)
        print(
            f"{arguments.dtype} logits against fp32: largest error {numerics['max_error_over_std']:.1e}, RMS "
            f"{numerics['rms_error_over_std']:.1e} standard deviations\n"
        )
    return result


if __name__ == "__main__":
    main()
