"""Attention over cached keys and values: the fused paths, and a reference that also gives the probabilities.

Shape letters: b batch, s new tokens, t all tokens in the cache, h query heads, g key/value heads, d their channels.
"""

from typing import Optional, Sequence, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor

from .cache_chatglm import dequantize_cache, visible_mask
from .cpu_kernels import attention as cpu_attention
from .cpu_kernels import serve as cpu_kernels_serve


def attention(
    query: Tensor,
    keys_and_values: Sequence[Tensor],
    mask: Optional[Tensor] = None,
    starts: Optional[Tensor] = None,
    dropout: float = 0.0,
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
    # The kernels take no mask; a trained prefix asks for gradients of keys and values alone.
    if (mask is None or starts is not None) and dropout == 0.0 and cpu_kernels_serve(query, *keys_and_values):
        return cpu_attention(query, *keys_and_values, starts=starts)
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
    causal = True if mask is None and s == t else False  # a traced length makes a branch here, not a symbol
    if mask is None and not causal:
        mask = visible_mask(None, s, t, query.device)
    groups = [
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
    return torch.cat(groups, dim=1).transpose(1, 2).to(dtype)


def attention_with_weights(
    query: Tensor, keys_and_values: Sequence[Tensor], mask: Optional[Tensor], dropout: float = 0.0
) -> Tuple[Tensor, Tensor]:
    """The reference for `attention`, which also returns the probabilities, [b, h, s, t]."""
    key, value = dequantize_cache(*keys_and_values, dtype=query.dtype)
    s, h, t, g = query.shape[1], query.shape[2], key.shape[1], key.shape[2]
    key, value = (x.repeat_interleave(h // g, dim=2) for x in (key, value))
    scores = torch.einsum("bshd,bthd->bhst", query.float(), key.float()) / query.shape[-1] ** 0.5
    mask = visible_mask(None, s, t, query.device) if mask is None else mask
    scores = scores.masked_fill(~mask, float("-inf")) if mask.dtype == torch.bool else scores + mask.float()
    weights = F.dropout(scores.softmax(-1), dropout).to(query.dtype)
    if query.device.type == "cpu":  # as `attention`: torch 2.0 has no product of float16 there
        return torch.einsum("bhst,bthd->bshd", weights.float(), value.float()).to(query.dtype), weights
    return torch.einsum("bhst,bthd->bshd", weights, value), weights
