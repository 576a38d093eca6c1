"""Speed and error of ChatGLM2-6B's quantized linear layers on this CPU: native kernels, torch backend, dense float32.

    python -m benchmarks.int4_linear [--layers 28] [--m 1,2,4,8,16,64,512] [--bits 4] [--repeats 5]

Every round measures the machine's limits (plain reads of the same bytes, float32 and 16-bit multiply-adds) next to the
kernels, because shared machines change from second to second; medians are shown. "mode" says how fast the memory was
beside a measurement (`limits.read_mode`); the JSON has the share of the read in each mode that was seen. Prints
tables, then one JSON line. The integer peak counts one multiplication per product: where the kernels save every other
one, and where the machine was slower while its peak was measured, shares of it pass 1.
"""

import argparse
import json
from statistics import median
from typing import Dict, List, Optional, Sequence

import torch
from torch import Tensor

from benchmarks.common import package_modules, seconds, table
from benchmarks.compare_trees import in_turns
from benchmarks.limits import (
    by_mode,
    fma_gflops,
    huge_buffer,
    int16_gops,
    int16_instruction,
    machine,
    read_bandwidth,
    read_mode,
)

quantization, cpu_kernels = package_modules("quantization", "cpu_kernels")

SHAPES = {  # [out, in] of a layer
    "query_key_value": (4608, 4096),
    "dense": (4096, 4096),
    "dense_h_to_4h": (27392, 4096),
    "dense_4h_to_h": (4096, 13696),
}
OUTPUT_LAYER = (65024, 4096)
STREAM_ROWS = (1, 2, 4, 8)  # of x: one token, and those that prompt lookup and batches bring


def random_weight(n: int, k: int, bits: int) -> Tensor:
    """A packed weight [n, k * bits / 8] in huge pages, as a loaded model has it."""
    return huge_buffer(n * k * bits // 8).view(n, -1).random_(-128, 128)


def relative_error(x: Tensor, weight: Tensor, scale: Tensor, bits: int) -> float:
    """Relative RMS error of the kernels' product against float64."""
    dense = quantization.dequantize_weight(weight, scale, bits, torch.float64)
    exact = x.double() @ dense.T
    error = cpu_kernels.quantized_linear(x, weight, scale, None, bits).double() - exact
    return (error.norm() / exact.norm()).item()


def measure_matrix(x: Tensor, weight: Tensor, scale: Tensor, bits: int, repeats: int) -> Dict[str, Optional[float]]:
    """One product, its limits, and the same product by the torch backend and from float32 weights."""
    threads, (m, k), n = torch.get_num_threads(), x.shape, weight.shape[0]
    dense = quantization.dequantize_weight(weight, scale, bits, torch.float32)
    reads, floats, integers, times, torch_times, dense_times = [], [], [], [], [], []
    for i in range(repeats):
        reads.append(read_bandwidth(threads, [weight]))
        floats.append(fma_gflops(threads))
        integers.append(int16_gops(threads))
        times.append(seconds(lambda: cpu_kernels.quantized_linear(x, weight, scale, None, bits)))
        if i < (2 if m > 64 else 3):  # the slow ones
            torch_times.append(seconds(lambda: quantization._torch_linear(x, weight, scale, None, bits)))
            dense_times.append(seconds(lambda: quantization.dense_linear(x, dense)))
    rate, gops = weight.nbytes / median(times) / 1e9, 2 * m * n * k / median(times) / 1e9
    return {
        "ms": median(times) * 1e3,
        "GB/s": rate,
        "of_read": rate / median(reads),
        "GOPS": gops,
        "of_int16_peak": gops / median(integers) if median(integers) else None,
        "of_fma_peak": gops / median(floats) if median(floats) else None,
        "torch_ms": median(torch_times) * 1e3,
        "dense_fp32_ms": median(dense_times) * 1e3,
        "relative_rms_error": relative_error(x[:16], weight[:512], scale[:512], bits),
        "read_GB/s": median(reads),
        "fma_GFLOPS": median(floats),
        "int16_GOPS": median(integers),
    }


def shares_of_read(reads: Sequence[float], rates: Sequence[float]) -> dict:
    """The read [GB/s] beside a measurement, its mode, and what share of it the measured rates made, also per mode."""
    shares = [rate / read for rate, read in zip(rates, reads)]
    return {
        "read_GB/s": median(reads),
        "mode": read_mode(median(reads)),
        "of_read": median(shares),
        "of_read_by_mode": {mode: median(of) for mode, of in by_mode(reads, shares).items()},
    }


def measure_stream(weights: Sequence[Tensor], m: int, bits: int, repeats: int) -> dict:
    """All matrices of the model, as decoding reads them: nothing is left in a cache from the layer before."""
    scales = {weight.shape[0]: torch.rand(weight.shape[0]) * 0.01 for weight in weights}
    inputs = {weight.shape[1]: torch.randn(m, weight.shape[1] * 8 // bits) for weight in weights}
    size, threads = sum(weight.nbytes for weight in weights), torch.get_num_threads()

    def run() -> None:
        for weight in weights:
            cpu_kernels.quantized_linear(inputs[weight.shape[1]], weight, scales[weight.shape[0]], None, bits)

    run()
    reads, peaks, times = [], [], []
    for _ in range(repeats):
        peaks.append(int16_gops(threads))
        before = read_bandwidth(threads, weights)
        times.append(seconds(run))
        reads.append((before + read_bandwidth(threads, weights)) / 2)
    gops = size * 8 / bits * 2 * m / median(times) / 1e9
    return {
        "m": m,
        "ms": median(times) * 1e3,
        "GB/s": size / median(times) / 1e9,
        **shares_of_read(reads, [size / taken / 1e9 for taken in times]),
        "GOPS": gops,
        "int16_GOPS": median(peaks),
        "of_int16_peak": gops / median(peaks) if median(peaks) else None,
    }


def measure_output_layer(weight: Tensor, m: int, repeats: int) -> dict:
    """The float layer that turns hidden states into logits, in turns with `F.linear` in its place."""
    x, reads = torch.randn(m, weight.shape[1]), []
    half, threads = x.half(), torch.get_num_threads()
    runs = {
        "ours": lambda: seconds(lambda: quantization.dense_linear(x, weight)),
        "torch": lambda: seconds(lambda: torch.nn.functional.linear(half, weight)),
    }
    times = in_turns(runs, repeats, lambda: reads.append(read_bandwidth(threads, [weight])))
    shares = {name: shares_of_read(reads[1:], [weight.nbytes / t / 1e9 for t in of]) for name, of in times.items()}
    return {
        "m": m,
        "ms": median(times["ours"]) * 1e3,
        "GB/s": weight.nbytes / median(times["ours"]) / 1e9,
        **shares["ours"],
        "torch_ms": median(times["torch"]) * 1e3,
        "torch_of_read": shares["torch"]["of_read"],
        "torch / ours": median(t / ours for t, ours in zip(times["torch"], times["ours"])),
    }


def show(results: Sequence[dict]) -> None:
    """A table of what is a number or a word."""
    columns = [key for key, value in results[0].items() if not isinstance(value, dict)]
    table(columns, [[row[key] for key in columns] for row in results])


def report_matrices(rows: Sequence[int], bits: int, repeats: int) -> List[dict]:
    results: List[dict] = []
    for name, (n, k) in SHAPES.items():
        weight, scale = random_weight(n, k, bits), torch.rand(n) * 0.01
        for m in rows:
            measured = measure_matrix(torch.randn(m, k), weight, scale, bits, repeats)
            results.append({"matrix": name, "m": m, **measured})
    print(f"int{bits}, one matrix after another; medians of {repeats} rounds\n")
    shown = ("ms", "GB/s", "of_read", "GOPS", "of_int16_peak", "of_fma_peak", "torch_ms", "dense_fp32_ms")
    table(
        ["matrix", "m", *shown, "error"],
        [
            [row["matrix"], row["m"], *(row[key] for key in shown), f"{row['relative_rms_error']:.1e}"]
            for row in results
        ],
    )
    return results


def report_stream(layers: int, bits: int, repeats: int) -> List[dict]:
    weights = [random_weight(n, k, bits) for _ in range(layers) for n, k in SHAPES.values()]
    results = [measure_stream(weights, m, bits, repeats) for m in STREAM_ROWS]
    size = sum(weight.nbytes for weight in weights)
    print(f"all matrices of {layers} layers, {size / 1e9:.2f} GB of int{bits}; medians of {repeats} rounds\n")
    show(results)
    return results


def report_output_layer(repeats: int) -> List[dict]:
    n, k = OUTPUT_LAYER
    weight = huge_buffer(2 * n * k).view(torch.float16).view(n, k).normal_(std=0.02)
    results = [measure_output_layer(weight, m, repeats) for m in STREAM_ROWS]
    print(f"output layer, float16 {list(OUTPUT_LAYER)}\n")
    show(results)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, default=28, help="layers of the streaming test, 0 to leave it out")
    parser.add_argument("--m", default="1,2,4,8,16,64,512", help="rows of x in the test per matrix")
    parser.add_argument("--bits", type=int, default=4, choices=(4, 8))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    library = cpu_kernels.library()
    if library is None:
        parser.error("there are no kernels to measure")
    result = {
        "benchmark": "int4_linear",
        "bits": options.bits,
        **machine(options.threads),
        "instructions": library.chatglm_instructions().decode(),
        "int16_peak": int16_instruction(),
        "layers": options.layers,
    }
    print(
        f"{result['cpu']}, {options.threads} threads, kernels for {result['instructions']}, torch {result['torch']}, "
        f"commit {result['commit']}; int16 peak: {result['int16_peak']}\n"
    )
    with torch.inference_mode():
        rows = [int(m) for m in options.m.split(",") if m]
        result["matrices"] = report_matrices(rows, options.bits, options.repeats)
        if options.layers:
            result["stream"] = report_stream(options.layers, options.bits, options.repeats)
        result["output_layer"] = report_output_layer(options.repeats)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
