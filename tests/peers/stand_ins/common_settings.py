"""Stands in for tests/utils/test_configuration_utils.py, which the source package of transformers does not hold.

Settings of every configuration, each with a value other than its default.
"""

config_common_kwargs = {
    "return_dict": False,
    "output_hidden_states": True,
    "output_attentions": True,
    "dtype": "float16",
    "chunk_size_feed_forward": 7,
    "architectures": ["SomeModel"],
    "id2label": {0: "no", 1: "yes", 2: "perhaps"},
    "label2id": {"no": 0, "yes": 1, "perhaps": 2},
    "problem_type": "multi_label_classification",
    "tokenizer_class": "SomeTokenizer",
    "bos_token_id": 4,
    "pad_token_id": 5,
    "eos_token_id": 6,
    "sep_token_id": 8,
    "tie_word_embeddings": False,
}
