"""Caches of earlier prompts and answers, so that what a new prompt begins with alike is not read again."""

from typing import Any, List, NamedTuple, Tuple

LEAST = 32  # tokens that must be shared: every prompt has its first few in common with all others
ROOMY = 1.25  # a cache with this much more memory than it fills is kept as a copy of the right size
MOST_ENTRIES = 256  # however small they are: each is compared with each prompt


class Entry(NamedTuple):
    ids: List[int]
    cache: Any


class Prefixes:
    """The least recently used go first where all together take more than `most_bytes`.

    Not for several threads. What `fork` gives is written to by its caller alone: an entry stays as it is.
    """

    def __init__(self, model: Any, most_bytes: int):
        self.model, self.most_bytes = model, most_bytes
        self.entries: List[Entry] = []  # the last used one last

    def bytes(self) -> int:
        return sum(entry.cache.memory_bytes() for entry in self.entries)

    def clear(self) -> None:
        self.entries = []

    def fork(self, ids: List[int]) -> Tuple[Any, int]:
        """A cache for a prompt, and how many of its tokens it holds: never all, as the last one must be read."""
        best, most = None, LEAST - 1
        for entry in self.entries:
            count = min(shared(entry.ids, ids), len(ids) - 1)
            if count > most:
                best, most = entry, count
        if best is None:
            return self.model.make_cache(1), 0
        self.entries = [*(entry for entry in self.entries if entry is not best), best]
        if most == len(best.ids):
            return best.cache.snapshot(), most  # no copy, while nobody else goes on behind it
        return self._copy(best.cache, most), most

    def keep(self, ids: List[int], cache: Any) -> None:
        """Takes over a cache that holds these ids, which nobody writes to any more."""
        if len(ids) < LEAST or not self.most_bytes:
            return
        if any(len(entry.ids) >= len(ids) and shared(entry.ids, ids) == len(ids) for entry in self.entries):
            return
        # What the new one begins with is an earlier state of it.
        self.entries = [entry for entry in self.entries if shared(entry.ids, ids) < len(entry.ids)]
        if cache.memory_bytes() > ROOMY * filled_bytes(cache):
            try:
                cache = self._copy(cache, len(ids))
            except MemoryError:  # then the next prompt is read from its beginning
                return
        self.entries.append(Entry(list(ids), cache))
        while self.entries and (self.bytes() > self.most_bytes or len(self.entries) > MOST_ENTRIES):
            del self.entries[0]

    def _copy(self, cache: Any, tokens: int) -> Any:
        """The first `tokens` of a cache, in memory of their own."""
        length = cache.prefix_length + tokens
        copy = self.model.make_cache(tokens).snapshot()  # one that grows, whatever kind is made for steps
        for layer in range(cache.num_layers):
            held = [tensor[:, :length] for tensor in cache.stored(layer)]
            for target, source in zip(copy.receive(layer, held), held):
                target.copy_(source)
        copy.prefix_length = cache.prefix_length
        copy.advance(length)
        return copy


def filled_bytes(cache: Any) -> int:
    layers = (tensor for layer in range(cache.num_layers) for tensor in cache.stored(layer))
    return sum(tensor.numel() * tensor.element_size() for tensor in layers)


def shared(one: List[int], other: List[int]) -> int:
    """How many ids two lists begin with alike."""
    least = min(len(one), len(other))
    if one[:least] == other[:least]:
        return least
    return next(at for at in range(least) if one[at] != other[at])
