"""The key/value cache: who wrote which token where, who may see it, what memory is free for it. No attention."""

import contextlib
import threading
from typing import Any, Callable, ContextManager, Dict, Iterator, List, Optional, Sequence, Tuple, Type

import torch
import transformers
from torch import Tensor

from .configuration_chatglm import RELEASE
from .cpu_kernels import is_tracing

SMALLEST_CAPACITY = 256  # tokens

# -------------------------------------------------------------------------------------------- releases of transformers

Cache: Any = getattr(transformers, "Cache", object)  # from 4.36 on: what other libraries take for a cache
CROP_COUNTS_FROM_THE_END = RELEASE >= (5, 14)  # there `crop(-n)` drops n tokens also where n is 0


_claims = threading.Lock()  # held while a cache claims the place behind its end


def _written_to_later() -> ContextManager:
    """For what is kept between calls: a tensor made in inference mode could not be written to outside of it."""
    if is_tracing() or not torch.is_inference_mode_enabled():
        return contextlib.nullcontext()
    return torch.inference_mode(False)


class KVCache(Cache):
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
    layers = ()  # those of transformers' own caches, from 4.54 on
    max_cache_len = -1  # none; PEFT asks

    def __init__(self, num_layers: int, capacity: Optional[int] = None):
        if capacity is not None and capacity < 0:
            raise ValueError(f"capacity must not be negative, got {capacity}")
        self.num_layers, self.capacity = num_layers, capacity or 0
        self.limit: Optional[int] = None  # tokens beyond which no room is made in advance
        self.length = 0  # tokens that every layer holds, those of a trained prefix included
        self.prefix_length = 0  # how many of them are a trained prefix (P-Tuning v2)
        self.unpadded = False  # set by generate(): the attention mask is and stays all ones
        self.token_ids: List[int] = []  # what a chat left here, to find the prefix that the next call shares with it
        self._buffers: List[Optional[List[Tensor]]] = [None] * num_layers  # key, value(, key scale, value scale)
        self._written = [0]  # tokens in the buffers, shared with snapshots
        self._shared = False
        self._user: Optional[Tuple[str, int]] = None  # the call that writes to it, and its thread

    @classmethod
    def from_layers(cls, layers: Sequence[Sequence[Any]]) -> "KVCache":
        """A cache with a copy of other code's keys and values, one (key, value, ...) per layer, each [b, g, t, d]."""
        pairs = [(layer[0], layer[1]) for layer in layers]
        cache = cls(len(pairs))
        if pairs and pairs[0][0] is not None and pairs[0][0].numel():
            for index, (key, value) in enumerate(pairs):
                cache.append(index, key.transpose(1, 2), value.transpose(1, 2))
            cache.advance(pairs[0][0].shape[2])
        return cache

    # ------------------------------------------------------------------------------------------------- one token's way

    def append(self, layer: int, key: Tensor, value: Tensor) -> Sequence[Tensor]:
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
        buffers, (batch, new_tokens) = self._buffers[layer], new[0].shape[:2]
        if buffers is not None and buffers[0].shape[0] != batch:
            raise ValueError(f"the cache holds a batch of {buffers[0].shape[0]}, got one of {batch}")
        if layer == 0:
            self.claim(new_tokens)
            buffers = self._buffers[layer]
        end = self.length + new_tokens
        if buffers is None or buffers[0].shape[1] < end:
            self._enlarge(end)
            grown = [self._allocate(tensor, (batch, self.capacity, *tensor.shape[2:])) for tensor in new]
            for target, source in zip(grown, buffers or ()):
                target[:, : self.length] = source[:, : self.length]
            self._buffers[layer] = buffers = grown
        return buffers

    def claim(self, new_tokens: int) -> None:
        """Takes the place of the next `new_tokens`; where a snapshot has it, this cache moves to memory of its own."""
        if not self._shared:  # a snapshot that is taken from here on finds the place taken
            self._written[0] = self.length + new_tokens
            return
        with _claims:
            taken = self._written[0] != self.length
            if not taken:
                self._written[0] = self.length + new_tokens
        if taken:
            self._map_rows(lambda filled: filled)

    def _enlarge(self, tokens: int) -> None:
        if tokens > self.capacity:
            roomy = max(2 * self.capacity, SMALLEST_CAPACITY)
            self.capacity = max(tokens, roomy if self.limit is None else min(roomy, self.limit))

    def _allocate(self, like: Tensor, shape: Tuple[int, ...]) -> Tensor:
        with _written_to_later():
            return self._buffer(like, shape)

    def _buffer(self, like: Tensor, shape: Tuple[int, ...]) -> Tensor:
        return like.new_empty(shape)

    # ---------------------------------------------------------------------------------------- what may be done with it

    @contextlib.contextmanager
    def used_by(self, name: str, nested: bool = False, within: str = "") -> Iterator[None]:
        """While one call, `name`, writes to this cache, others may not; in its own thread `nested` ones may, and those
        that belong to it, which name it as `within`.

        Raises:
            RuntimeError: another call is writing to it.
        """
        before, thread = self._user, threading.get_ident()
        with _claims:
            if self._user is not None and not (self._user[1] == thread and (nested or self._user[0] == within)):
                raise RuntimeError(
                    f"{name} with a cache that {self._user[0]} is still writing to: wait for it, or give each call "
                    f"its own (`cache.snapshot()` shares what is there already)"
                )
            self._user = (name, thread)
        try:
            yield
        finally:
            self._user = before

    def update(
        self, key_states: Tensor, value_states: Tensor, layer_idx: int, cache_kwargs: Optional[Dict[str, Any]] = None
    ) -> Tuple[Tensor, Tensor]:
        """As in transformers' caches: writes keys and values [b, g, s, d], and returns all, [b, g, t, d] each."""
        stored = self.append(layer_idx, key_states.transpose(1, 2), value_states.transpose(1, 2))
        if layer_idx == self.num_layers - 1:
            self.advance(key_states.shape[2])
        key, value = self._decode(list(stored))
        return key.transpose(1, 2), value.transpose(1, 2)

    def reserve(self, capacity: int) -> None:
        """Makes the next growth, if one is needed, large enough for `capacity` tokens."""
        self.capacity = max(self.capacity, capacity)

    def keep_prefix(self, ids: List[int]) -> int:
        """Drops what a chat left here behind the longest prefix shared with `ids`, whose length it returns."""
        shared = 0
        while shared < min(len(ids), len(self.token_ids)) and ids[shared] == self.token_ids[shared]:
            shared += 1
        self.truncate(self.prefix_length + shared if shared else 0)
        return shared

    @contextlib.contextmanager
    def kept_by_chat(self, prompt: List[int]) -> Iterator[List[int]]:
        """While a chat reads a prompt and answers: what it shares with these ids stays, but for the last one, which is
        always read. The chat adds its answer to the ids that this gives; however it ends, they name what is held then.
        """
        ids = list(prompt)
        with self.used_by("chat()"):
            self.keep_prefix(prompt[:-1])
            try:
                yield ids
            finally:
                self.token_ids = ids
                self.truncate(self.prefix_length + len(ids))  # tokens without ids, of an answer that was broken off

    def snapshot(self) -> "KVCache":
        """A growing cache with what this one holds now, without a copy: writing to either leaves the other intact."""
        self._shared = True
        other = self._growing()
        for name in ("capacity", "limit", "length", "prefix_length", "unpadded", "_written", "_shared"):
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
                    buffers[index] = buffer = self._allocate(buffer, (filled.shape[0], *buffer.shape[1:]))
                buffer[:, : self.length] = filled
        self._written, self._shared = [self.length], False

    def truncate(self, length: int) -> None:
        """Keeps the first `length` tokens."""
        self.length = min(self.length, length)
        del self.token_ids[max(0, self.length - self.prefix_length) :]
        if not self._shared:
            self._written[0] = self.length

    def take_back(self, tokens: int) -> None:
        """Drops the last `tokens` of the last pass, which no snapshot holds: their place is free again, where after
        `truncate` a cache that has snapshots would move to other memory."""
        with _claims:
            self.truncate(self.length - tokens)
            self._written[0] = self.length

    def crop(self, max_length: int) -> None:
        """As in transformers: keeps `max_length` tokens; a negative number drops that many from the end, as does 0
        where the installed release drops by numbers from the end only (from 5.14 on)."""
        if max_length < 0 or (max_length == 0 and CROP_COUNTS_FROM_THE_END):
            max_length = max(0, self.length + max_length)
        self.truncate(max_length)

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

    def reset(self) -> None:
        """Drops all tokens; the memory stays."""
        self.truncate(0)

    def token_shape(self) -> Optional[Tuple[int, int]]:
        """(key/value heads, channels) of what is held, or None before the first write."""
        buffers = self._buffers[0] if self._buffers else None
        return None if buffers is None else (buffers[0].shape[2], buffers[0].shape[3])

    def stored(self, layer: int) -> List[Tensor]:
        """What is held of a layer, as it is stored: views [b, t, ...] of key, value and, if int8, of their scales."""
        return [buffer[:, : self.length] for buffer in self._buffers[layer] or ()]

    def receive(self, layer: int, like: List[Tensor]) -> List[Tensor]:
        """Views of the place behind the filled part, for tensors like these [b, s, ...], which are stored ones.

        Whoever fills them counts them by `advance`, as after `append`.
        """
        end = self.length + like[0].shape[1]
        return [buffer[:, self.length : end] for buffer in self._room(layer, like)]

    def memory_bytes(self) -> int:
        """Bytes allocated for all layers."""
        return sum(t.numel() * t.element_size() for buffers in self._buffers if buffers for t in buffers)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(num_layers={self.num_layers}, length={self.length}, capacity={self.capacity})"

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
        integers, scales = [], []
        for new in (key.float(), value.float()):
            scale = new.abs().amax(-1) / 127
            quotient = new / torch.where(scale == 0, 1.0, scale)[..., None]
            # A scale of few bits, next to zero, may be too small for its largest value.
            integers.append(quotient.round().clamp(-127, 127).to(torch.int8))
            scales.append(scale)
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

    From `begin_static_steps` on, `append` writes single tokens at a position that the device holds, and returns whole
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
        with _written_to_later():
            self.starts = starts.to(like.device, copy=True)
            self.position = torch.tensor([self.length], device=like.device)
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
        self.count(new_tokens)
        if self.position is not None:
            self.position += new_tokens

    def count(self, new_tokens: int) -> None:
        """Counts tokens that a captured step writes: the device counts for itself."""
        super().advance(new_tokens)

    def captured_step(self, step: Callable[[Tensor], Tensor], ids: Tensor) -> Tensor:
        """What `step` gives for one more token per row, ids [b, 1]: captured as a CUDA graph first, then replayed."""
        with self.used_by("a forward pass", nested=True):
            self.claim(1)
            if self.graph is None:
                self.graph = DecodeGraph(step, ids, self)
            else:
                self.count(1)
            return self.graph.replay(ids)

    def _write(self, buffers: List[Tensor], new: List[Tensor]) -> List[Tensor]:
        if self.position is None or new[0].shape[1] != 1:
            return super()._write(buffers, new)
        for buffer, tensor in zip(buffers, new):
            buffer.index_copy_(1, self.position.to(buffer.device), tensor.to(buffer.dtype))
        return buffers

    def _enlarge(self, tokens: int) -> None:
        if tokens > self.capacity:
            raise ValueError(
                f"a static cache of {self.capacity} tokens cannot take {tokens}: ask for fewer (max_length, "
                f"max_new_tokens), or make a larger one (make_cache)"
            )

    def claim(self, new_tokens: int) -> None:
        self._enlarge(self.length + new_tokens)
        super().claim(new_tokens)

    def reserve(self, capacity: int) -> None:
        """As that of a growing cache before the first write; afterwards only a check.

        Raises:
            ValueError: more tokens than it can take.
        """
        if self.token_shape() is None:
            super().reserve(capacity)
        else:
            self._enlarge(capacity)

    def _buffer(self, like: Tensor, shape: Tuple[int, ...]) -> Tensor:
        return like.new_zeros(shape)  # steps multiply what is not yet written by zero, which must not be a NaN

    def _growing(self) -> KVCache:
        return KVCache(self.num_layers)

    def _map_rows(self, function: Callable[[Tensor], Tensor]) -> None:
        super()._map_rows(function)
        self.graph = None
        if self.starts is not None:
            self.starts = function(self.starts[:, None])[:, 0]

    def truncate(self, length: int) -> None:
        super().truncate(length)
        if self.position is not None:
            self.position.fill_(self.length)


class StaticInt8KVCache(StaticKVCache, Int8KVCache):
    """A static cache of 8-bit integers."""

    def _growing(self) -> KVCache:
        return Int8KVCache(self.num_layers)


class ForeignCache(KVCache):
    """A cache of transformers behind the interface of this module's, filled through its own `update`."""

    def __init__(self, cache: Any, num_layers: int):
        super().__init__(num_layers)
        self.__dict__["cache"] = (
            cache  # in 4.45 to 4.49 it is an nn.Module, which only another may have as an attribute
        )
        self.length = cache.get_seq_length()

    def append(self, layer: int, key: Tensor, value: Tensor) -> Sequence[Tensor]:
        key, value = self.cache.update(key.transpose(1, 2), value.transpose(1, 2), layer)
        return key.transpose(1, 2), value.transpose(1, 2)


def adopt_cache(past: Any, num_layers: int, dtype: Optional[str] = None) -> KVCache:
    """What a caller passes as `past_key_values`, as a cache of this module: tuples are copied, caches are filled.

    Raises:
        TypeError: neither a cache nor one (key, value) per layer.
        ValueError: a cache of fixed size that transformers made.
    """
    if isinstance(past, KVCache):
        return past
    if isinstance(past, (tuple, list)) and all(isinstance(layer, (tuple, list)) and len(layer) > 1 for layer in past):
        return cache_class(dtype).from_layers(past)
    if not (hasattr(past, "update") and hasattr(past, "get_seq_length")) or hasattr(past, "self_attention_cache"):
        raise TypeError(
            f"past_key_values must be a KVCache (model.make_cache), a cache of transformers for decoders or one "
            f"(key, value) per layer, got {type(past).__name__}"
        )
    size = getattr(past, "get_max_cache_shape", None) or getattr(past, "get_max_length", None)
    empty = hasattr(past, "layers") and not len(past.layers)  # from 4.54 on: it gets its layers as it grows
    most = None if size is None or empty else size()
    if most is not None and most > 0:
        raise ValueError(
            f"past_key_values is a {type(past).__name__} of {most} tokens; this model makes its own caches of fixed "
            f"size: set config.static_decode = True, and leave out past_key_values and cache_implementation"
        )
    return ForeignCache(past, num_layers)


def cache_class(dtype: Optional[str] = None, static: bool = False) -> Type[KVCache]:
    """The kind of cache for the configuration's `kv_cache_dtype` and `static_decode`.

    Raises:
        ValueError: a dtype other than None or "int8".
    """
    if dtype not in (None, "int8"):
        raise ValueError(f"kv_cache_dtype must be None or 'int8', got {dtype!r}")
    if static:
        return StaticInt8KVCache if dtype else StaticKVCache
    return Int8KVCache if dtype else KVCache


def takes_captured_step(cache: Any, ids: Tensor) -> bool:
    """Whether tokens [b, s] are a step of fixed shapes on a GPU."""
    static = isinstance(cache, StaticKVCache) and cache.takes_static_step(ids.shape[1])
    return static and ids.is_cuda and not torch.is_grad_enabled()


class DecodeGraph:
    """A decode step of fixed shapes, captured as a CUDA graph.

    Args:
        step: ids [b, 1] -> logits [b, 1, vocab]; writes to `cache` and advances it.
    """

    def __init__(self, step: Callable[[Tensor], Tensor], ids: Tensor, cache: StaticKVCache):
        self.ids = ids.clone()
        with torch.cuda.device(ids.device):  # streams and graphs belong to the device that is the current one
            stream = torch.cuda.Stream()
            stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(stream):  # one step loads kernels and workspaces, which a capture must not do
                step(self.ids)
                cache.truncate(cache.length - 1)
            torch.cuda.current_stream().wait_stream(stream)
            self.graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graph):
                self.logits = step(self.ids)

    def replay(self, ids: Tensor) -> Tensor:
        """Logits [b, 1, vocab] of one more token per row, ids [b, 1]; the next call overwrites them."""
        with torch.cuda.device(self.ids.device):
            self.ids.copy_(ids)
            self.graph.replay()
        return self.logits


# ------------------------------------------------------------------------------------------------ devices and memory


def execution_device(module: Any) -> torch.device:
    """Where a module computes: with its weights or, where accelerate keeps those elsewhere, as its hook says."""
    device = getattr(getattr(module, "_hf_hook", None), "execution_device", None)
    return next(module.parameters()).device if device is None else torch.device(device)


def free_memory(device: torch.device) -> Optional[int]:
    """Bytes that can still be allocated on a device, or None where nothing tells."""
    if device.type == "cuda":
        cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + cached
    if device.type != "cpu":
        return None
    told = [_control_group_memory("/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file")]
    v1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
    told.append(_control_group_memory("/sys/fs/cgroup/memory", *v1))
    told.append(_numbers("/proc/meminfo").get("MemAvailable:"))
    return min((number for number in told if number is not None), default=None)


def _control_group_memory(folder: str, limit: str, usage: str, reclaimable: str) -> Optional[int]:
    """Bytes that a container may still take; what it holds of files can be given back."""
    try:
        with open(f"{folder}/{limit}", encoding="utf-8") as most, open(f"{folder}/{usage}", encoding="utf-8") as used:
            left = int(most.read()) - int(used.read())
    except (OSError, ValueError):  # no such group, or "max"
        return None
    return max(0, left) + _numbers(f"{folder}/memory.stat").get(reclaimable, 0)


def _numbers(path: str) -> Dict[str, int]:
    """{first word: bytes} of the lines of a file of the kernel's."""
    try:
        with open(path, encoding="utf-8") as lines:
            words = [line.split() for line in lines]
    except OSError:
        return {}
    return {word[0]: int(word[1]) * (1024 if word[2:] == ["kB"] else 1) for word in words if len(word) > 1}


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


def packed_mask(position_ids: Tensor) -> Optional[Tensor]:
    """Where positions [b, s] start again, several texts lie in one row: which keys each token may see then, or None.

    Returns:
        bool [b, 1, s, s], True within a text and not ahead; None where every row is one text.
    """
    begins = position_ids[:, 1:] <= position_ids[:, :-1]
    if not bool(begins.any()):
        return None
    text = torch.nn.functional.pad(begins.long().cumsum(-1), (1, 0))  # [b, s], the number of each token's text
    same = text[:, :, None] == text[:, None, :]
    return (same & visible_mask(None, same.shape[1], same.shape[1], same.device)[0])[:, None]


def left_padding(attention_mask: Tensor) -> Optional[Tensor]:
    """Padding tokens in front of each row, int64 [b], where a CPU can read that nothing else is masked; or None."""
    if attention_mask.device.type != "cpu" or not (attention_mask[:, 1:] >= attention_mask[:, :-1]).all():
        return None
    return attention_mask.shape[1] - attention_mask.long().sum(1)
