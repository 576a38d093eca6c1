"""Caches in files: what was read goes on in another process as if it had never ended, or is refused and says why."""

import json
import os
import resource
import signal
import struct
import threading

import accelerate
import numpy
import pytest
import torch
import transformers
from conftest import load
from safetensors import safe_open

PROMPT = torch.arange(5, 45)[None]
BATCH = {
    "input_ids": torch.tensor([[5, 77, 310, 42, 9, 128], [0, 0, 0, 7, 500, 31]]),
    "attention_mask": torch.tensor([[1] * 6, [0] * 3 + [1] * 3]),
}
GREEDY = {"do_sample": False, "eos_token_id": None}
KINDS = [(None, False), ("int8", False), (None, True), ("int8", True)]
RELEASE = tuple(int(part) for part in transformers.__version__.split(".")[:2])


@pytest.fixture
def read_tokens(model, monkeypatch):
    """How many tokens each pass through the layers of the model embeds."""
    counted, embed = [], model.transformer._embed
    monkeypatch.setattr(model.transformer, "_embed", lambda ids: counted.append(ids.shape[1]) or embed(ids))
    return counted


@torch.no_grad()
def filled(model, ids=PROMPT, cache=None, **kwargs):
    """A cache that holds these ids."""
    cache = model.make_cache(100) if cache is None else cache
    model(ids, past_key_values=cache, use_cache=True, return_last_logit=True, **kwargs)
    return cache


def go_on(model, cache, steps=5, ids=None, mask=None):
    """Logits of some next tokens, greedily."""
    rows, ids = [], torch.tensor([[7]] * (cache[0][0].shape[0])) if ids is None else ids
    with torch.no_grad():
        for _ in range(steps):
            if mask is not None:
                mask = torch.nn.functional.pad(mask, (0, 1), value=1)
            logits = model(ids, attention_mask=mask, past_key_values=cache, use_cache=True).logits[:, -1]
            rows.append(logits)
            ids = logits.argmax(-1, keepdim=True)
    return torch.stack(rows, 1)


def tensors_of(cache):
    return [tensor for layer in range(cache.num_layers) for tensor in cache.stored(layer)]


def same(ours, theirs):
    return len(ours) == len(theirs) and all(a.equal(b) and a.dtype == b.dtype for a, b in zip(ours, theirs))


def header_of(path):
    content = path.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def with_header(path, change):
    """The file with a header that `change` has had in its hands."""
    header, rest = header_of(path)
    change(header)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + rest)


# ------------------------------------------------------------------------------------------------------------ going on


@pytest.mark.parametrize("dtype, static", KINDS)
@pytest.mark.parametrize("prefix", [None, 3])
def test_a_cache_comes_back_as_what_it_was(tiny_checkpoint, tmp_path, dtype, static, prefix):
    folder = tiny_checkpoint(bits=0, dtype="float32")
    model = load(folder, pre_seq_len=prefix).eval()
    model.config.kv_cache_dtype, model.config.static_decode = dtype, static
    cache = filled(model)
    model.save_cache(cache, tmp_path / "kept")
    # Another user has other settings of how caches are made: the kind is the file's.
    model.config.kv_cache_dtype, model.config.static_decode = None, False
    found, history = model.load_cache(tmp_path / "kept")
    assert type(found) is type(cache) and history is None
    assert (found.length, found.prefix_length) == (40 + (prefix or 0), prefix or 0)
    assert not static or found.capacity == cache.capacity
    assert same(tensors_of(found), tensors_of(cache))
    assert go_on(model, found).equal(go_on(model, cache))


@pytest.mark.parametrize("dtype, static", KINDS)
def test_a_padded_batch_goes_on(model, tmp_path, monkeypatch, dtype, static):
    monkeypatch.setattr(model.config, "kv_cache_dtype", dtype)
    monkeypatch.setattr(model.config, "static_decode", static)
    cache = filled(model, BATCH["input_ids"], attention_mask=BATCH["attention_mask"])
    model.save_cache(cache, tmp_path / "kept")
    found, _ = model.load_cache(tmp_path / "kept")
    assert not static or found.starts.tolist() == [0, 3]
    mask = None if static else BATCH["attention_mask"]
    assert go_on(model, found, mask=mask).equal(go_on(model, cache, mask=mask))


def test_a_stream_goes_on_where_another_process_ended(tiny_checkpoint, model, tokenizer, tmp_path, read_tokens):
    """The next round reads its own tokens alone, with the history from the file."""
    *_, (_, history, cache) = model.stream_chat(
        tokenizer, "你好", return_past_key_values=True, max_new_tokens=6, **GREEDY
    )
    model.save_cache(cache, tmp_path / "kept", history)
    expected = list(model.stream_chat(tokenizer, "再见", history, cache, max_new_tokens=6, **GREEDY))
    new = model.build_stream_inputs(tokenizer, "再见", history)["input_ids"].shape[1]
    del read_tokens[:]
    loaded, rounds = model.load_cache(tmp_path / "kept")
    assert rounds == history and isinstance(rounds[0], tuple)
    assert list(model.stream_chat(tokenizer, "再见", rounds, loaded, max_new_tokens=6, **GREEDY)) == expected
    assert sum(read_tokens) == new + 5
    other = load(tiny_checkpoint(bits=0, dtype="float32")).eval()  # as a new process has it
    loaded, rounds = other.load_cache(tmp_path / "kept")
    assert list(other.stream_chat(tokenizer, "再见", rounds, loaded, max_new_tokens=6, **GREEDY)) == expected


def test_the_cache_that_chat_keeps_goes_on(model, tokenizer, tmp_path, read_tokens):
    cache = model.make_cache(300)
    _, history = model.chat(tokenizer, "你好", past_key_values=cache, max_new_tokens=6, **GREEDY)
    held = cache.length
    model.save_cache(cache, str(tmp_path / "kept"), history)
    expected = model.chat(tokenizer, "再见", history, past_key_values=cache, max_new_tokens=6, **GREEDY)
    before = sum(read_tokens)
    del read_tokens[:]
    loaded, rounds = model.load_cache(str(tmp_path / "kept"))
    assert loaded.length == len(loaded.token_ids) == held
    assert model.chat(tokenizer, "再见", rounds, past_key_values=loaded, max_new_tokens=6, **GREEDY) == expected
    prompt = model.build_inputs(tokenizer, "再见", history)["input_ids"].shape[1]
    assert sum(read_tokens) < prompt < before  # the first round was not read again


def test_generate_goes_on(model, tmp_path, read_tokens):
    cache = model.make_cache(100)  # generate() of 4.30 returns none
    ids = model.generate(PROMPT, past_key_values=cache, max_new_tokens=4, **GREEDY)
    assert cache.get_seq_length() == ids.shape[1] - 1
    model.save_cache(cache, tmp_path / "kept")
    expected = model.generate(ids, past_key_values=cache, max_new_tokens=6, **GREEDY)
    del read_tokens[:]
    loaded, _ = model.load_cache(tmp_path / "kept")
    assert model.generate(ids, past_key_values=loaded, max_new_tokens=6, **GREEDY).equal(expected)
    assert sum(read_tokens) == 6
    assert expected.equal(model.generate(PROMPT, max_new_tokens=10, **GREEDY))


def test_what_was_cut_and_what_is_shared(model, tmp_path):
    """The file holds what the cache holds: not what was cropped, nor what a branch wrote behind it."""
    cache = filled(model)
    branch = cache.snapshot()
    go_on(model, branch, 3)
    cache.crop(30)
    for name, kept in (("cut", cache), ("branch", branch)):
        model.save_cache(kept, tmp_path / name)
        assert same(tensors_of(model.load_cache(tmp_path / name)[0]), tensors_of(kept))
    assert (tmp_path / "cut").stat().st_size < (tmp_path / "branch").stat().st_size


@pytest.mark.parametrize("dtype, static", KINDS)
def test_an_empty_cache(model, tmp_path, monkeypatch, dtype, static):
    """/save before the first question: it loads as an empty one, and so does what was cut to nothing."""
    monkeypatch.setattr(model.config, "kv_cache_dtype", dtype)
    monkeypatch.setattr(model.config, "static_decode", static)
    cut = filled(model)
    cut.truncate(0)
    for cache in (model.make_cache(100), cut):
        model.save_cache(cache, tmp_path / "kept", [])
        loaded, history = model.load_cache(tmp_path / "kept")
        assert type(loaded) is type(cache) and loaded.length == 0 and history == []
        assert go_on(model, filled(model, cache=loaded)).equal(go_on(model, filled(model)))


def test_a_prompt_that_was_cancelled_goes_on(model, tmp_path, monkeypatch):
    """Slices that were read stay; the layers that the last one had written to do not count."""
    monkeypatch.setattr(model.config, "prefill_slice_size", 16)
    cache, block = model.make_cache(100), model.transformer.encoder.layers[1]
    left = iter(range(2))

    def cancel(*arguments):
        if next(left, None) is None:
            raise KeyboardInterrupt

    handle = block.register_forward_pre_hook(cancel)
    with pytest.raises(KeyboardInterrupt), torch.no_grad():
        model(PROMPT, past_key_values=cache, use_cache=True, return_last_logit=True)
    handle.remove()
    model.save_cache(cache, tmp_path / "kept")
    loaded, _ = model.load_cache(tmp_path / "kept")
    assert loaded.length == 32
    filled(model, PROMPT[:, 32:], loaded)
    assert go_on(model, loaded).equal(go_on(model, filled(model)))


def test_a_loaded_cache_has_room_for_a_short_round(model, tmp_path):
    """Else its first token would move all of it."""
    model.save_cache(filled(model), tmp_path / "kept")
    loaded, _ = model.load_cache(tmp_path / "kept")
    memory = loaded._buffers[0][0].data_ptr()
    go_on(model, loaded)
    assert loaded._buffers[0][0].data_ptr() == memory


def test_a_loaded_cache_grows_to_the_last_token_and_no_further(model, tmp_path, monkeypatch):
    monkeypatch.setattr(model.config, "seq_length", 310)
    model.save_cache(filled(model), tmp_path / "kept")
    loaded, _ = model.load_cache(tmp_path / "kept")
    filled(model, torch.full((1, 270), 9), loaded)
    assert loaded.length == loaded._buffers[0][0].shape[1] == 310  # 296, then not 592


def test_nothing_is_held_twice(model, tmp_path, monkeypatch):
    """Saving reads the cache's memory, and loading fills it: the largest copy is none."""
    cache = filled(model, torch.cat((PROMPT, PROMPT)))
    copies = []
    clone = torch.Tensor.contiguous
    monkeypatch.setattr(torch.Tensor, "contiguous", lambda self: copies.append(self.is_contiguous()) or clone(self))
    model.save_cache(cache, tmp_path / "kept")
    loaded, _ = model.load_cache(tmp_path / "kept")
    assert copies and all(copies)
    assert loaded.length == 40


def test_a_device_that_is_no_cpu(model, tmp_path, monkeypatch):
    """MOCKED: every tensor says that it is elsewhere. There a row is read to memory first; test_gpu.py has a GPU."""
    cache = filled(model, torch.cat((PROMPT, PROMPT)))
    model.save_cache(cache, tmp_path / "kept")
    with monkeypatch.context() as patch:
        patch.setattr(torch.Tensor, "is_cpu", property(lambda self: False))
        loaded, _ = model.load_cache(tmp_path / "kept")
    assert same(tensors_of(loaded), tensors_of(cache))


# ------------------------------------------------------------------------------------------------------------ the file


def test_other_tools_read_the_file(model, tmp_path):
    """It is a safetensors file as the library knows it, with tokens of the cache only."""
    cache = filled(model)
    model.save_cache(cache, tmp_path / "kept.safetensors", [("问", "答\ud800")])
    with safe_open(str(tmp_path / "kept.safetensors"), framework="pt") as file:
        assert file.metadata()["kind"] == '"growing"'
        assert file.get_tensor("layers.1.value").equal(cache.stored(1)[1])
        assert len(file.keys()) == 4
    assert model.load_cache(tmp_path / "kept.safetensors")[1] == [("问", "答\ud800")]


def test_a_full_disk_leaves_nothing_behind(model, tmp_path):
    """And the file that was there is as it was."""
    target = tmp_path / "kept"
    model.save_cache(filled(model, PROMPT[:, :4]), target)
    before, size = target.read_bytes(), target.stat().st_size
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limit[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            model.save_cache(filled(model), target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, ignored)
    assert target.read_bytes() == before and os.listdir(tmp_path) == ["kept"]
    assert model.load_cache(target)[0].length == 4


@pytest.mark.parametrize("name, fault", [("fsync", OSError("unplugged")), ("replace", KeyboardInterrupt())])
def test_an_interruption_leaves_nothing_behind(model, tmp_path, monkeypatch, name, fault):
    def fail(*arguments):
        raise fault

    monkeypatch.setattr(os, name, fail)
    with pytest.raises(type(fault)):
        model.save_cache(filled(model), tmp_path / "kept")
    assert os.listdir(tmp_path) == []


def test_paths_that_cannot_be_meant(model, tmp_path):
    """Found before anything is written."""
    cache = filled(model)
    with pytest.raises(FileNotFoundError, match="make .*missing first"):
        model.save_cache(cache, tmp_path / "missing" / "kept")
    with pytest.raises(IsADirectoryError, match="name a file in it"):
        model.save_cache(cache, tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="no plain file"):
        model.save_cache(cache, tmp_path / "pipe")
    with pytest.raises(FileNotFoundError):
        model.load_cache(tmp_path / "none")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    model.save_cache(cache, tmp_path / "link")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "target").is_file()
    model.save_cache(cache, tmp_path / ("长" * 80))  # a long name is no longer for its temporary neighbour
    assert sorted(os.listdir(tmp_path)) == ["link", "pipe", "target", "长" * 80]


def test_a_file_that_is_no_such_file(model, tmp_path):
    path = tmp_path / "kept"
    for content in (b"", b"\x10", b"a text that somebody wrote", struct.pack("<Q", 4) + b"[1]\n", os.urandom(5000)):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=f"kept, {len(content)} bytes, is no file of save_cache"):
            model.load_cache(path)
    from safetensors.torch import save_file

    save_file({"x": torch.zeros(3)}, str(path))
    with pytest.raises(ValueError, match="no file of save_cache"):
        model.load_cache(path)


def test_a_truncated_file_at_any_byte(model, tmp_path):
    path = tmp_path / "kept"
    model.save_cache(filled(model), path)
    whole = path.read_bytes()
    for size in (1, 7, 8, 500, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(ValueError, match="truncated|no longer a whole one"):
            model.load_cache(path)
    path.write_bytes(whole + b"\0")
    with pytest.raises(ValueError, match=f"{len(whole)} is right"):
        model.load_cache(path)
    path.write_bytes(whole)
    assert model.load_cache(path)[0].length == 40


def test_a_file_that_shrinks_while_it_is_read(model, tmp_path, package, monkeypatch):
    path = tmp_path / "kept"
    model.save_cache(filled(model), path)
    files = package("cache_files")
    refuse = files._refuse_too_large

    def shrink(*arguments):
        os.truncate(path, path.stat().st_size - 20000)
        refuse(*arguments)

    monkeypatch.setattr(files, "_refuse_too_large", shrink)
    with pytest.raises(ValueError, match="truncated"):
        model.load_cache(path)


def change_length(header):
    header["__metadata__"]["length"] = "41"


def change_dtype(header):
    header["__metadata__"]["cache_dtype"] = '"F99"'


def change_shape(header):
    header["layers.0.key"]["shape"] = [1, 20, 4, 16]


def drop_layer(header):
    del header["layers.1.value"]


@pytest.mark.parametrize("change", [change_length, change_dtype, change_shape, drop_layer])
def test_a_header_that_contradicts_itself(model, tmp_path, change):
    model.save_cache(filled(model), tmp_path / "kept")
    with_header(tmp_path / "kept", change)
    with pytest.raises(ValueError, match="damaged"):
        model.load_cache(tmp_path / "kept")


def test_a_file_of_a_later_version(model, tmp_path):
    model.save_cache(filled(model), tmp_path / "kept")
    with_header(tmp_path / "kept", lambda header: header["__metadata__"].update(version="2"))
    with pytest.raises(ValueError, match="version 2 of the format, this package reads 1"):
        model.load_cache(tmp_path / "kept")


def test_a_cache_that_does_not_fit(model, tmp_path, package, monkeypatch):
    model.save_cache(filled(model), tmp_path / "kept")
    monkeypatch.setattr(package("cache_files"), "free_memory", lambda device: 1000)
    with pytest.raises(MemoryError, match="296 tokens, 0 MiB are free on cpu"):
        model.load_cache(tmp_path / "kept")


def test_more_tokens_than_the_model_takes(model, tmp_path, monkeypatch):
    model.save_cache(filled(model), tmp_path / "kept")
    monkeypatch.setattr(model.config, "seq_length", 39)
    with pytest.raises(ValueError, match="holds 40 tokens, the model takes 39"):
        model.load_cache(tmp_path / "kept")


# ----------------------------------------------------------------------------------------------------- what is refused


def refusal(model, path):
    with pytest.raises(ValueError, match="the cache of another model") as caught:
        model.load_cache(path)
    return str(caught.value)


def test_the_cache_of_another_model(tiny_checkpoint, model, tmp_path):
    path = tmp_path / "kept"
    model.save_cache(filled(model), path)
    folder = tiny_checkpoint(bits=0, dtype="float32")
    assert "rope_ratio is 16 in the file, 1 here" in refusal(load(folder, rope_ratio=1).eval(), path)
    assert "pre_seq_len is None in the file, 4 here" in refusal(load(folder, pre_seq_len=4).eval(), path)
    quantized = refusal(load(folder).quantize(8).eval(), path)
    assert "quantization_bit is 0 in the file, 8 here" in quantized
    for half in (torch.float16, torch.bfloat16):
        said = refusal(load(folder).to(half).eval(), path)
        assert f"computed in float32, this one in {str(half)[6:]}" in said and "load the model in float32" in said


def test_a_number_of_numpy_in_the_configuration(tiny_checkpoint, model, tmp_path):
    other = load(tiny_checkpoint(bits=0, dtype="float32")).eval()
    other.config.rope_ratio = numpy.float32(16)
    for writer, reader in ((other, model), (model, other)):
        writer.save_cache(filled(writer), tmp_path / "kept")
        assert reader.load_cache(tmp_path / "kept")[0].length == 40


def test_every_weight_counts(tiny_checkpoint, model, tmp_path):
    """A model fine-tuned in one layer, with a vector that nobody looks at, with a head of its own."""
    path = tmp_path / "kept"
    model.save_cache(filled(model), path)
    other = load(tiny_checkpoint(bits=0, dtype="float32")).eval()
    for name, parameter in other.named_parameters():
        kept = parameter.data.clone()
        parameter.data += 0.01 * parameter.data.abs().mean()
        assert f"(other values in {name})" in refusal(other, path)
        parameter.data = kept
    assert other.load_cache(path)[0].length == 40


@pytest.mark.parametrize("bits", [4, 8])
def test_another_quantization_of_one_row(tiny_checkpoint, tmp_path, bits):
    """A scale is looked at wholly, so no row of a quantized weight is overlooked."""
    model = load(tiny_checkpoint(bits=bits, dtype="float16")).float().eval()
    path, layer = tmp_path / "kept", model.transformer.encoder.layers[1].mlp.dense_4h_to_h
    model.save_cache(filled(model), path)
    assert model.load_cache(path)[0].length == 40
    for tensor in (layer.weight_scale.data[13:14], layer.weight.data[-1]):
        kept = tensor.clone()
        tensor += 1
        assert "layers.1.mlp.dense_4h_to_h.weight" in refusal(model, path)
        tensor.copy_(kept)


def test_a_trained_prefix_counts(tiny_checkpoint, tmp_path):
    model = load(tiny_checkpoint(bits=0, dtype="float32"), pre_seq_len=4).eval()
    model.save_cache(filled(model), tmp_path / "kept")
    model.transformer.prefix_encoder.embedding.weight.data[3] += 1
    assert "prefix_encoder.embedding.weight" in refusal(model, tmp_path / "kept")


class Adapter(torch.nn.Module):
    """What PEFT puts in the place of a layer, by its names; a real one is in tests/clients."""

    def __init__(self, base, name):
        super().__init__()
        self.base_layer, self.active_adapters, self.disable_adapters, self.merged = base, [name], False, False
        self.lora_A = torch.nn.ModuleDict({name: torch.nn.Linear(base.in_features, 2, bias=False)})
        self.lora_B = torch.nn.ModuleDict({name: torch.nn.Linear(2, base.out_features, bias=False)})
        self.scaling = {name: 2.0}

    def forward(self, x):
        out = self.base_layer(x)
        if self.disable_adapters:
            return out
        return out + self.scaling["poet"] * self.lora_B["poet"](self.lora_A["poet"](x))


def test_adapters_that_are_on_count(tiny_checkpoint, model, tmp_path):
    adapted = load(tiny_checkpoint(bits=0, dtype="float32")).eval()
    attention = adapted.transformer.encoder.layers[0].self_attention
    attention.query_key_value = adapter = Adapter(attention.query_key_value, "poet")
    model.save_cache(filled(model), tmp_path / "plain")
    adapted.save_cache(filled(adapted), tmp_path / "adapted")
    name = "transformer.encoder.layers.0.self_attention.query_key_value.lora_A.poet.weight"
    assert f"not in this model: {name}" in refusal(model, tmp_path / "adapted")
    assert f"not in the file: {name}" in refusal(adapted, tmp_path / "plain")
    assert adapted.load_cache(tmp_path / "adapted")[0].length == 40
    adapter.disable_adapters = True
    assert adapted.load_cache(tmp_path / "plain")[0].length == 40
    assert "not in this model" in refusal(adapted, tmp_path / "adapted")
    adapter.disable_adapters = False
    adapter.scaling["poet"] = 3.0
    assert "scaling.poet" in refusal(adapted, tmp_path / "adapted")


def test_weights_that_accelerate_keeps_elsewhere(tiny_checkpoint, model, tmp_path):
    """They are read where they are: the cache is that of the model that has them at hand."""
    model.save_cache(filled(model), tmp_path / "kept")
    offloaded = load(tiny_checkpoint(bits=0, dtype="float32")).eval()
    accelerate.cpu_offload(offloaded, execution_device=torch.device("cpu"))
    loaded, _ = offloaded.load_cache(tmp_path / "kept")
    assert go_on(offloaded, loaded).equal(go_on(model, filled(model)))


# ------------------------------------------------------------------------------------------------- what is no KVCache


def test_caches_of_other_code(model, tmp_path):
    cache = filled(model)
    model.save_cache(tuple(cache), tmp_path / "tuple")
    assert same(tensors_of(model.load_cache(tmp_path / "tuple")[0]), tensors_of(cache))
    for thing in (None, "text", 5, object()):
        with pytest.raises(TypeError, match="must be a KVCache"):
            model.save_cache(thing, tmp_path / "kept")
    with pytest.raises(ValueError, match="of another model: 1 layers, heads and channels .2, 16., this model has 2"):
        model.save_cache(tuple(cache)[:1], tmp_path / "kept")
    with pytest.raises(TypeError, match="history must be made of texts"):
        model.save_cache(cache, tmp_path / "kept", [("query", object())])
    assert os.listdir(tmp_path) == ["tuple"]


@pytest.mark.skipif(RELEASE < (4, 36), reason="transformers has caches from 4.36 on")
def test_caches_of_transformers(model, tmp_path):
    foreign = transformers.DynamicCache()
    with torch.no_grad():
        model(PROMPT, past_key_values=foreign, use_cache=True)
    model.save_cache(foreign, tmp_path / "kept")
    loaded, _ = model.load_cache(tmp_path / "kept")
    assert same(tensors_of(loaded), tensors_of(filled(model)))
    if RELEASE >= (4, 54):  # layers that keep a window of their tokens
        windows = transformers.DynamicCache()
        with torch.no_grad():
            model(PROMPT, past_key_values=windows, use_cache=True)
        for layer in windows.layers:
            layer.get_seq_length = lambda *arguments: 60
        with pytest.raises(TypeError, match="keeps not all of its 60 tokens as keys and values .40"):
            model.save_cache(windows, tmp_path / "other")


def test_a_cache_that_another_thread_writes_to(model, tmp_path):
    cache, entered, leave = filled(model), threading.Event(), threading.Event()

    def write():
        with cache.used_by("generate()"):
            entered.set()
            leave.wait(30)

    thread = threading.Thread(target=write)
    thread.start()
    entered.wait(30)
    try:
        with pytest.raises(RuntimeError, match="generate.. is still writing to"):
            model.save_cache(cache, tmp_path / "kept")
    finally:
        leave.set()
        thread.join()
    assert os.listdir(tmp_path) == []
