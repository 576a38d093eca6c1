"""Prompt lookup: guesses from the text make an answer come in fewer passes, and change nothing else of it."""

import pytest
import torch
from conftest import close, load
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList, StoppingCriteriaList

NEW = 40
PROMPT = torch.tensor([[5, 77, 310, 42, 9, 128, 64, 310, 42, 9]])
GREEDY = {"do_sample": False, "max_new_tokens": NEW, "eos_token_id": 10**6}  # 4.45 looks up with an end token only
LOOKUP = {"prompt_lookup_num_tokens": 5}
SLICE = 16
HELD_AGREES = 2e-3  # int8 keys of numbers that were summed in another order
PADDED = torch.ones(1, PROMPT.shape[1], dtype=torch.long)
PADDED[0, :3] = 0


class Scripted(LogitsProcessor):
    """Makes the model say what a function of the ids says, and writes down the ids that it is shown."""

    def __init__(self, says):
        self.says, self.shown = says, []

    def __call__(self, input_ids, scores):
        self.shown.append(input_ids.tolist())
        scores = scores.clone()
        scores[:, self.says(input_ids.shape[1])] += 1000
        return scores


def mostly_again(length):
    """A text of period seven with a slip now and then: some guesses are right to the end, some to the middle."""
    return 900 + length if length % 11 == 0 else 300 + length % 7


def scripted():
    return {"logits_processor": LogitsProcessorList([Scripted(mostly_again)])}


@pytest.fixture
def seen(model):
    """The number of tokens of each pass of the tiny model."""
    found = []
    hook = model.transformer.register_forward_pre_hook(lambda module, args: found.append(args[0].shape[1]))
    yield found
    hook.remove()


@pytest.fixture(scope="module")
def others(tiny_checkpoint):
    """kind -> the tiny model with other caches, or with a trained prefix in them."""
    folder = tiny_checkpoint(bits=0, dtype="float32", prefill_slice_size=SLICE)
    kinds = {"int8": {"kv_cache_dtype": "int8"}, "static": {"static_decode": True}, "prefix": {"pre_seq_len": 3}}
    return {kind: load(folder, **setting).float().eval() for kind, setting in {"plain": {}, **kinds}.items()}


# ------------------------------------------------------------------------------------------------------------- guesses


@settings(max_examples=200, deadline=None)
@given(ids=st.lists(st.integers(0, 3), min_size=1, max_size=30), guesses=st.integers(0, 5), longest=st.integers(1, 4))
def test_a_guess_is_what_stood_behind_the_longest_of_the_last_tokens_at_first(package, ids, guesses, longest):
    expected = []
    for size in range(longest, 0, -1):
        starts = [at for at in range(len(ids) - size) if ids[at : at + size] == ids[len(ids) - size :]]
        if size < len(ids) and starts:
            expected = ids[starts[0] + size :][:guesses]
            break
    assert package("sampling_chatglm").guess_next(torch.tensor([ids]), guesses, longest).tolist() == [expected]


# ------------------------------------------------------------------------------------------------------------- streams


@pytest.mark.parametrize(
    "setting",
    [
        {},
        {"repetition_penalty": 1.4},
        {"no_repeat_ngram_size": 4},
        {"min_new_tokens": 20, "eos_token_id": [303]},
        {"eos_token_id": [305]},
        {"max_new_tokens": 1},
        {"max_new_tokens": None, "max_length": 23},
        {"max_matching_ngram_size": 3},
        {"position_ids": torch.arange(30, 40)[None]},
        {"attention_mask": PADDED},
        {"attention_mask": PADDED, "position_ids": (PADDED.cumsum(-1) - 1).clamp(min=0)},
        {"stopping_criteria": StoppingCriteriaList([lambda ids, scores, **kwargs: ids.shape[1] == 27])},
    ],
    ids=str,
)
def test_a_stream_yields_the_same_token_by_token(model, seen, setting):
    """Also to processors, which are shown each token once, and only those in front of it."""
    plain, looking = scripted(), scripted()
    expected = [ids.tolist() for ids in model.stream_generate(PROMPT, **{**GREEDY, **setting, **plain})]
    passes = len(seen)
    assert passes == len(expected)
    found = [ids.tolist() for ids in model.stream_generate(PROMPT, **{**GREEDY, **setting, **looking, **LOOKUP})]
    assert found == expected
    assert looking["logits_processor"][0].shown == plain["logits_processor"][0].shown
    if len(expected) > 20:
        assert len(seen) - passes < 0.8 * passes, "fewer passes than tokens"
    assert max(seen[passes + 1 :], default=1) <= 6, "the last token and five guesses"
    again = [ids.tolist() for ids in model.stream_generate(PROMPT, **{**GREEDY, **setting, **scripted(), **LOOKUP})]
    assert again == expected, "a caller's own mask, positions and criteria stayed as they were"


def test_what_the_model_says_of_itself_stays(model, seen):
    """Without a script: repetitions that random weights fall into."""
    expected = model.generate(PROMPT, **GREEDY)
    seen.clear()
    *_, found = model.stream_generate(PROMPT, **GREEDY, **LOOKUP)
    assert found.equal(expected) and len(seen) < NEW


@pytest.mark.parametrize("kind", ["plain", "int8", "static", "prefix"])
def test_every_cache_that_a_stream_gives_is_that_of_a_stream_without(others, kind):
    """It holds all but the last token, no guesses, and goes on from there while the stream goes on as well."""
    model = others[kind]
    asked = {**GREEDY, "return_past_key_values": True}
    expected = list(model.stream_generate(PROMPT, **asked, **scripted()))
    found = list(model.stream_generate(PROMPT, **asked, **scripted(), **LOOKUP))
    assert len(found) == len(expected)
    for (ids, cache), (wanted, plain) in zip(found, expected):
        assert ids.equal(wanted) and len(cache) == len(plain) == model.config.num_layers
        assert cache.get_seq_length() == plain.get_seq_length()
        for ours, theirs in zip(cache, plain):
            for tensor, reference in zip(ours, theirs):
                close(tensor, reference, atol=HELD_AGREES)
    for at in (0, 5, 17, NEW - 1):
        ids, cache = found[at]
        asked = {"past_key_values": cache, "do_sample": False, "max_new_tokens": 6, "eos_token_id": None}
        *_, ours = model.stream_generate(ids[:, -1:], **asked, **LOOKUP)
        *_, theirs = model.stream_generate(ids[:, -1:], **{**asked, "past_key_values": expected[at][1]})
        assert ours.equal(theirs), at


def test_a_consumer_may_stop_or_go_another_way_at_any_token(model):
    """In the middle of guesses that turned out right, the cache holds more than was yielded."""
    asked = {**GREEDY, "return_past_key_values": True}
    plain = [cache.get_seq_length() for _, cache in model.stream_generate(PROMPT, **asked, **scripted())]
    stream, branches = model.stream_generate(PROMPT, **asked, **scripted(), **LOOKUP), []
    for at, (ids, cache) in enumerate(stream):
        assert cache.get_seq_length() == plain[at]
        with torch.no_grad():
            branches.append(model(torch.tensor([[960 + at, 7]]), past_key_values=cache).logits)
            close(branches[-1], model(torch.cat((ids[:, :-1], torch.tensor([[960 + at, 7]])), 1)).logits[:, -2:])
    *_, expected = model.stream_generate(PROMPT, **GREEDY, **scripted())
    assert ids.equal(expected), "what others wrote to its caches is not in the stream"
    stream = model.stream_generate(PROMPT, **asked, **scripted(), **LOOKUP)
    for _ in range(9):
        _, cache = next(stream)
    stream.close()
    assert cache.get_seq_length() == plain[8]


def test_wrong_guesses_do_not_move_a_cache(model, package, monkeypatch):
    """Every one of them copied all that a cache held, where a caller kept the one before."""
    moved, kind = [], package("cache_chatglm").KVCache
    move = kind._map_rows
    monkeypatch.setattr(kind, "_map_rows", lambda self, function: moved.append(1) or move(self, function))
    list(model.stream_generate(PROMPT, **GREEDY, **scripted(), **LOOKUP, return_past_key_values=True))
    assert not moved


def test_progress_is_told_of_every_token_before_it_is_given(model):
    told, at_yield = [], []
    hook = lambda *event: told.append(event)  # noqa: E731
    for ids in model.stream_generate(PROMPT, **GREEDY, **scripted(), **LOOKUP, progress=hook):
        at_yield.append((ids.shape[1], told[-1]))
    assert at_yield == [(PROMPT.shape[1] + n, ("writing", n, NEW)) for n in range(1, NEW + 1)]
    assert [event for event in told if event[0] == "reading"][-1] == ("reading", 10, 10)


def test_the_next_round_looks_in_the_rounds_before(model, tokenizer, seen):
    """A cache of a chat or of a stream with prompt lookup knows its ids: the question alone would give no guess."""
    asked = {"do_sample": False, "max_new_tokens": 12, "eos_token_id": None}
    text = "The quick brown fox jumps over it, 你好，介绍一下你自己。"
    *_, (_, history, past) = model.stream_chat(tokenizer, text, **asked, **LOOKUP, return_past_key_values=True)
    ids = tokenizer.encode(tokenizer.build_prompt(text, []))
    assert past.token_ids[: len(ids)] == ids and len(past.token_ids) == past.get_seq_length()

    def quotes(prompt_length):
        says = ids[4:20]
        return {"logits_processor": LogitsProcessorList([Scripted(lambda length: says[length - prompt_length])])}

    length = model.build_stream_inputs(tokenizer, "?", history)["input_ids"].shape[1]
    common = {"history": history, "past_key_values": past, **asked}
    *_, (expected, _) = model.stream_chat(tokenizer, "?", **common, **quotes(length))
    seen.clear()
    *_, (found, _) = model.stream_chat(tokenizer, "?", **common, **quotes(length), **LOOKUP)
    assert found == expected and len(seen) < 8
    chatted = model.make_cache(400)
    model.chat(tokenizer, text, past_key_values=chatted, **asked)
    seen.clear()
    *_, (found, _) = model.stream_chat(
        tokenizer, "?", **{**common, "past_key_values": chatted}, **quotes(length), **LOOKUP
    )
    assert len(seen) < 8


def test_a_chat_goes_on_with_what_a_stream_knows(model, tokenizer, seen):
    """Ids that a stream leaves in its cache are those of the tokens in it, or a chat would answer another prompt."""
    asked = {"do_sample": False, "max_new_tokens": 6, "eos_token_id": None}
    *_, (_, history, past) = model.stream_chat(tokenizer, "hello", **asked, **LOOKUP, return_past_key_values=True)
    expected = model.chat(tokenizer, "again", history, **asked)
    seen.clear()
    assert model.chat(tokenizer, "again", history, past_key_values=past, **asked) == expected
    assert seen[0] < tokenizer([tokenizer.build_prompt("again", history)], return_tensors="pt").input_ids.shape[1]
    masked = {"attention_mask": PADDED, "return_past_key_values": True}
    moved = {"position_ids": torch.arange(30, 40)[None], "return_past_key_values": True}
    for other in (masked, moved):
        *_, (_, cache) = model.stream_generate(PROMPT, **GREEDY, **other, **LOOKUP)
        assert cache.token_ids == [], "tokens at other places are no beginning of a prompt"


# --------------------------------------------------------------------------------------------------------------- chats


@pytest.mark.parametrize("kind", ["plain", "int8", "static", "prefix"])
@pytest.mark.parametrize("kept", [False, True])
def test_a_chat_reads_in_slices_and_answers_the_same(others, tokenizer, kind, kept):
    """All at once, a prompt of 32,768 tokens took gigabytes of activations, and of logits in older releases."""
    model, query = others[kind], "The quick brown fox jumps over it, 你好，介绍一下你自己。" * 2
    expected = model.chat(tokenizer, query, **GREEDY)
    tokens = model.build_inputs(tokenizer, query)["input_ids"].shape[1]
    assert tokens > 2 * SLICE
    blocks = []
    layer = model.transformer.encoder.layers[0]
    hook = layer.register_forward_pre_hook(lambda module, args: blocks.append(args[0].shape[1]))
    cache = {"past_key_values": model.make_cache(tokens + NEW + 10)} if kept else {}
    assert model.chat(tokenizer, query, **GREEDY, **LOOKUP, **cache) == expected
    assert max(blocks) == SLICE and sum(blocks[: -(-tokens // SLICE)]) >= tokens - 1
    if kept:
        blocks.clear()
        assert model.chat(tokenizer, query, **GREEDY, **LOOKUP, **cache) == expected
        # Older releases crop without a thought of a prefix, whose length is then read again.
        assert max(blocks) <= 6 + (model.config.pre_seq_len or 0), "what is held is not read again"
    hook.remove()


def test_on_a_cpu_a_pass_is_kept_to_the_tokens_that_kernels_give_alike(model, tokenizer, seen):
    """A ninth row goes through another kernel, whose sums may differ in their last bits."""
    says = LogitsProcessorList([Scripted(lambda length: 300 + length % 20)])
    asked = {**GREEDY, "max_new_tokens": 60, "prompt_lookup_num_tokens": 20, "logits_processor": says}
    list(model.stream_generate(PROMPT, **asked))
    assert max(seen[1:]) == 8
    seen.clear()
    model.chat(tokenizer, "hello", **asked)
    assert max(seen[1:]) == 8


# ------------------------------------------------------------------------------------------------------------ refusals


@pytest.fixture
def ways(model, tokenizer):
    """Every way to ask for prompt lookup that refuses sampling; a cache with tokens is among the arguments."""
    return {
        "chat": lambda **asked: model.chat(tokenizer, "hello", **asked),
        "stream_chat": lambda **asked: list(model.stream_chat(tokenizer, "hello", **asked)),
        "stream_generate": lambda **asked: [ids.tolist() for ids in model.stream_generate(PROMPT, **asked)],
    }


@pytest.mark.parametrize("way", ["chat", "stream_chat", "stream_generate"])
def test_what_cannot_be_is_said_before_anything_is_read(ways, seen, way):
    asked = {"do_sample": False, "max_new_tokens": 4}
    with pytest.raises(ValueError, match="prompt_lookup_num_tokens=5.*do_sample=False"):
        ways[way](do_sample=True, **LOOKUP)
    if way != "stream_generate":
        with pytest.raises(ValueError, match="do_sample=False"):
            ways[way](**LOOKUP)
    with pytest.raises(ValueError, match="do_sample=False"):
        ways[way](do_sample=True, generation_config=GenerationConfig(max_new_tokens=4, **LOOKUP))
    for wrong in (-1, 2.5, "ten"):
        with pytest.raises(ValueError, match=f"tokens to guess a pass, got {wrong!r}"):
            ways[way](**asked, prompt_lookup_num_tokens=wrong)
    for name in ("num_beams", "num_return_sequences"):
        with pytest.raises(ValueError, match=f"{name}"):
            ways[way](**asked, **LOOKUP, **{name: 2})
    assert seen == []
    for off in (None, 0):
        assert ways[way](**asked, prompt_lookup_num_tokens=off) == ways[way](**asked)


def test_a_stream_of_several_rows_is_refused(model, seen):
    with pytest.raises(ValueError, match="one row, got 2"):
        next(model.stream_generate(PROMPT.repeat(2, 1), **GREEDY, **LOOKUP))
    assert seen == []


def test_generate_still_samples_with_prompt_lookup(model):
    torch.manual_seed(0)
    assert model.generate(PROMPT, do_sample=True, max_new_tokens=4, **LOOKUP).shape == (1, 14)


def test_a_release_without_it_is_named_and_streams_work_there(model, tokenizer, package, monkeypatch, seen):
    """Up to 4.36 generate() passed over the setting in a generation config, and called an argument unused."""
    expected = model.generate(PROMPT, **GREEDY)
    module, cache = package("generation_chatglm"), model.make_cache(100)
    model.chat(tokenizer, "hello", do_sample=False, max_new_tokens=3, past_key_values=cache)
    held = list(cache.token_ids)
    monkeypatch.setattr(module, "HAS_PROMPT_LOOKUP", False)
    monkeypatch.setattr(module, "RELEASE", (4, 36, 2))
    seen.clear()
    config = GenerationConfig(max_new_tokens=4, **LOOKUP)
    for ask in (
        lambda: model.chat(tokenizer, "你好", do_sample=False, past_key_values=cache, **LOOKUP),
        lambda: model.generate(PROMPT, **GREEDY, **LOOKUP),
        lambda: model.generate(PROMPT, generation_config=config),
    ):
        with pytest.raises(ValueError, match=r"needs transformers 4\.37 or newer.*4\.36\.2 is installed.*stream_chat"):
            ask()
    assert seen == [] and cache.token_ids == held and cache.get_seq_length() == len(held)
    *_, found = model.stream_generate(PROMPT, **GREEDY, **LOOKUP)
    assert found.equal(expected)
