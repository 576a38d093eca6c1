"""Who comes in: the key, how many at a time, how large a body may be. The rest is refused before it is read."""

import asyncio
import hmac
import time
import uuid
from typing import Any, Dict, List, Optional, Tuple

from starlette.responses import JSONResponse

from examples.server.errors import ApiError
from examples.server.telemetry import Metrics

OPEN = ("/health",)  # asked by what watches over the server, which has no key
COMPUTED = ("/v1/chat/completions", "/v1/completions")
BODY_SECONDS = 60  # in which a body has to arrive
DRAINED, DRAIN_SECONDS = 256 * 2**20, 10  # of a body that is refused: what most clients send before they listen


class Gate:
    """An ASGI application around another one.

    Args:
        api_key: that requests must bear, or None.
        most_requests: that wait or are answered at a time.
        most_bytes: of a body.
    """

    def __init__(self, app: Any, metrics: Metrics, api_key: Optional[str], most_requests: int, most_bytes: int):
        self.app, self.metrics, self.api_key = app, metrics, api_key
        self.most_requests, self.most_bytes, self.inside = most_requests, most_bytes, 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = time.monotonic()
        record: Dict[str, Any] = {"id": uuid.uuid4().hex, "method": scope["method"], "path": scope["path"]}
        scope.setdefault("state", {})["record"] = record

        async def noting(message: Any) -> None:
            if message["type"] == "http.response.start":
                record["status"] = message["status"]
                headers = [*message.get("headers", ()), (b"x-request-id", record["id"].encode())]
                message = {**message, "headers": headers}
            await send(message)

        computed = scope["path"] in COMPUTED and scope["method"] == "POST"
        self.inside += computed
        try:
            try:
                self._check(scope, computed)
                body = await self._body(scope, receive) if computed else None
            except ApiError as error:
                await self._refuse(error, scope, receive, noting)
            else:
                await self.app(scope, replayed(body, receive), noting)
        except Exception:
            record.setdefault("status", 500)
            raise
        finally:
            self.inside -= computed
            record["seconds"] = round(time.monotonic() - begun, 3)
            if record["path"] not in (*COMPUTED, "/v1/models", "/health", "/metrics"):
                record["path"] = "other"  # else whoever asks for anything makes new numbers
            self.metrics.ended(record)

    def _check(self, scope: Any, computed: bool) -> None:
        headers = dict(scope["headers"])
        if self.api_key is not None and scope["path"] not in OPEN:
            given = headers.get(b"authorization", b"")
            if not hmac.compare_digest(given, f"Bearer {self.api_key}".encode()):
                message = "the API key is wrong" if given else "this server wants an API key"
                raise ApiError(401, f"{message}: send 'Authorization: Bearer KEY'", code="invalid_api_key")
        if not computed:
            return
        kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
        if kind != b"application/json":  # pages of other sites can send all else without asking
            raise ApiError(
                415, f"the body's type is {kind.decode('latin-1')!r}: send 'Content-Type: application/json'"
            )
        if self.inside > self.most_requests:
            raise ApiError(
                429,
                f"{self.most_requests} requests are being answered already: ask again in a few seconds",
                code="rate_limit_exceeded",
                retry_after=2,
            )
        size = headers.get(b"content-length", b"")
        if size.isdigit() and int(size) > self.most_bytes:
            raise self._too_large(int(size))

    def _too_large(self, size: int) -> ApiError:
        return ApiError(
            413,
            f"the body has {size:,} bytes or more, this server reads {self.most_bytes:,}: send less text",
            code="request_too_large",
        )

    async def _body(self, scope: Any, receive: Any) -> bytes:
        parts: List[bytes] = []
        size = 0

        async def read() -> None:
            nonlocal size
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ApiError(400, "the client left before its body ended")
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                more = message.get("more_body", False)
                if size > self.most_bytes:
                    parts.clear()
                    raise self._too_large(size)

        try:
            await asyncio.wait_for(read(), BODY_SECONDS)
        except asyncio.TimeoutError:
            raise ApiError(408, f"the body did not arrive within {BODY_SECONDS} s") from None
        scope["state"]["body_read"] = True
        return b"".join(parts)

    async def _refuse(self, error: ApiError, scope: Any, receive: Any, send: Any) -> None:
        """Answers with an error. A client that is still sending is heard out, else it would not see the answer."""
        scope["state"]["record"]["error"] = error.code or error.message
        asks_first = any(name == b"expect" for name, _ in scope["headers"])
        if scope["method"] == "POST" and not asks_first:
            try:
                await asyncio.wait_for(drain(receive), DRAIN_SECONDS)
            except asyncio.TimeoutError:
                pass
        headers = {**error.headers, "connection": "close"}
        await JSONResponse(error.body(), error.status, headers)(scope, receive, send)


async def drain(receive: Any) -> None:
    """Reads a body and keeps nothing of it."""
    left = DRAINED
    while left > 0:
        message = await receive()
        left -= len(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return


def replayed(body: Optional[bytes], receive: Any) -> Any:
    """A `receive` that gives a body that was read already, and then what comes from the client."""
    if body is None:
        return receive
    waiting: List[Tuple[bytes]] = [(body,)]

    async def from_memory() -> Any:
        if waiting:
            return {"type": "http.request", "body": waiting.pop()[0], "more_body": False}
        return await receive()

    return from_memory
