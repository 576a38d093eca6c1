"""What the command lines that write checkpoints share: their arguments, and how they end."""

import argparse
import contextlib
import sys
from pathlib import Path
from typing import Iterator

SOURCE = "a folder with config.json, weights (.bin, safetensors), tokenizer.model"


def new_parser(about: str, target: str, source: str = SOURCE) -> argparse.ArgumentParser:
    """The two arguments that all have."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help=source)
    parser.add_argument("target", type=Path, help=target)
    return parser


def add_shard_size(parser: argparse.ArgumentParser) -> None:
    help = "GB (10^9 bytes) per shard, default 2"
    parser.add_argument("--shard-size", type=_gigabytes, default=2 * 10**9, metavar="GB", help=help)


def _gigabytes(text: str) -> int:
    """Bytes."""
    try:
        size = float(text) * 1e9
    except ValueError:
        size = 0.0
    if not 1 <= size < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no size: give GB, a number above 0")
    return int(size)


@contextlib.contextmanager
def ending_well() -> Iterator[None]:
    """Ends the program with one line for what is wrong with its input, and without one on Ctrl-C."""
    try:
        yield
    except ValueError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
