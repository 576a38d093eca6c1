"""Chats in the terminal: python -m examples.chat [FOLDER or Hub id]

Without a model it makes a tiny random one, whose answers mean nothing, to show that everything works.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import torch
from transformers import AutoModel, AutoTokenizer

ROOT = Path(__file__).resolve().parents[1]


def tiny_model(folder: str) -> str:
    try:
        from benchmarks.make_checkpoint import make_checkpoint
    except ModuleNotFoundError:  # this file was started by its name, from anywhere
        sys.exit(f"Name a folder with weights; or, to make a tiny model, run `python -m examples.chat` in {ROOT}")

    print("No model given: making a tiny random one, which answers in noise. Pass a folder with real weights.")
    return str(make_checkpoint(Path(folder) / "tiny", tiny=True))


def with_our_code(model: str, folder: str) -> str:
    """A folder of links to the model's weights, and to this package's code in place of its own."""
    if not Path(model).is_dir():
        from huggingface_hub import snapshot_download
        from huggingface_hub.utils import HFValidationError

        try:
            model = snapshot_download(model)
        except HFValidationError:
            sys.exit(f"{model} is no folder, and no Hub id either")
    target = Path(folder) / "model"
    target.mkdir()
    weights = [path for path in Path(model).iterdir() if path.is_file() and path.suffix != ".py"]
    for path in [*weights, *ROOT.glob("*.py")]:
        (target / path.name).symlink_to(path.resolve())
    return str(target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", help="a folder with weights, or a Hub id")
    parser.add_argument("--max-length", type=int, default=32768, help="tokens of the whole conversation")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        path = with_our_code(arguments.model, scratch) if arguments.model else tiny_model(scratch)
        tokenizer = AutoTokenizer.from_pretrained(path, trust_remote_code=True)
        model = AutoModel.from_pretrained(path, trust_remote_code=True).eval()
        model = model.half().cuda() if torch.cuda.is_available() else model
        settings = {"max_length": arguments.max_length}
        if not arguments.model:
            settings["max_new_tokens"] = 40  # a random model rarely ends an answer by itself
        chat(model, tokenizer, settings)


def chat(model, tokenizer, settings: dict) -> None:
    print("Type a question; an empty line or Ctrl-D ends, /clear forgets the conversation.")
    history, past = [], None
    while True:
        try:
            query = input("\n用户 > ").strip()
        except (EOFError, KeyboardInterrupt):
            return
        if not query:
            return
        if query == "/clear":
            history, past = [], None
            continue
        shown, kept, kept_past = 0, history, past
        print("ChatGLM > ", end="", flush=True)
        try:
            for response, new_history, new_past in model.stream_chat(
                tokenizer, query, history, past_key_values=past, return_past_key_values=True, **settings
            ):
                print(response[shown:], end="", flush=True)
                shown, kept, kept_past = len(response), new_history, new_past
            history, past = kept, kept_past
        except KeyboardInterrupt:
            print("\n(stopped; this question is forgotten)")
        except ValueError as error:
            print(f"\n{error}")
        print()


if __name__ == "__main__":
    main()
