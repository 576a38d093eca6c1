"""Bytes on paper for a GPU and for a CPU, context length by context length, and a check of the CPU's against reality.

    python -m benchmarks.memory                     the tables, and the check with two layers
    python -m benchmarks.memory --no-check          the tables alone, at once
    python -m benchmarks.memory --saved             32K tokens of the whole model's cache to a file and back

On paper: weights (INT4 blocks, 16-bit embedding and output layer), the key/value cache (16-bit or int8), activations
(the largest set of tensors that lives at one time: inside the MLP, for one slice of the prompt), and workspace (what
kernels keep between calls). The check runs prompts on the CPU in a process of its own and compares its peak. Prints
tables, then one line of JSON.
"""

import argparse
import json
import os
from pathlib import Path
from typing import List

import torch

from benchmarks.common import (
    checkpoint_folder,
    cpu_count,
    fill_cache,
    in_own_process,
    load_model,
    memory,
    reset_peak,
    seconds,
    table,
    text_like_ids,
    weight_bytes,
)
from benchmarks.limits import machine
from benchmarks.make_checkpoint import ROOT

CONFIG = json.loads((ROOT / "config.json").read_text(encoding="utf-8"))
SLICE = 1024  # config.prefill_slice_size
CONTEXTS = (2048, 8192, 32768)
GB = 1e9


def weights(layers: int) -> dict:
    hidden, ffn, vocab = CONFIG["hidden_size"], CONFIG["ffn_hidden_size"], CONFIG["padded_vocab_size"]
    width = CONFIG["num_attention_heads"] * CONFIG["kv_channels"]
    qkv = width + 2 * CONFIG["multi_query_group_num"] * CONFIG["kv_channels"]
    shapes = ((qkv, hidden), (hidden, width), (2 * ffn, hidden), (hidden, ffn))
    packed = sum(rows * columns // 2 + 2 * rows for rows, columns in shapes)  # with a 16-bit scale for every row
    return {
        "blocks": layers * (packed + 2 * qkv + 2 * 2 * hidden) + 2 * hidden,
        "embedding": 2 * vocab * hidden,
        "output_layer": 2 * vocab * hidden,
    }


def cache(layers: int, tokens: int, dtype: str) -> int:
    vectors = 2 * layers * CONFIG["multi_query_group_num"] * tokens
    return vectors * (CONFIG["kv_channels"] + 4 if dtype == "int8" else 2 * CONFIG["kv_channels"])


def activations(tokens: int, device: str) -> int:
    """Residual stream, normed input, gate and up in one tensor, their product; and the rotary table in fp32."""
    rows = min(tokens, SLICE)
    hidden, ffn = CONFIG["hidden_size"], CONFIG["ffn_hidden_size"]
    mlp = 2 * rows * (2 * hidden + 2 * ffn + ffn)
    # torch makes silu(gate) first and the product of it beside it; the CPU's kernel has no such step.
    mlp += 2 * rows * ffn if device == "gpu" else 0
    logits = (2 + 4) * CONFIG["padded_vocab_size"]  # of one position, and once more in fp32 for sampling
    return mlp + 2 * 4 * rows * CONFIG["kv_channels"] // 4 + 8 * tokens + logits


def workspace(tokens: int, device: str) -> int:
    """CPU: 16-bit activations of a chunk of 128 tokens, attention's tiles. GPU: a block of expanded weight, cuBLAS."""
    if device == "gpu":
        return 2 * 2048 * CONFIG["ffn_hidden_size"] + (32 << 20)
    return 128 * CONFIG["ffn_hidden_size"] * 2 + (2 << 20)


def on_paper(layers: int, tokens: int, device: str, cache_dtype: str) -> dict:
    parts = {
        "weights": sum(weights(layers).values()),
        "cache": cache(layers, tokens, cache_dtype),
        "activations": activations(tokens, device),
        "workspace": workspace(tokens, device),
    }
    return {"device": device, "cache_dtype": cache_dtype, "tokens": tokens, **parts, "total": sum(parts.values())}


@torch.no_grad()
def check_child(folder: Path, threads: int, cache_dtype: str, contexts) -> None:
    """Runs prompts and a decoded token behind each; prints what the process held before, and its peaks."""
    torch.set_num_threads(threads)
    model = load_model(folder, cache=None if cache_dtype == "float16" else cache_dtype)
    before = memory()["VmRSS"]
    model(torch.tensor([[5] * 16]), return_last_logit=True)
    first_peak = memory()["VmHWM"]  # while weights move to large pages
    rows = []
    for tokens in contexts:
        caches = model.make_cache(tokens)
        resident, files = reset_peak(), memory()["RssFile"]
        ids = text_like_ids(tokens - 1, model.config.padded_vocab_size)
        model(ids, past_key_values=caches, use_cache=True, return_last_logit=True)
        model(torch.tensor([[5]]), past_key_values=caches, use_cache=True, return_last_logit=True)
        held = memory()
        # Rows of the embedding that the prompt mapped are weights, too.
        weights_and_cache = resident + held["RssFile"] - files + caches.memory_bytes()
        rows.append(
            {
                "tokens": tokens,
                "peak_rss": held["VmHWM"],
                "cache": caches.memory_bytes(),
                "above_weights_and_cache": held["VmHWM"] - weights_and_cache,
            }
        )
        del caches
    print(
        json.dumps(
            {
                "python_and_libraries": before,
                "weights": sum(weight_bytes(model).values()),
                "first_token_peak_rss": first_peak,
                "with_weights": resident,
                "runs": rows,
            }
        )
    )


def check(layers: int, threads: int, cache_dtype: str, contexts, keep) -> dict:
    with checkpoint_folder(keep, layers) as folder:
        options = ("--threads", threads, "--cache", cache_dtype, "--contexts", *contexts)
        measured = in_own_process("benchmarks.memory", "--check-child", folder, *options)
    for run in measured["runs"]:
        paper = on_paper(layers, run["tokens"], "cpu", cache_dtype)
        run["on_paper_above_weights_and_cache"] = paper["activations"] + paper["workspace"]
    return measured


@torch.no_grad()
def saved_child(folder: Path, threads: int, cache_dtype: str, tokens: int) -> None:
    """Saves and loads a cache of the whole model's geometry; prints seconds, bytes and peaks of resident memory."""
    torch.set_num_threads(threads)
    model = load_model(folder, cache=None if cache_dtype == "float16" else cache_dtype)
    caches, path = fill_cache(model, tokens - 16, 16), folder / "kept.safetensors"
    resident = reset_peak()
    result = {"save_s": seconds(lambda: model.save_cache(caches, path)), "bytes": path.stat().st_size}
    result["save_peak"] = memory()["VmHWM"] - resident
    loaded = []
    for name in ("load_s", "load_from_disk_s"):
        loaded.clear()
        resident = reset_peak()
        result[name] = seconds(lambda: loaded.append(model.load_cache(path)[0]))
        result["load_peak_above_cache"] = memory()["VmHWM"] - resident - loaded[0].memory_bytes()
        with open(path, "rb") as file:  # the pages of this file alone are dropped
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    ids = torch.full((1, tokens - 15), 5)
    answers = [
        model.generate(ids, past_key_values=kept, max_new_tokens=8, do_sample=False) for kept in (caches, loaded[0])
    ]
    content = torch.empty(result["bytes"], dtype=torch.int8).random_().numpy()

    def write() -> None:
        with open(path, "wb") as file:
            file.write(content)
            os.fsync(file.fileno())

    result.update(plain_write_s=seconds(write), equal_next_tokens=answers[0].equal(answers[1]))
    print(json.dumps(result))


def saved(threads: int, tokens: int) -> List[dict]:
    """Of a model that is narrow, with a cache as wide and as deep as the published one's."""
    keys = ("kv_channels", "multi_query_group_num", "seq_length")
    narrow = {"hidden_size": 256, "ffn_hidden_size": 256, "num_attention_heads": 2, "padded_vocab_size": 1024}
    rows = []
    with checkpoint_folder(None, CONFIG["num_layers"], **narrow, **{key: CONFIG[key] for key in keys}) as folder:
        for dtype in ("float16", "int8"):
            options = ("--threads", threads, "--cache", dtype, "--contexts", tokens)
            rows.append({"cache_dtype": dtype, "tokens": tokens})
            rows[-1].update(in_own_process("benchmarks.memory", "--saved-child", folder, *options))
    names = ["cache", "tokens", "GB", "save s", "plain write s", "load s", "from disk s", "peaks GB", "equal tokens"]
    cells = [
        [row["cache_dtype"], f"{row['tokens']:,}", row["bytes"] / GB]
        + [f"{row[key]:.2f}" for key in ("save_s", "plain_write_s", "load_s", "load_from_disk_s")]
        + [f"{row['save_peak'] / GB:.3f}, {row['load_peak_above_cache'] / GB:.3f}", str(row["equal_next_tokens"])]
        for row in rows
    ]
    table(names, cells)
    return rows


def report_on_paper(rows: List[dict]) -> None:
    keys = ("weights", "cache", "activations", "workspace", "total")
    table(
        ["GB on paper", "tokens", *keys],
        [
            [
                f"{row['device'].upper()}, {row['cache_dtype']} cache",
                f"{row['tokens']:,}",
                *(row[k] / GB for k in keys),
            ]
            for row in rows
        ],
    )
    print("A process holds Python and its libraries besides (about 0.35 GB), a GPU its CUDA context.\n")


def report_check(measured: dict) -> None:
    layers, cache_dtype = measured["layers"], measured["cache_dtype"]
    print(
        f"Measured on the CPU, {layers} layers: weights {measured['weights'] / GB:.3f} GB (on paper "
        f"{sum(weights(layers).values()) / GB:.3f}), Python and libraries {measured['python_and_libraries'] / GB:.2f} "
        f"GB, peak of the first token {measured['first_token_peak_rss'] / GB:.2f} GB"
    )
    keys = ("above_weights_and_cache", "on_paper_above_weights_and_cache", "peak_rss")
    rows = []
    for run in measured["runs"]:
        caches = run["cache"] / GB, cache(layers, run["tokens"], cache_dtype) / GB
        rows.append([f"{run['tokens']:,}", *caches, *(run[key] / GB for key in keys)])
    table(["tokens", "cache GB", "on paper", "above weights and cache", "on paper", "peak RSS GB"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, default=2, help="of the check; the tables are for the whole model")
    parser.add_argument("--contexts", type=int, nargs="+", default=list(CONTEXTS), metavar="TOKENS")
    parser.add_argument("--threads", type=int, default=cpu_count())
    parser.add_argument("--cache", choices=("float16", "int8"), default="float16", help="of the check")
    parser.add_argument("--folder", help="a checkpoint for the check, or where to make and keep one")
    parser.add_argument("--no-check", action="store_true")
    parser.add_argument(
        "--saved", action="store_true", help="measures caches in files, for the most tokens of --contexts"
    )
    parser.add_argument("--saved-child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--check-child", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.check_child:
        check_child(arguments.check_child, arguments.threads, arguments.cache, arguments.contexts)
        return
    if arguments.saved_child:
        saved_child(arguments.saved_child, arguments.threads, arguments.cache, arguments.contexts[0])
        return
    if arguments.saved:
        rows = saved(arguments.threads, max(arguments.contexts))
        print(json.dumps({"benchmark": "saved caches", **machine(arguments.threads), "saved": rows}))
        return
    result = {"benchmark": "memory", **machine(arguments.threads), "layers": CONFIG["num_layers"], "on_paper": []}
    for device in ("gpu", "cpu"):
        for cache_dtype in ("float16", "int8"):
            result["on_paper"] += [
                on_paper(CONFIG["num_layers"], tokens, device, cache_dtype) for tokens in (1, *arguments.contexts)
            ]
    report_on_paper(result["on_paper"])
    if not arguments.no_check:
        measured = check(arguments.layers, arguments.threads, arguments.cache, arguments.contexts, arguments.folder)
        result["check"] = {"layers": arguments.layers, "cache_dtype": arguments.cache, **measured}
        report_check(result["check"])
    print(json.dumps(result))


if __name__ == "__main__":
    main()
