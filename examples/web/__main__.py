"""A page to chat on, for one or several people: python -m examples.web [FOLDER or Hub id]

Without a model it opens `demo_model/`, a small demonstration model of this package. The page asks for no password:
keep it on 127.0.0.1, or behind something that does.
"""

import argparse
import os
import signal
import sys
import tempfile
from typing import List, Optional

from examples.chat import check_device, check_model, new_parser, parse
from examples.conversation import ERRORS
from examples.model_folder import find_model, load, step


def options_of(words: Optional[List[str]] = None) -> argparse.Namespace:
    parser = new_parser(str(__doc__))
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets everybody in who can reach this machine")
    parser.add_argument("--port", type=int, default=7860, help="(default: 7860; 0: any that is free)")
    parser.add_argument("--queue", type=int, default=8, help="answers that may be written at once (default: 8)")
    parser.add_argument(
        "--cache-gb", type=float, default=4.0, help="memory for conversations that nobody asks in now (default: 4)"
    )
    options = parse(words, parser)
    if options.queue < 1:
        parser.error(f"--queue {options.queue} must be at least 1")
    if not 0 <= options.port < 65536:
        parser.error(f"--port {options.port} must be from 0 to 65535")
    if not options.cache_gb >= 0:
        parser.error(f"--cache-gb {options.cache_gb} must be at least 0")
    return options


def main() -> None:
    options = options_of()
    source = find_model(options.model)
    check_model(source, options)
    step("importing torch and transformers")
    device = check_device(options.device)
    try:
        model, tokenizer = load(source, options.quantize, device)
    except ERRORS as error:
        sys.exit(f"{source} cannot be loaded: {error}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the folder is removed then, too
    with tempfile.TemporaryDirectory(prefix="chatglm-web-") as folder:
        os.environ.update(GRADIO_ANALYTICS_ENABLED="False", GRADIO_TEMP_DIR=folder)  # read when gradio is imported
        from examples.web.server import Server

        server = Server(model, tokenizer, options)
        step(f"the page is at {server.address} (Ctrl-C ends it)")
        server.serve_until_told()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
