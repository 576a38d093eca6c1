"""One answer: its tokens out of the model, its text up to a stop, its log-probabilities, and what is kept of it."""

import sys
import time
from typing import Any, Callable, Generator, List, NamedTuple, Optional, Tuple, Union

import torch
from torch import Tensor
from transformers import LogitsProcessor, LogitsProcessorList

from examples.server.prefixes import Prefixes
from examples.server.schema import ChatRequest, Request
from examples.server.turns import Job

HELD_BACK = "[[训练时间]]"  # `process_response` replaces it when it is whole
DEFAULTS = {"temperature": 0.8, "top_p": 0.8}  # those of chat()


class Token(NamedTuple):
    """A token with the natural logarithms of probabilities that the model gave."""

    id: int
    logprob: float
    top: List[Tuple[int, float]]  # the likeliest, falling
    start: int  # characters of the answer before it
    end: int  # and with it


class Piece(NamedTuple):
    """What is new in an answer."""

    text: str
    tokens: List[Token]  # empty where no log-probabilities are asked for


class End(NamedTuple):
    """The end of an answer: why, or the error that ended it."""

    reason: str
    error: Optional[BaseException] = None


# --------------------------------------------------------------------------------------------------------------- text


class Text:
    """What of a growing text may be shown: what no later token changes, and nothing of a stop.

    Args:
        process: from the text so far to how it is shown.
        stops: texts that end it and are not part of it.
    """

    def __init__(self, process: Callable[[str], str], stops: List[str]):
        self.process, self.stops = process, stops
        self.whole, self.shown, self.stopped = "", "", False

    def grow(self, text: str, last: bool = False) -> str:
        """What is new to show, now that the answer's text is this one."""
        self.whole = self.process(text.rstrip("\ufffd"))  # not the bytes of half a character
        found = [at for at in (self.whole.find(stop) for stop in self.stops) if at >= 0]
        certain = len(self.whole)
        if found:
            self.stopped, certain = True, min(found)
        elif not last:
            certain -= max((begun(self.whole, mark) for mark in (*self.stops, HELD_BACK)), default=0)
        new = self.whole[len(self.shown) : certain]
        self.shown += new
        return new


def begun(text: str, mark: str) -> int:
    """With how many characters of a mark, not all, a text ends."""
    return next((count for count in range(min(len(mark) - 1, len(text)), 0, -1) if text.endswith(mark[:count])), 0)


# ------------------------------------------------------------------------------------------------------------- scores


class Adjust(LogitsProcessor):
    """OpenAI's penalties and biases: added to the scores before anything else.

    Args:
        prompt: ids that are not the answer's, in front of those it is called with.
    """

    def __init__(self, request: Request, prompt: int):
        self.request, self.prompt = request, prompt

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        said = torch.bincount(input_ids[0, self.prompt :], minlength=scores.shape[-1]).to(scores)
        scores = scores - self.request.frequency_penalty * said - self.request.presence_penalty * (said > 0)
        for token, bias in self.request.logit_bias.items():
            scores[:, token] += bias
        return scores


class Answer(Job):
    """An answer to a request; what is new of it goes to `deliver`, from another thread.

    Args:
        ids: of the prompt.
        deliver: gets `Piece`s, and one `End`.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        prefixes: Prefixes,
        request: Request,
        ids: List[int],
        deliver: Callable[[Union[Piece, End]], None],
    ):
        super().__init__(len(ids))
        self.model, self.tokenizer, self.prefixes = model, tokenizer, prefixes
        self.request, self.ids, self.deliver = request, ids, deliver
        self.cached = self.written = 0  # tokens: of the prompt that were not read again, of the answer
        self.began: Optional[float] = None  # when its reading did
        self.first: Optional[float] = None  # when its first token was there
        self.reason = "length"
        chat = isinstance(request, ChatRequest)
        self.text = Text(model.process_response if chat else lambda text: self.lead + text, request.stop)
        self.lead = ""  # the space before the first word, which decoding drops; a continued text needs it
        self.tokens: List[Token] = []  # whose text is not shown yet

    # --------------------------------------------------------------------------------------------- the thread of turns

    def steps(self, progress: Callable[[str, int, int], None]) -> Generator[None, None, None]:
        self.began = time.monotonic()
        cache, self.cached = self._cache()
        known, held = list(self.ids), cache
        try:
            rest = self.ids[self.cached :]
            size = self.model.config.prefill_slice_size
            first = (len(rest) - 1) // size * size
            if first:  # in a cache of ours, which has the slices that were read also where the client leaves
                tell = lambda stage, done, total: progress(stage, done, len(rest))  # noqa: E731
                self._read(rest[:first], cache, tell)

            def told(stage: str, done: int, total: int) -> None:
                progress(stage, done + first if stage == "reading" else done, len(rest))

            settings = self._settings(len(rest) - first)
            ids = torch.tensor([rest[first:]], device=self.model.device)
            stream = self.model.stream_generate(
                ids, past_key_values=cache, return_past_key_values=True, progress=told, **settings
            )
            text = module_of(self.model).AnswerText(self.tokenizer)
            for step in stream:
                held = step[1]
                known.append(int(step[0][0, -1]))
                if self._wrote(known[-1], text, step[2] if len(step) > 2 else None):
                    break
                yield
            stream.close()
            self._show(text.text, last=True)
        finally:
            count = held.length - held.prefix_length
            self.prefixes.keep(known[:count], held)

    def ended(self, error: Optional[BaseException]) -> None:
        self.deliver(End(self.reason, error))

    # --------------------------------------------------------------------------------------------------------- parts

    def _cache(self) -> Tuple[Any, int]:
        try:
            return self.prefixes.fork(self.ids)
        except MemoryError:
            self.prefixes.clear()
            return self.prefixes.fork(self.ids)

    @torch.no_grad()
    def _read(self, ids: List[int], cache: Any, progress: Callable[[str, int, int], None]) -> None:
        tensor = torch.tensor([ids], device=self.model.device)
        self.model(tensor, past_key_values=cache, use_cache=True, return_last_logit=True, progress=progress)

    def _settings(self, prompt: int) -> dict:
        """Arguments of `stream_generate`, whose prompt has so many ids."""
        request, config = self.request, self.model.config
        temperature = DEFAULTS["temperature"] if request.temperature is None else request.temperature
        settings: dict = {"do_sample": temperature > 0, "max_new_tokens": request.most_tokens()}
        if settings["max_new_tokens"] is None:
            settings["max_length"] = config.seq_length
        if temperature:
            top_p = DEFAULTS["top_p"] if request.top_p is None else request.top_p
            settings.update(temperature=temperature, top_p=top_p)
        processors = LogitsProcessorList()
        adjusts = request.frequency_penalty or request.presence_penalty or request.logit_bias
        if adjusts:
            processors.append(Adjust(request, prompt))
        processors.append(module_of(self.model).InvalidScoreLogitsProcessor())
        settings["logits_processor"] = processors
        if request.seed is not None:
            device = self.model.transformer.output_layer.weight.device
            settings["generator"] = torch.Generator(device).manual_seed(request.seed)
        if request.top_logprobs() is not None:
            settings["top_logprobs"] = request.top_logprobs()
        return settings

    def _wrote(self, token: int, text: Any, logprobs: Any) -> bool:
        """Takes a token in; whether it is the last one."""
        self.written += 1
        self.first = self.first or time.monotonic()
        if token == self.tokenizer.eos_token_id:
            self.reason = "stop"
            return True
        if self.written == 1 and piece_of(self.tokenizer, token).startswith("\u2581"):
            self.lead = " "
        before = len(self.text.whole)
        grown = text.append(token)
        if logprobs is not None:
            top = list(zip(logprobs.top_ids[0].tolist(), logprobs.top[0].tolist()))
            self.tokens.append(Token(token, float(logprobs.chosen[0]), top, before, before))
        self._show(grown)
        if self.text.stopped:
            self.reason, self.tokens = "stop", []
        return self.text.stopped

    def _show(self, text: str, last: bool = False) -> None:
        new = self.text.grow(text, last)
        end, shown = len(self.text.whole), len(self.text.shown)
        if self.tokens and not last:
            self.tokens[-1] = self.tokens[-1]._replace(end=end)
        if self.text.stopped:
            ready = [token for token in self.tokens if token.start < shown]
        else:
            ready = [token for token in self.tokens if token.end <= shown or last]
        self.tokens = [token for token in self.tokens if token not in ready]
        if new or ready:
            self.deliver(Piece(new, ready))


def piece_of(tokenizer: Any, token: int) -> str:
    """As SentencePiece has it; "" for ids without a text, of which a model has some to make its size round."""
    return tokenizer.convert_ids_to_tokens(token) if token < len(tokenizer) else ""


def module_of(model: Any) -> Any:
    """The room of the package that holds its streams."""
    return sys.modules[type(model).stream_generate.__module__]
