"""The demonstration model: what it was trained on, and what only a model with something to say can show.

`python -m benchmarks.demo` measures all that README claims; here is the part that takes seconds.
"""

import json
import random
import re

import pytest
import torch
from conftest import load
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, LogitsProcessorList

from benchmarks.common import module_of
from benchmarks.demo import DIALOGUES, KINDS, ask, dialogues, judge, pass_keys, perplexity, right
from examples import model_folder, train_demo
from examples.demo_text import Task, Writer
from examples.model_folder import DEMO, lay_together
from examples.train_demo import WEIGHTS, copying_example, encode_dialogue, spread

GREEDY = {"do_sample": False, "max_new_tokens": 64}
FLOORS = {"small talk": 38, "package": 34, "name": 34}  # of 40, greedy


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(model_folder, "BUILD", tmp_path_factory.mktemp("demo"))
        return lay_together(DEMO)


@pytest.fixture(scope="module")
def tokenizer(folder):
    return AutoTokenizer.from_pretrained(str(folder), trust_remote_code=True)


@pytest.fixture(scope="module")
def model(folder):
    return load(folder).eval()


# ------------------------------------------------------------------------------------------------------------ training


def test_nothing_that_is_judged_is_trained_on():
    """Wordings, names, numbers and sums of the judged dialogues are in no training text."""
    writer = Writer(random.Random("training"))
    rounds = [pair for _ in range(20000) for pair in writer.any(WEIGHTS).rounds]
    trained = "\n".join(f"{question}\n{answer}" for question, answer in rounds)
    questions = {question for question, _ in rounds}
    for kind in KINDS:
        for task in dialogues(kind):
            question, answer = task.rounds[-1]
            if kind in ("small talk", "package", "name"):
                # as part of a longer question too: "Well, ..." may stand before it
                assert question not in trained, question
            if kind in ("text", "pass key", "sum", "repeat"):
                assert question not in questions, question
            if kind in ("name", "pass key"):
                assert answer not in trained, answer
            if kind == "pass key":
                assert not re.search(rf"(?<!\d){task.expected[0]}(?!\d)", trained), task.expected


def test_a_dialogue_is_tokenized_as_chat_does_it(model, tokenizer):
    """Labels are on answers alone, each behind the prompt that chat() builds, and each ends with </s>."""
    task = Task("", [("你好", "你好！"), ("My name is Ada.", "Nice to meet you, Ada!"), ("我是谁？", "你叫Ada。")], ())
    ids, labels = encode_dialogue(tokenizer, task)
    history = []
    for question, answer in task.rounds:
        prompt = model.build_inputs(tokenizer, question, history)["input_ids"][0].tolist()
        assert ids[: len(prompt)] == prompt
        end = next(at for at in range(len(prompt), len(labels)) if labels[at] == tokenizer.eos_token_id)
        assert tokenizer.decode(labels[len(prompt) : end]) == answer
        labels[len(prompt) : end + 1] = [-100] * (end + 1 - len(prompt))
        history.append((question, answer))
    assert set(labels) == {-100}


def test_copied_pieces_stood_before_and_spread_positions_rise():
    rng = random.Random(0)
    for _ in range(50):
        ids, labels = copying_example(rng, [1783, 1785], 1780)
        for at, label in enumerate(labels):
            if label != -100:
                assert label == ids[at] and (ids[at - 1], label) in list(zip(ids, ids[1:]))[: at - 1]
        positions = spread(rng, len(ids), 32768)
        assert len(positions) == len(ids) and positions[-1] < 32768
        assert all(later > earlier for earlier, later in zip(positions, positions[1:]))


@pytest.fixture(scope="module")
def untrained(folder):
    config = AutoConfig.from_pretrained(folder, trust_remote_code=True, quantization_bit=0)
    model = AutoModelForCausalLM.from_config(config, trust_remote_code=True).float().eval()
    train_demo.initialize(model, 0)
    return model


def test_the_untrained_model_copies(untrained):
    """What `initialize` promises; names and pass keys were found late or never without it."""
    rng = random.Random(0)
    ids, labels = (torch.tensor(rows) for rows in zip(*(fixed_length(rng) for _ in range(16))))
    with torch.no_grad():
        chosen = untrained(ids, use_cache=False).logits[:, :-1].argmax(-1)
    wanted = labels[:, 1:] != -100
    assert (chosen == labels[:, 1:])[wanted].float().mean() > 0.85


def fixed_length(rng):
    ids, labels = copying_example(rng, [1783, 1785], 1780)
    return ids[:64], labels[:64]


def test_training_rounds_as_the_package_quantizes(untrained, model):
    """Rows of zeros, which the first heads have, became NaN when the rounding began."""
    quantization = module_of(model, "quantization")
    for layer in untrained.transformer.encoder.layers[:2]:
        weight = layer.self_attention.query_key_value.weight.detach()
        expected = quantization.dequantize_weight(*quantization.quantize_weight(weight, 4), 4)
        torch.testing.assert_close(train_demo.rounded_to_int4(weight), expected)
    assert (untrained.transformer.encoder.layers[1].self_attention.query_key_value.weight == 0).all(1).any()


def test_a_training_that_was_stopped_goes_on_as_if_it_had_not(tmp_path, monkeypatch):
    """Four small steps, of which the last rounds: at once, and stopped after the second."""
    monkeypatch.setattr(train_demo, "TOKENS", 300)
    monkeypatch.setattr(train_demo, "LONGEST", 150)
    monkeypatch.setattr(train_demo, "EVERY", 2)
    tokenizer = train_demo.prepare(tmp_path, 0)
    whole, losses = train_demo.train(tmp_path, tokenizer, 4, 0)
    assert len(losses) == 4 and all(loss < 12 for loss in losses), losses
    (tmp_path / "checkpoint.pt").unlink()
    real, left = train_demo.losses_of, iter(range(2))
    monkeypatch.setattr(train_demo, "losses_of", lambda *args: (loss for _, loss in zip(left, real(*args))))
    train_demo.train(tmp_path, tokenizer, 4, 0)
    monkeypatch.setattr(train_demo, "losses_of", real)
    again, found = train_demo.train(tmp_path, tokenizer, 4, 0)
    assert found == pytest.approx(losses, rel=1e-4)
    train_demo.save(again, tmp_path, tmp_path / "out")
    monkeypatch.setattr(model_folder, "BUILD", tmp_path / "laid")
    made = load(lay_together(tmp_path / "out"))
    assert {p.name for p in (tmp_path / "out").iterdir()} == {p.name for p in DEMO.iterdir()}
    assert made.config.quantization_bit == 4 and isinstance(made.chat(tokenizer, "你好", max_new_tokens=3)[0], str)
    with pytest.raises(ValueError, match="delete it to begin anew"):
        train_demo.train(tmp_path, tokenizer, 5, 0)


# ------------------------------------------------------------------------------------------------------------- layout


def test_it_has_the_published_layout_in_8_mb(model):
    assert {path.name for path in DEMO.iterdir()} == {
        "config.json", "generation_config.json", "model.safetensors", "tokenizer.model", "tokenizer_config.json",
    }  # fmt: skip
    assert sum(path.stat().st_size for path in DEMO.iterdir()) <= 8e6
    config = json.loads((DEMO / "config.json").read_text(encoding="utf-8"))
    assert (config["quantization_bit"], config["rope_ratio"], config["seq_length"]) == (4, 16, 32768)
    assert config["multi_query_group_num"] == 2
    assert config["num_attention_heads"] * config["kv_channels"] == config["hidden_size"]
    widths = ("hidden_size", "ffn_hidden_size", "kv_channels", "padded_vocab_size")
    assert all(config[key] % 64 == 0 for key in widths)
    assert model.dtype == torch.float16


def test_its_products_run_in_the_compiled_kernels_and_answers_hold_without_them(model, tokenizer, monkeypatch):
    quantization, kernels = module_of(model, "quantization"), module_of(model, "cpu_kernels")
    if kernels.library() is None:
        pytest.skip("no compiler here")
    calls = []
    real = quantization.cpu_quantized_linear
    monkeypatch.setattr(quantization, "cpu_quantized_linear", lambda *args: calls.append(1) or real(*args))
    query = "How do I quantize the model?"
    answer = model.chat(tokenizer, query, **GREEDY)[0]
    passes = len(tokenizer.encode(answer, add_special_tokens=False)) + 1
    assert len(calls) >= 2 * model.config.num_layers * (passes - 1), "both products of every MLP, at every token"
    monkeypatch.setattr(kernels, "library", lambda: None)
    assert model.chat(tokenizer, query, **GREEDY)[0] == answer and "quantize(4)" in answer


# -------------------------------------------------------------------------------------------------------------- words


@pytest.mark.parametrize("kind", FLOORS)
def test_it_answers_what_it_was_not_trained_on(model, tokenizer, kind):
    tasks = dialogues(kind)
    assert len(tasks) == DIALOGUES
    assert judge(model, tokenizer, tasks, do_sample=False) >= FLOORS[kind]


def test_a_name_is_known_two_rounds_later(model, tokenizer):
    """The README's dialogue, with names that somebody else chose."""
    for name in ("林若溪", "Bogdan"):
        history = []
        chinese = not name.isascii()
        hello, told = ("你好", f"我叫{name}。") if chinese else ("Hello", f"My name is {name}.")
        others = ("谢谢", "晚上睡不着应该怎么办") if chinese else ("Thank you", "What can you do?")
        for query in (hello, told, *others):
            _, history = model.chat(tokenizer, query, history=history, **GREEDY)
        asked = "我叫什么名字？" if chinese else "What is my name?"
        answer, _ = model.chat(tokenizer, asked, history=history, **GREEDY)
        assert name in answer


def test_it_says_what_it_is_and_answers_in_the_language_of_the_question(model, tokenizer):
    for query, expected in (("你是谁？", "不是 ChatGLM2-6B"), ("Who are you?", "not ChatGLM2-6B")):
        answer, _ = model.chat(tokenizer, query, **GREEDY)
        assert expected in answer and "演示模型|demonstration model".split("|")[query.isascii()] in answer


# ------------------------------------------------------------------------- what random weights cannot show of the code


def test_a_stream_of_chinese_shows_whole_characters_and_the_same_text(model, tokenizer):
    """Rare characters are three pieces each: none is shown in parts, and none is lost."""
    query = "我叫王龘。"
    shown = [text for text, _ in model.stream_chat(tokenizer, query, **GREEDY)]
    assert all("\ufffd" not in text for text in shown)
    assert all(later.startswith(earlier) for earlier, later in zip(shown, shown[1:])) and "王龘" in shown[-1]
    assert shown[-1] == model.chat(tokenizer, query, **GREEDY)[0]
    longer = [text for text, _ in model.stream_chat(tokenizer, "晚上睡不着应该怎么办", **GREEDY)]
    assert len(longer) > 5 and "睡前" in longer[-1]


def test_a_kept_cache_remembers_what_was_said(model, tokenizer):
    """Rounds read their own question only, the answer still knows the name of the first; and so does int8."""
    for dtype in (None, "int8"):
        model.config.kv_cache_dtype = dtype
        try:
            past, history = None, []
            for query in ("我叫林若溪。", "你会做什么？", "谢谢", "我叫什么名字？"):
                stream = model.stream_chat(
                    tokenizer, query, history, past_key_values=past, return_past_key_values=True, **GREEDY
                )
                *_, (answer, history, past) = stream
            assert "林若溪" in answer
        finally:
            model.config.kv_cache_dtype = None


def test_what_int8_and_int4_cost(model, tokenizer, folder):
    """On held-out answers, within 1 %: the int8 cache, and the same weights as floats and in 8 bits."""
    tasks = [task for kind in ("small talk", "package", "name", "text") for task in dialogues(kind, 4, seed=1)]
    plain = perplexity(model, tokenizer, tasks)
    assert plain < 1.5
    with_cache = perplexity(model, tokenizer, tasks, cached=True)
    model.config.kv_cache_dtype = "int8"
    try:
        assert perplexity(model, tokenizer, tasks, cached=True) == pytest.approx(with_cache, rel=0.01)
    finally:
        model.config.kv_cache_dtype = None
    assert with_cache == pytest.approx(plain, rel=0.005)
    quantization, state = module_of(model, "quantization"), model.float().state_dict()
    for name in [name for name in state if name.endswith(".weight_scale")]:
        weight = name[: -len("_scale")]
        state[weight] = quantization.dequantize_weight(state[weight], state.pop(name), 4)
    config = AutoConfig.from_pretrained(folder, trust_remote_code=True, quantization_bit=0)
    wide = AutoModelForCausalLM.from_config(config, trust_remote_code=True).float().eval()
    wide.load_state_dict(state)
    model.half()
    assert perplexity(wide, tokenizer, tasks) == pytest.approx(plain, rel=0.01)
    assert perplexity(wide.quantize(8), tokenizer, tasks) == pytest.approx(plain, rel=0.01)


def test_a_pass_key_is_found_in_long_filler(model, tokenizer):
    assert pass_keys(model, tokenizer, 512, 10) >= 8


def test_prompt_lookup_says_the_same_in_fewer_passes(model, tokenizer, monkeypatch):
    """An answer that is in the history already: candidates from the prompt are taken several at a time."""
    query = "晚上睡不着应该怎么办"
    inputs = model.build_inputs(tokenizer, query, model.chat(tokenizer, query, **GREEDY)[1])
    expected = model.generate(**inputs, **GREEDY)
    passes = []
    hook = model.transformer.register_forward_hook(lambda *args: passes.append(1))
    try:
        found = model.generate(**inputs, prompt_lookup_num_tokens=6, **GREEDY)
    finally:
        hook.remove()
    assert found.equal(expected)
    assert len(passes) < 0.7 * (expected.shape[1] - inputs["input_ids"].shape[1])


@pytest.mark.parametrize("dtype", [None, "int8"])
def test_scores_with_prompt_lookup_are_the_same_to_the_bit(model, tokenizer, dtype, monkeypatch):
    """All layers in the compiled kernels, as those of the published size are; torch sums rows by other orders."""
    if module_of(model, "cpu_kernels").library() is None:
        pytest.skip("no compiler here")
    monkeypatch.setattr(module_of(model, "quantization"), "SMALL_WEIGHT", 0)
    monkeypatch.setattr(model.config, "kv_cache_dtype", dtype)
    for task in dialogues("text", 6):
        *history, (question, _) = task.rounds
        scores = {0: [], 7: []}
        for looking, seen in scores.items():
            note = LogitsProcessorList([lambda ids, given, seen=seen: seen.append(given.clone()) or given])
            asked = {"prompt_lookup_num_tokens": looking, "logits_processor": note, **GREEDY}
            list(model.stream_chat(tokenizer, question, history, **asked))
        assert len(scores[0]) == len(scores[7]) > 4
        assert all(plain.equal(found) for plain, found in zip(*scores.values()))


@pytest.mark.parametrize("dtype", [None, "int8"])
def test_questions_on_a_text_are_answered_alike_in_half_the_passes(model, tokenizer, dtype):
    """In the compiled int4 kernels, with both kinds of cache: by a stream, in as many steps, and by a chat."""
    tasks = [task for kind in ("text", "pass key", "repeat") for task in dialogues(kind, 8)]
    model.config.kv_cache_dtype = dtype
    passes = {0: 0, 7: 0}
    hook = model.transformer.register_forward_hook(lambda *args: passes.update({looking: passes[looking] + 1}))
    try:
        for task in tasks:
            *history, (question, _) = task.rounds
            shown = []
            for looking in passes:
                stream = model.stream_chat(tokenizer, question, history, prompt_lookup_num_tokens=looking, **GREEDY)
                shown.append([text for text, _ in stream])
            assert shown[0] == shown[1]
            looking = 7
            assert ask(model, tokenizer, task, do_sample=False, prompt_lookup_num_tokens=7) == shown[0][-1]
    finally:
        hook.remove()
        model.config.kv_cache_dtype = None
    assert passes[7] < passes[0], "two answers each with prompt lookup, against one without"


def test_an_answer_ends_by_itself(model, tokenizer):
    for task in dialogues("package", 10):
        answer = ask(model, tokenizer, task, do_sample=False)
        assert right(task, answer)
        question = model.build_inputs(tokenizer, task.rounds[-1][0])["input_ids"]
        ids = model.generate(question, **GREEDY)
        assert ids[0, -1] == tokenizer.eos_token_id
