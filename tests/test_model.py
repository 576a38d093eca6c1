"""What users do with the model besides the recorded golden calls: loading, saving, streaming, limits, fine-tuning."""

import copy
import gc
import logging
import shutil
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest
import torch
import transformers
from conftest import CODE_FILES, ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DynamicCache,
    LogitsProcessorList,
    PrinterCallback,
    StoppingCriteriaList,
    Trainer,
    TrainingArguments,
)

PROMPT = torch.tensor([[5, 77, 310, 42, 9, 128, 64]])
BATCH = {
    "input_ids": torch.tensor([[5, 77, 310, 42, 9, 128, 64], [0, 0, 0, 7, 500, 31, 90]]),
    "attention_mask": torch.tensor([[1] * 7, [0] * 3 + [1] * 4]),
}
PATHS_AGREE = 2e-5  # fp32 logits of std 1 over other slices, masks and kernels


def load(folder, auto=AutoModel, **kwargs):
    return auto.from_pretrained(folder, trust_remote_code=True, **kwargs)


@pytest.fixture(scope="module")
def model(tiny_checkpoint):
    return load(tiny_checkpoint(bits=0, dtype="float32")).eval()


@pytest.fixture(scope="module")
def tokenizer(tiny_checkpoint):
    return AutoTokenizer.from_pretrained(tiny_checkpoint(bits=0, dtype="float32"), trust_remote_code=True)


# ------------------------------------------------------------------------------------------------ loading and saving


def test_every_way_of_loading_gives_the_same_numbers(tiny_checkpoint, model):
    float32 = {"bits": 0, "dtype": "float32"}
    ways = [
        (float32, {}),
        (float32, {"low_cpu_mem_usage": True}),
        (float32, {"dtype": torch.float32}),
        (float32, {"torch_dtype": torch.float32}),
        (float32, {"device_map": {"": "cpu"}}),
        (float32, {"device_map": "auto"}),
        (float32, {"device": "cpu"}),
        (float32, {"device": torch.device("cpu"), "low_cpu_mem_usage": False}),
        ({**float32, "format": "safetensors"}, {}),
        ({**float32, "format": "safetensors", "shard_bytes": 200_000}, {"device_map": {"": "cpu"}}),
    ]
    with torch.no_grad():
        expected = model(PROMPT).logits
        for checkpoint, kwargs in ways:
            assert load(tiny_checkpoint(**checkpoint), **kwargs).eval()(PROMPT).logits.equal(expected), (
                checkpoint,
                kwargs,
            )


def test_a_device_that_is_not_there_is_named_before_weights_are_read(tiny_checkpoint, tmp_path):
    """`device="cuda"` stands in the first example of the original's README."""
    folder = shutil.copytree(tiny_checkpoint(), tmp_path / "folder")
    (folder / "pytorch_model.bin").unlink()
    with pytest.raises(RuntimeError, match="mars"):
        load(folder, device="mars")
    with pytest.raises(ValueError, match="device='cpu' or device_map='auto', not both"):
        load(folder, device="cpu", device_map="auto")


def test_a_model_from_a_configuration_waits_for_its_weights(tiny_checkpoint):
    folder = tiny_checkpoint()
    model = AutoModel.from_config(AutoConfig.from_pretrained(folder, trust_remote_code=True), trust_remote_code=True)
    for name, tensor in model.state_dict().items():
        assert tensor.isfinite().all(), name
        if name.endswith("weight_scale"):
            assert tensor.eq(1).all(), name
    assert model(PROMPT).logits.isfinite().all()
    loaded = load(folder)
    model.to(loaded.dtype).load_state_dict(loaded.state_dict())
    assert torch.equal(model.eval()(PROMPT).logits, loaded.eval()(PROMPT).logits)


def test_dtypes(tiny_checkpoint):
    assert load(tiny_checkpoint()).dtype == torch.float16  # as the checkpoint says, without asking
    quantized = load(tiny_checkpoint(), dtype=torch.float32)
    assert quantized.dtype == torch.float32
    for convert in (quantized.half, quantized.bfloat16, quantized.float):
        with torch.no_grad():
            logits = convert().eval()(PROMPT).logits
        assert (
            logits.isfinite().all()
            and quantized.transformer.encoder.layers[0].mlp.dense_4h_to_h.weight.dtype == torch.int8
        )


@pytest.mark.parametrize("bits", [4, 8])
def test_quantize_save_reload(tiny_checkpoint, tmp_path, bits):
    model = load(tiny_checkpoint(bits=0)).quantize(bits).eval()
    model.save_pretrained(tmp_path)
    again = load(tmp_path).eval()
    assert again.config.quantization_bit == bits
    for key, value in model.state_dict().items():
        assert again.state_dict()[key].equal(value), key
    assert {path.name for path in tmp_path.iterdir()} >= set(CODE_FILES) - {"tokenization_chatglm.py"}
    assert again.quantize(bits) is again
    with pytest.raises(ValueError, match="already quantized"):
        again.quantize(12 - bits)
    with pytest.raises(ValueError, match="5"):
        load(tiny_checkpoint(bits=0)).quantize(5)


def test_searched_scales_are_closer(tiny_checkpoint, package):
    exact = load(tiny_checkpoint(bits=0, dtype="float32"))
    weight = exact.transformer.encoder.layers[0].mlp.dense_4h_to_h.weight.detach().clone()
    quantization = package("quantization")
    errors = [
        (quantization.dequantize_weight(*quantization.quantize_weight(weight, 4, search), 4) - weight).square().mean(1)
        for search in (False, True)
    ]
    assert (errors[1] <= errors[0]).all() and errors[1].mean() < 0.95 * errors[0].mean()


def test_nothing_is_said_while_loading_and_chatting(tiny_checkpoint, tokenizer):
    records = []
    handler = logging.Handler()
    handler.emit = records.append
    logger = transformers.utils.logging.get_logger("transformers")
    logger.addHandler(handler)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            model = load(tiny_checkpoint()).eval()
            model.chat(tokenizer, "你好", max_new_tokens=3)
            model.chat(tokenizer, "你好", max_new_tokens=3, do_sample=False)
            list(model.stream_chat(tokenizer, "你好", max_new_tokens=3, do_sample=False))
    finally:
        logger.removeHandler(handler)
    assert [record.getMessage() for record in records] == []


def test_rotary_frequencies_of_a_file_load_silently(tiny_checkpoint, tmp_path):
    import shutil

    folder = shutil.copytree(tiny_checkpoint(), tmp_path / "with_frequencies")
    weights = torch.load(folder / "pytorch_model.bin")
    weights["transformer.rotary_pos_emb.inv_freq"] = torch.full((4,), 7.0)
    torch.save(weights, folder / "pytorch_model.bin")
    model, info = load(folder, output_loading_info=True)
    assert not info["unexpected_keys"] and not info["missing_keys"]
    with torch.no_grad():
        assert model.eval()(PROMPT).logits.equal(load(tiny_checkpoint()).eval()(PROMPT).logits)


def test_import_does_nothing_and_is_quick(tmp_path):
    script = (
        "import sys, time, warnings, importlib, types, os\n"
        "import torch, transformers\n"
        "from transformers import PreTrainedModel, GenerationMixin, PretrainedConfig, GenerationConfig\n"
        "import transformers.modeling_outputs\n"
        "warnings.simplefilter('error')\n"
        "package = types.ModuleType('package'); sys.modules['package'] = package\n"
        f"package.__path__ = [{str(ROOT)!r}]\n"
        "before = set(sys.modules); start = time.perf_counter()\n"
        "importlib.import_module('package.modeling_chatglm')\n"
        "print(time.perf_counter() - start)\n"
        "loaded = set(sys.modules) - before\n"
        "assert not any(name.startswith('cpm_kernels') for name in sys.modules), 'cpm_kernels'\n"
        "assert not os.listdir('.'), os.listdir('.')\n"
    )
    variables = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "PYTHONPYCACHEPREFIX": str(tmp_path.with_name("bytecode")),
    }
    times = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=tmp_path, env=variables, capture_output=True, encoding="utf-8"
        )
        assert done.returncode == 0 and not done.stderr, done.stderr
        times.append(float(done.stdout))
    assert min(times) < 0.1, times


# ------------------------------------------------------------------------------------------------------ forward passes


@settings(max_examples=25, deadline=None)
@given(pieces=st.lists(st.integers(1, 9), min_size=1, max_size=6), slice_size=st.integers(1, 12))
def test_one_pass_slices_and_steps_agree(model, pieces, slice_size):
    ids = torch.arange(3, 3 + sum(pieces))[None]
    model.config.prefill_slice_size = 1024
    with torch.no_grad():
        whole = model(ids)
        model.config.prefill_slice_size = slice_size
        sliced = model(ids, return_last_logit=True, use_cache=True)
        past = None
        for piece in ids.split(pieces, dim=1):
            out = model(piece, past_key_values=past, use_cache=True)
            past = out.past_key_values
    model.config.prefill_slice_size = 1024
    for logits, cache in ((sliced.logits, sliced.past_key_values), (out.logits, past)):
        torch.testing.assert_close(logits[:, -1], whole.logits[:, -1], atol=PATHS_AGREE, rtol=0)
        for ours, theirs in zip(cache, whole.past_key_values):
            torch.testing.assert_close(ours, theirs, atol=PATHS_AGREE, rtol=0)


@torch.no_grad()
def test_slices_of_a_padded_batch(model):
    expected = model(**BATCH, return_last_logit=True).logits
    model.config.prefill_slice_size = 2
    torch.testing.assert_close(model(**BATCH, return_last_logit=True).logits, expected, atol=PATHS_AGREE, rtol=0)
    model.config.prefill_slice_size = 1024


@torch.no_grad()
def test_attention_weights_are_those_of_the_fused_path(model):
    with_weights = model(**BATCH, output_attentions=True)
    real = BATCH["attention_mask"].bool()
    torch.testing.assert_close(with_weights.logits[real], model(**BATCH).logits[real], atol=PATHS_AGREE, rtol=0)
    assert [list(weights.shape) for weights in with_weights.attentions] == [[2, 4, 7, 7]] * 2
    for weights in with_weights.attentions:
        torch.testing.assert_close(weights.sum(-1), torch.ones(2, 4, 7))
        assert weights[0].triu(1).abs().max() == 0 and weights[1, :, 3:, :3].abs().max() == 0


@torch.no_grad()
def test_a_mask_with_holes(model):
    ids, mask = PROMPT, torch.tensor([[1, 1, 0, 1, 1, 0, 1]])
    kept = mask[0].bool()
    alone = model(ids[:, kept]).logits
    torch.testing.assert_close(model(ids, attention_mask=mask).logits[:, kept], alone, atol=PATHS_AGREE, rtol=0)


@torch.no_grad()
def test_int8_cache_stays_close(tiny_checkpoint, model):
    small = load(tiny_checkpoint(bits=0, dtype="float32"), kv_cache_dtype="int8").eval()
    ids = torch.randint(3, 900, (1, 200), generator=torch.Generator().manual_seed(0))
    expected = model(ids).logits
    past = small(ids[:, :150]).past_key_values
    out = small(ids[:, 150:], past_key_values=past)
    error = (out.logits - expected[:, 150:]).square().mean().sqrt() / expected.std()
    assert 0 < error <= 1e-2
    assert past.memory_bytes() < 0.4 * model(ids).past_key_values.memory_bytes() * 256 / 200


@torch.no_grad()
def test_return_tuple(model):
    assert [type(v).__name__ for v in model(PROMPT, return_dict=False)] == ["Tensor", "KVCache"]
    logits, past, hidden = model(PROMPT, return_dict=False, output_hidden_states=True)
    assert len(hidden) == 3 and logits.shape == (1, 7, 1024)
    assert len(model(PROMPT, return_dict=False, use_cache=False)) == 1


@torch.no_grad()
def test_caches_of_other_code(model):
    expected = model(torch.cat((PROMPT, PROMPT), 1)).logits[:, 7:]
    past = model(PROMPT).past_key_values
    as_tuples = tuple((key.clone(), value.clone()) for key, value in past)
    torch.testing.assert_close(model(PROMPT, past_key_values=as_tuples).logits, expected, atol=PATHS_AGREE, rtol=0)
    dynamic = DynamicCache()
    for layer, (key, value) in enumerate(past):
        dynamic.update(key, value, layer)
    torch.testing.assert_close(model(PROMPT, past_key_values=dynamic).logits, expected, atol=PATHS_AGREE, rtol=0)
    assert model(PROMPT, past_key_values=DynamicCache()).past_key_values.get_seq_length() == 7


@torch.no_grad()
def test_a_cache_has_two_names(model, tiny_checkpoint):
    """`cache` from transformers 5.24 on: what is written for that release runs on every one, and the reverse."""
    classifier = load(tiny_checkpoint(), AutoModelForSequenceClassification, num_labels=2).eval()
    for whole in (model, model.transformer, classifier):
        old, new = (whole(PROMPT, use_cache=True)[-1] for _ in range(2))
        by_old, by_new = whole(PROMPT, past_key_values=old), whole(PROMPT, cache=new)
        assert isinstance(new, type(old)) and new.get_seq_length() == 14
        assert torch.equal(by_old[0], by_new[0])
        with pytest.raises(ValueError, match="`cache` and `past_key_values` are two names"):
            whole(PROMPT, past_key_values=old, cache=new)


@pytest.mark.parametrize("kind", [AutoModel, AutoModelForSequenceClassification])
def test_a_trainer_evaluates(tiny_checkpoint, tmp_path, kind):
    """It finds the loss by the names of forward's arguments, and leaves out of predictions what the configuration
    names: it cannot gather a cache."""
    model = load(tiny_checkpoint(bits=0, dtype="float32"), kind)
    labels = PROMPT[0] if kind is AutoModel else torch.tensor(1)
    rows = [{"input_ids": PROMPT[0], "labels": labels}] * 3
    settings = TrainingArguments(output_dir=str(tmp_path), use_cpu=True, report_to=[], disable_tqdm=True)
    trainer = Trainer(model=model, args=settings, eval_dataset=rows, compute_metrics=lambda given: {})
    trainer.remove_callback(PrinterCallback)
    assert set(trainer.evaluate()) >= {"eval_loss"}
    found = trainer.predict(rows)
    with torch.no_grad():
        wanted = model(PROMPT).logits[0]
    assert found.predictions.shape == (3, *wanted.shape)
    assert np.allclose(found.predictions[2], wanted.numpy(), atol=PATHS_AGREE)


def test_wrong_input_is_named(model):
    for arguments, words in (
        ({}, "input_ids or inputs_embeds"),
        ({"input_ids": PROMPT, "inputs_embeds": torch.zeros(1, 7, 64)}, "input_ids or inputs_embeds"),
        ({"input_ids": PROMPT[0]}, "input_ids must be"),
        ({"input_ids": PROMPT[:, :0]}, "empty"),
        ({"input_ids": PROMPT, "attention_mask": torch.ones(1, 5)}, "attention_mask must be"),
        ({"input_ids": PROMPT, "position_ids": torch.arange(5)[None]}, "position_ids must be"),
    ):
        with pytest.raises(ValueError, match=words):
            model(**arguments)


# ------------------------------------------------------------------------------------------------ generation and chat


def test_too_long_a_request_says_so_before_it_starts(tiny_checkpoint):
    model = load(tiny_checkpoint(bits=0, dtype="float32"), seq_length=32).eval()
    forward = model.forward
    model.forward = lambda *args, **kwargs: pytest.fail("work has begun")
    with pytest.raises(ValueError, match="40.*seq_length"):
        model.generate(torch.ones(1, 40, dtype=torch.long), max_new_tokens=1)
    with pytest.raises(ValueError, match="7 prompt tokens.*107"):
        model.generate(PROMPT, max_new_tokens=100)
    with pytest.raises(ValueError, match="33.*seq_length"):
        next(model.stream_generate(torch.ones(1, 33, dtype=torch.long)))
    model.forward = forward
    with pytest.raises(ValueError, match="seq_length=32"):
        model(torch.ones(1, 33, dtype=torch.long))


def test_a_cache_that_does_not_fit_says_so(model, package, monkeypatch):
    monkeypatch.setattr(package("generation_chatglm"), "free_memory", lambda device: 1000)
    with pytest.raises(MemoryError, match="max_new_tokens"):
        model.generate(PROMPT, max_new_tokens=20)


def test_a_query_that_is_no_text_is_named(model, tokenizer):
    with pytest.raises(TypeError, match="int"):
        model.chat(tokenizer, 5)


def test_callers_objects_are_left_alone(model, tokenizer):
    history, processors = [("a", "b")], LogitsProcessorList()
    before = copy.deepcopy(model.generation_config)
    model.chat(tokenizer, "c", history, logits_processor=processors, max_new_tokens=3)
    list(model.stream_chat(tokenizer, "c", history, logits_processor=processors, max_new_tokens=3))
    assert history == [("a", "b")] and len(processors) == 0 and model.generation_config == before


def test_a_closed_stream_leaves_nothing_behind(model, tokenizer):
    gc.collect()
    threads = threading.active_count()
    stream = model.stream_chat(tokenizer, "你好", max_new_tokens=50, do_sample=False)
    next(stream)
    stream.close()
    assert threading.active_count() == threads and torch.is_grad_enabled()
    expected, _ = model.chat(tokenizer, "你好", max_new_tokens=5, do_sample=False)
    assert model.chat(tokenizer, "你好", max_new_tokens=5, do_sample=False)[0] == expected


def test_history_without_a_cache_is_read(model, tokenizer):
    history = [("the first question", "the first answer")]
    plain = [text for text, _ in model.stream_chat(tokenizer, "c", history, do_sample=False, max_new_tokens=6)]
    cached = [
        text
        for text, _, _ in model.stream_chat(
            tokenizer, "c", history, do_sample=False, max_new_tokens=6, return_past_key_values=True
        )
    ]
    assert cached == plain


def test_one_cache_continued_twice(model, tokenizer):
    """Regenerating an answer from the same cache gives the same answer, and leaves the cache usable."""
    *_, (_, history, past) = model.stream_chat(
        tokenizer, "a", do_sample=False, max_new_tokens=6, return_past_key_values=True
    )
    answers = [
        list(model.stream_chat(tokenizer, query, history, past_key_values=past, do_sample=False, max_new_tokens=6))
        for query in ("first", "second", "first")
    ]
    assert answers[0] == answers[2] and past.get_seq_length() == len(past[0][0][0, 0])


def test_chat_reuses_a_shared_prefix(model, tokenizer):
    cache, history, plain_history = model.make_cache(512), [], []
    for query in ("one", "two", "three"):
        response, history = model.chat(
            tokenizer, query, history, do_sample=False, max_new_tokens=6, past_key_values=cache
        )
        plain, plain_history = model.chat(tokenizer, query, plain_history, do_sample=False, max_new_tokens=6)
        assert response == plain
    calls = []
    forward = model.transformer.forward
    model.transformer.forward = lambda ids, *args, **kwargs: (
        calls.append(ids.shape[1]) or forward(ids, *args, **kwargs)
    )
    model.chat(tokenizer, "four", history, do_sample=False, max_new_tokens=2, past_key_values=cache)
    del model.transformer.forward
    prompt = model.build_inputs(tokenizer, "four", history)["input_ids"].shape[1]
    assert calls[0] < prompt / 2  # most of the conversation was there already
    assert (
        model.chat(tokenizer, "other", [], do_sample=False, max_new_tokens=4, past_key_values=cache)[0]
        == model.chat(tokenizer, "other", [], do_sample=False, max_new_tokens=4)[0]
    )


def test_streams_honour_generation_settings(model):
    settings_ = [
        {"repetition_penalty": 1.4},
        {"no_repeat_ngram_size": 2},
        {"bad_words_ids": [[5], [77, 3]]},
        {"min_new_tokens": 5},
        {"suppress_tokens": [1, 2, 3]},
        {"eos_token_id": [2, 11]},
        {"forced_eos_token_id": 2},
        {"sequence_bias": {(9,): 5.0}},
        {"begin_suppress_tokens": [40]},
    ]
    for kwargs in settings_:
        expected = model.generate(PROMPT, max_new_tokens=8, do_sample=False, **kwargs)
        assert list(model.stream_generate(PROMPT, max_new_tokens=8, do_sample=False, **kwargs))[-1].equal(expected), (
            kwargs
        )
    for kwargs in (
        {"top_k": 7},
        {"top_p": 0.5, "temperature": 1.7},
        {"typical_p": 0.9},
        {"epsilon_cutoff": 1e-3},
        {"min_p": 0.1},
    ):
        torch.manual_seed(1)
        expected = model.generate(PROMPT, max_new_tokens=8, do_sample=True, **kwargs)
        torch.manual_seed(1)
        assert list(model.stream_generate(PROMPT, max_new_tokens=8, do_sample=True, **kwargs))[-1].equal(expected), (
            kwargs
        )
    expected = model.generate(
        PROMPT, max_new_tokens=6, do_sample=False, prefix_allowed_tokens_fn=lambda b, ids: [7, 8]
    )
    stream = model.stream_generate(
        PROMPT, max_new_tokens=6, do_sample=False, prefix_allowed_tokens_fn=lambda b, ids: [7, 8]
    )
    assert list(stream)[-1].equal(expected)
    with pytest.raises(ValueError, match="num_beams=3"):
        next(model.stream_generate(PROMPT, num_beams=3, max_new_tokens=4))
    with pytest.raises(ValueError, match="guidance_scale"):
        next(model.stream_generate(PROMPT, guidance_scale=2.0, max_new_tokens=4))
    with pytest.raises(TypeError, match="max_token"):
        next(model.stream_generate(PROMPT, max_token=4))


def test_stopping_criteria(model):
    stop = StoppingCriteriaList([lambda ids, scores, **kwargs: ids.shape[1] >= 10])
    assert (
        list(model.stream_generate(PROMPT, max_new_tokens=20, do_sample=False, stopping_criteria=stop))[-1].shape[1]
        == 10
    )


def test_threads_do_not_disturb_each_other(model):
    prompts = [torch.arange(3, 3 + n)[None] for n in (4, 9, 15)]
    expected = [model.generate(ids, max_new_tokens=10, do_sample=False) for ids in prompts]
    results = [None] * 3

    def work(index):
        results[index] = model.generate(prompts[index], max_new_tokens=10, do_sample=False)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert all(ours.equal(theirs) for ours, theirs in zip(results, expected))


def test_assisted_and_contrastive_generation(model, tiny_checkpoint):
    assistant = load(tiny_checkpoint(bits=4)).float().eval()
    expected = model.generate(PROMPT, max_new_tokens=12, do_sample=False)
    assert model.generate(PROMPT, max_new_tokens=12, do_sample=False, assistant_model=assistant).equal(expected)
    assert model.generate(PROMPT, max_new_tokens=12, do_sample=False, prompt_lookup_num_tokens=3).equal(expected)


def test_generate_continues_a_cache(model):
    full = model.generate(PROMPT, max_new_tokens=8, do_sample=False)
    cache = model.make_cache(64)
    first = model.generate(PROMPT, max_new_tokens=4, do_sample=False, past_key_values=cache)
    assert model.generate(first, max_new_tokens=4, do_sample=False, past_key_values=cache).equal(full)


# --------------------------------------------------------------------------------------------------------- fine-tuning


def test_lora_over_quantized_layers(tiny_checkpoint):
    peft = pytest.importorskip("peft")
    base = load(tiny_checkpoint(), AutoModelForCausalLM).float()
    config = peft.LoraConfig(
        r=4,
        lora_alpha=8,
        target_modules=["query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h"],
        task_type="CAUSAL_LM",
    )
    model = peft.get_peft_model(base, config)
    model.gradient_checkpointing_enable()
    model.enable_input_require_grads()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=5e-2)
    losses = []
    for _ in range(15):
        loss = model(**BATCH, labels=BATCH["input_ids"]).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    assert losses[-1] < losses[0] - 0.1
    assert model.generate(input_ids=PROMPT, max_new_tokens=3, do_sample=False).shape[1] <= 10


@pytest.mark.parametrize("bits", [4, 8])
def test_the_output_of_a_quantized_layer_may_be_added_to(tiny_checkpoint, bits):
    """PEFT 0.7 and 0.8 write `result += ...`, which torch refuses for a view that a function has made."""
    layer = load(tiny_checkpoint(bits=bits)).float().transformer.encoder.layers[0].self_attention.query_key_value
    for shape in ((1, 3, layer.in_features), (3, layer.in_features)):
        x = torch.randn(shape, requires_grad=True)
        wanted = torch.autograd.grad((layer(x) + 1).square().sum(), x)
        out = layer(x)
        out += 1
        assert torch.equal(*wanted, *torch.autograd.grad(out.square().sum(), x))


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("bits", [0, 4])
def test_autocast_to_another_16_bit_float_than_the_models(tiny_checkpoint, tokenizer, bits, kind):
    """`TrainingArguments(bf16=True)` with the published weights, which are float16."""
    other = torch.bfloat16 if kind == torch.float16 else torch.float16
    peft = pytest.importorskip("peft")
    base = load(tiny_checkpoint(bits=bits), AutoModelForCausalLM).to(kind)
    exact = load(tiny_checkpoint(bits=bits), AutoModelForCausalLM).float()(PROMPT).logits
    with torch.autocast("cpu", dtype=other), torch.no_grad():
        assert (base(PROMPT).logits.float() - exact).abs().max() < 0.02
        base.eval().chat(tokenizer, "你好", max_new_tokens=3)
    model = peft.get_peft_model(base, peft.LoraConfig(task_type="CAUSAL_LM", target_modules=["query_key_value"]))
    with torch.autocast("cpu", dtype=other):
        out = model.train()(input_ids=PROMPT, labels=PROMPT)
    assert (out.logits.float() - exact).abs().max() < 0.02
    out.loss.backward()
    grads = [p.grad for name, p in model.named_parameters() if "lora_B" in name]
    assert len(grads) == 2 and all(grad.abs().sum() > 0 and grad.isfinite().all() for grad in grads)


@pytest.mark.parametrize("bits", [0, 4])
def test_what_is_trained_beside_the_model_begins_as_in_torch(tiny_checkpoint, bits):
    """As in the original. A prefix that begins at a fiftieth of that learns much more slowly, without a word."""
    folder = tiny_checkpoint(bits=bits)
    config = AutoConfig.from_pretrained(folder, trust_remote_code=True, pre_seq_len=32, prefix_projection=True)
    loaded, made = load(folder, config=config), AutoModel.from_config(config, trust_remote_code=True)
    for encoder in (loaded.transformer.prefix_encoder, made.transformer.prefix_encoder):
        assert encoder.embedding.weight.float().std().item() == pytest.approx(1, rel=0.1)
        for layer in (encoder.trans[0], encoder.trans[2]):
            assert layer.weight.float().std().item() == pytest.approx((3 * layer.in_features) ** -0.5, rel=0.1)
    head = load(folder, AutoModelForSequenceClassification, num_labels=9).classifier_head
    assert head.weight.float().std().item() == pytest.approx((3 * head.in_features) ** -0.5, rel=0.15)
    assert head.bias.abs().max() > 0


def test_prefix_checkpoint_on_the_base_model(tiny_checkpoint, tmp_path):
    model = load(tiny_checkpoint(), AutoModelForCausalLM, pre_seq_len=4)
    assert [name for name, p in model.named_parameters() if p.requires_grad] == [
        "transformer.prefix_encoder.embedding.weight"
    ]
    assert model.transformer.prefix_encoder.embedding.weight.dtype == torch.float32
    model.train()
    loss = model(**BATCH, labels=BATCH["input_ids"]).loss
    loss.backward()
    assert model.transformer.prefix_encoder.embedding.weight.grad.abs().sum() > 0
    model.eval()
    kept = {
        k.replace("transformer.prefix_encoder.", ""): v for k, v in model.state_dict().items() if "prefix_encoder" in k
    }
    expected = model.generate(PROMPT, max_new_tokens=6, do_sample=False)
    again = load(tiny_checkpoint(), AutoModelForCausalLM, pre_seq_len=4).eval()
    again.transformer.prefix_encoder.load_state_dict(kept)
    assert again.generate(PROMPT, max_new_tokens=6, do_sample=False).equal(expected)


def test_gradient_checkpointing_gives_the_same_gradients(tiny_checkpoint):
    grads = []
    for enable in (False, True):
        model = load(tiny_checkpoint(bits=0, dtype="float32"), AutoModelForCausalLM).train()
        if enable:
            model.gradient_checkpointing_enable()
            assert model.is_gradient_checkpointing
        model(**BATCH, labels=BATCH["input_ids"]).loss.backward()
        grads.append(model.transformer.encoder.layers[0].mlp.dense_h_to_4h.weight.grad)
    torch.testing.assert_close(*grads)


def test_classification_pools_the_last_real_token(tiny_checkpoint):
    model = load(tiny_checkpoint(bits=0, dtype="float32"), AutoModelForSequenceClassification, num_labels=3).eval()
    with torch.no_grad():
        model.classifier_head.weight.normal_(generator=torch.Generator().manual_seed(0))
        alone = model(PROMPT).logits
        left = model(
            torch.cat((torch.zeros(1, 2, dtype=torch.long), PROMPT), 1),
            attention_mask=torch.tensor([[0, 0] + [1] * 7]),
        ).logits
        right_ids = torch.cat((PROMPT, torch.zeros(1, 2, dtype=torch.long)), 1)
        right = model(right_ids, attention_mask=torch.tensor([[1] * 7 + [0, 0]])).logits
        unmasked = model(right_ids).logits
    for other in (left, right, unmasked):
        torch.testing.assert_close(other, alone, atol=PATHS_AGREE, rtol=0)


def test_embeddings_can_be_resized(tiny_checkpoint):
    model = load(tiny_checkpoint(bits=0, dtype="float32")).eval()
    with torch.no_grad():
        before = model(PROMPT).logits
        model.resize_token_embeddings(1100)
        assert model.get_output_embeddings().weight.shape[0] == model.config.padded_vocab_size == 1100
        torch.testing.assert_close(model(PROMPT).logits[..., :1024], before)


# ------------------------------------------------------------------------------------------------------- static decode


@pytest.mark.parametrize("kv_cache_dtype", [None, "int8"])
def test_static_steps_give_the_same_tokens(tiny_checkpoint, model, kv_cache_dtype):
    plain = load(tiny_checkpoint(bits=0, dtype="float32"), kv_cache_dtype=kv_cache_dtype).eval()
    static = load(tiny_checkpoint(bits=0, dtype="float32"), static_decode=True, kv_cache_dtype=kv_cache_dtype).eval()
    for inputs in ({"input_ids": PROMPT}, BATCH):
        expected = plain.generate(**inputs, max_new_tokens=12, do_sample=False)
        assert static.generate(**inputs, max_new_tokens=12, do_sample=False).equal(expected)
        stream = static.stream_generate(**inputs, max_new_tokens=12, do_sample=False)
        assert list(stream)[-1][0].equal(expected[0])
    beams = {"input_ids": PROMPT, "max_new_tokens": 6, "do_sample": False, "num_beams": 3}
    assert static.generate(**beams).equal(plain.generate(**beams))


@torch.no_grad()
def test_static_step_reads_nothing_back_from_the_device(tiny_checkpoint):
    """A CUDA graph can capture a step only if no value decides what Python does; fake tensors have no values."""
    from torch._subclasses.fake_tensor import FakeTensorMode

    model = load(tiny_checkpoint(bits=0, dtype="float32"), static_decode=True).eval()
    cache = model.make_cache(32)
    model(PROMPT, past_key_values=cache)
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        step = mode.from_tensor(torch.tensor([[5]]))
        logits = model(step, past_key_values=cache, return_last_logit=True).logits
    assert logits.shape == (1, 1, 1024)


@torch.no_grad()
def test_static_cache_says_when_it_is_full(tiny_checkpoint):
    model = load(tiny_checkpoint(bits=0, dtype="float32"), static_decode=True).eval()
    cache = model.make_cache(8)
    model(PROMPT, past_key_values=cache)
    model(PROMPT[:, :1], past_key_values=cache)
    with pytest.raises(ValueError, match="static cache of 8"):
        model(PROMPT[:, :1], past_key_values=cache)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_captured_steps_give_the_same_tokens(tiny_checkpoint):
    plain = load(tiny_checkpoint()).cuda().eval()
    static = load(tiny_checkpoint(), static_decode=True).cuda().eval()
    inputs = {name: value.cuda() for name, value in BATCH.items()}
    expected = plain.generate(**inputs, max_new_tokens=12, do_sample=False)
    assert static.generate(**inputs, max_new_tokens=12, do_sample=False).equal(expected)
