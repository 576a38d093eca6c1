"""Configuration of ChatGLM2 models: the keys of the published `config.json`, checked."""

import math
from numbers import Real
from typing import Any, Dict, Iterable, Optional

import transformers
from transformers import GenerationConfig, PretrainedConfig

# What differs between releases of transformers stands in one block of each file, and asks this.
RELEASE = tuple(int(part) for part in transformers.__version__.split(".")[:2])
CACHE_NAME = "cache" if RELEASE >= (5, 24) else "past_key_values"  # of generate()'s argument, and in outputs

ROTARY_TABLE_DTYPES = ("float32", "float16", "bfloat16")
ROPE_RATIO_SCALES = ("positions", "base")

WHOLE_NUMBERS = (
    "num_layers",
    "padded_vocab_size",
    "hidden_size",
    "ffn_hidden_size",
    "kv_channels",
    "num_attention_heads",
    "multi_query_group_num",
    "seq_length",
    "prefill_slice_size",
)
SWITCHES = (
    "rmsnorm",
    "apply_residual_connection_post_layernorm",
    "post_layer_norm",
    "add_bias_linear",
    "add_qkv_bias",
    "multi_query_attention",
    "fp32_residual_connection",
    "static_decode",
    "prefix_projection",
)
# These may be null, as they always could: the library's own switch, and what changes no number.
OPTIONAL_SWITCHES = (
    "use_cache",
    "bias_dropout_fusion",
    "attention_softmax_in_fp32",
    "apply_query_key_layer_scaling",
)
# Standard names for what other keys say. They are written for libraries that read `to_dict()`, and follow from these.
DERIVED = {"num_key_value_heads": "multi_query_attention and multi_query_group_num", "head_dim": "kv_channels"}


class ChatGLMConfig(PretrainedConfig):
    """Geometry and switches of a ChatGLM2 model; the names are those of the published checkpoints.

    Args that need a word:
        ffn_hidden_size: width of the gate and of the up projection, which `dense_h_to_4h` computes in one product.
        kv_channels: channels of one attention head; the first half of them rotates.
        multi_query_attention, multi_query_group_num: key/value heads are shared by groups of query heads.
        num_key_value_heads, head_dim: standard names that saved files have besides; they must agree with the above.
        seq_length: the most tokens, prompt and answer together.
        rope_ratio: positional interpolation (Chen et al. 2023, arXiv:2306.15595): position / ratio is what counts.
        rope_ratio_scales: "positions", the rule of ChatGLM2; "base" multiplies the rotary base (ChatGLM3-6B-32K).
        rotary_table_dtype: "float32" is exact. "float16" and "bfloat16" reproduce the original package, which computed
            positions, frequencies and the table in the dtype of the checkpoint.
        quantization_bit: 0 for float weights, 4 or 8 for quantized ones.
        pre_seq_len, prefix_projection: P-Tuning v2, a trained prefix of that many positions for every layer.
        prefill_slice_size: tokens of a long prompt that run through the layers at a time.
        static_decode: gives decode steps fixed shapes, which a GPU replays as a CUDA graph; masks count as all ones
            behind the prompt, and the cache cannot grow.
        kv_cache_dtype: None keeps the dtype of the model; "int8" halves the cache at a small error (see README).
        activation_bits: 16, or 8: INT4 layers read prompts faster at a small error, on a CPU with AVX2 or AVX-512.
        bias_dropout_fusion, attention_softmax_in_fp32, apply_query_key_layer_scaling: kept for the published files;
            the first changes no number, softmax is always in fp32, and the layer scaling cancels out.

    Raises:
        ValueError: for a value that cannot be meant; the message names the key and the value.
    """

    model_type = "chatglm"
    _auto_class = "AutoConfig"  # save_pretrained() copies this file along; set by the loader from 4.31 on
    keys_to_ignore_at_inference = [CACHE_NAME]
    attribute_map = {
        "vocab_size": "padded_vocab_size",
        "num_hidden_layers": "num_layers",
        "intermediate_size": "ffn_hidden_size",
        "head_dim": "kv_channels",
        "max_position_embeddings": "seq_length",
        "rms_norm_eps": "layernorm_epsilon",
    }
    base_model_pp_plan = {
        "embedding": (["input_ids"], ["inputs_embeds"]),
        "encoder.layers": (["hidden_states", "attention_mask"], ["hidden_states"]),
        "encoder.final_layernorm": (["hidden_states"], ["hidden_states"]),
    }

    def __init__(
        self,
        num_layers: int = 28,
        padded_vocab_size: int = 65024,
        hidden_size: int = 4096,
        ffn_hidden_size: int = 13696,
        kv_channels: int = 128,
        num_attention_heads: int = 32,
        seq_length: int = 2048,
        hidden_dropout: float = 0.0,
        classifier_dropout: Optional[float] = None,
        attention_dropout: float = 0.0,
        layernorm_epsilon: float = 1e-5,
        rope_ratio: Optional[float] = 1,
        original_rope: Optional[bool] = True,
        rmsnorm: bool = True,
        apply_residual_connection_post_layernorm: bool = False,
        post_layer_norm: bool = True,
        add_bias_linear: bool = False,
        add_qkv_bias: bool = False,
        bias_dropout_fusion: bool = True,
        multi_query_attention: bool = False,
        multi_query_group_num: int = 1,
        apply_query_key_layer_scaling: bool = True,
        attention_softmax_in_fp32: bool = True,
        fp32_residual_connection: bool = False,
        quantization_bit: Optional[int] = 0,
        pre_seq_len: Optional[int] = None,
        prefix_projection: Optional[bool] = False,
        rope_ratio_scales: str = "positions",
        rotary_table_dtype: str = "float32",
        prefill_slice_size: int = 1024,
        static_decode: bool = False,
        kv_cache_dtype: Optional[str] = None,
        activation_bits: int = 16,
        use_cache: bool = True,
        tie_word_embeddings: Optional[bool] = False,
        **kwargs: Any,
    ):
        derived = {key: kwargs.pop(key) for key in DERIVED if kwargs.get(key) is not None}
        unknown_flags = [key for key, value in kwargs.items() if value is True and not _is_library_setting(key)]
        self.num_layers = num_layers
        self.padded_vocab_size = kwargs.pop("vocab_size", padded_vocab_size)
        self.hidden_size = hidden_size
        self.ffn_hidden_size = ffn_hidden_size
        self.kv_channels = kv_channels
        self.num_attention_heads = num_attention_heads
        self.seq_length = seq_length
        self.hidden_dropout = hidden_dropout
        self.classifier_dropout = classifier_dropout
        self.attention_dropout = attention_dropout
        self.layernorm_epsilon = layernorm_epsilon
        self.rope_ratio = 1 if rope_ratio is None else rope_ratio
        self.original_rope = original_rope
        self.rmsnorm = rmsnorm
        self.apply_residual_connection_post_layernorm = apply_residual_connection_post_layernorm
        self.post_layer_norm = post_layer_norm
        self.add_bias_linear = add_bias_linear
        self.add_qkv_bias = add_qkv_bias
        self.bias_dropout_fusion = bias_dropout_fusion
        self.multi_query_attention = multi_query_attention
        self.multi_query_group_num = multi_query_group_num
        self.apply_query_key_layer_scaling = apply_query_key_layer_scaling
        self.attention_softmax_in_fp32 = attention_softmax_in_fp32
        self.fp32_residual_connection = fp32_residual_connection
        self.quantization_bit = 0 if quantization_bit in (None, 0) else quantization_bit
        self.pre_seq_len = pre_seq_len
        self.prefix_projection = False if prefix_projection is None else prefix_projection
        self.rope_ratio_scales = rope_ratio_scales
        self.rotary_table_dtype = rotary_table_dtype
        self.prefill_slice_size = prefill_slice_size
        self.static_decode = static_decode
        self.kv_cache_dtype = kv_cache_dtype
        self.activation_bits = activation_bits
        self.use_cache = use_cache
        tie_word_embeddings = False if tie_word_embeddings is None else tie_word_embeddings
        self.check(unknown_flags, tie_word_embeddings)
        for key, value in derived.items():
            self._require_agreement(key, value)
        super().__init__(tie_word_embeddings=tie_word_embeddings, **kwargs)
        self.check()  # `kwargs` may hold standard names (`num_hidden_layers`), which the base class has set by now

    @property
    def num_key_value_heads(self) -> int:
        """Key/value heads: one per group with multi-query attention, one per query head without."""
        return self.multi_query_group_num if self.multi_query_attention else self.num_attention_heads

    @num_key_value_heads.setter
    def num_key_value_heads(self, value: int) -> None:
        self._require_agreement("num_key_value_heads", value)

    def _require_agreement(self, key: str, value: Any) -> None:
        """Raises ValueError where a standard name contradicts the keys that it follows from."""
        if value != getattr(self, key):
            raise ValueError(
                f"{key}={value!r} in the configuration: needs {getattr(self, key)!r}, which follows from "
                f"{DERIVED[key]}; change those, or leave {key} out"
            )

    def to_dict(self) -> Dict[str, Any]:
        """The configuration as a dictionary, with the standard names that follow from other keys."""
        return {**super().to_dict(), **{key: getattr(self, key) for key in DERIVED}}

    def check(self, unknown_flags: Iterable[str] = (), tie_word_embeddings: Optional[bool] = None) -> None:
        """Raises ValueError for a value that cannot be meant, of a wrong type for example.

        Models call it too: `from_pretrained(..., key=value)` sets attributes after `__init__`.
        """
        if tie_word_embeddings is None:
            tie_word_embeddings = self.tie_word_embeddings

        def require(condition: bool, key: str, wanted: str, value: Any = None) -> None:
            if not condition:
                raise ValueError(f"{key}={getattr(self, key, value)!r} in the configuration: {wanted}")

        for key in WHOLE_NUMBERS:
            require(_is_whole_number(getattr(self, key)), key, "needs a whole number > 0")
        for key in SWITCHES:
            require(getattr(self, key) in (True, False), key, "needs true or false")
        for key in OPTIONAL_SWITCHES:
            require(getattr(self, key) in (True, False, None), key, "needs true, false or null")
        for key in ("hidden_dropout", "attention_dropout"):
            value = getattr(self, key)
            require(value is False or (_is_number(value) and 0 <= value < 1), key, "needs a probability in [0, 1)")
        dropout = self.classifier_dropout
        require(
            dropout is None or dropout is False or (_is_number(dropout) and 0 <= dropout <= 1),
            "classifier_dropout",
            "needs a probability in [0, 1], or null",
        )
        for key in ("rope_ratio", "layernorm_epsilon"):
            value = getattr(self, key)
            require(_is_number(value) and value > 0, key, "needs a number > 0")
        require(
            self.num_attention_heads % self.num_key_value_heads == 0,
            "multi_query_group_num",
            f"must divide num_attention_heads={self.num_attention_heads}",
        )
        require(self.kv_channels % 4 == 0, "kv_channels", "half of them rotate in pairs: needs a multiple of 4")
        bits = self.quantization_bit
        require(type(bits) is int and bits in (0, 4, 8), "quantization_bit", "needs 0 (not quantized), 4 or 8")
        length = self.pre_seq_len
        require(length is None or _is_whole_number(length), "pre_seq_len", "needs a whole number > 0, or null")
        for key, names in (("rope_ratio_scales", ROPE_RATIO_SCALES), ("rotary_table_dtype", ROTARY_TABLE_DTYPES)):
            require(getattr(self, key) in names, key, f"needs one of {names}")
        require(self.kv_cache_dtype in (None, "int8"), "kv_cache_dtype", "needs null (as the model) or 'int8'")
        bits = self.activation_bits
        require(type(bits) is int and bits in (8, 16), "activation_bits", "needs 16, or 8 for faster prompts on a CPU")
        require(self.original_rope in (True, None), "original_rope", "only the interleaved rotation (true) exists")
        tied = tie_word_embeddings
        require(not tied, "tie_word_embeddings", "the output layer has weights of its own", tied)
        for key in unknown_flags:
            require(False, key, "this model knows no such switch, so it cannot honour it", True)


def _is_whole_number(value: Any) -> bool:
    """Whether it is an int > 0, and no bool (which Python counts as an int)."""
    return type(value) is int and value > 0


def _is_number(value: Any) -> bool:
    """Whether it is a finite real number, of numpy perhaps, and no bool."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def _is_library_setting(key: str) -> bool:
    """Whether transformers itself knows a key (as a configuration or a generation setting of some release)."""
    # The last names left the configuration class in 5.0; older saved files may still set them.
    legacy = (
        "torchscript",
        "use_bfloat16",
        "is_decoder",
        "add_cross_attention",
        "tie_encoder_decoder",
        "trust_remote_code",
        "output_attentions",
        "output_scores",
        "return_dict_in_generate",
        "remove_invalid_values",
    )
    return key.startswith("_") or key in legacy or hasattr(PretrainedConfig(), key) or hasattr(GenerationConfig(), key)
