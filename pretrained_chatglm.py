"""What all models share: how weights come in, are initialised, quantized and frozen. No forward passes."""

from typing import Any, Dict, List, Optional

from torch import nn
from transformers import PreTrainedModel

from .configuration_chatglm import RELEASE, ChatGLMConfig
from .quantization import QuantizedLinear, check_bits, quantize_children

# -------------------------------------------------------------------------------------------- releases of transformers

MISSING_FP32_MODULES_ARE_REFUSED = RELEASE >= (4, 50)


def add_loading_defaults(kwargs: Dict[str, Any]) -> None:
    """Makes from_pretrained() load in the dtype of the checkpoint and without a second copy in memory, as 5.x does."""
    if RELEASE >= (5, 0):
        return
    kwargs.setdefault("low_cpu_mem_usage", True)
    if RELEASE < (4, 56) and "dtype" in kwargs:
        kwargs["torch_dtype"] = kwargs.pop("dtype")
    if "dtype" not in kwargs and "torch_dtype" not in kwargs:
        kwargs["dtype" if RELEASE >= (4, 56) else "torch_dtype"] = "auto"


# ----------------------------------------------------------------------------------------------------------- the base


class ChatGLMPreTrainedModel(PreTrainedModel):
    """The base of all models."""

    config_class = ChatGLMConfig
    base_model_prefix = "transformer"
    supports_gradient_checkpointing = True
    _no_split_modules = ["GLMBlock"]
    _skip_keys_device_placement = ["past_key_values"]
    # Published files carry the rotary frequencies, which follow from the configuration.
    _keys_to_ignore_on_load_unexpected = [r"rotary_pos_emb\.inv_freq"]
    # Trained in fp32, whatever the dtype of the weights that it steers.
    _keep_in_fp32_modules: Optional[List[str]] = ["prefix_encoder"]
    _supports_sdpa = True
    _supports_cache_class = True  # 4.36 to 4.5x: lets a caller hand over a Cache, which forward() converts

    def __init__(self, config: ChatGLMConfig):
        super().__init__(config)
        if config.pre_seq_len is None and MISSING_FP32_MODULES_ARE_REFUSED:
            self._keep_in_fp32_modules = None

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: Any, *args: Any, **kwargs: Any) -> Any:
        """As in transformers, in every release in the dtype of the checkpoint and without a second copy in memory."""
        add_loading_defaults(kwargs)
        loaded = super().from_pretrained(pretrained_model_name_or_path, *args, **kwargs)
        body = (loaded[0] if isinstance(loaded, tuple) else loaded).get_body()
        body.freeze()  # 5.x makes every float trainable
        if body.config.pre_seq_len is not None:
            body.prefix_encoder.float()  # a new one takes the dtype of the checkpoint
        return loaded

    def _init_weights(self, module: nn.Module) -> None:
        weight, bias = getattr(module, "weight", None), getattr(module, "bias", None)
        if weight is None:
            return
        if isinstance(module, QuantizedLinear):  # integers come from a checkpoint or from quantize()
            nn.init.zeros_(weight)
            nn.init.ones_(module.weight_scale)
        elif isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(weight, std=0.02)
        else:  # a norm
            nn.init.ones_(weight)
        if bias is not None:
            nn.init.zeros_(bias)

    def gradient_checkpointing_enable(
        self, gradient_checkpointing_kwargs: Optional[Dict[str, Any]] = None, **kwargs: Any
    ) -> None:
        """Recomputes every block in the backward pass; `gradient_checkpointing_kwargs` go to torch's `checkpoint`."""
        body = self.get_body()
        body.checkpoint_kwargs = {"use_reentrant": False, **(gradient_checkpointing_kwargs or {})}
        body.gradient_checkpointing = True

    def gradient_checkpointing_disable(self) -> None:
        self.get_body().gradient_checkpointing = False

    def get_body(self) -> Any:
        """The `ChatGLMModel` inside, or this model itself where it is one."""
        return getattr(self, self.base_model_prefix, self)

    def get_input_embeddings(self) -> nn.Embedding:
        return self.get_body().embedding.word_embeddings

    def set_input_embeddings(self, value: nn.Embedding) -> None:
        self.get_body().embedding.word_embeddings = value

    def quantize(
        self, bits: int, empty_init: bool = False, device: Any = None, search_scale: bool = False, **kwargs: Any
    ) -> "ChatGLMPreTrainedModel":
        """Replaces the four linear layers of every block by INT8 or INT4 ones, on any device, layer by layer.

        Args:
            bits: 4 or 8.
            empty_init: leave the new weights uninitialised, to be loaded afterwards.
            device: where to quantize and leave the new weights; default: where they are.
            search_scale: search each row's scale for the least squared error instead of taking its largest weight.

        Returns:
            The model itself.

        Raises:
            ValueError: bits other than 4 or 8, or a model that is already quantized to other bits.
        """
        if kwargs:
            raise TypeError(f"quantize() got unexpected arguments {sorted(kwargs)}")
        check_bits(bits)
        present = self.config.quantization_bit
        if present and present != bits:
            raise ValueError(f"the model is already quantized to {present} bits, got bits={bits}")
        for block in () if present else self.get_body().encoder.layers:
            for parent in (block.self_attention, block.mlp):
                quantize_children(parent, bits, empty_init, device, search_scale)
        self.config.quantization_bit = bits
        return self
