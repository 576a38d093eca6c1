"""A page to chat on, for one or several people: python -m examples.web [FOLDER or Hub id]

Without a model it opens `demo_model/`, a small demonstration model of this package. The page asks for no password:
keep it on 127.0.0.1, or behind something that does.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Optional

from examples.chat import check_device, check_model, new_parser, parse
from examples.conversation import BYTES_PER_TOKEN, ERRORS
from examples.model_folder import find_model, load, step

# Nothing from elsewhere, whatever an answer or a library asks the browser to load. Scripts of gradio are inline.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"
)
HEADERS = [(b"content-security-policy", POLICY.encode()), (b"referrer-policy", b"no-referrer")]
SECONDS_TO_END = 3  # for answers and open pages, when the server is told to end


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


class Headers:
    """An ASGI application around another, that adds HEADERS to its answers."""

    def __init__(self, app: Any):
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def send_more(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS]
            await send(message)

        await self.app(scope, receive, send_more)


def application(page: Any, most_bytes: int) -> Any:
    """The page as an ASGI application that sends browsers nowhere else."""
    import gradio as gr
    from fastapi import FastAPI

    from examples.web.page import CSS

    app = FastAPI(openapi_url=None)
    app.add_middleware(Headers)
    return gr.mount_gradio_app(
        app,
        page.blocks,
        path="/",
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=most_bytes,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        theme=gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]),
        css=CSS,
    )


def serve(model: Any, tokenizer: Any, options: argparse.Namespace, folder: str) -> None:
    """Serves until the process is told to end. Uploads pass through `folder`."""
    os.environ.update(GRADIO_ANALYTICS_ENABLED="False", GRADIO_TEMP_DIR=folder, HF_HUB_DISABLE_TELEMETRY="1")
    import uvicorn

    from examples.web.page import Page
    from examples.web.talks import Talks

    settings: Dict[str, Any] = {"max_length": options.max_length, "do_sample": not options.greedy}
    if options.temperature is not None:
        settings["temperature"] = options.temperature
    talks = Talks(model, tokenizer, settings, options.queue, options.cache_gb * 1e9)
    bits = f"int{model.config.quantization_bit}" if model.config.quantization_bit else str(model.dtype)[6:]
    page = Page(talks, options.model is None, {"name": Path(options.model or "demo").name, "bits": bits})
    config = uvicorn.Config(
        application(page, BYTES_PER_TOKEN * model.config.seq_length),
        host=options.host,
        port=options.port,
        log_level="warning",
        timeout_graceful_shutdown=SECONDS_TO_END,
    )
    socket = config.bind_socket()
    step(f"the page is at http://{options.host}:{socket.getsockname()[1]} (Ctrl-C ends it)")
    try:
        uvicorn.Server(config).run(sockets=[socket])
    finally:
        talks.close()


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
    with tempfile.TemporaryDirectory(prefix="chatglm-web-") as folder:
        serve(model, tokenizer, options, folder)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
