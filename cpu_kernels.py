"""The C++ kernels of a CPU: built at the first use, loaded, and called. No CUDA, no modules of the network.

One predicate, `serve`, says whether the kernels take a call; the other functions may be called where it says yes.
Nothing runs at import. Settings are read from the environment at the first use:
  CXX                   the compiler (default: the first of c++, g++, clang++ that works)
  CHATGLM_KERNEL_CACHE  the folder of libraries (default: $XDG_CACHE_HOME/chatglm2-kernels, ~/.cache/chatglm2-kernels)
  CHATGLM_CPU_ARCH      "native" (default), or "portable": no intrinsics, runs on any processor of the family
"""

import ctypes
import hashlib
import math
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import warnings
from typing import Any, List, Optional, Tuple

import torch
from torch import Tensor

from .kernel_sources import CPU_SOURCE

FLAGS = ["-std=c++17", "-O3", "-fwrapv", "-fPIC", "-shared", "-pthread"]
ARCH_FLAGS = {
    "native": [["-march=native"], ["-mcpu=native"], []],  # some compilers for ARM know only the second
    "portable": [["-DCHATGLM_PORTABLE"]],
}
TYPES = {torch.float32: 0, torch.float16: 1, torch.bfloat16: 2, torch.int8: 3}  # as in kernels/cpu/types.h
NO_MEMORY = "no memory for the activations of"


# -------------------------------------------------------------------------------------------------- build and load


class KernelUnavailableError(RuntimeError):
    """The kernels cannot be built or loaded on this machine; the message says why and what to install."""


_lock = threading.Lock()
_loaded: List[Optional[ctypes.CDLL]] = []  # empty before the first use


def library() -> Any:  # Optional[ctypes.CDLL], which every call behind `serve` would have to ask again
    """The compiled kernels, built at the first call; None, after one warning, where that fails.

    Calls into them release the GIL.
    """
    if not _loaded:
        with _lock:
            if not _loaded:
                try:
                    _loaded.append(_build())
                except KernelUnavailableError as error:
                    _loaded.append(None)
                    warnings.warn(f"ChatGLM runs without its CPU kernels, several times slower: {error}", stacklevel=2)
    return _loaded[0]


def _build() -> ctypes.CDLL:
    if os.name != "posix":
        raise KernelUnavailableError(f"the CPU kernels are not available on {platform.system()}; use Linux or WSL")
    arch = os.environ.get("CHATGLM_CPU_ARCH", "native")
    if arch not in ARCH_FLAGS:
        raise KernelUnavailableError(f"CHATGLM_CPU_ARCH must be one of {sorted(ARCH_FLAGS)}, got {arch!r}")
    found = map(shutil.which, filter(None, [os.environ.get("CXX"), "c++", "g++", "clang++"]))
    compilers = {os.path.realpath(path): path for path in found if path}  # c++ is often another name of g++
    if not compilers:
        raise KernelUnavailableError(
            "no C++ compiler found; install one (for example `apt-get install g++` or "
            "`conda install gxx`), or name it in CXX"
        )
    problems = []
    with tempfile.TemporaryDirectory(prefix="chatglm2-kernels-") as private_folder:
        folder = _cache_folder() or private_folder  # on Linux and macOS a loaded library outlives its file
        for compiler in compilers.values():
            for arch_flags in ARCH_FLAGS[arch]:
                try:
                    return _load_or_compile(compiler, FLAGS + arch_flags, folder)
                except (OSError, subprocess.SubprocessError) as error:
                    output = getattr(error, "stderr", None) or str(error)
                    problems.append(f"{' '.join([compiler, *arch_flags])}: {output.strip()[:300]}")
    raise KernelUnavailableError(
        "the CPU kernels could not be built; install a C++17 compiler (for example "
        "`apt-get install g++`), or name it in CXX. Tried " + " | ".join(problems)
    )


def _load_or_compile(compiler: str, flags: List[str], folder: str) -> ctypes.CDLL:
    version = _run([compiler, "--version"], timeout=60)
    identity = "\0".join([CPU_SOURCE, compiler, *flags, version, _processor()])
    path = os.path.join(folder, f"chatglm-{hashlib.sha256(identity.encode()).hexdigest()[:24]}.so")
    if _is_complete(path):
        try:
            return _open(path)
        except OSError:
            pass  # built for something else, for instance on a shared home folder: build it again
    descriptor, temporary = tempfile.mkstemp(suffix=".so", dir=folder)
    os.close(descriptor)
    try:
        _run([compiler, *flags, "-x", "c++", "-", "-o", temporary], timeout=600, text=CPU_SOURCE)
        with open(temporary, "rb") as file:
            digest = hashlib.sha256(file.read()).digest()
        with open(temporary, "ab") as file:
            file.write(digest)
        os.replace(temporary, path)  # whole or not at all, also when several processes build it at once
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)
    return _open(path)


def _run(command: List[str], timeout: float, text: str = "") -> str:
    """What a compiler prints when `text` is put in: in any language, whatever encoding the locale names."""
    return subprocess.run(
        command, input=text, capture_output=True, check=True, timeout=timeout, encoding="utf-8", errors="replace"
    ).stdout


def _is_complete(path: str) -> bool:
    # A library ends in the digest of what stands before it: opening a truncated one would kill the process.
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return False
    return hashlib.sha256(content[:-32]).digest() == content[-32:]


def _cache_folder() -> Optional[str]:
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = os.environ.get("CHATGLM_KERNEL_CACHE") or os.path.join(home, "chatglm2-kernels")
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        # Code is loaded from here, so it must be ours.
        if os.stat(folder).st_uid == os.getuid() and os.access(folder, os.W_OK | os.X_OK):
            return folder
    except OSError:
        return None  # a read-only home, for instance
    return None


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            first = file.read().split("\n\n")[0]
        keys = ("model name", "flags", "Features", "CPU implementer", "CPU part")
        return "\n".join(line for line in first.splitlines() if line.startswith(keys))
    except OSError:
        return f"{platform.machine()} {platform.processor()} {platform.platform()}"


def _open(path: str) -> ctypes.CDLL:
    opened = ctypes.CDLL(path)
    pointer, whole, number = ctypes.c_void_p, ctypes.c_int, ctypes.c_int64
    linear = [number, number, number, pointer, whole, number, pointer]  # sizes; x, its type and stride; the weight
    tail = [pointer, whole, pointer, whole]  # bias and its type; y; threads
    cache = [pointer, pointer, whole, pointer, pointer, whole]  # key, value, their type; their scales, their type
    signatures = {
        "instructions": [],
        "use_openmp": [pointer],
        "quantized_linear": [whole, *linear, number, pointer, whole, *tail],
        "float_linear": [*linear, whole, number, *tail],
        "rms_norm": [number, number, pointer, whole, pointer, whole, ctypes.c_float, pointer, whole],
        "swiglu": [number, number, pointer, whole, pointer, whole],
        "rotate": [number, number, number, pointer, whole, number, number, pointer, pointer, whole],
        "attention": [*[number] * 6, pointer, whole, *cache, pointer, pointer, ctypes.c_float, pointer, whole],
    }
    try:
        for name, arguments in signatures.items():
            function = getattr(opened, f"chatglm_{name}")
            function.argtypes, function.restype = arguments, None
    except AttributeError as error:
        raise OSError(f"{path} is not a kernel library: {error}") from error
    opened.chatglm_instructions.restype = ctypes.c_char_p
    for can_fail in (opened.chatglm_quantized_linear, opened.chatglm_float_linear, opened.chatglm_attention):
        can_fail.restype = whole
    try:
        # Looked up through torch's own library, which gives the very runtime that torch uses.
        parallel = ctypes.CDLL(torch._C.__file__).GOMP_parallel
        opened.chatglm_use_openmp(ctypes.cast(parallel, ctypes.c_void_p))
    except (AttributeError, OSError):
        pass  # a torch without OpenMP: the kernels start their own threads
    return opened


# ----------------------------------------------------------------------------------------------------------- calls


def is_tracing() -> bool:
    """Whether torch.compile, torch.export or torch.jit records what runs: then no memory may be read."""
    compiler = getattr(torch, "compiler", None)  # torch 2.0 has none
    return torch.jit.is_tracing() or (compiler is not None and compiler.is_compiling())


def serve(*tensors: Tensor) -> bool:
    """Whether the kernels take these tensors: plain ones in CPU memory, of a dtype they read, without gradients."""
    if is_tracing():
        return False
    for tensor in tensors:
        if not tensor.is_cpu or tensor.dtype not in TYPES or type(tensor) not in (Tensor, torch.nn.Parameter):
            return False  # fake and wrapped tensors, too, have types of their own
    if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors):
        return False
    return library() is not None


def quantized_linear(x: Tensor, weight: Tensor, scale: Tensor, bias: Optional[Tensor], bits: int) -> Tensor:
    """`x @ (scale * q).T + bias` with x rounded to 16-bit integers per token and 512 columns.

    Args:
        x: float32, float16 or bfloat16 [..., in].
        weight: int8 [out, in / 2] (bits = 4) or [out, in] (bits = 8).
        scale: float [out].
        bias: float [out] or None.

    Returns:
        [..., out] in the dtype of x, with a relative error around 3e-5 before it is rounded to that dtype.
    """
    shape, k, n = x.shape, x.shape[-1], weight.shape[0]
    x, m, x_stride = _rows(x)
    weight, weight_stride = _unit_stride(weight)
    scale_at, scale_type, scale = _vector(scale)
    bias_at, bias_type, bias = _vector(bias)
    y = x.new_empty((*shape[:-1], n))
    if m and n:
        at = (x.data_ptr(), TYPES[x.dtype], x_stride, weight.data_ptr(), weight_stride)
        factors = (scale_at, scale_type, bias_at, bias_type)
        if library().chatglm_quantized_linear(bits, m, n, k, *at, *factors, y.data_ptr(), torch.get_num_threads()):
            raise MemoryError(f"{NO_MEMORY} a quantized linear layer")
    return y


def float_linear(x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
    """`x @ weight.T + bias` for few rows of x: reads the weight once, in its own dtype, and sums in float32.

    Args:
        x: float32, float16 or bfloat16 [..., in].
        weight: float32, float16 or bfloat16 [out, in].
        bias: float [out] or None.

    Returns:
        [..., out] in the dtype of x.
    """
    shape, k, n = x.shape, x.shape[-1], weight.shape[0]
    x, m, x_stride = _rows(x)
    weight, weight_stride = _unit_stride(weight)
    bias_at, bias_type, bias = _vector(bias)
    y = x.new_empty((*shape[:-1], n))
    if m and n:
        at = (x.data_ptr(), TYPES[x.dtype], x_stride, weight.data_ptr(), TYPES[weight.dtype], weight_stride)
        if library().chatglm_float_linear(m, n, k, *at, bias_at, bias_type, y.data_ptr(), torch.get_num_threads()):
            raise MemoryError(f"{NO_MEMORY} a linear layer")
    return y


def _rows(x: Tensor) -> Tuple[Tensor, int, int]:
    """x as the kernels read it, its number of rows and the distance between them."""
    k, m = x.shape[-1], math.prod(x.shape[:-1])
    if x.is_contiguous():
        return x, m, k
    rows, stride = _unit_stride(x.reshape(m, k))
    return rows, m, stride


def _unit_stride(matrix: Tensor) -> Tuple[Tensor, int]:
    """A matrix whose rows are contiguous, and the distance between them."""
    stride, unit = matrix.stride()
    return (matrix, stride) if unit == 1 else (matrix.contiguous(), matrix.shape[1])


def _vector(tensor: Optional[Tensor]) -> Tuple[int, int, Any]:
    """Address and type of a scale or bias as the kernels read it, and the tensor that keeps the memory alive."""
    if tensor is None:
        return 0, 0, None
    number = TYPES.get(tensor.dtype)
    if number is None or not tensor.is_contiguous():
        tensor, number = tensor.float().contiguous(), 0
    return tensor.data_ptr(), number, tensor


def attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    key_scale: Optional[Tensor] = None,
    value_scale: Optional[Tensor] = None,
    starts: Optional[Tensor] = None,
) -> Tensor:
    """Causal attention of the last positions over a key/value cache, without expanding or copying it.

    Query i has position t - s + i and sees the keys from starts[b] up to its own position. Query head h uses group
    h // (heads / groups). Scores and sums are float32 (flash attention: Dao et al. 2022, section 3.1).

    Args:
        query: float32, float16 or bfloat16 [b, s, h, d].
        key, value: [b, t, g, d], of one dtype: float32, float16, bfloat16 or int8; t tokens, those of the query last.
            Any strides with contiguous channels.
        key_scale, value_scale: float [b, t, g], the factors of an int8 cache.
        starts: int64 [b], the first key that a batch row may see (left padding), or None.

    Returns:
        [b, s, h, d] in the dtype of `query`; zeros for queries that see no key.
    """
    scaled = key_scale is not None
    if key.dtype != value.dtype or not scaled == (value_scale is not None) == (key.dtype == torch.int8):
        raise ValueError("an int8 cache, and no other, comes with key_scale and value_scale")
    batch, queries, heads, channels = query.shape
    length, groups = key.shape[1:3]
    fits = key.shape == value.shape == (batch, length, groups, channels) and queries <= length
    if not (fits and groups and heads % groups == 0):
        shapes = [list(t.shape) for t in (query, key, value)]
        raise ValueError(f"attention of {shapes[0]} does not fit a cache of {shapes[1]}, {shapes[2]}")
    query, key, value = [t if t.stride(3) == 1 else t.contiguous() for t in (query, key, value)]
    strides = [*query.stride()[:3], *key.stride()[:3], *value.stride()[:3]]
    scale_type = key_scale_at = value_scale_at = 0
    if key_scale is not None and value_scale is not None:
        if key_scale.dtype != value_scale.dtype or key_scale.dtype not in TYPES:
            key_scale, value_scale = key_scale.float(), value_scale.float()
        scale_type, key_scale_at, value_scale_at = TYPES[key_scale.dtype], key_scale.data_ptr(), value_scale.data_ptr()
        strides += [*key_scale.stride(), *value_scale.stride()]
    starts = None if starts is None else starts.to(torch.int64).contiguous()
    out = torch.empty((batch, queries, heads, channels), dtype=query.dtype)
    if out.numel():
        sizes = (batch, queries, heads, groups, channels, length)
        cache = (key.data_ptr(), value.data_ptr(), TYPES[key.dtype], key_scale_at, value_scale_at, scale_type)
        rest = ((ctypes.c_int64 * 15)(*strides), None if starts is None else starts.data_ptr(), channels**-0.5)
        query_at = (query.data_ptr(), TYPES[query.dtype])
        if library().chatglm_attention(*sizes, *query_at, *cache, *rest, out.data_ptr(), torch.get_num_threads()):
            raise MemoryError(f"{NO_MEMORY} attention")
    return out


def rms_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """`weight * (x / sqrt(mean(x²) + eps))` in float32, rounded once.

    Args:
        x: float32, float16 or bfloat16 [..., hidden].
        weight: float32, float16 or bfloat16 [hidden].
    """
    x, weight, k = x.contiguous(), weight.contiguous(), weight.shape[0]
    if x.shape[-1] != k:
        raise ValueError(f"x has {x.shape[-1]} channels, the weight of the norm {k}")
    y = torch.empty_like(x)
    if y.numel():
        at = (x.data_ptr(), TYPES[x.dtype], weight.data_ptr(), TYPES[weight.dtype])
        library().chatglm_rms_norm(x.numel() // k, k, *at, eps, y.data_ptr(), torch.get_num_threads())
    return y


def swiglu(x: Tensor) -> Tensor:
    """`silu(gate) * up` of x [..., gate and up], a float32, float16 or bfloat16, rounded once; [..., half]."""
    x, k = x.contiguous(), x.shape[-1] // 2
    y = x.new_empty((*x.shape[:-1], k))
    if y.numel():
        at = (x.data_ptr(), TYPES[x.dtype], y.data_ptr())
        library().chatglm_swiglu(y.numel() // k, k, *at, torch.get_num_threads())
    return y


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> None:
    """Turns the interleaved pairs of the first channels, in place.

    Args:
        x: float32, float16 or bfloat16 [b, s, heads, d] with contiguous channels.
        cos, sin: float32 [b, s, 1, pairs], 2 * pairs <= d.
    """
    b, s, heads, d = x.shape
    pairs = cos.shape[-1]
    if cos.shape != sin.shape or cos.shape[:3] != (b, s, 1) or 2 * pairs > d:
        raise ValueError(f"cos {list(cos.shape)} and sin {list(sin.shape)} do not fit x {list(x.shape)}")
    cos, sin = cos.float().contiguous(), sin.float().contiguous()
    batch_stride, token_stride, head_stride, unit = x.stride()
    if unit != 1:
        raise ValueError(f"the channels of x must be contiguous, got strides {list(x.stride())}")
    if b > 1 and batch_stride != s * token_stride:  # rows that do not lie one behind the other
        for row in range(b):
            rotate(x[row : row + 1], cos[row : row + 1], sin[row : row + 1])
    elif x.numel():
        at = (x.data_ptr(), TYPES[x.dtype], token_stride, head_stride, cos.data_ptr(), sin.data_ptr())
        library().chatglm_rotate(b * s, heads, pairs, *at, torch.get_num_threads())


# ---------------------------------------------------------------------------------------------------- large pages


def use_huge_pages(tensor: Tensor) -> bool:
    """Asks Linux to back a CPU tensor's memory with 2 MiB pages, which makes reading a large weight faster.

    Works best before the memory is written for the first time. Returns whether the system took the advice; anonymous
    memory only (a memory-mapped file keeps its pages).
    """
    return _advise(tensor, page=2 << 20, advice=14)  # MADV_HUGEPAGE


def copy_to_huge_pages(tensor: Tensor) -> Tensor:
    """A copy of a CPU tensor in 2 MiB pages; pages of a memory-mapped file that it came from are given back."""
    copy = torch.empty_like(tensor, memory_format=torch.contiguous_format)
    if not use_huge_pages(copy):
        return tensor
    copy.copy_(tensor)
    _advise(tensor, page=4096, advice=21)  # MADV_PAGEOUT: drops clean pages of a file, and never loses contents
    return copy


def _advise(tensor: Tensor, page: int, advice: int) -> bool:
    begin = (tensor.data_ptr() + page - 1) // page * page
    end = (tensor.data_ptr() + tensor.numel() * tensor.element_size()) // page * page
    if sys.platform != "linux" or tensor.device.type != "cpu" or end <= begin:
        return False
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return madvise(begin, end - begin, advice) == 0
