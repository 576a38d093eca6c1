"""What this machine can do at most, measured: memory read, fp32 FMA, dot products of 16-bit and 8-bit integers.

    python -m benchmarks.limits [--threads N]

Needs Linux and a C++ compiler. The benchmarks call these functions between their own measurements, so that a share of
a limit compares like with like on a machine whose speed changes from minute to minute.
"""

import argparse
import ctypes
import json
import os
import platform
import shutil
import subprocess
import tempfile
import time
from functools import lru_cache
from pathlib import Path
from typing import Dict, List, Sequence, TypeVar

import torch

from benchmarks.make_checkpoint import ROOT

Value = TypeVar("Value")
READ_BYTES = 2**29
FAST_READ = 45  # GB/s; a machine that others share reads at about 32 or at about 52 for minutes at a time
# Flags of /proc/cpuinfo from the best down, and what people call the set: the first one that is there counts.
INSTRUCTION_SETS = {
    "avx512_vnni": "AVX-512 VNNI",
    "avx512bw": "AVX-512",
    "avx_vnni": "AVX-VNNI",
    "avx2": "AVX2",
    "i8mm": "NEON i8mm",
    "asimddp": "NEON sdot",
    "asimd": "NEON",
}
SOURCE = r"""
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

typedef int64_t Words __attribute__((vector_size(32)));

static double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// In torch's own threads where it has OpenMP: they spin for a while after work, and others would share their cores.
typedef void (*Parallel)(void (*)(void*), void*, unsigned, unsigned);
static Parallel openmp_parallel;
extern "C" void use_openmp(Parallel parallel) { openmp_parallel = parallel; }

template <class Body> static double timed(int threads, Body body) {
  auto work = [](void* self) { (*(Body*)self)(); };
  double start = seconds();
  if (openmp_parallel) {
    openmp_parallel(work, &body, threads, 0);
  } else {
    std::vector<std::thread> others;
    for (int t = 1; t < threads; t++) others.emplace_back(work, &body);
    body();
    for (auto& other : others) other.join();
  }
  return seconds() - start;
}

static volatile int64_t sink;

// In pieces for whichever thread is free, as the kernels do: a thread that another program holds up delays nobody.
extern "C" double read_seconds(const char* data, int64_t bytes, int threads) {
  std::atomic<int64_t> next{0};
  return timed(threads, [&] {
    const int64_t piece = 1 << 18;
    Words sums[8] = {};
    for (int64_t from; (from = next.fetch_add(piece)) < bytes;) {
      const char* end = data + (from + piece < bytes ? from + piece : bytes) - 255;
      for (const char* at = data + from; at < end; at += 256) {
        for (int line = 0; line < 256; line += 64) __builtin_prefetch(at + 2048 + line);
        for (int i = 0; i < 8; i++) sums[i] += ((const Words*)at)[i];
      }
    }
    for (int i = 1; i < 8; i++) sums[0] += sums[i];
    sink = sums[0][0] + sums[0][1] + sums[0][2] + sums[0][3];
  });
}

#ifdef __AVX2__
// In registers that are named here: compilers move arrays of sums to memory.
#define CHANGED "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", \
  "xmm12", "xmm13", "xmm14", "xmm15"
#ifdef __AVX512BW__
#define R "%%zmm"
static const int BYTES = 64;
#else
#define R "%%ymm"
static const int BYTES = 32;
#endif
static const int64_t ROUNDS = 4000000;

// Ten independent sums, more than any of these instructions takes to give a result.
#define TEN_SUMS \
  STEP("1", "11") STEP("2", "12") STEP("3", "13") STEP("4", "14") STEP("5", "15") \
  STEP("6", "11") STEP("7", "12") STEP("8", "13") STEP("9", "14") STEP("10", "15")

extern "C" double fma_gflops(int threads) {
  double taken = timed(threads, [] {
    asm volatile("vzeroall" ::: CHANGED);  // zeros stay zeros: no denormal numbers
    for (int64_t r = 0; r < ROUNDS; r++)
#define STEP(sum, product) "vfmadd231ps " R "0, " R "0, " R sum "\n"
      asm volatile(TEN_SUMS ::: CHANGED);
#undef STEP
  });
  return ROUNDS * 10.0 * (BYTES / 4) * 2 * threads / taken / 1e9;
}

#ifdef __AVX512VNNI__
#define STEP(sum, product) "vpdpwssd " R "0, " R "0, " R sum "\n"
extern "C" const char* int16_instruction() { return "vpdpwssd, 512 bits"; }
#elif defined(__AVXVNNI__)
#define STEP(sum, product) "%{vex%} vpdpwssd " R "0, " R "0, " R sum "\n"
extern "C" const char* int16_instruction() { return "vpdpwssd, 256 bits"; }
#else  // what an exact product of 16-bit integers costs without VNNI
#define STEP(sum, product) \
  "vpmaddwd " R "0, " R "0, " R product "\n vpaddd " R product ", " R sum ", " R sum "\n"
extern "C" const char* int16_instruction() { return BYTES == 64 ? "vpmaddwd, 512 bits" : "vpmaddwd, 256 bits"; }
#endif

extern "C" double int16_gops(int threads) {
  double taken = timed(threads, [] {
    for (int64_t r = 0; r < ROUNDS; r++) asm volatile(TEN_SUMS ::: CHANGED);
  });
  return ROUNDS * 10.0 * (BYTES / 2) * 2 * threads / taken / 1e9;
}
#undef STEP

#ifdef __AVX512VNNI__
#define STEP(sum, product) "vpdpbusd " R "0, " R "0, " R sum "\n"
extern "C" const char* int8_instruction() { return "vpdpbusd, 512 bits"; }
#elif defined(__AVXVNNI__)
#define STEP(sum, product) "%{vex%} vpdpbusd " R "0, " R "0, " R sum "\n"
extern "C" const char* int8_instruction() { return "vpdpbusd, 256 bits"; }
#else  // pairs into 16 bits, pairs of those into 32 bits
#define STEP(sum, product) \
  "vpmaddubsw " R "0, " R "0, " R product "\n vpmaddwd " R "0, " R product ", " R product "\n" \
  "vpaddd " R product ", " R sum ", " R sum "\n"
extern "C" const char* int8_instruction() {
  return BYTES == 64 ? "vpmaddubsw and vpmaddwd, 512 bits" : "vpmaddubsw and vpmaddwd, 256 bits";
}
#endif

extern "C" double int8_gops(int threads) {
  double taken = timed(threads, [] {
    for (int64_t r = 0; r < ROUNDS; r++) asm volatile(TEN_SUMS ::: CHANGED);
  });
  return ROUNDS * 10.0 * BYTES * 2 * threads / taken / 1e9;
}
#else
extern "C" double fma_gflops(int) { return 0; }
extern "C" double int16_gops(int) { return 0; }
extern "C" const char* int16_instruction() { return ""; }
extern "C" double int8_gops(int) { return 0; }
extern "C" const char* int8_instruction() { return ""; }
#endif
"""


@lru_cache(maxsize=None)
def _library() -> ctypes.CDLL:
    compiler = os.environ.get("CXX") or next(filter(None, map(shutil.which, ("c++", "g++", "clang++"))))
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder, "limits.cpp"), Path(folder, "limits.so")
        source.write_text(SOURCE)
        flags = ["-std=c++17", "-O3", "-march=native", "-fPIC", "-shared", "-pthread"]
        subprocess.run([compiler, *flags, str(source), "-o", str(library)], check=True)
        loaded = ctypes.CDLL(str(library))
    loaded.read_seconds.argtypes = [ctypes.c_void_p, ctypes.c_int64, ctypes.c_int]
    for function in (loaded.read_seconds, loaded.fma_gflops, loaded.int16_gops, loaded.int8_gops):
        function.restype = ctypes.c_double
    loaded.int16_instruction.restype = loaded.int8_instruction.restype = ctypes.c_char_p
    loaded.use_openmp.argtypes = [ctypes.c_void_p]
    openmp = getattr(ctypes.CDLL(torch._C.__file__), "GOMP_parallel", None)  # the very runtime that torch uses
    loaded.use_openmp(ctypes.cast(openmp, ctypes.c_void_p) if openmp else None)
    return loaded


def huge_buffer(size: int) -> torch.Tensor:
    """int8 [size] of written memory in 2 MiB pages, where the system gives them."""
    buffer = torch.empty(size + (2 << 20), dtype=torch.int8)
    start = -buffer.data_ptr() % (2 << 20)
    libc = ctypes.CDLL(None)
    libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    libc.madvise(buffer.data_ptr() + start, size, 14)  # MADV_HUGEPAGE
    return buffer[start : start + size].fill_(1)


@lru_cache(maxsize=None)
def _read_buffer() -> torch.Tensor:
    return huge_buffer(READ_BYTES)


def read_bandwidth(threads: int, tensors: Sequence[torch.Tensor] = ()) -> float:
    """GB/s of one pass over the tensors' memory (default: 0.5 GB in huge pages), with prefetch."""
    sizes = [(tensor, tensor.numel() * tensor.element_size()) for tensor in tensors or [_read_buffer()]]
    taken = sum(_library().read_seconds(tensor.data_ptr(), size, threads) for tensor, size in sizes)
    return sum(size for _, size in sizes) / taken / 1e9


def read_mode(gb_per_s: float) -> str:
    """ "fast" or "slow", by a read beside a measurement: numbers of two modes have no common median."""
    return "fast" if gb_per_s >= FAST_READ else "slow"


def by_mode(reads: Sequence[float], values: Sequence[Value]) -> Dict[str, List[Value]]:
    """{mode: the values that were measured in it}, for values beside a read [GB/s] each."""
    modes = [read_mode(read) for read in reads]
    return {mode: [value for of, value in zip(modes, values) if of == mode] for mode in sorted(set(modes))}


def release_buffer() -> None:
    """Gives the memory of `read_bandwidth` back, before peak memory is measured."""
    _read_buffer.cache_clear()


def fma_gflops(threads: int) -> float:
    """fp32 multiply-adds, counted as two operations each; 0 where the machine has no AVX2."""
    return _library().fma_gflops(threads)


def int16_gops(threads: int) -> float:
    """16-bit integer multiply-adds into 32 bits, two operations each; 0 where the machine has no AVX2."""
    return _library().int16_gops(threads)


def int16_instruction() -> str:
    """What `int16_gops` counts: VNNI's vpdpwssd where the machine has it, else vpmaddwd and an addition."""
    return _library().int16_instruction().decode()


def int8_gops(threads: int) -> float:
    """8-bit integer multiply-adds into 32 bits, two operations each; 0 where the machine has no AVX2."""
    return _library().int8_gops(threads)


def int8_instruction() -> str:
    """What `int8_gops` counts: VNNI's vpdpbusd where the machine has it, else vpmaddubsw, vpmaddwd and an addition."""
    return _library().int8_instruction().decode()


def processor(cpuinfo: str) -> Dict[str, object]:
    """Name, cores and instruction set from the text of /proc/cpuinfo; no key for what the text does not say.

    Two CPUs with one physical id and one core id are threads of one core.
    """
    fields = [[part.strip() for part in line.split(":", 1)] for line in cpuinfo.splitlines() if ":" in line]
    found: Dict[str, List[str]] = {}
    for name, value in fields:
        found.setdefault(name, []).append(value)
    flags = next((found[name][0].split() for name in ("flags", "Features") if name in found), [])
    result: Dict[str, object] = {"cpu": found["model name"][0]} if "model name" in found else {}
    if "core id" in found:
        result["cores"] = len(set(zip(found.get("physical id", found["core id"]), found["core id"])))
    named = next((name for flag, name in INSTRUCTION_SETS.items() if flag in flags), None)
    return {**result, "instruction_set": named} if named else result


def machine(threads: int) -> Dict[str, object]:
    """What a number is worth nothing without: processor, memory, versions, commit."""
    import transformers

    cpuinfo = Path("/proc/cpuinfo")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    git = ["git", "-C", str(ROOT)]
    commit = subprocess.run(
        [*git, "rev-parse", "--short", "HEAD"], capture_output=True, encoding="utf-8"
    ).stdout.strip()
    changed = subprocess.run(
        [*git, "status", "--porcelain", "-uno"], capture_output=True, encoding="utf-8"
    ).stdout.strip()
    return {
        "cpu": platform.processor() or platform.machine(),
        "cpus": os.cpu_count(),
        **processor(cpuinfo.read_text() if cpuinfo.exists() else ""),
        "memory_gb": round(memory / 1e9, 1),
        "threads": threads,
        "load_average": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "commit": commit + ("+changes" if changed else ""),
        "date": time.strftime("%Y-%m-%d %H:%M"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    threads = parser.parse_args().threads
    reads = sorted(read_bandwidth(threads) for _ in range(21))
    result = {
        **machine(threads),
        "read_gb_s": {"median": reads[10], "p90": reads[18], "max": reads[20]},
        "read_mode": read_mode(reads[10]),
        "fma_gflops": max(fma_gflops(threads) for _ in range(5)),
        "int16_gops": max(int16_gops(threads) for _ in range(5)),
        "int16_instruction": int16_instruction(),
        "int8_gops": max(int8_gops(threads) for _ in range(5)),
        "int8_instruction": int8_instruction(),
    }
    print(f"{result['cpu']}: {result.get('cores', '?')} cores, {result.get('instruction_set', 'no known set')}")
    print(f"read: median {reads[10]:.1f} ({result['read_mode']}), p90 {reads[18]:.1f}, max {reads[20]:.1f} GB/s")
    print(f"fp32 FMA: {result['fma_gflops']:.0f} GFLOPS")
    print(f"16-bit integer dot products: {result['int16_gops']:.0f} GOPS ({result['int16_instruction']})")
    print(f"8-bit integer dot products: {result['int8_gops']:.0f} GOPS ({result['int8_instruction']})")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
