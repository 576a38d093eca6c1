"""Conversations of several users with one model. An answer is computed in a thread; the page looks how far it is."""

from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from examples.conversation import BYTES_PER_TOKEN, Answer, Chat, Refused
from examples.web.turns import Turn, Turns

MOST_TALKS = 500  # conversations that are remembered: their texts, not their caches


class File(NamedTuple):
    """A file that goes before a question."""

    name: str
    tokens: int
    before: str  # the material before it


class Round(NamedTuple):
    """A round as its user sees it; the history holds the text of its files."""

    files: Tuple[File, ...]
    question: str
    answer: str


class Growing(Answer):
    """An answer that is being written in a thread."""

    def __init__(self, talk: "Talk", question: Optional[str]):
        super().__init__(talk.model, talk.tokenizer, terminal=False)
        self.turn = Turn(talk.turns, lambda: self.asked_to_stop)
        self.question = question  # none: a file is read
        self.prompt = self.unread = 0  # tokens of the prompt; of those what the cache did not hold
        self.forgotten = False  # stopped before there was anything to keep
        self.done: "Future[None]" = Future()

    def show(self, text: str) -> None:
        self.shown = text

    def progress(self, stage: str, done: int, total: int) -> None:
        """The hook of the model's call: between layers, and after each token, others have their turns."""
        self.turn.give_way()
        super().progress(stage, done, total)
        if stage == "reading":
            self.unread = total

    def begin(self) -> None:
        """Waits for the first turn."""
        self.turn.wait()
        if self.asked_to_stop:
            raise KeyboardInterrupt

    def stop(self) -> None:
        """Ends the answer at the next call of `progress`, where the cache is whole."""
        self.asked_to_stop = True


class Talk(Chat):
    """One user's conversation. At most one answer grows at a time; until it is done, its thread alone changes it."""

    def __init__(self, talks: "Talks", language: str):
        self.turns, self.pool, self.language = talks.turns, talks.pool, language
        self.growing: Optional[Growing] = None
        super().__init__(talks.model, talks.tokenizer, talks.settings, terminal=False)

    def clear(self) -> None:
        super().clear()
        self.files: List[File] = []  # before the next question
        self.rounds: List[Round] = []

    def set(
        self, max_length: Optional[float], temperature: Optional[float], top_p: Optional[float], greedy: bool
    ) -> None:
        """Settings of the next answers. None, an empty field: as if it had not been touched."""
        most = self.model.config.seq_length
        limit = max(1, min(int(max_length or most), most))
        if limit != self.limit:
            self.limit = limit
            if self.model.config.static_decode:  # of fixed size
                self.cache = self.new_cache()
        drawn = {} if greedy else {"temperature": temperature or 0.8, "top_p": top_p or 0.8}
        self.settings = {"max_length": limit, "do_sample": not greedy, **drawn}

    # ------------------------------------------------------------------------------------------------------- answers

    def ask(self, question: str) -> Growing:
        """Begins the answer to a question.

        Raises:
            Refused: an answer is being written, all places are taken, or nothing is asked.
        """
        if not question.strip():
            raise Refused("no question")
        return self._start(question, lambda answer: self._answer(question, answer))

    def retry(self) -> Growing:
        """Begins another answer to the last question."""
        self.check_idle()
        if self.files or not self.rounds:
            raise Refused("no answer")
        seen, read = self.rounds[-1], self.history[-1]
        try:
            return self.ask(self.undo() or "")
        except Refused:
            self.rounds, self.history = [*self.rounds, seen], [*self.history, read]
            self.material, self.files = "", []
            raise

    def upload(self, path: Path) -> Growing:
        """Begins to read a file, which then goes before the next question."""
        return self._start(None, lambda answer: self._read(path, answer))

    def _start(self, question: Optional[str], work: Callable[[Growing], None]) -> Growing:
        self.check_idle()
        answer = Growing(self, question)
        if not answer.turn.enter():
            raise Refused("full", places=self.turns.places)
        self.growing = answer

        def run() -> None:
            try:
                work(answer)
            finally:
                answer.turn.leave()
                self.growing = None

        answer.done = self.pool.submit(run)
        return answer

    def _answer(self, question: str, answer: Growing) -> None:
        query = self.material + question
        if len(query) > BYTES_PER_TOKEN * self.limit:
            raise Refused("far too long", size=len(query), limit=self.limit)
        answer.prompt = self.tokens_to_answer(query)
        try:
            answer.begin()
            response, history = self.model.chat(
                self.tokenizer,
                query,
                self.history,
                past_key_values=self.cache,
                streamer=answer,
                progress=answer.progress,
                **self.settings,
            )
            answer.show(response.rstrip("\ufffd"))
        except KeyboardInterrupt:
            answer.forgotten = not answer.shown
            if answer.forgotten:
                return
            history = [*self.history, (query, answer.shown)]
        self.history, self.rounds = history, [*self.rounds, Round(tuple(self.files), question, answer.shown)]
        self.material, self.files = "", []

    def _read(self, path: Path, answer: Growing) -> None:
        """The file's text becomes part of the cache by an answer of one token to it alone, which nobody sees."""
        material = self.material
        try:
            before, answer.prompt = self.put_before(path)
            self.files = [*self.files, File(path.name, answer.prompt - before, material)]
            answer.begin()
            self.model.chat(
                self.tokenizer,
                self.material,
                self.history,
                past_key_values=self.cache,
                progress=answer.progress,
                do_sample=False,
                max_new_tokens=1,
            )
        except BaseException as error:
            if self.material != material:
                self.material, self.files = material, self.files[:-1]
            answer.forgotten = isinstance(error, KeyboardInterrupt)
            if not answer.forgotten:
                raise

    # ------------------------------------------------------------------------------------------------- between answers

    def check_idle(self) -> None:
        if self.growing is not None:
            raise Refused("busy")

    def undo(self) -> Optional[str]:
        """Takes back the last file or round; the question of a round, whose files wait for the next one again."""
        self.check_idle()
        if self.files:
            self.material = self.files[-1].before
            self.files = self.files[:-1]
            return None
        if not self.rounds:
            return None
        files, question, _ = self.rounds.pop()
        query, _ = self.history.pop()
        self.material, self.files = query[: len(query) - len(question)], list(files)
        return question

    def stop(self) -> Optional[Growing]:
        """Ends the answer that is being written, if there is one."""
        answer = self.growing
        if answer is not None:
            answer.stop()
        return answer

    def drop_cache(self) -> None:
        """Gives its memory back; the conversation so far is read anew with the next question."""
        self.cache = self.new_cache()


class Talks:
    """The conversations of all users, each under the key of its browser tab.

    Args:
        settings: of answers, until a user chooses others.
        places: answers that may be in the making at once.
        cache_bytes: memory that caches of conversations may keep while nobody asks.
    """

    def __init__(self, model: Any, tokenizer: Any, settings: Dict[str, Any], places: int, cache_bytes: float):
        self.model, self.tokenizer, self.settings = model, tokenizer, settings
        self.turns, self.pool = Turns(places), ThreadPoolExecutor(places, "answer")
        self.cache_bytes = cache_bytes
        self.talks: "OrderedDict[str, Talk]" = OrderedDict()

    def of(self, key: str, language: str) -> Talk:
        """The conversation of a tab; a new one, in this language, for a new tab."""
        talk = self.talks.get(key) or Talk(self, language)
        self.talks[key] = talk
        self.talks.move_to_end(key)
        self.tidy()
        return talk

    def leave(self, key: str) -> None:
        """A tab was closed, or its machine sleeps: nothing goes on for it, but what was said is remembered."""
        talk = self.talks.get(key)
        if talk is None:
            return
        answer = talk.stop()
        if answer is None:
            talk.drop_cache()
        else:
            answer.done.add_done_callback(lambda _: talk.drop_cache())

    def tidy(self) -> None:
        """Forgets what is most, longest ago first; nothing of those who wait for an answer or have just come."""
        idle = [(key, talk) for key, talk in list(self.talks.items())[:-1] if talk.growing is None]
        kept = sum(talk.cache.memory_bytes() for talk in self.talks.values())
        for key, talk in idle:
            if kept > self.cache_bytes:
                kept -= talk.cache.memory_bytes()
                talk.drop_cache()
            if len(self.talks) > MOST_TALKS:
                del self.talks[key]

    def stop(self) -> None:
        """Ends all answers."""
        for talk in self.talks.values():
            talk.stop()

    def close(self) -> None:
        self.stop()
        self.pool.shutdown()
