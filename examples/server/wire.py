"""Answers as OpenAI's clients read them: whole, and in pieces."""

import json
import math
import re
import time
from typing import Any, Dict, Iterator, List, Optional, Tuple

from examples.server.answers import Answer, Piece, Token, piece_of
from examples.server.errors import ApiError
from examples.server.schema import ChatRequest

LEAST_LOGPROB = -9999.0  # in place of minus infinity, which JSON does not have


def event(data: Any) -> str:
    """A server-sent event."""
    return f"data: {data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)}\n\n"


def token_text(tokenizer: Any, token: int) -> Tuple[str, Optional[List[int]]]:
    """A token's text and its bytes; of a part of a character, the byte in OpenAI's spelling; of others, their name."""
    if token == tokenizer.eos_token_id:
        return tokenizer.eos_token, None
    piece = piece_of(tokenizer, token)
    byte = re.fullmatch(r"<0x([0-9A-F]{2})>", piece)
    if byte:
        return f"bytes:\\x{byte[1].lower()}", [int(byte[1], 16)]
    text = piece.replace("\u2581", " ")
    return text, list(text.encode())


def number(logprob: float) -> float:
    return logprob if math.isfinite(logprob) else LEAST_LOGPROB


class Reply:
    """The shape of one answer."""

    def __init__(self, answer: Answer, tokenizer: Any, model: str, request_id: str, echo: str):
        self.answer, self.tokenizer, self.echo = answer, tokenizer, echo
        self.request, self.chat = answer.request, isinstance(answer.request, ChatRequest)
        self.kind = "chat.completion" if self.chat else "text_completion"
        prefix = "chatcmpl" if self.chat else "cmpl"
        self.head = {"id": f"{prefix}-{request_id}", "created": int(time.time()), "model": model}
        self.offset = 0

    # ----------------------------------------------------------------------------------------------------------- whole

    def whole(self, pieces: List[Piece]) -> Dict[str, Any]:
        text = "".join(piece.text for piece in pieces)
        tokens = [token for piece in pieces for token in piece.tokens]
        choice = {"index": 0, "finish_reason": self.answer.reason, "logprobs": self._logprobs(tokens)}
        if self.chat:
            choice["message"] = {"role": "assistant", "content": text, "refusal": None}
        else:
            choice["text"] = self.echo + text
        return {**self.head, "object": self.kind, "choices": [choice], "usage": self._usage()}

    # ------------------------------------------------------------------------------------------------------- in pieces

    def begin(self) -> Iterator[str]:
        if self.chat:
            yield self._chunk({"delta": {"role": "assistant", "content": ""}})
        elif self.echo:
            yield self._chunk({"text": self.echo})

    def piece(self, piece: Piece) -> str:
        choice = {"delta": {"content": piece.text}} if self.chat else {"text": piece.text}
        return self._chunk({**choice, "logprobs": self._logprobs(piece.tokens)})

    def end(self) -> Iterator[str]:
        choice: Dict[str, Any] = {"delta": {}} if self.chat else {"text": ""}
        yield self._chunk({**choice, "finish_reason": self.answer.reason})
        if self.request.wants_usage():
            yield event({**self.head, "object": self._chunk_kind(), "choices": [], "usage": self._usage()})
        yield event("[DONE]")

    @staticmethod
    def broken(error: ApiError) -> str:
        return event(error.body())

    def _chunk_kind(self) -> str:
        return "chat.completion.chunk" if self.chat else "text_completion"

    def _chunk(self, choice: Dict[str, Any]) -> str:
        choice = {"index": 0, "finish_reason": None, "logprobs": None, **choice}
        usage = {"usage": None} if self.request.wants_usage() else {}
        return event({**self.head, "object": self._chunk_kind(), "choices": [choice], **usage})

    # ----------------------------------------------------------------------------------------------------------- parts

    def _usage(self) -> Dict[str, Any]:
        prompt, written = len(self.answer.ids), self.answer.written
        return {
            "prompt_tokens": prompt,
            "completion_tokens": written,
            "total_tokens": prompt + written,
            "prompt_tokens_details": {"cached_tokens": self.answer.cached},
        }

    def _logprobs(self, tokens: List[Token]) -> Optional[Dict[str, Any]]:
        if self.request.top_logprobs() is None:
            return None
        if self.chat:
            return {"content": [self._entry(token) for token in tokens], "refusal": None}
        tops = [{token_text(self.tokenizer, id)[0]: number(value) for id, value in token.top} for token in tokens]
        return {
            "tokens": [token_text(self.tokenizer, token.id)[0] for token in tokens],
            "token_logprobs": [number(token.logprob) for token in tokens],
            "top_logprobs": tops if self.request.top_logprobs() else None,
            "text_offset": [token.start for token in tokens],
        }

    def _entry(self, token: Token) -> Dict[str, Any]:
        def entry(id: int, logprob: float) -> Dict[str, Any]:
            text, octets = token_text(self.tokenizer, id)
            return {"token": text, "logprob": number(logprob), "bytes": octets}

        return {**entry(token.id, token.logprob), "top_logprobs": [entry(*top) for top in token.top]}
