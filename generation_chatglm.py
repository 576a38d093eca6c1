"""Whatever loops over tokens or speaks in rounds: memory for an answer, generate, streams, chat. No tensor math."""

import copy
import logging
from contextlib import nullcontext
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import (
    BatchEncoding,
    GenerationConfig,
    GenerationMixin,
    LogitsProcessorList,
    MaxTimeCriteria,
    StoppingCriteria,
    StoppingCriteriaList,
)

from .cache_chatglm import KVCache, StaticKVCache, cache_class, execution_device, free_memory, next_positions
from .configuration_chatglm import CACHE_NAME, RELEASE
from .sampling_chatglm import (
    PROCESSORS,
    RENORMALIZE,
    WARPERS,
    InvalidScoreLogitsProcessor,
    StreamLimits,
    StreamPasses,
    TokenLogprobs,
    check_stream_settings,
    check_top_logprobs,
    choose,
    guesses_a_pass,
    make_logits_processors,
)

History = List[Tuple[str, str]]
Progress = Callable[[str, int, int], Any]  # ("reading" or "writing", tokens done, tokens in all), for each row
LOOKUP_SETTINGS = ("prompt_lookup_num_tokens", "max_matching_ngram_size")
FIRST_TOKENS = 256  # of an answer without a bound: room beside the prompt; more is made when it is needed
DEFAULT_TOP_K = 50  # documented as the default in every release; 5.x leaves it unset

_logger = logging.getLogger(__name__)

# -------------------------------------------------------------------------------------------- releases of transformers

FORWARD_IS_TOLD_WHAT_TO_OUTPUT = RELEASE < (4, 56)  # by generate() itself; later by prepare_inputs_for_generation()
EMBEDS_NEED_IDS = RELEASE < (4, 41)  # generate() wants ids beside inputs_embeds, be they none at all
GUESSES_ARE_JUDGED = RELEASE >= (4, 36)  # criteria see an assistant's tokens too (4.41), before a prepared pass (4.36)
HAS_PROMPT_LOOKUP = RELEASE >= (4, 37)  # before, generate() passed over a setting of that name in a generation config
UNSET_IS_THE_MODELS = RELEASE >= (5, 0)  # what a generation config leaves at None comes from the model's own


# ----------------------------------------------------------------------------------------------- progress of an answer


class AnswerProgress(StoppingCriteria):
    """What one `generate()` tells a caller's hook, whose exceptions end it.

    Args:
        hook: the caller's.
        unread: tokens of the prompt, per row, that no cache holds.
        ids: [b, s], those to which the answer's are added, or None.
        most: new tokens at most.

    Raises:
        TypeError: a hook that cannot be called.
    """

    def __init__(self, hook: Progress, unread: int, ids: Optional[Tensor], most: int):
        if not callable(hook):
            raise TypeError(f"progress must be a function of (stage, done, total), got {hook!r}")
        self.hook, self.unread, self.most = hook, unread, most
        self.given = 0 if ids is None else ids.shape[1]
        self.read = self.written = 0
        self.passed = False  # whether a pass of the model was prepared since tokens were told of

    def __deepcopy__(self, memo: Any) -> None:
        """Nothing: an assistant model gets copies of all arguments, and what it reads and writes is not the answer."""

    def reading(self, stage: str, done: int, total: int) -> None:
        """The hook of a forward pass, which may be one of several, or guess tokens of the answer behind the prompt."""
        told = min(self.read + done, self.unread - (done < total))
        if done == total:
            self.read += total
        self.hook(stage, told, self.unread)

    def __call__(self, input_ids: Tensor, scores: Any, **kwargs: Any) -> bool:
        """Asked by `generate()` whether to stop, after every token (assisted: every few): tells, and never does."""
        if self.passed or not GUESSES_ARE_JUDGED:
            self.wrote(input_ids)
        self.passed = False
        return False

    def wrote(self, ids: Tensor) -> None:
        """Tells of the tokens of these ids [b, s] that were not told of yet."""
        for done in range(self.written + 1, min(ids.shape[1] - self.given, self.most) + 1):
            self.written = done
            self.hook("writing", done, self.most)

    def added_to(self, args: Tuple, kwargs: Dict[str, Any]) -> Tuple:
        """The arguments of `generate()` behind the first two, with this one in front of the criteria: up to 4.38 those
        behind one that stops are not asked."""
        kwargs["progress"] = self
        if len(args) > 1:
            return (args[0], StoppingCriteriaList([self, *(args[1] or [])]), *args[2:])
        kwargs["stopping_criteria"] = StoppingCriteriaList([self, *(kwargs.get("stopping_criteria") or [])])
        return args


# ------------------------------------------------------------------------------------------------- text of an answer


class AnswerText:
    """The text of an answer that grows: at every step what decoding all of its ids gives, read from the new ones.

    Ids that stand for no text are passed over: the embedding is padded to a round size.

    Args:
        tokenizer: anything with `decode`. What is not known to join texts as ours does decodes the whole answer.
    """

    def __init__(self, tokenizer: Any):
        self.tokenizer, self.text = tokenizer, ""
        self.ids: List[int] = []
        self.size: Optional[int] = getattr(tokenizer, "vocab_size", None)
        self.added = set(tokenizer.get_added_vocab().values()) if hasattr(tokenizer, "get_added_vocab") else set()
        # A text before the new ids, since SentencePiece drops the space that a text begins with.
        self.before: List[int] = []
        if _joins_texts(tokenizer):
            self.before = tokenizer.encode("a", add_special_tokens=False)
            self.text_before = tokenizer.decode(self.before)
        self.settled, self.start = "", 0  # the text that no later id changes, and the ids behind it

    def append(self, *tokens: int) -> str:
        """The text with these ids behind it."""
        new = [token for token in tokens if self.size is None or token < self.size or token in self.added]
        if not new:
            return self.text
        self.ids += new
        if not self.added.isdisjoint(new):
            self.before = []  # up to 4.57 spaces stand around such a token, from 5.0 on none do
        if self.before and self.settled:
            text = self.tokenizer.decode(self.before + self.ids[self.start :])
            self.text = self.settled + text[len(self.text_before) :]
        else:
            self.text = self.tokenizer.decode(self.ids)
        if self.before and self.text and not self.text.endswith("\ufffd"):  # not within the bytes of a character
            self.settled, self.start = self.text, len(self.ids)
        return self.text


def _joins_texts(tokenizer: Any) -> bool:
    """Whether it is this package's tokenizer as it was made: the text of two texts' ids is then that of both."""
    kind, own = type(tokenizer), {"decode", "_decode", "convert_tokens_to_string", "convert_ids_to_tokens"}
    ours = (kind.__module__.rpartition(".")[2], kind.__name__) == ("tokenization_chatglm", "ChatGLMTokenizer")
    return ours and own.isdisjoint(vars(tokenizer)) and not tokenizer.clean_up_tokenization_spaces


# ------------------------------------------------------------------------------------------------------- the mixin


class ChatGLMGeneration(GenerationMixin):
    """What the language model adds to its forward pass: `generate`, `stream_generate`, `chat`, `stream_chat`.

    A mixin. (transformers 4.30 takes a class whose name holds that of its own mixin for one that cannot generate.)
    """

    def prepare_inputs_for_generation(
        self,
        input_ids: Tensor,
        past_key_values: Optional[KVCache] = None,
        attention_mask: Optional[Tensor] = None,
        position_ids: Optional[Tensor] = None,
        inputs_embeds: Optional[Tensor] = None,
        use_cache: Optional[bool] = None,
        return_last_logit: bool = True,
        logits_to_keep: int = 0,
        output_attentions: Optional[bool] = None,
        output_hidden_states: Optional[bool] = None,
        progress: Optional[AnswerProgress] = None,
        cache: Optional[KVCache] = None,
        **kwargs: Any,
    ) -> Dict[str, Any]:
        """The arguments of `forward` for the next step of `generate()`: only tokens that the cache does not hold."""
        past_key_values = cache if past_key_values is None else past_key_values
        past = self._cached_tokens(past_key_values)
        unpadded = isinstance(past_key_values, KVCache) and past_key_values.unpadded
        # The mask counts cached tokens also where a caller continues a cache with the new ids alone.
        total = input_ids.shape[1]
        if attention_mask is not None and attention_mask.dim() == 2:
            total = attention_mask.shape[1]
        elif position_ids is not None:
            total = max(total, position_ids.shape[1])
        new = max(1, total - past)
        if position_ids is None:
            mask, device = None if unpadded else attention_mask, input_ids.device
            position_ids = next_positions(mask, total - new, len(input_ids), new, device)
        elif 1 < position_ids.shape[1] < total:
            # Given for the prompt: the positions of later tokens follow its last one.
            steps = torch.arange(1, total - position_ids.shape[1] + 1, device=position_ids.device)
            position_ids = torch.cat((position_ids, position_ids[:, -1:] + steps), dim=1)
        inputs: Dict[str, Any] = {"input_ids": input_ids[:, -new:]}
        if inputs_embeds is not None and (past == 0 or input_ids.shape[1] == 0):
            inputs = {"inputs_embeds": inputs_embeds[:, -new:] if past else inputs_embeds}
        if use_cache is not None:
            inputs["use_cache"] = use_cache
        if not FORWARD_IS_TOLD_WHAT_TO_OUTPUT:
            inputs.update(output_attentions=output_attentions, output_hidden_states=output_hidden_states)
        if progress is not None:
            progress.passed = True
            if progress.read < progress.unread:
                inputs["progress"] = progress.reading
        return {
            **inputs,
            "past_key_values": past_key_values,
            "position_ids": position_ids[:, -new:],
            "attention_mask": attention_mask,
            "return_last_logit": return_last_logit,
            "logits_to_keep": logits_to_keep,
        }

    def _cached_tokens(self, past: Any) -> int:
        if past is None or (isinstance(past, (tuple, list)) and not past):
            return 0
        length = past.get_seq_length() if hasattr(past, "get_seq_length") else past[0][0].shape[2]
        return max(0, length - (self.config.pre_seq_len or 0))

    def _reorder_cache(self, past: KVCache, beam_idx: Tensor) -> KVCache:
        """Reorders the batch of a cache in place (beam search up to 4.35)."""
        past.reorder_cache(beam_idx)
        return past

    def generate(
        self,
        inputs: Optional[Tensor] = None,
        generation_config: Optional[GenerationConfig] = None,
        *args: Any,
        progress: Optional[Progress] = None,
        **kwargs: Any,
    ) -> Any:
        """`generate()` of the installed transformers, its cache allocated once for the final length.

        Args:
            progress: called as progress("reading", done, total) between the layers of the prompt (assisted: from 4.36
                on), and as progress("writing", done, total) after every token, with the tokens of each row. It may
                wait, or raise: then a cache that was passed in holds the tokens whose pass was finished.

        Raises:
            ValueError: more tokens than `seq_length`, or `prompt_lookup_num_tokens` before transformers 4.37.
            MemoryError: a cache that does not fit.
        """
        config = generation_config if generation_config is not None else self.generation_config

        def setting(name: str) -> Any:
            return kwargs[name] if kwargs.get(name) is not None else getattr(config, name, None)

        lookup = bool(setting("prompt_lookup_num_tokens"))
        if lookup:
            _check_release()
        if CACHE_NAME in kwargs:
            kwargs["past_key_values"] = kwargs.pop(CACHE_NAME)
        embeds = kwargs.get("inputs_embeds")
        prompt = inputs if inputs is not None else kwargs.get("input_ids", embeds)
        if EMBEDS_NEED_IDS and inputs is None and embeds is not None:
            inputs = kwargs.pop("input_ids", None)
            if inputs is None:
                inputs = torch.empty(embeds.shape[0], 0, dtype=torch.long, device=embeds.device)
        if prompt is None:
            if progress is not None:
                raise ValueError("progress counts the tokens of a prompt: give input_ids")
            return self._generate(inputs, generation_config, args, kwargs)
        if setting("prefill_chunk_size") is not None:
            kwargs["prefill_chunk_size"] = None  # forward cuts a prompt into slices itself
        past = kwargs.get("past_key_values")
        self._continue_cache(kwargs, prompt, past)
        attention_mask = kwargs.get("attention_mask")
        length = prompt.shape[1] if attention_mask is None else max(prompt.shape[1], attention_mask.shape[-1])
        max_new_tokens, max_length = setting("max_new_tokens"), setting("max_length")
        if max_new_tokens is None and max_length is None:  # from 5.0 on nothing is set
            max_new_tokens = 20
        total = max(length + 1, max_length if max_new_tokens is None else length + max_new_tokens)
        self._check_prompt(length)
        if total > max(self.config.seq_length, length + 1):  # the last token is not read, and needs no position
            raise ValueError(
                f"{length} prompt tokens and the answer asked for come to {total} tokens, the model takes "
                f"{self.config.seq_length} (seq_length): lower max_new_tokens or max_length"
            )
        assisted = setting("assistant_model") is not None or setting("prompt_lookup_num_tokens") is not None
        if assisted:  # candidates are judged by the logits of several positions
            kwargs.setdefault("return_last_logit", False)
        elsewhere = ("penalty_alpha", "cache_implementation", "dola_layers", "custom_generate", "assistant_early_exit")
        if isinstance(past, KVCache):
            self._reserve(past, length, total)
        elif past is None and not assisted and setting("use_cache") is not False and not any(map(setting, elsewhere)):
            rows = prompt.shape[0] * max(setting("num_beams") or 1, setting("num_return_sequences") or 1)
            kwargs["past_key_values"] = past = self._cache_for(length, total, rows)
            past.unpadded = _unpadded(prompt, attention_mask, setting("pad_token_id"))
            if kwargs.get("position_ids") is not None and inputs is None:
                usual = next_positions(None if past.unpadded else attention_mask, 0, *prompt.shape[:2], prompt.device)
                if torch.equal(kwargs["position_ids"].expand_as(usual), usual):
                    del kwargs["position_ids"]  # then every step derives its own
        if progress is not None:
            ids = inputs if inputs is not None else kwargs.get("input_ids")
            told = AnswerProgress(progress, max(1, length - self._cached_tokens(past)), ids, total - length)
            args = told.added_to(args, kwargs)
        first = self._first_slices(prompt, kwargs, setting) if lookup else None
        output = self._generate(inputs, generation_config, args, kwargs, first)
        if progress is not None:  # of the last token, where a criterion before it had stopped
            told.wrote(output if isinstance(output, Tensor) else output.sequences)
        return output

    def _generate(
        self, inputs: Any, config: Any, args: Tuple, kwargs: Dict[str, Any], first: Optional[Tensor] = None
    ) -> Any:
        """`generate()` of the installed transformers, with the cache under the name that it has there; `first`, ids
        [1, n], are read into the cache before."""
        past = kwargs.pop("past_key_values", None)
        if past is not None:
            kwargs[CACHE_NAME] = past
        if not isinstance(past, KVCache):
            return super().generate(inputs, config, *args, **kwargs)
        with past.used_by("generate()", within="chat()"):
            try:
                if first is not None:
                    told = kwargs.get("progress")
                    hook = {} if told is None else {"progress": told.reading}
                    with torch.no_grad():
                        self(first, past_key_values=past, use_cache=True, return_last_logit=True, **hook)
                return super().generate(inputs, config, *args, **kwargs)
            finally:
                past.unpadded = False

    def _continue_cache(self, kwargs: Dict[str, Any], prompt: Tensor, past: Any) -> None:
        """Makes mask and positions that are given for new tokens alone count what a cache holds before them.

        A prompt that is longer than the cache begins with the tokens in it, as in transformers.
        """
        held, (batch, length) = self._cached_tokens(past), prompt.shape[:2]
        if not held or length > held:
            return
        position_ids, mask = kwargs.get("position_ids"), kwargs.get("attention_mask")
        if position_ids is not None and position_ids.shape[-1] == length:
            del kwargs["position_ids"]  # a tokenizer's know of no cache: each step derives its own
        if mask is None:
            mask = torch.ones(batch, length, dtype=torch.long, device=prompt.device)
        if mask.shape[-1] == length:
            kwargs["attention_mask"] = F.pad(mask, (held, 0), value=1)

    def _first_slices(self, prompt: Tensor, kwargs: Dict[str, Any], setting: Callable[[str], Any]) -> Optional[Tensor]:
        """What of a long prompt is read in slices before prompt lookup begins, whose first pass asks for logits of
        several positions, and would take it all at once: ids [1, n], all but the last, or None. Sees to a cache."""
        past, mask, positions = (kwargs.get(name) for name in ("past_key_values", "attention_mask", "position_ids"))
        held, (batch, length) = self._cached_tokens(past), prompt.shape[:2]
        ours = past is None or isinstance(past, KVCache)
        if batch > 1 or prompt.dim() != 2 or length - held <= self.config.prefill_slice_size or not ours:
            return None
        if any(map(setting, ("output_attentions", "output_hidden_states", "assistant_model"))):
            return None
        if max(setting("num_beams") or 1, setting("num_return_sequences") or 1) > 1:
            return None
        if mask is not None and not (mask.dim() == 2 and bool(mask.all())):
            return None
        usual = next_positions(None, 0, 1, length, prompt.device)
        if positions is not None and not (positions.shape == usual.shape and torch.equal(positions, usual)):
            return None
        if past is None:
            kwargs["past_key_values"] = self._cache_for(length, length + FIRST_TOKENS, 1)
        return prompt[:, held:-1]

    def make_cache(self, max_length: int, batch_size: int = 1) -> KVCache:
        """A cache for `batch_size` rows of `max_length` tokens, allocated when first written.

        Raises:
            MemoryError: if it would not fit in the memory that is free now.
        """
        config = self.config
        capacity = min(max_length, config.seq_length) + (config.pre_seq_len or 0)
        element = self.transformer.embedding.word_embeddings.weight.element_size()
        if config.kv_cache_dtype == "int8":
            element = 1 + 4 / config.kv_channels  # and the scale of each head
        per_layer = 2 * config.num_key_value_heads * config.kv_channels * element * capacity * batch_size
        devices = [execution_device(block) for block in self.transformer.encoder.layers]
        for device in dict.fromkeys(devices):
            needed, free = int(devices.count(device) * per_layer), free_memory(device)
            if free is not None and needed > free:
                raise MemoryError(
                    f"the cache for {batch_size} x {capacity} tokens takes {needed / 2**20:.0f} MiB, "
                    f"{free / 2**20:.0f} MiB are free on {device}: ask for fewer tokens "
                    f"(max_new_tokens, max_length) or a smaller batch, or set config.kv_cache_dtype='int8'"
                )
        return cache_class(config.kv_cache_dtype, config.static_decode)(config.num_layers, capacity)

    def _cache_for(self, prompt_length: int, total: int, batch_size: int) -> KVCache:
        """A cache for an answer: of `total` tokens where the caller bounded it, else one that grows with it."""
        bounded = total < self.config.seq_length or self.config.static_decode
        cache = self.make_cache(total if bounded else min(total, prompt_length + FIRST_TOKENS), batch_size)
        cache.limit = self.config.seq_length + (self.config.pre_seq_len or 0)
        return cache

    def _reserve(self, cache: KVCache, prompt_length: int, total: int) -> None:
        """As `_cache_for`, for a cache that is there."""
        seq_length, prefix = self.config.seq_length, self.config.pre_seq_len or 0
        cache.limit = seq_length + prefix
        bounded = total < seq_length or isinstance(cache, StaticKVCache)
        cache.reserve(min(total if bounded else prompt_length + FIRST_TOKENS, seq_length) + prefix)

    def _input_device(self) -> torch.device:
        return execution_device(self.transformer.embedding.word_embeddings)

    def _check_prompt(self, prompt_length: int) -> None:
        limit = self.config.seq_length
        if prompt_length > limit:
            raise ValueError(f"the prompt has {prompt_length} tokens, the model takes {limit} (seq_length)")

    def _answer_limit(self, prompt_length: int, max_length: Optional[int], max_new_tokens: Optional[int]) -> int:
        """Tokens of prompt and answer together: up to `seq_length`, but at least one more than the prompt.

        Raises:
            ValueError: a prompt above `seq_length`.
        """
        self._check_prompt(prompt_length)
        asked = self.config.seq_length if max_length is None else max_length
        if max_new_tokens is not None:
            asked = prompt_length + max_new_tokens
        limit = min(asked, self.config.seq_length)
        if limit > prompt_length:
            return limit
        _logger.warning(
            "the prompt has %d tokens, which leaves no room within max_length=%d (seq_length=%d): the answer ends "
            "after one token; raise max_length, or shorten the query or the history",
            prompt_length,
            asked,
            self.config.seq_length,
        )
        return prompt_length + 1

    @torch.no_grad()
    def stream_generate(
        self,
        input_ids: Tensor,
        generation_config: Optional[GenerationConfig] = None,
        logits_processor: Optional[LogitsProcessorList] = None,
        stopping_criteria: Optional[StoppingCriteriaList] = None,
        prefix_allowed_tokens_fn: Optional[Callable[[int, Tensor], List[int]]] = None,
        return_past_key_values: bool = False,
        attention_mask: Optional[Tensor] = None,
        position_ids: Optional[Tensor] = None,
        past_key_values: Any = None,
        progress: Optional[Progress] = None,
        generator: Optional[torch.Generator] = None,
        top_logprobs: Optional[int] = None,
        **kwargs: Any,
    ) -> Iterator:
        """Generates greedily or by sampling, and yields all ids after every token.

        Otherwise than `generate()`: one candidate per row (`ONE_IN_STREAMS`); the settings of `NOT_IN_STREAMS` are
        refused; without effect are what to return beside ids (`output_scores`, ...) and how to keep a cache
        (`use_cache`, `cache_implementation`); rows that have ended go on with tokens of their own until all have; an
        answer that would pass `seq_length` ends there; a prompt at or above `max_length` gives one token and a
        warning; a cache passed in is left as it was; prompt lookup (`prompt_lookup_num_tokens`) works with every
        release, greedily and for one row, and makes a cache that grows whatever `static_decode` says. It looks in
        `input_ids`, the answer, and what a cache knows of its ids: one of a chat, or of a stream with prompt lookup.

        Args:
            input_ids: [b, s]; with `past_key_values`, the tokens behind those in the cache, alone.
            logits_processor, stopping_criteria, prefix_allowed_tokens_fn: see `input_ids` and what follows them, not
                what the cache holds.
            attention_mask: [b, s] or, cached tokens included, [b, t].
            past_key_values: what a stream yielded, or what `generate()` or `forward` returned.
            progress: as for `generate()`; told of a token before that is yielded.
            generator: tokens are drawn with it, on the device of the scores, in place of torch's own: the same seed
                gives the same answer whatever else draws meanwhile.
            top_logprobs: yields `TokenLogprobs` too, with so many of the likeliest tokens (0: the chosen one alone).
            kwargs: generation settings as for `generate()`. `max_length` counts prompt, answer and cached tokens,
                None means `seq_length`; `max_time` is seconds, after which the token in work is the last.

        Yields:
            ids [b, n], the given ones first; with `return_past_key_values`, (ids, cache), the cache holding all but
            the last and usable after the generator went on or was closed; with `top_logprobs`, those at the end:
            (ids, logprobs) or (ids, cache, logprobs).

        Raises:
            TypeError: arguments that are no generation settings (`streamer`, `inputs_embeds`, a misspelt one).
            ValueError: settings that a stream cannot honour, or a prompt above `seq_length`.
            MemoryError: a cache that does not fit.
        """
        config = self._completed(generation_config)
        unknown = config.update(**kwargs)
        for name in LOOKUP_SETTINGS:  # unknown to old releases
            if name in unknown:
                setattr(config, name, unknown.pop(name))
        if config.max_length is None:  # said so, or never set: then generate() says 20 new tokens
            new = 20 if "max_length" not in kwargs else self.config.seq_length
            config.max_length = self._cached_tokens(past_key_values) + input_ids.shape[1] + new
        unknown.pop("use_cache", None)
        if unknown:
            raise TypeError(f"stream_generate() got unexpected arguments {sorted(unknown)}")
        check_stream_settings(config)
        check_top_logprobs(top_logprobs, self.config.padded_vocab_size)
        (b, prompt_length), device = input_ids.shape, input_ids.device
        guesses = guesses_a_pass(getattr(config, LOOKUP_SETTINGS[0], None), config.do_sample, b, device)
        cache, past_length, limit = self._stream_cache(config, past_key_values, b, prompt_length)
        if guesses and isinstance(cache, StaticKVCache):
            cache = cache.snapshot()  # one that grows: a static one takes steps of single tokens
        if attention_mask is not None:
            if attention_mask.shape[1] == prompt_length and past_length:
                attention_mask = F.pad(attention_mask, (past_length, 0), value=1)
            attention_mask = None if bool(attention_mask.all()) else attention_mask
        eos_ids = _eos_ids(config)
        limits = StreamLimits(input_ids, limit - past_length, eos_ids)
        settings = {name: getattr(config, name, None) for name, *_ in (*PROCESSORS, *WARPERS, *RENORMALIZE)}
        settings.update(prefix_allowed_tokens_fn=prefix_allowed_tokens_fn, do_sample=config.do_sample)
        process = make_logits_processors(settings, limits, device, logits_processor)
        stop = StoppingCriteriaList(stopping_criteria or [])
        if config.max_time is not None:
            stop.append(MaxTimeCriteria(config.max_time))

        eos, finished = torch.tensor(eos_ids, dtype=torch.long, device=device), torch.zeros(b, device=device).bool()
        longest, told = getattr(config, LOOKUP_SETTINGS[1], None), {} if progress is None else {"progress": progress}
        passes = StreamPasses(
            self, cache, input_ids, limits.max_length, attention_mask, position_ids, guesses, longest
        )
        ids = passes.ids
        for length in range(prompt_length, ids.shape[1]):
            scores, told = passes.next_scores(length, **told), {}
            said = None if top_logprobs is None else scores.log_softmax(-1)  # by the model, before any setting
            scores = process(ids[:, :length], scores)
            next_ids = choose(scores, config.do_sample, generator)
            ids[:, length : length + 1] = next_ids
            finished |= torch.isin(next_ids[:, 0], eos)
            finished |= torch.as_tensor(stop(ids[:, : length + 1], scores), device=device)
            done = bool(finished.all())
            passes.judge(next_ids, done)
            if progress is not None:
                progress("writing", length + 1 - prompt_length, ids.shape[1] - prompt_length)
            step = (ids[:, : length + 1], *([passes.snapshot()] if return_past_key_values else []))
            step += () if said is None else (TokenLogprobs.of(said, next_ids, top_logprobs),)
            yield step if len(step) > 1 else step[0]
            if done:
                return

    def _completed(self, generation_config: Optional[GenerationConfig]) -> GenerationConfig:
        """A copy of the settings given, or of the model's own, completed as the installed release completes them."""
        config = copy.deepcopy(generation_config if generation_config is not None else self.generation_config)
        if UNSET_IS_THE_MODELS:
            for name, value in vars(self.generation_config).items():
                if getattr(config, name, None) is None:
                    setattr(config, name, copy.copy(value))
            config.top_k = DEFAULT_TOP_K if config.top_k is None else config.top_k
        return config

    def _stream_cache(
        self, config: GenerationConfig, past: Any, batch: int, prompt_length: int
    ) -> Tuple[KVCache, int, int]:
        """The cache that a stream writes to, the tokens of a text that it holds, and how many tokens there may be."""
        if past is not None and not isinstance(past, KVCache):
            past = cache_class(self.config.kv_cache_dtype).from_layers(past)
        past = None if past is not None and past.num_layers == 0 else past  # nothing, not even room
        past_length = self._cached_tokens(past)
        prompt = past_length + prompt_length
        limit = self._answer_limit(prompt, config.max_length, config.max_new_tokens)
        if past is None:
            return self._cache_for(prompt, limit, batch), past_length, limit
        cache = past.snapshot()
        self._reserve(cache, prompt, limit)
        return cache, past_length, limit

    # ------------------------------------------------------------------------------------------------------------ chat

    @staticmethod
    def process_response(response: str) -> str:
        """The text of an answer as it is shown: stripped, with the placeholder of the training date filled in."""
        return response.strip().replace("[[训练时间]]", "2023年")

    def build_inputs(self, tokenizer: Any, query: str, history: Optional[History] = None) -> BatchEncoding:
        """The tokenized prompt of a conversation, on the model's device."""
        _check_query(query)
        return tokenizer([tokenizer.build_prompt(query, history or [])], return_tensors="pt").to(self._input_device())

    def build_stream_inputs(self, tokenizer: Any, query: str, history: Optional[History] = None) -> BatchEncoding:
        """The tokenized prompt of the next round alone, to continue a cache that holds the earlier ones."""
        if not history:
            return self.build_inputs(tokenizer, query)
        _check_query(query)
        prompt = f"\n\n[Round {len(history) + 1}]\n\n问：{query}\n\n答："
        ids = tokenizer.encode(prompt, add_special_tokens=False)[1:]  # without the space that starts a text
        return tokenizer.pad([{"input_ids": ids}], return_tensors="pt").to(self._input_device())

    @torch.no_grad()
    def chat(
        self,
        tokenizer: Any,
        query: str,
        history: Optional[History] = None,
        max_length: Optional[int] = 32768,
        num_beams: int = 1,
        do_sample: bool = True,
        top_p: float = 0.8,
        temperature: float = 0.8,
        logits_processor: Optional[LogitsProcessorList] = None,
        past_key_values: Optional[KVCache] = None,
        progress: Optional[Progress] = None,
        **kwargs: Any,
    ) -> Tuple[str, History]:
        """Answers a query.

        Args:
            history: earlier rounds, (query, response) each.
            max_length: tokens of prompt and answer together; None for `seq_length`. The answer has one token at least.
            past_key_values: a `KVCache` (see `make_cache`) to keep between calls: the longest prefix that it shares
                with this prompt is not computed again. Written in place; where the call ends by an exception, it holds
                what was read of the prompt.
            progress: as for `generate()`.
            kwargs: further settings of `generate()`.

        Returns:
            response, history with the new round at its end.

        Prompt lookup (`prompt_lookup_num_tokens`, transformers 4.37) takes `do_sample=False`. On a CPU a pass guesses
        up to 7 tokens: the compiled kernels give so few at once what they would give each alone, to the bit.

        Raises:
            ValueError: a prompt above `seq_length`, beams with a cache to keep, or prompt lookup with beams, with
                sampling or before transformers 4.37.
        """
        inputs = self.build_inputs(tokenizer, query, history)
        settings = self._chat_settings(max_length, do_sample, top_p, temperature, logits_processor, kwargs)
        prompt = inputs["input_ids"]
        self._check_chat_lookup(settings, num_beams)
        self._bound_answer(settings, prompt.shape[1])
        if past_key_values is not None:
            if not isinstance(past_key_values, KVCache):
                raise TypeError(
                    f"chat() keeps a KVCache (see make_cache), got {type(past_key_values).__name__}; "
                    f"stream_chat() continues what generate() returned"
                )
            if num_beams > 1 or (settings.get("num_return_sequences") or 1) > 1:
                raise ValueError(
                    "a cache kept between calls follows one candidate: num_beams and num_return_sequences must be 1"
                )
            settings["past_key_values"] = past_key_values
            inputs.pop("position_ids", None)
        if progress is not None:
            settings["progress"] = progress
        ids = prompt[0].tolist()
        with nullcontext(ids) if past_key_values is None else past_key_values.kept_by_chat(ids) as ids:
            output = self.generate(**inputs, num_beams=num_beams, **settings)
            answer = (output if isinstance(output, Tensor) else output.sequences)[0, prompt.shape[1] :].tolist()
            ids += answer
        response = self.process_response(AnswerText(tokenizer).append(*answer))
        return response, [*(history or []), (query, response)]

    @torch.no_grad()
    def stream_chat(
        self,
        tokenizer: Any,
        query: str,
        history: Optional[History] = None,
        past_key_values: Optional[KVCache] = None,
        max_length: Optional[int] = 32768,
        do_sample: bool = True,
        top_p: float = 0.8,
        temperature: float = 0.8,
        logits_processor: Optional[LogitsProcessorList] = None,
        return_past_key_values: bool = False,
        progress: Optional[Progress] = None,
        **kwargs: Any,
    ) -> Iterator[Tuple]:
        """Answers a query, yielding the answer so far whenever it ends in a complete character.

        Args:
            past_key_values: what an earlier call with `return_past_key_values` gave last; `history` then names the
                rounds that it holds, and only the new query is computed.
            progress: as for `generate()`; told of a token before the text with it is yielded.
            kwargs: further arguments of `stream_generate()`, such as `generator`.

        Yields:
            (response so far, history), or with `return_past_key_values` (response so far, history, past_key_values).

        Raises:
            ValueError: a prompt above `seq_length`, settings that a stream cannot honour, or `top_logprobs`.
        """
        if kwargs.get("top_logprobs") is not None:
            raise ValueError("stream_chat() yields texts; stream_generate() gives top_logprobs, token by token")
        if past_key_values is None:
            inputs = self.build_inputs(tokenizer, query, history)
        else:
            inputs = self.build_stream_inputs(tokenizer, query, history)
            inputs.pop("position_ids", None)  # they continue after the cache
        settings = self._chat_settings(max_length, do_sample, top_p, temperature, logits_processor, kwargs)
        if progress is not None:
            settings["progress"] = progress
        text = AnswerText(tokenizer)
        stream = self.stream_generate(
            **inputs, past_key_values=past_key_values, return_past_key_values=return_past_key_values, **settings
        )
        for step in stream:
            ids, cache = step if return_past_key_values else (step, None)
            response = text.append(int(ids[0, -1]))
            if response and not response.endswith("\ufffd"):
                response = self.process_response(response)
                new_history = [*(history or []), (query, response)]
                yield (response, new_history, cache) if return_past_key_values else (response, new_history)

    def _chat_settings(
        self,
        max_length: Optional[int],
        do_sample: bool,
        top_p: float,
        temperature: float,
        logits_processor: Optional[LogitsProcessorList],
        kwargs: Dict[str, Any],
    ) -> Dict[str, Any]:
        settings = {"do_sample": do_sample, **kwargs}
        if do_sample:
            settings.update(top_p=top_p, temperature=temperature)
        if settings.get("max_new_tokens") is None:
            settings["max_length"] = max_length
        config = self._completed(settings.get("generation_config"))
        masked = bool(logits_processor) or any(
            counts(settings.get(name, getattr(config, name, None))) for name, counts, *_ in PROCESSORS
        )
        guard = InvalidScoreLogitsProcessor(masked)
        settings["logits_processor"] = LogitsProcessorList([*(logits_processor or []), guard])
        return settings

    def _check_chat_lookup(self, settings: Dict[str, Any], num_beams: int) -> None:
        """Refuses prompt lookup where it cannot be, and keeps its passes to what leaves greedy answers as they are."""
        config, name = self._completed(settings.get("generation_config")), LOOKUP_SETTINGS[0]
        asked = settings.get(name) if settings.get(name) is not None else getattr(config, name, None)
        candidates = max(num_beams, settings.get("num_return_sequences") or 1)
        guesses = guesses_a_pass(asked, settings["do_sample"], candidates, self._input_device())
        if guesses:
            _check_release()
        if asked is not None:
            settings[name] = guesses or None

    def _bound_answer(self, settings: Dict[str, Any], prompt_length: int) -> None:
        """Makes the settings of a chat ask for one token at least, which `generate()` of 5.x refuses, and for no more
        than fits. A bound in a generation config comes before `max_length`, and is the caller's own affair."""
        config = self._completed(settings.get("generation_config"))
        new = settings.get("max_new_tokens")
        if new is not None:
            settings["max_new_tokens"] = self._answer_limit(prompt_length, None, new) - prompt_length
        elif config.max_new_tokens is None:
            settings["max_length"] = self._answer_limit(prompt_length, settings["max_length"], None)


def _unpadded(prompt: Tensor, attention_mask: Optional[Tensor], pad: Optional[int]) -> bool:
    """Whether the mask of a prompt hides nothing; where none is given, transformers makes one of padding it finds."""
    if attention_mask is None:
        return pad is None or prompt.is_floating_point() or not bool((prompt == pad).any())
    return attention_mask.dim() == 2 and bool(attention_mask.all())


def _check_release() -> None:
    if not HAS_PROMPT_LOOKUP:
        raise ValueError(
            f"prompt_lookup_num_tokens needs transformers 4.37 or newer in generate() and chat(), "
            f"{'.'.join(map(str, RELEASE))} is installed: upgrade it, or use stream_generate() or stream_chat(), "
            f"which look up by themselves"
        )


def _check_query(query: str) -> None:
    if not isinstance(query, str):
        raise TypeError(f"query must be a string, got {type(query).__name__}")
    if not query.strip():
        _logger.warning("the query is empty: the model answers all the same")


def _eos_ids(config: GenerationConfig) -> List[int]:
    eos = config.eos_token_id
    return [token for token in (eos if isinstance(eos, (list, tuple)) else [eos]) if token is not None]
