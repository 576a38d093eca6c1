"""Which requests there are: a field is honoured, or passes as its value asks for nothing, or is refused by name."""

import json
import re
from typing import Any, Dict, List, NamedTuple, Optional, Tuple, Type, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from examples.server.errors import refused, shown

MOST_STOPS = 4
MOST_LOGPROBS = {"chat": 20, "text": 5}  # of the likeliest tokens, as OpenAI has them
TEXT_DEFAULT = 16  # tokens of a plain completion, as OpenAI has it
SURROGATE = re.compile("[\ud800-\udfff]")
ROLES = "system, developer, user or assistant"


class Neutral(NamedTuple):
    """A field that this server cannot honour: the values that ask for nothing, and what to do instead of others."""

    values: Tuple[Any, ...]
    instead: str


ONE = Neutral((1,), "one answer per request: send the request again, with another seed, for each further one")
NO_TOOLS = "this model was not trained to call tools: leave it out, and describe in the messages what is needed"
TEXT_ONLY = "this model reads and writes text: leave it out"
KEEPS_NOTHING = "this server keeps nothing: leave it out"
COMMON: Dict[str, Neutral] = {"n": ONE}
CHAT: Dict[str, Neutral] = {
    **COMMON,
    "audio": Neutral((), TEXT_ONLY),
    "function_call": Neutral(("none", "auto"), NO_TOOLS),
    "functions": Neutral(([],), NO_TOOLS),
    "modalities": Neutral((["text"],), "this model writes text: ['text'], or leave it out"),
    "moderation": Neutral((), "this server has no moderation: leave it out"),
    "parallel_tool_calls": Neutral((True, False), NO_TOOLS),
    "prediction": Neutral((), "a predicted answer is not made use of: leave it out"),
    "prompt_cache_options": Neutral((), "shared prefixes are kept by themselves, by recent use: leave it out"),
    "prompt_cache_retention": Neutral(("in_memory",), "prefixes are kept in memory: 'in_memory', or leave it out"),
    "reasoning_effort": Neutral(("none",), "this model does not reason before it answers: 'none', or leave it out"),
    "response_format": Neutral(
        ({"type": "text"},), "answers are free text: {'type': 'text'}, and ask for the format in the messages"
    ),
    "service_tier": Neutral(("auto", "default"), "there is one tier: 'auto' or 'default'"),
    "store": Neutral((False,), KEEPS_NOTHING),
    "tool_choice": Neutral(("none", "auto"), NO_TOOLS),
    "tools": Neutral(([],), NO_TOOLS),
    "verbosity": Neutral(("medium",), "ask for short or long answers in the messages: 'medium', or leave it out"),
    "web_search_options": Neutral((), "this server does not search the web: leave it out"),
}
TEXT: Dict[str, Neutral] = {
    **COMMON,
    "best_of": ONE,
    "suffix": Neutral(("",), "this model continues texts and fills no gaps: leave it out"),
}


def same(value: Any, other: Any) -> bool:
    return type(value) is type(other) and value == other


# -------------------------------------------------------------------------------------------------------------- fields


class StreamOptions(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    include_usage: Optional[bool] = None
    include_obfuscation: Optional[bool] = None

    @field_validator("include_obfuscation")
    @classmethod
    def plain(cls, value: Optional[bool]) -> Optional[bool]:
        if value:
            raise ValueError("pieces are sent as they are: false, or leave it out")
        return value


class Message(BaseModel):
    """One message. What it may hold beside role and content must be empty."""

    model_config = ConfigDict(extra="forbid", strict=True)
    role: str
    content: str

    @model_validator(mode="before")
    @classmethod
    def plain(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            raise ValueError("must be an object with role and content")
        data = dict(data)
        for name in ("name", "tool_calls", "function_call", "audio", "refusal"):
            value = data.pop(name, None)
            if value not in (None, "", []):
                raise ValueError(f"{name}={shown(value)} cannot be given to this model: leave it out")
        if data.get("role") == "developer":  # the newer name
            data["role"] = "system"
        if data.get("role") not in ("system", "user", "assistant"):
            raise ValueError(f"role must be {ROLES}, got {shown(data.get('role'))}")
        data["content"] = cls.joined(data.get("content"))
        return data

    @staticmethod
    def joined(content: Any) -> str:
        """A text, or the texts of a list of parts, one behind another."""
        if isinstance(content, str):
            return content
        if not isinstance(content, list):
            raise ValueError(f"content must be a text or a list of text parts, got {shown(content)}")
        for part in content:
            kind = part.get("type") if isinstance(part, dict) else None
            if kind != "text" or not isinstance(part.get("text"), str):
                raise ValueError(
                    f"a part of content must be {{'type': 'text', 'text': ...}}, since this model reads text alone; "
                    f"got {shown(part)}"
                )
        return "".join(part["text"] for part in content)


class Request(BaseModel):
    """What both kinds of requests have. Fields that were null have their defaults."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    model: Optional[str] = None
    stream: bool = False
    stream_options: Optional[StreamOptions] = None
    temperature: Optional[float] = Field(None, ge=0, le=2)
    top_p: Optional[float] = Field(None, ge=0, le=1)
    max_tokens: Optional[int] = Field(None, ge=1)
    stop: List[str] = []
    seed: Optional[int] = Field(None, ge=-(2**63), lt=2**63)
    frequency_penalty: float = Field(0.0, ge=-2, le=2)
    presence_penalty: float = Field(0.0, ge=-2, le=2)
    logit_bias: Dict[int, float] = {}
    user: Optional[str] = None

    @field_validator("stop", mode="before")
    @classmethod
    def stops(cls, value: Any) -> Any:
        value = [value] if isinstance(value, str) else value
        texts = isinstance(value, list) and all(isinstance(text, str) and text for text in value)
        if not texts or len(value) > MOST_STOPS:
            raise ValueError(f"must be a text that is not empty, or a list of at most {MOST_STOPS} of them")
        return value

    @field_validator("logit_bias", mode="before")
    @classmethod
    def bias(cls, value: Any) -> Any:
        def good(name: str, number: Any) -> bool:
            return name.isdecimal() and type(number) in (int, float) and -100 <= number <= 100

        if not isinstance(value, dict) or not all(good(*item) for item in value.items()):
            raise ValueError("must map ids of tokens, as texts, to numbers from -100 to 100")
        return {int(name): float(number) for name, number in value.items()}

    @model_validator(mode="after")
    def usage_of_streams(self) -> "Request":
        if self.stream_options is not None and not self.stream:
            raise ValueError("stream_options is for streams: set stream to true, or leave it out")
        return self

    def wants_usage(self) -> bool:
        return self.stream_options is not None and bool(self.stream_options.include_usage)

    def most_tokens(self) -> Optional[int]:
        return self.max_tokens

    def top_logprobs(self) -> Optional[int]:
        """How many of the likeliest tokens are told of; None where no log-probabilities are asked for."""
        raise NotImplementedError


class ChatRequest(Request):
    messages: List[Message]
    max_completion_tokens: Optional[int] = Field(None, ge=1)
    logprobs: bool = False
    top: Optional[int] = Field(None, ge=0, le=MOST_LOGPROBS["chat"], alias="top_logprobs")
    metadata: Optional[Dict[str, str]] = None
    safety_identifier: Optional[str] = None
    prompt_cache_key: Optional[str] = None

    @model_validator(mode="after")
    def agree(self) -> "ChatRequest":
        if self.max_tokens and self.max_completion_tokens and self.max_tokens != self.max_completion_tokens:
            raise ValueError(
                f"max_tokens={self.max_tokens} and max_completion_tokens={self.max_completion_tokens} are two names "
                f"of one bound: give one of them"
            )
        if self.top is not None and not self.logprobs:
            raise ValueError(f"top_logprobs={self.top} needs logprobs: set it to true, or leave top_logprobs out")
        return self

    @model_validator(mode="after")
    def rounds(self) -> "ChatRequest":
        roles = [message.role for message in self.messages]
        speakers = roles[next((at for at, role in enumerate(roles) if role != "system"), len(roles)) :]
        if len(speakers) % 2 == 0 or speakers != ["user", "assistant"] * (len(speakers) // 2) + ["user"]:
            raise ValueError(
                f"messages must be system messages, if any, and then user and assistant in turn, a user first and "
                f"last; got {shown(roles)}: join messages of one speaker to one"
            )
        return self

    def most_tokens(self) -> Optional[int]:
        return self.max_completion_tokens or self.max_tokens

    def top_logprobs(self) -> Optional[int]:
        return (self.top or 0) if self.logprobs else None


class TextRequest(Request):
    prompt: Any
    echo: bool = False
    logprobs: Optional[int] = Field(None, ge=0, le=MOST_LOGPROBS["text"])

    @field_validator("prompt")
    @classmethod
    def one(cls, value: Any) -> Any:
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], (str, list)):
            value = value[0]
        ids = isinstance(value, list) and bool(value) and all(type(token) is int for token in value)
        if not (ids or isinstance(value, str)):
            raise ValueError("must be one text, or the ids of one: send a request for each prompt")
        return value

    @model_validator(mode="after")
    def agree(self) -> "TextRequest":
        if self.echo and self.logprobs is not None:
            raise ValueError("echo with logprobs asks for those of the prompt, which are not computed: leave one out")
        if self.echo and not isinstance(self.prompt, str):
            raise ValueError("echo needs the prompt as a text, not as ids")
        return self

    def most_tokens(self) -> Optional[int]:
        return self.max_tokens or TEXT_DEFAULT

    def top_logprobs(self) -> Optional[int]:
        return self.logprobs


# ------------------------------------------------------------------------------------------------------------- reading

Kind = TypeVar("Kind", bound=Request)


def parse(body: bytes) -> Any:
    """JSON as the standard has it: no NaN, no halves of characters."""

    def constant(name: str) -> None:
        raise refused(None, f"the body holds {name}, which is no JSON: give a number, or leave the field out")

    try:
        data = json.loads(body.decode("utf-8"), parse_constant=constant)
    except UnicodeDecodeError as error:
        raise refused(None, f"the body is not UTF-8 (byte {error.start})") from None
    except (ValueError, RecursionError) as error:
        raise refused(None, f"the body is no JSON: {error}") from None
    _check_texts(data)
    return data


def _check_texts(data: Any) -> None:
    waiting = [("", data)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str) and SURROGATE.search(value):
            found = ascii(SURROGATE.search(value)[0])
            raise refused(path, f"{path or 'the body'} holds {found}, half of a character: send both halves, or none")
        if isinstance(value, dict):
            if any(map(SURROGATE.search, value)):
                raise refused(path or None, "a name of a field holds half of a character")
            waiting += [(f"{path}.{name}" if path else name, part) for name, part in value.items()]
        if isinstance(value, list):
            waiting += [(f"{path}[{at}]", part) for at, part in enumerate(value)]


def read(kind: Type[Kind], neutral: Dict[str, Neutral], data: Any) -> Kind:
    """A request, or the refusal that names its first field that is wrong."""
    if not isinstance(data, dict):
        raise refused(None, f"the body must be a JSON object, got {shown(data)}")
    data = {name: value for name, value in data.items() if value is not None}
    for name in neutral.keys() & data.keys():
        rule, value = neutral[name], data.pop(name)
        if not any(same(value, other) for other in rule.values):
            raise refused(name, f"{name}={shown(value)} is not supported: {rule.instead}", "unsupported_value")
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False)[0]) from None


def _refusal(error: Any) -> Exception:
    param = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"]).lstrip(".")
    message = error["msg"]
    if message.startswith("Value error, "):
        message = message[len("Value error, ") :]
    if error["type"] == "missing":
        return refused(param, f"{param} is missing")
    if error["type"] == "extra_forbidden":
        return refused(param, f"{param} is no field of this request: leave it out", "unknown_parameter")
    if not param:  # a rule about several fields, whose message names them
        return refused(re.match(r"\w+", message)[0], message, "invalid_value")
    return refused(param, f"{param}: {message}; got {shown(error['input'])}", "invalid_value")
