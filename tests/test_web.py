"""The page of `make web` in headless Chromium, as several people use it, on the demonstration model; its parts."""

import contextlib
import http.server
import json
import os
import re
import shutil
import signal
import string
import subprocess
import sys
import tempfile
import threading
import time

import httpx
import pytest
from package import ROOT

from examples import conversation, model_folder
from examples.web import __main__ as web
from examples.web.turns import Turn, Turns

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if os.environ.get("CI") != "true":  # there it must not be missing
    pytest.importorskip("gradio", reason="needs gradio: pip install -r requirements-web.txt")
    pytest.importorskip("playwright", reason="needs playwright: pip install playwright")
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium", allow_module_level=True)

os.environ["GRADIO_TEMP_DIR"] = tempfile.mkdtemp(prefix="gradio-")  # read when it is imported
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

from playwright.sync_api import expect, sync_playwright  # noqa: E402

from examples.web import page as page_room  # noqa: E402
from examples.web import talks as talks_room  # noqa: E402
from examples.web import words  # noqa: E402
from examples.web.server import Server  # noqa: E402

LONG = 30_000  # milliseconds after which a page will not show what was waited for
PLACES = 2  # answers at once, of the server here
FREE = 5  # seconds within which a stopped answer has given the model back
SAID = """The **answer**: $E = mc^2$, \\(a_1\\), $$\\int_0^1 f$$ and \\[b^3\\], not <b>bold</b>.

```python
print("<i>")
```

![](http://127.0.0.1:%d/spy.png)"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(model_folder, "BUILD", tmp_path_factory.mktemp("build"))
        yield model_folder.load(model_folder.DEMO, None, "cpu")


class Pace:
    """Seconds that an answer waits at each call of its hook."""

    reading = writing = 0.0


@pytest.fixture
def pace():
    yield Pace
    Pace.reading = Pace.writing = 0.0


@pytest.fixture(scope="module")
def served(loaded):
    """(address, conversations) of a server of the real page."""
    progress = talks_room.Growing.progress

    def slowly(self, stage, done, total):
        time.sleep(getattr(Pace, stage))
        progress(self, stage, done, total)

    options = web.options_of(["--greedy", "--port", "0", "--queue", str(PLACES)])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(talks_room.Growing, "progress", slowly)
        server = Server(*loaded, options)
        thread = threading.Thread(target=server.serve_until_told)
        thread.start()
        yield server.address, server.talks
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def chromium():
    assert CHROMIUM, "needs Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Visitor:
    """Somebody with a browser of their own."""

    def __init__(self, chromium, address, **settings):
        self.context = chromium.new_context(**{"locale": "en-GB", **settings})
        self.page, self.address, self.elsewhere = self.context.new_page(), address, []
        self.page.set_default_timeout(LONG)
        self.page.on("request", self.saw)
        self.open()

    def saw(self, request):
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.elsewhere.append(request.url)

    def open(self):
        self.page.goto(self.address, wait_until="commit")
        expect(self.page.locator("#clear")).to_have_text(re.compile("Clear|清空"), timeout=LONG)

    def ask(self, question, wait=True):
        self.page.locator("#box textarea").fill(question)
        self.page.locator("#box textarea").press("Enter")
        if wait:
            self.wait(question)

    def wait(self, question):
        """Until the last question is this one, and its answer is complete."""
        expect(self.questions.last).to_contain_text(question, timeout=LONG)
        expect(self.page.locator("#box .stop-button")).to_have_count(0, timeout=LONG)
        expect(self.page.locator("#box .submit-button")).to_be_visible(timeout=LONG)

    def upload(self, name, content):
        file = {"name": name, "mimeType": "text/plain", "buffer": content}
        self.page.locator("#upload input, input#upload, input[type=file]").first.set_input_files(file)

    def stop(self):
        self.page.locator("#box .stop-button").click()

    @property
    def questions(self):
        return self.page.locator("#chat .user.message")

    @property
    def answers(self):
        return self.page.locator("#chat .bot.message")

    @property
    def status(self):
        return self.page.locator("#status").inner_text()

    @property
    def box(self):
        return self.page.locator("#box textarea")

    def told(self, text):
        """A message that comes up beside the conversation."""
        expect(self.page.locator(".toast-body").last).to_contain_text(text, timeout=LONG)


@pytest.fixture
def visit(chromium, served):
    """Opens the page for somebody more; each has a browser profile of their own."""
    visitors = []

    def come(**settings):
        visitors.append(Visitor(chromium, served[0], **settings))
        return visitors[-1]

    yield come
    for visitor in visitors:
        visitor.context.close()
        assert visitor.elsewhere == [], "the page works offline, and tells nobody of its users"


def wait_until(condition, seconds=FREE):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    assert condition()


# ----------------------------------------------------------------------------------------------------------- answers


def test_an_answer_grows_and_the_next_round_knows_it(visit, pace):
    ada = visit()
    pace.writing = 0.1
    ada.ask("Hello", wait=False)
    lengths = set()
    while ada.page.locator("#box .submit-button").count() == 0 or not lengths:
        lengths.update(len(text) for text in ada.answers.all_inner_texts() if text)
    assert len(lengths) > 3, lengths
    pace.writing = 0
    ada.ask("My name is Ada.")
    ada.ask("What is my name?")
    expect(ada.answers.last).to_contain_text("Ada")
    assert ada.answers.count() == 3 and re.match(
        r"Read \d+ tokens \(of \d+, the others were in the cache\)", ada.status
    )


def test_stop_stops_the_text_and_frees_the_model(visit, pace, served):
    ada, (_, talks) = visit(), served
    pace.writing = 0.3
    ada.ask("How do I quantize the model?", wait=False)
    expect(ada.answers).to_have_count(1, timeout=LONG)
    ada.stop()
    wait_until(lambda: not talks.turns.line)
    expect(ada.page.locator("#status")).to_contain_text("Stopped", timeout=LONG)
    text = ada.answers.last.inner_text()
    pace.writing = 0
    time.sleep(1)
    assert ada.answers.all_inner_texts() == [text]
    ada.ask("What is 2 plus 3?")
    expect(ada.answers.last).to_contain_text("5")
    assert ada.answers.first.inner_text() == text


def test_stop_works_while_a_long_prompt_is_read(visit, pace, served):
    """And the question is given back, to be sent again or changed."""
    ada, (_, talks) = visit(), served
    pace.reading = 0.3
    question = "The sky is blue. " * 200 + "What colour is the sky?"
    ada.ask(question, wait=False)
    expect(ada.page.locator("#status")).to_contain_text("Reading", timeout=LONG)
    ada.stop()
    wait_until(lambda: not talks.turns.line)
    expect(ada.box).to_have_value(question, timeout=LONG)
    expect(ada.questions).to_have_count(0)


def test_a_reload_leaves_no_answer_running(visit, pace, served):
    ada, (_, talks) = visit(), served
    pace.writing = 0.5
    ada.ask("How do I quantize the model?", wait=False)
    expect(ada.answers).to_have_count(1, timeout=LONG)
    assert len(talks.turns.line) == 1
    ada.open()
    wait_until(lambda: not talks.turns.line)
    assert ada.answers.count() == 0
    pace.writing = 0
    ada.ask("Hello")
    expect(ada.answers).to_have_count(1)


# ------------------------------------------------------------------------------------------------------ several users


def test_two_users_write_at_once_and_do_not_mix(visit, pace):
    pace.writing = 0.03
    users = {"Ada": visit(), "Tom": visit()}
    for name, user in users.items():
        user.ask(f"My name is {name}.", wait=False)
    for name, user in users.items():
        user.wait(f"My name is {name}.")
    for user in users.values():
        user.ask("What is my name?", wait=False)
    for name, user in users.items():
        user.wait("What is my name?")
        text = user.page.locator("#chat").inner_text()
        assert name in user.answers.last.inner_text()
        assert not any(other in text for other in users if other != name)


def test_stop_stops_the_own_answer_only_and_a_full_queue_says_so(visit, pace, served):
    ada, tom, eva = visit(), visit(), visit()
    pace.writing = 0.3
    for user in (ada, tom):
        user.ask("How do I quantize the model?", wait=False)
        expect(user.answers).to_have_count(1, timeout=LONG)
    eva.ask("Hello", wait=False)
    eva.told("The queue is full")
    assert eva.box.input_value() == "Hello" and eva.questions.count() == 0
    ada.stop()
    expect(ada.page.locator("#status")).to_contain_text("Stopped", timeout=LONG)
    pace.writing = 0
    eva.ask("Hello")
    tom.wait("How do I quantize the model?")
    expect(tom.answers.last).to_contain_text("model.quantize(8).", timeout=LONG)
    assert ada.answers.last.inner_text() != tom.answers.last.inner_text()


# ------------------------------------------------------------------------------------------------- what it looks like


def test_markdown_and_formulas_are_rendered_and_tags_are_text(visit, loaded, monkeypatch):
    """Whatever an answer asks a browser to load, it asks nobody else."""
    asked = []

    class Spy(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)

    with http.server.HTTPServer(("127.0.0.1", 0), Spy) as spy:
        threading.Thread(target=spy.serve_forever, daemon=True).start()
        said = SAID % spy.server_port
        monkeypatch.setattr(loaded[0], "process_response", lambda text: said, raising=False)
        ada = visit()
        ada.ask("Is $x^2$ in <b>?", wait=False)
        ada.wait("in <b>?")
        spy.shutdown()
    expect(ada.answers.locator(".katex")).to_have_count(4, timeout=LONG)
    expect(ada.answers.locator(".katex-display")).to_have_count(2)
    expect(ada.answers.locator("strong")).to_have_text("answer")
    expect(ada.answers.locator("pre code")).to_contain_text('print("<i>")')
    assert "not <b>bold</b>" in ada.answers.inner_text()
    expect(ada.questions.locator(".katex")).to_have_count(1)
    assert "<b>?" in ada.questions.inner_text()
    assert asked == []
    ada.elsewhere.clear()  # of the image, which the browser was asked for and refused


def test_the_browsers_language_and_the_other_one(visit):
    user = visit(locale="zh-CN", viewport={"width": 390, "height": 780})
    page = user.page
    expect(page.locator("#clear")).to_have_text("✕ 清空")
    user.ask("你好")
    assert user.status.startswith("阅读 ")
    user.ask("", wait=False)
    user.told("请先输入问题")
    page.locator("#language").click()
    expect(page.locator("#clear")).to_have_text("✕ Clear", timeout=LONG)
    expect(page.locator("#about")).to_contain_text("demonstration model")
    assert user.answers.count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, "nothing is cut off on a phone"


# ------------------------------------------------------------------------------------------- retry, undo, clear, files


def test_retry_undo_and_clear(visit, pace):
    ada = visit()
    ada.ask("My name is Ada.")
    ada.ask("What is my name?")
    first = ada.answers.last.inner_text()
    pace.writing = 0.1
    ada.page.locator("#retry").click()
    expect(ada.page.locator("#box .stop-button")).to_be_visible(timeout=LONG)
    ada.wait("What is my name?")
    assert ada.answers.count() == 2 and ada.answers.last.inner_text() == first  # greedy
    ada.page.locator("#undo").click()
    expect(ada.answers).to_have_count(1, timeout=LONG)
    expect(ada.box).to_have_value("What is my name?")
    ada.page.locator("#clear").click()
    expect(ada.questions).to_have_count(0, timeout=LONG)
    ada.ask("What is my name?")
    assert "Ada" not in ada.answers.last.inner_text()


def test_what_parameters_do(visit, served):
    ada = visit()
    ada.page.locator("#settings button").first.click()
    fields = ada.page.locator("#settings input[type=number]")
    expect(fields).to_have_count(3)
    assert fields.nth(1).is_disabled()  # the server was started with --greedy
    ada.page.locator("#settings input[type=checkbox]").uncheck()
    expect(fields.nth(1)).to_be_enabled(timeout=LONG)
    for field, value in zip(fields.all(), ("64", "0.5", "0.9")):
        field.fill(value)
        field.press("Tab")
    ada.ask("Hello")
    talk = next(reversed(served[1].talks.values()))
    assert talk.settings == {"max_length": 64, "do_sample": True, "temperature": 0.5, "top_p": 0.9}
    ada.ask("Hello " * 60, wait=False)
    ada.told("which leaves no room for an answer within 64")
    expect(ada.box).to_have_value("Hello " * 60)


def test_a_file_is_read_once_and_can_be_asked_about_twice(visit, pace, served):
    ada = visit()
    text = (
        "A ship sails slowly over the sea. The train crosses the long bridge. The winter morning is cold. "
        "The pass key is 749. Remember 749. Flowers bloom in the garden. The rain has stopped and the street is quiet."
    )
    pace.reading = 0.1
    ada.upload("notes.txt", text.encode())
    expect(ada.page.locator("#status")).to_contain_text("Reading", timeout=LONG)
    pace.reading = 0
    expect(ada.page.locator("#status")).to_contain_text("The file is read", timeout=LONG)
    expect(ada.questions.last).to_contain_text("notes.txt")
    ada.ask("What is the pass key?")
    expect(ada.answers.last).to_contain_text("749")
    for question in (None, "What is 2 plus 3?"):
        if question:
            ada.ask(question)
        read, prompt = map(int, re.findall(r"\d+", ada.status)[:2])
        assert read < 25 < 75 < prompt, ada.status  # the file's part was in the cache
    for left in (1, 0):
        ada.page.locator("#undo").click()
        expect(ada.answers).to_have_count(left, timeout=LONG)
    expect(ada.questions.last).to_contain_text("notes.txt")  # it waits for another question
    ada.page.locator("#undo").click()
    expect(ada.questions).to_have_count(0, timeout=LONG)


def test_files_that_cannot_be_read_say_why(visit, pace, served):
    ada, (_, talks) = visit(), served
    ada.upload("picture.png", b"\x89PNG\r\n\x1a\n\x00")
    ada.told("picture.png is not UTF-8 (byte 0): save it as UTF-8 text first")
    ada.upload("long.txt", b"a b c d e f " * 20_000)
    ada.told("that is more than the 32,768 that there may be")
    pace.reading = 0.3
    ada.upload("stopped.txt", b"a b c d e f " * 200)
    expect(ada.page.locator("#status")).to_contain_text("Reading", timeout=LONG)
    ada.stop()
    wait_until(lambda: not talks.turns.line)
    expect(ada.page.locator("#status")).to_contain_text("Stopped", timeout=LONG)
    expect(ada.questions).to_have_count(0)
    pace.reading = 0
    ada.upload("huge.txt", b"a" * (conversation.BYTES_PER_TOKEN * 32768 + 1))
    too_large = 'exceed the maximum allowed size of 3.1 Mb: "huge.txt"'
    expect(ada.page.locator("body")).to_contain_text(too_large, timeout=LONG)
    ada.ask("Hello")
    expect(ada.answers).to_have_count(1)


@pytest.mark.parametrize("path", [str(ROOT / "README.md"), "/etc/hostname", "http://192.0.2.1/a.txt"])
@pytest.mark.parametrize("event", ["read", "ask"])
def test_a_request_can_name_no_file_of_the_server_nor_of_others(served, monkeypatch, path, event):
    """gradio takes a description of a file for the value of any field, and would read or load that file."""
    asked = []
    monkeypatch.setattr("gradio.processing_utils.async_ssrf_protected_download", lambda *_, **__: asked.append(path))
    address, _ = served
    events = httpx.get(f"{address}config").json()["dependencies"]
    number = next(known["id"] for known in events if known["api_name"] == event)
    for streamed in (False, True):
        file = {"path": path, "meta": {"_type": "gradio.FileData"}, "is_stream": streamed}
        call = {"data": [file, 100, 0.8, 0.8, True], "fn_index": number, "session_hash": f"{event}{streamed}"}
        httpx.post(f"{address}gradio_api/queue/join", json=call).raise_for_status()
        said = httpx.get(f"{address}gradio_api/queue/data", params={"session_hash": call["session_hash"]}, timeout=10)
        last = [json.loads(line[5:]) for line in said.text.splitlines() if "process_completed" in line]
        assert "Text file `" not in said.text
        assert not last[0]["success"] or path.startswith("http")  # which stays the text that it is
    assert asked == []


# -------------------------------------------------------------------------------------------------- the real program


def listens(address):
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(address).status_code == 200


def test_the_program_ends_when_it_is_told_to_and_leaves_nothing_behind(chromium, tmp_path):
    """SIGTERM, while a page is open and an answer is written; and it has asked no other machine for anything."""
    start = """
import socket, sys, time
from examples import conversation
from examples.web import __main__
def only_here(self, address, connect=socket.socket.connect):
    assert isinstance(address, str) or address[0] in ("127.0.0.1", "::1"), f"ASKED {address}"
    return connect(self, address)
def name(host, *rest, look=socket.getaddrinfo):
    assert host in (None, "127.0.0.1", "localhost", "0.0.0.0"), f"ASKED {host}"
    return look(host, *rest)
def slowly(self, *args, put=conversation.Answer.put):
    put(self, *args)
    time.sleep(0.5)
conversation.Answer.put = slowly
socket.socket.connect, socket.getaddrinfo = only_here, name
__main__.main()
"""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TMPDIR": str(tmp_path), "HF_HUB_OFFLINE": "0"}
    environment.update(HTTP_PROXY="http://192.0.2.1:9", HTTPS_PROXY="http://192.0.2.1:9")  # nobody is there
    before = {*ROOT.iterdir(), ROOT / "build"}
    command = [sys.executable, "-c", start, "--port", "0"]
    program = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, encoding="utf-8")
    try:
        said = ""
        for line in program.stderr:
            said += line
            if "the page is at " in line:
                break
        ada = Visitor(chromium, re.search(r"http://\S+", said)[0])
        ada.upload("notes.txt", b"The pass key is 4711.")
        expect(ada.page.locator("#status")).to_contain_text("The file is read", timeout=LONG)
        assert list(tmp_path.glob("chatglm-web-*/**/notes.txt"))
        ada.ask("What is the pass key?", wait=False)
        expect(ada.answers).to_have_count(1, timeout=LONG)
        program.send_signal(signal.SIGTERM)
        wait_until(lambda: not listens(ada.address))
        program.wait(timeout=LONG / 1000)  # on a busy machine the interpreter takes long to take itself apart
        ada.context.close()
    finally:
        program.kill()
        said += program.communicate()[1]
    assert "ASKED" not in said and "Traceback" not in said, said
    assert list(tmp_path.glob("chatglm-web-*")) == []
    assert set(ROOT.iterdir()) <= before


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (["--queue", "0"], "--queue 0 must be at least 1"),
        (["--port", "70000"], "--port 70000 must be from 0 to 65535"),
        (["--cache-gb", "nan"], "--cache-gb nan must be at least 0"),
        (["--temperature", "0"], "--temperature 0.0 must be above 0"),
    ],
)
def test_options_that_cannot_be_are_named(option, message, capsys):
    with pytest.raises(SystemExit):
        web.options_of(option)
    assert message in capsys.readouterr().err


def test_nobody_from_outside_is_let_in_unless_asked():
    assert web.options_of([]).host == "127.0.0.1"


# ------------------------------------------------------------------------------------------------------------ parts


@pytest.fixture
def talks(loaded):
    """Conversations without a page; caches of one are kept."""
    made = talks_room.Talks(*loaded, {"max_length": None, "do_sample": False}, places=2, cache_bytes=0)
    yield made
    made.close()


def done(answer):
    answer.done.result(timeout=LONG / 1000)
    return answer


def test_users_who_take_turns_get_the_answers_that_they_get_alone(talks, loaded, monkeypatch):
    """Turns change between any two layers here."""
    monkeypatch.setattr("examples.web.turns.SECONDS", 0)
    model, tokenizer = loaded
    questions = ("What is 2 plus 3?", "你好，你是谁？")
    alone = [model.chat(tokenizer, question, do_sample=False)[0] for question in questions]
    answers = [talks.of(question, "en").ask(question) for question in questions]
    assert [done(answer).shown for answer in answers] == alone


def test_turns_go_round_and_a_stopped_one_does_not_wait():
    turns, order, stopped = Turns(3), [], set()
    line = [Turn(turns, lambda name=name: name in stopped) for name in "abc"]
    assert all(turn.enter() for turn in line) and not Turn(turns, bool).enter()
    line[0].wait()

    def work(turn, name):
        turn.wait()
        for _ in range(2):
            order.append(name)
            turn.since = 0.0  # long ago: the turn is over
            turn.give_way()
        turn.leave()

    threads = [threading.Thread(target=work, args=pair) for pair in zip(line, "abc")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(FREE)
    assert "".join(order) == "abcabc" and turns.line == []
    assert line[0].enter() and line[1].enter()
    stopped.add("b")
    line[1].wait()  # comes back, though it is not the first
    assert turns.line == line[:2]


def test_memory_of_those_who_ask_nothing_is_bounded(talks, loaded):
    first, second = talks.of("first", "en"), talks.of("second", "en")
    done(first.ask("My name is Ada."))
    assert first.cache.length > 0
    done(second.ask("Hello"))
    talks.of("second", "en")
    assert first.cache.length == 0 and second.cache.length > 0
    answer = done(talks.of("first", "en").ask("What is my name?"))
    assert "Ada" in answer.shown and answer.read == answer.prompt  # all of it was read anew
    assert first.history[-1][1] == loaded[0].chat(loaded[1], "What is my name?", first.history[:1], do_sample=False)[0]


def test_who_leaves_is_stopped_and_may_come_back(talks, monkeypatch):
    talk = talks.of("first", "en")
    monkeypatch.setattr(talks_room.Growing, "show", lambda self, text: (setattr(self, "shown", text), time.sleep(0.2)))
    answer = talk.ask("How do I quantize the model?")
    wait_until(lambda: answer.shown)
    talks.leave("first")
    done(answer)
    wait_until(lambda: talk.cache.length == 0)
    assert talks.of("first", "zh").rounds == [talks_room.Round((), "How do I quantize the model?", answer.shown)]
    talks.leave("nobody")


def test_a_busy_conversation_is_changed_by_nobody(talks, tmp_path, monkeypatch):
    monkeypatch.setattr(
        talks_room.Growing, "show", lambda self, text: (setattr(self, "shown", text), time.sleep(0.03))
    )
    talk = talks.of("first", "en")
    with pytest.raises(conversation.Refused, match="no answer"):
        talk.retry()
    answer = talk.ask("Hello")
    for change in (lambda: talk.ask("Hi"), talk.undo, talk.retry, lambda: talk.upload(tmp_path)):
        with pytest.raises(conversation.Refused, match="busy"):
            change()
    done(answer)
    others = [talks.of(name, "en").ask("Hello") for name in ("second", "third")]
    with pytest.raises(conversation.Refused, match="full"):
        talk.retry()
    assert [question for question, _ in talk.history] == ["Hello"] and len(talk.rounds) == 1
    for other in others:
        done(other)


def test_an_error_in_an_answer_frees_its_place(talks, monkeypatch):
    talk = talks.of("first", "en")
    with monkeypatch.context() as patched:
        patched.setattr(talk.model, "forward", lambda **kwargs: (_ for _ in ()).throw(RuntimeError("out of memory")))
        answer = talk.ask("Hello")
        with pytest.raises(RuntimeError, match="out of memory"):
            done(answer)
    assert talks.turns.line == [] and talk.rounds == []
    done(talk.ask("Hello"))
    with pytest.raises(conversation.Refused, match="far too long"):
        done(talk.ask("a" * (conversation.BYTES_PER_TOKEN * talk.limit + 1)))


def fields(text):
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


def test_both_languages_say_the_same():
    for texts in (words.WORDS, words.REFUSED):
        assert set(texts["en"]) == set(texts["zh"])
        for name, text in texts["en"].items():
            assert fields(text) == fields(texts["zh"][name]), name


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("de, en-US;q=0.7", "en"), ("fr-FR, zh-TW;q=0.3", "zh"), ("", "en")],
)
def test_the_language_is_the_first_of_the_browsers_that_the_page_speaks(accepted, language):
    assert words.language_of(accepted) == language


def test_a_user_is_told_of_no_folder_of_the_server():
    error = conversation.Refused("empty", file="/secret/place/notes.txt")
    assert words.refusal("en", error) == "notes.txt is empty" and words.refusal("zh", error) == "notes.txt 是空的"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a < b, <b>c</b>", "a < b, &lt;b>c&lt;/b>"),
        ("`<b>` and <i>", "`<b>` and &lt;i>"),
        ("```html\n<b>\n", "```html\n<b>\n"),
        ("~~~\n<b>\n~~~\n<i>", "~~~\n<b>\n~~~\n&lt;i>"),
        ("``a ` <i>`` <b>", "``a ` <i>`` &lt;b>"),
        ("\\`<b>\\` <i>", "\\`&lt;b>\\` &lt;i>"),
        ("a ` b\n\n<b> `", "a ` b\n\n&lt;b> `"),
        ("$a<b$ \\(c<d\\) $$e<f$$", "$a<b$ \\(c<d\\) $$e<f$$"),
    ],
)
def test_tags_are_text_where_they_are_no_code(text, shown):
    assert page_room.readable(text) == shown
