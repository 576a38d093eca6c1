"""Chats and streams, held to the words of SPEC (sections 7 and 8) with a vocabulary that the tests make.

test_golden_chat.py holds the same to the original's conversations, where the published vocabulary is.
"""

import copy

import pytest
import torch
from transformers import LogitsProcessor, LogitsProcessorList

HISTORY = [("你好", "你好！很高兴见到你。"), ("1 + 1 = ?", "2")]
GREEDY = {"do_sample": False, "max_new_tokens": 8}


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
        answers.append(model.chat(tokenizer, "sampled", max_new_tokens=12)[0])
    torch.manual_seed(1)
    *_, (streamed, _) = model.stream_chat(tokenizer, "sampled", max_new_tokens=12)
    assert answers[0] == answers[1] == streamed != answers[2]


def test_max_length_counts_the_prompt(model, tokenizer):
    prompt = model.build_inputs(tokenizer, "a")["input_ids"]
    expected = model.generate(prompt, do_sample=False, max_new_tokens=5)[0, prompt.shape[1] :]
    limit = {"do_sample": False, "max_length": prompt.shape[1] + 5}
    answer = model.process_response(tokenizer.decode(expected.tolist()))
    assert model.chat(tokenizer, "a", **limit)[0] == answer
    *_, (streamed, _) = model.stream_chat(tokenizer, "a", **limit)
    assert streamed == answer


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
