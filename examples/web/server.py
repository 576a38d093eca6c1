"""The server of the page: nothing but the page, and no word to anybody else."""

import argparse
from pathlib import Path
from typing import Any, Dict, List, Optional

import gradio as gr
import uvicorn
from fastapi import FastAPI

from examples.conversation import BYTES_PER_TOKEN
from examples.web.page import CSS, Page
from examples.web.talks import Talks

# Nothing from elsewhere, whatever an answer or a library asks the browser to load. Scripts of gradio are inline.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"
)
HEADERS = [(b"content-security-policy", POLICY.encode()), (b"referrer-policy", b"no-referrer")]
SECONDS_TO_END = 3  # for answers and open pages, when the server is told to end


class Uploaded:
    """What gradio's components do with files that a request names: those that were uploaded here, and no others."""

    fetch = gr.blocks.Block.async_move_resource_to_block_cache

    @staticmethod
    async def take(block: Any, path: Any) -> Any:
        """In place of gradio's own, which would load it from elsewhere."""
        if str(path).lower().startswith(("http:", "https:")):
            raise gr.Error("a file has to be uploaded")
        return await Uploaded.fetch(block, path)

    @staticmethod
    def only(blocks: gr.Blocks) -> None:
        blocks.has_launched = True  # else a page that is mounted lets requests name any file of this machine
        gr.blocks.Block.async_move_resource_to_block_cache = Uploaded.take


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
    Uploaded.only(page.blocks)
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


class Server(uvicorn.Server):
    """Serves the page of a model.

    Args:
        options: of `python -m examples.web`.
    """

    def __init__(self, model: Any, tokenizer: Any, options: argparse.Namespace):
        settings: Dict[str, Any] = {"max_length": options.max_length, "do_sample": not options.greedy}
        if options.temperature is not None:
            settings["temperature"] = options.temperature
        self.talks = Talks(model, tokenizer, settings, options.queue, options.cache_gb * 1e9)
        bits = f"int{model.config.quantization_bit}" if model.config.quantization_bit else str(model.dtype)[6:]
        page = Page(self.talks, options.model is None, {"name": Path(options.model or "demo").name, "bits": bits})
        app = application(page, BYTES_PER_TOKEN * model.config.seq_length)
        self.gradio: Any = app.routes[-1].app
        super().__init__(
            uvicorn.Config(
                app,
                host=options.host,
                port=options.port,
                log_level="warning",
                timeout_graceful_shutdown=SECONDS_TO_END,
            )
        )
        self.socket = self.config.bind_socket()
        self.address = f"http://{options.host}:{self.socket.getsockname()[1]}/"

    def serve_until_told(self) -> None:
        try:
            self.run(sockets=[self.socket])
        finally:
            self.talks.close()

    async def shutdown(self, sockets: Optional[List[Any]] = None) -> None:
        """Ends what would be waited for: answers, and the connections by which open pages tell that they are there."""
        self.talks.stop()
        self.gradio.stop_event.set()
        await super().shutdown(sockets)
