"""The C++ kernels of a CPU, called: tensors to addresses, and what says whether they are taken. No CUDA, no modules.

One predicate, `serve`, says whether the kernels take a call; the other functions may be called where it says yes. The
first one builds the library or loads it: `cpu_library.py`, with the settings that it reads.
"""

import ctypes
import math
import sys
from typing import Any, Optional, Tuple

import torch
from torch import Tensor

from .cpu_library import library

TYPES = {torch.float32: 0, torch.float16: 1, torch.bfloat16: 2, torch.int8: 3}  # as in kernels/cpu/types.h
NO_MEMORY = "no memory for the activations of"


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


def least_activation_bits() -> int:
    """The fewest bits to which the kernels round activations where they are asked to: 8 with AVX2, else 16."""
    loaded = library()
    return 16 if loaded is None else loaded.chatglm_least_activation_bits()


def quantized_linear(
    x: Tensor, weight: Tensor, scale: Tensor, bias: Optional[Tensor], bits: int, activation_bits: int = 16
) -> Tensor:
    """`x @ (scale * q).T + bias` with x rounded to 16-bit integers per token and 512 columns.

    Args:
        x: float32, float16 or bfloat16 [..., in].
        weight: int8 [out, in / 2] (bits = 4) or [out, in] (bits = 8).
        scale: float [out].
        bias: float [out] or None.
        activation_bits: 16; or 8, which rounds x to 8 bits per token and 128 columns for more than 8 rows of x and
            4-bit weights, where `least_activation_bits()` is 8. Elsewhere it is the same as 16.

    Returns:
        [..., out] in the dtype of x, with a relative error around 3e-5 (8 bits: 7e-3) before it is rounded to that
        dtype.
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
        sizes, threads = (bits, activation_bits, m, n, k), torch.get_num_threads()
        if library().chatglm_quantized_linear(*sizes, *at, *factors, y.data_ptr(), threads):
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


# ----------------------------------------------------------------------------------------------------- whole blocks


def run_block(step: Any, block: Any, attention_eps: float, mlp_eps: float, scale: float, x: Tensor) -> None:
    """A whole block of quantized layers, rounded step by step as its modules round.

    Args:
        step, block: `Step` and `Block` in block.h, arrays of int64; whoever fills them answers for the addresses.
        attention_eps, mlp_eps: of the two norms.
        scale: of the attention scores.
        x: float32, float16 or bfloat16 [b, s, hidden], contiguous: changed in place.
    """
    if library().chatglm_block(step, block, attention_eps, mlp_eps, scale, x.data_ptr()):
        raise MemoryError(f"{NO_MEMORY} a block")


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
