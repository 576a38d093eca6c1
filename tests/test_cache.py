"""KVCache: whatever is done to it, it holds what a plain concatenation of keys and values would hold."""

import threading

import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st

LAYERS, HEADS, DIM = 2, 2, 4
RELEASE = tuple(int(part) for part in transformers.__version__.split(".")[:2])


@pytest.fixture(scope="module")
def caches(package):
    return package("cache_chatglm")


@pytest.fixture(scope="module")
def cache_class(caches):
    return caches.KVCache


class Plain:
    """The reference: [b, t, g, d] tensors, concatenated."""

    def __init__(self, batch):
        self.layers = [torch.empty(batch, 0, HEADS, DIM) for _ in range(2 * LAYERS)]

    def append(self, tensors):
        self.layers = [torch.cat(pair, 1) for pair in zip(self.layers, tensors)]

    def change(self, function):
        self.layers = [function(layer) for layer in self.layers]


def append(cache, plain, count, batch):
    new = [torch.randn(batch, count, HEADS, DIM) for _ in range(2 * LAYERS)]
    for layer in range(LAYERS):
        cache.append(layer, new[2 * layer], new[2 * layer + 1])
    cache.advance(count)
    plain.append(new)


def check(cache, plain):
    assert cache.get_seq_length() == plain.layers[0].shape[1]
    held = [tensor.transpose(1, 2) for pair in cache for tensor in pair]
    for ours, theirs in zip(held, plain.layers):
        assert ours.shape == theirs.shape and ours.equal(theirs)


operations = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, 300)),
        st.tuples(st.just("crop"), st.integers(-5, 400)),
        st.tuples(st.just("truncate"), st.integers(0, 400)),
        st.tuples(st.just("reorder"), st.lists(st.integers(0, 1), min_size=1, max_size=3)),
        st.tuples(st.just("repeat"), st.integers(1, 2)),
        st.tuples(st.just("snapshot"), st.just(0)),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(first=st.integers(1, 20), capacity=st.one_of(st.none(), st.integers(0, 700)), steps=operations)
def test_any_sequence_of_operations(cache_class, first, capacity, steps):
    torch.manual_seed(0)
    batch = 2
    cache, plain, kept = cache_class(LAYERS, capacity), Plain(batch), []
    append(cache, plain, first, batch)
    for name, value in steps:
        if name == "append":
            append(cache, plain, value, batch)
        elif name == "crop":
            cache.crop(value)
            from_end = value < 0 or (value == 0 and RELEASE >= (5, 14))
            plain.change(lambda t, v=value, back=from_end: t[:, : max(0, t.shape[1] + v)] if back else t[:, :v])
        elif name == "truncate":
            cache.truncate(value)
            plain.change(lambda t, v=value: t[:, :v])
        elif name == "reorder":
            index = torch.tensor([i % batch for i in value])
            cache.reorder_cache(index)
            plain.change(lambda t, i=index: t[i])
            batch = len(value)
        elif name == "repeat":
            cache.batch_repeat_interleave(value)
            plain.change(lambda t, v=value: t.repeat_interleave(v, 0))
            batch *= value
        else:
            frozen = Plain(batch)
            frozen.layers = [layer.clone() for layer in plain.layers]
            kept.append((cache.snapshot(), frozen, batch))
    check(cache, plain)
    for snapshot, frozen, rows in kept:  # what went on behind a snapshot does not show in it
        check(snapshot, frozen)
        if snapshot.get_seq_length():
            append(snapshot, frozen, 3, rows)
            check(snapshot, frozen)
    check(cache, plain)


def test_known_length_is_allocated_once(cache_class):
    cache = cache_class(1, capacity=100)
    pointers = set()
    for _ in range(100):
        key = cache.append(0, torch.randn(1, 1, HEADS, DIM), torch.randn(1, 1, HEADS, DIM))[0]
        cache.advance(1)
        pointers.add(key.data_ptr())
    assert len(pointers) == 1 and cache.memory_bytes() == 2 * 100 * HEADS * DIM * 4


def test_growth_copies_no_more_than_doubling_does(cache_class):
    cache, allocations, last = cache_class(1), 0, None
    for _ in range(3000):
        key = cache.append(0, torch.zeros(1, 1, 1, 4), torch.zeros(1, 1, 1, 4))[0]
        cache.advance(1)
        allocations += key.data_ptr() != last
        last = key.data_ptr()
    assert allocations <= 5  # 256, 512, 1024, 2048, 4096


def test_int8_cache_error(caches):
    cache = caches.Int8KVCache(1)
    key, value = torch.randn(2, 50, HEADS, 64), torch.randn(2, 50, HEADS, 64)
    cache.append(0, key, value)
    cache.advance(50)
    for ours, theirs in zip(cache[0], (key, value)):
        error = (ours.transpose(1, 2) - theirs).norm() / theirs.norm()
        assert 0 < error <= 8e-3  # a step of max/127 over values of std max/3: about 0.7%
    assert cache.memory_bytes() == 2 * 2 * 256 * HEADS * (64 + 4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("magnitude", [1.0, 1e-3, 1e-6, 1e-7])
def test_int8_cache_of_small_heads(caches, dtype, magnitude):
    """A scale of 16 bits, next to zero, turned the largest value of a head into its opposite."""
    key = (torch.randn(1, 50, HEADS, 64) * magnitude).to(dtype)
    cache = caches.Int8KVCache(1)
    cache.append(0, key, key)
    cache.advance(50)
    error = (cache[0][0].transpose(1, 2) - key.float()).abs() / key.float().abs().amax(-1, keepdim=True).clamp(
        min=1e-30
    )
    assert error.max() <= 0.5 / 127 + 1e-5


@pytest.mark.parametrize("static", [False, True])
def test_a_snapshot_that_writes_leaves_the_live_cache_alone(caches, static):
    """Also while steps are counted on the device: a captured step told the host half of it."""
    cache, plain = (caches.StaticKVCache if static else caches.KVCache)(LAYERS, 40), Plain(1)
    append(cache, plain, 5, 1)
    stale, frozen = cache.snapshot(), Plain(1)
    frozen.layers = [layer.clone() for layer in plain.layers]
    if static:  # as a captured step does: the buffers are written on the device, the host counts
        cache.claim(1)
        new = [torch.randn(1, 1, HEADS, DIM) for _ in range(2 * LAYERS)]
        for layer in range(LAYERS):
            for buffer, tensor in zip(cache._buffers[layer], new[2 * layer : 2 * layer + 2]):
                buffer[:, 5:6] = tensor
        cache.count(1)
        plain.append(new)
    else:
        append(cache, plain, 1, 1)
    append(stale, frozen, 3, 1)
    check(cache, plain)
    check(stale, frozen)


def test_snapshots_of_one_prefix_in_several_threads(caches):
    """A server answers several rounds behind one system prompt at once."""
    cache, plain = caches.KVCache(LAYERS, 1000), Plain(1)
    append(cache, plain, 5, 1)
    wrong, barrier = [], threading.Barrier(4)

    def talk(number):
        for _ in range(30):
            mine, expected = cache.snapshot(), Plain(1)
            expected.layers = [layer.clone() for layer in plain.layers]
            barrier.wait()
            for _ in range(3):
                append(mine, expected, 2, 1)
            held = [tensor.transpose(1, 2) for pair in mine for tensor in pair]
            if not all(ours.equal(theirs) for ours, theirs in zip(held, expected.layers)):
                wrong.append(number)

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    check(cache, plain)


def test_a_full_static_cache_stays_usable(caches):
    cache, plain = caches.StaticKVCache(LAYERS, 6), Plain(1)
    append(cache, plain, 4, 1)
    with pytest.raises(ValueError, match="of 6 tokens cannot take 7"):
        cache.reserve(7)
    cache.begin_static_steps(torch.zeros(1, 1))
    for _ in range(2):
        append(cache, plain, 1, 1)
    with pytest.raises(ValueError, match="of 6 tokens cannot take 7: ask for fewer"):
        append(cache, plain, 1, 1)
    with pytest.raises(ValueError, match="of 6 tokens cannot take 7"):
        cache.claim(1)  # before a captured step
    check(cache, plain)
    cache.truncate(3)
    plain.change(lambda t: t[:, :3])
    append(cache, plain, 1, 1)
    check(cache, plain)


def test_it_is_a_cache_to_other_libraries(caches):
    cache = caches.KVCache(LAYERS)
    assert isinstance(cache, getattr(transformers, "Cache", object))
    key, value = torch.randn(1, HEADS, 3, DIM), torch.randn(1, HEADS, 3, DIM)
    for layer in range(LAYERS):
        held = cache.update(key, value, layer, {"cache_position": torch.arange(3)})
        assert held[0].equal(key) and held[1].equal(value)
    assert cache.get_seq_length() == 3 and "length=3" in repr(cache)
    cache.reset()
    assert cache.get_seq_length() == 0


def test_two_calls_do_not_write_at_once(caches):
    cache = caches.KVCache(LAYERS)
    with cache.used_by("generate()"):
        with cache.used_by("a forward pass", nested=True):
            pass
        with pytest.raises(RuntimeError, match=r"chat\(\) with a cache that generate\(\) is still writing to"):
            with cache.used_by("chat()"):
                pass
        failures = []

        def elsewhere():
            try:
                with cache.used_by("a forward pass", nested=True):
                    pass
            except RuntimeError as error:
                failures.append(str(error))

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        assert len(failures) == 1 and "snapshot()" in failures[0]
    with cache.used_by("chat()"):
        pass


def test_a_failed_forward_leaves_the_cache_as_it_was(cache_class):
    cache = cache_class(LAYERS)
    cache.append(0, torch.ones(1, 3, HEADS, DIM), torch.ones(1, 3, HEADS, DIM))  # the second layer never came
    assert cache.get_seq_length() == 0


def test_wrong_input_is_named(caches, cache_class):
    with pytest.raises(ValueError, match="int4"):
        caches.cache_class("int4")
    with pytest.raises(ValueError, match="capacity"):
        caches.StaticKVCache(1)
    with pytest.raises(ValueError, match="-3"):
        cache_class(1, capacity=-3)
    cache = cache_class(1)
    cache.append(0, torch.ones(2, 3, HEADS, DIM), torch.ones(2, 3, HEADS, DIM))
    cache.advance(3)
    with pytest.raises(ValueError, match="batch of 2, got one of 1"):
        cache.append(0, torch.ones(1, 1, HEADS, DIM), torch.ones(1, 1, HEADS, DIM))
    with pytest.raises(IndexError, match="layer 7"):
        cache[7]


def test_layers_of_other_code_are_taken_over(cache_class):
    layers = [(torch.randn(1, HEADS, 5, DIM), torch.randn(1, HEADS, 5, DIM)) for _ in range(LAYERS)]
    cache = cache_class.from_layers(layers)
    assert cache.get_seq_length() == 5 and len(cache) == LAYERS
    assert all(a.equal(b) for ours, theirs in zip(cache, layers) for a, b in zip(ours, theirs))


def test_snapshots_of_every_kind_keep_the_kind(caches):
    kinds = {None: (caches.KVCache, caches.StaticKVCache), "int8": (caches.Int8KVCache, caches.StaticInt8KVCache)}
    for dtype, (growing, static) in kinds.items():
        for kind, asked in ((growing, False), (static, True)):
            assert caches.cache_class(dtype, asked) is kind
            cache, plain = kind(LAYERS, 40), Plain(1)
            append(cache, plain, 5, 1)
            snapshot = cache.snapshot()
            assert type(snapshot) is growing
            for ours, theirs in zip((part for pair in snapshot for part in pair), plain.layers):
                torch.testing.assert_close(ours.transpose(1, 2), theirs, rtol=0, atol=0.02 if dtype else 0)
            append(snapshot, plain, 60, 1)  # a static cache's snapshot grows past its capacity
            assert snapshot.get_seq_length() == 65 and cache.get_seq_length() == 5


def test_a_static_cache_says_that_it_is_full(caches):
    cache = caches.StaticKVCache(LAYERS, 4)
    append(cache, Plain(1), 4, 1)
    with pytest.raises(ValueError, match="of 4 tokens cannot take 5"):
        append(cache, Plain(1), 1, 1)


def test_a_snapshot_in_the_middle_of_a_pass_leaves_its_place_to_the_pass(caches):
    """Another thread of a server takes one while an answer runs."""
    cache, plain = caches.KVCache(LAYERS, 40), Plain(1)
    append(cache, plain, 5, 1)
    new = [torch.randn(1, 2, HEADS, DIM) for _ in range(2 * LAYERS)]
    cache.append(0, new[0], new[1])
    snapshot, frozen = cache.snapshot(), Plain(1)
    frozen.layers = [layer.clone() for layer in plain.layers]
    append(snapshot, frozen, 2, 1)
    cache.append(1, new[2], new[3])
    cache.advance(2)
    plain.append(new)
    check(cache, plain)
    check(snapshot, frozen)


def test_a_static_cache_that_moves_holds_no_numbers_beyond_its_end(caches):
    """Steps multiply what is not yet written by zero: a NaN there would spread."""
    cache, plain = caches.StaticKVCache(LAYERS, 40), Plain(1)
    append(cache, plain, 5, 1)
    other = cache.snapshot()
    append(other, Plain(1), 1, 1)
    append(cache, plain, 1, 1)
    check(cache, plain)
    assert all((buffer[:, 6:] == 0).all() for buffers in cache._buffers for buffer in buffers)
