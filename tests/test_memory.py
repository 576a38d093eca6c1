"""Memory of an answer: what the caller bounded, else as it grows; counted on the device where each layer runs."""

import contextlib
import types

import accelerate
import pytest
import torch
import transformers
from conftest import load

PROMPT = torch.arange(5, 15)[None]


@pytest.fixture(scope="module")
def long_model(tiny_checkpoint):
    """A tiny model that takes as many tokens as the published one."""
    return load(tiny_checkpoint(bits=0, dtype="float32", seq_length=32768)).eval()


def allocated(cache):
    return {buffers[0].shape[1] for buffers in cache._buffers}


def test_a_chat_takes_the_memory_of_its_answer(long_model, tokenizer):
    """It reserved 32,768 tokens, 0.9 GB, for "你好": an error on a machine with less."""
    *_, (_, _, cache) = long_model.stream_chat(
        tokenizer, "你好", return_past_key_values=True, stopping_criteria=[stop(9)]
    )
    assert allocated(cache) == {cache.capacity} and cache.capacity < 400
    kept = long_model.make_cache(300)
    long_model.chat(tokenizer, "你好", past_key_values=kept, stopping_criteria=[stop(9)])
    assert max(allocated(kept)) < 400


def stop(count):
    """A criterion that ends an answer, which a caller did not bound, after `count` tokens."""
    left = iter(range(count))
    return lambda ids, scores, **kwargs: torch.full((ids.shape[0],), next(left, None) is None)


def test_a_bounded_answer_is_allocated_once(long_model):
    out = long_model.generate(PROMPT, max_new_tokens=20, return_dict_in_generate=True, eos_token_id=None)
    assert allocated(out.past_key_values) == {30}


def test_an_answer_without_any_bound_has_that_of_the_release(tiny_checkpoint):
    """20 tokens; a static cache of 20 in all had no room for them behind a prompt."""
    model = load(tiny_checkpoint(bits=0, dtype="float32")).eval()
    model.generation_config = transformers.GenerationConfig(eos_token_id=None, do_sample=False)
    expected = model.generate(PROMPT)
    model.config.static_decode = True
    assert model.generate(PROMPT).equal(expected)


def test_an_open_answer_grows_to_the_last_token_and_no_further(tiny_checkpoint):
    model = load(tiny_checkpoint(bits=0, dtype="float32", seq_length=300)).eval()
    greedy = {"do_sample": False, "eos_token_id": None}
    found = model.generate(PROMPT, max_length=300, return_dict_in_generate=True, **greedy)
    assert found.sequences.shape[1] == 300
    assert allocated(found.past_key_values) == {300}  # 266, then not 532
    whole = model.generate(PROMPT, max_new_tokens=285, **greedy)
    assert found.sequences[:, :295].equal(whole)


def test_layers_grow_one_by_one(package):
    """All at once, the peak would be that of two caches."""
    cache = package("cache_chatglm").KVCache(3)
    for layer in range(3):
        cache.append(layer, torch.zeros(1, 256, 2, 4), torch.zeros(1, 256, 2, 4))
    cache.advance(256)
    cache.append(0, torch.zeros(1, 1, 2, 4), torch.zeros(1, 1, 2, 4))
    assert [buffers[0].shape[1] for buffers in cache._buffers] == [512, 256, 256]


def test_each_device_is_asked_for_its_layers(long_model, package, monkeypatch):
    generation = package("generation_chatglm")
    layers = list(long_model.transformer.encoder.layers)
    one, other = torch.device("cuda", 0), torch.device("cuda", 1)
    monkeypatch.setattr(generation, "execution_device", lambda module: one if module is layers[0] else other)
    config = long_model.config
    per_layer = 2 * config.num_key_value_heads * config.kv_channels * 4 * 100
    assert len(layers) > 1
    for free, refused in (
        ({one: per_layer, other: per_layer * (len(layers) - 1)}, None),
        ({one: 0}, one),
        ({other: 9}, other),
    ):
        monkeypatch.setattr(generation, "free_memory", lambda device, free=free: free.get(device, 10**12))
        if refused is None:
            long_model.make_cache(100)
        else:
            with pytest.raises(MemoryError, match=f"are free on {refused}"):
                long_model.make_cache(100)


def test_a_container_counts(package, monkeypatch, tmp_path):
    """/proc/meminfo tells of the machine; a container is killed at its own limit."""
    cache = package("cache_chatglm")
    (tmp_path / "memory.max").write_text("1000000\n")
    (tmp_path / "memory.current").write_text("900000\n")
    (tmp_path / "memory.stat").write_text("anon 500000\ninactive_file 300000\n")
    names = ("memory.max", "memory.current", "inactive_file")
    assert cache._control_group_memory(str(tmp_path), *names) == 400000
    (tmp_path / "memory.max").write_text("max\n")
    assert cache._control_group_memory(str(tmp_path), *names) is None
    machine = cache._numbers("/proc/meminfo")["MemAvailable:"]
    assert 2**20 < machine == pytest.approx(cache.free_memory(torch.device("cpu")), rel=0.5)
    monkeypatch.setattr(cache, "_control_group_memory", lambda *arguments: 12345)
    assert cache.free_memory(torch.device("cpu")) == 12345


def test_an_offloaded_embedding(tiny_checkpoint, tokenizer):
    """The prompt went to the device of the first weight, which is "meta" while accelerate keeps it elsewhere."""
    folder = tiny_checkpoint(bits=0, dtype="float32")
    expected = load(folder).eval().chat(tokenizer, "你好", max_new_tokens=5, do_sample=False)
    model = load(folder).eval()
    accelerate.cpu_offload(model, execution_device=torch.device("cpu"))
    assert model.device.type == "meta"
    assert model.chat(tokenizer, "你好", max_new_tokens=5, do_sample=False) == expected
    *_, last = model.stream_chat(tokenizer, "你好", max_new_tokens=5, do_sample=False)
    assert last == expected


def test_a_graph_is_captured_on_the_device_of_the_model(package, monkeypatch):
    """A MOCK of torch.cuda: two GPUs cannot exist here. The current device is 0, the model's is 1."""
    current, done = [0], []

    @contextlib.contextmanager
    def device(wanted):
        before, current[0] = current[0], torch.device(wanted).index
        yield
        current[0] = before

    def note(name):
        return lambda *arguments, **kwargs: (
            done.append((name, current[0]))
            or types.SimpleNamespace(
                wait_stream=lambda other: None, replay=lambda: done.append(("replay", current[0]))
            )
        )

    @contextlib.contextmanager
    def inside(name, *arguments):
        done.append((name, current[0]))
        yield

    for name in ("Stream", "current_stream", "CUDAGraph"):
        monkeypatch.setattr(torch.cuda, name, note(name))
    monkeypatch.setattr(torch.cuda, "device", device)
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: inside("stream"))
    monkeypatch.setattr(torch.cuda, "graph", lambda graph: inside("graph"))
    ids = types.SimpleNamespace(device=torch.device("cuda", 1), copy_=lambda other: done.append(("copy", current[0])))
    ids.clone = lambda: ids
    cache = types.SimpleNamespace(length=5, truncate=lambda length: None)
    graph = package("cache_chatglm").DecodeGraph(lambda tokens: done.append(("step", current[0])), ids, cache)
    graph.replay(ids)
    assert {name for name, _ in done} >= {"Stream", "CUDAGraph", "graph", "step", "replay"}
    assert {index for _, index in done} == {1} and current == [0]
