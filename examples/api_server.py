"""A small server that speaks the /v1/chat/completions protocol, with streaming:

    pip install -r examples/requirements.txt
    python -m examples.api_server chatglm2-6b-32k-int4 --port 8000
    curl http://127.0.0.1:8000/v1/chat/completions -H 'Content-Type: application/json' \\
         -d '{"messages": [{"role": "user", "content": "你好"}], "stream": true}'

Requests take turns token by token. One whose client has left is not computed any further. The server asks for no
password: keep it on 127.0.0.1, or behind something that does.
"""

import argparse
import json
import threading
import time
import uuid
from typing import AsyncIterator, List, Optional, Tuple

import torch
from fastapi import FastAPI, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from transformers import AutoModel, AutoTokenizer, StoppingCriteria, StoppingCriteriaList


class Message(BaseModel):
    role: str
    content: str


class ChatRequest(BaseModel):
    messages: List[Message]
    model: str = "chatglm2-6b-32k-int4"
    stream: bool = False
    temperature: float = Field(0.8, ge=0)  # 0 is greedy
    top_p: float = Field(0.8, gt=0, le=1)
    max_tokens: Optional[int] = Field(None, gt=0)


class Progress(StoppingCriteria):
    """Stops nothing; counts tokens and remembers the last one, which tells why an answer ended."""

    def __init__(self):
        self.prompt, self.answer, self.last = None, 0, None

    def __call__(self, input_ids, scores, **kwargs):
        self.prompt = input_ids.shape[1] - 1 if self.prompt is None else self.prompt
        self.answer, self.last = input_ids.shape[1] - self.prompt, int(input_ids[0, -1])
        return torch.zeros(len(input_ids), dtype=torch.bool, device=input_ids.device)


def as_history(messages: List[Message]) -> Tuple[str, List[Tuple[str, str]]]:
    """(query, history) of a conversation. A system message is put in front of the first question."""
    texts = [message.content for message in messages if message.role != "system"]
    roles = [message.role for message in messages if message.role != "system"]
    if len(roles) % 2 == 0 or roles != ["user", "assistant"] * (len(roles) // 2) + ["user"]:
        raise ValueError(f"messages must alternate between user and assistant and end with user, got {roles}")
    system = [message.content for message in messages if message.role == "system"]
    texts[0] = "\n\n".join([*system, texts[0]])
    return texts[-1], list(zip(texts[:-1:2], texts[1::2]))


class Answer:
    """One answer in the making.

    Args:
        turn: held while a token is computed, so that requests take turns.
    """

    def __init__(self, model, tokenizer, body: ChatRequest, turn: threading.Lock):
        query, history = as_history(body.messages)
        settings = {"max_new_tokens": body.max_tokens} if body.max_tokens else {}
        if body.temperature:
            settings.update(temperature=body.temperature, top_p=body.top_p)
        self.progress, self.turn, self.end_of_text = Progress(), turn, tokenizer.eos_token_id
        self.head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": body.model}
        self.stream = model.stream_chat(
            tokenizer,
            query,
            history,
            max_length=model.config.seq_length,
            do_sample=body.temperature > 0,
            stopping_criteria=StoppingCriteriaList([self.progress]),
            **settings,
        )

    def step(self) -> Optional[str]:
        """The answer so far, one or a few tokens longer than before; None at its end."""
        with self.turn:
            return next(self.stream, (None,))[0]

    async def texts(self, first: Optional[str], request: Request) -> AsyncIterator[str]:
        """The answer so far, again and again, until it ends or the client leaves; `first` has been computed."""
        try:
            response = first
            while response is not None and not await request.is_disconnected():
                yield response
                response = await run_in_threadpool(self.step)
        finally:
            self.stream.close()

    def finish_reason(self) -> str:
        return "stop" if self.progress.last in (None, self.end_of_text) else "length"

    async def events(self, first: Optional[str], request: Request) -> AsyncIterator[str]:
        """Server-sent events with what is new in each text."""

        def event(delta: dict, finish_reason: Optional[str] = None) -> str:
            choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
            data = {**self.head, "object": "chat.completion.chunk", "choices": [choice]}
            return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"

        yield event({"role": "assistant", "content": ""})
        shown = 0
        async for response in self.texts(first, request):
            if len(response) > shown:
                yield event({"content": response[shown:]})
                shown = len(response)
        yield event({}, self.finish_reason())
        yield "data: [DONE]\n\n"

    async def whole(self, first: Optional[str], request: Request) -> dict:
        text = ""
        async for response in self.texts(first, request):
            text = response
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": self.finish_reason()}
        prompt, answer = self.progress.prompt, self.progress.answer
        usage = {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}
        return {**self.head, "object": "chat.completion", "choices": [choice], "usage": usage}


def make_app(model, tokenizer) -> FastAPI:
    app = FastAPI(title="ChatGLM2")
    turn = threading.Lock()

    @app.get("/v1/models")
    def models() -> dict:
        return {"object": "list", "data": [{"id": "chatglm2-6b-32k-int4", "object": "model", "owned_by": "local"}]}

    @app.post("/v1/chat/completions")
    async def chat_completions(body: ChatRequest, request: Request):
        try:  # the first step reads the whole prompt, and raises where it does not fit
            answer = Answer(model, tokenizer, body, turn)
            first = await run_in_threadpool(answer.step)
        except (ValueError, MemoryError) as error:
            raise HTTPException(400, str(error)) from error
        if body.stream:
            return StreamingResponse(answer.events(first, request), media_type="text/event-stream")
        return await answer.whole(first, request)

    return app


def main() -> None:
    import uvicorn

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a folder with the weights and this package's code")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    arguments = parser.parse_args()
    tokenizer = AutoTokenizer.from_pretrained(arguments.model, trust_remote_code=True)
    model = AutoModel.from_pretrained(arguments.model, trust_remote_code=True).eval()
    model = model.half().cuda() if torch.cuda.is_available() else model
    uvicorn.run(make_app(model, tokenizer), host=arguments.host, port=arguments.port)


if __name__ == "__main__":
    main()
