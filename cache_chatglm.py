"""The key/value cache: who wrote which token where, and who may see it. Growing, static and int8; no attention."""

from typing import Any, Callable, Iterator, List, Optional, Sequence, Tuple

import torch
from torch import Tensor

SMALLEST_CAPACITY = 256  # tokens


class KVCache:
    """Keys and values of all layers in preallocated buffers [b, capacity, g, d], written in place.

    Each layer's buffers lie on that layer's device. They grow by doubling where the final length is not known before.
    `cache[i]` is the filled part of layer i as (key, value), [b, g, t, d] each, the layout of transformers' tuples.

    Args:
        num_layers: layers of the model.
        capacity: tokens to allocate at the first write; None starts small and grows.

    Raises:
        ValueError: a negative capacity.
    """

    is_compileable = False  # asked by generate() from 4.45 on
    is_croppable = True  # from 5.2x on

    def __init__(self, num_layers: int, capacity: Optional[int] = None):
        if capacity is not None and capacity < 0:
            raise ValueError(f"capacity must not be negative, got {capacity}")
        self.num_layers, self.capacity = num_layers, capacity or 0
        self.length = 0  # tokens that every layer holds, those of a trained prefix included
        self.prefix_length = 0  # how many of them are a trained prefix (P-Tuning v2)
        self.unpadded = False  # set by generate(): the attention mask is and stays all ones
        self.token_ids: List[int] = []  # what a chat left here, to find the prefix that the next call shares with it
        self._buffers: List[Optional[List[Tensor]]] = [None] * num_layers  # key, value(, key scale, value scale)
        self._written = [0]  # tokens in the buffers, shared with snapshots
        self._shared = False

    @classmethod
    def from_layers(cls, layers: Sequence[Sequence[Any]]) -> "KVCache":
        """A cache with a copy of other code's keys and values, one (key, value, ...) per layer, each [b, g, t, d]."""
        pairs = [(layer[0], layer[1]) for layer in layers]
        cache = cls(len(pairs))
        if pairs and pairs[0][0] is not None and pairs[0][0].numel():
            for index, (key, value) in enumerate(pairs):
                cache.update(index, key.transpose(1, 2), value.transpose(1, 2))
            cache.advance(pairs[0][0].shape[2])
        return cache

    # ------------------------------------------------------------------------------------------------- one token's way

    def update(self, layer: int, key: Tensor, value: Tensor) -> List[Tensor]:
        """Writes new keys and values [b, s, g, d] behind the filled part; `advance` counts them once all layers have.

        Returns:
            Views of all keys and values, [b, t, g, d]; for an int8 cache also their scales, [b, t, g].

        Raises:
            ValueError: another batch size than the cache's, or more tokens than a static cache takes.
        """
        stored = self._encode(key, value)
        return self._write(self._room(layer, stored), stored)

    def advance(self, new_tokens: int) -> None:
        """Counts `new_tokens` as filled, after every layer has written them."""
        self.length += new_tokens
        self._written[0] = self.length

    def takes_static_step(self, new_tokens: int) -> bool:
        """Whether the next `new_tokens` are written where the device says: see `StaticKVCache`."""
        return False

    def _encode(self, key: Tensor, value: Tensor) -> List[Tensor]:
        """The tensors that are stored for them, [b, s, ...] each."""
        return [key, value]

    def _decode(self, stored: List[Tensor]) -> Tuple[Tensor, Tensor]:
        return stored[0], stored[1]

    def _write(self, buffers: List[Tensor], new: List[Tensor]) -> List[Tensor]:
        end = self.length + new[0].shape[1]
        for buffer, tensor in zip(buffers, new):
            buffer[:, self.length : end] = tensor
        return [buffer[:, :end] for buffer in buffers]

    def _room(self, layer: int, new: List[Tensor]) -> List[Tensor]:
        """The layer's buffers, made or grown so that `new` fits behind the filled part."""
        if layer == 0 and self._shared and self._written[0] != self.length:
            self._map_rows(lambda filled: filled)  # another snapshot has written behind this one's end
        buffers, (batch, new_tokens) = self._buffers[layer], new[0].shape[:2]
        if buffers is not None and buffers[0].shape[0] != batch:
            raise ValueError(f"the cache holds a batch of {buffers[0].shape[0]}, got one of {batch}")
        end = self.length + new_tokens
        if buffers is None or buffers[0].shape[1] < end:
            self._enlarge(end)
            grown = [self._allocate(tensor, (batch, self.capacity, *tensor.shape[2:])) for tensor in new]
            for target, source in zip(grown, buffers or ()):
                target[:, : self.length] = source[:, : self.length]
            self._buffers[layer] = buffers = grown
        return buffers

    def _enlarge(self, tokens: int) -> None:
        if tokens > self.capacity:
            self.capacity = max(tokens, 2 * self.capacity, SMALLEST_CAPACITY)

    def _allocate(self, like: Tensor, shape: Tuple[int, ...]) -> Tensor:
        return like.new_empty(shape)

    # ---------------------------------------------------------------------------------------- what may be done with it

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
        """A growing cache with what this one holds now, without a copy: writing to either leaves the other intact."""
        self._shared = True
        other = self._growing()
        for name in ("capacity", "length", "prefix_length", "unpadded", "_written", "_shared"):
            setattr(other, name, getattr(self, name))
        other.token_ids = list(self.token_ids)
        other._buffers = [buffers and list(buffers) for buffers in self._buffers]
        return other

    def _growing(self) -> "KVCache":
        """An empty cache of the kind that a snapshot is."""
        return type(self)(self.num_layers)

    def _map_rows(self, function: Callable[[Tensor], Tensor]) -> None:
        """Passes the filled part of every buffer through `function`; afterwards nothing is shared with a snapshot."""
        for buffers in filter(None, self._buffers):
            for index, buffer in enumerate(buffers):
                filled = function(buffer[:, : self.length])
                if self._shared or filled.shape[0] != buffer.shape[0]:
                    buffers[index] = buffer = buffer.new_empty(filled.shape[0], *buffer.shape[1:])
                buffer[:, : self.length] = filled
        self._written, self._shared = [self.length], False

    def crop(self, max_length: int) -> None:
        """Keeps the first `max_length` tokens; a negative number drops that many from the end."""
        self.length = max(0, self.length + max_length) if max_length < 0 else min(self.length, max_length)
        del self.token_ids[max(0, self.length - self.prefix_length) :]
        if not self._shared:
            self._written[0] = self.length

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
        buffers = self._buffers[layer]
        if buffers is None:
            return torch.empty(0, 0, 0, 0), torch.empty(0, 0, 0, 0)
        key, value = self._decode([buffer[:, : self.length] for buffer in buffers])
        return key.transpose(1, 2), value.transpose(1, 2)

    def __iter__(self) -> Iterator[Tuple[Tensor, Tensor]]:
        return (self[layer] for layer in range(self.num_layers))


class Int8KVCache(KVCache):
    """Keys and values as 8-bit integers with one fp32 scale per token and head: half the memory of 16 bits."""

    def _encode(self, key: Tensor, value: Tensor) -> List[Tensor]:
        scales = [(new.abs().amax(-1) / 127).float() for new in (key, value)]
        integers = [
            (new / s.clamp(min=1e-12)[..., None]).round().to(torch.int8) for new, s in zip((key, value), scales)
        ]
        return integers + scales

    def _decode(self, stored: List[Tensor]) -> Tuple[Tensor, Tensor]:
        return dequantize_cache(*stored)


def dequantize_cache(
    key: Tensor,
    value: Tensor,
    key_scale: Optional[Tensor] = None,
    value_scale: Optional[Tensor] = None,
    *,
    dtype: torch.dtype = torch.float32,
) -> Tuple[Tensor, Tensor]:
    """The keys and values [b, t, g, d] of a layer as floats, in `dtype` where they were integers."""
    if key_scale is None or value_scale is None:
        return key, value
    return key * key_scale[..., None].to(dtype), value * value_scale[..., None].to(dtype)


class StaticKVCache(KVCache):
    """A cache that cannot grow: once a prompt is in, every step has the same shapes, as a CUDA graph needs.

    From `begin_static_steps` on, `update` writes single tokens at a position that the device holds, and returns whole
    buffers.

    Raises:
        ValueError: no capacity; later, more tokens than it.
    """

    def __init__(self, num_layers: int, capacity: Optional[int] = None):
        super().__init__(num_layers, capacity)
        if not capacity:
            raise ValueError("a static cache needs a capacity")
        self.position: Optional[Tensor] = None  # the length, int64 [1] on the device
        self.starts: Optional[Tensor] = None  # padding tokens in front of each row, int64 [b]
        self.graph: Optional[DecodeGraph] = None

    def begin_static_steps(self, like: Tensor, padding: Optional[Tensor] = None) -> None:
        """After the prompt: from here on single tokens are written where `position` says.

        Args:
            like: [b, ...], any tensor of the batch, on the device of the steps.
            padding: [b, t], 1 for real tokens of the prompt and 0 for padding; None where all are real.

        Raises:
            ValueError: padding elsewhere than in front.
        """
        starts: Optional[Tensor] = torch.zeros(like.shape[0], dtype=torch.long)
        if padding is not None:
            starts = left_padding(padding.cpu())
        if starts is None:
            raise ValueError("static_decode needs padding on the left, and no other masks")
        self.starts, self.position = starts.to(like.device), torch.tensor([self.length], device=like.device)
        self.graph = None

    def takes_static_step(self, new_tokens: int) -> bool:
        return self.position is not None and new_tokens == 1

    def static_step(self) -> Tuple[Tensor, Tensor]:
        """position_ids [b, 1] of the next token, and its mask over the whole buffers, bool [b, 1, 1, capacity]."""
        assert self.position is not None and self.starts is not None
        keys = torch.arange(self.capacity, device=self.position.device)
        first = self.prefix_length + self.starts[:, None]
        visible = ((keys < self.prefix_length) | (keys >= first)) & (keys <= self.position)
        return self.position - first, visible[:, None, None]

    def advance(self, new_tokens: int) -> None:
        super().advance(new_tokens)
        if self.position is not None:
            self.position += new_tokens

    def _write(self, buffers: List[Tensor], new: List[Tensor]) -> List[Tensor]:
        if self.position is None or new[0].shape[1] != 1:
            return super()._write(buffers, new)
        for buffer, tensor in zip(buffers, new):
            buffer.index_copy_(1, self.position.to(buffer.device), tensor.to(buffer.dtype))
        return buffers

    def _enlarge(self, tokens: int) -> None:
        if tokens > self.capacity:
            raise ValueError(f"a static cache of {self.capacity} tokens cannot take {tokens}")

    def _allocate(self, like: Tensor, shape: Tuple[int, ...]) -> Tensor:
        return like.new_zeros(shape)  # steps multiply what is not yet written by zero, which must not be a NaN

    def _growing(self) -> KVCache:
        return KVCache(self.num_layers)

    def _map_rows(self, function: Callable[[Tensor], Tensor]) -> None:
        super()._map_rows(function)
        self.graph = None
        if self.starts is not None:
            self.starts = function(self.starts[:, None])[:, 0]

    def crop(self, max_length: int) -> None:
        super().crop(max_length)
        if self.position is not None:
            self.position.fill_(self.length)


class StaticInt8KVCache(StaticKVCache, Int8KVCache):
    """A static cache of 8-bit integers."""

    def _growing(self) -> KVCache:
        return Int8KVCache(self.num_layers)


def cache_class(dtype: Optional[str] = None, static: bool = False) -> type:
    """The kind of cache for the configuration's `kv_cache_dtype` and `static_decode`.

    Raises:
        ValueError: a dtype other than None or "int8".
    """
    if dtype not in (None, "int8"):
        raise ValueError(f"kv_cache_dtype must be None or 'int8', got {dtype!r}")
    if static:
        return StaticInt8KVCache if dtype else StaticKVCache
    return Int8KVCache if dtype else KVCache


class DecodeGraph:
    """A decode step of fixed shapes, captured as a CUDA graph.

    Args:
        step: ids [b, 1] -> logits [b, 1, vocab]; writes to `cache` and advances it.
    """

    def __init__(self, step: Callable[[Tensor], Tensor], ids: Tensor, cache: StaticKVCache):
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
        """Logits [b, 1, vocab] of one more token per row, ids [b, 1]; the next call overwrites them."""
        self.ids.copy_(ids)
        self.graph.replay()
        return self.logits


# ----------------------------------------------------------------------------------- positions and masks of new tokens


def next_positions(
    attention_mask: Optional[Tensor], past: int, batch: int, new_tokens: int, device: torch.device
) -> Tensor:
    """Position ids [batch, new_tokens] of the next tokens: counted over the ones of the mask, else behind the cache.

    Args:
        attention_mask: [b, t], 1 for real tokens and 0 for padding, cached tokens included; others are not read.
        past: tokens in the cache.
    """
    if attention_mask is not None and attention_mask.dim() == 2:
        return (attention_mask.long().cumsum(-1) - 1).clamp(min=0)[:, -new_tokens:].to(device)
    return torch.arange(past, past + new_tokens, device=device).expand(batch, new_tokens)


def visible_mask(attention_mask: Optional[Tensor], new_tokens: int, total: int, device: torch.device) -> Tensor:
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
