"""What other libraries, and scripts that lean on transformers, may expect of the model: PEFT, the Trainer, caches of
transformers, assisted generation, packed rows, hooks, torch.export. Each would give wrong numbers in silence."""

import threading

import peft
import pytest
import torch
import transformers
from conftest import ATOL, close, load
from torch.nn import functional as F

PROMPT = torch.arange(5, 15)[None]
NEW = 8


@pytest.fixture
def fresh(tiny_checkpoint):
    """A model that a test may change."""
    return load(tiny_checkpoint(bits=0, dtype="float32")).eval()


def greedy(forward, ids, count):
    """Ids of the argmax of whole passes without a cache."""
    for _ in range(count):
        with torch.no_grad():
            logits = forward(input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=False).logits
        ids = torch.cat((ids, logits[:, -1:].argmax(-1)), dim=1)
    return ids


def count_tokens(model):
    """A list that grows by the tokens of every pass through the layers."""
    seen = []
    model.transformer.encoder.layers[0].register_forward_pre_hook(lambda _, args: seen.append(args[0].shape[1]))
    return seen


# --------------------------------------------------------------------------------------------------------------- PEFT

ADAPTERS = {
    "prompt tuning": lambda: peft.PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=4),
    "p-tuning": lambda: peft.PromptEncoderConfig(task_type="CAUSAL_LM", num_virtual_tokens=4, encoder_hidden_size=16),
    "prefix tuning": lambda: peft.PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=4),
}


def adapted(model, name):
    torch.manual_seed(0)
    adapter = peft.get_peft_model(model, ADAPTERS[name]()).eval()
    for parameter in adapter.parameters():
        if parameter.requires_grad:
            torch.nn.init.normal_(parameter, std=20 if name == "prefix tuning" else 1.5)
    return adapter


@pytest.mark.filterwarnings("ignore:Position ids are not supported")
@pytest.mark.parametrize("name", ADAPTERS)
def test_peft_prompts_reach_the_answer(fresh, name):
    base = fresh.generate(PROMPT, max_new_tokens=NEW, do_sample=False)
    adapter = adapted(fresh, name)
    expected = greedy(adapter, PROMPT, NEW)
    found = adapter.generate(input_ids=PROMPT, max_new_tokens=NEW, do_sample=False)
    assert found.tolist() == expected.tolist()
    assert found.tolist() != base.tolist(), "the adapter changes nothing: the test shows nothing"
    with adapter.disable_adapter():
        assert adapter.generate(input_ids=PROMPT, max_new_tokens=NEW, do_sample=False).tolist() == base.tolist()


@pytest.mark.parametrize("name", ADAPTERS)
def test_peft_prompts_are_trained(fresh, name):
    """The gradient of each adapter is that of its loss: a step against it lowers the loss by what it promises."""
    adapter = adapted(fresh, name).train()
    parameters = [parameter for parameter in adapter.parameters() if parameter.requires_grad]
    arguments = {"input_ids": PROMPT, "attention_mask": torch.ones_like(PROMPT), "labels": PROMPT}
    adapter(**arguments).loss.backward()
    gradients = [parameter.grad.clone() for parameter in parameters if parameter.grad is not None]
    assert len(gradients) == len(parameters) and all(gradient.abs().sum() > 0 for gradient in gradients)
    step = 2e-4 / sum(gradient.square().sum().item() for gradient in gradients)
    losses = []
    with torch.no_grad():
        for sign in (1, -2):
            for parameter, gradient in zip(parameters, gradients):
                parameter += sign * step * gradient
            losses.append(adapter(**arguments).loss.item())
    assert losses[0] - losses[1] == pytest.approx(4e-4, rel=0.1)  # the encoder of p-tuning has kinks


# ------------------------------------------------------------------------------------------------- caches of elsewhere


def test_a_dynamic_cache_is_filled(model):
    """transformers' own loops read the length of the cache that they passed in."""
    cache = transformers.DynamicCache()
    with torch.no_grad():
        first = model(PROMPT[:, :6], past_key_values=cache, use_cache=True)
        assert first.past_key_values is cache and cache.get_seq_length() == 6
        rest = model(PROMPT[:, 6:], past_key_values=cache, use_cache=True)
        whole = model(PROMPT).logits
    assert cache.get_seq_length() == 10
    close(torch.cat((first.logits, rest.logits), 1), whole)


@pytest.mark.parametrize("implementation", ["dynamic", "offloaded"])
def test_generate_with_caches_of_transformers(model, implementation):
    if implementation == "offloaded" and not torch.cuda.is_available():
        pytest.skip("offloading needs a GPU")
    expected = model.generate(PROMPT, max_new_tokens=NEW, do_sample=False)
    settings = {"max_new_tokens": NEW, "do_sample": False, "cache_implementation": implementation}
    assert model.generate(PROMPT, **settings).equal(expected)


def test_caches_of_fixed_size_are_refused_with_what_to_do(model):
    cache = transformers.StaticCache(config=model.config, max_cache_len=64)
    with pytest.raises(ValueError, match="StaticCache of 64 tokens.*static_decode"):
        model(PROMPT, past_key_values=cache)
    with pytest.raises(ValueError, match="static_decode"):
        model.generate(PROMPT, max_new_tokens=2, cache_implementation="static")


def test_what_is_no_cache_is_named(model, package):
    for wrong in (7, "cache", [1, 2], transformers.EncoderDecoderCache(*[transformers.DynamicCache()] * 2)):
        with pytest.raises(TypeError, match=type(wrong).__name__):
            model(PROMPT, past_key_values=wrong)
    other = package("cache_chatglm").KVCache(model.config.num_layers)
    for layer in range(model.config.num_layers):
        other.append(layer, torch.zeros(1, 3, 7, 8), torch.zeros(1, 3, 7, 8))
    other.advance(3)
    with pytest.raises(ValueError, match=r"of another model: a token has \(7, 8\)"):
        model(PROMPT, past_key_values=other)


def test_input_of_a_wrong_kind_is_named(model):
    hidden = model.config.hidden_size
    with pytest.raises(TypeError, match="input_ids must be integers, got torch.float32"):
        model(PROMPT.float())
    with pytest.raises(TypeError, match="inputs_embeds must be floats, got torch.int64"):
        model(inputs_embeds=PROMPT)
    with pytest.raises(ValueError, match=r"\[batch, seq\], got \[10\]: add the batch"):
        model(PROMPT[0])
    with pytest.raises(ValueError, match=rf"\[batch, seq, {hidden}\], got \[1, 3, {hidden + 1}\]"):
        model(inputs_embeds=torch.zeros(1, 3, hidden + 1))
    with pytest.raises(TypeError, match="forward.. got unexpected arguments.*labls"):
        model(PROMPT, labls=PROMPT)
    for forward in (model, model.transformer):
        with pytest.raises(TypeError, match="cu_seq_lens_q.*position_ids that start again"):
            forward(PROMPT, cu_seq_lens_q=torch.tensor([0, 10]))


# ------------------------------------------------------------------------------------------------ what generate() runs


def test_assisted_generation_runs_each_token_once(fresh, tiny_checkpoint):
    """From 5.14 on `crop(-0)` emptied the cache: right answers at 15 to 28 times the cost."""
    prompt = torch.arange(400)[None] % 50 + 5
    seen = count_tokens(fresh)
    expected = fresh.generate(prompt, max_new_tokens=60, do_sample=False, eos_token_id=None)
    assert sum(seen) == 459
    assistant = load(tiny_checkpoint(bits=0, dtype="float32")).eval()
    for settings in ({"prompt_lookup_num_tokens": 4}, {"assistant_model": assistant}):
        seen.clear()
        found = fresh.generate(prompt, max_new_tokens=60, do_sample=False, eos_token_id=None, **settings)
        assert found.equal(expected), settings
        assert 400 < sum(seen) <= 560 + 60 * 4, (settings, sum(seen))  # and the candidates that were not accepted


def longer(model, ids):
    """A cache that holds `ids`."""
    cache = model.make_cache(100)
    with torch.no_grad():
        model(ids, past_key_values=cache, use_cache=True)
    return cache


@pytest.mark.parametrize("kind", ["ours", "dynamic"])
def test_new_ids_behind_a_longer_cache_are_all_read(model, kind):
    """Without a mask only the last of them was, in silence."""
    new = torch.tensor([[21, 22, 23]])
    expected = greedy(model, torch.cat((PROMPT, new), 1), 5)[:, 10:]
    ones, three = torch.ones(1, 13).long(), torch.ones_like(new)
    for extra in (
        {},
        {"attention_mask": three},
        {"attention_mask": ones},
        {"attention_mask": three, "position_ids": torch.arange(3)[None]},  # what the tokenizer gives
        {"attention_mask": ones, "position_ids": torch.arange(10, 13)[None]},
    ):
        cache = longer(model, PROMPT) if kind == "ours" else transformers.DynamicCache()
        if kind == "dynamic":
            with torch.no_grad():
                model(PROMPT, past_key_values=cache, use_cache=True)
        found = model.generate(new, past_key_values=cache, max_new_tokens=5, do_sample=False, **extra)
        assert found.tolist() == expected.tolist(), extra


def test_ids_that_begin_with_those_of_the_cache_continue_it(model):
    whole = torch.cat((PROMPT, torch.tensor([[21, 22, 23]])), 1)
    found = model.generate(whole, past_key_values=longer(model, PROMPT), max_new_tokens=5, do_sample=False)
    assert found.tolist() == greedy(model, whole, 5).tolist()


def test_embeddings_continue_a_cache(model):
    new = torch.tensor([[21, 22, 23]])
    expected = greedy(model, torch.cat((PROMPT, new), 1), 5)[:, 13:]
    embeds = model.get_input_embeddings()(new)
    found = model.generate(
        inputs_embeds=embeds, past_key_values=longer(model, PROMPT), max_new_tokens=5, do_sample=False
    )
    assert found.tolist() == expected.tolist()


def test_one_cache_is_not_written_by_two_calls_at_once(model, tokenizer):
    """Two answers, one cache: each read the other's tokens."""
    cache, failures, entered, leave = model.make_cache(100), [], threading.Event(), threading.Event()

    class Wait(transformers.StoppingCriteria):
        def __call__(self, input_ids, scores, **kwargs):
            entered.set()
            leave.wait(60)
            return torch.ones(input_ids.shape[0], dtype=torch.bool)

    def first():
        model.generate(PROMPT, past_key_values=cache, max_new_tokens=5, stopping_criteria=[Wait()])

    thread = threading.Thread(target=first)
    thread.start()
    try:
        assert entered.wait(60)
        for call in (
            lambda: model.generate(PROMPT, past_key_values=cache, max_new_tokens=2),
            lambda: model.chat(tokenizer, "你好", past_key_values=cache, max_new_tokens=2),
            lambda: model(PROMPT[:, :1], past_key_values=cache),
        ):
            with pytest.raises(RuntimeError, match="still writing to"):
                call()
            failures.append(call)
    finally:
        leave.set()
        thread.join()
    assert len(failures) == 3
    model.chat(tokenizer, "你好", past_key_values=cache, max_new_tokens=2)  # afterwards it may


# ------------------------------------------------------------------------------------------------------------ training


def test_gradients_of_small_batches_add_up_to_that_of_a_large_one(fresh, tmp_path):
    """The Trainer divides by the labels of all batches that it adds up; each had its own mean instead."""
    from transformers import Trainer, TrainingArguments

    torch.manual_seed(0)
    rows = []
    for length in (3, 19, 7, 12):
        ids = torch.full((20,), 3)
        labels = torch.full((20,), -100)
        ids[:length] = torch.randint(5, 500, (length,))
        labels[:length] = ids[:length]
        mask = (torch.arange(20) < length).long()
        rows.append({"input_ids": ids, "attention_mask": mask, "labels": labels})
    results = []
    start = {name: value.clone() for name, value in fresh.state_dict().items()}
    for batch, steps in ((4, 1), (1, 4), (2, 2)):
        fresh.load_state_dict(start)
        arguments = TrainingArguments(
            output_dir=str(tmp_path),
            per_device_train_batch_size=batch,
            gradient_accumulation_steps=steps,
            max_steps=1,
            logging_steps=1,
            learning_rate=0.0,
            max_grad_norm=1.0,
            report_to=[],
            save_strategy="no",
            use_cpu=True,
            disable_tqdm=True,
        )
        trainer = Trainer(model=fresh, args=arguments, train_dataset=rows)
        trainer.train()
        log = next(entry for entry in trainer.state.log_history if "loss" in entry)
        results.append((log["loss"], log["grad_norm"]))
    for loss, norm in results[1:]:
        assert loss == pytest.approx(results[0][0], rel=2e-4) and norm == pytest.approx(results[0][1], rel=1e-3)


def test_labels_that_are_shifted_already(model):
    labels = PROMPT.clone()
    labels[:, 4] = -100
    shifted = F.pad(labels[:, 1:], (0, 1), value=-100)
    plain = model(PROMPT, labels=labels).loss
    torch.testing.assert_close(model(PROMPT, shift_labels=shifted).loss, plain)
    counted = model(PROMPT, labels=labels, num_items_in_batch=torch.tensor(16)).loss
    torch.testing.assert_close(counted, plain * 8 / 16)


def test_packed_rows_do_not_see_each_other(model):
    """TRL packs several texts into one row and says so by positions that start again."""
    texts = [torch.arange(5, 11)[None], torch.arange(30, 39)[None], torch.tensor([[7]])]
    packed = torch.cat(texts, 1)
    positions = torch.cat([torch.arange(text.shape[1])[None] for text in texts], 1)
    with torch.no_grad():
        apart = torch.cat([model(text).logits for text in texts], 1)
        borders = {"cu_seq_lens_q": torch.tensor([0, 6, 15, 16]), "max_length_q": 9, "seq_idx": None}
        for more in ({}, borders):  # TRL calls the body by itself
            close(model(packed, position_ids=positions, **more).logits, apart)
            hidden = model.transformer(packed, position_ids=positions, **more).last_hidden_state
            close(model.transformer.output_layer(hidden), apart)
        assert not torch.allclose(model(packed).logits, apart, atol=ATOL), "they would see each other: no control"


def test_reentrant_checkpoints_train_a_prefix(tiny_checkpoint):
    folder = tiny_checkpoint(bits=0, dtype="float32")
    gradients = []
    for reentrant in (None, True, False):
        torch.manual_seed(0)
        model = load(folder, pre_seq_len=4).train()
        model.config.hidden_dropout = 0.0
        if reentrant is not None:
            model.gradient_checkpointing_enable({"use_reentrant": reentrant})
        torch.manual_seed(1)
        model(PROMPT, labels=PROMPT).loss.backward()
        gradients.append(model.transformer.prefix_encoder.embedding.weight.grad)
    assert gradients[0].abs().sum() > 0
    for gradient in gradients[1:]:
        torch.testing.assert_close(gradient, gradients[0])


@pytest.mark.parametrize(
    "settings", [{"every_n_layers": 2}, {"offload": True}, {"every_n_layers": 2, "offload": True}]
)
def test_options_of_checkpointing_do_what_they_say(fresh, settings):
    """The Trainer of 5.x passes them on; they were swallowed."""
    layers, gradients, passes = fresh.transformer.encoder.layers, [], []
    for layer in layers:
        layer.mlp.register_forward_pre_hook(lambda module, _: passes.append(module))
    fresh.train()
    for enable in (False, True):
        passes.clear()
        fresh.zero_grad()
        if enable:
            fresh.gradient_checkpointing_enable(**settings)
        fresh(PROMPT, labels=PROMPT).loss.backward()
        gradients.append([parameter.grad for parameter in fresh.parameters() if parameter.requires_grad])
    torch.testing.assert_close(gradients[0], gradients[1])
    every = settings.get("every_n_layers", 1)
    assert [passes.count(layer.mlp) for layer in layers] == [2 if i % every == 0 else 1 for i in range(len(layers))]
    with pytest.raises(ValueError, match="every_n_layers.*0"):
        fresh.gradient_checkpointing_enable(every_n_layers=0)


def test_reentrant_checkpoints_over_frozen_embeddings(fresh):
    """ "element 0 of tensors does not require grad", e.g. where norms alone are trained."""
    for name, parameter in fresh.named_parameters():
        parameter.requires_grad = name.endswith("input_layernorm.weight")
    fresh.train().gradient_checkpointing_enable({"use_reentrant": True})
    fresh(PROMPT, labels=PROMPT).loss.backward()
    trained = [parameter.grad for parameter in fresh.parameters() if parameter.requires_grad]
    assert len(trained) == len(fresh.transformer.encoder.layers) and all(grad.abs().sum() > 0 for grad in trained)


def test_loading_info_is_of_the_kind_that_the_release_gives(tiny_checkpoint):
    _, info = load(tiny_checkpoint(bits=0, dtype="float32"), output_loading_info=True)
    assert isinstance(info["missing_keys"], set if int(transformers.__version__[0]) >= 5 else list)


def test_biases_alone_are_trained_at_any_length(package):
    """LoRA with bias="all" over a float layer: for few rows the native kernel gave no gradient."""
    layer = package("quantization").DenseLinear(32, 16)
    layer.weight.requires_grad = False
    for rows in (2, 40):
        layer.bias.grad = None
        layer(torch.randn(rows, 32)).sum().backward()
        torch.testing.assert_close(layer.bias.grad, torch.full((16,), float(rows)))


# ----------------------------------------------------------------------------------------------------- hooks, threads


@pytest.mark.parametrize("wide", [False, True])
def test_a_hook_keeps_what_the_layer_gave(tiny_checkpoint, wide):
    """Rotation in place changed it afterwards, e.g. for whoever studies activations."""
    model = load(tiny_checkpoint(bits=0, dtype="float32", **({"hidden_size": 1024} if wide else {}))).eval()
    attention, kept = model.transformer.encoder.layers[0].self_attention, []
    attention.query_key_value.register_forward_hook(lambda _, args, out: kept.append((out, out.clone())))
    with torch.no_grad():
        model(PROMPT)
    ((out, copy),) = kept
    assert out.equal(copy)


def test_a_pass_waits_while_weights_move(fresh, package, monkeypatch):
    """Memory of a weight was given back while another thread multiplied with it."""
    quantization = package("quantization")
    entered, leave, passed = threading.Event(), threading.Event(), []

    def slow(weight):
        entered.set()
        leave.wait(60)
        return weight.clone()

    monkeypatch.setattr(quantization, "copy_to_huge_pages", slow)
    monkeypatch.setattr(quantization, "LARGE_WEIGHT", 1)
    fresh.transformer.encoder.layers[0].register_forward_pre_hook(lambda _, args: passed.append(leave.is_set()))

    def run():
        with torch.no_grad():
            fresh(PROMPT)

    threads = [threading.Thread(target=run) for _ in range(2)]
    threads[0].start()
    assert entered.wait(60)
    threads[1].start()
    threads[1].join(0.5)
    leave.set()
    for thread in threads:
        thread.join()
    assert passed == [True, True]


# ------------------------------------------------------------------------------------------------------------- tracing


class Logits(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, ids, mask):
        return self.model(ids, attention_mask=mask, use_cache=False, return_dict=True).logits


def masked():
    mask = torch.ones(2, 12, dtype=torch.long)
    mask[0, :4] = 0
    return torch.arange(24).view(2, 12) + 5, mask


def test_export_with_a_mask_and_any_length(fresh):
    ids, mask = masked()
    lengths = {1: torch.export.Dim("length", min=2, max=512)}
    program = torch.export.export(Logits(fresh), (ids, mask), dynamic_shapes=(lengths, lengths))
    with torch.no_grad():
        for start in (0, 3):
            expected = fresh(ids[:, start:], attention_mask=mask[:, start:], use_cache=False).logits
            found = program.module()(ids[:, start:], mask[:, start:])
            close(found[mask[:, start:].bool()], expected[mask[:, start:].bool()])


@pytest.mark.slow
def test_compile_without_a_break(fresh):
    ids, mask = masked()
    compiled = torch.compile(Logits(fresh), fullgraph=True, backend="eager")
    with torch.no_grad():
        expected = fresh(ids, attention_mask=mask, use_cache=False).logits
        close(compiled(ids, mask)[mask.bool()], expected[mask.bool()])
        for dynamic in (False, True):
            torch.compiler.reset()
            compiled = torch.compile(fresh, fullgraph=True, dynamic=dynamic, backend="eager")
            for use_cache in (False, True):
                close(compiled(ids, use_cache=use_cache).logits, fresh(ids).logits)
