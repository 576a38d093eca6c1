"""Speed and error of ChatGLM2-6B's quantized linear layers on this CPU: native kernels, torch backend, dense float32.

    python benchmarks/int4_linear.py [--layers 28] [--m 1,2,4,8,16,64,512] [--bits 4] [--repeats 5]

Every round measures the machine's limits (plain reads of the same bytes, float32 and 16-bit multiply-adds) next to the
kernels, because shared machines change from second to second; medians are shown. Prints tables, then one JSON
line. The integer peak counts one multiplication per product: where the kernels save every other one, and where the
machine was slower while its peak was measured, shares of it pass 1.
"""

import argparse
import ctypes
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from limits import fma_gflops, int16_gops

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from package import load_package  # noqa: E402

quantization, kernels = load_package("quantization", "quantization_kernels")

SHAPES = {  # [out, in] of a layer
    "query_key_value": (4608, 4096),
    "dense": (4096, 4096),
    "dense_h_to_4h": (27392, 4096),
    "dense_4h_to_h": (4096, 13696),
}
OUTPUT_LAYER = (65024, 4096)

LIMITS_SOURCE = r"""
#include <atomic>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>
typedef int64_t Long __attribute__((vector_size(32)));
typedef void (*Parallel)(void (*)(void*), void*, unsigned, unsigned);
struct Job { const char* data; int64_t size; std::atomic<int64_t> next; std::atomic<int64_t> result; };

static void read_all(void* self) {
  Job& job = *(Job*)self;
  const int64_t chunk = 1 << 18;
  Long sum[4] = {};
  for (int64_t at; (at = job.next.fetch_add(chunk)) < job.size;) {
    int64_t end = at + chunk < job.size ? at + chunk : job.size;
    for (; at + 128 <= end; at += 128) {
      __builtin_prefetch(job.data + at + 2048);
      __builtin_prefetch(job.data + at + 2112);
      for (int i = 0; i < 4; i++) { Long v; memcpy(&v, job.data + at + 32 * i, 32); sum[i] ^= v; }
    }
  }
  sum[0] ^= sum[1] ^ sum[2] ^ sum[3];
  job.result += sum[0][0];
}

static void run(void* parallel, int threads, void (*work)(void*), Job& job) {
  if (parallel) return ((Parallel)parallel)(work, &job, threads, 0);
  std::vector<std::thread> helpers;
  for (int i = 1; i < threads; i++) helpers.emplace_back(work, &job);
  work(&job);
  for (std::thread& helper : helpers) helper.join();
}

extern "C" {
void read_bytes(void* parallel, int threads, const char* data, int64_t size) {
  Job job{data, size, {0}, {0}};
  run(parallel, threads, read_all, job);
}
}
"""


class Limits:
    """What the machine can read right now, with the threads that the kernels use."""

    def __init__(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "limits.so")
            command = [os.environ.get("CXX", "c++"), "-std=c++17", "-O3", "-march=native", "-fPIC", "-shared"]
            subprocess.run(
                [*command, "-pthread", "-w", "-x", "c++", "-", "-o", path], input=LIMITS_SOURCE, text=True, check=True
            )
            self.library = ctypes.CDLL(path)
        self.library.read_bytes.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_int64]
        try:
            self.parallel = ctypes.cast(ctypes.CDLL(torch._C.__file__).GOMP_parallel, ctypes.c_void_p)
        except AttributeError:
            self.parallel = None
        self.threads = torch.get_num_threads()

    def read(self, tensors):
        """GB/s over all bytes of the tensors."""
        begin = time.perf_counter()
        for tensor in tensors:
            self.library.read_bytes(self.parallel, self.threads, tensor.data_ptr(), tensor.nbytes)
        return sum(tensor.nbytes for tensor in tensors) / (time.perf_counter() - begin) / 1e9


def seconds(function, *arguments):
    begin = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - begin


def random_weight(n, k, bits, like=None):
    storage = torch.empty(n * k * bits // 8 + 64, dtype=torch.int8)
    kernels.use_huge_pages(storage)
    offset = -storage.data_ptr() % 64
    weight = storage[offset : offset + n * k * bits // 8].view(n, k * bits // 8)
    return weight.random_(-128, 128) if like is None else weight.copy_(like)


def relative_error(result, x, weight, scale, bits):
    dense = quantization.dequantize_weight(weight, scale, bits, torch.float64)
    exact = x.double() @ dense.T
    return ((result.double() - exact).norm() / exact.norm()).item()


def measure_shapes(limits, rows, bits, repeats):
    results = []
    print(f"\nint{bits}, one matrix after another; medians of {repeats} rounds\n")
    print(
        f"{'matrix':16} {'m':>4} {'ms':>9} {'GB/s':>6} {'of read':>7} {'GOPS':>6} {'of int16':>8} {'of FMA':>6} "
        f"{'torch ms':>9} {'dense ms':>9} {'error':>8}"
    )
    for name, (n, k) in SHAPES.items():
        weight, scale = random_weight(n, k, bits), torch.rand(n) * 0.01
        dense = quantization.dequantize_weight(weight, scale, bits, torch.float32)
        for m in rows:
            x = torch.randn(m, k)
            slow_repeats = min(repeats, 2 if m > 64 else 3)
            reads, times, floats, integers, torch_times, dense_times = [], [], [], [], [], []
            for i in range(repeats):
                reads.append(limits.read([weight]))
                floats.append(fma_gflops(limits.threads))
                integers.append(int16_gops(limits.threads))
                times.append(seconds(kernels.cpu_quantized_linear, x, weight, scale, None, bits))
                if i < slow_repeats:
                    torch_times.append(seconds(quantization._torch_linear, x, weight, scale, None, bits))
                    dense_times.append(seconds(quantization.dense_linear, x, dense))
            median = statistics.median
            part = slice(0, 512)
            few = x[:16]
            error = relative_error(
                kernels.cpu_quantized_linear(few, weight[part], scale[part], None, bits),
                few,
                weight[part],
                scale[part],
                bits,
            )
            time_median, gops = median(times), 2 * m * n * k / median(times) / 1e9
            rate = weight.nbytes / time_median / 1e9
            row = {
                "matrix": name,
                "m": m,
                "ms": time_median * 1e3,
                "GB/s": rate,
                "of_read": rate / median(reads),
                "GOPS": gops,
                "of_int16_peak": gops / median(integers) if median(integers) else None,
                "of_fma_peak": gops / median(floats) if median(floats) else None,
                "torch_ms": median(torch_times) * 1e3,
                "dense_fp32_ms": median(dense_times) * 1e3,
                "relative_rms_error": error,
                "read_GB/s": median(reads),
                "fma_GFLOPS": median(floats),
                "int16_GOPS": median(integers),
            }
            results.append(row)
            of_integers, of_floats = (f"{of:.2f}" if of else "-" for of in (row["of_int16_peak"], row["of_fma_peak"]))
            print(
                f"{name:16} {m:4} {row['ms']:9.2f} {rate:6.1f} {row['of_read']:7.2f} {gops:6.1f} {of_integers:>8} "
                f"{of_floats:>6} {row['torch_ms']:9.1f} {row['dense_fp32_ms']:9.1f} {error:8.1e}",
                flush=True,
            )
    return results


def measure_stream(limits, layers, rows, bits, repeats):
    """All matrices of the model, as decoding reads them: nothing is left in a cache from the layer before."""
    first = {name: random_weight(n, k, bits) for name, (n, k) in SHAPES.items()}
    scales = {n: torch.rand(n) * 0.01 for n, _ in SHAPES.values()}
    weights = [
        first[name] if layer == 0 else random_weight(n, k, bits, first[name])
        for layer in range(layers)
        for name, (n, k) in SHAPES.items()
    ]
    size = sum(weight.nbytes for weight in weights)
    print(f"\nall {layers} layers, {size / 1e9:.2f} GB of int{bits}; medians of {repeats} rounds\n")
    print(f"{'m':>4} {'ms/pass':>9} {'GB/s':>6} {'read':>6} {'of read':>7} {'GOPS':>6}")
    results = []
    for m in rows:
        inputs = {k: torch.randn(m, k) for _, k in SHAPES.values()}

        def run(inputs=inputs):
            for weight in weights:
                x = inputs[weight.shape[1] * 8 // bits]
                kernels.cpu_quantized_linear(x, weight, scales[weight.shape[0]], None, bits)

        run()
        reads, times = [], []
        for _ in range(repeats):
            before = limits.read(weights)
            times.append(seconds(run))
            reads.append((before + limits.read(weights)) / 2)
        ratio = statistics.median(size / t / 1e9 / read for t, read in zip(times, reads))
        time_median = statistics.median(times)
        row = {
            "m": m,
            "ms": time_median * 1e3,
            "GB/s": size / time_median / 1e9,
            "read_GB/s": statistics.median(reads),
            "of_read": ratio,
            "GOPS": size * 8 / bits * 2 * m / time_median / 1e9,
        }
        results.append(row)
        print(
            f"{m:4} {row['ms']:9.1f} {row['GB/s']:6.1f} {row['read_GB/s']:6.1f} {ratio:7.2f} {row['GOPS']:6.1f}",
            flush=True,
        )
    return results


def measure_output_layer(limits, repeats):
    weight = torch.empty(OUTPUT_LAYER, dtype=torch.float16)
    kernels.use_huge_pages(weight)
    weight.normal_(std=0.02)
    results = []
    print(f"\noutput layer, float16 {list(OUTPUT_LAYER)}\n")
    print(f"{'m':>4} {'ms':>9} {'GB/s':>6} {'of read':>7} {'F.linear ms':>12}")
    for m in (1, 2, 4):
        x = torch.randn(m, OUTPUT_LAYER[1])
        reads, times = [], []
        for _ in range(repeats):
            reads.append(limits.read([weight]))
            times.append(seconds(quantization.dense_linear, x, weight))
        torch_ms = seconds(torch.nn.functional.linear, x.half(), weight) * 1e3
        rate = weight.nbytes / statistics.median(times) / 1e9
        row = {
            "m": m,
            "ms": statistics.median(times) * 1e3,
            "GB/s": rate,
            "of_read": rate / statistics.median(reads),
            "torch_ms": torch_ms,
        }
        results.append(row)
        print(f"{m:4} {row['ms']:9.2f} {rate:6.1f} {row['of_read']:7.2f} {torch_ms:12.1f}", flush=True)
    return results


def describe():
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")] or [platform.processor()]
    return {
        "machine": f"{names[0]}, {os.cpu_count()} CPUs",
        "load": os.getloadavg()[0],
        "instructions": kernels.load_cpu_kernels().chatglm_instructions().decode(),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "commit": commit.stdout.strip(),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, default=28, help="layers of the streaming test, 0 to leave it out")
    parser.add_argument("--m", default="1,2,4,8,16,64,512", help="rows of x in the test per matrix")
    parser.add_argument("--bits", type=int, default=4, choices=(4, 8))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    machine = describe()
    print(json.dumps(machine))
    limits = Limits()
    rows = [int(m) for m in options.m.split(",") if m]
    with torch.inference_mode():
        report = {
            "benchmark": "int4_linear",
            "bits": options.bits,
            **machine,
            "layers": options.layers,
            "matrices": measure_shapes(limits, rows, options.bits, options.repeats),
        }
        if options.layers:
            report["stream"] = measure_stream(limits, options.layers, [1, 2, 4], options.bits, options.repeats)
        report["output_layer"] = measure_output_layer(limits, options.repeats)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
