"""The package as the tests of transformers want to see it: its classes, registered, and small random inputs.

The classes come from the loader of transformers, as remote code of the folder that CHATGLM_PEERS_CHECKPOINT names.
"""

import os
from typing import Any, Dict, Tuple

import torch
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
)
from transformers.dynamic_module_utils import get_class_from_dynamic_module
from transformers.models.auto import modeling_auto

FOLDER = os.environ["CHATGLM_PEERS_CHECKPOINT"]
MODEL_TYPE = "chatglm"


def remote_class(name: str) -> Any:
    return get_class_from_dynamic_module(name, FOLDER)


ChatGLMConfig = remote_class("configuration_chatglm.ChatGLMConfig")
ChatGLMTokenizer = remote_class("tokenization_chatglm.ChatGLMTokenizer")
ChatGLMModel = remote_class("modeling_chatglm.ChatGLMModel")
ChatGLMForConditionalGeneration = remote_class("modeling_chatglm.ChatGLMForConditionalGeneration")
ChatGLMForSequenceClassification = remote_class("modeling_chatglm.ChatGLMForSequenceClassification")
MODELS = (ChatGLMModel, ChatGLMForConditionalGeneration, ChatGLMForSequenceClassification)


def register() -> None:
    """Enters the classes where the tests look up what a class is for, and where Auto classes find them by config.

    Many tests pass over a class whose name stands in no table: without this they would pass and test nothing.
    """
    AutoConfig.register(MODEL_TYPE, ChatGLMConfig)
    AutoTokenizer.register(ChatGLMConfig, slow_tokenizer_class=ChatGLMTokenizer)
    for auto, table, model_class in (
        (AutoModel, modeling_auto.MODEL_MAPPING_NAMES, ChatGLMModel),
        (
            AutoModelForCausalLM,
            modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
            ChatGLMForConditionalGeneration,
        ),
        (
            AutoModelForSequenceClassification,
            modeling_auto.MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES,
            ChatGLMForSequenceClassification,
        ),
    ):
        auto.register(ChatGLMConfig, model_class)
        table[MODEL_TYPE] = model_class.__name__


register()


class ModelTester:
    """A tiny model and inputs for it, with the names under which the tests ask for their sizes."""

    batch_size = 3
    seq_length = encoder_seq_length = key_length = 7
    num_hidden_layers = 2
    hidden_size = 32
    num_attention_heads = 4
    vocab_size = 99
    num_labels = 3
    pad_token_id = 0

    def __init__(self, parent: Any, is_training: bool = True) -> None:
        self.parent = parent
        self.is_training = is_training

    def get_config(self) -> Any:
        return ChatGLMConfig(
            num_layers=self.num_hidden_layers,
            padded_vocab_size=self.vocab_size,
            hidden_size=self.hidden_size,
            ffn_hidden_size=40,
            kv_channels=8,
            num_attention_heads=self.num_attention_heads,
            multi_query_attention=True,
            multi_query_group_num=2,
            add_qkv_bias=True,
            seq_length=128,
            num_labels=self.num_labels,
            bos_token_id=1,
            eos_token_id=2,
            pad_token_id=self.pad_token_id,
        )

    def prepare_config_and_inputs_for_common(self) -> Tuple[Any, Dict[str, torch.Tensor]]:
        """A configuration; ids and mask of [batch_size, seq_length], without special tokens."""
        shape = (self.batch_size, self.seq_length)
        ids = torch.randint(3, self.vocab_size, shape)
        return self.get_config(), {"input_ids": ids, "attention_mask": torch.ones(shape, dtype=torch.long)}
