"""The page: what a browser shows of a conversation, and what its buttons do."""

import asyncio
import re
from pathlib import Path
from typing import Any, AsyncIterator, Callable, Dict, List, Optional, Tuple

import gradio as gr

from examples.conversation import ERRORS, Refused
from examples.web.talks import Growing, Talk, Talks
from examples.web.words import LANGUAGES, language_of, refusal, say

SECONDS = 0.1  # between two looks at an answer that grows
UPLOADS = (60, 600)  # every minute those are deleted that are older than ten; what they hold is read at once
FORMULAS = (("$$", "$$", True), ("\\[", "\\]", True), ("$", "$", False), ("\\(", "\\)", False))
CSS = """
.gradio-container {max-width: 960px !important; margin: 0 auto !important}
footer {display: none !important}
#chat .top-panel {display: none}  /* its own way to clear, which the server would not notice */
#status {min-height: 1.6em; opacity: 0.75}
#language {flex-grow: 0; min-width: 6em !important}
#head {align-items: center}
@media (max-width: 640px) {#chat {height: 44vh !important}}
"""
# Code and formulas, which stay as they are written. Elsewhere a tag is text, which Markdown would pass on as a tag.
CODE = r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|(?<![\\`])(?P<ticks>`+)(?!`)[^\n]+?(?<!`)(?P=ticks)(?!`)"
AS_WRITTEN = rf"{CODE}|\$\$.*?\$\$|\$[^$\n]*\$|\\\(.*?\\\)|\\\[.*?\\\]"
TAG = re.compile(rf"({AS_WRITTEN})|<(?=[a-zA-Z/!?])", re.DOTALL)
BUTTONS = ("retry", "undo", "clear")
VIEW = 4 + len(BUTTONS)  # components that show a conversation


def readable(text: str) -> str:
    """Markdown that shows tags of HTML as they were written."""
    return TAG.sub(lambda found: found[1] or "&lt;", text)


def rate_of(written: int, seconds: float) -> float:
    """Tokens a second, from the first one on."""
    return (written - 1) / seconds if seconds else 0.0


class Page:
    """The components, and the functions behind their events.

    Args:
        demo: whether the model is the demonstration model.
        about: "name" and "bits" of the model.
    """

    def __init__(self, talks: Talks, demo: bool, about: Dict[str, str]):
        self.talks, self.demo, self.about = talks, demo, {**about, "limit": talks.model.config.seq_length}
        with gr.Blocks(
            title=say("en", "title"), analytics_enabled=False, fill_height=True, fill_width=True, delete_cache=UPLOADS
        ) as self.blocks:
            self.lay_out()
            self.connect()
        self.blocks.queue(default_concurrency_limit=None, api_open=False)

    def lay_out(self) -> None:
        settings, limit = self.talks.settings, self.talks.model.config.seq_length
        greedy = not settings["do_sample"]
        with gr.Row(elem_id="head"):
            self.head = gr.Markdown(elem_id="about")
            self.language = gr.Button(size="sm", elem_id="language")
        formulas = [{"left": left, "right": right, "display": alone} for left, right, alone in FORMULAS]
        self.chat = gr.Chatbot(
            latex_delimiters=formulas,
            buttons=["copy"],
            show_label=False,
            scale=1,
            height="55vh",
            min_height=240,
            elem_id="chat",
        )
        self.status = gr.Markdown(elem_id="status")
        self.box = gr.Textbox(
            lines=1, max_lines=8, show_label=False, autofocus=True, submit_btn=True, stop_btn=False, elem_id="box"
        )
        with gr.Row():
            self.upload = gr.UploadButton(size="sm", type="filepath", elem_id="upload", min_width=60)
            self.buttons = {name: gr.Button(size="sm", elem_id=name, min_width=60) for name in BUTTONS}
        with gr.Accordion(open=False, elem_id="settings") as self.settings:
            with gr.Row():
                length = gr.Slider(1, limit, settings["max_length"] or limit, step=1)
                temperature = gr.Slider(0.05, 2, settings.get("temperature", 0.8), step=0.05, interactive=not greedy)
            with gr.Row():
                top_p = gr.Slider(0.05, 1, 0.8, step=0.05, interactive=not greedy)
                greedily = gr.Checkbox(greedy)
        self.choices = {"max_length": length, "temperature": temperature, "top_p": top_p, "greedy": greedily}

    def connect(self) -> None:
        quiet: Dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        view = [self.chat, self.status, self.box, self.upload, *self.buttons.values()]
        words = [self.head, self.language, self.settings, *self.choices.values()]
        answer = {"inputs": list(self.choices.values()), "outputs": view, **quiet}
        asked = {**answer, "inputs": [self.box, *answer["inputs"]]}
        self.blocks.load(self.arrive, None, [*view, *words], **quiet)
        self.blocks.unload(self.leave)
        self.language.click(self.speak, None, [*view, *words], **quiet)
        self.box.submit(self.ask, **asked)
        self.box.stop(self.stop, self.box, self.box, **quiet)
        self.upload.upload(self.read, **{**answer, "inputs": [self.upload, *answer["inputs"]]})
        self.buttons["retry"].click(self.retry, **answer)
        self.buttons["undo"].click(self.undo, self.box, view, **quiet)
        self.buttons["clear"].click(self.clear, None, view, **quiet)
        greedily = self.choices["greedy"]
        drawn = [self.choices["temperature"], self.choices["top_p"]]
        greedily.change(lambda greedy: [gr.update(interactive=not greedy)] * 2, greedily, drawn, **quiet)

    # ------------------------------------------------------------------------------------------------------- the view

    def talk(self, request: gr.Request) -> Talk:
        accepted = request.headers.get("accept-language", "")
        return self.talks.of(str(request.session_hash), language_of(accepted))

    def messages(self, talk: Talk, answer: Optional[Growing]) -> List[Dict[str, str]]:
        """The rounds, the files that wait for a question, and the question whose answer grows."""
        found: List[Dict[str, str]] = []

        def add(files: Any, question: str, text: str) -> None:
            for file in files:
                shown = say(talk.language, "file", file=file.name, tokens=file.tokens)
                found.append({"role": "user", "content": readable(shown)})
            if question:
                found.append({"role": "user", "content": readable(question)})
            if text:
                found.append({"role": "assistant", "content": readable(text)})

        for files, question, text in list(talk.rounds):
            add(files, question, text)
        growing = answer is not None and answer.question is not None and talk.growing is answer
        add(talk.files, answer.question if growing else "", answer.shown if growing else "")  # type: ignore
        return found

    def view(self, talk: Talk, status: str = "", answer: Optional[Growing] = None, **box: Any) -> List[Any]:
        """Updates of all that a conversation changes."""
        idle = answer is None
        said, words = bool(talk.rounds or talk.files), [say(talk.language, name) for name in ("label", "box")]
        return [
            self.messages(talk, answer),
            status,
            gr.update(submit_btn=idle, stop_btn=not idle, label=words[0], placeholder=words[1], **box),
            gr.update(interactive=idle, label=say(talk.language, "upload")),
            gr.update(interactive=idle and bool(talk.rounds and not talk.files), value=say(talk.language, "retry")),
            gr.update(interactive=idle and said, value=say(talk.language, "undo")),
            gr.update(value=say(talk.language, "clear")),
        ]

    def words(self, talk: Talk) -> List[Any]:
        """Updates of all that depends on the language alone."""
        language = talk.language
        about = say(language, "demo") if self.demo else say(language, "model", **self.about)
        other = next(name for key, name in LANGUAGES.items() if key != language)
        choices = [gr.update(label=say(language, name), info=say(language, f"about {name}")) for name in self.choices]
        head = f"## {say(language, 'title')}\n{about}"
        return [head, other, gr.update(label=say(language, "settings")), *choices]

    # ----------------------------------------------------------------------------------------------------- the events

    def arrive(self, request: gr.Request) -> List[Any]:
        talk = self.talk(request)
        return [*self.view(talk), *self.words(talk)]

    def leave(self, request: gr.Request) -> None:
        self.talks.leave(str(request.session_hash))

    def speak(self, request: gr.Request) -> List[Any]:
        """The other language."""
        talk = self.talk(request)
        talk.language = next(key for key in LANGUAGES if key != talk.language)
        return [*self.view(talk, answer=talk.growing), *self.words(talk)]

    async def ask(
        self, question: str, length: float, temperature: float, top_p: float, greedy: bool, request: gr.Request
    ) -> AsyncIterator[List[Any]]:
        choices = length, temperature, top_p, greedy
        async for update in self.answered(request, choices, lambda talk: talk.ask(question)):
            yield update

    async def retry(
        self, length: float, temperature: float, top_p: float, greedy: bool, request: gr.Request
    ) -> AsyncIterator[List[Any]]:
        choices = length, temperature, top_p, greedy
        async for update in self.answered(request, choices, lambda talk: talk.retry()):
            yield update

    async def read(
        self, path: str, length: float, temperature: float, top_p: float, greedy: bool, request: gr.Request
    ) -> AsyncIterator[List[Any]]:
        choices = length, temperature, top_p, greedy
        async for update in self.answered(request, choices, lambda talk: talk.upload(Path(path))):
            yield update

    async def answered(
        self, request: gr.Request, choices: Tuple[Any, ...], begin: Callable[[Talk], Growing]
    ) -> AsyncIterator[List[Any]]:
        talk = self.talk(request)
        try:
            talk.check_idle()
            talk.set(*choices)
            answer = begin(talk)
        except Refused as error:
            gr.Warning(refusal(talk.language, error))
            yield [gr.skip()] * VIEW
            return
        async for update in self.shown(talk, answer):
            yield update

    async def shown(self, talk: Talk, answer: Growing) -> AsyncIterator[List[Any]]:
        """The answer as it grows; it ends where nobody looks at it any more."""
        last, same = None, [gr.skip()] * (VIEW - 2)
        asked = {} if answer.question is None else {"value": ""}
        yield self.view(talk, say(talk.language, "starting"), answer, **asked)
        try:
            while not answer.done.done():
                seen = (self.now(talk, answer), answer.shown, len(talk.files))
                if seen != last:
                    last = seen
                    yield [self.messages(talk, answer), seen[0], *same]
                await asyncio.sleep(SECONDS)
        except BaseException:  # the browser has left
            answer.stop()
            raise
        error = answer.done.exception()
        if error is None:
            yield self.view(talk, self.outcome(talk, answer))
        elif isinstance(error, ERRORS):
            gr.Warning(refusal(talk.language, error))
            yield self.view(talk, **({} if answer.question is None else {"value": answer.question}))
        else:
            raise error

    def now(self, talk: Talk, answer: Growing) -> str:
        """What an answer is at."""
        _, read, _, written, seconds = answer.cost(answer.prompt)
        if answer.question is not None and written:
            return say(talk.language, "writing", written=written, rate=rate_of(written, seconds))
        if read:
            percent = 100 * read // max(1, answer.unread)
            return say(talk.language, "reading", percent=percent, total=answer.unread)
        others = len(talk.turns.line) - 1
        return say(talk.language, "waiting", others=others) if others else say(talk.language, "starting")

    def outcome(self, talk: Talk, answer: Growing) -> str:
        if answer.forgotten:
            return say(talk.language, "stopped reading")
        if answer.asked_to_stop:
            return say(talk.language, "stopped")
        if answer.question is None:
            return say(talk.language, "file read")
        prompt, read, _, written, seconds = answer.cost(answer.prompt)
        rate = rate_of(written, seconds)
        return say(talk.language, "answered", prompt=prompt, read=read, written=written, rate=rate)

    async def stop(self, typed: str, request: gr.Request) -> Any:
        """Stops this user's answer; a question of which nothing is kept goes back where it was typed."""
        answer = self.talk(request).stop()
        if answer is None:
            return gr.skip()
        await asyncio.wait([asyncio.wrap_future(answer.done)])
        return answer.question if answer.forgotten and answer.question and not typed else gr.skip()

    def undo(self, typed: str, request: gr.Request) -> List[Any]:
        talk = self.talk(request)
        try:
            question = talk.undo()
        except Refused as error:
            gr.Warning(refusal(talk.language, error))
            return self.view(talk, answer=talk.growing)
        return self.view(talk, say(talk.language, "undone"), **({"value": question} if question and not typed else {}))

    async def clear(self, request: gr.Request) -> List[Any]:
        talk = self.talk(request)
        answer = talk.stop()
        if answer is not None:
            await asyncio.wait([asyncio.wrap_future(answer.done)])
        talk.clear()
        return self.view(talk, say(talk.language, "forgotten"))
