"""Streams beside `generate()` of the installed release: the same settings, and texts that grow by one token."""

import functools
import inspect
import itertools
import re

import pytest
import torch
import transformers
from conftest import GOLDEN, cases
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer, GenerationConfig, LogitsProcessor, LogitsProcessorList

PROMPT = torch.tensor([[5, 77, 310, 42, 9, 128, 64]])
# One value for each row of the tables of sampling_chatglm.py.
VALUES = {
    "sequence_bias": {(9,): 5.0},
    "encoder_repetition_penalty": 1.5,
    "repetition_penalty": 1.4,
    "no_repeat_ngram_size": 2,
    "encoder_no_repeat_ngram_size": 1,
    "bad_words_ids": [[5], [77, 3]],
    "min_length": 10,
    "min_new_tokens": 3,
    "prefix_allowed_tokens_fn": lambda row, ids: list(range(3, 400)),
    "forced_bos_token_id": 7,
    "forced_eos_token_id": 2,
    "remove_invalid_values": True,
    "exponential_decay_length_penalty": (2, 1.5),
    "suppress_tokens": [1, 3],
    "begin_suppress_tokens": [40],
    "temperature": 1.7,
    "top_h": 0.4,
    "top_k": 7,
    "top_p": 0.5,
    "min_p": 0.1,
    "typical_p": 0.9,
    "epsilon_cutoff": 1e-3,
    "eta_cutoff": 1e-3,
    "renormalize_logits": True,
}
# What generate() asks of its settings beside the rows and the refused ones, where it makes processors and criteria.
NO_PROCESSOR_OF_THEIR_OWN = {
    "do_sample": "switches the rows of WARPERS on",
    "use_cache": "is handed to the processor of guidance_scale, which is refused",
    "max_length": "ends the loop of a stream, and is handed to ForcedEOSTokenLogitsProcessor",
    "max_time": "stream_generate makes its criterion",
    "is_assistant": "belongs to assisted generation, whose arguments a stream does not take",
    "assistant_confidence_threshold": "belongs to assisted generation",
}


def streamed(model, **kwargs):
    torch.manual_seed(1)
    return list(model.stream_generate(PROMPT, **kwargs))[-1]


def generated(model, **kwargs):
    torch.manual_seed(1)
    return model.generate(PROMPT, **kwargs)


@pytest.fixture
def rows(package):
    module = package("sampling_chatglm")
    return {name for name, *_ in (*module.PROCESSORS, *module.WARPERS, *module.RENORMALIZE)}


# --------------------------------------------------------------------------------------------------------- settings


def test_every_setting_that_makes_a_processor_has_a_row_or_is_refused(model, package, rows):
    """A setting of a new release must not be dropped in silence, as top_h was."""
    module, asked = package("sampling_chatglm"), set()
    for name in ("_get_logits_processor", "_get_logits_warper", "_get_stopping_criteria"):
        if hasattr(model, name):
            source = inspect.getsource(getattr(model, name))
            asked |= set(re.findall(r"generation_config\.([a-z]\w*)", source))
    assert {"top_p", "bad_words_ids", "guidance_scale", "max_time"} <= asked, "the release makes them elsewhere"
    known = rows | set(module.NOT_IN_STREAMS) | set(module.ONE_IN_STREAMS) | set(NO_PROCESSOR_OF_THEIR_OWN)
    assert asked - known == set()


def test_a_stream_makes_the_processors_of_generate_in_its_order(model, package, rows, monkeypatch):
    assert set(VALUES) == rows, "a value for every row, above"
    module, made = package("generation_chatglm"), {}

    def note(name, function):
        def noting(*args, **kwargs):
            made[name] = function(*args, **kwargs)
            return made[name]

        return noting

    monkeypatch.setattr(module, "make_logits_processors", note("stream", module.make_logits_processors))
    monkeypatch.setattr(model, "_get_logits_processor", note("generate", model._get_logits_processor))
    for do_sample in (True, False):
        arguments = {**VALUES, "do_sample": do_sample, "max_new_tokens": 4}
        assert streamed(model, **arguments).equal(generated(model, **arguments))
        names = {way: [type(processor).__name__ for processor in found] for way, found in made.items()}
        assert names["stream"] == names["generate"] and len(names["stream"]) == (24 if do_sample else 16)


@pytest.mark.parametrize(
    "setting, common",
    [
        ({"top_h": 0.4}, {"do_sample": True}),
        ({"encoder_no_repeat_ngram_size": 1}, {"sequence_bias": {(77,): 50.0}}),
        ({"encoder_repetition_penalty": 1.5}, {}),
        ({"encoder_repetition_penalty": 0.01}, {"sequence_bias": {(77,): 50.0}}),
        ({"repetition_penalty": 5000.0}, {"sequence_bias": {(78,): 50.0}}),
    ],
)
def test_a_setting_does_in_a_stream_what_it_does_in_generate(model, setting, common):
    common = {"max_new_tokens": 12, "do_sample": False, **common}
    expected = generated(model, **common, **setting)
    assert streamed(model, **common, **setting).equal(expected)
    assert not streamed(model, **common).equal(expected), "control: without it, the ids are others"


@pytest.mark.parametrize("name", ["epsilon_cutoff", "eta_cutoff"])
def test_a_setting_that_generate_passes_over_is_passed_over(model, name):
    common = {"max_new_tokens": 6, "do_sample": True, name: 1.0}
    assert streamed(model, **common).equal(generated(model, **common))


def test_top_k_is_fifty_where_nobody_says_otherwise_and_off_where_it_is_none(model):
    """`top_k=None` as an argument switches it off in generate() of every release."""
    common = {"max_new_tokens": 12, "do_sample": True, "temperature": 3.0}
    found = {}
    for name, top_k in (("unset", {}), ("fifty", {"top_k": 50}), ("none", {"top_k": None}), ("zero", {"top_k": 0})):
        found[name] = streamed(model, **common, **top_k)
        assert found[name].equal(generated(model, **common, **top_k)), name
    assert found["unset"].equal(found["fifty"]) and found["none"].equal(found["zero"])
    assert not found["unset"].equal(found["none"])


def test_a_generation_config_is_completed_as_generate_completes_it(model, monkeypatch):
    """In 5.x what a caller's config leaves open comes from the model's: its end tokens, for example."""
    config = GenerationConfig(max_new_tokens=12, do_sample=True, temperature=3.0)
    end = int(generated(model, generation_config=config)[0, PROMPT.shape[1] + 5])
    for own in ({"eos_token_id": [2, end]}, {"top_k": 3}):
        monkeypatch.setattr(
            model, "generation_config", GenerationConfig(**{"eos_token_id": 2, "pad_token_id": 0, **own})
        )
        assert streamed(model, generation_config=config).equal(generated(model, generation_config=config)), own
        assert config.eos_token_id is None and config.top_k == GenerationConfig().top_k, "the caller's stays as it was"
    with pytest.warns(UserWarning, match="max_length"):  # of generate()
        expected = generated(model, do_sample=False)
    assert streamed(model, do_sample=False).equal(expected), "no length given at all"


def test_a_callers_processor_comes_in_the_place_of_the_settings_own(model):
    """With two repetition penalties, generate() takes the caller's; a stream applied both."""
    own = LogitsProcessorList([transformers.RepetitionPenaltyLogitsProcessor(1.01)])
    wish = {"max_new_tokens": 8, "do_sample": False, "sequence_bias": {(77,): 50.0}}
    found = streamed(model, **wish, repetition_penalty=5000.0, logits_processor=own)
    assert found.equal(generated(model, **wish, repetition_penalty=5000.0, logits_processor=own))
    assert found[0, 7:].tolist() == [77] * 8 and len(own) == 1
    assert not found.equal(streamed(model, **wish, repetition_penalty=5000.0)), "control: the setting's own counts"


def test_a_setting_that_the_release_has_no_processor_for_is_named(model, package, monkeypatch):
    """An old release with a newer generation_config.json: its generate() would pass over the setting."""
    monkeypatch.delattr(package("sampling_chatglm").logits_process, "MinPLogitsWarper")
    with pytest.raises(ValueError, match="min_p.*MinPLogitsWarper"):
        next(model.stream_generate(PROMPT, min_p=0.1, top_k=0, do_sample=True, max_new_tokens=2))


# ---------------------------------------------------------------------------------------------------- broken scores


@pytest.fixture
def breaking(model, monkeypatch):
    """(position, value, scores) -> from that many tokens on, the model's scores have this value in these places."""
    forward = type(model).forward

    def install(start, value, places=slice(None)):
        def broken(*args, **kwargs):
            outputs = forward(model, *args, **kwargs)
            if outputs.past_key_values.get_seq_length() >= start:
                outputs.logits[..., places] = value
            return outputs

        monkeypatch.setattr(model, "forward", broken)

    return install


@pytest.fixture
def token_5(tokenizer):
    """What SPEC has broken scores turn into; a control character in the published vocabulary and in this one."""
    return tokenizer.decode([5])


def warnings_of(caplog):
    found = [record for record in caplog.records if "NaN" in record.message]
    assert all(record.levelname == "WARNING" for record in found)
    caplog.clear()
    return len(found)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_broken_scores_are_reported_once_an_answer(model, tokenizer, breaking, caplog, token_5, value):
    """An overflow in 16 bits: a page of control characters, and nobody said why."""
    length = model.build_inputs(tokenizer, "a")["input_ids"].shape[1]
    breaking(length + 2, value, 3)
    for sampled in (False, True):
        answer, _ = model.chat(tokenizer, "a", max_new_tokens=8, do_sample=sampled)
        assert answer.endswith(token_5 * 6) and warnings_of(caplog) == 1
        *_, (text, _) = model.stream_chat(tokenizer, "a", max_new_tokens=8, do_sample=sampled)
        assert text.endswith(token_5 * 6) and warnings_of(caplog) == 1
    breaking(length + 100, value)
    model.chat(tokenizer, "a", max_new_tokens=8)
    assert warnings_of(caplog) == 0


class Only(LogitsProcessor):
    """A grammar: all but a few tokens are ruled out."""

    def __init__(self, *allowed):
        self.allowed = list(allowed)

    def __call__(self, input_ids, scores):
        masked = torch.full_like(scores, float("-inf"))
        masked[:, self.allowed] = scores[:, self.allowed]
        return masked


@pytest.mark.parametrize(
    "masks",
    [
        {"min_new_tokens": 4},
        {"suppress_tokens": [10, 11]},
        {"bad_words_ids": [[10]]},
        {"no_repeat_ngram_size": 1},
        {"logits_processor": [Only(300, 301)]},
        {"prefix_allowed_tokens_fn": lambda row, ids: [300, 301]},
        {"generation_config": GenerationConfig(suppress_tokens=[10, 11], max_new_tokens=8)},
    ],
    ids=lambda masks: next(iter(masks)),
)
def test_scores_that_processors_ruled_out_are_not_broken(model, tokenizer, caplog, token_5, masks):
    """Every answer of such a chat was `\\x02\\x02…`: the guard took -inf, which rules a token out, for an overflow."""
    inputs = model.build_inputs(tokenizer, "a")
    common = {"do_sample": False, "max_new_tokens": 8, **masks}
    ids = model.generate(**inputs, **common)[0, inputs["input_ids"].shape[1] :].tolist()
    expected = model.process_response(tokenizer.decode(ids))
    assert 5 not in ids
    assert model.chat(tokenizer, "a", **common)[0] == expected
    *_, (text, _) = model.stream_chat(tokenizer, "a", **common)
    assert expected.startswith(text) and token_5 not in text
    assert warnings_of(caplog) == 0


def test_broken_scores_are_found_behind_masks(model, tokenizer, breaking, caplog, token_5):
    length = model.build_inputs(tokenizer, "a")["input_ids"].shape[1]
    breaking(length + 2, float("nan"))
    assert model.chat(tokenizer, "a", min_new_tokens=8, max_new_tokens=8)[0].endswith(token_5 * 6)
    assert warnings_of(caplog) == 1
    breaking(10**6, 0)
    everything = {"logits_processor": [Only()], "max_new_tokens": 8}
    assert model.chat(tokenizer, "a", **everything)[0] == token_5 * 8, "nothing is left to choose from"
    assert list(model.stream_chat(tokenizer, "a", **everything))[-1][0] == token_5 * 8
    assert warnings_of(caplog) == 2


# ------------------------------------------------------------------------------------------ texts that grow by a token


@functools.lru_cache(maxsize=None)
def loaded(folder):
    return AutoTokenizer.from_pretrained(folder, trust_remote_code=True)


def whole(tokenizer, ids):
    """The text of an answer, all of it decoded; ids for which there is no text are left out."""
    known = set(tokenizer.get_added_vocab().values())
    return tokenizer.decode([token for token in ids if token < tokenizer.vocab_size or token in known])


@st.composite
def answers(draw, tokenizer):
    """Ids of an answer: stretches of text, bytes in any order, specials, spaces, ids above the vocabulary."""
    sp_model, size = tokenizer.tokenizer.sp_model, tokenizer.vocab_size
    byte = [sp_model.piece_to_id(f"<0x{value:02X}>") for value in range(256)]
    spaces = [
        index for index in range(size) if index < sp_model.vocab_size() and not sp_model.id_to_piece(index).strip("▁")
    ]
    text = st.text("ab ，你😀é\n\ufffd𝛼", max_size=4)
    parts = st.one_of(
        st.lists(st.integers(0, size - 1), max_size=4),
        text.map(lambda part: tokenizer.encode(part, add_special_tokens=False)),
        text.map(lambda part: [byte[value] for value in part.encode()]),
        st.lists(st.sampled_from(byte), max_size=4),
        st.lists(st.sampled_from([0, 1, 2, *range(size - 5, size + 300)]), max_size=3),
        st.lists(st.sampled_from(spaces), max_size=2),
    )
    return sum(draw(st.lists(parts, max_size=8)), [])


def check_growing(module, tokenizer, ids):
    text = module.AnswerText(tokenizer)
    assert [text.append(token) for token in ids] == [whole(tokenizer, ids[: end + 1]) for end in range(len(ids))]


@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_every_step_gives_the_text_of_the_whole_answer(tokenizer, package, data):
    check_growing(package("generation_chatglm"), tokenizer, data.draw(answers(tokenizer)))


@cases("name", ["E_chat_int4"] if (GOLDEN / "E_chat_int4").is_dir() else [])
@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_every_step_gives_the_text_of_the_whole_answer_with_the_published_vocabulary(
    golden_folder, package, name, data
):
    tokenizer = loaded(golden_folder(name))
    assert tokenizer.vocab_size == 64794
    check_growing(package("generation_chatglm"), tokenizer, data.draw(answers(tokenizer)))


@cases("name", ["E_chat_int4"] if (GOLDEN / "E_chat_int4").is_dir() else [])
def test_role_tokens_of_a_sibling_grow_too(golden_folder, package, name):
    tokenizer = AutoTokenizer.from_pretrained(golden_folder(name), trust_remote_code=True, role_tokens=True)
    first = tokenizer.get_command("<|system|>")
    check_growing(package("generation_chatglm"), tokenizer, [first, 30910, first + 1, 5, 300, first - 1, 300, 70000])


class Wrapper:
    """A user's own, with nothing but `decode`, whose text depends on all ids."""

    def __init__(self, tokenizer):
        self.inner, self.read = tokenizer, []

    def decode(self, ids):
        self.read.append(len(ids))
        return f"{len(ids)}:" + self.inner.decode([token for token in ids if token < self.inner.vocab_size])[::-1]


def test_tokenizers_that_are_not_ours_decode_the_whole_answer(tokenizer, package):
    """A wrapper, a subclass, a replaced method, clean-up over borders of tokens: what each says is taken as it is."""
    AnswerText = package("generation_chatglm").AnswerText
    ids = [300, 5, 301, 40, 41, 42, 300]
    wrapper = Wrapper(tokenizer)
    text = AnswerText(wrapper)
    assert [text.append(token) for token in ids] == [Wrapper(tokenizer).decode(ids[: n + 1]) for n in range(len(ids))]
    assert wrapper.read == list(range(1, len(ids) + 1))

    folder = tokenizer.name_or_path
    kind = type("Reversed", (type(tokenizer),), {"decode": lambda self, ids: super(kind, self).decode(ids)[::-1]})
    replaced = AutoTokenizer.from_pretrained(folder, trust_remote_code=True)
    replaced.decode = lambda ids: tokenizer.decode(ids)[::-1]
    cleaning = AutoTokenizer.from_pretrained(folder, trust_remote_code=True, clean_up_tokenization_spaces=True)
    for other in (kind.from_pretrained(folder), replaced, cleaning):
        text, borders = AnswerText(other), [*tokenizer.encode("a", add_special_tokens=False), *ids]
        borders += tokenizer.encode(" do n't , x ?", add_special_tokens=False)
        assert [text.append(token) for token in borders] == [
            other.decode(borders[: n + 1]) for n in range(len(borders))
        ]


def test_tokens_that_a_caller_added_are_spoken(tiny_checkpoint, package, monkeypatch):
    """Their ids follow the vocabulary, where ids without text begin; answers left them out."""
    folder = tiny_checkpoint(bits=0, dtype="float32")
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=True)
    tokenizer.add_tokens(["<think>"])
    added = tokenizer.convert_tokens_to_ids("<think>")
    sp_model = tokenizer.tokenizer.sp_model
    letters = [index for index in range(300, 600) if "▁" not in sp_model.id_to_piece(index)]
    ids = [*letters[:2], added, letters[2], added + 1, letters[0], added]
    check_growing(package("generation_chatglm"), tokenizer, ids)
    assert whole(tokenizer, ids).count("<think>") == 2

    decode = type(tokenizer).decode

    def spaced(self, ids):
        """As releases before 5.0 decode: with spaces around an added token, and each stretch as a text of its own."""
        parts = [list(part) for _, part in itertools.groupby(ids, lambda token: token == added)]
        return " ".join(decode(self, part) for part in parts)

    monkeypatch.setattr(type(tokenizer), "decode", spaced)
    assert whole(tokenizer, ids).count(" <think>") == 2
    check_growing(package("generation_chatglm"), tokenizer, ids)


def test_a_step_decodes_what_is_new(model, tokenizer, monkeypatch):
    """30 ms a token at 8,000 tokens went into decoding the answer again from its start."""
    kind, read = type(tokenizer), []
    decode = kind.decode

    def counting(self, ids, *args, **kwargs):
        read.append(len(ids))
        return decode(self, ids, *args, **kwargs)

    monkeypatch.setattr(kind, "decode", counting)
    settings_ = {"do_sample": False, "max_new_tokens": 100, "eos_token_id": 10**6}
    *_, (text, _) = model.stream_chat(tokenizer, "a", **settings_)
    assert len(read) > 50 and max(read) <= 12, "a character has four bytes at most, and some stand beside others"
    assert model.chat(tokenizer, "a", **settings_)[0].startswith(text)
    assert max(read) > 50, "control: chat decodes it all, once"


# --------------------------------------------------------------------------------------- generators, log-probabilities


def drawn_with(model, seed, **settings):
    """An answer drawn with a generator of its own, while torch's is somewhere else each time."""
    torch.manual_seed(torch.randint(10**6, ()).item())
    generator = torch.Generator().manual_seed(seed)
    settings = {"do_sample": True, "top_p": 1.0, "max_new_tokens": 8, "temperature": 2.0, **settings}
    return list(model.stream_generate(PROMPT, generator=generator, **settings))[-1].tolist()


def test_a_generator_of_its_own_gives_a_stream_its_seed(model):
    answers = [drawn_with(model, seed) for seed in range(4)]
    assert [drawn_with(model, seed) for seed in range(4)] == answers and len(set(map(str, answers))) > 1
    state = torch.get_rng_state()
    list(model.stream_generate(PROMPT, generator=torch.Generator(), do_sample=True, max_new_tokens=3))
    assert torch.equal(torch.get_rng_state(), state), "nobody else's draws are moved"


def test_two_streams_in_turns_draw_what_each_draws_alone(model):
    streams = [
        model.stream_generate(
            PROMPT,
            generator=torch.Generator().manual_seed(seed),
            do_sample=True,
            top_p=1.0,
            max_new_tokens=8,
            temperature=2.0,
        )
        for seed in (0, 1)
    ]
    both = list(zip(*streams))[-1]
    assert [ids.tolist() for ids in both] == [drawn_with(model, seed) for seed in (0, 1)]


def test_a_chat_streams_with_a_generator(model, tokenizer):
    def said(seed):
        generator = torch.Generator().manual_seed(seed)
        settings = {"top_p": 1.0, "temperature": 2.0, "max_new_tokens": 8}
        return [text for text, _ in model.stream_chat(tokenizer, "hello", generator=generator, **settings)]

    assert said(1) == said(1) and any(said(seed) != said(1) for seed in (2, 3, 4))


@pytest.mark.parametrize("top", [0, 1, 5])
def test_logprobs_are_those_of_the_models_scores_whatever_is_made_of_them(model, package, top):
    """Also where other settings draw from other scores, and where prompt lookup reads several tokens in a pass."""
    kind = package("sampling_chatglm").TokenLogprobs
    for given_settings in (
        {"do_sample": False},
        {"do_sample": False, "suppress_tokens": [9], "repetition_penalty": 5.0},
        {"do_sample": True, "temperature": 2.0, "top_k": 3},
        {"do_sample": False, "prompt_lookup_num_tokens": 3},
    ):
        prompt = PROMPT if "prompt_lookup_num_tokens" in given_settings else PROMPT.repeat(2, 1)
        steps = list(model.stream_generate(prompt, top_logprobs=top, max_new_tokens=6, **given_settings))
        ids = steps[-1][0]
        assert len(steps) == ids.shape[1] - prompt.shape[1]
        with torch.no_grad():
            expected = model(ids).logits.float().log_softmax(-1)
        for length, (_, found) in enumerate(steps, start=prompt.shape[1]):
            here = expected[:, length - 1]
            assert isinstance(found, kind) and found.top.shape == found.top_ids.shape == (len(prompt), top)
            torch.testing.assert_close(found.chosen, here.gather(-1, ids[:, length, None])[:, 0], atol=1e-4, rtol=1e-4)
            torch.testing.assert_close(found.top, here.topk(top, -1).values, atol=1e-4, rtol=1e-4)
            torch.testing.assert_close(found.top, here.gather(-1, found.top_ids), atol=1e-4, rtol=1e-4)


def test_logprobs_change_no_answer_and_come_behind_a_cache(model):
    plain = list(model.stream_generate(PROMPT, do_sample=False, max_new_tokens=6))
    told = list(model.stream_generate(PROMPT, do_sample=False, max_new_tokens=6, top_logprobs=2))
    assert all(ids.equal(step[0]) and len(step) == 2 for ids, step in zip(plain, told))
    both = model.stream_generate(
        PROMPT, do_sample=False, max_new_tokens=6, top_logprobs=2, return_past_key_values=True
    )
    ids, cache, logprobs = list(both)[-1]
    assert ids.equal(plain[-1]) and cache.length == ids.shape[1] - 1
    assert torch.equal(logprobs.chosen, told[-1][1].chosen)


@pytest.mark.parametrize("count", [-1, True, 1.0, "3", 10**9])
def test_a_number_of_logprobs_that_cannot_be_is_named(model, count):
    with pytest.raises(ValueError, match=f"top_logprobs is a number of tokens from 0 to .*got {count!r}"):
        next(model.stream_generate(PROMPT, top_logprobs=count))


def test_a_stream_of_texts_says_where_logprobs_are(model, tokenizer):
    with pytest.raises(ValueError, match="stream_generate"):
        next(model.stream_chat(tokenizer, "hello", top_logprobs=1))
