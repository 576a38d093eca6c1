"""Sampling settings reach the sampler, whichever way they are given, and in generate()'s order.

Else a user's temperature would do nothing, which no text shows: answers are drawn at random anyway.
"""

import pytest
import torch
from transformers import LogitsProcessor, LogitsProcessorList

PROMPT = torch.tensor([[5, 77, 310, 42, 9, 128, 64]])
SEEDS = range(3)
GREEDY = {"do_sample": False, "max_new_tokens": 6}
EVEN = {"temperature": 1.0, "top_p": 1.0}  # what the model says, unchanged
COLD = 1e-4  # a temperature at which the likeliest token of the tiny model is certain


def chat(model, tokenizer, **settings):
    return model.chat(tokenizer, "天气", **settings)[0]


def stream_chat(model, tokenizer, **settings):
    return [text for text, _ in model.stream_chat(tokenizer, "天气", **settings)]


def generate(model, **settings):
    return model.generate(PROMPT, **settings).tolist()


def stream_generate(model, **settings):
    return [ids.tolist() for ids in model.stream_generate(PROMPT, **settings)][-1]


def drawn(function, *arguments, **settings):
    """The outcome for each of a few seeds."""
    outcomes = []
    for seed in SEEDS:
        torch.manual_seed(seed)
        outcomes.append(function(*arguments, do_sample=True, max_new_tokens=6, **settings))
    return outcomes


@pytest.mark.parametrize("settings", [{"temperature": COLD, "top_p": 1.0}, {"temperature": 1.0, "top_p": 1e-6}])
@pytest.mark.parametrize("function", [chat, stream_chat])
def test_temperature_and_top_p_of_a_chat_count(model, tokenizer, function, settings):
    greedy = function(model, tokenizer, **GREEDY)
    assert drawn(function, model, tokenizer, **settings) == [greedy] * len(SEEDS)
    assert drawn(function, model, tokenizer, **EVEN) != [greedy] * len(SEEDS), "control: without it, others are drawn"


@pytest.mark.parametrize("settings", [{"temperature": COLD}, {"top_p": 1e-6}, {"top_k": 1}])
@pytest.mark.parametrize("function", [generate, stream_generate])
def test_temperature_top_p_and_top_k_count(model, function, settings):
    greedy = function(model, **GREEDY)
    assert drawn(function, model, **{**EVEN, **settings}) == [greedy] * len(SEEDS)
    assert drawn(function, model, **EVEN) != [greedy] * len(SEEDS), "control: without it, others are drawn"


class Favours(LogitsProcessor):
    """Makes one token by far the likeliest, unless it has been ruled out."""

    def __init__(self, token: int):
        self.token = token

    def __call__(self, input_ids, scores):
        scores = scores.clone()
        scores[:, self.token] += 1000
        return scores


@pytest.mark.parametrize("cut", [{"top_k": 1}, {"top_p": 1e-6}, {"min_p": 0.9}])
@pytest.mark.parametrize("function", [generate, stream_generate])
def test_a_callers_processor_comes_before_tokens_are_cut(model, function, cut):
    """Behind the cut, a caller's favourite has been ruled out already."""
    cut = {**EVEN, "top_k": 0, **cut}
    favourite = LogitsProcessorList([Favours(900)])
    for (ids,) in drawn(function, model, logits_processor=favourite, **cut):
        assert ids[PROMPT.shape[1] :] == [900] * 6
