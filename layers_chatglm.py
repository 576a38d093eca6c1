"""The layers of ChatGLM2, from norm and rotation to the stack of blocks. Tensors in, tensors out.

Tensors are [batch, seq, heads, head_dim] throughout, the cache included. Shape letters: b batch, s new tokens, t all
tokens in the cache, h query heads, g key/value heads, d channels of a head.
"""

from dataclasses import dataclass, replace
from typing import List, Optional, Sequence, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .attention_chatglm import attention, attention_with_weights
from .cache_chatglm import KVCache, dequantize_cache
from .configuration_chatglm import ChatGLMConfig
from .cpu_kernels import rms_norm as cpu_rms_norm
from .cpu_kernels import rotate as cpu_rotate
from .cpu_kernels import serve as cpu_kernels_serve
from .cpu_kernels import swiglu as cpu_swiglu
from .quantization import DenseLinear, QuantizedLinear

NATIVE_WIDTH = 1024  # from here on a CPU takes norm, gate and rotation in one native call each, not in eight of torch

KeyValue = Tuple[Tensor, Tensor]  # of one layer, each [b, tokens, g, d]


# ------------------------------------------------------------------------------------------------- norms and positions


class RMSNorm(nn.Module):
    """Root mean square norm (Zhang and Sennrich 2019, arXiv:1910.07467), its variance in fp32."""

    def __init__(self, hidden_size: int, eps: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(hidden_size))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        if self.weight.numel() >= NATIVE_WIDTH and cpu_kernels_serve(x, self.weight):
            return cpu_rms_norm(x, self.weight, self.eps)
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
        x: [b, s, heads, d].
        cos, sin: fp32 [b, s, 1, d / 4].
    """
    width = 2 * cos.shape[-1]
    if x.shape[2] * x.shape[3] >= NATIVE_WIDTH and cpu_kernels_serve(x, cos, sin):
        x = x.clone(memory_format=torch.contiguous_format)  # a hook may have kept the output of `query_key_value`
        cpu_rotate(x, cos, sin)
        return x
    # A pair is a complex number, turned by cos + i sin.
    pairs = torch.view_as_complex(x[..., :width].float().unflatten(-1, (-1, 2)))
    rotated = torch.view_as_real(pairs * torch.complex(cos, sin)).flatten(-2)
    # Not by torch.cat, which refuses 16-bit floats of one kind where autocast is of the other.
    x = x.clone()
    x[..., :width] = rotated
    return x


# -------------------------------------------------------------------------------------------------------------- layers


def make_linear(config: ChatGLMConfig, in_features: int, out_features: int, bias: bool) -> nn.Linear:
    if config.quantization_bit:
        return QuantizedLinear(in_features, out_features, config.quantization_bit, bias)
    return DenseLinear(in_features, out_features, bias)


@dataclass
class Context:
    """What all blocks share while one slice of tokens runs through them."""

    cos: Tensor  # fp32 [b, s, 1, d / 4], as `sin`
    sin: Tensor
    mask: Optional[Tensor] = None  # bool or additive [b or 1, 1, s, t]; None: causal
    starts: Optional[Tensor] = None  # int64 [b], the first key that each row sees: what `mask` says, where it can
    cache: Optional[KVCache] = None
    prefix: Optional[List[KeyValue]] = None  # a trained prefix that attention has to prepend itself, layer by layer
    output_attentions: bool = False

    def on(self, device: torch.device) -> "Context":
        """This context with its tensors on the device of a block, to which `device_map` may have moved that."""
        if self.cos.device == device:
            return self
        tensors = {name: getattr(self, name) for name in ("cos", "sin", "mask", "starts")}
        return replace(self, **{name: tensor.to(device) for name, tensor in tensors.items() if tensor is not None})


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

    def forward(self, x: Tensor, context: Context) -> Tuple[Tensor, Optional[Tensor]]:
        """x [b, s, hidden] -> (the same shape, attention probabilities [b, h, s, t] or None)."""
        query, key, value = self.split_heads(self.query_key_value(x), context.cos, context.sin)
        if context.prefix is not None:
            prefix = [part.to(key) for part in context.prefix[self.layer]]
            key, value = torch.cat((prefix[0], key), dim=1), torch.cat((prefix[1], value), dim=1)
        keys_and_values = self.extend(context.cache, key, value)
        dropout = self.dropout if self.training else 0.0
        weights = None
        if context.output_attentions:
            out, weights = attention_with_weights(query, keys_and_values, context.mask, dropout)
        else:
            out = attention(query, keys_and_values, context.mask, context.starts, dropout)
        return self.dense(out.flatten(2)), weights

    def extend(self, cache: Optional[KVCache], key: Tensor, value: Tensor) -> Sequence[Tensor]:
        """All keys and values that the new tokens see, themselves included: what `attention` takes."""
        if cache is None:
            return key, value
        past = cache.length
        cached = cache.append(self.layer, key.detach(), value.detach())
        if not key.requires_grad:
            return cached
        if not past:
            return key, value
        # Gradients flow through the new tokens; buffers written in place carry none.
        old = dequantize_cache(*(buffer[:, :past].clone() for buffer in cached), dtype=key.dtype)
        return [torch.cat(pair, dim=1) for pair in zip(old, (key, value))]


class MLP(nn.Module):
    """SwiGLU (Shazeer 2020, arXiv:2002.05202): down(silu(gate) * up), gate and up in one product."""

    def __init__(self, config: ChatGLMConfig):
        super().__init__()
        hidden, ffn, bias = config.hidden_size, config.ffn_hidden_size, config.add_bias_linear
        self.dense_h_to_4h = make_linear(config, hidden, 2 * ffn, bias)
        self.dense_4h_to_h = make_linear(config, ffn, hidden, bias)

    def forward(self, x: Tensor) -> Tensor:
        gate_and_up = self.dense_h_to_4h(x)
        if gate_and_up.shape[-1] >= NATIVE_WIDTH and cpu_kernels_serve(gate_and_up):
            return self.dense_4h_to_h(cpu_swiglu(gate_and_up))
        gate, up = gate_and_up.chunk(2, dim=-1)
        if gate.is_cpu and gate.dtype in (torch.float16, torch.bfloat16):  # rounded once, as by the kernel
            return self.dense_4h_to_h((F.silu(gate.float()) * up.float()).to(gate.dtype))
        return self.dense_4h_to_h(F.silu(gate) * up)


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

    def forward(self, x: Tensor, context: Context) -> Tuple[Tensor, Optional[Tensor]]:
        """x [b, s, hidden] -> (the same shape, attention probabilities [b, h, s, t] or None)."""
        normed = self.normalize(self.input_layernorm, x)
        out, weights = self.self_attention(normed, context.on(x.device))
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
        for module in self.modules():  # N(0, 1) for the prefix: from a smaller one it learns much more slowly
            module.begins_as_in_torch = True  # type: ignore[assignment]

    def forward(self, prefix: Tensor) -> Tensor:
        """ids [b, pre_seq_len] -> [b, pre_seq_len, layers · 2 · groups · kv_channels]."""
        out = self.embedding(prefix)
        return self.trans(out) if self.projects else out
