"""ChatGLMConfig: published files load, standard names work, impossible values are named."""

import json

import pytest
from conftest import ROOT
from transformers import AutoConfig


@pytest.fixture(scope="module")
def config_class(package):
    return package("configuration_chatglm").ChatGLMConfig


def test_shipped_config_is_the_published_one(config_class):
    config = config_class.from_pretrained(ROOT)
    assert (config.num_layers, config.hidden_size, config.quantization_bit, config.rope_ratio) == (28, 4096, 4, 16)
    assert (config.eos_token_id, config.pad_token_id, config.tie_word_embeddings) == (2, 0, False)
    assert set(json.loads((ROOT / "config.json").read_text(encoding="utf-8"))["auto_map"]) == {
        "AutoConfig",
        "AutoModel",
        "AutoModelForCausalLM",
        "AutoModelForSeq2SeqLM",
        "AutoModelForSequenceClassification",
    }


def test_standard_names(config_class):
    config = config_class(multi_query_attention=True, multi_query_group_num=2)
    assert (config.num_hidden_layers, config.num_key_value_heads, config.head_dim) == (28, 2, 128)
    assert (config.vocab_size, config.intermediate_size, config.max_position_embeddings) == (65024, 13696, 2048)
    assert config_class().num_key_value_heads == 32
    config.vocab_size = 70000
    assert config.padded_vocab_size == 70000


def test_keys_that_a_sibling_lacks_take_their_defaults(config_class):
    config = config_class(num_layers=2, hidden_size=64)
    assert (config.rope_ratio, config.quantization_bit, config.pre_seq_len) == (1, 0, None)
    assert config_class(rope_ratio=None, quantization_bit=None).rope_ratio == 1
    assert (
        config.tie_word_embeddings is False
    )  # older releases default to tying, which would overwrite the output layer


def test_save_and_load(config_class, tmp_path, tiny_checkpoint):
    config = AutoConfig.from_pretrained(tiny_checkpoint(), trust_remote_code=True)
    config.save_pretrained(tmp_path)
    again = AutoConfig.from_pretrained(tmp_path, trust_remote_code=True)
    assert again.to_diff_dict() == config.to_diff_dict() and again.num_layers == 2


@pytest.mark.parametrize(
    "key,value",
    [
        ("multi_query_group_num", 5),
        ("kv_channels", 6),
        ("rope_ratio", -1),
        ("rope_ratio", 0),
        ("rope_ratio", "16"),
        ("quantization_bit", 3),
        ("quantization_bit", 16),
        ("num_layers", 0),
        ("num_layers", 2.5),
        ("hidden_size", -4),
        ("rmsnorm", "yes"),
        ("hidden_dropout", 1.5),
        ("pre_seq_len", 0),
        ("rotary_table_dtype", "float8"),
        ("kv_cache_dtype", "int4"),
        ("rope_ratio_scales", "both"),
        ("original_rope", False),
        ("tie_word_embeddings", True),
        ("use_mixture_of_experts", True),
        ("prefill_slice_size", 0),
        ("layernorm_epsilon", -1e-5),
        ("padded_vocab_size", None),
    ],
)
def test_impossible_values_are_named(config_class, key, value):
    with pytest.raises(ValueError) as error:
        config_class(multi_query_attention=True, **{"multi_query_group_num": 2, key: value})
    assert key in str(error.value) and (repr(value) in str(error.value))


def test_unknown_keys_that_switch_nothing_on_are_kept(config_class):
    config = config_class(my_note="hello", some_flag=False, do_sample=True, torchscript=True)
    assert config.my_note == "hello"
