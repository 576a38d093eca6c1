"""Long work tells how far it is; a hook that raises ends it, and model and cache go on as if nothing had happened."""

import threading

import pytest
import torch
from conftest import close, load
from transformers import StoppingCriteriaList
from transformers.utils import logging

from examples import convert_to_safetensors

SLICE, NEW = 16, 6
PROMPT = torch.arange(5, 45)[None]  # two slices of 16 tokens, and one of 8
GREEDY = {"do_sample": False, "eos_token_id": None}
QUERY = "The quick brown fox jumps over it, 你好，介绍一下你自己。" * 2
KINDS = {"growing": {}, "int8": {"kv_cache_dtype": "int8"}, "static": {"static_decode": True}}
KINDS["static int8"] = {**KINDS["int8"], **KINDS["static"]}
CACHES_AGREE = 2e-3  # int8 keys of one sequence, read in slices that begin elsewhere


class Stop(Exception):
    """What a hook raises here."""


class Hook:
    """Writes down what it is told; at the event of that number it raises."""

    def __init__(self, stop_at=None, error=Stop):
        self.events, self.stop_at, self.error = [], stop_at, error

    def __call__(self, stage, done, total):
        assert type(done) is int and type(total) is int
        self.events.append((stage, done, total))
        if self.stop_at == len(self.events) - 1:
            raise self.error
        return True  # ignored


def reading(model, total, start=0, size=SLICE):
    """What is told of `total` new tokens in slices of `size`."""
    layers, events = model.config.num_layers, []
    for first in range(start, total, size):
        tokens = min(size, total - first)
        events += [("reading", first + tokens * layer // layers, total) for layer in range(layers)]
    return [*events, ("reading", total, total)]


def writing(total, done=None):
    return [("writing", token, total) for token in range(1, (done or total) + 1)]


@pytest.fixture(scope="module")
def models(tiny_checkpoint):
    """kind of cache -> a model that makes such caches, and reads prompts in slices of 16 tokens."""
    folder = tiny_checkpoint(bits=0, dtype="float32", prefill_slice_size=SLICE)
    return {kind: load(folder, **settings).eval() for kind, settings in KINDS.items()}


@pytest.fixture(scope="module")
def model(models):
    return models["growing"]


# ------------------------------------------------------------------------------------------------- what a hook is told


@torch.no_grad()
def test_a_pass_tells_of_every_layer_of_every_slice(model):
    hook, whole, plain = Hook(), Hook(), model(PROMPT, return_last_logit=True).logits
    assert model(PROMPT, return_last_logit=True, progress=hook).logits.equal(plain)
    assert hook.events == reading(model, 40) and len(hook.events) == 3 * model.config.num_layers + 1
    model.transformer(PROMPT, progress=whole)
    assert whole.events == reading(model, 40, size=40), "every position asked for: one slice"


@torch.no_grad()
def test_cached_tokens_are_not_counted(model):
    cache = model.make_cache(60)
    model(PROMPT[:, :20], past_key_values=cache)
    hook, later = Hook(), Hook()
    model(PROMPT[:, 20:], past_key_values=cache, progress=hook)
    assert hook.events == reading(model, 20, size=20)
    model.generate(PROMPT[:, :7], past_key_values=cache, max_new_tokens=2, progress=later, **GREEDY)
    assert later.events == reading(model, 7) + writing(2), "new ids alone"


def test_a_training_pass_tells_too(model):
    hook = Hook()
    model(PROMPT, labels=PROMPT, progress=hook).loss.backward()
    assert hook.events == reading(model, 40, size=40)


def test_streams_and_generate_tell_the_same(model):
    expected = model.generate(PROMPT, max_new_tokens=NEW, **GREEDY)
    hooks = [Hook(), Hook()]
    assert model.generate(PROMPT, max_new_tokens=NEW, progress=hooks[0], **GREEDY).equal(expected)
    *_, last = model.stream_generate(PROMPT, max_new_tokens=NEW, progress=hooks[1], **GREEDY)
    assert last.equal(expected)
    assert [hook.events for hook in hooks] == [reading(model, 40) + writing(NEW)] * 2


def test_a_stream_tells_of_a_token_before_it_gives_it(model):
    hook, seen = Hook(), []
    for ids in model.stream_generate(PROMPT, max_new_tokens=3, progress=hook, **GREEDY):
        seen.append((ids.shape[1] - 40, hook.events[-1]))
    assert seen == [(token, ("writing", token, 3)) for token in (1, 2, 3)]


def test_chats_tell(models, tokenizer):
    for model in models.values():
        tokens = model.build_inputs(tokenizer, QUERY)["input_ids"].shape[1]
        assert tokens > 2 * SLICE
        asked = {"max_new_tokens": 4, **GREEDY}
        hook, kept, stream = Hook(), Hook(), Hook()
        expected = model.chat(tokenizer, QUERY, **asked)
        assert model.chat(tokenizer, QUERY, progress=hook, **asked) == expected
        cache = model.make_cache(tokens + 8)
        assert model.chat(tokenizer, QUERY, past_key_values=cache, progress=kept, **asked) == expected
        list(model.stream_chat(tokenizer, QUERY, progress=stream, **asked))
        assert hook.events == kept.events == stream.events == reading(model, tokens) + writing(4)
        again = Hook()
        model.chat(tokenizer, QUERY, past_key_values=cache, progress=again, **asked)
        assert again.events == reading(model, 1) + writing(4), "the prompt is in the cache, but for its last token"


def test_a_batch_is_counted_by_row_and_beams_by_step(model):
    batch = {"input_ids": PROMPT.view(2, 20), "attention_mask": torch.ones(2, 20, dtype=torch.long)}
    batch["attention_mask"][1, :5] = 0
    for settings in ({}, {"num_beams": 3}, {"num_beams": 2, "num_return_sequences": 2}):
        hook, asked = Hook(), {**batch, **GREEDY, **settings, "max_new_tokens": NEW}
        assert model.generate(**asked, progress=hook).equal(model.generate(**asked))
        assert hook.events == reading(model, 20) + writing(NEW), settings


@pytest.mark.parametrize("way", ["prompt lookup", "assistant"])
def test_tokens_that_come_by_several_are_told_one_by_one(models, way):
    """An assistant's own prompt and tokens are not told; its hook would be a copy, of things that cannot be copied."""
    model = models["growing"]
    settings = {"prompt_lookup_num_tokens": 4} if way == "prompt lookup" else {"assistant_model": models["int8"]}
    prompt, hook, lock = PROMPT.repeat(1, 2), Hook(), threading.Lock()
    hook.lock = lock
    asked = {"max_new_tokens": 12, **GREEDY, **settings}
    assert model.generate(prompt, progress=hook, **asked).equal(model.generate(prompt, **asked))
    told = [event for event in hook.events if event[0] == "reading"]
    assert hook.events == told + writing(12)
    assert [total for _, _, total in told] == [80] * len(told)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    # A lookup reads all but the last token in slices first, and tells of the end of both passes.
    before = -(-79 // SLICE) * model.config.num_layers + 1 if way == "prompt lookup" else 0
    assert [done == 80 for _, done, _ in told] == [False] * (before + model.config.num_layers) + [True]


def test_a_prompt_in_chunks_is_told_of_as_one(model):
    """forward cuts it into slices itself, whatever a release would do."""
    hook, mask = Hook(), torch.ones_like(PROMPT)
    mask[0, :3] = 0
    model.generate(PROMPT, attention_mask=mask, prefill_chunk_size=10, max_new_tokens=2, progress=hook, **GREEDY)
    assert hook.events == reading(model, 40) + writing(2)


def test_embeddings_are_a_prompt(model):
    hook, embeds = Hook(), model.get_input_embeddings()(PROMPT)
    model.generate(inputs_embeds=embeds, max_new_tokens=NEW, progress=hook, **GREEDY)
    assert hook.events == reading(model, 40) + writing(NEW)


def test_own_criteria_count_beside_a_hook(model):
    """By name and by position; an answer that they end is told to its last token."""

    def two_tokens(ids, scores, **kwargs):
        return torch.full((ids.shape[0],), ids.shape[1] >= 42)

    for given in ("name", "position"):
        hook, criteria = Hook(), StoppingCriteriaList([two_tokens])
        args = (PROMPT,) if given == "name" else (PROMPT, None, None, criteria)
        named = {"stopping_criteria": criteria} if given == "name" else {}
        assert model.generate(*args, **named, max_new_tokens=NEW, progress=hook, **GREEDY).shape == (1, 42)
        assert hook.events == reading(model, 40) + writing(NEW, 2)
        assert len(criteria) == 1, "the caller's list stays the caller's"


def test_without_a_hook_nothing_is_passed_on(model, monkeypatch, tokenizer):
    """A forward() of others, that knows no such keyword works as before; with one, the prompt's pass alone has it."""
    calls, forward = [], model.forward

    def spy(*args, **kwargs):
        calls.append("progress" in kwargs)
        return forward(*args, **kwargs)

    monkeypatch.setattr(model, "forward", spy)
    ways = (
        lambda **hook: model.generate(PROMPT, max_new_tokens=3, **hook, **GREEDY),
        lambda **hook: list(model.stream_generate(PROMPT, max_new_tokens=3, **hook, **GREEDY)),
        lambda **hook: model.chat(tokenizer, QUERY, max_new_tokens=3, **hook, **GREEDY),
        lambda **hook: list(model.stream_chat(tokenizer, QUERY, max_new_tokens=3, **hook, **GREEDY)),
    )
    for way in ways:
        for hook, expected in (({}, [False] * 3), ({"progress": Hook()}, [True, False, False])):
            calls.clear()
            way(**hook)
            assert calls == expected


def test_what_is_no_hook_is_named_before_work_begins(model, tokenizer):
    for way in (
        lambda: model(PROMPT, progress=5),
        lambda: model.generate(PROMPT, max_new_tokens=2, progress=5),
        lambda: next(model.stream_generate(PROMPT, max_new_tokens=2, progress=5)),
        lambda: model.chat(tokenizer, QUERY, max_new_tokens=2, progress=5),
    ):
        with pytest.raises(TypeError, match=r"function of \(stage, done, total\), got 5"):
            way()
    with pytest.raises(ValueError, match="progress counts the tokens of a prompt"):
        model.generate(max_new_tokens=2, progress=print)


# --------------------------------------------------------------------------------------------- a hook that ends a call


@pytest.mark.parametrize("kind, error", [*((kind, Stop) for kind in KINDS), ("growing", KeyboardInterrupt)])
def test_a_chat_that_was_ended_reads_on(models, kind, error, tokenizer):
    """Before the first layer, within a slice, between slices, when all is read, at the first token and at a later."""
    model, asked = models[kind], {"max_new_tokens": 4, **GREEDY}
    tokens = model.build_inputs(tokenizer, QUERY)["input_ids"].shape[1]
    layers, expected = model.config.num_layers, model.chat(tokenizer, QUERY, **asked)
    events = reading(model, tokens) + writing(4)
    for stop_at in (0, 1, layers, layers + 1, 2 * layers, len(events) - 5, len(events) - 4, len(events) - 2):
        stage, done, _ = events[stop_at]
        cache, hook, again = model.make_cache(tokens + 40), Hook(stop_at, error), Hook()
        with pytest.raises(error):
            model.chat(tokenizer, QUERY, past_key_values=cache, progress=hook, **asked)
        assert hook.events == events[: stop_at + 1]
        finished = tokens if stage == "writing" or done == tokens else SLICE * (stop_at // layers)
        assert cache.length == len(cache.token_ids) == finished
        assert model.chat(tokenizer, QUERY, past_key_values=cache, progress=again, **asked) == expected
        assert again.events == reading(model, max(1, tokens - finished)) + writing(4), "only what was not yet read"
        second = model.chat(tokenizer, "again", expected[1], **asked)
        assert model.chat(tokenizer, "again", expected[1], past_key_values=cache, **asked) == second


@pytest.mark.parametrize("kind", KINDS)
def test_another_question_after_one_that_was_ended(models, kind, tokenizer):
    model, asked, other = models[kind], {"max_new_tokens": 4, **GREEDY}, "晚上睡不着应该怎么办"
    expected = model.chat(tokenizer, other, **asked)
    for stop_at in (3, 8):
        cache = model.make_cache(300)
        with pytest.raises(Stop):
            model.chat(tokenizer, QUERY, past_key_values=cache, progress=Hook(stop_at), **asked)
        assert model.chat(tokenizer, other, past_key_values=cache, **asked) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_that_was_ended_leaves_the_cache_it_was_given(models, kind, tokenizer):
    model, asked = models[kind], {"max_new_tokens": 4, "return_past_key_values": True, **GREEDY}
    *_, (_, history, cache) = model.stream_chat(tokenizer, "你好", **asked)
    length = cache.length
    expected = [step[:2] for step in model.stream_chat(tokenizer, QUERY, history, cache, **asked)]
    whole = Hook()
    list(model.stream_chat(tokenizer, QUERY, history, cache, progress=whole, **asked))
    for stop_at in range(len(whole.events)):
        given = []
        with pytest.raises(Stop):
            for step in model.stream_chat(tokenizer, QUERY, history, cache, progress=Hook(stop_at), **asked):
                given.append(step[:2])
        assert given == expected[: len(given)] and cache.length == length
        again = [step[:2] for step in model.stream_chat(tokenizer, QUERY, history, cache, **asked)]
        assert again == expected


@pytest.mark.parametrize("kind", KINDS)
def test_generate_that_was_ended_goes_on_from_the_finished_tokens(models, kind):
    model = models[kind]
    expected = model.generate(PROMPT, max_new_tokens=NEW, **GREEDY)
    for stop_at in range(len(reading(model, 40)) + NEW - 1):
        cache, hook = model.make_cache(60), Hook(stop_at)
        with pytest.raises(Stop):
            model.generate(PROMPT, past_key_values=cache, max_new_tokens=NEW, progress=hook, **GREEDY)
        held = cache.length
        stage, done, _ = hook.events[-1]
        assert held == (39 + done if stage == "writing" else done // 40 * 40 or min(done // SLICE, 2) * SLICE)
        ids = expected[:, : max(held + 1, 40)]
        found = (
            model.generate(ids, past_key_values=cache, max_new_tokens=46 - ids.shape[1], **GREEDY) if held else None
        )
        assert found is None or found.equal(expected)
        assert model.generate(PROMPT, max_new_tokens=NEW, **GREEDY).equal(expected)


@torch.no_grad()
def test_a_pass_that_was_ended_is_read_again_over_a_trained_prefix(tiny_checkpoint):
    model = load(tiny_checkpoint(bits=0, dtype="float32", prefill_slice_size=SLICE), pre_seq_len=3).eval()
    expected = model(PROMPT, past_key_values=model.make_cache(60), return_last_logit=True).logits
    for stop_at in range(len(reading(model, 40))):
        cache = model.make_cache(60)
        with pytest.raises(Stop):
            model(PROMPT, past_key_values=cache, return_last_logit=True, progress=Hook(stop_at))
        cache.crop(min(cache.length, 3 + 39))
        rest = PROMPT[:, max(0, cache.length - 3) :]
        close(model(rest, past_key_values=cache, return_last_logit=True).logits, expected)


def test_a_static_step_that_was_ended_is_taken_again(models):
    """The buffers hold a token that was not counted; a step with a hook is not captured."""
    for kind in ("static", "static int8"):
        model = models[kind]
        with torch.no_grad():
            cache, step = model.make_cache(60), torch.tensor([[7]])
            model(PROMPT, past_key_values=cache)
            expected = model(step, past_key_values=cache.snapshot()).logits
            for stop_at in (0, 1, 2):
                with pytest.raises(Stop):
                    model(step, past_key_values=cache, progress=Hook(stop_at))
                assert cache.length == (41 if stop_at == model.config.num_layers else 40)
                cache.truncate(40)
            torch.testing.assert_close(model(step, past_key_values=cache).logits, expected, atol=CACHES_AGREE, rtol=0)


# ------------------------------------------------------------------------------------------------------- several calls


def test_two_threads_with_two_hooks_do_not_meet(model):
    """Each is told of its own prompt, in its own thread; one of them is ended, the other answers as alone."""
    prompts = [PROMPT, PROMPT[:, :35].flip(1)]
    expected = [model.generate(prompt, max_new_tokens=NEW, **GREEDY) for prompt in prompts]
    barrier, found = threading.Barrier(2, timeout=60), [[], []]

    def ask(index):
        hook = Hook()

        def progress(stage, done, total):
            hook(stage, done, total)
            threads.add((index, threading.get_ident()))
            if len(hook.events) <= 6:
                barrier.wait()  # layer by layer, in turns
            if index == 1 and ended and stage == "writing" and done == 2:
                raise Stop

        try:
            ids = model.generate(prompts[index], max_new_tokens=NEW, progress=progress, **GREEDY)
        except Stop:
            ids = None
        found[index] = (hook.events, ids)

    for ended in (False, True):
        threads = set()
        both = [threading.Thread(target=ask, args=(index,)) for index in (0, 1)]
        [thread.start() for thread in both]
        [thread.join() for thread in both]
        assert len(threads) == 2
        assert found[0][0] == reading(model, 40) + writing(NEW) and found[0][1].equal(expected[0])
        assert found[1][0] == reading(model, 35) + writing(NEW, 2 if ended else NEW)
        assert found[1][1] is None if ended else found[1][1].equal(expected[1])


def test_a_hook_that_asks_over_the_cache_in_work_is_told_so(model, tokenizer):
    """And the answer in work ends without harm: it would have been written between its own tokens."""
    cache, asked = model.make_cache(300), {"max_new_tokens": 4, **GREEDY}
    expected = model.chat(tokenizer, QUERY, **asked)
    for nested in (
        lambda *told: model.chat(tokenizer, "again", past_key_values=cache, **asked),
        lambda *told: model.generate(PROMPT, past_key_values=cache, **asked),
    ):
        with pytest.raises(RuntimeError, match="still writing to"):
            model.chat(tokenizer, QUERY, past_key_values=cache, progress=nested, **asked)
        assert model.chat(tokenizer, QUERY, past_key_values=cache, **asked) == expected


def test_a_hook_may_ask_the_model_over_another_cache(model, tokenizer):
    """Giving way to others: a server answers a short question between the layers of a long one."""
    asked, answers = {"max_new_tokens": 4, **GREEDY}, []
    expected = model.chat(tokenizer, QUERY, **asked)

    def give_way(stage, done, total):
        if stage == "reading" and done == SLICE:
            answers.append(model.chat(tokenizer, "again", **asked))

    assert model.chat(tokenizer, QUERY, past_key_values=model.make_cache(300), progress=give_way, **asked) == expected
    assert answers == [model.chat(tokenizer, "again", **asked)]


# ---------------------------------------------------------------------------------------------------------------- bars


@pytest.fixture(params=[True, False], ids=["bars on", "bars off"])
def bars(request):
    """Whether transformers' own bars are shown."""
    (logging.enable_progress_bar if request.param else logging.disable_progress_bar)()
    yield request.param
    logging.enable_progress_bar()


def test_quantizing_shows_a_bar_where_transformers_does(tiny_checkpoint, bars, capsys):
    model = load(tiny_checkpoint(bits=0, dtype="float32"))
    layers = model.config.num_layers
    capsys.readouterr()
    model.quantize(4)
    told = capsys.readouterr()
    assert told.out == "" and ("Quantizing to 4 bits" in told.err and f"{layers}/{layers}" in told.err) == bars
    assert bars or told.err == ""
    model.quantize(4)
    assert capsys.readouterr().err == "", "nothing is left to do"


def test_conversion_shows_bars_where_transformers_does(tiny_checkpoint, tmp_path, bars, capsys):
    convert_to_safetensors.convert(tiny_checkpoint(), tmp_path / "converted")
    told = capsys.readouterr().err
    for name in ("Converting pytorch_model.bin", "Comparing pytorch_model.bin"):
        assert (name in told and "100%" in told) == bars
    assert bars or told == ""
