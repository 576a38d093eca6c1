"""Steps of few tokens on a CPU: one native call per block, where nobody could tell it from the calls of its modules.

Such a step waits for memory and for Python, which the weights that stream through the caches push out of them again
and again. The modules are the reference: a native step gives the same bits, and is taken only where all of them are
exactly this package's.
"""

import ctypes
from typing import Any, List, Optional, Sequence

import torch
from torch import Tensor, nn
from torch.nn.modules import module as torch_module

from .cache_chatglm import KVCache
from .cpu_kernels import TYPES, is_tracing, run_block, serve
from .layers_chatglm import MLP, NATIVE_WIDTH, Context, GLMBlock, RMSNorm, SelfAttention
from .quantization import FEW_ROWS, SMALL_WEIGHT, QuantizedLinear

# What the classes do as long as nobody has changed them.
FORWARD = {kind: kind.forward for kind in (GLMBlock, RMSNorm, SelfAttention, MLP, QuantizedLinear)}


class NotPlainError(Exception):
    """A native call would not do what the modules do, or might not."""


class NativeStep:
    """One step through the blocks of a model, ready to run over `x` [b, s, hidden], which each block changes in place.

    Raises:
        NotPlainError: the modules have to do it; nothing has been changed or claimed.
    """

    def __init__(self, blocks: Sequence[nn.Module], x: Tensor, context: Context, cache: KVCache):
        self.tensors: List[Tensor] = []  # whose addresses are in what follows
        weights = [self._weights(block, x.shape[2], context.cos.shape[-1]) for block in blocks]
        cos, sin = context.cos.contiguous(), context.sin.contiguous()
        if cos.dtype != torch.float32 or sin.dtype != torch.float32:
            raise NotPlainError
        if not serve(x, cos, sin, *cache.stored(0), *self.tensors):
            raise NotPlainError
        b, s, hidden = x.shape
        attention: Any = blocks[0].self_attention
        heads, groups, channels = attention.num_heads, attention.num_kv_heads, attention.head_dim
        starts = None if context.starts is None else context.starts.to(torch.int64).contiguous()
        self.x, self.kept = x.clone(memory_format=torch.contiguous_format), (cos, sin, starts)
        sizes = (b, s, cache.length, hidden, heads, groups, channels, cos.shape[-1], TYPES[x.dtype])
        angles = (cos.data_ptr(), sin.data_ptr(), 0 if starts is None else starts.data_ptr())
        self.step, self.scale = numbers(*sizes, *angles, torch.get_num_threads()), channels**-0.5
        like = x.new_empty((b, s, groups, channels))
        self.blocks = []
        for layer, of_weights in enumerate(weights):
            key, value = place = cache.receive(layer, [like, like])
            self.tensors += place
            strides = (*key.stride()[:3], *value.stride()[:3])
            self.blocks.append(numbers(*of_weights, key.data_ptr(), value.data_ptr(), *strides))
        plain: Any = blocks
        self.eps = [(block.input_layernorm.eps, block.post_attention_layernorm.eps) for block in plain]

    def run(self, index: int) -> None:
        run_block(self.step, self.blocks[index], *self.eps[index], self.scale, self.x)

    def _weights(self, block: Any, hidden: int, pairs: int) -> List[int]:
        """The start of `Block` in block.h."""
        attention, mlp = untouched(block, GLMBlock).self_attention, untouched(block.mlp, MLP)
        channels = untouched(attention, SelfAttention).head_dim
        query, key = attention.num_heads * channels, attention.num_kv_heads * channels
        if block.training or block.residual_after_norm or block.fp32_residual or attention.interleaved:
            raise NotPlainError
        # Torch rotates narrow ones, with other bits.
        if query + key < NATIVE_WIDTH or 2 * pairs > channels:
            raise NotPlainError
        found: List[int] = []
        for norm in (block.input_layernorm, block.post_attention_layernorm):
            weight = untouched(norm, RMSNorm).weight
            if weight.shape != (hidden,) or not weight.is_contiguous():
                raise NotPlainError
            self.tensors.append(weight)
            found += (weight.data_ptr(), TYPES.get(weight.dtype, 0))
        found += self._layer(attention.query_key_value, query + 2 * key, hidden)
        found += self._layer(attention.dense, hidden, query)
        ffn = untouched(mlp.dense_4h_to_h, QuantizedLinear).in_features
        found += self._layer(mlp.dense_h_to_4h, 2 * ffn, hidden)
        return found + self._layer(mlp.dense_4h_to_h, hidden, ffn)

    def _layer(self, layer: Any, rows: int, columns: int) -> List[int]:
        """`QuantizedLayer` in block.h."""
        weight, bits = untouched(layer, QuantizedLinear).weight, layer.bits
        if weight.shape != (rows, columns * bits // 8) or weight.numel() < SMALL_WEIGHT or weight.dtype != torch.int8:
            raise NotPlainError
        vectors = [layer.weight_scale] + ([] if layer.bias is None else [layer.bias])
        if not all(v.shape == (rows,) and v.is_contiguous() and v.is_floating_point() for v in vectors):
            raise NotPlainError
        self.tensors += (weight, *vectors)
        stride, unit = weight.stride()
        if unit != 1:
            raise NotPlainError
        found = [bits, rows, columns, weight.data_ptr(), stride]
        for vector in vectors:
            found += (vector.data_ptr(), TYPES.get(vector.dtype, 0))
        return found if len(vectors) == 2 else [*found, 0, 0]


def native_step(blocks: Sequence[nn.Module], x: Tensor, context: Context) -> Optional[NativeStep]:
    """The step of x [b, s, hidden] through these blocks, or None where their modules have to do it."""
    cache = context.cache
    if is_tracing() or not x.is_cpu:  # a traced shape must not be compared: it would become that of the example
        return None
    if x.shape[0] * x.shape[1] > FEW_ROWS or x.shape[2] < NATIVE_WIDTH or type(cache) is not KVCache:
        return None
    if (context.mask is not None and context.starts is None) or context.prefix is not None:
        return None
    if torch_module._global_forward_hooks or torch_module._global_forward_pre_hooks or not len(blocks):
        return None
    stored = cache.stored(0)
    if stored and (stored[0].dtype != x.dtype or stored[0].shape[0] != x.shape[0]):
        return None
    try:
        return NativeStep(blocks, x, context, cache)
    except NotPlainError:
        return None


def untouched(module: Any, kind: Any) -> Any:
    """The module, if calling it does what this package says and no more: no subclass, adapter, hook, other method."""
    if (
        type(module) is not kind
        or kind.forward is not FORWARD[kind]
        or "forward" in module.__dict__  # accelerate's offload puts one there
        or module._forward_hooks
        or module._forward_pre_hooks
    ):
        raise NotPlainError
    return module


def numbers(*values: int) -> Any:
    return (ctypes.c_int64 * len(values))(*values)
