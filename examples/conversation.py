"""A conversation in a terminal or a pipe: its answers as they grow, its commands, what is kept when one is stopped."""

import contextlib
import re
import signal
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

KEYS = "Enter sends, Alt+Enter starts a line, Ctrl-C stops, Ctrl-D ends, /help helps."
BYTES_PER_TOKEN = 100  # no text has so many: a file above that is refused unread
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # what would move the cursor or the colours of a terminal
DATE = "[[训练时间]]"  # becomes a year when it is whole
BAR = "reading {percentage:3.0f}% |{bar:20}| {n_fmt} of {total_fmt} tokens, {remaining} to go, Ctrl-C stops"
ERRORS = (ValueError, RuntimeError, MemoryError, OSError)  # what a question or a file can be refused with

REFUSALS = {  # what a question or a file is refused with
    "no room": "Not sent: with this question the conversation has {tokens:,} tokens, which leaves no room for an "
    "answer within {limit:,}. /clear begins a new one",
    "no file": "{file} is no file",
    "missing": "{file} is not there",
    "too large": "{file} has {size:,} bytes, far more than a conversation of {limit:,} tokens holds",
    "not UTF-8": "{file} is not UTF-8 (byte {byte}): save it as UTF-8 text first",
    "no text": "{file} holds zero bytes: it is no UTF-8 text",
    "empty": "{file} is empty",
    "too long": "{file} has {tokens:,} tokens; behind the {before:,} of the conversation that is more than the "
    "{limit:,} that there may be",
}


class Refused(ValueError):
    """A sentence of REFUSALS. Who speaks another language has it, and may have more, under `reason`."""

    def __init__(self, reason: str, **values: Any):
        super().__init__(REFUSALS.get(reason, reason).format(**values))
        self.reason, self.values = reason, values


class NotWritten(Exception):
    """An answer that stdout does not take: a disk is full."""


def put(text: str = "", end: str = "\n") -> None:
    """Prints a part of an answer. Raises NotWritten, or BrokenPipeError where nobody reads on."""
    try:
        print(text, end=end, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise NotWritten(f"the answer could not be written: {error}") from error


class Reading(NamedTuple):
    """What an answer cost: tokens and seconds."""

    prompt: int
    read: int  # of the prompt's; the others were in the cache
    read_seconds: float
    written: int
    write_seconds: float


class Answer:
    """Shows an answer as it grows: the `streamer` and the `progress` of one call."""

    def __init__(self, model: Any, tokenizer: Any, terminal: bool):
        text_of = sys.modules[type(model).chat.__module__].AnswerText  # it reads each token once
        self.text, self.process, self.terminal = text_of(tokenizer), model.process_response, terminal
        self.shown = ""
        self.asked_to_stop = self.cut_off = self.prompt_seen = False
        self.bar: Any = None
        self.read = self.written = 0
        self.times = [time.monotonic()] * 3  # asked, prompt read, last token

    def put(self, ids: Any) -> None:
        """Gets the prompt's ids, then each token, from generate()."""
        if self.prompt_seen:
            text = self.process(self.text.append(*ids.tolist()))
            if not text.endswith("\ufffd"):  # else in the middle of a character
                self.show(text[: len(text) - next(n for n in reversed(range(len(DATE))) if text.endswith(DATE[:n]))])
        self.prompt_seen = True

    def end(self) -> None:
        """Called by generate() behind the last token."""

    def show(self, text: str) -> None:
        """Prints what of an answer is not shown yet."""
        if not self.shown and self.terminal:
            self.close_bar()
            put("ChatGLM > ", end="")
        put(CONTROL.sub("", text[len(self.shown) :]), end="")
        self.shown = text

    def close_bar(self) -> None:
        if self.bar is not None:
            self.bar.leave = self.asked_to_stop and not self.shown  # then it says how far it came
            self.bar.close()

    def progress(self, stage: str, done: int, total: int) -> None:
        """Called by the model between layers and at each token."""
        if self.asked_to_stop:
            raise KeyboardInterrupt
        if stage == "writing":
            self.written, self.times[2] = done, time.monotonic()
            return
        if self.bar is None and self.terminal:
            from tqdm import tqdm

            self.bar = tqdm(total=total, delay=1, miniters=1, leave=False, bar_format=BAR, file=sys.stdout)
        if self.terminal:
            self.bar.update(done - self.read)
        self.read, self.times[1:] = done, [time.monotonic()] * 2

    def on_ctrl_c(self, number: int, frame: Any) -> None:
        """Stops at the next call of `progress`, where the cache is whole; the second time at once."""
        if self.asked_to_stop:
            self.cut_off = True
            raise KeyboardInterrupt
        self.asked_to_stop = True

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        before = signal.signal(signal.SIGINT, self.on_ctrl_c) if self.terminal else None
        try:
            yield
        finally:
            self.close_bar()
            if self.terminal:
                signal.signal(signal.SIGINT, before)

    def cost(self, prompt: int) -> Reading:
        asked, read, last = self.times
        return Reading(prompt, self.read, read - asked, self.written, last - read)


# ---------------------------------------------------------------------------------------------------- the conversation


class Chat:
    """A conversation and its commands. Answers go to stdout; what else is said goes there in a terminal only."""

    def __init__(self, model: Any, tokenizer: Any, settings: Dict[str, Any], terminal: bool):
        self.model, self.tokenizer, self.terminal = model, tokenizer, terminal
        self.limit = settings["max_length"] or model.config.seq_length
        self.settings = {**settings, "max_length": self.limit}
        self.last: Optional[Reading] = None
        self.clear()

    def say(self, text: str) -> None:
        print(text, file=sys.stdout if self.terminal else sys.stderr, flush=True)

    def new_cache(self) -> Any:
        """A cache that grows with the conversation; only a static one must have its room from the start."""
        return self.model.make_cache(self.limit if self.model.config.static_decode else 1)

    def tokens(self, query: str) -> int:
        """Tokens of the whole prompt for a question."""
        return len(self.tokenizer(self.tokenizer.build_prompt(query, self.history))["input_ids"])

    def tokens_to_answer(self, query: str) -> int:
        """The same, of a question that leaves room for an answer."""
        tokens = self.tokens(query)
        if tokens >= self.limit:
            raise Refused("no room", tokens=tokens, limit=self.limit)
        return tokens

    def run(self, lines: Iterator[str]) -> None:
        """Answers lines until they end, or one says `stop`."""
        for line in lines:
            text = line.strip()
            if text == "stop":
                return
            try:
                if text == "clear" or (text.startswith("/") and not text.startswith("//")):
                    self.command(*(text if text != "clear" else "/clear").split(maxsplit=1))
                elif text:
                    self.ask(text[1:] if text.startswith("//") else text)
            except KeyboardInterrupt:  # not in an answer, which looks after itself
                if not self.terminal:
                    raise
                self.say("(stopped)")
            except BrokenPipeError:  # nobody reads on
                raise
            except ERRORS as error:
                self.say(str(error) or type(error).__name__)

    def ask(self, query: str) -> None:
        query = self.material + query
        tokens = self.tokens_to_answer(query)
        answer = Answer(self.model, self.tokenizer, self.terminal)
        try:
            with answer.running():
                response, self.history = self.model.chat(
                    self.tokenizer,
                    query,
                    self.history,
                    past_key_values=self.cache,
                    streamer=answer,
                    progress=answer.progress,
                    **self.settings,
                )
            answer.show(response.rstrip("\ufffd"))
            put()
        except KeyboardInterrupt:
            if not self.terminal:
                raise
            self.stopped(answer, query)
        except ERRORS:
            if answer.shown:
                put()
            raise
        finally:
            self.last = answer.cost(tokens)
        if answer.shown or not answer.asked_to_stop:
            self.material = ""

    def stopped(self, answer: Answer, query: str) -> None:
        """Keeps the part of an answer that was shown; the cache finds by itself how much of it it holds."""
        if answer.cut_off:  # anywhere, perhaps in the middle of a write
            self.cache = self.new_cache()
        if answer.shown:
            self.history = [*self.history, (query, answer.shown)]
            put()
        if answer.cut_off:
            self.say("(stopped at once; the conversation so far is read anew with the next question)")
        elif answer.shown:
            self.say("(stopped; the conversation goes on behind this part of the answer)")
        else:
            self.say("(stopped; this question is forgotten, but asking again goes on from here)")

    # --------------------------------------------------------------------------------------------------- the commands

    def command(self, name: str, argument: str = "") -> None:
        if name not in COMMANDS:
            self.say(f"{name} is no command. To send a line that begins with /, write // in place of the /.")
            self.help()
            return
        method, takes, _ = COMMANDS[name]
        argument = argument.strip("\"' ")
        if bool(argument) != bool(takes):
            self.say(f"write {name} {takes}".rstrip() + ("" if takes else f" alone, without {argument!r}"))
        elif takes:
            method(self, Path(argument).expanduser())
        else:
            method(self)

    def clear(self) -> None:
        self.history: List[Tuple[str, str]] = []
        self.cache, self.material = self.new_cache(), ""  # the material goes before the next question
        self.own_files: List[Path] = []  # with this conversation in them, which may be written over

    def forget(self) -> None:
        self.clear()
        self.say("(a new conversation)")

    def read(self, path: Path) -> None:
        before, after = self.put_before(path)
        self.say(
            f"{path}: {after - before:,} tokens, which go before your next question ({after:,} of {self.limit:,})"
        )

    def put_before(self, path: Path) -> Tuple[int, int]:
        """Puts the text of a file before the next question; tokens of the prompt before and after."""
        if not path.is_file():
            raise Refused("no file" if path.exists() else "missing", file=path)
        size = path.stat().st_size
        if size > BYTES_PER_TOKEN * self.limit:
            raise Refused("too large", file=path, size=size, limit=self.limit)
        data = path.read_bytes()
        try:
            text = data.decode("utf-8-sig").strip()
        except UnicodeDecodeError as error:
            raise Refused("not UTF-8", file=path, byte=error.start) from None
        if not text or b"\0" in data:
            raise Refused("no text" if text else "empty", file=path)
        before, material = self.tokens(self.material), f"{self.material}{text}\n\n"
        after = self.tokens(material)
        if after >= self.limit:
            raise Refused("too long", file=path, tokens=after - before, before=before, limit=self.limit)
        self.material = material
        return before, after

    def save(self, path: Path) -> None:
        if not self.history:
            raise ValueError("there is no conversation to save yet")
        if path.exists() and path.resolve() not in self.own_files:
            raise ValueError(f"{path} is there already, and is not this conversation: choose another name")
        self.model.save_cache(self.cache, path, history=self.history)
        self.own_files.append(path.resolve())
        self.say(f"{path}: {self.size()}, {path.stat().st_size / 1e6:,.1f} MB")

    def load(self, path: Path) -> None:
        cache, history = self.model.load_cache(path)
        self.clear()
        self.cache, self.history = cache, list(history or [])
        self.own_files.append(path.resolve())
        self.say(f"{path}: {self.size()}")

    def size(self) -> str:
        rounds = "1 round" if len(self.history) == 1 else f"{len(self.history)} rounds"
        return f"{rounds}, {self.cache.length - self.cache.prefix_length:,} tokens"

    def stats(self) -> None:
        import torch

        if self.last is not None:
            prompt, read, read_seconds, written, write_seconds = self.last
            rates = read / max(read_seconds, 1e-9), max(0, written - 1) / max(write_seconds, 1e-9)
            self.say(f"prompt        {prompt:,} tokens, {prompt - read:,} of them from the cache")
            self.say(f"last answer   read {read:,} at {rates[0]:,.1f}, wrote {written:,} at {rates[1]:,.1f} tokens/s")
        config, device = self.model.config, self.model.device
        bits = f"int{config.quantization_bit}" if config.quantization_bit else str(self.model.dtype).split(".")[-1]
        threads = f", threads: {torch.get_num_threads()}" if device.type == "cpu" else ""
        self.say(f"conversation  {self.size()} of {self.limit:,}; cache {self.cache.memory_bytes() / 2**20:,.1f} MiB")
        self.say(f"model         {bits}, {config.num_layers} layers, on {device}{threads}")

    def help(self) -> None:
        for name, (_, takes, meaning) in COMMANDS.items():
            self.say(f"  {f'{name} {takes}':12} {meaning}")
        self.say(KEYS)


COMMANDS: Dict[str, Tuple[Callable, str, str]] = {
    "/clear": (Chat.forget, "", "begins a new conversation (so does the word `clear`)"),
    "/read": (Chat.read, "FILE", "puts the text of a file before your next question"),
    "/save": (Chat.save, "FILE", "writes the conversation, so that /load need not read it again"),
    "/load": (Chat.load, "FILE", "goes on with a conversation that /save wrote"),
    "/stats": (Chat.stats, "", "speed of the last answer, length of the conversation, memory, device"),
    "/help": (Chat.help, "", "this list; // in place of / sends a line that begins with /"),
}
