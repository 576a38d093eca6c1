"""From a request to the ids of its prompt, as the tokenizer's chat template writes it; what is too long is refused."""

from typing import Any, Dict, List, NamedTuple

from examples.server.errors import refused
from examples.server.schema import ChatRequest, Request, TextRequest


class Prompt(NamedTuple):
    ids: List[int]
    text: str  # what comes before an answer that echoes it


class Prompts:
    """Makes prompts.

    Args:
        limit: tokens of a prompt at most.
        vocabulary: ids of the model, for prompts and biases that are given as ids.
    """

    def __init__(self, tokenizer: Any, limit: int, vocabulary: int):
        self.tokenizer, self.limit, self.vocabulary = tokenizer, limit, vocabulary
        pieces = tokenizer.tokenizer.sp_model
        self.longest = max(len(pieces.id_to_piece(token)) for token in range(pieces.vocab_size()))  # characters

    def make(self, request: Request) -> Prompt:
        """Raises ApiError for what is too long, and for ids that there are not."""
        for token in request.logit_bias:
            if token >= self.vocabulary:
                raise refused("logit_bias", f"logit_bias names token {token}, the ids end at {self.vocabulary - 1}")
        if isinstance(request, ChatRequest):
            messages = [{"role": message.role, "content": message.content} for message in request.messages]
            self._check_text("messages", sum(len(message["content"]) for message in messages))
            return Prompt(self._fitting("messages", _ids(self.tokenizer, messages)), "")
        assert isinstance(request, TextRequest)
        if isinstance(request.prompt, str):
            self._check_text("prompt", len(request.prompt))
            ids = list(self.tokenizer(request.prompt)["input_ids"])
        else:
            ids = request.prompt
            wrong = [token for token in ids if not 0 <= token < self.vocabulary]
            if wrong:
                raise refused("prompt", f"prompt holds {wrong[0]}, ids are from 0 to {self.vocabulary - 1}")
        return Prompt(self._fitting("prompt", ids), request.prompt if request.echo else "")

    def _check_text(self, param: str, characters: int) -> None:
        """Refuses what cannot fit however long its tokens are: reading it would take others' time."""
        if characters > self.longest * self.limit:
            message = f"{param} has {characters:,} characters, more than {self.limit:,} tokens have: send less"
            raise refused(param, message, "context_length_exceeded")

    def _fitting(self, param: str, ids: List[int]) -> List[int]:
        if len(ids) > self.limit:
            message = f"{param} has {len(ids):,} tokens, this server takes {self.limit:,}: send less"
            raise refused(param, message, "context_length_exceeded")
        return ids


def _ids(tokenizer: Any, messages: List[Dict[str, str]]) -> List[int]:
    """Of a conversation: round for round as `build_prompt` has it, system messages in front."""
    if tokenizer.role_tokens:  # ChatGLM3
        ids = tokenizer.get_prefix_tokens()
        for message in messages:
            ids += tokenizer.build_single_message(message["role"], "", message["content"])
        return [*ids, tokenizer.get_command("<|assistant|>")]
    system = "".join(f"{message['content']}\n\n" for message in messages if message["role"] == "system")
    texts = [message["content"] for message in messages if message["role"] != "system"]
    return list(
        tokenizer(system + tokenizer.build_prompt(texts[-1], list(zip(texts[:-1:2], texts[1::2]))))["input_ids"]
    )
