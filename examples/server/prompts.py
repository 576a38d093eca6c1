"""From a request to the ids of its prompt, as the tokenizer's chat template writes it; what is too long is refused."""

from typing import Any, Dict, List, NamedTuple

from examples.server.errors import ApiError, refused
from examples.server.schema import ChatRequest, Request, TextRequest

LONGEST_PIECE = (
    64  # characters; SentencePiece makes none longer than 16 unless told to, and no file of this model does
)


class Prompt(NamedTuple):
    ids: List[int]
    text: str  # what comes before an answer that echoes it


def make_prompt(tokenizer: Any, request: Request, limit: int, vocabulary: int) -> Prompt:
    """Args:
        limit: tokens of a prompt at most.
        vocabulary: ids of the model, for prompts and biases that are given as ids.

    Raises:
        ApiError: what is too long, or no id.
    """
    for token in request.logit_bias:
        if token >= vocabulary:
            raise refused("logit_bias", f"logit_bias names token {token}, the ids end at {vocabulary - 1}")
    if isinstance(request, ChatRequest):
        messages = [{"role": message.role, "content": message.content} for message in request.messages]
        _check_length("messages", sum(len(message["content"]) for message in messages) // LONGEST_PIECE, limit)
        return Prompt(_ids(tokenizer, messages, limit), "")
    assert isinstance(request, TextRequest)
    if isinstance(request.prompt, str):
        _check_length("prompt", len(request.prompt) // LONGEST_PIECE, limit)
        ids = tokenizer(request.prompt)["input_ids"]
    else:
        ids = request.prompt
        wrong = [token for token in ids if not 0 <= token < vocabulary]
        if wrong:
            raise refused("prompt", f"prompt holds {wrong[0]}, ids are from 0 to {vocabulary - 1}")
    _check_length("prompt", len(ids), limit)
    return Prompt(list(ids), request.prompt if request.echo else "")


def _ids(tokenizer: Any, messages: List[Dict[str, str]], limit: int) -> List[int]:
    """Of a conversation: round for round as `build_prompt` has it, system messages in front."""
    if not tokenizer.role_tokens:
        system = "".join(f"{message['content']}\n\n" for message in messages if message["role"] == "system")
        texts = [message["content"] for message in messages if message["role"] != "system"]
        text = system + tokenizer.build_prompt(texts[-1], list(zip(texts[:-1:2], texts[1::2])))
        ids = tokenizer(text)["input_ids"]
    else:  # ChatGLM3, whose roles are tokens
        ids = tokenizer.get_prefix_tokens()
        for message in messages:
            ids += tokenizer.build_single_message(message["role"], "", message["content"])
        ids += [tokenizer.get_command("<|assistant|>")]
    _check_length("messages", len(ids), limit)
    return ids


def _check_length(param: str, tokens: int, limit: int) -> None:
    if tokens > limit:
        raise ApiError(
            400,
            f"{param} has {tokens:,} tokens or more, this server takes {limit:,}: send less",
            param,
            "context_length_exceeded",
        )
