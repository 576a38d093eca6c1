"""A server that speaks OpenAI's protocol: python -m examples.api_server [FOLDER or Hub id], or `make serve`

    curl -N http://127.0.0.1:8000/v1/chat/completions -H 'Content-Type: application/json' \\
         -d '{"messages": [{"role": "user", "content": "你好"}], "stream": true}'

Without a model it serves `demo_model/`, a small demonstration model of this package. /v1/chat/completions,
/v1/completions, /v1/models, /health and /metrics; what it cannot honour it refuses by name. One answer is computed at
a time, in turns between layers and tokens. It asks for no password unless --api-key is given, and listens to this
machine alone unless --host is.
"""

import argparse
import logging
import os
import sys
from pathlib import Path
from typing import Any, List, Optional

from examples.chat import ABOUT_DEMO, check_device, check_model
from examples.model_folder import find_model, load, step

KEY = "CHATGLM_API_KEY"  # the environment does not show in lists of processes
# What scripts of 2023 call the model in their requests.
USUAL_NAMES = ("chatglm2-6b", "chatglm2-6b-int4", "chatglm2-6b-32k", "chatglm2-6b-32k-int4", "gpt-3.5-turbo")
HERE = ("127.0.0.1", "::1", "localhost")
GRACE = 2  # seconds after which connections that are still open at the end are cut

_logger = logging.getLogger("chatglm.server")


def parse(words: Optional[List[str]] = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", help="a folder with weights, or a Hub id")
    parser.add_argument(
        "--name",
        action="append",
        help="of the model in requests (default: its folder's, and the usual ones); repeatable",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000, help="0: any that is free")
    parser.add_argument("--api-key", default=os.environ.get(KEY), help=f"that requests must bear (or {KEY})")
    parser.add_argument("--quantize", type=int, choices=(4, 8), help="bits, for weights that are not quantized yet")
    parser.add_argument("--device", help="cpu, cuda or cuda:N (default: a GPU where there is one)")
    parser.add_argument("--max-requests", type=int, default=64, help="that wait or are answered (default: 64)")
    parser.add_argument("--max-prompt", type=int, help="tokens of a prompt (default: what the model takes)")
    parser.add_argument("--max-body", type=int, help="bytes of a request (default: 100 for a token of a prompt)")
    parser.add_argument(
        "--cache-mib", type=int, default=1024, help="memory for shared prefixes (default: 1024; 0: none)"
    )
    parser.add_argument(
        "--cors", action="append", default=[], metavar="ORIGIN", help="whose pages may ask; repeatable"
    )
    parser.add_argument("--log-text", action="store_true", help="prompts and answers in the log")
    options = parser.parse_args(words)
    for name in ("max_requests", "max_prompt", "max_body"):
        value = getattr(options, name)
        if value is not None and value < 1:
            parser.error(f"--{name.replace('_', '-')} {value} must be at least 1")
    if not 0 <= options.port < 65536:
        parser.error(f"--port {options.port} must be from 0 to 65535")
    if options.cache_mib < 0:
        parser.error(f"--cache-mib {options.cache_mib} must not be negative")
    if options.api_key is not None and not options.api_key.strip():
        parser.error(f"the API key is empty: give --api-key or {KEY} a text, or none of them")
    options.max_length = None  # asked by check_model
    return options


def serve(app: Any, host: str, port: int) -> None:
    """Runs until SIGTERM or Ctrl-C, which end all answers at their next layer or token."""
    import uvicorn

    turns = app.state.server.turns

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: Any) -> None:
            turns.stop()
            super().handle_exit(sig, frame)

    config = uvicorn.Config(
        app, host, port, log_config=None, access_log=False, timeout_graceful_shutdown=GRACE, lifespan="off"
    )
    try:
        Server(config).run()  # which raises KeyboardInterrupt again once it has ended
    finally:
        turns.stop()
        turns.join(GRACE)


def main() -> None:
    options = parse()
    source = find_model(options.model)
    check_model(source, options)
    if options.model is None:
        print(ABOUT_DEMO.replace("make chat", "make serve"), file=sys.stderr)
    step("importing torch and transformers")
    from examples.server.app import Settings, make_app
    from examples.server.telemetry import log_to_stderr

    model, tokenizer = load(source, options.quantize, check_device(options.device))
    own = "chatglm2-demo" if options.model is None else Path(options.model).name
    settings = Settings(
        names=tuple(dict.fromkeys(options.name or (own, *USUAL_NAMES))),
        api_key=options.api_key,
        most_requests=options.max_requests,
        most_prompt=options.max_prompt,
        most_body=options.max_body,
        cache_bytes=options.cache_mib * 2**20,
        cors=tuple(options.cors),
        log_text=options.log_text,
    )
    log_to_stderr()
    if options.host not in HERE and options.api_key is None:
        _logger.warning("listening on %s without --api-key: whoever reaches this port may use it", options.host)
    serve(make_app(model, tokenizer, settings), options.host, options.port)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
