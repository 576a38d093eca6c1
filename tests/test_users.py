"""Rough edges that someone who tried the package as a new user ran into."""

import pytest
import torch
from conftest import load

PROMPT = torch.tensor([[5, 77, 310, 42, 9, 128, 64]])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("rope_ratio", -1),
        ("rotary_table_dtype", "fp16"),
        ("kv_cache_dtype", "int4"),
        ("activation_bits", 4),
        ("pre_seq_len", 0),
        ("seq_length", "32k"),
        ("tie_word_embeddings", True),
    ],
)
def test_impossible_values_given_to_from_pretrained_are_named(tiny_checkpoint, key, value):
    # transformers sets these after the configuration has been made and checked.
    with pytest.raises(ValueError, match=key):
        load(tiny_checkpoint(), **{key: value})


def test_the_cache_that_chat_keeps(model, tokenizer):
    settings = {"do_sample": False, "max_new_tokens": 4}
    with pytest.raises(TypeError, match="make_cache"):
        model.chat(tokenizer, "hi", past_key_values=((torch.zeros(1, 2, 3, 16),) * 2,) * 2, **settings)
    # Rows of a beam search's cache belong to other candidates than the answer that it returns.
    for several in ({"num_beams": 2}, {"num_return_sequences": 2, "do_sample": True}):
        with pytest.raises(ValueError, match="num_beams"):
            model.chat(tokenizer, "hi", past_key_values=model.make_cache(64), **{**settings, **several})


@pytest.mark.parametrize("with_cache", [False, True])
def test_prompt_lookup_with_and_without_a_cache_of_ours(model, tokenizer, with_cache):
    expected = model.chat(tokenizer, "hello hello hello", do_sample=False, max_new_tokens=12)
    cache = {"past_key_values": model.make_cache(200)} if with_cache else {}
    for _ in range(2):
        got = model.chat(
            tokenizer, "hello hello hello", do_sample=False, max_new_tokens=12, prompt_lookup_num_tokens=3, **cache
        )
        assert got == expected


def test_both_names_of_the_dtype_argument(tiny_checkpoint):
    for name in ("dtype", "torch_dtype"):
        model = load(tiny_checkpoint(), **{name: torch.bfloat16})
        assert model.dtype == torch.bfloat16


@pytest.mark.parametrize("bits", [0, 4])
def test_a_prefix_trains_without_a_padded_batch(tiny_checkpoint, bits):
    # Nothing but keys and values depends on the prefix in the first layer.
    folder = tiny_checkpoint(bits=bits)
    model = load(folder, pre_seq_len=3).float().train()
    model(PROMPT, labels=PROMPT).loss.backward()
    grad = model.transformer.prefix_encoder.embedding.weight.grad.view(3, model.config.num_layers, 2, -1)
    assert (grad.abs().amax(dim=(0, 3)) > 0).all()
