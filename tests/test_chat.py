"""Chats and streams, held to the words of SPEC (sections 7 and 8) with a vocabulary that the tests make.

test_golden_chat.py holds the same to the original's conversations, where the published vocabulary is.
"""

import copy

import pytest
import torch
from conftest import load
from transformers import LogitsProcessor, LogitsProcessorList

HISTORY = [("你好", "你好！很高兴见到你。"), ("1 + 1 = ?", "2")]
# Without single bytes no answer ends within a character, where a stream shows less of it than chat().
NO_BYTES = {"suppress_tokens": list(range(3, 4 + 256))}  # "\n" and the bytes
GREEDY = {"do_sample": False, "max_new_tokens": 8, **NO_BYTES}


class Says(LogitsProcessor):
    """Makes the model say these ids, one after the other, whatever it would have said."""

    def __init__(self, ids):
        self.ids, self.start = ids, None

    def __call__(self, input_ids, scores):
        if self.start is None:
            self.start = input_ids.shape[1]
        forced = torch.full_like(scores, -1e4)
        forced[:, self.ids[input_ids.shape[1] - self.start]] = 0
        return forced


def says(ids):
    return {"logits_processor": LogitsProcessorList([Says(ids)]), "max_new_tokens": len(ids)}


@pytest.fixture(scope="module")
def pieces(tokenizer):
    """piece -> its id; bytes are written <0xE4>."""
    sp_model = tokenizer.tokenizer.sp_model

    def ids(*names):
        found = [sp_model.piece_to_id(name) for name in names]
        assert 0 not in found, "not in this vocabulary"
        return found

    return ids


@pytest.mark.parametrize(
    "query, history, prompt",
    [
        ("你好", None, "[Round 1]\n\n问：你好\n\n答："),
        ("", [], "[Round 1]\n\n问：\n\n答："),
        ("b", [("a", "1")], "[Round 1]\n\n问：a\n\n答：1\n\n[Round 2]\n\n问：b\n\n答："),
        (
            " c\n",
            [["a", " 1 "], ["b", ""]],
            "[Round 1]\n\n问：a\n\n答： 1 \n\n[Round 2]\n\n问：b\n\n答：\n\n[Round 3]\n\n问： c\n\n\n答：",
        ),
    ],
)
def test_prompts_as_a_hand_would_write_them(tokenizer, query, history, prompt):
    assert prompt.count("\uff1a") == 2 * (1 + len(history or [])), "the colons are full-width"
    assert tokenizer.build_prompt(query, history) == prompt
    sp_model = tokenizer.tokenizer.sp_model
    gmask, sop = sp_model.vocab_size() + 1, sp_model.vocab_size() + 3
    assert tokenizer.encode(prompt) == [gmask, sop, *sp_model.encode(prompt)]


def test_inputs_of_a_conversation_hold_every_round(model, tokenizer):
    inputs = model.build_inputs(tokenizer, "天气", HISTORY)
    expected = tokenizer.encode(tokenizer.build_prompt("天气", HISTORY))
    assert {name: rows.tolist() for name, rows in inputs.items()} == {
        "input_ids": [expected],
        "attention_mask": [[1] * len(expected)],
        "position_ids": [list(range(len(expected)))],
    }


def test_inputs_behind_a_cache_hold_the_next_round_alone(model, tokenizer):
    ids = model.build_stream_inputs(tokenizer, "天气", HISTORY)["input_ids"][0].tolist()
    round_ids = tokenizer.tokenizer.sp_model.encode("\n\n[Round 3]\n\n问：天气\n\n答：")
    assert ids == round_ids[1:], "no [gMASK] sop, and no space before the line breaks"
    assert tokenizer.decode(ids) == "\n\n[Round 3]\n\n问：天气\n\n答："
    first = model.build_stream_inputs(tokenizer, "天气", [])["input_ids"]
    assert first.equal(model.build_inputs(tokenizer, "天气", [])["input_ids"])


@pytest.mark.parametrize(
    "said, answer",
    [
        ("  你好 ", "你好"),
        ("[[训练时间]]之前", "2023年之前"),
        ("\n\n a[[训练时间]]b[[训练时间]]\t", "a2023年b2023年"),
        ("，,！!：:；;？?", "，,！!：:；;？?"),
        (" ", ""),
    ],
)
def test_answers_are_stripped_and_dated(model, tokenizer, said, answer):
    assert model.process_response(said) == answer
    ids = tokenizer.encode(said, add_special_tokens=False) + [2]
    for do_sample in (False, True):
        assert model.chat(tokenizer, "a", do_sample=do_sample, **says(ids)) == (answer, [("a", answer)])


@pytest.mark.parametrize("form", [tuple, list])
def test_rounds_may_be_tuples_or_lists_and_stay_the_callers(model, tokenizer, form):
    history = [form(pair) for pair in HISTORY]
    before = copy.deepcopy(history)
    expected, _ = model.chat(tokenizer, "天气", HISTORY, **GREEDY)
    response, grown = model.chat(tokenizer, "天气", history, **GREEDY)
    *_, (streamed, streamed_history) = model.stream_chat(tokenizer, "天气", history, **GREEDY)
    assert response == streamed == expected
    assert grown == streamed_history == [*history, ("天气", expected)]
    assert history == before


def test_no_history_and_an_empty_one_are_the_same(model, tokenizer):
    assert model.chat(tokenizer, "a", None, **GREEDY) == model.chat(tokenizer, "a", [], **GREEDY)
    streams = [list(model.stream_chat(tokenizer, "a", history, **GREEDY)) for history in (None, [])]
    assert streams[0] == streams[1]


def test_a_stream_yields_nothing_while_a_character_is_incomplete(model, tokenizer, pieces):
    smile = pieces("<0xF0>", "<0x9F>", "<0x98>", "<0x80>")
    ids = [*smile, *pieces("a"), *smile, *pieces("b"), 2]
    stream = model.stream_chat(tokenizer, "q", HISTORY, **says(ids))
    texts, histories = zip(*stream)
    assert list(texts) == ["😀", "😀a", "😀a😀", "😀a😀b", "😀a😀b"]  # the end token adds nothing
    assert list(histories) == [[*HISTORY, ("q", text)] for text in texts]
    cut = model.stream_chat(tokenizer, "q", **says(ids[:7]))
    assert [text for text, _ in cut] == ["😀", "😀a"], "an answer that ends within a character"


def test_a_stream_hands_out_the_cache_of_what_has_been_read(model, tokenizer, pieces):
    ids = pieces("a", "<0xE4>", "<0xBD>", "<0xA0>", "b")
    prompt = model.build_inputs(tokenizer, "q")["input_ids"].shape[1]
    stream = list(model.stream_chat(tokenizer, "q", return_past_key_values=True, **says(ids)))
    # The token that was chosen last has not been read yet; the two half characters yielded nothing.
    assert [(text, past.get_seq_length()) for text, _, past in stream] == [
        ("a", prompt),
        ("a你", prompt + 3),
        ("a你b", prompt + 4),
    ]


@torch.no_grad()
def test_rounds_on_a_cache_continue_the_ids_that_it_holds(model, tokenizer):
    """What the cache holds is the first prompt and its answer without the last token, which was never read."""
    prompt = model.build_inputs(tokenizer, "one")["input_ids"]
    *_, (_, history, past) = model.stream_chat(tokenizer, "one", return_past_key_values=True, **GREEDY)
    answered = model.generate(prompt, **GREEDY)
    held = answered[:, : past.get_seq_length()]
    assert past.get_seq_length() >= prompt.shape[1]
    ids = torch.cat((held, model.build_stream_inputs(tokenizer, "two", history)["input_ids"]), 1)
    expected = model.generate(ids, **GREEDY)[0, ids.shape[1] :]
    *_, (text, _, grown) = model.stream_chat(
        tokenizer, "two", history, past_key_values=past, return_past_key_values=True, **GREEDY
    )
    assert text == model.process_response(
        tokenizer.decode(expected.tolist()[: grown.get_seq_length() + 1 - ids.shape[1]])
    )
    assert past.get_seq_length() == held.shape[1], "the cache that was yielded stays what it was"


def test_a_stream_ends_in_the_answer_of_chat(model, tokenizer):
    for query, history in (("你好", []), ("again", HISTORY)):
        *_, (streamed, grown) = model.stream_chat(tokenizer, query, history, **GREEDY)
        assert (streamed, grown) == model.chat(tokenizer, query, history, **GREEDY)
    answers = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        answers.append(model.chat(tokenizer, "sampled", max_new_tokens=12, **NO_BYTES)[0])
    torch.manual_seed(1)
    *_, (streamed, _) = model.stream_chat(tokenizer, "sampled", max_new_tokens=12, **NO_BYTES)
    assert answers[0] == answers[1] == streamed != answers[2]


def test_max_length_counts_the_prompt(model, tokenizer):
    prompt = model.build_inputs(tokenizer, "a")["input_ids"]
    expected = model.generate(prompt, do_sample=False, max_new_tokens=5, **NO_BYTES)[0, prompt.shape[1] :]
    limit = {"do_sample": False, "max_length": prompt.shape[1] + 5, **NO_BYTES}
    answer = model.process_response(tokenizer.decode(expected.tolist()))
    assert model.chat(tokenizer, "a", **limit)[0] == answer
    *_, (streamed, _) = model.stream_chat(tokenizer, "a", **limit)
    assert streamed == answer


def longest_prompt(tiny_checkpoint, tokenizer, query="你好"):
    """A model whose `seq_length` is just the prompt of a query, and how many tokens that is."""
    length = len(tokenizer.encode(tokenizer.build_prompt(query)))
    return load(tiny_checkpoint(bits=0, dtype="float32"), seq_length=length).eval(), length


@pytest.mark.parametrize("query", ["", "  \n"])
def test_an_empty_query_is_answered_like_any_other(model, tokenizer, caplog, query):
    """Enter in the command line of the original repository; a server that forwards what it gets."""
    prompt = tokenizer(tokenizer.build_prompt(query), return_tensors="pt")["input_ids"]
    ids = model.generate(prompt, **GREEDY)[0, prompt.shape[1] :].tolist()
    answer = model.process_response(tokenizer.decode(ids))
    assert answer, "the test needs a model that says something"
    assert model.chat(tokenizer, query, **GREEDY) == (answer, [(query, answer)])
    *_, last = model.stream_chat(tokenizer, query, **GREEDY)
    assert last == (answer, [(query, answer)])
    assert [record.levelname for record in caplog.records if "empty" in record.message] == ["WARNING"] * 2
    *_, (_, history, past) = model.stream_chat(tokenizer, "a", return_past_key_values=True, **GREEDY)
    *_, (text, grown) = model.stream_chat(tokenizer, query, history, past_key_values=past, **GREEDY)
    assert grown == [*history, (query, text)]
    with pytest.raises(TypeError, match="int"):
        model.chat(tokenizer, 5)


@pytest.mark.parametrize("spare", [0, -3, -1000])
def test_a_prompt_at_or_above_max_length_gets_one_token_and_a_warning(model, tokenizer, pieces, caplog, spare):
    """Long conversations in scripts that pass a fixed max_length: the original warned, and went on."""
    prompt = model.build_inputs(tokenizer, "a", HISTORY)["input_ids"]
    limit, first = prompt.shape[1] + spare, pieces("a")

    def settings():
        return {"max_length": limit, "logits_processor": LogitsProcessorList([Says([*first, "never asked for"])])}

    assert model.chat(tokenizer, "a", HISTORY, **settings())[0] == "a"
    assert [text for text, _ in model.stream_chat(tokenizer, "a", HISTORY, **settings())] == ["a"]
    assert [ids[0].tolist() for ids in model.stream_generate(prompt, **settings())] == [prompt[0].tolist() + first]
    warnings = [record.message for record in caplog.records if f"max_length={limit}" in record.message]
    assert len(warnings) == 3 and all(str(prompt.shape[1]) in message for message in warnings)


def test_beams_and_caches_get_their_one_token_too(model, tokenizer):
    one = {"do_sample": False, "max_new_tokens": 1, **NO_BYTES}
    short = {"do_sample": False, "max_length": 1, **NO_BYTES}
    expected = model.chat(tokenizer, "a", **one)
    assert model.chat(tokenizer, "a", num_beams=2, **short) == model.chat(tokenizer, "a", num_beams=2, **one)
    assert model.chat(tokenizer, "a", past_key_values=model.make_cache(200), **short) == expected
    *_, (_, history, past) = model.stream_chat(tokenizer, "a", return_past_key_values=True, **GREEDY)
    follow_up, short = {"history": history, "past_key_values": past}, {**short, "max_length": past.get_seq_length()}
    streams = [list(model.stream_chat(tokenizer, "b", **follow_up, **settings)) for settings in (short, one)]
    assert streams[0] == streams[1] and len(streams[0]) == 1, "cached tokens count"


def test_max_length_none_is_all_that_the_model_takes(tiny_checkpoint, tokenizer):
    """Wrappers pass max_length=None for `not given`."""
    model = load(tiny_checkpoint(bits=0, dtype="float32"), seq_length=64).eval()
    prompt = model.build_inputs(tokenizer, "你好")["input_ids"]
    settings = {"do_sample": False, "eos_token_id": 10**6, **NO_BYTES}  # no end but that of the model
    room = 64 - prompt.shape[1]
    whole = model.generate(prompt, max_new_tokens=room, **settings)
    settings["max_length"] = None
    answer = model.chat(tokenizer, "你好", **{**settings, "max_length": 64})[0]
    assert list(model.stream_generate(prompt, **settings))[-1].equal(whole)
    assert model.chat(tokenizer, "你好", **settings)[0] == answer
    *_, (streamed, _) = model.stream_chat(tokenizer, "你好", **settings)
    assert streamed == answer
    bounded = {"do_sample": False, "max_length": None, "max_new_tokens": 2}
    assert len(list(model.stream_generate(prompt, **bounded))) == 2, "max_new_tokens comes first"


def test_a_prompt_of_all_that_the_model_takes_gives_one_token_in_one_pass(tiny_checkpoint, tokenizer, pieces):
    """The token that a full model says is not read any more: no position is left for it."""
    model, length = longest_prompt(tiny_checkpoint, tokenizer)
    read, forward = [], model.forward

    def count(*args, **kwargs):
        read.append((args[0] if args else kwargs["input_ids"]).shape[1])
        return forward(*args, **kwargs)

    prompt = tokenizer(tokenizer.build_prompt("你好"), return_tensors="pt")["input_ids"]
    model.forward = count

    def says_a():
        return LogitsProcessorList([Says([*pieces("a"), "never asked for"])])

    for settings in ({}, {"max_length": None}, {"max_length": 5}, {"max_new_tokens": 7}):
        assert model.chat(tokenizer, "你好", logits_processor=says_a(), **settings)[0] == "a"
        stream = model.stream_chat(tokenizer, "你好", logits_processor=says_a(), **settings)
        assert [text for text, _ in stream] == ["a"]
    assert [ids.shape[1] for ids in model.stream_generate(prompt, max_new_tokens=3)] == [length + 1]
    assert model.generate(prompt, max_new_tokens=1).shape[1] == length + 1
    assert read == [length] * 10
    cache = model.make_cache(length)
    assert model.chat(tokenizer, "你好", logits_processor=says_a(), past_key_values=cache)[0] == "a"
    assert cache.get_seq_length() == length


def test_only_a_prompt_above_all_that_the_model_takes_is_refused(tiny_checkpoint, tokenizer):
    model, length = longest_prompt(tiny_checkpoint, tokenizer)
    ids = torch.ones(1, length + 1, dtype=torch.long)
    model.forward = lambda *args, **kwargs: pytest.fail("work has begun")
    for call in (
        lambda: model.chat(tokenizer, "你好" * 9),
        lambda: next(model.stream_chat(tokenizer, "你好" * 9, max_new_tokens=3)),
        lambda: next(model.stream_generate(ids, max_length=None)),
        lambda: model.generate(ids, max_new_tokens=1),
    ):
        with pytest.raises(ValueError, match=f"{length}.*seq_length"):
            call()


def test_an_answer_of_chat_ends_where_the_model_ends(tiny_checkpoint, tokenizer):
    """max_new_tokens is a bound, and few answers reach it: a script that passes 2,048 went on up to the last token."""
    model = load(tiny_checkpoint(bits=0, dtype="float32"), seq_length=40).eval()
    room = 40 - model.build_inputs(tokenizer, "你好")["input_ids"].shape[1]
    settings = {"do_sample": False, "eos_token_id": 10**6}
    expected = model.chat(tokenizer, "你好", max_new_tokens=room, **settings)
    assert model.chat(tokenizer, "你好", max_new_tokens=2048, **settings) == expected


def test_chat_takes_settings_of_generate(model, tokenizer):
    prompt = model.build_inputs(tokenizer, "a")["input_ids"]
    for settings in ({"num_beams": 3}, {"repetition_penalty": 1.5}):
        ids = model.generate(prompt, **settings, **GREEDY)[0, prompt.shape[1] :]
        expected = model.process_response(tokenizer.decode(ids.tolist()))
        assert model.chat(tokenizer, "a", **settings, **GREEDY)[0] == expected


def test_a_batch_of_prompts_gives_each_ones_answer(model, tokenizer):
    queries = ["a", "a much longer question", "你好"]
    prompts = [tokenizer.build_prompt(query) for query in queries]
    inputs = tokenizer(prompts, padding=True, return_tensors="pt")
    answers = model.generate(**inputs, **GREEDY)[:, inputs["input_ids"].shape[1] :]
    for query, ids in zip(queries, answers):
        answer = model.process_response(tokenizer.decode(ids.tolist()))
        assert answer == model.chat(tokenizer, query, **GREEDY)[0]
