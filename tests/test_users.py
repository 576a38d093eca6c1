"""Rough edges that someone who tried the package as a new user ran into."""

import pytest
import torch
from transformers import AutoModel, AutoTokenizer

PROMPT = torch.tensor([[5, 77, 310, 42, 9, 128, 64]])


@pytest.fixture(scope="module")
def model(tiny_checkpoint):
    return AutoModel.from_pretrained(tiny_checkpoint(bits=0, dtype="float32"), trust_remote_code=True).eval()


@pytest.fixture(scope="module")
def tokenizer(tiny_checkpoint):
    return AutoTokenizer.from_pretrained(tiny_checkpoint(bits=0, dtype="float32"), trust_remote_code=True)


@pytest.mark.parametrize(
    ("key", "value"), [("rope_ratio", -1), ("rotary_table_dtype", "fp16"), ("kv_cache_dtype", "int4"),
                       ("pre_seq_len", 0), ("seq_length", "32k"), ("tie_word_embeddings", True)]
)
def test_impossible_values_given_to_from_pretrained_are_named(tiny_checkpoint, key, value):
    # transformers sets these after the configuration has been made and checked.
    with pytest.raises(ValueError, match=key):
        AutoModel.from_pretrained(tiny_checkpoint(), trust_remote_code=True, **{key: value})
