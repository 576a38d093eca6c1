"""From the scores of a step to those that a token is chosen by, and what may be guessed of it: guard, processors."""

import inspect
import logging
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList
from transformers.generation import logits_process

_logger = logging.getLogger(__name__)


class InvalidScoreLogitsProcessor(LogitsProcessor):
    """Scores with NaN or Inf become all zero but for token 5, so that sampling goes on instead of raising.

    Warns once: the answer is worth nothing from there on.

    Args:
        masked: whether processors before this one rule tokens out; -inf is then no fault, unless no token is left.
    """

    def __init__(self, masked: bool = False):
        self.masked, self.warned = masked, False

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        finite = torch.isfinite(scores)
        if finite.all() or (self.masked and (finite | (scores == float("-inf"))).all() and finite.any(-1).all()):
            return scores
        if not self.warned:
            _logger.warning(
                "the model's scores are NaN or infinite: the rest of this answer is token 5 again and again. Usual "
                "causes are an overflow in 16 bits (try bfloat16 or float32) and damaged weights"
            )
        self.warned = True
        scores = torch.zeros_like(scores)
        scores[..., 5] = 5e4
        return scores


class StreamLimits(NamedTuple):
    """What the processors of a stream ask for beside their own setting."""

    prompt_ids: Tensor  # [b, s]
    max_length: int  # of the ids, prompt included
    eos_ids: List[int]

    @property
    def prompt_length(self) -> int:
        return self.prompt_ids.shape[1]


def _given(value: Any) -> bool:
    return value is not None


def _below_one(value: Any) -> bool:
    return value is not None and value < 1.0


def _not_one(value: Any) -> bool:
    return value not in (None, 1.0)


def _a_fraction(value: Any) -> bool:
    return value is not None and 0.0 < value < 1.0


# A setting, when it counts, the class of transformers for it, and what that class is made from.
Row = Tuple[str, Callable[[Any], bool], str, Callable[[Any, StreamLimits], List[Any]]]
# In the order in which `generate()` applies them.
PROCESSORS: Tuple[Row, ...] = (
    ("sequence_bias", bool, "SequenceBiasLogitsProcessor", lambda value, limits: [value]),
    (
        "encoder_repetition_penalty",
        _not_one,
        "EncoderRepetitionPenaltyLogitsProcessor",
        lambda value, limits: [value, limits.prompt_ids],
    ),
    ("repetition_penalty", _not_one, "RepetitionPenaltyLogitsProcessor", lambda value, limits: [value]),
    ("no_repeat_ngram_size", bool, "NoRepeatNGramLogitsProcessor", lambda value, limits: [value]),
    (
        "encoder_no_repeat_ngram_size",
        bool,
        "EncoderNoRepeatNGramLogitsProcessor",
        lambda value, limits: [value, limits.prompt_ids],
    ),
    ("bad_words_ids", bool, "NoBadWordsLogitsProcessor", lambda value, limits: [value, limits.eos_ids]),
    ("min_length", bool, "MinLengthLogitsProcessor", lambda value, limits: [value, limits.eos_ids]),
    (
        "min_new_tokens",
        bool,
        "MinNewTokensLengthLogitsProcessor",
        lambda value, limits: [limits.prompt_length, value, limits.eos_ids],
    ),
    ("prefix_allowed_tokens_fn", _given, "PrefixConstrainedLogitsProcessor", lambda value, limits: [value, 1]),
    ("forced_bos_token_id", _given, "ForcedBOSTokenLogitsProcessor", lambda value, limits: [value]),
    ("forced_eos_token_id", _given, "ForcedEOSTokenLogitsProcessor", lambda value, limits: [limits.max_length, value]),
    ("remove_invalid_values", bool, "InfNanRemoveLogitsProcessor", lambda value, limits: []),
    (
        "exponential_decay_length_penalty",
        _given,
        "ExponentialDecayLengthPenalty",
        lambda value, limits: [value, limits.eos_ids, limits.prompt_length],
    ),
    ("suppress_tokens", _given, "SuppressTokensLogitsProcessor", lambda value, limits: [value]),
    (
        "begin_suppress_tokens",
        _given,
        "SuppressTokensAtBeginLogitsProcessor",
        lambda value, limits: [value, limits.prompt_length],
    ),
)
# With sampling only, and behind the caller's own processors.
WARPERS: Tuple[Row, ...] = (
    ("temperature", _not_one, "TemperatureLogitsWarper", lambda value, limits: [value]),
    ("top_h", _given, "TopHLogitsWarper", lambda value, limits: [value]),
    ("top_k", bool, "TopKLogitsWarper", lambda value, limits: [value]),
    ("top_p", _below_one, "TopPLogitsWarper", lambda value, limits: [value]),
    ("min_p", _given, "MinPLogitsWarper", lambda value, limits: [value]),
    ("typical_p", _below_one, "TypicalLogitsWarper", lambda value, limits: [value]),
    ("epsilon_cutoff", _a_fraction, "EpsilonLogitsWarper", lambda value, limits: [value]),
    ("eta_cutoff", _a_fraction, "EtaLogitsWarper", lambda value, limits: [value]),
)
RENORMALIZE: Tuple[Row, ...] = (("renormalize_logits", bool, "LogitNormalization", lambda value, limits: []),)
# What only `generate()` can honour: several candidates, other ways of choosing them, a second pass per token.
NOT_IN_STREAMS = (
    "penalty_alpha",
    "guidance_scale",
    "watermarking_config",
    "dola_layers",
    "stop_strings",
    "constraints",
    "force_words_ids",
    "token_healing",
)
ONE_IN_STREAMS = ("num_beams", "num_return_sequences", "num_beam_groups")


def check_stream_settings(config: GenerationConfig) -> None:
    """Raises ValueError for a setting that only `generate()` can honour."""
    for name in NOT_IN_STREAMS:
        value = getattr(config, name, None)
        if value and value != 1.0:
            raise ValueError(f"a stream cannot honour {name}={value!r}: use generate(), with a streamer if need be")
    for name in ONE_IN_STREAMS:
        if (getattr(config, name, None) or 1) > 1:
            raise ValueError(f"a stream follows one candidate, got {name}={getattr(config, name)}: use generate()")


def make_logits_processors(
    settings: Dict[str, Any], limits: StreamLimits, device: torch.device, custom: Optional[LogitsProcessorList]
) -> LogitsProcessorList:
    """The processors that a stream's settings ask for, `custom` ones where `generate()` puts them.

    Raises:
        ValueError: a setting of newer releases than the installed one.
    """
    processors = LogitsProcessorList()

    def add(rows: Tuple[Row, ...]) -> None:
        for name, counts, class_name, arguments in rows:
            value = settings.get(name)
            if counts(value):
                kind = getattr(logits_process, class_name, None)  # old releases export only some
                if kind is None:
                    raise ValueError(f"{name}={value!r} needs {class_name}, which this release of transformers lacks")
                takes_device = "device" in inspect.signature(kind.__init__).parameters
                processors.append(kind(*arguments(value, limits), **({"device": device} if takes_device else {})))

    if not limits.eos_ids:  # nothing to hold back
        settings = {**settings, "min_length": None, "min_new_tokens": None}
    add(PROCESSORS)
    for index, processor in enumerate(processors):  # a caller's own of the same kind comes in its place
        processors[index] = next((own for own in custom or [] if type(own) is type(processor)), processor)
    processors.extend(own for own in custom or [] if not any(own is processor for processor in processors))
    if settings.get("do_sample"):
        add(WARPERS)
    add(RENORMALIZE)
    return processors


# ----------------------------------------------------------------------------------------------------- the next token


def choose(scores: Tensor, do_sample: Optional[bool], generator: Optional[torch.Generator] = None) -> Tensor:
    """The next token of every row, ids [b, 1], by processed scores [b, vocab]: drawn, or the likeliest."""
    if do_sample:
        return torch.multinomial(scores.softmax(-1), 1, generator=generator)
    return scores.argmax(-1, keepdim=True)


def check_top_logprobs(count: Optional[int], vocabulary: int) -> None:
    """Raises ValueError for what is no number of tokens of this vocabulary; None is none."""
    if count is not None and not (type(count) is int and 0 <= count <= vocabulary):
        raise ValueError(f"top_logprobs is a number of tokens from 0 to {vocabulary}, got {count!r}")


class TokenLogprobs(NamedTuple):
    """Natural logarithms of probabilities as the model gave them, before temperature, top_p and other settings."""

    chosen: Tensor  # fp32 [b], of the token that was chosen
    top: Tensor  # fp32 [b, k], of the likeliest ones, falling
    top_ids: Tensor  # int64 [b, k]

    @classmethod
    def of(cls, logprobs: Tensor, chosen: Tensor, count: Optional[int]) -> "TokenLogprobs":
        """From those of the whole vocabulary, [b, vocab], and the ids that were chosen, [b, 1]."""
        top, top_ids = logprobs.topk(count or 0, dim=-1)
        return cls(logprobs.gather(-1, chosen)[:, 0], top, top_ids)


# ------------------------------------------------------------------------------------------------------- prompt lookup

# The compiled kernels give each of so few tokens in a pass what a pass of its own would, to the bit. What torch
# multiplies instead (float32 weights, tiny layers) may differ in last bits.
FEW_TOKENS = 8


def guesses_a_pass(guesses: Optional[int], do_sample: Optional[bool], candidates: int, device: torch.device) -> int:
    """How many tokens prompt lookup may guess for one pass; 0 without it.

    Args:
        guesses: the setting `prompt_lookup_num_tokens`.
        do_sample: must be off: a guess is right where it is the likeliest token.
        candidates: rows of the batch, beams, or answers to return, whichever is most.
        device: where tokens are read. On a CPU, a pass is kept to `FEW_TOKENS`.

    Raises:
        ValueError: no number of tokens, or prompt lookup with sampling or for several candidates.
    """
    if not guesses:
        return 0
    if not isinstance(guesses, int) or guesses < 0:
        raise ValueError(f"prompt_lookup_num_tokens is the number of tokens to guess a pass, got {guesses!r}")
    if do_sample:
        raise ValueError(
            f"prompt_lookup_num_tokens={guesses} guesses the likeliest tokens: give do_sample=False with it, or leave "
            f"it out to sample"
        )
    if candidates > 1:
        raise ValueError(
            f"prompt_lookup_num_tokens={guesses} follows one candidate of one row, got {candidates} (the batch, "
            f"num_beams or num_return_sequences): leave one of the two out"
        )
    return min(guesses, FEW_TOKENS - 1) if device.type == "cpu" else guesses


def guess_next(ids: Tensor, guesses: int, longest: Optional[int] = None) -> Tensor:
    """What may come next: what stood behind the last tokens where they stood first.

    Args:
        ids: [1, t].
        guesses: tokens at most.
        longest: of the last tokens, how many are looked for; fewer where these stood nowhere. None for 2.

    Returns:
        ids [1, 0 to guesses].
    """
    size = min(longest or 2, ids.shape[1] - 1)
    while size > 0 and guesses > 0:
        places = (ids[0, :-1].unfold(0, size, 1) == ids[0, -size:]).all(-1).nonzero()
        if len(places):
            start = int(places[0]) + size
            return ids[:, start : start + guesses]
        size -= 1
    return ids[:, :0]


class StreamPasses:
    """The ids of a stream, and the passes it makes: one gives the scores of the next token and, with prompt lookup, of
    those behind guesses, which are good until a guess was wrong.

    Args:
        forward: of the model.
        cache: a `KVCache`, written to. While guesses wait to be judged, it holds them too.
        prompt: [b, s], read by the first pass.
        most: ids at most, prompt included.
        attention_mask: [b, cached + s], or None where nothing is masked.
        position_ids: [b, s], or None for the usual ones.
        guesses: of prompt lookup, a pass; more than 0 for one row only.
        longest: see `guess_next`.
    """

    def __init__(
        self,
        forward: Callable[..., Any],
        cache: Any,
        prompt: Tensor,
        most: int,
        attention_mask: Optional[Tensor] = None,
        position_ids: Optional[Tensor] = None,
        guesses: int = 0,
        longest: Optional[int] = None,
    ):
        self.forward, self.cache, self.prompt_length = forward, cache, prompt.shape[1]
        self.attention_mask, self.position_ids = attention_mask, position_ids
        self.guesses, self.longest = guesses, longest
        self.cached = max(0, cache.length - cache.prefix_length)  # tokens before the prompt
        known = cache.token_ids if guesses else []
        self.knows_all = guesses > 0 and len(known) == self.cached and attention_mask is None
        if self.knows_all and position_ids is not None:
            usual = torch.arange(self.cached, self.cached + self.prompt_length, device=position_ids.device)
            self.knows_all = bool((position_ids == usual).all())
        self.text = prompt.new_empty(prompt.shape[0], len(known) + most)  # in which guesses are looked for
        self.text[:, : len(known)] = prompt.new_tensor(known)
        self.ids = self.text[:, len(known) :]  # room for those of the stream
        self.ids[:, : self.prompt_length] = prompt
        self.read = 0  # ids that were read, guesses left out
        self.guessed = prompt[:, :0]  # behind them, read and not judged yet
        self.logits: Optional[Tensor] = None  # [b, 1 + guessed, vocab], which are there already

    def next_scores(self, length: int, **told: Any) -> Tensor:
        """[b, vocab] in fp32, of the token behind the first `length` ids. told: arguments of `forward`, if it runs."""
        if self.logits is None:
            self.logits = self._run(length, told)
        self.read = length
        return self.logits[:, 0].float()

    def _run(self, length: int, told: Dict[str, Any]) -> Tensor:
        if self.read:
            room = min(self.guesses, self.ids.shape[1] - length - 1)
            end = self.text.shape[1] - self.ids.shape[1] + length
            self.guessed = guess_next(self.text[:, :end], room, self.longest)
        new, count = self.ids[:, self.read : length], self.guessed.shape[1]
        if count:
            new, told = torch.cat((new, self.guessed), 1), {**told, "logits_to_keep": count + 1}
        mask, positions, total = self.attention_mask, self.position_ids, self.cached + length + count
        if mask is not None:
            mask = F.pad(mask, (0, total - mask.shape[1]), value=1)
        if positions is not None and self.read:
            steps = torch.arange(self.read, length + count, device=positions.device) - self.prompt_length + 1
            positions = positions[:, -1:] + steps
        return self.forward(
            new,
            positions,
            mask,
            past_key_values=self.cache,  # by name: accelerate moves what comes by position to a device
            use_cache=True,
            return_dict=True,
            return_last_logit=True,
            **told,
        ).logits[:, -1 - count :]

    def judge(self, chosen: Tensor, last: bool) -> None:
        """Keeps what is ready where the tokens that were chosen, [b, 1], had been guessed, and are not the last."""
        right = not last and self.guessed.shape[1] > 0 and bool((self.guessed[:, :1] == chosen).all())
        if right and self.logits is not None:
            self.guessed, self.logits = self.guessed[:, 1:], self.logits[:, 1:]
            return
        if self.guessed.shape[1]:
            self.cache.take_back(self.guessed.shape[1])
        self.guessed, self.logits = self.guessed[:, :0], None

    def snapshot(self) -> Any:
        """The cache with all ids but the last. With prompt lookup it knows them: the next stream looks there too."""
        held = self.cache.snapshot()
        held.truncate(held.prefix_length + self.cached + self.read)
        if self.knows_all:
            held.token_ids = self.text[0, : self.cached + self.read].tolist()
        return held
