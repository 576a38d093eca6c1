"""The chat in the terminal: the real program behind a pseudo terminal and in a pipe, then its parts, on a random model
that stands in the place of `demo_model/`."""

import json
import os
import select
import signal
import struct
import subprocess
import sys
import threading
import time

import pytest
from conftest import load as load_model
from filelock import FileLock
from package import ROOT
from safetensors.torch import load_file, save_file

from benchmarks.make_checkpoint import make_checkpoint
from examples import chat, conversation, model_folder

ANSWER_TOKENS = 80  # a random model ends no answer by itself
LONG = 300  # seconds after which a screen will not show what was waited for; a cold disk takes long to import torch
# The real program, on other folders; slow where there is a file `slow`, so that a test can stop it in time.
START = """
import pathlib, sys, time
from examples import chat, conversation, model_folder
model_folder.DEMO, model_folder.BUILD = map(pathlib.Path, sys.argv[1:3])
put = conversation.Answer.put
def put_slowly(self, ids):
    put(self, ids)
    time.sleep(0.05 if (model_folder.BUILD / "slow").exists() else 0)
conversation.Answer.put = put_slowly
sys.argv[1:] = sys.argv[3:]
chat.main()
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A random model in the layout of demo_model/, without code; what it says depends on all that it has read."""
    folder = make_checkpoint(tmp_path_factory.mktemp("terminal") / "demo", tiny=True, format="safetensors")
    for path in folder.glob("*.py"):
        path.unlink()
    weights = load_file(folder / "model.safetensors")
    for name, tensor in weights.items():
        if "self_attention" in name and name.endswith("weight_scale"):
            tensor *= 12
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    settings = json.loads((folder / "generation_config.json").read_text())
    (folder / "generation_config.json").write_text(json.dumps({**settings, "max_new_tokens": ANSWER_TOKENS}))
    return folder


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    return tmp_path_factory.mktemp("build")


@pytest.fixture(scope="module")
def loaded(demo, build):
    """(model, tokenizer) as the program loads them."""
    before, model_folder.BUILD = model_folder.BUILD, build
    yield model_folder.load(demo, None, "cpu")
    model_folder.BUILD = before


@pytest.fixture
def talk(loaded):
    """A conversation in a pipe."""
    return conversation.Chat(*loaded, {"max_length": 600, "do_sample": False}, terminal=False)


@pytest.fixture
def answer_of(loaded):
    """The answer to a question behind some rounds, computed without a cache."""
    model, tokenizer = loaded
    return lambda query, history=(): model.chat(tokenizer, query, list(history), max_length=600, do_sample=False)[0]


def program(demo, build, *arguments, **variables):
    command = [sys.executable, "-c", START, str(demo), str(build), *map(str, arguments)]
    return command, {**os.environ, "OMP_NUM_THREADS": "1", **variables}


# ------------------------------------------------------------------------------------------------- a pseudo terminal


class Terminal:
    """A program behind a pseudo terminal, and the screen that a user would see."""

    def __init__(self, command, environment):
        pty, termios, fcntl = map(pytest.importorskip, ("pty", "termios", "fcntl"))
        pyte = pytest.importorskip("pyte", reason="needs pyte (requirements-dev.txt)")
        self.screen = pyte.Screen(100, 200)
        self.screen.write_process_input = self.type  # answers to questions about the cursor
        self.stream = pyte.ByteStream(self.screen)
        self.pid, self.handle = pty.fork()
        if not self.pid:
            os.chdir(ROOT)
            os.execvpe(command[0], command, {**environment, "TERM": "xterm"})
        size = struct.pack("HHHH", self.screen.lines, self.screen.columns, 0, 0)
        fcntl.ioctl(self.handle, termios.TIOCSWINSZ, size)

    def type(self, text):
        os.write(self.handle, text.encode())

    def read(self, seconds=0.05):
        if select.select([self.handle], [], [], seconds)[0]:
            try:
                self.stream.feed(os.read(self.handle, 65536))
            except OSError:  # the program has ended
                return

    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    def wait(self, wanted):
        """Until a text, or as many prompts as a number says, can be seen."""
        end = time.monotonic() + LONG
        while not (wanted in self.text() if isinstance(wanted, str) else self.text().count("用户 >") >= wanted):
            assert time.monotonic() < end, f"no {wanted!r} within {LONG} s:\n{self.text()}"
            self.read()

    def wait_line(self, wanted):
        """Until the line with the cursor is this one."""
        end = time.monotonic() + LONG
        while self.screen.display[self.screen.cursor.y].rstrip() != wanted:
            assert time.monotonic() < end, f"no line {wanted!r} within {LONG} s:\n{self.text()}"
            self.read()

    def ends(self):
        """The exit status of the program, which has been asked to end."""
        end = time.monotonic() + LONG
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                os.close(self.handle)
                return os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)
            assert time.monotonic() < end, self.text()
            self.read()


def test_a_session_in_a_terminal(demo, build, loaded, answer_of, tmp_path):
    model, tokenizer = loaded
    terminal = Terminal(*program(demo, build, "--greedy"))
    terminal.wait(1)
    assert "a demonstration model of this package" in terminal.text() and "not ChatGLM2-6B" in terminal.text()

    terminal.type("你好啊\x7f")  # backspace takes a whole character, two columns wide
    terminal.wait_line("用户 > 你好")
    assert terminal.screen.cursor.x == 11
    terminal.type("\r")
    terminal.wait(2)

    terminal.type("\x1b[200~一\r\n二\r\n三\x1b[201~")  # as terminals send what is pasted
    terminal.wait("三")
    terminal.type("\r")
    terminal.wait(3)

    terminal.type("/st\t\r")
    terminal.wait("conversation  2 rounds")
    terminal.type("/nope\r")
    terminal.wait("/nope is no command")
    terminal.wait("/load FILE")
    terminal.type("\x1b[A")  # what was typed last comes back
    terminal.wait_line("用户 > /nope")
    terminal.type("\x03")  # and is cleared
    terminal.wait_line("用户 >")

    answers = terminal.text().count("ChatGLM >")
    (build / "slow").touch()
    terminal.type("stop in the middle\r")
    while terminal.text().count("ChatGLM >") == answers:
        terminal.read()
    terminal.type("\x03")
    terminal.wait("(stopped")
    (build / "slow").unlink()
    terminal.type(f"and then?\r/save {tmp_path / 'saved'}\r")
    terminal.wait("4 rounds")
    terminal.type("half a que\x03")  # the line is gone, and the program is not
    terminal.type("stop\r")
    assert terminal.ends() == 0

    cache, history = model.load_cache(tmp_path / "saved")
    history = [tuple(pair) for pair in history]
    assert [query for query, _ in history] == ["你好", "一\n二\n三", "stop in the middle", "and then?"]
    whole = answer_of(history[2][0], history[:2])
    assert whole.startswith(history[2][1]) and 0 < len(history[2][1]) < len(whole)
    for index in (0, 1, 3):
        assert history[index][1] == answer_of(history[index][0], history[:index])
    prompt = tokenizer(tokenizer.build_prompt("and then?", history[:3]))["input_ids"]
    assert cache.token_ids[: len(prompt)] == prompt, "the cache holds the conversation as it was kept"


def test_a_pipe_gets_answers_and_nothing_else(demo, build, answer_of):
    """Also where the platform says that text is Latin-1."""
    command, environment = program(demo, build, demo, "--greedy", "--max-length", 600, PYTHONIOENCODING="latin-1")
    lines = "\ufeff你好\n\n   \n/stats\n/nope\n//etc\nclear\n你好\n"
    done = subprocess.run(command, input=lines.encode(), capture_output=True, env=environment, cwd=ROOT)
    assert done.returncode == 0, done.stderr.decode()
    first = answer_of("你好")
    expected = [first, answer_of("/etc", [("你好", first)]), first]
    assert done.stdout.decode().replace(os.linesep, "\n") == "".join(f"{shown(text)}\n" for text in expected)
    assert "/nope is no command" in done.stderr.decode() and "demonstration" not in done.stderr.decode()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
def test_an_answer_that_cannot_be_written_ends_the_program(demo, build):
    """A script would take an empty file for the answers."""
    command, environment = program(demo, build, demo, "--greedy")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            command, input="你好\n你好\n".encode(), stdout=full, stderr=subprocess.PIPE, env=environment, cwd=ROOT
        )
    said = done.stderr.decode().splitlines()
    assert done.returncode == 1 and said[-1].startswith("the answer could not be written: ")
    assert len([line for line in said if "written" in line or "OSError" in line]) == 1


@pytest.mark.skipif(os.name == "nt", reason="shells of Unix close streams")
@pytest.mark.parametrize(("closed", "status"), [("<&- 2>&-", 0), (">&-", 1)])
def test_streams_that_a_service_closed(demo, build, closed, status):
    """No stdin is an empty one; answers that nobody could get are not made."""
    command, environment = program(demo, build, demo, "--greedy")
    command = ["sh", "-c", f'exec "$@" {closed}', "sh", *command]
    done = subprocess.run(command, input=b"", capture_output=True, env=environment, cwd=ROOT)
    assert (done.returncode, done.stdout) == (status, b"")
    assert done.stderr.decode() == ("there is no stdout to write answers to\n" if status else "")


def shown(answer):
    return conversation.CONTROL.sub("", answer.rstrip("\ufffd"))


# ------------------------------------------------------------------------------------------------- lines and commands


def test_stop_ends_and_what_follows_is_not_read(talk, capsys):
    lines = iter(["", "/help", "stop", "more"])
    talk.run(lines)
    assert list(lines) == ["more"]
    out, err = capsys.readouterr()
    assert out == "" and all(name in err for name in conversation.COMMANDS)


def test_alt_enter_begins_a_new_line_tab_completes_and_ctrl_d_ends():
    application = pytest.importorskip("prompt_toolkit.application")
    from prompt_toolkit.input import create_pipe_input
    from prompt_toolkit.output import DummyOutput

    with create_pipe_input() as keys, application.create_app_session(input=keys, output=DummyOutput()):
        keys.send_text("一\x1b\r二\r" + "gone\x03" + "/sa\t/tmp\r" + "\x04")
        assert list(chat.typed_lines()) == ["一\n二", "/save /tmp"]


def test_without_prompt_toolkit_lines_are_typed_all_the_same(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "prompt_toolkit", None)
    lines = iter(["你好", KeyboardInterrupt, "again", EOFError])

    def typed(prompt):
        line = next(lines)
        if isinstance(line, str):
            return line
        raise line

    monkeypatch.setattr("builtins.input", typed)
    assert list(chat.typed_lines()) == ["你好", "again"]
    assert "pip install prompt_toolkit" in capsys.readouterr().err


def test_commands_that_are_written_wrongly_say_how(talk, capsys):
    talk.run(iter(["/read", "/clear now", "/save"]))
    err = capsys.readouterr().err
    assert "write /read FILE" in err and "write /clear alone, without 'now'" in err and "write /save FILE" in err


def test_a_file_goes_before_the_next_question(talk, answer_of, tmp_path, capsys):
    (tmp_path / "with space.txt").write_bytes("\ufeff秋天的风\r\n\n".encode())
    talk.run(iter([f'/read "{tmp_path / "with space.txt"}"', "什么风？", "and?"]))
    tokens = int(capsys.readouterr().err.split("with space.txt: ")[1].split(" tokens")[0])
    queries = [query for query, _ in talk.history]
    assert queries == ["秋天的风\n\n什么风？", "and?"]
    assert talk.history[0][1] == answer_of(queries[0])
    assert (
        tokens
        == talk.model.build_inputs(talk.tokenizer, "秋天的风\n\n").input_ids.shape[1]
        - (talk.model.build_inputs(talk.tokenizer, "").input_ids.shape[1])
    )


def test_files_that_cannot_be_read_say_why_and_change_nothing(talk, tmp_path, capsys):
    contents = {
        "latin": ("é".encode("latin-1"), "not UTF-8 (byte 0)"),
        "wide": ("wide".encode("utf-16-le"), "zero bytes"),
        "empty": (b" \n", "is empty"),
        "long": (b"a b c d " * 200, "tokens; behind the"),
        "huge": (b" " * 100_000, "100,000 bytes"),
    }
    for name, (content, message) in contents.items():
        (tmp_path / name).write_bytes(content)
        talk.run(iter([f"/read {tmp_path / name}"]))
        assert message in capsys.readouterr().err, name
    talk.run(iter([f"/read {tmp_path / 'nowhere'}", f"/read {tmp_path}"]))
    err = capsys.readouterr().err
    assert "nowhere is not there" in err and "is no file" in err
    assert talk.material == "" and talk.history == []


def test_a_conversation_that_is_full_says_so_and_goes_on(talk, answer_of, capsys):
    talk.run(iter(["one", "two", "three " * 300, "clear", "one"]))
    out, err = capsys.readouterr()
    assert "Not sent: with this question the conversation has" in err and "/clear" in err
    assert talk.history == [("one", answer_of("one"))]
    assert out.endswith(shown(answer_of("one")) + "\n")


def test_an_error_in_an_answer_is_printed_and_the_chat_goes_on(talk, answer_of, monkeypatch, capsys):
    def fails(*args, **kwargs):
        raise RuntimeError("out of memory on some device")

    with monkeypatch.context() as patched:
        patched.setattr(talk.model, "forward", fails)
        talk.run(iter(["one"]))
    assert "out of memory on some device" in capsys.readouterr().err
    talk.run(iter(["one"]))
    assert talk.history == [("one", answer_of("one"))]


def test_saved_conversations_go_on_where_they_were(loaded, talk, answer_of, tmp_path, capsys):
    path = tmp_path / "saved.safetensors"
    talk.run(iter([f"/save {path}", "one", f"/save {path}", "two", f"/save {path}"]))
    assert "no conversation to save" in capsys.readouterr().err
    other = conversation.Chat(*loaded, talk.settings, terminal=False)
    other.run(iter([f"/load {path}", "three", "/stats"]))
    first = [("one", answer_of("one")), ("two", talk.history[1][1])]
    assert [tuple(pair) for pair in other.history] == [*first, ("three", answer_of("three", first))]
    assert other.last.prompt - other.last.read >= talk.last.prompt  # that much was in the file
    assert f"{other.last.prompt - other.last.read} of them from the cache" in capsys.readouterr().err


def test_no_file_of_others_is_written_over(talk, tmp_path, capsys):
    other = tmp_path / "notes.txt"
    other.write_text("mine")
    talk.run(iter(["one", f"/save {other}", f"/load {other}"]))
    assert "is there already" in capsys.readouterr().err
    assert other.read_text() == "mine" and len(talk.history) == 1


# --------------------------------------------------------------------------------------------------------- stopping


@pytest.fixture
def at_the_terminal(loaded):
    return conversation.Chat(*loaded, {"max_length": 600, "do_sample": False}, terminal=True)


def ctrl_c_at(monkeypatch, model, calls):
    """Sends Ctrl-C in these calls of the first block, counted from now."""
    block, count = model.transformer.encoder.layers[0], [0]
    forward = block.forward

    def counted(*args, **kwargs):
        count[0] += 1
        for _ in range(calls.get(count[0], 0)):
            signal.raise_signal(signal.SIGINT)
        return forward(*args, **kwargs)

    monkeypatch.setattr(block, "forward", counted)


def test_a_question_that_is_stopped_while_it_is_read_is_forgotten(
    at_the_terminal, answer_of, monkeypatch, tmp_path, capsys
):
    (tmp_path / "text").write_text("秋天的风", encoding="utf-8")
    before = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patched:
        ctrl_c_at(patched, at_the_terminal.model, {1: 1})
        at_the_terminal.run(iter([f"/read {tmp_path / 'text'}", "never"]))
    assert "(stopped; this question is forgotten" in capsys.readouterr().out
    assert at_the_terminal.history == [] and signal.getsignal(signal.SIGINT) is before
    at_the_terminal.run(iter(["什么风？"]))  # the text need not be read in again
    assert at_the_terminal.history == [("秋天的风\n\n什么风？", answer_of("秋天的风\n\n什么风？"))]


@pytest.mark.parametrize("times", [1, 2])
def test_an_answer_that_is_stopped_is_kept_as_far_as_it_was_shown(
    at_the_terminal, answer_of, monkeypatch, capsys, times
):
    """The second Ctrl-C does not wait for the end of a pass."""
    with monkeypatch.context() as patched:
        ctrl_c_at(patched, at_the_terminal.model, {40: times})
        at_the_terminal.run(iter(["one"]))
    ((query, part),) = at_the_terminal.history
    out = capsys.readouterr().out
    assert f"ChatGLM > {shown(part)}" in out
    assert ("(stopped; the conversation goes on" if times == 1 else "(stopped at once;") in out
    assert query == "one" and part and answer_of("one").startswith(part) and part != answer_of("one")
    at_the_terminal.run(iter(["two"]))
    assert at_the_terminal.history[1] == ("two", answer_of("two", [("one", part)]))
    assert (at_the_terminal.last.read < at_the_terminal.last.prompt) == (times == 1)


def test_ctrl_c_in_a_pipe_ends_the_program(talk, monkeypatch):
    ctrl_c_at(monkeypatch, talk.model, {5: 1})
    with pytest.raises(KeyboardInterrupt):
        talk.run(iter(["one"]))


def test_a_long_prompt_shows_how_far_it_is_read(loaded, capsys):
    answer = conversation.Answer(*loaded, terminal=True)
    answer.progress("reading", 0, 1000)
    time.sleep(1.1)
    answer.progress("reading", 500, 1000)
    out = capsys.readouterr().out
    assert "50%" in out and "500 of 1000 tokens" in out
    answer.show("你好")
    assert capsys.readouterr().out.rpartition("\r")[2] == "ChatGLM > 你好"
    answer.on_ctrl_c(signal.SIGINT, None)
    with pytest.raises(KeyboardInterrupt):
        answer.progress("reading", 510, 1000)

    answer = conversation.Answer(*loaded, terminal=True)
    answer.progress("reading", 0, 1000)
    answer.progress("reading", 1000, 1000)
    answer.show("a")
    assert capsys.readouterr().out == "ChatGLM > a"  # what is quick shows no bar


def test_no_half_characters_and_no_half_dates_are_shown(loaded, capsys):
    model, tokenizer = loaded
    answer = conversation.Answer(model, tokenizer, terminal=False)
    seen = []
    for number, token in enumerate(
        [[0], *([i] for i in tokenizer.encode("饕餮：[[训练时间]]！", add_special_tokens=False))]
    ):
        answer.put(type("Ids", (), {"tolist": lambda self, token=token: token})())
        seen.append(capsys.readouterr().out)
        assert number or not seen[0], "the prompt is no part of the answer"
    assert "".join(seen) == "饕餮：2023年！"
    assert len([text for text in seen if text]) > 3
    assert not any("\ufffd" in text or "[" in text for text in seen)


# ------------------------------------------------------------------------------------------------- folders and options


def test_code_and_weights_are_laid_together_and_made_again_when_stale(demo, tmp_path, monkeypatch):
    monkeypatch.setattr(model_folder, "BUILD", tmp_path / "build")
    folder = model_folder.lay_together(demo)
    assert (folder / "model.safetensors").read_bytes() == (demo / "model.safetensors").read_bytes()
    assert (folder / "modeling_chatglm.py").is_symlink()
    (folder / "mark").touch()
    assert model_folder.lay_together(demo) == folder and (folder / "mark").exists(), "nothing has changed"
    other = tmp_path / "copy"
    other.mkdir()
    for path in demo.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    (other / "modeling_chatglm.py").write_text("raise SystemExit('code of others')")
    (other / "generation_config.json").unlink()
    second = model_folder.lay_together(other)
    assert second != folder
    assert (second / "modeling_chatglm.py").read_bytes() == (ROOT / "modeling_chatglm.py").read_bytes()
    assert (second / "generation_config.json").read_bytes() == (ROOT / "generation_config.json").read_bytes()

    def no_links(self, target):
        raise OSError("a privilege is not held")

    monkeypatch.setattr(type(folder), "symlink_to", no_links)
    (second / "made_from.json").unlink()  # as if the program had been ended in the middle
    assert model_folder.lay_together(other) == second and not (second / "config.json").is_symlink()
    (other / "config.json").write_text("{}")
    model_folder.lay_together(other)
    assert (second / "config.json").read_text() == "{}"


def test_two_terminals_lay_together_one_after_the_other(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(model_folder, "BUILD", tmp_path)
    entered = []

    def second():
        with model_folder.alone():
            entered.append(1)

    with FileLock(str(tmp_path / "chat.lock")):
        thread = threading.Thread(target=second)
        thread.start()
        end = time.monotonic() + LONG
        err = ""
        while "waiting for another terminal" not in err:
            assert time.monotonic() < end and not entered
            time.sleep(0.05)
            err += capsys.readouterr().err
        assert not entered
    thread.join()
    assert entered


def test_float_weights_are_quantized(tiny_checkpoint, build, monkeypatch, capsys):
    monkeypatch.setattr(model_folder, "BUILD", build)
    model, tokenizer = model_folder.load(tiny_checkpoint(bits=0, dtype="float32"), 8, "cpu")
    assert model.config.quantization_bit == 8
    expected = load_model(tiny_checkpoint(bits=0, dtype="float32")).eval().quantize(8)
    settings = {"do_sample": False, "max_new_tokens": 8}
    assert model.chat(tokenizer, "你好", **settings) == expected.chat(tokenizer, "你好", **settings)
    assert "quantizing to 8 bits" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--model ../no/such/folder", "../no/such/folder is no folder, and no Hub id either"),
        ("one --model other", "two models are named, one and --model other"),
        ("--quantize 3", "invalid choice: 3"),
        ("--quantize 8", "--quantize 8: {demo} is quantized to 4 bits already"),
        ("--device tpu", "--device tpu: must be cpu, cuda or cuda:N"),
        ("--device cuda:99", "--device cuda:99: torch"),
        ("--max-length 0", "--max-length 0 must be at least 1"),
        ("--max-length 99999", "--max-length 99999: this model takes at most 32768 tokens"),
        ("--temperature 0", "--temperature 0.0 must be above 0; --greedy"),
        ("--temperature 0.5 --greedy", "--temperature 0.5 has no effect with --greedy"),
    ],
)
def test_options_that_cannot_be_meant_are_refused_before_loading(demo, monkeypatch, capsys, words, message):
    monkeypatch.setattr(model_folder, "DEMO", demo)
    monkeypatch.setattr(chat, "load", lambda *args: pytest.fail("loaded"))
    monkeypatch.setattr(sys, "argv", ["chat", *words.split()])
    with pytest.raises(SystemExit) as ended:
        chat.main()
    assert ended.value.code not in (0, None)
    assert message.format(demo=demo) in f"{ended.value.code} {capsys.readouterr().err}"


def test_folders_that_hold_no_model_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(model_folder, "DEMO", tmp_path)
    with pytest.raises(SystemExit, match="not in this copy"):
        model_folder.find_model(None)
    with pytest.raises(SystemExit, match=r"no config\.json"):
        model_folder.find_model(str(tmp_path))
    for text, message in (('{"model_type": "llama"}', "of type 'llama'"), ("{", "missing or damaged")):
        (tmp_path / "config.json").write_text(text)
        with pytest.raises(SystemExit, match=message):
            chat.check_model(model_folder.find_model(str(tmp_path)), chat.parse([]))


def test_weights_that_cannot_be_loaded_end_the_program_with_the_reason(demo, build, tmp_path, monkeypatch):
    monkeypatch.setattr(model_folder, "BUILD", build)
    for path in demo.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes()[: 5000 if path.suffix == ".safetensors" else None])
    monkeypatch.setattr(sys, "argv", ["chat", str(tmp_path)])
    with pytest.raises(SystemExit, match="cannot be loaded: .* truncated or damaged"):
        chat.main()


def test_settings_reach_the_answers(loaded, monkeypatch):
    made = []
    monkeypatch.setattr(chat, "Chat", lambda *args: made.append(args) or type("C", (), {"run": lambda *a: None})())
    monkeypatch.setattr(chat, "load", lambda *args: loaded)
    monkeypatch.setattr(chat, "find_model", lambda name: ROOT)
    for words, settings in (
        ("", {"max_length": None, "do_sample": True}),
        ("x --temperature 0.3 --max-length 50", {"max_length": 50, "do_sample": True, "temperature": 0.3}),
        ("x --greedy", {"max_length": None, "do_sample": False}),
    ):
        monkeypatch.setattr(sys, "argv", ["chat", *words.split()])
        chat.main()
        assert made[-1][2:] == (settings, False)
