"""Chats in the terminal: python -m examples.chat [FOLDER or Hub id]

Without a model it opens `demo_model/`, a small demonstration model of this package. In a pipe it reads a question from
each line and prints the answers as plain text, and nothing else, on stdout. A line that begins with / is a command:
/help lists them.
"""

import argparse
import json
import os
import re
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

from examples.conversation import COMMANDS, ERRORS, KEYS, Chat, NotWritten
from examples.model_folder import find_model, load, step

ABOUT_DEMO = """\
This is a demonstration model of this package, with about 10 million parameters.
It is not ChatGLM2-6B: it knows small talk and a little about this package. For
the real one name a folder with its weights, or its Hub id:
make chat MODEL=THUDM/chatglm2-6b-32k-int4"""


# ------------------------------------------------------------------------------------------------------------- lines


def piped_lines() -> Iterator[str]:
    for line in sys.stdin:
        yield line.lstrip("\ufeff")


def typed_lines(**streams: Any) -> Iterator[str]:
    """What a user types: lines with history and completion; what is pasted is one, however many it has."""
    try:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.completion import Completer, Completion, PathCompleter
        from prompt_toolkit.document import Document
        from prompt_toolkit.key_binding import KeyBindings
        from prompt_toolkit.shortcuts import CompleteStyle
    except ImportError:
        print("For editing of Chinese, history and pasting: pip install prompt_toolkit", file=sys.stderr)
        ask = input
    else:

        class Commands(Completer):
            def get_completions(self, document: Document, event: Any) -> Iterator[Completion]:
                name, space, rest = document.text_before_cursor.partition(" ")
                if space and name in COMMANDS and COMMANDS[name][1]:
                    yield from PathCompleter(expanduser=True).get_completions(Document(rest), event)
                elif name and not space:
                    for command in filter(lambda command: command.startswith(name), COMMANDS):
                        yield Completion(f"{command} " if COMMANDS[command][1] else command, -len(name), command)

        keys = KeyBindings()
        keys.add("enter")(lambda event: event.current_buffer.validate_and_handle())
        keys.add("escape", "enter")(lambda event: event.current_buffer.insert_text("\n"))
        readline_like = CompleteStyle.READLINE_LIKE  # no room is kept for a menu
        ask = PromptSession(
            multiline=True, key_bindings=keys, completer=Commands(), complete_style=readline_like, **streams
        ).prompt
    while True:
        print(flush=True)
        try:
            line = ask("用户 > ")
        except KeyboardInterrupt:  # a new line
            continue
        except EOFError:
            return
        yield line


# ------------------------------------------------------------------------------------------------------------ options


def new_parser(about: str) -> argparse.ArgumentParser:
    """The options of a model and its answers."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", help="a folder with weights, or a Hub id")
    parser.add_argument("--model", dest="named", metavar="MODEL", help="the same")
    parser.add_argument("--quantize", type=int, choices=(4, 8), help="bits, for weights that are not quantized yet")
    parser.add_argument("--device", help="cpu, cuda or cuda:N (default: a GPU where there is one)")
    parser.add_argument("--max-length", type=int, help="tokens of a whole conversation (default: all that fit)")
    parser.add_argument("--temperature", type=float, help="lower is more sober (default: 0.8)")
    parser.add_argument("--greedy", action="store_true", help="always the likeliest token")
    return parser


def parse(words: Optional[List[str]] = None, parser: Optional[argparse.ArgumentParser] = None) -> argparse.Namespace:
    parser = parser or new_parser(str(__doc__))
    options = parser.parse_args(words)
    if options.model and options.named and options.model != options.named:
        parser.error(f"two models are named, {options.model} and --model {options.named}: which one?")
    options.model = options.model or options.named
    if options.greedy and options.temperature is not None:
        parser.error(f"--temperature {options.temperature} has no effect with --greedy: leave one of them away")
    if options.temperature is not None and not 0 < options.temperature < float("inf"):
        parser.error(f"--temperature {options.temperature} must be above 0; --greedy takes the likeliest token")
    if options.max_length is not None and options.max_length < 1:
        parser.error(f"--max-length {options.max_length} must be at least 1")
    return options


def check_model(source: Path, options: argparse.Namespace) -> None:
    """Ends the program where the options do not fit the model, before it is loaded."""
    try:
        config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        sys.exit(f"{source / 'config.json'} is missing or damaged: download it again")
    if config.get("model_type") != "chatglm":
        sys.exit(f"{source} holds a model of type {config.get('model_type')!r}; this package runs 'chatglm'")
    bits, limit = config.get("quantization_bit"), config.get("seq_length", 32768)
    if options.quantize and bits and options.quantize != bits:
        sys.exit(f"--quantize {options.quantize}: {source} is quantized to {bits} bits already; leave the option away")
    if options.max_length is not None and options.max_length > limit:
        sys.exit(f"--max-length {options.max_length}: this model takes at most {limit} tokens (seq_length)")


def check_device(name: Optional[str]) -> str:
    """The device to run on; ends the program where there is no such one."""
    import torch

    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name is None:
        return "cuda" if gpus else "cpu"
    found = re.fullmatch(r"cpu|cuda(?::(\d+))?", name)
    if found is None:
        sys.exit(f"--device {name}: must be cpu, cuda or cuda:N")
    if name != "cpu" and int(found[1] or 0) >= gpus:
        sys.exit(f"--device {name}: torch {torch.__version__} sees {gpus} GPUs here")
    return name


def open_streams() -> None:
    """Puts empty streams where a service gave none; ends the program where nothing could take the answers."""
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")
    if sys.stdout is None:
        sys.exit("there is no stdout to write answers to")


def open_chat() -> None:
    options = parse()
    open_streams()
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    source = find_model(options.model)
    check_model(source, options)
    if options.model is None:
        print(ABOUT_DEMO, file=sys.stderr)
    step("importing torch and transformers")
    device = check_device(options.device)
    settings: Dict[str, Any] = {"max_length": options.max_length, "do_sample": not options.greedy}
    if options.temperature is not None:
        settings["temperature"] = options.temperature
    try:
        model, tokenizer = load(source, options.quantize, device)
    except ERRORS as error:
        sys.exit(f"{source} cannot be loaded: {error}")
    chat = Chat(model, tokenizer, settings, terminal)
    if terminal:
        print(KEYS)
    chat.run(typed_lines() if terminal else piped_lines())


def main() -> None:
    try:
        open_chat()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # `| head` has seen enough
        end_stdout()
    except NotWritten as error:
        end_stdout()
        sys.exit(str(error))


def end_stdout() -> None:
    """Else Python would complain once more when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
