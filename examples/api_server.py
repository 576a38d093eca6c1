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
from typing import AsyncIterator, Iterator, List, Optional, Tuple

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


def make_app(model, tokenizer) -> FastAPI:
    app = FastAPI(title="ChatGLM2")
    turn = threading.Lock()

    def start(body: ChatRequest, progress: Progress) -> Iterator[Tuple]:
        query, history = as_history(body.messages)
        settings = {"max_new_tokens": body.max_tokens} if body.max_tokens else {}
        if body.temperature:
            settings.update(temperature=body.temperature, top_p=body.top_p)
        return model.stream_chat(
            tokenizer,
            query,
            history,
            max_length=model.config.seq_length,
            do_sample=body.temperature > 0,
            stopping_criteria=StoppingCriteriaList([progress]),
            **settings,
        )

    def step(stream: Iterator[Tuple]) -> Optional[str]:
        """The answer so far, one or a few tokens longer than before; None at its end."""
        with turn:
            return next(stream, (None,))[0]

    @app.get("/v1/models")
    def models() -> dict:
        return {"object": "list", "data": [{"id": "chatglm2-6b-32k-int4", "object": "model", "owned_by": "local"}]}

    @app.post("/v1/chat/completions")
    async def chat_completions(body: ChatRequest, request: Request):
        progress = Progress()
        try:  # the first step reads the whole prompt, and raises where it does not fit
            stream = start(body, progress)
            text = await run_in_threadpool(step, stream)
        except (ValueError, MemoryError) as error:
            raise HTTPException(400, str(error)) from error
        answer = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": body.model}

        async def texts() -> AsyncIterator[str]:
            try:
                response = text
                while response is not None and not await request.is_disconnected():
                    yield response
                    response = await run_in_threadpool(step, stream)
            finally:
                stream.close()

        def reason() -> str:
            return "stop" if progress.last in (None, tokenizer.eos_token_id) else "length"

        async def events() -> AsyncIterator[str]:
            def event(delta: dict, finish_reason: Optional[str] = None) -> str:
                choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
                data = {**answer, "object": "chat.completion.chunk", "choices": [choice]}
                return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"

            yield event({"role": "assistant", "content": ""})
            shown = 0
            async for response in texts():
                if len(response) > shown:
                    yield event({"content": response[shown:]})
                    shown = len(response)
            yield event({}, reason())
            yield "data: [DONE]\n\n"

        if body.stream:
            return StreamingResponse(events(), media_type="text/event-stream")
        whole = ""
        async for response in texts():
            whole = response
        choice = {"index": 0, "message": {"role": "assistant", "content": whole}, "finish_reason": reason()}
        usage = {
            "prompt_tokens": progress.prompt,
            "completion_tokens": progress.answer,
            "total_tokens": progress.prompt + progress.answer,
        }
        return {**answer, "object": "chat.completion", "choices": [choice], "usage": usage}

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
