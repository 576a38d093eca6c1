"""ChatGLM2: a GLM transformer with multi-query attention, interpolated rotary positions and a preallocated KV cache.

Tensors are [batch, seq, heads, head_dim] throughout, the cache included. Shape letters: b batch, s new tokens, t all
tokens in the cache, h query heads, g key/value heads, d channels of a head.
"""

import copy
import inspect
import os
from typing import Callable, Iterator, List, Optional, Sequence, Tuple, Union

import torch
import torch.nn.functional as F
import transformers
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint
from transformers import (
    GenerationConfig,
    GenerationMixin,
    LogitsProcessor,
    LogitsProcessorList,
    PreTrainedModel,
    StoppingCriteriaList,
)
from transformers.modeling_outputs import (
    BaseModelOutputWithPast,
    CausalLMOutputWithPast,
    SequenceClassifierOutputWithPast,
)

from .configuration_chatglm import ChatGLMConfig
from .quantization import DenseLinear, QuantizedLinear
from .quantization_kernels import cached_attention, copy_to_huge_pages, native_rms_norm, native_rotate, native_swiglu

LARGE_WEIGHT = 2**22  # elements
NATIVE_WIDTH = 1024  # from here on a CPU takes norm, gate and rotation in one native call each, not in eight of torch
# What differs between releases of transformers stands where this name is used.
TRANSFORMERS_VERSION = tuple(int(part) for part in transformers.__version__.split(".")[:2])

History = List[Tuple[str, str]]


# ------------------------------------------------------------------------------------------------- norms and positions


class RMSNorm(nn.Module):
    """Root mean square norm (Zhang and Sennrich 2019, arXiv:1910.07467), its variance in fp32."""

    def __init__(self, hidden_size: int, eps: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(hidden_size))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        if self.weight.numel() >= NATIVE_WIDTH:
            out = native_rms_norm(x, self.weight, self.eps)
            if out is not None:
                return out
        wide = x.float()
        return (self.weight * (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.eps))).to(x.dtype)


class LayerNorm(nn.LayerNorm):
    """Layer norm computed in fp32, whatever the dtypes of its input and of its weight."""

    def forward(self, x: Tensor) -> Tensor:
        weight, bias = self.weight.float(), self.bias.float()
        return F.layer_norm(x.float(), self.normalized_shape, weight, bias, self.eps).to(x.dtype)


def make_norm(config: ChatGLMConfig) -> nn.Module:
    return (RMSNorm if config.rmsnorm else LayerNorm)(config.hidden_size, eps=config.layernorm_epsilon)


def rotary_cos_sin(position_ids: Tensor, config: ChatGLMConfig) -> Tuple[Tensor, Tensor]:
    """Cosine and sine of the rotary angles (Su et al. 2021, arXiv:2104.09864) with interpolated positions.

    Args:
        position_ids: integer [...].

    Returns:
        cos, sin: fp32 [..., kv_channels / 4]; the angle is (position / rope_ratio) · 10000^(-2j / (kv_channels / 2)).
    """
    dtype = getattr(torch, config.rotary_table_dtype)
    if dtype == torch.float32:
        positions = position_ids.float()
    else:  # every step is rounded as in the original package, `arange` with the oddities of its 16-bit variants
        positions = torch.arange(config.seq_length, dtype=dtype, device=position_ids.device)[position_ids]
    width = config.kv_channels // 2
    base, ratio = 10000.0, config.rope_ratio
    if config.rope_ratio_scales == "base":
        base, ratio = base * ratio, 1
    exponents = torch.arange(0, width, 2, device=position_ids.device).to(dtype) / width
    angles = (positions / ratio)[..., None] * (1.0 / (base**exponents))
    return angles.float().cos().to(dtype).float(), angles.float().sin().to(dtype).float()


def apply_rotary(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotates the interleaved pairs (2j, 2j + 1) of the first half of the channels; the second half passes through.

    Args:
        x: [b, s, heads, d]; changed in place where no gradient is asked for.
        cos, sin: fp32 [b, s, 1, d / 4].
    """
    width = 2 * cos.shape[-1]
    if x.shape[2] * x.shape[3] >= NATIVE_WIDTH and native_rotate(x, cos, sin):
        return x
    # A pair is a complex number, turned by cos + i sin.
    pairs = torch.view_as_complex(x[..., :width].float().unflatten(-1, (-1, 2)))
    rotated = torch.view_as_real(pairs * torch.complex(cos, sin)).flatten(-2)
    if x.requires_grad:
        return torch.cat((rotated.to(x.dtype), x[..., width:]), dim=-1)
    x[..., :width] = rotated
    return x


# ----------------------------------------------------------------------------------------------------------- KV cache


class KVCache:
    """Keys and values of all layers in preallocated buffers [b, capacity, g, d], written in place.

    Each layer's buffers lie on that layer's device. They grow by doubling where the final length is not known before.
    `cache[i]` is the filled part of layer i as (key, value), [b, g, t, d] each, the layout of transformers' tuples.

    Args:
        num_layers: layers of the model.
        capacity: tokens to allocate at the first write; None starts small and grows.
        dtype: "int8" stores 8-bit integers with one scale per token and head; None stores what it is given.
        static: once a prompt is in, `update` writes single tokens at a position that the device holds, and returns
            whole buffers: every step then has the same shapes. Needs a capacity, and cannot grow.
    """

    is_compileable = False  # asked by generate() from 4.45 on
    is_croppable = True  # from 5.2x on

    def __init__(
        self, num_layers: int, capacity: Optional[int] = None, dtype: Optional[str] = None, static: bool = False
    ):
        if capacity is not None and capacity < 0:
            raise ValueError(f"capacity must not be negative, got {capacity}")
        if dtype not in (None, "int8"):
            raise ValueError(f"dtype must be None or 'int8', got {dtype!r}")
        if static and not capacity:
            raise ValueError("a static cache needs a capacity")
        self.num_layers, self.capacity, self.dtype, self.static = num_layers, capacity or 0, dtype, static
        self.length = 0  # tokens that every layer holds, those of a trained prefix included
        self.prefix_length = 0  # how many of them are a trained prefix (P-Tuning v2)
        self.unpadded = False  # set by generate(): the attention mask is and stays all ones
        self.token_ids: List[int] = []  # what a chat left here, to find the prefix that the next call shares with it
        self._buffers: List[Optional[List[Tensor]]] = [None] * num_layers  # key, value(, key scale, value scale)
        self.position: Optional[Tensor] = None  # static: the length, int64 [1] on the device
        self.starts: Optional[Tensor] = None  # static: padding tokens in front of each row, int64 [b]
        self.graph: Optional[DecodeGraph] = None
        self._written = [0]  # tokens in the buffers, shared with snapshots
        self._shared = False

    @classmethod
    def from_layers(cls, layers: Sequence, dtype: Optional[str] = None) -> "KVCache":
        """A cache with a copy of other code's keys and values, one (key, value, ...) per layer, each [b, g, t, d]."""
        pairs = [(layer[0], layer[1]) for layer in layers]
        cache = cls(len(pairs), dtype=dtype)
        if pairs and pairs[0][0] is not None and pairs[0][0].numel():
            for index, (key, value) in enumerate(pairs):
                cache.update(index, key.transpose(1, 2), value.transpose(1, 2))
            cache.advance(pairs[0][0].shape[2])
        return cache

    def update(self, layer: int, key: Tensor, value: Tensor) -> List[Tensor]:
        """Writes new keys and values [b, s, g, d] behind the filled part; `advance` counts them once all layers have.

        Returns:
            Views of all keys and values, [b, t, g, d]; for an int8 cache also their scales, [b, t, g].
        """
        static = self.position is not None and key.shape[1] == 1
        end = self.length + key.shape[1]
        buffers = self._room(layer, key, end)
        for index, new in enumerate((key, value)):
            if self.dtype == "int8":
                scale = (new.abs().amax(-1) / 127).float()
                new = (new / scale.clamp(min=1e-12)[..., None]).round()
                self._write(buffers[2 + index], scale, end, static)
            self._write(buffers[index], new, end, static)
        return buffers if static else [buffer[:, :end] for buffer in buffers]

    def _write(self, buffer: Tensor, new: Tensor, end: int, static: bool) -> None:
        if static:
            buffer.index_copy_(1, self.position.to(buffer.device), new.to(buffer.dtype))
        else:
            buffer[:, self.length : end] = new

    def advance(self, new_tokens: int) -> None:
        """Counts `new_tokens` as filled, after every layer has written them."""
        self.length += new_tokens
        self._written[0] = self.length
        if self.position is not None:
            self.position += new_tokens

    def begin_static_steps(self, starts: Tensor) -> None:
        """After the prompt: from here on single tokens are written where `position` says."""
        self.starts, self.position = starts, torch.tensor([self.length], device=starts.device)
        self.graph = None

    def static_step(self) -> Tuple[Tensor, Tensor]:
        """position_ids [b, 1] of the next token, and its mask over the whole buffers, bool [b, 1, 1, capacity]."""
        keys = torch.arange(self.capacity, device=self.position.device)
        first = self.prefix_length + self.starts[:, None]
        visible = ((keys < self.prefix_length) | (keys >= first)) & (keys <= self.position)
        return self.position - first, visible[:, None, None]

    def _room(self, layer: int, like: Tensor, end: int) -> List[Tensor]:
        buffers = self._buffers[layer]
        if layer == 0 and self._shared and self._written[0] != self.length:
            self._map_rows(lambda filled: filled)  # another snapshot has written behind this one's end
            buffers = self._buffers[layer]
        if buffers is not None and buffers[0].shape[0] != like.shape[0]:
            raise ValueError(f"the cache holds a batch of {buffers[0].shape[0]}, got one of {like.shape[0]}")
        if buffers is None or buffers[0].shape[1] < end:
            if end > self.capacity:
                if self.static:
                    raise ValueError(f"a static cache of {self.capacity} tokens cannot take {end}")
                self.capacity = max(end, 2 * self.capacity, 256)
            shape = (like.shape[0], self.capacity, *like.shape[2:])
            dtype = torch.int8 if self.dtype == "int8" else like.dtype
            # Static steps multiply what is not yet written by zero, which must not be a NaN.
            make = like.new_zeros if self.static else like.new_empty
            grown = [make(shape, dtype=dtype) for _ in range(2)]
            if self.dtype == "int8":
                grown += [make(shape[:-1], dtype=torch.float32) for _ in range(2)]
            if buffers is not None:
                for new, old in zip(grown, buffers):
                    new[:, : self.length] = old[:, : self.length]
            self._buffers[layer] = buffers = grown
        return buffers

    def reserve(self, capacity: int) -> None:
        """Makes the next growth, if one is needed, large enough for `capacity` tokens."""
        self.capacity = max(self.capacity, capacity)

    def keep_prefix(self, ids: List[int]) -> int:
        """Drops what a chat left here behind the longest prefix shared with `ids`, whose length it returns."""
        shared = 0
        while shared < min(len(ids), len(self.token_ids)) and ids[shared] == self.token_ids[shared]:
            shared += 1
        self.crop(self.prefix_length + shared if shared else 0)
        return shared

    def snapshot(self) -> "KVCache":
        """The cache as it is now, without a copy: writing to either leaves what the other holds intact."""
        self._shared = True
        other = copy.copy(self)
        other._buffers = [buffers and list(buffers) for buffers in self._buffers]
        other.token_ids = list(self.token_ids)
        other.static, other.position, other.starts, other.graph = False, None, None, None
        return other

    def _map_rows(self, function: Callable[[Tensor], Tensor]) -> None:
        """Passes the filled part of every buffer through `function`; afterwards nothing is shared with a snapshot."""
        for buffers in filter(None, self._buffers):
            for index, buffer in enumerate(buffers):
                filled = function(buffer[:, : self.length])
                if self._shared or filled.shape[0] != buffer.shape[0]:
                    buffers[index] = buffer = buffer.new_empty(filled.shape[0], *buffer.shape[1:])
                buffer[:, : self.length] = filled
        self._written, self._shared = [self.length], False
        if self.position is not None:
            self.starts = function(self.starts[:, None])[:, 0]
            self.graph = None

    def crop(self, max_length: int) -> None:
        """Keeps the first `max_length` tokens; a negative number drops that many from the end."""
        self.length = max(0, self.length + max_length) if max_length < 0 else min(self.length, max_length)
        del self.token_ids[max(0, self.length - self.prefix_length) :]
        if not self._shared:
            self._written[0] = self.length
        if self.position is not None:
            self.position.fill_(self.length)

    def reorder_cache(self, beam_idx: Tensor) -> None:
        """Row i of the batch becomes what row beam_idx[i] was."""
        self._map_rows(lambda filled: filled.index_select(0, beam_idx.to(filled.device)))

    batch_select_indices = reorder_cache  # the name contrastive search uses

    def batch_repeat_interleave(self, repeats: int) -> None:
        """Repeats every row of the batch, neighbours staying together."""
        self._map_rows(lambda filled: filled.repeat_interleave(repeats, dim=0))

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Tokens in the cache, those of a trained prefix included."""
        return self.length

    def get_max_length(self) -> None:
        """None: the cache grows (asked up to 4.48)."""

    get_max_cache_shape = get_max_length  # the name from 4.48 on

    def activate_past_recording(self) -> None:
        """Nothing: tokens can always be cropped (called before assisted generation from 5.2x on)."""

    def memory_bytes(self) -> int:
        """Bytes allocated for all layers."""
        return sum(t.numel() * t.element_size() for buffers in self._buffers if buffers for t in buffers)

    def __len__(self) -> int:
        return self.num_layers

    def __getitem__(self, layer: int) -> Tuple[Tensor, Tensor]:
        if not -self.num_layers <= layer < self.num_layers:
            raise IndexError(f"layer {layer} of a cache of {self.num_layers} layers")
        if self._buffers[layer] is None:
            return torch.empty(0, 0, 0, 0), torch.empty(0, 0, 0, 0)
        key, value = dequantize_cache(*(buffer[:, : self.length] for buffer in self._buffers[layer]))
        return key.transpose(1, 2), value.transpose(1, 2)

    def __iter__(self) -> Iterator[Tuple[Tensor, Tensor]]:
        return (self[layer] for layer in range(self.num_layers))


class DecodeGraph:
    """A decode step of fixed shapes, captured as a CUDA graph.

    Args:
        step: ids [b, 1] -> logits [b, 1, vocab]; writes to `cache` and advances it.
    """

    def __init__(self, step: Callable[[Tensor], Tensor], ids: Tensor, cache: KVCache):
        self.ids = ids.clone()
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):  # one step loads kernels and workspaces, which a capture must not do
            step(self.ids)
            cache.crop(cache.length - 1)
        torch.cuda.current_stream().wait_stream(stream)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.logits = step(self.ids)

    def replay(self, ids: Tensor) -> Tensor:
        self.ids.copy_(ids)
        self.graph.replay()
        return self.logits


def dequantize_cache(key, value, key_scale=None, value_scale=None, dtype=torch.float32) -> Tuple[Tensor, Tensor]:
    """The keys and values [b, t, g, d] of a layer as floats, in `dtype` where they were integers."""
    if key_scale is None:
        return key, value
    return key * key_scale[..., None].to(dtype), value * value_scale[..., None].to(dtype)


def free_memory(device: torch.device) -> Optional[int]:
    """Bytes that can still be allocated on a device, or None where nothing tells."""
    if device.type == "cuda":
        cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + cached
    if device.type == "cpu" and os.path.exists("/proc/meminfo"):
        with open("/proc/meminfo") as lines:
            return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)
    return None


# ---------------------------------------------------------------------------------------------------------- attention


def visible_mask(attention_mask: Optional[Tensor], new_tokens: int, total: int, device) -> Tensor:
    """Which keys each new token may see, bool [b or 1, 1, s, t], True where it may.

    Args:
        attention_mask: [b, t], 1 for real tokens and 0 for padding, or None where all are real.
        new_tokens, total: s and t.
    """
    keys = torch.arange(total, device=device)
    causal = keys <= keys[total - new_tokens :, None]  # [s, t]
    if attention_mask is None:
        return causal[None, None]
    visible = causal & attention_mask[:, None, :].bool()
    # A padding token with nothing to see sees everything, so that its softmax, which nobody reads, is a number.
    return (visible | ~visible.any(-1, keepdim=True))[:, None]


def left_padding(attention_mask: Tensor) -> Optional[Tensor]:
    """Padding tokens in front of each row, int64 [b], where a CPU can read that nothing else is masked; or None."""
    if attention_mask.device.type != "cpu" or not (attention_mask[:, 1:] >= attention_mask[:, :-1]).all():
        return None
    return attention_mask.shape[1] - attention_mask.long().sum(1)


def attention(
    query: Tensor, keys_and_values: Sequence[Tensor], mask=None, starts: Optional[Tensor] = None, dropout: float = 0.0
) -> Tensor:
    """Fused attention with shared key/value heads; they are never expanded in memory.

    Args:
        query: [b, s, h, d].
        keys_and_values: key and value [b, t, g, d], query head i using head i // (h / g); int8 ones with their scales.
        mask: bool or additive [b or 1, 1, s, t]; None is causal, the new tokens being the last of the t.
        starts: int64 [b], the first key that each row sees: says what `mask` says, for the kernels that take no mask.

    Returns:
        [b, s, h, d].
    """
    if (mask is None or starts is not None) and dropout == 0.0 and type(query) is Tensor:  # no fake or wrapped tensors
        key, value, *scales = keys_and_values
        out = cached_attention(query, key, value, None, starts, *scales)
        if out is not None:
            return out
    key, value = dequantize_cache(*keys_and_values, dtype=query.dtype)
    b, s, h, d = query.shape
    t, g = key.shape[1:3]
    dtype = query.dtype
    if query.device.type == "cpu" and dtype in (torch.float16, torch.bfloat16):
        # CPUs multiply 16-bit floats several times slower than 32-bit ones.
        query, key, value = query.float(), key.float(), value.float()
    if mask is not None and mask.dtype != torch.bool:
        mask = mask.to(query.dtype)
    if s == 1 and dropout == 0.0:
        # The heads of a group are rows of one product with the group's keys.
        query = query.view(b, g, h // g, d)
        out = F.scaled_dot_product_attention(query, key.transpose(1, 2), value.transpose(1, 2), mask)
        return out.reshape(b, 1, h, d).to(dtype)
    causal = mask is None and s == t
    if mask is None and not causal:
        mask = visible_mask(None, s, t, query.device)
    out = [
        F.scaled_dot_product_attention(
            q.transpose(1, 2),
            k.transpose(1, 2).expand(b, h // g, t, d),
            v.transpose(1, 2).expand(b, h // g, t, d),
            mask,
            dropout,
            causal,
        )
        for q, k, v in zip(query.split(h // g, 2), key.split(1, 2), value.split(1, 2))
    ]  # per group [b, h / g, s, d]
    return torch.cat(out, dim=1).transpose(1, 2).to(dtype)


def attention_with_weights(query, keys_and_values, mask, dropout: float = 0.0) -> Tuple[Tensor, Tensor]:
    """The reference for `attention`, which also returns the probabilities, [b, h, s, t]."""
    key, value = dequantize_cache(*keys_and_values, dtype=query.dtype)
    s, h, t, g = query.shape[1], query.shape[2], key.shape[1], key.shape[2]
    key, value = (x.repeat_interleave(h // g, dim=2) for x in (key, value))
    scores = torch.einsum("bshd,bthd->bhst", query.float(), key.float()) / query.shape[-1] ** 0.5
    mask = visible_mask(None, s, t, query.device) if mask is None else mask
    scores = scores.masked_fill(~mask, float("-inf")) if mask.dtype == torch.bool else scores + mask.float()
    weights = F.dropout(scores.softmax(-1), dropout).to(query.dtype)
    return torch.einsum("bhst,bthd->bshd", weights, value), weights


# -------------------------------------------------------------------------------------------------------------- layers


def make_linear(config: ChatGLMConfig, in_features: int, out_features: int, bias: bool) -> nn.Linear:
    if config.quantization_bit:
        return QuantizedLinear(in_features, out_features, config.quantization_bit, bias)
    return DenseLinear(in_features, out_features, bias)


class SelfAttention(nn.Module):
    def __init__(self, config: ChatGLMConfig, layer: int):
        super().__init__()
        self.layer = layer
        self.num_heads, self.num_kv_heads = config.num_attention_heads, config.num_key_value_heads
        self.head_dim = config.kv_channels
        self.interleaved = not config.multi_query_attention
        self.dropout = config.attention_dropout
        width = self.num_heads * self.head_dim
        self.query_key_value = make_linear(
            config,
            config.hidden_size,
            width + 2 * self.num_kv_heads * self.head_dim,
            bias=config.add_bias_linear or config.add_qkv_bias,
        )
        self.dense = make_linear(config, width, config.hidden_size, bias=config.add_bias_linear)

    def split_heads(self, qkv: Tensor, cos: Tensor, sin: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        """[b, s, out] -> query [b, s, h, d] and key [b, s, g, d], both rotated, and value [b, s, g, d]."""
        b, s, _ = qkv.shape
        if self.interleaved:  # rows of the weight: per head query, key, value
            query, key, value = qkv.view(b, s, self.num_heads, 3 * self.head_dim).split(self.head_dim, -1)
            return apply_rotary(query, cos, sin), apply_rotary(key, cos, sin), value
        heads = qkv.view(b, s, -1, self.head_dim)  # rows: all query heads, then key groups, then value groups
        rotated = apply_rotary(heads[:, :, : self.num_heads + self.num_kv_heads], cos, sin)
        query, key = rotated.split((self.num_heads, self.num_kv_heads), 2)
        return query, key, heads[:, :, self.num_heads + self.num_kv_heads :]

    def forward(self, x, cos, sin, mask, starts, cache: Optional[KVCache], prefix, output_attentions: bool):
        query, key, value = self.split_heads(self.query_key_value(x), cos, sin)
        if prefix is not None:  # (key, value), each [b, pre_seq_len, g, d]
            key, value = (torch.cat((p.to(new.dtype), new), dim=1) for p, new in zip(prefix, (key, value)))
        keys_and_values = (key, value)
        if cache is not None:
            past = cache.length
            cached = cache.update(self.layer, key.detach(), value.detach())
            if not key.requires_grad:
                keys_and_values = cached
            elif past:  # gradients flow through the new tokens; buffers written in place carry none
                old = dequantize_cache(*(buffer[:, :past].clone() for buffer in cached), dtype=key.dtype)
                keys_and_values = [torch.cat(pair, dim=1) for pair in zip(old, (key, value))]
        dropout = self.dropout if self.training else 0.0
        weights = None
        if output_attentions:
            out, weights = attention_with_weights(query, keys_and_values, mask, dropout)
        else:
            out = attention(query, keys_and_values, mask, starts, dropout)
        return self.dense(out.flatten(2)), weights


class MLP(nn.Module):
    """SwiGLU (Shazeer 2020, arXiv:2002.05202): down(silu(gate) * up), gate and up in one product."""

    def __init__(self, config: ChatGLMConfig):
        super().__init__()
        hidden, ffn, bias = config.hidden_size, config.ffn_hidden_size, config.add_bias_linear
        self.dense_h_to_4h = make_linear(config, hidden, 2 * ffn, bias)
        self.dense_4h_to_h = make_linear(config, ffn, hidden, bias)

    def forward(self, x: Tensor) -> Tensor:
        gate_and_up = self.dense_h_to_4h(x)
        product = native_swiglu(gate_and_up) if gate_and_up.shape[-1] >= NATIVE_WIDTH else None
        if product is None:
            gate, up = gate_and_up.chunk(2, dim=-1)
            product = F.silu(gate) * up
        return self.dense_4h_to_h(product)


class GLMBlock(nn.Module):
    def __init__(self, config: ChatGLMConfig, layer: int):
        super().__init__()
        self.residual_after_norm = config.apply_residual_connection_post_layernorm
        self.fp32_residual = config.fp32_residual_connection
        self.dropout = config.hidden_dropout
        self.input_layernorm = make_norm(config)
        self.self_attention = SelfAttention(config, layer)
        self.post_attention_layernorm = make_norm(config)
        self.mlp = MLP(config)

    def forward(self, x, cos, sin, mask=None, starts=None, cache=None, prefix=None, output_attentions=False):
        """x [b, s, hidden] -> (x, attention probabilities or None)."""
        normed = self.normalize(self.input_layernorm, x)
        out, weights = self.self_attention(normed, cos, sin, mask, starts, cache, prefix, output_attentions)
        x = self.add_residual(normed if self.residual_after_norm else x, out)
        normed = self.normalize(self.post_attention_layernorm, x)
        return self.add_residual(normed if self.residual_after_norm else x, self.mlp(normed)), weights

    def normalize(self, norm: nn.Module, x: Tensor) -> Tensor:
        # A residual stream in fp32 may be wider than the weights that the result meets.
        return norm(x).to(norm.weight.dtype) if self.fp32_residual else norm(x)

    def add_residual(self, residual: Tensor, out: Tensor) -> Tensor:
        return residual + (F.dropout(out, self.dropout) if self.training else out)


class GLMTransformer(nn.Module):
    """The stack of blocks and the final norm; the names are those of the checkpoint."""

    def __init__(self, config: ChatGLMConfig):
        super().__init__()
        self.layers = nn.ModuleList([GLMBlock(config, layer) for layer in range(config.num_layers)])
        if config.post_layer_norm:
            self.final_layernorm = make_norm(config)


class Embedding(nn.Module):
    def __init__(self, config: ChatGLMConfig):
        super().__init__()
        self.word_embeddings = nn.Embedding(config.padded_vocab_size, config.hidden_size)


class PrefixEncoder(nn.Module):
    """P-Tuning v2 (Liu et al. 2022, arXiv:2110.07602): trained keys and values in front of every layer's cache."""

    def __init__(self, config: ChatGLMConfig):
        super().__init__()
        width = config.num_layers * 2 * config.num_key_value_heads * config.kv_channels
        self.embedding = nn.Embedding(config.pre_seq_len, width)
        if config.prefix_projection:
            self.trans = nn.Sequential(
                nn.Linear(width, config.hidden_size), nn.Tanh(), nn.Linear(config.hidden_size, width)
            )
        self.projects = config.prefix_projection

    def forward(self, prefix: Tensor) -> Tensor:
        """ids [b, pre_seq_len] -> [b, pre_seq_len, layers · 2 · groups · kv_channels]."""
        out = self.embedding(prefix)
        return self.trans(out) if self.projects else out


# -------------------------------------------------------------------------------------------------------------- models


class ChatGLMPreTrainedModel(PreTrainedModel):
    config_class = ChatGLMConfig
    base_model_prefix = "transformer"
    supports_gradient_checkpointing = True
    _no_split_modules = ["GLMBlock"]
    _skip_keys_device_placement = ["cache"]
    # Published files carry the rotary frequencies, which follow from the configuration.
    _keys_to_ignore_on_load_unexpected = [r"rotary_pos_emb\.inv_freq"]
    _keep_in_fp32_modules = ["prefix_encoder"]  # trained in fp32, whatever the dtype of the weights that it steers
    _supports_sdpa = True
    _supports_cache_class = True  # 4.36 to 4.5x: lets a caller hand over a Cache, which forward() converts

    def __init__(self, config: ChatGLMConfig):
        super().__init__(config)
        if config.pre_seq_len is None and TRANSFORMERS_VERSION >= (4, 50):
            self._keep_in_fp32_modules = None  # these refuse the name of a module that is not there

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path, *args, **kwargs):
        """As in transformers, in every release in the dtype of the checkpoint and without a second copy in memory."""
        if TRANSFORMERS_VERSION < (5, 0):  # from 5.0 on both are the defaults
            kwargs.setdefault("low_cpu_mem_usage", True)
            if TRANSFORMERS_VERSION < (4, 56) and "dtype" in kwargs:
                kwargs["torch_dtype"] = kwargs.pop("dtype")
            if "dtype" not in kwargs and "torch_dtype" not in kwargs:
                kwargs["dtype" if TRANSFORMERS_VERSION >= (4, 56) else "torch_dtype"] = "auto"
        loaded = super().from_pretrained(pretrained_model_name_or_path, *args, **kwargs)
        body = (loaded[0] if isinstance(loaded, tuple) else loaded).get_body()
        body.freeze()  # 5.x makes every float trainable
        if body.config.pre_seq_len is not None:
            body.prefix_encoder.float()  # a new one takes the dtype of the checkpoint
        return loaded

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, QuantizedLinear):  # integers come from a checkpoint or from quantize()
            nn.init.zeros_(module.weight)
            nn.init.ones_(module.weight_scale)
        elif isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, std=0.02)
        elif isinstance(module, (RMSNorm, LayerNorm)):
            nn.init.ones_(module.weight)
        else:
            return
        if getattr(module, "bias", None) is not None:
            nn.init.zeros_(module.bias)

    def gradient_checkpointing_enable(self, gradient_checkpointing_kwargs: Optional[dict] = None, **kwargs) -> None:
        """Recomputes every block in the backward pass; `gradient_checkpointing_kwargs` go to torch's `checkpoint`."""
        body = self.get_body()
        body.checkpoint_kwargs = {"use_reentrant": False, **(gradient_checkpointing_kwargs or {})}
        body.gradient_checkpointing = True

    def gradient_checkpointing_disable(self) -> None:
        self.get_body().gradient_checkpointing = False

    def get_body(self) -> "ChatGLMModel":
        return getattr(self, self.base_model_prefix, self)

    def get_input_embeddings(self) -> nn.Embedding:
        return self.get_body().embedding.word_embeddings

    def set_input_embeddings(self, value: nn.Embedding) -> None:
        self.get_body().embedding.word_embeddings = value

    def quantize(self, bits: int, empty_init: bool = False, device=None, search_scale: bool = False, **kwargs):
        """Replaces the four linear layers of every block by INT8 or INT4 ones, on any device, layer by layer.

        Args:
            bits: 4 or 8.
            empty_init: leave the new weights uninitialised, to be loaded afterwards.
            device: where to quantize and leave the new weights; default: where they are.
            search_scale: search each row's scale for the least squared error instead of taking its largest weight.

        Returns:
            The model itself.

        Raises:
            ValueError: bits other than 4 or 8, or a model that is already quantized to other bits.
        """
        if kwargs:
            raise TypeError(f"quantize() got unexpected arguments {sorted(kwargs)}")
        if bits not in (4, 8):
            raise ValueError(f"bits must be 4 or 8, got {bits!r}")
        present = self.config.quantization_bit
        if present and present != bits:
            raise ValueError(f"the model is already quantized to {present} bits, got bits={bits}")
        if present:
            return self
        for block in self.get_body().encoder.layers:
            for parent in (block.self_attention, block.mlp):
                for name, linear in list(parent.named_children()):
                    if empty_init:
                        new = QuantizedLinear(
                            linear.in_features,
                            linear.out_features,
                            bits,
                            linear.bias is not None,
                            device or linear.weight.device,
                            linear.weight.dtype,
                        )
                    else:
                        new = QuantizedLinear.from_linear(linear, bits, search_scale, device)
                        new._is_hf_initialized = True  # a later init_weights() leaves it alone
                    setattr(parent, name, new)
        self.config.quantization_bit = bits
        return self


class ChatGLMModel(ChatGLMPreTrainedModel):
    """Embedding, blocks and final norm. The output layer belongs to it by name only; `forward` does not use it."""

    def __init__(self, config: ChatGLMConfig, device=None, empty_init: bool = True):
        config.check()
        super().__init__(config)
        self.embedding = Embedding(config)
        self.encoder = GLMTransformer(config)
        self.output_layer = DenseLinear(config.hidden_size, config.padded_vocab_size, bias=False)
        self.gradient_checkpointing, self.checkpoint_kwargs = False, {"use_reentrant": False}
        self.settled = False
        if config.pre_seq_len is not None:
            self.prefix_encoder = PrefixEncoder(config)
        self.freeze()
        self.post_init()
        if device is not None:
            self.to(device)

    def freeze(self) -> None:
        """Leaves trainable what can be trained: with a prefix only that, without one all but the quantized layers."""
        for name, module in self.named_modules():
            frozen = isinstance(module, QuantizedLinear)
            frozen = frozen or (self.config.pre_seq_len is not None and not name.startswith("prefix_encoder"))
            for parameter in module.parameters(recurse=False) if frozen else ():
                parameter.requires_grad = False

    def get_prompt(self, batch_size: int, device=None, dtype: Optional[torch.dtype] = None) -> List[Tuple]:
        """The trained prefix of every layer: (key, value), each [batch_size, pre_seq_len, g, d]."""
        config = self.config
        ids = torch.arange(config.pre_seq_len, device=device or self.prefix_encoder.embedding.weight.device)[None]
        prompt = self.prefix_encoder(ids.expand(batch_size, -1))
        prompt = prompt.view(batch_size, config.pre_seq_len, config.num_layers * 2, config.num_key_value_heads, -1)
        prompt = F.dropout(prompt.to(dtype or prompt.dtype), 0.1, self.training)
        layers = prompt.unbind(2)
        return list(zip(layers[0::2], layers[1::2]))

    def forward(
        self,
        input_ids: Optional[Tensor] = None,
        position_ids: Optional[Tensor] = None,
        attention_mask: Optional[Tensor] = None,
        full_attention_mask: Optional[Tensor] = None,
        past_key_values: Optional[Union[KVCache, Sequence]] = None,
        inputs_embeds: Optional[Tensor] = None,
        use_cache: Optional[bool] = None,
        output_hidden_states: Optional[bool] = None,
        output_attentions: Optional[bool] = None,
        return_dict: Optional[bool] = None,
        last_token_only: bool = False,
    ) -> Union[Tuple, BaseModelOutputWithPast]:
        """Runs the new tokens through the blocks.

        Args:
            input_ids: [b, s], or `inputs_embeds` [b, s, hidden] in their place.
            position_ids: [b, s]; default: counted over the ones of `attention_mask`, continuing after the cache.
            attention_mask: [b, t], 1 for real tokens and 0 for padding, cached tokens included; or ready-made,
                [b, 1, s, t], bool (True = may be seen) or additive.
            full_attention_mask: bool [b, 1, s, t], True = hidden (the package's older argument).
            past_key_values: a cache to continue; written in place.
            last_token_only: return only the last position, which lets a long prompt run in slices.

        Returns:
            last_hidden_state [b, s or 1, hidden] after the final norm; hidden_states (on request), the embeddings and
            the output of every block, each [b, s, hidden], before the final norm; attentions [b, h, s, t].

        Raises:
            ValueError: both or neither of input_ids and inputs_embeds; shapes that do not fit; more tokens than
                seq_length.
        """
        config = self.config
        output_hidden_states = config.output_hidden_states if output_hidden_states is None else output_hidden_states
        output_attentions = bool(config.output_attentions if output_attentions is None else output_attentions)
        return_dict = config.return_dict if return_dict is None else return_dict
        use_cache = (config.use_cache and not self.training) if use_cache is None else use_cache
        if self.gradient_checkpointing and self.training:
            use_cache = False  # recomputing a block would write its keys a second time
        if (input_ids is None) == (inputs_embeds is None):
            raise ValueError("give either input_ids or inputs_embeds")
        if input_ids is not None and input_ids.dim() != 2:
            raise ValueError(f"input_ids must be [batch, seq], got {list(input_ids.shape)}")
        tokens = input_ids if inputs_embeds is None else inputs_embeds
        b, s = tokens.shape[:2]
        if s == 0:
            raise ValueError("the input is empty: at least one token is needed")
        whole = not last_token_only or output_hidden_states or output_attentions or torch.is_grad_enabled()
        size = s if whole else config.prefill_slice_size
        x = self._embed(tokens[:, :size])
        if x.is_cpu and not self.settled and not self.training:
            self._settle_weights()

        cache, prefix = self._prepare_cache(past_key_values, use_cache, b, x)
        prefix_length = config.pre_seq_len or 0
        past = max(0, cache.length - prefix_length) if cache is not None else 0
        if past + s > config.seq_length:
            raise ValueError(f"{past + s} tokens are more than the model takes (seq_length={config.seq_length})")
        static = cache is not None and cache.position is not None and s == 1
        if static:
            (position_ids, mask), padding = cache.static_step(), None
        else:
            position_ids = self._position_ids(position_ids, attention_mask, past, b, s, x.device)
            mask, padding = self._masks(attention_mask, full_attention_mask, cache, b, s, past + s, prefix_length)

        if size < s and (cache is None or mask is not None):
            size, x = s, self._embed(tokens)
        for start in range(0, s, size):
            x = self._embed(tokens[:, start : start + size]) if start else x
            total = (cache.length if cache is not None else prefix_length) + x.shape[1]
            piece_mask, starts = mask, None
            if padding is not None:
                piece_mask = visible_mask(padding[:, :total], x.shape[1], total, x.device)
                starts = left_padding(padding) if x.shape[1] == 1 else None
            hidden, hidden_states, attentions = self._run_blocks(
                x,
                position_ids[:, start : start + size],
                piece_mask,
                starts,
                cache,
                prefix,
                output_hidden_states,
                output_attentions,
            )
        if cache is not None and cache.static and not static:
            starts = torch.zeros(b, dtype=torch.long, device=x.device)
            if padding is not None and (starts := left_padding(padding[:, prefix_length:].cpu())) is None:
                raise ValueError("static_decode needs padding on the left, and no other masks")
            cache.begin_static_steps(starts.to(x.device))
        hidden = hidden[:, -1:] if last_token_only else hidden
        if config.post_layer_norm:
            norm = self.encoder.final_layernorm
            hidden = norm(hidden).to(norm.weight.dtype) if config.fp32_residual_connection else norm(hidden)
        elif config.fp32_residual_connection:
            hidden = hidden.to(self.output_layer.weight.dtype)
        cache = cache if use_cache else None
        if not return_dict:
            return tuple(v for v in (hidden, cache, hidden_states, attentions) if v is not None)
        return BaseModelOutputWithPast(hidden, cache, hidden_states, attentions)

    def _run_blocks(self, x, position_ids, mask, starts, cache, prefix, output_hidden_states, output_attentions):
        cos, sin = (table[:, :, None] for table in rotary_cos_sin(position_ids, self.config))
        hidden_states = (x,) if output_hidden_states else None
        attentions = () if output_attentions else None
        for index, block in enumerate(self.encoder.layers):
            arguments = (x, cos, sin, mask, starts, cache, prefix[index] if prefix else None, output_attentions)
            if self.gradient_checkpointing and self.training:
                x, weights = checkpoint(block, *arguments, **self.checkpoint_kwargs)
            else:
                x, weights = block(*arguments)
            hidden_states = hidden_states + (x,) if output_hidden_states else None
            attentions = attentions + (weights,) if output_attentions else None
        if cache is not None:
            cache.advance(position_ids.shape[1])
        return x, hidden_states, attentions

    def _settle_weights(self) -> None:
        """Before the first pass on a CPU: large weights move to memory of large pages, which reads faster."""
        self.settled = True
        for module in self.modules():
            weight = module.weight if isinstance(module, nn.Linear) else None
            if type(weight) is nn.Parameter and weight.is_cpu and weight.numel() >= LARGE_WEIGHT:
                weight.data = copy_to_huge_pages(weight.data)

    def _embed(self, tokens: Tensor) -> Tensor:
        """ids [b, s], or their embeddings, -> [b, s, hidden]."""
        x = tokens if tokens.is_floating_point() else self.embedding.word_embeddings(tokens)
        return x.float() if self.config.fp32_residual_connection else x

    def _prepare_cache(self, past, use_cache: bool, batch: int, x: Tensor):
        """-> (cache or None, trained prefix per layer that attention has to prepend itself, or None)."""
        cache = past
        if past is not None and not isinstance(past, KVCache):  # tuples, or a cache class of transformers
            cache = KVCache.from_layers(past, self.config.kv_cache_dtype)
        if cache is None or cache.num_layers == 0:
            cache = KVCache(self.config.num_layers, dtype=self.config.kv_cache_dtype) if use_cache else None
        if cache is not None and cache.num_layers != self.config.num_layers:
            raise ValueError(f"past_key_values has {cache.num_layers} layers, the model {self.config.num_layers}")
        if self.config.pre_seq_len is None or (cache is not None and cache.length):
            return cache, None
        prefix = self.get_prompt(batch, dtype=x.dtype)
        if cache is None or (torch.is_grad_enabled() and prefix[0][0].requires_grad):
            return None, prefix  # differentiable; nothing to continue from
        for layer, (key, value) in enumerate(prefix):
            device = self.encoder.layers[layer].input_layernorm.weight.device
            cache.update(layer, key.to(device), value.to(device))
        cache.advance(self.config.pre_seq_len)
        cache.prefix_length = self.config.pre_seq_len
        return cache, None

    @staticmethod
    def _position_ids(position_ids, attention_mask, past: int, b: int, s: int, device) -> Tensor:
        if position_ids is not None:
            if position_ids.shape[-1] != s:
                raise ValueError(f"position_ids must be [batch, {s}], got {list(position_ids.shape)}")
            return position_ids.view(-1, s).expand(b, s).to(device)
        if attention_mask is not None and attention_mask.dim() == 2:
            return (attention_mask.long().cumsum(-1) - 1).clamp(min=0)[:, -s:].to(device)
        return torch.arange(past, past + s, device=device).expand(b, s)

    def _masks(self, attention_mask, full_attention_mask, cache, b, s, tokens, prefix_length):
        """-> (ready mask [b, 1, s, t] or None, padding [b, t] or None); neither where only causality matters."""
        total = prefix_length + tokens
        if full_attention_mask is not None:
            attention_mask = ~full_attention_mask.bool()
        if attention_mask is None or (cache is not None and cache.unpadded):
            return None, None
        if attention_mask.dim() not in (2, 4) or attention_mask.shape[-1] not in (tokens, total):
            raise ValueError(
                f"attention_mask must be [{b}, {tokens}] (cached tokens included) or "
                f"[{b}, 1, {s}, {tokens}], got {list(attention_mask.shape)}"
            )
        if attention_mask.shape[-1] != total:  # the trained prefix is always visible
            visible = 0.0 if attention_mask.is_floating_point() and attention_mask.dim() == 4 else 1
            attention_mask = F.pad(attention_mask, (prefix_length, 0), value=visible)
        if attention_mask.dim() == 4:
            return attention_mask, None
        # Reading the mask makes a GPU wait, so there it is read for whole prompts only.
        if (s > 1 or attention_mask.device.type == "cpu") and bool(attention_mask.all()):
            return None, None
        return None, attention_mask


class InvalidScoreLogitsProcessor(LogitsProcessor):
    """Scores with NaN or Inf become all zero but for token 5, so that sampling goes on instead of raising."""

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        if not torch.isfinite(scores).all():
            scores = torch.zeros_like(scores)
            scores[..., 5] = 5e4
        return scores


class ChatGLMForConditionalGeneration(ChatGLMPreTrainedModel, GenerationMixin):
    """ChatGLM2 with its output layer: `generate`, `chat`, `stream_chat`, and training with labels."""

    _auto_class = "AutoModel"  # save_pretrained() copies the code beside the weights; set by the loader from 4.31 on

    def __init__(self, config: ChatGLMConfig, empty_init: bool = True, device=None):
        super().__init__(config)
        self.transformer = ChatGLMModel(config, device, empty_init)
        self.post_init()

    def get_output_embeddings(self) -> nn.Module:
        return self.transformer.output_layer

    def set_output_embeddings(self, value: nn.Module) -> None:
        self.transformer.output_layer = value

    def forward(
        self,
        input_ids: Optional[Tensor] = None,
        position_ids: Optional[Tensor] = None,
        attention_mask: Optional[Tensor] = None,
        past_key_values: Optional[Union[KVCache, Sequence]] = None,
        inputs_embeds: Optional[Tensor] = None,
        labels: Optional[Tensor] = None,
        use_cache: Optional[bool] = None,
        output_attentions: Optional[bool] = None,
        output_hidden_states: Optional[bool] = None,
        return_dict: Optional[bool] = None,
        return_last_logit: bool = False,
        full_attention_mask: Optional[Tensor] = None,
        logits_to_keep: int = 0,
    ) -> Union[Tuple, CausalLMOutputWithPast]:
        """As `ChatGLMModel.forward`, and the output layer.

        Args:
            labels: [b, s], -100 = ignored; the loss is the cross-entropy of the next token, in fp32.
            return_last_logit: logits of the last position only.
            logits_to_keep: logits of that many last positions only; 0 keeps all.

        Returns:
            loss (with labels), logits [b, s, vocab], past_key_values, hidden_states, attentions.
        """
        return_dict = self.config.return_dict if return_dict is None else return_dict
        keep = logits_to_keep or (1 if return_last_logit else 0)
        if (
            isinstance(past_key_values, KVCache)
            and past_key_values.position is not None
            and input_ids is not None
            and input_ids.is_cuda
            and input_ids.shape[1] == 1
            and return_dict
            and labels is None
            and not (output_hidden_states or output_attentions or torch.is_grad_enabled())
        ):
            return CausalLMOutputWithPast(None, self._captured_step(input_ids, past_key_values), past_key_values)
        outputs = self.transformer(
            input_ids,
            position_ids,
            attention_mask,
            full_attention_mask,
            past_key_values,
            inputs_embeds,
            use_cache,
            output_hidden_states,
            output_attentions,
            return_dict=True,
            last_token_only=keep == 1 and labels is None,
        )
        hidden = outputs.last_hidden_state
        logits = self.transformer.output_layer(hidden[:, -keep:] if labels is None else hidden)
        loss = None
        if labels is not None:
            scores = logits[:, :-1].float().flatten(0, 1)
            loss = F.cross_entropy(scores, labels[:, 1:].to(scores.device).flatten(), ignore_index=-100)
            logits = logits[:, -keep:]
        if not return_dict:
            rest = (logits, outputs.past_key_values, outputs.hidden_states, outputs.attentions)
            return tuple(v for v in (loss, *rest) if v is not None)
        return CausalLMOutputWithPast(loss, logits, outputs.past_key_values, outputs.hidden_states, outputs.attentions)

    def _captured_step(self, input_ids: Tensor, cache: KVCache) -> Tensor:
        """Logits [b, 1, vocab] of one more token per row, by a CUDA graph: captured first, then replayed."""
        if cache.graph is None:

            def step(ids: Tensor) -> Tensor:
                return self.transformer.output_layer(self.transformer(ids, past_key_values=cache).last_hidden_state)

            cache.graph = DecodeGraph(step, input_ids, cache)
        else:
            cache.length += 1  # the graph counts on the device only
        return cache.graph.replay(input_ids)

    # ------------------------------------------------------------------------------------------------------ generation

    def prepare_inputs_for_generation(
        self,
        input_ids: Tensor,
        past_key_values: Optional[KVCache] = None,
        attention_mask: Optional[Tensor] = None,
        position_ids: Optional[Tensor] = None,
        inputs_embeds: Optional[Tensor] = None,
        use_cache: Optional[bool] = None,
        return_last_logit: bool = True,
        logits_to_keep: int = 0,
        output_attentions: Optional[bool] = None,
        output_hidden_states: Optional[bool] = None,
        **kwargs,
    ) -> dict:
        """The arguments of `forward` for the next step of `generate()`: only tokens that the cache does not hold."""
        past = self._cached_tokens(past_key_values)
        unpadded = isinstance(past_key_values, KVCache) and past_key_values.unpadded
        # The mask counts cached tokens also where a caller continues a cache with the new ids alone.
        total = input_ids.shape[1]
        if attention_mask is not None and attention_mask.dim() == 2:
            total = attention_mask.shape[1]
        elif position_ids is not None:
            total = max(total, position_ids.shape[1])
        new = max(1, total - past)
        if position_ids is None:
            mask, device = None if unpadded else attention_mask, input_ids.device
            position_ids = self.transformer._position_ids(None, mask, total - new, len(input_ids), new, device)
        elif 1 < position_ids.shape[1] < total:
            # Given for the prompt: the positions of later tokens follow its last one.
            steps = torch.arange(1, total - position_ids.shape[1] + 1, device=position_ids.device)
            position_ids = torch.cat((position_ids, position_ids[:, -1:] + steps), dim=1)
        inputs = {"input_ids": input_ids[:, -new:]}
        if inputs_embeds is not None and past == 0:
            inputs = {"inputs_embeds": inputs_embeds}
        if use_cache is not None:
            inputs["use_cache"] = use_cache
        if TRANSFORMERS_VERSION >= (4, 56):  # earlier ones hand these to forward() themselves
            inputs.update(output_attentions=output_attentions, output_hidden_states=output_hidden_states)
        return {
            **inputs,
            "past_key_values": past_key_values,
            "position_ids": position_ids[:, -new:],
            "attention_mask": attention_mask,
            "return_last_logit": return_last_logit,
            "logits_to_keep": logits_to_keep,
        }

    def _cached_tokens(self, past) -> int:
        if past is None:
            return 0
        length = past.get_seq_length() if hasattr(past, "get_seq_length") else past[0][0].shape[2]
        return max(0, length - (self.config.pre_seq_len or 0))

    def _reorder_cache(self, past: KVCache, beam_idx: Tensor) -> KVCache:
        """Reorders the batch of a cache in place (beam search up to 4.35)."""
        past.reorder_cache(beam_idx)
        return past

    def generate(
        self, inputs: Optional[Tensor] = None, generation_config: Optional[GenerationConfig] = None, *args, **kwargs
    ):
        """`generate()` of the installed transformers, its cache allocated once for the final length.

        Raises:
            ValueError: more tokens than `seq_length`.
            MemoryError: a cache that does not fit.
        """
        config = generation_config if generation_config is not None else self.generation_config

        def setting(name):
            return kwargs[name] if kwargs.get(name) is not None else getattr(config, name, None)

        prompt = inputs if inputs is not None else kwargs.get("input_ids", kwargs.get("inputs_embeds"))
        if TRANSFORMERS_VERSION < (4, 41) and inputs is None and kwargs.get("inputs_embeds") is not None:
            inputs = kwargs.pop("input_ids", None)
            if inputs is None:  # these releases want ids beside the embeddings, be they none at all
                inputs = torch.empty(prompt.shape[0], 0, dtype=torch.long, device=prompt.device)
        if prompt is None:
            return super().generate(inputs, generation_config, *args, **kwargs)
        attention_mask, past = kwargs.get("attention_mask"), kwargs.get("past_key_values")
        length = prompt.shape[1] if attention_mask is None else max(prompt.shape[1], attention_mask.shape[-1])
        max_new_tokens, max_length = setting("max_new_tokens"), setting("max_length") or 20
        total = max(length + 1, length + max_new_tokens if max_new_tokens is not None else max_length)
        self._check_length(length, total)
        assisted = setting("assistant_model") is not None or setting("prompt_lookup_num_tokens") is not None
        if assisted:  # candidates are judged by the logits of several positions
            kwargs.setdefault("return_last_logit", False)
        elsewhere = ("penalty_alpha", "cache_implementation", "dola_layers", "custom_generate", "assistant_early_exit")
        if isinstance(past, KVCache):
            past.reserve(total + (self.config.pre_seq_len or 0))
        elif past is None and not assisted and setting("use_cache") is not False and not any(map(setting, elsewhere)):
            rows = prompt.shape[0] * max(setting("num_beams") or 1, setting("num_return_sequences") or 1)
            kwargs["past_key_values"] = past = self.make_cache(total, rows)
            past.unpadded = attention_mask is None or (attention_mask.dim() == 2 and bool(attention_mask.all()))
            position_ids = kwargs.get("position_ids")
            if position_ids is not None and inputs is None:
                mask = None if past.unpadded else attention_mask
                usual = self.transformer._position_ids(None, mask, 0, *prompt.shape[:2], prompt.device)
                if torch.equal(position_ids.expand_as(usual), usual):
                    del kwargs["position_ids"]  # then every step derives its own
        try:
            return super().generate(inputs, generation_config, *args, **kwargs)
        finally:
            if isinstance(past, KVCache):
                past.unpadded = False

    def make_cache(self, max_length: int, batch_size: int = 1) -> KVCache:
        """A cache for `batch_size` rows of `max_length` tokens, allocated when first written.

        Raises:
            MemoryError: if it would not fit in the memory that is free now.
        """
        config = self.config
        capacity = min(max_length, config.seq_length) + (config.pre_seq_len or 0)
        element = self.transformer.embedding.word_embeddings.weight.element_size()
        if config.kv_cache_dtype == "int8":
            element = 1 + 4 / config.kv_channels  # and the scale of each head
        per_token = 2 * config.num_layers * config.num_key_value_heads * config.kv_channels * element
        needed, free = int(capacity * batch_size * per_token), free_memory(self.device)
        if free is not None and needed > free:
            raise MemoryError(
                f"the cache for {batch_size} x {capacity} tokens takes {needed / 2**20:.0f} MiB, "
                f"{free / 2**20:.0f} MiB are free on {self.device}: ask for fewer tokens "
                f"(max_new_tokens, max_length) or a smaller batch, or set config.kv_cache_dtype='int8'"
            )
        return KVCache(config.num_layers, capacity, config.kv_cache_dtype, config.static_decode)

    def _check_length(self, prompt_length: int, total: int) -> None:
        limit = self.config.seq_length
        if prompt_length > limit:
            raise ValueError(f"the prompt has {prompt_length} tokens, the model takes {limit} (seq_length)")
        if total > limit:
            raise ValueError(
                f"{prompt_length} prompt tokens and the answer asked for come to {total} tokens, the model takes "
                f"{limit} (seq_length): lower max_new_tokens or max_length"
            )

    @torch.no_grad()
    def stream_generate(
        self,
        input_ids: Tensor,
        generation_config: Optional[GenerationConfig] = None,
        logits_processor: Optional[LogitsProcessorList] = None,
        stopping_criteria: Optional[StoppingCriteriaList] = None,
        prefix_allowed_tokens_fn: Optional[Callable[[int, Tensor], List[int]]] = None,
        return_past_key_values: bool = False,
        attention_mask: Optional[Tensor] = None,
        position_ids: Optional[Tensor] = None,
        past_key_values: Optional[KVCache] = None,
        **kwargs,
    ) -> Iterator:
        """Generates greedily or by sampling, and yields all ids after every token.

        Args:
            input_ids: [b, s]; with `past_key_values`, the tokens behind those in the cache.
            attention_mask: [b, s] or, cached tokens included, [b, t].
            kwargs: generation settings as for `generate()`.

        Yields:
            ids [b, n], the given ones first; with `return_past_key_values`, (ids, cache), the cache holding all but
            the last and usable after the generator went on or was closed. Ended rows go on until all have ended.

        Raises:
            ValueError: settings that a stream cannot honour, or a prompt that leaves no room for an answer.
        """
        config = copy.deepcopy(generation_config if generation_config is not None else self.generation_config)
        unknown = config.update(**kwargs)
        unknown.pop("use_cache", None)
        if unknown:
            raise TypeError(f"stream_generate() got unexpected arguments {sorted(unknown)}")
        b, prompt_length = input_ids.shape
        past = past_key_values
        if past is not None and not isinstance(past, KVCache):
            past = KVCache.from_layers(past, self.config.kv_cache_dtype)
        past_length = self._cached_tokens(past)
        limit = past_length + prompt_length
        limit = limit + config.max_new_tokens if config.max_new_tokens is not None else config.max_length or 20
        if limit <= past_length + prompt_length:
            raise ValueError(
                f"the prompt has {past_length + prompt_length} tokens, which leaves no room within "
                f"max_length={limit}: raise it, or shorten the prompt or the history"
            )
        self._check_length(past_length + prompt_length, min(limit, self.config.seq_length))
        limit = min(limit, self.config.seq_length)
        cache = self.make_cache(limit, b) if past is None else past.snapshot()
        cache.reserve(limit + (self.config.pre_seq_len or 0))
        if attention_mask is not None:
            if attention_mask.shape[1] == prompt_length and past_length:
                attention_mask = F.pad(attention_mask, (past_length, 0), value=1)
            attention_mask = None if bool(attention_mask.all()) else attention_mask

        eos = config.eos_token_id if isinstance(config.eos_token_id, (list, tuple)) else [config.eos_token_id]
        eos = torch.tensor([token for token in eos if token is not None], dtype=torch.long, device=input_ids.device)
        stop = stopping_criteria if stopping_criteria is not None else StoppingCriteriaList()
        ids = input_ids.new_empty(b, limit - past_length)
        process = make_logits_processors(
            config, input_ids, eos, ids.shape[1], prefix_allowed_tokens_fn, logits_processor
        )
        ids[:, :prompt_length] = input_ids
        finished = torch.zeros(b, dtype=torch.bool, device=input_ids.device)
        new_ids = input_ids
        for length in range(prompt_length, ids.shape[1]):
            outputs = self(
                new_ids, position_ids, attention_mask, cache, use_cache=True, return_dict=True, return_last_logit=True
            )
            scores = process(ids[:, :length], outputs.logits[:, -1].float())
            if config.do_sample:
                next_ids = torch.multinomial(scores.softmax(-1), 1)
            else:
                next_ids = scores.argmax(-1, keepdim=True)
            ids[:, length : length + 1] = new_ids = next_ids
            finished |= torch.isin(next_ids[:, 0], eos)
            finished |= torch.as_tensor(stop(ids[:, : length + 1], scores), device=eos.device)
            done = bool(finished.all())
            yield (ids[:, : length + 1], cache.snapshot()) if return_past_key_values else ids[:, : length + 1]
            if done:
                return
            if attention_mask is not None:
                attention_mask = F.pad(attention_mask, (0, 1), value=1)
            position_ids = None if position_ids is None else position_ids[:, -1:] + 1

    # ------------------------------------------------------------------------------------------------------------ chat

    @staticmethod
    def process_response(response: str) -> str:
        """The text of an answer as it is shown: stripped, with the placeholder of the training date filled in."""
        return response.strip().replace("[[训练时间]]", "2023年")

    def build_inputs(self, tokenizer, query: str, history: Optional[History] = None):
        """The tokenized prompt of a conversation, on the model's device."""
        _check_query(query)
        return tokenizer([tokenizer.build_prompt(query, history or [])], return_tensors="pt").to(self.device)

    def build_stream_inputs(self, tokenizer, query: str, history: Optional[History] = None):
        """The tokenized prompt of the next round alone, to continue a cache that holds the earlier ones."""
        _check_query(query)
        if not history:
            return self.build_inputs(tokenizer, query)
        prompt = f"\n\n[Round {len(history) + 1}]\n\n问：{query}\n\n答："
        ids = tokenizer.encode(prompt, add_special_tokens=False)[1:]  # without the space that starts a text
        return tokenizer.pad([{"input_ids": ids}], return_tensors="pt").to(self.device)

    @torch.no_grad()
    def chat(
        self,
        tokenizer,
        query: str,
        history: Optional[History] = None,
        max_length: int = 32768,
        num_beams: int = 1,
        do_sample: bool = True,
        top_p: float = 0.8,
        temperature: float = 0.8,
        logits_processor: Optional[LogitsProcessorList] = None,
        past_key_values: Optional[KVCache] = None,
        **kwargs,
    ) -> Tuple[str, History]:
        """Answers a query.

        Args:
            history: earlier rounds, (query, response) each.
            max_length: tokens of prompt and answer together.
            past_key_values: a `KVCache` (see `make_cache`) to keep between calls: the longest prefix that it shares
                with this prompt is not computed again. Written in place.
            kwargs: further settings of `generate()`.

        Returns:
            response, history with the new round at its end.

        Raises:
            ValueError: an empty query, a prompt that leaves no room for an answer, or beams with a cache to keep.
        """
        inputs = self.build_inputs(tokenizer, query, history)
        settings = self._chat_settings(max_length, do_sample, top_p, temperature, logits_processor, kwargs, inputs)
        prompt = inputs["input_ids"]
        if past_key_values is not None:
            if not isinstance(past_key_values, KVCache):
                raise TypeError(
                    f"chat() keeps a KVCache (see make_cache), got {type(past_key_values).__name__}; "
                    f"stream_chat() continues what generate() returned"
                )
            if num_beams > 1 or (settings.get("num_return_sequences") or 1) > 1:
                raise ValueError(
                    "a cache kept between calls follows one candidate: num_beams and num_return_sequences must be 1"
                )
            past_key_values.keep_prefix(prompt[0].tolist()[:-1])
            settings["past_key_values"] = past_key_values
            inputs.pop("position_ids", None)
        output = self.generate(**inputs, num_beams=num_beams, **settings)
        output = output if isinstance(output, Tensor) else output.sequences
        if past_key_values is not None:
            past_key_values.token_ids = output[0].tolist()[: self._cached_tokens(past_key_values)]
        response = self.process_response(_decode(tokenizer, output[0, prompt.shape[1] :]))
        return response, [*(history or []), (query, response)]

    @torch.no_grad()
    def stream_chat(
        self,
        tokenizer,
        query: str,
        history: Optional[History] = None,
        past_key_values: Optional[KVCache] = None,
        max_length: int = 32768,
        do_sample: bool = True,
        top_p: float = 0.8,
        temperature: float = 0.8,
        logits_processor: Optional[LogitsProcessorList] = None,
        return_past_key_values: bool = False,
        **kwargs,
    ) -> Iterator[Tuple]:
        """Answers a query, yielding the answer so far whenever it ends in a complete character.

        Args:
            past_key_values: what an earlier call with `return_past_key_values` gave last; `history` then names the
                rounds that it holds, and only the new query is computed.

        Yields:
            (response so far, history), or with `return_past_key_values` (response so far, history, past_key_values).

        Raises:
            ValueError: an empty query, or a prompt that leaves no room for an answer.
        """
        if past_key_values is None:
            inputs = self.build_inputs(tokenizer, query, history)
        else:
            inputs = self.build_stream_inputs(tokenizer, query, history)
            inputs.pop("position_ids", None)  # they continue after the cache
        past_length = self._cached_tokens(past_key_values)
        settings = self._chat_settings(
            max_length, do_sample, top_p, temperature, logits_processor, kwargs, inputs, past_length
        )
        prompt_length = inputs["input_ids"].shape[1]
        stream = self.stream_generate(
            **inputs, past_key_values=past_key_values, return_past_key_values=return_past_key_values, **settings
        )
        for step in stream:
            ids, cache = step if return_past_key_values else (step, None)
            response = _decode(tokenizer, ids[0, prompt_length:])
            if response and not response.endswith("\ufffd"):
                response = self.process_response(response)
                new_history = [*(history or []), (query, response)]
                yield (response, new_history, cache) if return_past_key_values else (response, new_history)

    def _chat_settings(
        self, max_length, do_sample, top_p, temperature, logits_processor, kwargs, inputs, past_length=0
    ) -> dict:
        settings = {"do_sample": do_sample, **kwargs}
        if do_sample:
            settings.update(top_p=top_p, temperature=temperature)
        prompt_length = past_length + inputs["input_ids"].shape[1]
        if settings.get("max_new_tokens") is None:
            settings["max_length"] = max_length = min(max_length, self.config.seq_length)
            if prompt_length >= max_length:
                raise ValueError(
                    f"the prompt has {prompt_length} tokens, which leaves no room within "
                    f"max_length={max_length}: raise it, or shorten the query or the history"
                )
        settings["logits_processor"] = LogitsProcessorList([*(logits_processor or []), InvalidScoreLogitsProcessor()])
        return settings


def _check_query(query: str) -> None:
    if not isinstance(query, str):
        raise TypeError(f"query must be a string, got {type(query).__name__}")
    if not query.strip():
        raise ValueError("query is empty: there is nothing to answer")


def _decode(tokenizer, ids: Tensor) -> str:
    # The embedding is padded to a round size: its last ids stand for no text.
    return tokenizer.decode([token for token in ids.tolist() if token < tokenizer.vocab_size])


def make_logits_processors(
    config: GenerationConfig, input_ids: Tensor, eos: Tensor, max_length: int, prefix_allowed_tokens_fn, custom
) -> LogitsProcessorList:
    """The processors that a stream's generation settings ask for, in the order in which `generate()` applies them.

    Raises:
        ValueError: a setting that only `generate()` can honour.
    """
    for name in (
        "penalty_alpha",
        "guidance_scale",
        "prompt_lookup_num_tokens",
        "watermarking_config",
        "dola_layers",
        "stop_strings",
        "constraints",
        "force_words_ids",
        "encoder_repetition_penalty",
        "token_healing",
    ):
        value = getattr(config, name, None)
        if value and value != 1.0:
            raise ValueError(f"a stream cannot honour {name}={value!r}: use generate(), with a streamer if need be")
    for name in ("num_beams", "num_return_sequences", "num_beam_groups"):
        if (getattr(config, name, None) or 1) > 1:
            raise ValueError(f"a stream follows one candidate, got {name}={getattr(config, name)}: use generate()")

    processors = LogitsProcessorList()

    def add(name: str, *arguments) -> None:
        kind = getattr(transformers, name)
        on_device = {"device": input_ids.device} if "device" in inspect.signature(kind.__init__).parameters else {}
        processors.append(kind(*arguments, **on_device))

    start, eos_ids = input_ids.shape[1], eos.tolist()
    if getattr(config, "sequence_bias", None):
        add("SequenceBiasLogitsProcessor", config.sequence_bias)
    if config.repetition_penalty not in (None, 1.0):
        add("RepetitionPenaltyLogitsProcessor", config.repetition_penalty)
    if config.no_repeat_ngram_size:
        add("NoRepeatNGramLogitsProcessor", config.no_repeat_ngram_size)
    if config.bad_words_ids:
        add("NoBadWordsLogitsProcessor", config.bad_words_ids, eos_ids)
    if config.min_length and eos_ids:
        add("MinLengthLogitsProcessor", config.min_length, eos_ids)
    if config.min_new_tokens and eos_ids:
        add("MinNewTokensLengthLogitsProcessor", start, config.min_new_tokens, eos_ids)
    if prefix_allowed_tokens_fn is not None:
        add("PrefixConstrainedLogitsProcessor", prefix_allowed_tokens_fn, 1)
    if config.forced_bos_token_id is not None:
        add("ForcedBOSTokenLogitsProcessor", config.forced_bos_token_id)
    if config.forced_eos_token_id is not None:
        add("ForcedEOSTokenLogitsProcessor", max_length, config.forced_eos_token_id)
    if config.remove_invalid_values:
        add("InfNanRemoveLogitsProcessor")
    if config.exponential_decay_length_penalty is not None:
        add("ExponentialDecayLengthPenalty", config.exponential_decay_length_penalty, eos_ids, start)
    if config.suppress_tokens is not None:
        add("SuppressTokensLogitsProcessor", config.suppress_tokens)
    if config.begin_suppress_tokens is not None:
        add("SuppressTokensAtBeginLogitsProcessor", config.begin_suppress_tokens, start)
    processors.extend(custom or [])
    if config.do_sample:
        top_k = 50 if config.top_k is None else config.top_k  # 5.x leaves the documented default unset
        if config.temperature not in (None, 1.0):
            add("TemperatureLogitsWarper", config.temperature)
        if top_k:
            add("TopKLogitsWarper", top_k)
        if config.top_p is not None and config.top_p < 1.0:
            add("TopPLogitsWarper", config.top_p)
        if getattr(config, "min_p", None) is not None:
            add("MinPLogitsWarper", config.min_p)
        if config.typical_p is not None and config.typical_p < 1.0:
            add("TypicalLogitsWarper", config.typical_p)
        if config.epsilon_cutoff:
            add("EpsilonLogitsWarper", config.epsilon_cutoff)
        if config.eta_cutoff:
            add("EtaLogitsWarper", config.eta_cutoff)
    if config.renormalize_logits:
        add("LogitNormalization")
    return processors


class ChatGLMForSequenceClassification(ChatGLMPreTrainedModel):
    """ChatGLM2 with a linear head on the last real token."""

    _auto_class = "AutoModelForSequenceClassification"

    def __init__(self, config: ChatGLMConfig, empty_init: bool = True, device=None):
        super().__init__(config)
        self.transformer = ChatGLMModel(config, device, empty_init)
        self.classifier_head = nn.Linear(config.hidden_size, config.num_labels)
        self.dropout = nn.Dropout(config.classifier_dropout or 0.0)
        self.post_init()

    def forward(
        self,
        input_ids: Optional[Tensor] = None,
        position_ids: Optional[Tensor] = None,
        attention_mask: Optional[Tensor] = None,
        full_attention_mask: Optional[Tensor] = None,
        past_key_values: Optional[Union[KVCache, Sequence]] = None,
        inputs_embeds: Optional[Tensor] = None,
        labels: Optional[Tensor] = None,
        use_cache: Optional[bool] = None,
        output_hidden_states: Optional[bool] = None,
        output_attentions: Optional[bool] = None,
        return_dict: Optional[bool] = None,
    ) -> Union[Tuple, SequenceClassifierOutputWithPast]:
        """As `ChatGLMModel.forward`, and the head.

        Args:
            labels: [b] class indices or, for regression, numbers; [b, num_labels] for several labels.

        Returns:
            loss (with labels), logits [b, num_labels], past_key_values, hidden_states, attentions.
        """
        return_dict = self.config.return_dict if return_dict is None else return_dict
        outputs = self.transformer(
            input_ids,
            position_ids,
            attention_mask,
            full_attention_mask,
            past_key_values,
            inputs_embeds,
            use_cache,
            output_hidden_states,
            output_attentions,
            return_dict=True,
        )
        hidden = outputs.last_hidden_state
        last = self._last_token(input_ids, attention_mask, hidden)
        pooled = hidden[torch.arange(hidden.shape[0], device=hidden.device), last]
        head = self.classifier_head
        logits = head(self.dropout(pooled).to(head.weight.dtype))
        loss = None if labels is None else self._loss(logits.float(), labels.to(logits.device))
        if not return_dict:
            rest = (logits, outputs.past_key_values, outputs.hidden_states, outputs.attentions)
            return tuple(v for v in (loss, *rest) if v is not None)
        return SequenceClassifierOutputWithPast(
            loss, logits, outputs.past_key_values, outputs.hidden_states, outputs.attentions
        )

    def _last_token(self, input_ids, attention_mask, hidden: Tensor) -> Tensor:
        """[b]: the last position that the mask calls real or, without a mask, that does not hold the padding id."""
        length = hidden.shape[1]
        if attention_mask is not None and attention_mask.dim() == 2:
            real = attention_mask[:, -length:].bool()
        elif attention_mask is None and input_ids is not None and self.config.pad_token_id is not None:
            real = input_ids != self.config.pad_token_id
        else:
            return torch.full((hidden.shape[0],), length - 1, device=hidden.device)
        last = torch.where(real, torch.arange(length, device=real.device), -1).amax(-1)
        return torch.where(last < 0, length - 1, last).to(hidden.device)

    def _loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        config = self.config
        if config.problem_type is None:
            if config.num_labels == 1:
                config.problem_type = "regression"
            elif labels.dtype in (torch.long, torch.int):
                config.problem_type = "single_label_classification"
            else:
                config.problem_type = "multi_label_classification"
        if config.problem_type == "regression":
            return F.mse_loss(logits.squeeze(-1) if config.num_labels == 1 else logits, labels.float())
        if config.problem_type == "single_label_classification":
            return F.cross_entropy(logits.view(-1, config.num_labels), labels.view(-1).long())
        return F.binary_cross_entropy_with_logits(logits, labels.float())
