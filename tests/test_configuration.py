"""ChatGLMConfig: published files load, standard names work, impossible values are named."""

import copy
import json

import pytest
from conftest import ROOT
from transformers import AutoConfig

NAMES_OF_A_FOLDER = ("_name_or_path", "architectures")  # what loading from a folder, in any release, writes itself


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
    differ = {key for key, value in again.to_diff_dict().items() if value != config.to_diff_dict().get(key)}
    assert differ <= set(NAMES_OF_A_FOLDER) and again.num_layers == 2


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
        ("activation_bits", 4),
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


@pytest.mark.parametrize(
    "key,value",
    [
        ("layernorm_epsilon", "1e-5"),
        ("layernorm_epsilon", True),
        ("layernorm_epsilon", None),
        ("hidden_dropout", "0.1"),
        ("hidden_dropout", None),
        ("attention_dropout", [0.1]),
        ("attention_dropout", True),
        ("classifier_dropout", "0.1"),
        ("classifier_dropout", 2),
        ("rope_ratio", True),
        ("rope_ratio", float("inf")),
        ("num_layers", "2"),
        ("num_layers", True),
        ("num_layers", 2.0),
        ("seq_length", "2048"),
        ("seq_length", None),
        ("quantization_bit", 4.0),
        ("quantization_bit", "4"),
        ("quantization_bit", ""),
        ("quantization_bit", [4]),
        ("pre_seq_len", "128"),
        ("pre_seq_len", True),
        ("prefix_projection", "false"),
        ("use_cache", "false"),
        ("bias_dropout_fusion", "false"),
        ("attention_softmax_in_fp32", "true"),
        ("apply_query_key_layer_scaling", 2),
        ("multi_query_attention", "true"),
        ("static_decode", "no"),
        ("rotary_table_dtype", 32),
        ("rope_ratio_scales", ["positions"]),
        ("kv_cache_dtype", True),
        ("activation_bits", "8"),
        ("original_rope", "true"),
        ("tie_word_embeddings", "false"),
        ("vocab_size", "65024"),
        ("num_hidden_layers", "28"),
        ("rms_norm_eps", "1e-5"),
    ],
)
def test_values_of_a_wrong_type_are_named_with_what_would_be_right(config_class, key, value):
    """A hand-written config, or one from YAML, has "1e-5" for a number or "false" (which is true) for a switch."""
    with pytest.raises(ValueError, match="needs|only|weights of its own") as error:
        config_class(**{key: value})
    name = config_class.attribute_map.get(key, key)
    assert name in str(error.value) and repr(value) in str(error.value)


@pytest.mark.parametrize(
    "key,value,kept",
    [
        ("hidden_dropout", 0, 0),
        ("hidden_dropout", False, 0),
        ("classifier_dropout", None, None),
        ("classifier_dropout", 0.1, 0.1),
        ("rope_ratio", 16, 16),
        ("rope_ratio", 1.5, 1.5),
        ("quantization_bit", False, 0),
        ("quantization_bit", None, 0),
        ("rmsnorm", 1, True),
        ("prefix_projection", None, False),
        ("prefix_projection", 1, True),
        ("use_cache", None, None),
        ("bias_dropout_fusion", None, None),
        ("tie_word_embeddings", None, False),
        ("torch_dtype", "float16", None),
        ("eos_token_id", [2, 64795], [2, 64795]),
    ],
)
def test_values_that_always_loaded_keep_loading(config_class, key, value, kept):
    config = config_class(**{key: value})
    config.check()
    if kept is not None:
        assert getattr(config, key) == kept


def test_standard_names_are_written_for_libraries_that_read_dictionaries(config_class, tmp_path):
    """PEFT sizes a prefix by `config.to_dict()`: without these keys by the query heads, and silently wrong."""
    config = config_class(num_layers=2, kv_channels=8, multi_query_attention=True, multi_query_group_num=2)
    assert (config.to_dict()["num_key_value_heads"], config.to_dict()["head_dim"]) == (2, 8)
    assert config_class(num_attention_heads=4).to_dict()["num_key_value_heads"] == 4
    config.save_pretrained(tmp_path)
    written = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    assert (written["num_key_value_heads"], written["head_dim"]) == (2, 8)
    for again in (config_class.from_pretrained(tmp_path), config_class(**written), copy.deepcopy(config)):
        assert again.to_dict() == {**config.to_dict(), **{key: again.to_dict()[key] for key in NAMES_OF_A_FOLDER}}
        assert not {"num_key_value_heads", "head_dim"} & set(vars(again)), "they follow from the keys of ChatGLM2"
    config.multi_query_group_num, config.kv_channels = 4, 16
    assert (config.to_dict()["num_key_value_heads"], config.to_dict()["head_dim"]) == (4, 16)


@pytest.mark.parametrize(
    "keys",
    [
        {"num_key_value_heads": 4},
        {"num_key_value_heads": "2"},
        {"num_key_value_heads": 2, "multi_query_attention": False},
        {"head_dim": 64},
        {"head_dim": "128"},
    ],
)
def test_standard_names_that_contradict_are_refused(config_class, tmp_path, keys):
    """Else half of the libraries would read one number and the model the other."""
    agreeing = {"multi_query_attention": True, "multi_query_group_num": 2, "kv_channels": 128}
    config_class(**agreeing, num_key_value_heads=2, head_dim=128)
    (tmp_path / "config.json").write_text(json.dumps({**agreeing, **keys, "model_type": "chatglm"}))
    for load in (lambda: config_class(**{**agreeing, **keys}), lambda: config_class.from_pretrained(tmp_path)):
        with pytest.raises(ValueError) as error:
            load()
        (key,) = keys.keys() - agreeing.keys()
        other = "kv_channels" if key == "head_dim" else "multi_query_group_num"
        assert f"{key}={keys[key]!r}" in str(error.value) and other in str(error.value)


def test_standard_names_can_be_set_where_they_mean_something(config_class):
    config = config_class(multi_query_attention=True, multi_query_group_num=2)
    config.num_key_value_heads = 2
    config.head_dim = 64
    assert config.kv_channels == 64
    with pytest.raises(ValueError, match="multi_query_group_num"):
        config.num_key_value_heads = 4


def test_unknown_keys_that_switch_nothing_on_are_kept(config_class):
    config = config_class(my_note="hello", some_flag=False, do_sample=True, torchscript=True)
    assert config.my_note == "hello"
