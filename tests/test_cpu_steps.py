"""A step of few tokens runs as one native call per block, with the bits that the modules give; anything that somebody
has put on a module, or that a native call cannot do, makes the modules do it."""

import functools
import warnings

import pytest
import torch
from conftest import load
from package import load_package
from torch import nn

SIZES = {
    "num_layers": 2,
    "hidden_size": 1024,
    "ffn_hidden_size": 520,  # columns of a last block that is not whole
    "kv_channels": 128,
    "num_attention_heads": 8,
    "multi_query_attention": True,
    "multi_query_group_num": 2,
    "add_qkv_bias": True,
    "padded_vocab_size": 61,
    "seq_length": 512,
    "quantization_bit": 4,
}
configuration, modeling, layers, steps = load_package(
    "configuration_chatglm", "modeling_chatglm", "layers_chatglm", "cpu_steps"
)
caches, kernels, quantization = load_package("cache_chatglm", "cpu_kernels", "quantization")


@pytest.fixture(scope="module", autouse=True)
def native():
    if kernels.library() is None:
        pytest.skip("no C++ compiler here")


def fill(model: nn.Module) -> nn.Module:
    torch.manual_seed(0)
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        if tensor.dtype == torch.int8:
            tensor.data = torch.randint(-128, 128, tensor.shape, dtype=torch.int8)
        elif name.endswith("weight_scale"):
            tensor.data.uniform_(0.002, 0.004)
        elif "norm" in name:
            tensor.data.uniform_(0.5, 1.5)
        else:
            tensor.data.normal_(0, 0.3)
    return model.eval()


def build(dtype=torch.float32, **changes) -> nn.Module:
    config = configuration.ChatGLMConfig(**{**SIZES, **changes})
    return fill(modeling.ChatGLMForConditionalGeneration(config)).to(dtype)


@pytest.fixture()
def counted(monkeypatch):
    """The indices of the blocks that have run as native calls, in their order."""
    ran, run = [], steps.NativeStep.run
    monkeypatch.setattr(steps.NativeStep, "run", lambda self, index: ran.append(index) or run(self, index))
    return ran


@torch.no_grad()
def talk(model, batch: int = 1, widths=(11, 1, 1), mask=None, **arguments):
    """Logits of a prompt and of steps behind it, [b, tokens, vocab]; the first of `widths` is that of the prompt."""
    torch.manual_seed(1)
    ids = torch.randint(0, 61, (batch, sum(widths)))
    cache, at, logits = None, 0, []
    for width in widths:
        seen = None if mask is None else mask[:, : at + width]
        out = model(ids[:, at : at + width], attention_mask=seen, past_key_values=cache, use_cache=True, **arguments)
        cache, at = out.past_key_values, at + width
        logits.append(out.logits)
    return torch.cat(logits, dim=1)


def by_modules(monkeypatch, function):
    with monkeypatch.context() as patch:
        patch.setattr(modeling, "native_step", lambda *_: None)
        return function()


# ------------------------------------------------------------------------------------------------------ the same bits


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("batch, widths", [(1, (11, 1, 1)), (1, (3, 8, 5, 2)), (3, (9, 1, 2)), (8, (9, 1))])
def test_bits_are_those_of_the_modules(counted, monkeypatch, dtype, bits, batch, widths):
    model = build(dtype, quantization_bit=bits)
    found = talk(model, batch, widths)
    native = sum(batch * width <= 8 for width in widths)
    assert counted == [0, 1] * native and native
    assert torch.equal(found, by_modules(monkeypatch, lambda: talk(model, batch, widths)))
    assert len(counted) == 2 * native


def test_bits_of_padded_rows(counted, monkeypatch):
    model, mask = build(torch.float16), torch.ones(2, 14, dtype=torch.long)
    mask[1, :5] = 0
    found = talk(model, 2, (11, 1, 1, 1), mask)
    assert counted == [0, 1] * 3
    assert torch.equal(found, by_modules(monkeypatch, lambda: talk(model, 2, (11, 1, 1, 1), mask)))


@pytest.mark.parametrize("table", ["float32", "float16"])
def test_bits_of_positions_that_rows_share(counted, monkeypatch, table):
    """Given once for all rows, they are one row in memory, and so may be what is made of them."""
    model, ids = build(rotary_table_dtype=table), torch.arange(6).view(3, 2)
    positions = torch.tensor([[3, 40]])

    @torch.no_grad()
    def logits():
        return model(ids, position_ids=positions, use_cache=True).logits

    found = logits()
    assert counted == [0, 1]
    assert torch.equal(found, by_modules(monkeypatch, logits))


@pytest.mark.parametrize("changes", [{"add_qkv_bias": False}, {"add_bias_linear": True}, {"multi_query_group_num": 1}])
def test_bits_of_other_models(counted, monkeypatch, changes):
    model = build(**changes)
    found = talk(model)
    assert counted == [0, 1] * 2
    assert torch.equal(found, by_modules(monkeypatch, lambda: talk(model)))


def test_bits_on_one_thread_of_a_cache_that_grows(counted, monkeypatch):
    model, widths = build(), (2,) + (1,) * 40  # beyond the room that a cache starts with
    found = talk(model, widths=widths)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        assert torch.equal(found, talk(model, widths=widths))
    finally:
        torch.set_num_threads(threads)
    assert counted == [0, 1] * 82
    assert torch.equal(found, by_modules(monkeypatch, lambda: talk(model, widths=widths)))


def test_a_cache_holds_the_bits_that_the_modules_write(counted, monkeypatch):
    model, ids = build(torch.float16), torch.arange(6)[None]

    @torch.no_grad()
    def held():
        cache = model(ids, use_cache=True).past_key_values
        snapshot = cache.snapshot()  # shares the memory: the place behind it is taken once
        model(ids[:, :2], past_key_values=cache, use_cache=True)
        model(ids[:, 2:3], past_key_values=snapshot, use_cache=True)
        return [tensor for each in (cache, snapshot) for layer in each for tensor in layer]

    found = held()
    assert counted == [0, 1] * 3
    assert all(map(torch.equal, found, by_modules(monkeypatch, held)))


def test_hidden_input_is_not_changed(counted):
    model, embeds = build(), torch.randn(1, 1, 1024)
    before = embeds.clone()
    with torch.no_grad():
        model(inputs_embeds=embeds, use_cache=True)
    assert counted == [0, 1] and torch.equal(embeds, before)


# ------------------------------------------------------------------------------------------- what leaves it to modules


def hooked(model, name, pre=False):
    module = model.get_submodule(f"transformer.encoder.layers.1{name}")
    seen = []
    (module.register_forward_pre_hook if pre else module.register_forward_hook)(lambda *_: seen.append(name))
    return seen


BLOCK_PARTS = (
    "",
    ".input_layernorm",
    ".self_attention",
    ".self_attention.query_key_value",
    ".self_attention.dense",
    ".post_attention_layernorm",
    ".mlp",
    ".mlp.dense_h_to_4h",
    ".mlp.dense_4h_to_h",
)


@pytest.mark.parametrize("pre", [False, True])
@pytest.mark.parametrize("part", BLOCK_PARTS)
def test_a_hook_on_any_module_is_called(counted, part, pre):
    model = build()
    seen = hooked(model, part, pre)
    talk(model)
    assert len(seen) == 3 and not counted


@pytest.mark.parametrize("part", BLOCK_PARTS)
def test_a_module_with_a_method_of_its_own_uses_it(counted, part):
    """accelerate's offload, and whoever changes one layer."""
    model = build()
    module, calls = model.get_submodule(f"transformer.encoder.layers.0{part}"), []
    old = module.forward
    module.forward = lambda *arguments: calls.append(1) or old(*arguments)
    talk(model)
    assert len(calls) == 3 and not counted


@pytest.mark.parametrize("part", BLOCK_PARTS)
def test_a_class_that_was_patched_is_used(counted, monkeypatch, part):
    model = build()
    kind, calls = type(model.get_submodule(f"transformer.encoder.layers.0{part}")), []
    old = kind.forward
    monkeypatch.setattr(kind, "forward", lambda *arguments: calls.append(1) or old(*arguments))
    talk(model)
    assert len(calls) >= 3 and not counted


@pytest.mark.parametrize("part", BLOCK_PARTS)
def test_a_subclass_is_used(counted, part):
    model = build()
    module, calls = model.get_submodule(f"transformer.encoder.layers.0{part}"), []
    kind = type(module)

    def forward(self, *arguments):
        calls.append(1)
        return kind.forward(self, *arguments)

    module.__class__ = type("Changed", (kind,), {"forward": forward})
    talk(model)
    assert len(calls) == 3 and not counted


def test_a_hook_on_all_modules_of_the_process_is_called(counted):
    model, seen = build(), set()
    handle = nn.modules.module.register_module_forward_hook(lambda module, *_: seen.add(type(module)))
    try:
        talk(model)
    finally:
        handle.remove()
    assert {layers.MLP, layers.RMSNorm, quantization.QuantizedLinear} <= seen and not counted


def test_an_adapter_is_used(counted):
    model = build()
    plain = talk(model)
    mlp = model.transformer.encoder.layers[0].mlp

    class Adapter(nn.Module):
        def __init__(self, base):
            super().__init__()
            self.base = base

        def forward(self, x):
            return 2 * self.base(x)

    counted.clear()
    mlp.dense_4h_to_h = Adapter(mlp.dense_4h_to_h)
    assert not torch.allclose(talk(model), plain) and not counted


def test_training_and_gradients_are_the_modules(counted):
    model = build()
    ids = torch.tensor([[5]])
    model(ids, use_cache=True)  # norms ask for gradients
    with torch.no_grad():
        model.train()(ids, use_cache=True)
    assert not counted
    with torch.no_grad():
        model.eval()(ids, use_cache=True)
    assert counted == [0, 1]
    model.requires_grad_(False)
    bias = model.transformer.encoder.layers[1].self_attention.query_key_value.bias.requires_grad_()
    model(ids, use_cache=True).logits.sum().backward()
    assert bias.grad is not None and len(counted) == 2


def test_what_is_asked_for_on_the_way_is_given(counted):
    model, ids = build(), torch.tensor([[5]])
    with torch.no_grad():
        out = model(ids, use_cache=True, output_hidden_states=True)
        probabilities = model(ids, use_cache=True, output_attentions=True).attentions
    assert len(out.hidden_states) == 3 and [weights.shape for weights in probabilities] == [(1, 8, 1, 1)] * 2
    assert not counted


@pytest.mark.parametrize("kind", ["none", "int8", "static", "foreign"])
def test_other_caches_are_the_modules(counted, kind):
    model = build(kv_cache_dtype="int8" if kind == "int8" else None)
    ids = torch.tensor([[5, 6, 7]])
    cache = None
    if kind == "static":
        cache = caches.StaticKVCache(2, 16)
    elif kind == "foreign":
        transformers = pytest.importorskip("transformers", minversion="4.36")
        cache = transformers.DynamicCache()
    with torch.no_grad():
        model(ids, past_key_values=cache, use_cache=kind != "none")
    assert not counted


def test_masks_that_hide_more_than_padding_are_the_modules(counted, monkeypatch):
    model, mask = build(), torch.ones(1, 13, dtype=torch.long)
    mask[0, 4] = 0  # in the middle
    found = talk(model, mask=mask)
    assert not counted
    assert torch.equal(found, by_modules(monkeypatch, lambda: talk(model, mask=mask)))


@pytest.mark.parametrize(
    "changes",
    [
        {"quantization_bit": 0},
        {"rmsnorm": False},
        {"multi_query_attention": False},
        {"apply_residual_connection_post_layernorm": True},
        {"fp32_residual_connection": True},
        {"hidden_size": 1000},
        {"kv_channels": 64},  # rotated by torch
        {"ffn_hidden_size": 64},  # weights that torch multiplies
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_other_models_are_the_modules(counted, changes):
    talk(build(**changes))
    assert not counted


def test_a_trained_prefix_that_attention_prepends_is_the_modules(counted):
    model = build(pre_seq_len=4)
    with torch.no_grad():
        model(torch.tensor([[5]]), use_cache=False)
    assert not counted


def test_long_prompts_are_the_modules(counted):
    talk(build(), widths=(9,))
    assert not counted


def test_offloaded_layers_are_the_modules(counted, tiny_checkpoint):
    """They have no memory until accelerate's hook brings it."""
    accelerate = pytest.importorskip("accelerate")
    model = build()
    plain = talk(model)
    counted.clear()
    accelerate.cpu_offload(model.transformer.encoder.layers[1], execution_device=torch.device("cpu"))
    assert torch.equal(talk(model), plain) and not counted


def test_a_traced_step_is_the_modules(counted):
    model = build()

    class Logits(nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, ids):
            return self.model(ids, use_cache=False).logits

    ids = torch.tensor([[5, 6]])
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of every branch that a trace makes a constant
        traced = torch.jit.trace(Logits(), ids, check_trace=False)
        torch.testing.assert_close(traced(ids), model(ids, use_cache=False).logits, atol=1e-3, rtol=1e-3)
    assert not counted


@pytest.mark.parametrize("spoil", ["rows", "columns", "scale", "bias", "norm"])
def test_parameters_that_do_not_fit_meet_the_modules_errors(counted, spoil):
    """Not a read beyond their end."""
    model = build()
    block = model.transformer.encoder.layers[1]
    layer = block.self_attention.query_key_value

    def parameter(tensor):
        return nn.Parameter(tensor.contiguous(), requires_grad=False)

    if spoil == "rows":
        layer.weight = parameter(layer.weight[:-128])
    elif spoil == "columns":
        layer.weight = parameter(layer.weight[:, :-2])
    elif spoil == "scale":
        layer.weight_scale = parameter(layer.weight_scale[:-1])
    elif spoil == "bias":
        layer.bias = parameter(layer.bias[:-1])
    else:
        block.input_layernorm.weight = parameter(block.input_layernorm.weight[:-1])
    with pytest.raises((ValueError, RuntimeError)):
        talk(model, widths=(1,))
    assert not counted


# ------------------------------------------------------------------------------------------------------------ the rest


def test_a_hook_of_the_call_is_called_before_every_block_and_may_stop_it(counted):
    model, ids, seen = build(), torch.tensor([[5]]), []
    with torch.no_grad():
        cache = model(ids, use_cache=True, progress=lambda *what: seen.append(what)).past_key_values
        assert len(seen) == 3 and counted == [0, 1]

        def stop(stage, done, total):
            if len(counted) == 3:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            model(ids, past_key_values=cache, use_cache=True, progress=stop)
        assert cache.length == 1 and counted == [0, 1, 0]
        again = model(ids, past_key_values=cache, use_cache=True).logits
        fresh = model(ids, use_cache=True).past_key_values
        assert torch.equal(again, model(ids, past_key_values=fresh, use_cache=True).logits)


def test_no_memory_is_an_error_that_says_so(counted, monkeypatch):
    model, library = build(), kernels.library()

    class Full:
        def __getattr__(self, name):
            return (lambda *_: 1) if name == "chatglm_block" else getattr(library, name)

    monkeypatch.setattr(kernels, "library", functools.partial(Full))
    with pytest.raises(MemoryError, match="no memory for the activations of a block"):
        talk(model, widths=(1,))


def test_users_get_it(tiny_checkpoint, package, monkeypatch):
    """Through the loader and `generate`, with weights of a published layout."""
    ran = []
    run = package("cpu_steps").NativeStep.run
    monkeypatch.setattr(package("cpu_steps").NativeStep, "run", lambda self, i: ran.append(i) or run(self, i))
    sizes = {name: SIZES[name] for name in ("num_layers", "hidden_size", "ffn_hidden_size", "kv_channels")}
    model = load(tiny_checkpoint(bits=4, **sizes, num_attention_heads=8)).eval()
    model.generate(torch.arange(20)[None], max_new_tokens=4, do_sample=False, eos_token_id=None)
    assert ran == [0, 1] * 3
