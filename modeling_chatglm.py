"""ChatGLM2: a GLM transformer with multi-query attention and interpolated rotary positions. Tensors in, tensors out.

Shape letters: b batch, s new tokens, t all tokens in the cache, g key/value heads, d their channels.
"""

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple, Union

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint
from transformers import GenerationMixin
from transformers.modeling_outputs import (
    BaseModelOutputWithPast,
    CausalLMOutputWithPast,
    SequenceClassifierOutputWithPast,
)

# The loader of 4.30.2 copies the files that this one names, and no others: so every file of the package stands here.
from .attention_chatglm import attention  # noqa: F401
from .cache_chatglm import (
    ForeignCache,
    KVCache,
    StaticKVCache,
    adopt_cache,
    cache_class,
    execution_device,
    left_padding,
    next_positions,
    packed_mask,
    takes_captured_step,
    visible_mask,
)
from .cache_files import SavedCaches
from .configuration_chatglm import CACHE_NAME, ChatGLMConfig
from .cpu_kernels import is_tracing
from .cpu_library import library  # noqa: F401
from .cpu_steps import native_step
from .cuda_kernels import CudaKernels  # noqa: F401
from .generation_chatglm import ChatGLMGeneration
from .kernel_sources import CPU_SOURCE  # noqa: F401
from .layers_chatglm import (  # noqa: F401 - for scripts
    MLP,
    Context,
    Embedding,
    GLMBlock,
    GLMTransformer,
    KeyValue,
    PrefixEncoder,
    RMSNorm,
    SelfAttention,
    rotary_cos_sin,
)
from .pretrained_chatglm import ChatGLMPreTrainedModel
from .quantization import DenseLinear, QuantizedLinear, prepare_layers, with_all_operations
from .sampling_chatglm import InvalidScoreLogitsProcessor  # noqa: F401 - for scripts

# What TRL and transformers' collators pass for texts packed into one row.
PACKING = ("cu_seq_lens_q", "cu_seq_lens_k", "max_length_q", "max_length_k", "seq_idx")


# -------------------------------------------------------------------------------------------------------------- models


def chosen(given: Optional[bool], default: bool) -> bool:
    return default if given is None else given


def given_cache(past_key_values: Any, cache: Any) -> Any:
    """The one of both names of an argument that was used: from transformers 5.24 on it is called `cache`."""
    if past_key_values is not None and cache is not None:
        raise ValueError("`cache` and `past_key_values` are two names of one argument: give one of them")
    return past_key_values if cache is None else cache


def refuse_unknown(arguments: Dict[str, Any], position_ids: Optional[Tensor]) -> None:
    """Raises TypeError for arguments that mean nothing here, which a trainer's borders do with `position_ids` only."""
    unknown = sorted(name for name in arguments if name not in PACKING or position_ids is None)
    if unknown:
        packing = set(unknown) <= set(PACKING)
        advice = ": say where texts begin by position_ids that start again at 0" if packing else ""
        raise TypeError(f"forward() got unexpected arguments {unknown}{advice}")


@dataclass
class Call:
    """One call of `ChatGLMModel.forward`: its arguments, and what each of its steps finds out for the next."""

    tokens: Tensor  # ids [b, s], or their embeddings [b, s, hidden]
    position_ids: Any  # [b, s] once planned, and None before where none are given
    attention_mask: Optional[Tensor]
    past_key_values: Any  # a KVCache or None once checked
    last_token_only: bool
    use_cache: bool
    hidden_states: Optional[Tuple[Tensor, ...]]  # () where they are asked for, then one by one
    attentions: Optional[Tuple[Optional[Tensor], ...]]
    progress: Optional[Callable[[str, int, int], Any]]
    slice_size: int = 0  # tokens that run through the blocks at a time
    first_slice: Any = None  # [b, slice_size, hidden]
    cache: Optional[KVCache] = None  # written to
    prefix: Optional[List[KeyValue]] = None  # trained, not in the cache
    mask: Optional[Tensor] = None  # ready-made
    padding: Optional[Tensor] = None  # [b, t]
    last_hidden: Any = None  # [b, s or slice, hidden], before the final norm


class ChatGLMModel(ChatGLMPreTrainedModel):
    """Embedding, blocks and final norm. The output layer belongs to it by name only; `forward` does not use it."""

    def __init__(self, config: ChatGLMConfig, device: Any = None, empty_init: bool = True):
        config.check()
        super().__init__(config)
        self.embedding = Embedding(config)
        self.encoder = GLMTransformer(config)
        self.output_layer = DenseLinear(config.hidden_size, config.padded_vocab_size, bias=False)
        self.gradient_checkpointing = False
        self.checkpoint_kwargs: Dict[str, Any] = {"use_reentrant": False}
        self.checkpoint_every, self.checkpoint_offload = 1, False
        self.settled, self.activation_bits = False, 16
        if config.pre_seq_len is not None:
            self.prefix_encoder = PrefixEncoder(config)
        self.freeze()
        self.post_init()
        if device is not None:
            self.to(device)

    def freeze(self) -> None:
        """Leaves trainable what can be trained: with a prefix only that, without one all but the quantized layers."""
        for name, module in self.named_modules():
            frozen = isinstance(module, QuantizedLinear)
            frozen = frozen or (self.config.pre_seq_len is not None and not name.startswith("prefix_encoder"))
            for parameter in module.parameters(recurse=False) if frozen else ():
                parameter.requires_grad = False

    def get_prompt(self, batch_size: int, device: Any = None, dtype: Optional[torch.dtype] = None) -> List[KeyValue]:
        """The trained prefix of every layer: (key, value), each [batch_size, pre_seq_len, g, d]."""
        config = self.config
        ids = torch.arange(config.pre_seq_len, device=device or execution_device(self.prefix_encoder.embedding))[None]
        prompt = self.prefix_encoder(ids.expand(batch_size, -1))
        prompt = prompt.view(batch_size, config.pre_seq_len, config.num_layers * 2, config.num_key_value_heads, -1)
        prompt = F.dropout(prompt.to(dtype or prompt.dtype), 0.1, self.training)
        layers = prompt.unbind(2)
        return list(zip(layers[0::2], layers[1::2]))

    def forward(
        self,
        input_ids: Optional[Tensor] = None,
        position_ids: Optional[Tensor] = None,
        attention_mask: Optional[Tensor] = None,
        full_attention_mask: Optional[Tensor] = None,
        past_key_values: Optional[Union[KVCache, Sequence]] = None,
        inputs_embeds: Optional[Tensor] = None,
        use_cache: Optional[bool] = None,
        output_hidden_states: Optional[bool] = None,
        output_attentions: Optional[bool] = None,
        return_dict: Optional[bool] = None,
        last_token_only: bool = False,
        progress: Optional[Callable[[str, int, int], Any]] = None,
        cache: Optional[Union[KVCache, Sequence]] = None,
        **packing: Any,
    ) -> Union[Tuple, BaseModelOutputWithPast]:
        """Runs the new tokens through the blocks.

        Args:
            input_ids: [b, s], or `inputs_embeds` [b, s, hidden] in their place.
            position_ids: [b, s]; default: counted over the ones of `attention_mask`, continuing after the cache.
            attention_mask: [b, t], 1 for real tokens and 0 for padding, cached tokens included; or ready-made,
                [b, 1, s, t], bool (True = may be seen) or additive.
            full_attention_mask: bool [b, 1, s, t], True = hidden (the package's older argument).
            past_key_values, cache: a cache to continue, by one of both names; written in place.
            last_token_only: return only the last position, which lets a long prompt run in slices.
            progress: called before every layer of every slice, and at the end, as progress("reading", done, total),
                tokens of each row. It may raise: then the cache holds the slices that are finished.
            packing: what trainers say of several texts in one row beside `position_ids`, which are read instead.

        Returns:
            last_hidden_state [b, s or 1, hidden] after the final norm; hidden_states (on request), the embeddings and
            the output of every block, each [b, s, hidden], before the final norm; attentions [b, h, s, t].

        Raises:
            ValueError: both or neither of input_ids and inputs_embeds, or both names of a cache; shapes that do not
                fit; more tokens than seq_length.
        """
        refuse_unknown(packing, position_ids)
        past_key_values = given_cache(past_key_values, cache)
        tokens = inputs_embeds if input_ids is None else input_ids
        if tokens is None or (input_ids is not None and inputs_embeds is not None):
            raise ValueError("give either input_ids or inputs_embeds")
        config = self.config
        # Training recomputes blocks at times, which would write their keys a second time.
        use_cache = chosen(use_cache, config.use_cache and not self.training)
        call = Call(
            tokens,
            position_ids,
            attention_mask if full_attention_mask is None else ~full_attention_mask.bool(),
            past_key_values,
            last_token_only,
            use_cache and not (self.gradient_checkpointing and self.training),
            () if chosen(output_hidden_states, config.output_hidden_states) else None,
            () if chosen(output_attentions, config.output_attentions) else None,
            progress,
        )
        self._check(call, input_ids is not None)
        given = call.past_key_values
        with nullcontext() if given is None or is_tracing() else given.used_by("a forward pass", nested=True):
            self._plan(call)
            self._run(call)
        output = self._finish(call)
        return output if chosen(return_dict, config.return_dict) else output.to_tuple()

    def _check(self, call: Call, ids: bool) -> None:
        """Refuses tokens and caches that cannot be meant, before anything is computed or written."""
        config, tokens, name = self.config, call.tokens, "input_ids" if ids else "inputs_embeds"
        if ids == tokens.is_floating_point() or tokens.dtype == torch.bool:
            raise TypeError(f"{name} must be {'integers' if ids else 'floats'}, got {tokens.dtype}")
        shape = "[batch, seq]" if ids else f"[batch, seq, {config.hidden_size}]"
        if tokens.dim() != (2 if ids else 3) or not (ids or tokens.shape[2] == config.hidden_size):
            cure = ": add the batch, `input_ids[None]`" if ids and tokens.dim() == 1 else ""
            raise ValueError(f"{name} must be {shape}, got {list(tokens.shape)}{cure}")
        if tokens.shape[1] == 0:
            raise ValueError("the input is empty: at least one token is needed")
        if not (call.progress is None or callable(call.progress)):
            raise TypeError(f"progress must be a function of (stage, done, total), got {call.progress!r}")
        past = call.past_key_values
        if past is not None:
            call.past_key_values = past = adopt_cache(past, config.num_layers, config.kv_cache_dtype)
            if past.num_layers not in (0, config.num_layers):
                raise ValueError(f"past_key_values has {past.num_layers} layers, the model {config.num_layers}")
            heads = (config.num_key_value_heads, config.kv_channels)
            if past.token_shape() not in (None, heads):
                raise ValueError(
                    f"past_key_values is of another model: a token has {past.token_shape()} heads and channels there, "
                    f"{heads} in this model"
                )
        held = 0 if past is None else max(0, past.length - (config.pre_seq_len or 0))
        total = held + tokens.shape[1]
        if total > config.seq_length:
            raise ValueError(f"{total} tokens are more than the model takes (seq_length={config.seq_length})")

    def _plan(self, call: Call) -> None:
        """Cache, positions, masks, and how many tokens run at a time."""
        s, config = call.tokens.shape[1], self.config
        every_position = not call.last_token_only or call.hidden_states is not None or call.attentions is not None
        call.slice_size = s if every_position or torch.is_grad_enabled() else config.prefill_slice_size
        x = self._embed(call.tokens[:, : call.slice_size])
        prepare_layers(self, x)
        self._prepare_cache(call, x)
        cache, prefix_length = call.cache, config.pre_seq_len or 0
        past = max(0, cache.length - prefix_length) if cache is not None else 0
        if isinstance(cache, StaticKVCache) and cache.takes_static_step(s):
            call.position_ids, call.mask = cache.static_step()
        else:
            self._plan_positions(call, past, x.device)
            self._plan_masks(call, past + s, prefix_length)
        if call.slice_size < s and (cache is None or call.mask is not None):
            call.slice_size, x = s, self._embed(call.tokens)
        call.first_slice = x

    def _plan_positions(self, call: Call, past: int, device: torch.device) -> None:
        b, s = call.tokens.shape[:2]
        given = call.position_ids
        if given is None:
            call.position_ids = next_positions(call.attention_mask, past, b, s, device)
        elif given.shape[-1] != s:
            raise ValueError(f"position_ids must be [batch, {s}], got {list(given.shape)}")
        else:
            call.position_ids = given.view(-1, s).expand(b, s).to(device)
            if s > 1 and past == 0 and call.attention_mask is None and not is_tracing():
                mask = packed_mask(call.position_ids)
                call.mask = None if mask is None else F.pad(mask, (self.config.pre_seq_len or 0, 0), value=True)

    def _plan_masks(self, call: Call, tokens: int, prefix_length: int) -> None:
        """Sets a ready mask [b, 1, s, t], or the padding [b, t]; neither where only causality matters."""
        (b, s), total, attention_mask = call.tokens.shape[:2], prefix_length + tokens, call.attention_mask
        if attention_mask is None or (call.cache is not None and call.cache.unpadded):
            return
        if attention_mask.dim() not in (2, 4) or attention_mask.shape[-1] not in (tokens, total):
            raise ValueError(
                f"attention_mask must be [{b}, {tokens}] (cached tokens included) or "
                f"[{b}, 1, {s}, {tokens}], got {list(attention_mask.shape)}"
            )
        if attention_mask.shape[-1] != total:  # the trained prefix is always visible
            visible = 0.0 if attention_mask.is_floating_point() and attention_mask.dim() == 4 else 1
            attention_mask = F.pad(attention_mask, (prefix_length, 0), value=visible)
        if attention_mask.dim() == 4:
            call.mask = attention_mask
        # Reading the mask makes a GPU wait, so there it is read for whole prompts only.
        elif is_tracing() or not ((s > 1 or attention_mask.device.type == "cpu") and bool(attention_mask.all())):
            call.padding = attention_mask

    def _run(self, call: Call) -> None:
        """Embeds slice after slice and runs each through all blocks."""
        tokens, size, cache = call.tokens, call.slice_size, call.cache
        static = cache is not None and cache.takes_static_step(tokens.shape[1])
        if isinstance(cache, StaticKVCache) and not static:
            cache.position = None  # a slice of a prompt may be one token, and is no step
        # A traced length is no range: it would become that of the example.
        for start in (0,) if size >= tokens.shape[1] else range(0, tokens.shape[1], size):
            x = self._embed(tokens[:, start : start + size]) if start else call.first_slice
            total = x.shape[1] + ((self.config.pre_seq_len or 0) if cache is None or call.prefix else cache.length)
            cos, sin = rotary_cos_sin(call.position_ids[:, start : start + size], self.config)
            context = Context(cos[:, :, None], sin[:, :, None], call.mask, None, cache, call.prefix)
            context.output_attentions = call.attentions is not None
            if call.padding is not None:
                context.mask = visible_mask(call.padding[:, :total], x.shape[1], total, x.device)
                context.starts = left_padding(call.padding) if x.shape[1] == 1 and not is_tracing() else None
            call.last_hidden = self._run_blocks(x, context, call, start)
        if isinstance(cache, StaticKVCache) and not static:
            padding = None if call.padding is None else call.padding[:, self.config.pre_seq_len or 0 :]
            cache.begin_static_steps(call.last_hidden, padding)
        if call.progress is not None:
            call.progress("reading", tokens.shape[1], tokens.shape[1])

    def _run_blocks(self, x: Tensor, context: Context, call: Call, start: int) -> Tensor:
        """x [b, s, hidden] -> the same shape, before the final norm; keeps what is asked for beside it in `call`."""
        asked = call.hidden_states is not None or call.attentions is not None
        native = None if asked else native_step(self.encoder.layers, x, context)
        x = x if native is None else native.x
        for index, block in enumerate(self.encoder.layers):
            if call.progress is not None:
                done = start + x.shape[1] * index // len(self.encoder.layers)
                call.progress("reading", done, call.tokens.shape[1])
            if call.hidden_states is not None:
                call.hidden_states += (x,)
            if native is not None:
                native.run(index)
                continue
            if self.gradient_checkpointing and self.training and index % self.checkpoint_every == 0:
                x, weights = self._recomputed(block, x, context)
            else:
                x, weights = block(x, context)
            if call.attentions is not None:
                call.attentions += (weights,)
        if call.hidden_states is not None:
            call.hidden_states += (x,)
        if context.cache is not None:
            context.cache.advance(x.shape[1] + (0 if context.prefix is None else self.config.pre_seq_len))
        return x

    def _recomputed(self, block: nn.Module, x: Tensor, context: Context) -> Tuple[Tensor, Optional[Tensor]]:
        settings = self.checkpoint_kwargs
        if context.prefix is not None or not x.requires_grad:  # a reentrant one would give no gradient
            settings = {**settings, "use_reentrant": False}
        with torch.autograd.graph.save_on_cpu(x.is_cuda) if self.checkpoint_offload else nullcontext():
            return checkpoint(block, x, context, **settings)

    def _finish(self, call: Call) -> BaseModelOutputWithPast:
        config = self.config
        hidden = call.last_hidden[:, -1:] if call.last_token_only else call.last_hidden
        if config.post_layer_norm:
            norm = self.encoder.final_layernorm
            hidden = norm(hidden).to(norm.weight.dtype) if config.fp32_residual_connection else norm(hidden)
        elif config.fp32_residual_connection:
            hidden = hidden.to(self.output_layer.weight.dtype)
        cache = call.cache if call.use_cache else None
        if isinstance(cache, ForeignCache):
            cache = cache.cache
        return BaseModelOutputWithPast(hidden, cache, call.hidden_states, call.attentions)

    def _embed(self, tokens: Tensor) -> Tensor:
        """ids [b, s], or their embeddings, -> [b, s, hidden]."""
        x = tokens if tokens.is_floating_point() else self.embedding.word_embeddings(tokens)
        return x.float() if self.config.fp32_residual_connection else x

    def _prepare_cache(self, call: Call, x: Tensor) -> None:
        """The cache to write to, and the trained prefix: in the cache, or for attention to prepend."""
        config, cache = self.config, call.past_key_values
        if cache is None or cache.num_layers == 0:
            cache = cache_class(config.kv_cache_dtype)(config.num_layers) if call.use_cache else None
            if cache is not None:
                cache.limit = config.seq_length + (config.pre_seq_len or 0)
        call.cache = cache
        if config.pre_seq_len is None or (cache is not None and cache.length):
            return
        prefix = self.get_prompt(x.shape[0], dtype=x.dtype)
        trained = torch.is_grad_enabled() and prefix[0][0].requires_grad
        call.cache = cache = None if trained and self.training else cache
        if cache is not None:
            cache.prefix_length = config.pre_seq_len
        if cache is None or trained:
            call.prefix = prefix  # attention prepends it, and gradients flow
            return
        for layer, (key, value) in enumerate(prefix):
            device = execution_device(self.get_submodule(f"encoder.layers.{layer}.self_attention.query_key_value"))
            cache.append(layer, key.to(device), value.to(device))
        cache.advance(config.pre_seq_len)


def next_token_loss(logits: Tensor, labels: Tensor, items: Any = None) -> Tensor:
    """Cross-entropy in fp32: the mean over labels other than -100, or their sum over `items`, where that is given.

    Args:
        logits: [b, s, vocab].
        labels: [b, s], of each position's next token.
        items: a number, or a tensor with one, of the labels in all batches whose gradients are added.
    """
    scores = logits.float().flatten(0, 1)
    reduction = "mean" if items is None else "sum"
    loss = F.cross_entropy(scores, labels.to(scores.device).flatten(), ignore_index=-100, reduction=reduction)
    return loss if items is None else loss / torch.as_tensor(items, device=loss.device)


class ChatGLMForConditionalGeneration(SavedCaches, ChatGLMGeneration, ChatGLMPreTrainedModel, GenerationMixin):
    """ChatGLM2 with its output layer: `generate`, `chat`, `stream_chat`, and training with labels."""

    accepts_loss_kwargs = True  # `num_items_in_batch`, from the Trainer of 4.46 on
    _auto_class = "AutoModel"  # save_pretrained() copies the code beside the weights; set by the loader from 4.31 on

    def __init__(self, config: ChatGLMConfig, empty_init: bool = True, device: Any = None):
        super().__init__(config)
        self.transformer = ChatGLMModel(config, device, empty_init)
        self.post_init()

    def get_output_embeddings(self) -> nn.Module:
        return self.transformer.output_layer

    def set_output_embeddings(self, value: nn.Module) -> None:
        self.transformer.output_layer = value

    def forward(
        self,
        input_ids: Optional[Tensor] = None,
        position_ids: Optional[Tensor] = None,
        attention_mask: Optional[Tensor] = None,
        past_key_values: Optional[Union[KVCache, Sequence]] = None,
        inputs_embeds: Optional[Tensor] = None,
        labels: Optional[Tensor] = None,
        use_cache: Optional[bool] = None,
        output_attentions: Optional[bool] = None,
        output_hidden_states: Optional[bool] = None,
        return_dict: Optional[bool] = None,
        return_last_logit: bool = False,
        full_attention_mask: Optional[Tensor] = None,
        logits_to_keep: int = 0,
        progress: Optional[Callable[[str, int, int], Any]] = None,
        cache: Optional[Union[KVCache, Sequence]] = None,
        **loss_kwargs: Any,
    ) -> Union[Tuple, CausalLMOutputWithPast]:
        """As `ChatGLMModel.forward`, and the output layer.

        Args:
            labels: [b, s], -100 = ignored; the loss is the cross-entropy of the next token, in fp32.
            loss_kwargs: `num_items_in_batch`, by which the sum of losses is divided (default: the labels that count);
                `shift_labels` [b, s], in place of `labels`: the label of a position is that of its next token already.
                (Not by name: a Trainer evaluates with losses only where it is given all arguments named for labels.)
            return_last_logit: logits of the last position only.
            logits_to_keep: logits of that many last positions only; 0 keeps all.

        Returns:
            loss (with labels), logits [b, s, vocab], past_key_values, hidden_states, attentions.
        """
        items, shift_labels = (loss_kwargs.pop(name, None) for name in ("num_items_in_batch", "shift_labels"))
        refuse_unknown(loss_kwargs, position_ids)
        past_key_values = given_cache(past_key_values, cache)
        return_dict = chosen(return_dict, self.config.return_dict)
        if labels is not None and shift_labels is None:
            shift_labels = F.pad(labels[:, 1:], (0, 1), value=-100)
        keep = logits_to_keep or (1 if return_last_logit else 0)
        plain = return_dict and shift_labels is progress is None and not (output_hidden_states or output_attentions)
        if plain and input_ids is not None and takes_captured_step(past_key_values, input_ids):
            return CausalLMOutputWithPast(None, self._captured_step(input_ids, past_key_values), past_key_values)
        outputs = self.transformer(
            input_ids,
            position_ids,
            attention_mask,
            full_attention_mask,
            past_key_values,
            inputs_embeds,
            use_cache,
            output_hidden_states,
            output_attentions,
            return_dict=True,
            last_token_only=keep == 1 and shift_labels is None,
            progress=progress,
        )
        hidden = outputs.last_hidden_state
        hidden = hidden[:, -keep:] if shift_labels is None else hidden
        logits = with_all_operations(self.transformer.output_layer(hidden))
        loss = None
        if shift_labels is not None:
            loss = next_token_loss(logits, shift_labels, items)
            logits = logits[:, -keep:]
        outputs = CausalLMOutputWithPast(
            loss, logits, getattr(outputs, CACHE_NAME), outputs.hidden_states, outputs.attentions
        )
        return outputs if return_dict else outputs.to_tuple()

    def _captured_step(self, input_ids: Tensor, cache: StaticKVCache) -> Tensor:
        """Logits [b, 1, vocab] of one more token per row, by a CUDA graph."""

        def step(ids: Tensor) -> Tensor:
            return self.transformer.output_layer(self.transformer(ids, past_key_values=cache).last_hidden_state)

        return cache.captured_step(step, input_ids)


class ChatGLMForSequenceClassification(ChatGLMPreTrainedModel):
    """ChatGLM2 with a linear head on the last real token."""

    _auto_class = "AutoModelForSequenceClassification"

    def __init__(self, config: ChatGLMConfig, empty_init: bool = True, device: Any = None):
        super().__init__(config)
        self.transformer = ChatGLMModel(config, device, empty_init)
        self.classifier_head = DenseLinear(config.hidden_size, config.num_labels)
        self.classifier_head.begins_as_in_torch = True
        self.dropout = nn.Dropout(config.classifier_dropout or 0.0)
        self.post_init()

    def forward(
        self,
        input_ids: Optional[Tensor] = None,
        position_ids: Optional[Tensor] = None,
        attention_mask: Optional[Tensor] = None,
        full_attention_mask: Optional[Tensor] = None,
        past_key_values: Optional[Union[KVCache, Sequence]] = None,
        inputs_embeds: Optional[Tensor] = None,
        labels: Optional[Tensor] = None,
        use_cache: Optional[bool] = None,
        output_hidden_states: Optional[bool] = None,
        output_attentions: Optional[bool] = None,
        return_dict: Optional[bool] = None,
        cache: Optional[Union[KVCache, Sequence]] = None,
    ) -> Union[Tuple, SequenceClassifierOutputWithPast]:
        """As `ChatGLMModel.forward`, and the head.

        Args:
            labels: [b] class indices or, for regression, numbers; [b, num_labels] for several labels.

        Returns:
            loss (with labels), logits [b, num_labels], past_key_values, hidden_states, attentions.
        """
        outputs = self.transformer(
            input_ids,
            position_ids,
            attention_mask,
            full_attention_mask,
            past_key_values,
            inputs_embeds,
            use_cache,
            output_hidden_states,
            output_attentions,
            return_dict=True,
            cache=cache,
        )
        hidden = outputs.last_hidden_state
        last = self._last_token(input_ids, attention_mask, hidden)
        pooled = hidden[torch.arange(hidden.shape[0], device=hidden.device), last]
        head = self.classifier_head
        logits = head(self.dropout(pooled).to(head.weight.dtype))
        loss = None if labels is None else self._loss(logits.float(), labels.to(logits.device))
        outputs = SequenceClassifierOutputWithPast(
            loss, logits, getattr(outputs, CACHE_NAME), outputs.hidden_states, outputs.attentions
        )
        return outputs if chosen(return_dict, self.config.return_dict) else outputs.to_tuple()

    def _last_token(self, input_ids: Optional[Tensor], attention_mask: Optional[Tensor], hidden: Tensor) -> Tensor:
        """[b]: the last position that the mask calls real or, without a mask, that does not hold the padding id."""
        length = hidden.shape[1]
        if attention_mask is not None and attention_mask.dim() == 2:
            real = attention_mask[:, -length:].bool()
        elif attention_mask is None and input_ids is not None and self.config.pad_token_id is not None:
            real = input_ids != self.config.pad_token_id
        else:
            return torch.full((hidden.shape[0],), length - 1, device=hidden.device)
        last = torch.where(real, torch.arange(length, device=real.device), -1).amax(-1)
        return torch.where(last < 0, length - 1, last).to(hidden.device)

    def _loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        config = self.config
        if config.problem_type is None:
            if config.num_labels == 1:
                config.problem_type = "regression"
            elif labels.dtype in (torch.long, torch.int):
                config.problem_type = "single_label_classification"
            else:
                config.problem_type = "multi_label_classification"
        if config.problem_type == "regression":
            return F.mse_loss(logits.squeeze(-1) if config.num_labels == 1 else logits, labels.float())
        if config.problem_type == "single_label_classification":
            return F.cross_entropy(logits.view(-1, config.num_labels), labels.view(-1).long())
        return F.binary_cross_entropy_with_logits(logits, labels.float())
