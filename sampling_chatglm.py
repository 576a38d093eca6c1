"""From the scores of a step to those that a token is chosen by: the guard of a chat, the processors of a stream."""

import inspect
import logging
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

import torch
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
    "prompt_lookup_num_tokens",
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
