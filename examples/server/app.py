"""The routes: from a request to an answer in turns, and back."""

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, AsyncIterator, Dict, List, NamedTuple, Optional, Tuple, Type, Union

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse, Response, StreamingResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException

from examples.server import schema
from examples.server.answers import Answer, End, Piece
from examples.server.errors import ApiError
from examples.server.gate import Gate
from examples.server.prefixes import Prefixes
from examples.server.prompts import Prompts
from examples.server.telemetry import Metrics
from examples.server.turns import Stopped, Turns, counts
from examples.server.wire import Reply

LOOK = 0.5  # seconds between two looks whether a client is still there
SIGN_OF_LIFE = 10.0  # seconds without a token after which a stream sends a comment, for what cuts silent connections
BYTES_PER_TOKEN = 100  # no text has so many: a longer body is not read

_logger = logging.getLogger("chatglm.server")


class Settings(NamedTuple):
    """What a server is started with."""

    names: Tuple[str, ...]  # of the model, the first one its own
    api_key: Optional[str] = None
    most_requests: int = 64
    most_prompt: Optional[int] = None  # tokens; None: all but one of what the model takes
    most_body: Optional[int] = None  # bytes; None: by the tokens of a prompt
    cache_bytes: int = 2**30
    cors: Tuple[str, ...] = ()
    log_text: bool = False


class Server:
    """A model and what stands around it."""

    def __init__(self, model: Any, tokenizer: Any, settings: Settings):
        self.model, self.tokenizer, self.settings = model, tokenizer, settings
        self.limit = min(settings.most_prompt or model.config.seq_length, model.config.seq_length - 1)
        self.turns, self.prefixes, self.metrics = Turns(), Prefixes(model, settings.cache_bytes), Metrics()
        self.prompts = Prompts(tokenizer, self.limit, model.config.padded_vocab_size)
        self.tokenizing = ThreadPoolExecutor(2, thread_name_prefix="tokenize")
        self.began = int(time.time())
        for state in counts(self.turns):
            self.metrics.watch(
                f"chatglm_{state}", f"Answers that are {state}", lambda state=state: counts(self.turns)[state]
            )
        self.metrics.watch("chatglm_prefix_bytes", "Memory of kept prefixes", self.prefixes.bytes)
        self.metrics.watch("chatglm_prefixes", "Kept prefixes", lambda: len(self.prefixes.entries))

    async def answer(self, request: Request, kind: Type[schema.Request], neutral: Dict[str, schema.Neutral]) -> Any:
        record = request.state.record
        body = schema.read(kind, neutral, schema.parse(await request.body()))
        name = self._model(body.model)
        loop, events = asyncio.get_running_loop(), asyncio.Queue()
        prompt = await loop.run_in_executor(self.tokenizing, self.prompts.make, body)

        def deliver(event: Union[Piece, End]) -> None:
            try:
                loop.call_soon_threadsafe(events.put_nowait, event)
            except RuntimeError:  # the loop has ended, and with it the client
                pass

        answer = Answer(self.model, self.tokenizer, self.prefixes, body, prompt.ids, deliver)
        reply = Reply(answer, self.tokenizer, name, record["id"], prompt.text)
        record.update(stream=body.stream, prompt_tokens=len(prompt.ids))
        if self.settings.log_text:
            record["prompt"] = self.tokenizer.decode(prompt.ids)
        coming = self._events(request, answer, events, record)
        if body.stream:
            headers = {"cache-control": "no-cache", "x-accel-buffering": "no"}
            return StreamingResponse(self._stream(reply, coming), media_type="text/event-stream", headers=headers)
        pieces = [event async for event in coming if isinstance(event, Piece)]
        return JSONResponse(reply.whole(pieces))

    def _model(self, name: Optional[str]) -> str:
        if name is not None and name not in self.settings.names:
            known = ", ".join(self.settings.names)
            raise ApiError(404, f"there is no model {name!r} here, only {known}", "model", "model_not_found")
        return name or self.settings.names[0]

    async def _events(
        self, request: Request, answer: Answer, events: asyncio.Queue, record: Dict[str, Any]
    ) -> AsyncIterator[Optional[Piece]]:
        """What is new of an answer, and now and then None, until it ends; while somebody is there to read it.

        Raises:
            ApiError: what ended it before its end.
        """
        text: List[str] = []
        coming, looked, record["finish_reason"] = None, time.monotonic(), "left"
        try:
            self.turns.enter(answer)
            while True:
                coming = coming or asyncio.ensure_future(events.get())
                await asyncio.wait({coming}, timeout=LOOK)
                if time.monotonic() - looked >= LOOK:
                    looked = time.monotonic()
                    if await request.is_disconnected():
                        return
                if not coming.done():
                    yield None
                    continue
                event, coming = coming.result(), None
                if isinstance(event, End):
                    if event.error is not None:
                        raise event.error
                    record["finish_reason"] = event.reason
                    return
                text.append(event.text)
                yield event
        except (GeneratorExit, asyncio.CancelledError):
            raise
        except BaseException as error:
            record["finish_reason"] = "error"
            told = api_error(error)
            if told.status == 500:
                _logger.error("an answer failed", exc_info=error)
            raise told from error
        finally:
            if coming is not None:
                coming.cancel()
            self.turns.cancel(answer)
            record.update(cached_tokens=answer.cached, answer_tokens=answer.written)
            if answer.began is not None:
                record["waited_seconds"] = round(answer.began - answer.arrived, 3)
            if answer.first is not None:
                record["first_token_seconds"] = round(answer.first - answer.arrived, 3)
            if self.settings.log_text:
                record["answer"] = "".join(text)

    async def _stream(self, reply: Reply, coming: AsyncIterator[Optional[Piece]]) -> AsyncIterator[str]:
        quiet = time.monotonic()
        for chunk in reply.begin():
            yield chunk
        try:
            async for piece in coming:
                if piece is not None:
                    quiet = time.monotonic()
                    yield reply.piece(piece)
                elif time.monotonic() - quiet > SIGN_OF_LIFE:
                    quiet = time.monotonic()
                    yield f": {reply.answer.left:,} tokens of the prompt are to be read\n\n"
        except ApiError as error:
            yield reply.broken(error)
            return
        finally:
            await coming.aclose()
        for chunk in reply.end():
            yield chunk


def api_error(error: BaseException) -> ApiError:
    """What a client is told of an error."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, Stopped):
        return ApiError(503, str(error), code="stopping", retry_after=5)
    if isinstance(error, MemoryError):
        return ApiError(503, f"no memory for this answer now: {error}", code="out_of_memory", retry_after=10)
    return ApiError(500, "the server failed at this request: its log says where", code="internal_error")


def make_app(model: Any, tokenizer: Any, settings: Settings) -> FastAPI:
    """The application; `app.state.server` is what it serves."""
    server = Server(model, tokenizer, settings)
    app = FastAPI(title="ChatGLM2", openapi_url=None)
    app.state.server = server

    @app.post("/v1/chat/completions")
    async def chat_completions(request: Request) -> Any:
        return await server.answer(request, schema.ChatRequest, schema.CHAT)

    @app.post("/v1/completions")
    async def completions(request: Request) -> Any:
        return await server.answer(request, schema.TextRequest, schema.TEXT)

    def entry(name: str) -> Dict[str, Any]:
        return {"id": name, "object": "model", "created": server.began, "owned_by": "local"}

    @app.get("/v1/models")
    async def models() -> Dict[str, Any]:
        return {"object": "list", "data": [entry(name) for name in settings.names]}

    @app.get("/v1/models/{name:path}")
    async def one_model(name: str) -> Dict[str, Any]:
        return entry(server._model(name))

    @app.get("/health")
    async def health() -> Response:
        stopping = server.turns.stopping
        return JSONResponse({"status": "stopping" if stopping else "ok"}, 503 if stopping else 200)

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(server.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    _answer_errors(app)
    body = settings.most_body or max(BYTES_PER_TOKEN * (server.limit + 1), 2**16)
    app.add_middleware(
        Gate, metrics=server.metrics, api_key=settings.api_key, most_requests=settings.most_requests, most_bytes=body
    )
    if settings.cors:
        app.add_middleware(CORSMiddleware, allow_origins=settings.cors, allow_methods=["*"], allow_headers=["*"])
    return app


def _answer_errors(app: FastAPI) -> None:
    """All errors in OpenAI's shape."""

    def reply(request: Request, error: ApiError) -> Response:
        request.state.record["error"] = error.code or error.param or error.status
        return JSONResponse(error.body(), error.status, error.headers)

    @app.exception_handler(ApiError)
    async def ours(request: Request, error: ApiError) -> Response:
        return reply(request, error)

    @app.exception_handler(HTTPException)
    async def theirs(request: Request, error: HTTPException) -> Response:
        message = f"{request.method} {request.url.path}: {error.detail}"
        return reply(request, ApiError(error.status_code, message, code="unknown_url"))

    @app.exception_handler(Exception)
    async def others(request: Request, error: Exception) -> Response:
        return reply(request, api_error(error))
