"""Tokenizer of ChatGLM2 (and ChatGLM3): SentencePiece plus a few special ids after its last piece.

ChatGLM2 writes ``[gMASK] sop`` before every sequence. Special tokens that occur inside a text are ordinary text: only
ids make them special, so nobody can type one. ChatGLM3 has four role tokens more (``<|user|>`` and so on).
"""

import inspect
import json
import os
import re
from bisect import bisect_right
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import accumulate
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

from sentencepiece import SentencePieceProcessor
from transformers import BatchEncoding, PreTrainedTokenizer

SPECIAL_TOKENS = ("[MASK]", "[gMASK]", "[sMASK]", "sop", "eop")  # ids follow the last SentencePiece id
ROLE_TOKENS = ("<|system|>", "<|user|>", "<|assistant|>", "<|observation|>")  # ChatGLM3 only
CHAT_PREFIX = "[gMASK]sop"  # how published ChatGLM3 templates spell the two prefix tokens

# Renders what build_prompt() returns; a system message stands in front of the first round.
CHATGLM2_TEMPLATE = (
    "{%- set ns = namespace(round=0) -%}{%- for message in messages -%}"
    "{%- if message['role'] == 'system' -%}{{ message['content'] + '\\n\\n' }}"
    "{%- elif message['role'] == 'user' -%}{%- set ns.round = ns.round + 1 -%}"
    "{{ '[Round ' ~ ns.round ~ ']\\n\\n问：' ~ message['content'] ~ '\\n\\n' }}"
    "{%- elif message['role'] == 'assistant' -%}{{ '答：' ~ message['content'] ~ '\\n\\n' }}"
    "{%- else -%}{{ raise_exception('ChatGLM2 knows the roles system, user, assistant, not ' ~ message['role']) }}"
    "{%- endif -%}{%- endfor -%}{%- if add_generation_prompt -%}{{ '答：' }}{%- endif -%}"
)
CHATGLM3_TEMPLATE = (
    "{%- for message in messages -%}"
    "{{ '<|' ~ message['role'] ~ '|>' ~ (message['metadata'] or '') ~ '\\n ' ~ message['content'] }}"
    "{%- endfor -%}{%- if add_generation_prompt -%}{{ '<|assistant|>' }}{%- endif -%}"
)

# The same with marks around what the model has written, for releases that can mask all else (`_marks_answers`).
_MARKED_TEMPLATES = {
    CHATGLM2_TEMPLATE: CHATGLM2_TEMPLATE.replace(
        "{{ '答：' ~ message['content'] ~ '\\n\\n' }}",
        "{{ '答：' }}{% generation %}{{ message['content'] }}{% endgeneration %}{{ '\\n\\n' }}",
    ),
    CHATGLM3_TEMPLATE: CHATGLM3_TEMPLATE.replace(
        "{{ '<|' ~ message['role'] ~ '|>' ~ (message['metadata'] or '') ~ '\\n ' ~ message['content'] }}",
        "{{ '<|' ~ message['role'] ~ '|>' }}{% if message['role'] == 'assistant' %}"
        "{% generation %}{{ (message['metadata'] or '') ~ '\\n ' ~ message['content'] }}{% endgeneration %}"
        "{% else %}{{ (message['metadata'] or '') ~ '\\n ' ~ message['content'] }}{% endif %}",
    ),
}

# A message's content is a string, nothing, or OpenAI's list of parts. Files and exports hold templates without this:
# engines look into a template to find out whether it takes parts, and join the texts themselves if it does not.
_TEXT_OF = (
    "{%- macro text_of(content) -%}{%- if content is string -%}{{ content }}"
    "{%- elif content is mapping and content['type'] == 'text' -%}{{ text_of(content['text']) }}"
    "{%- elif content is sequence and content is not mapping -%}"
    "{%- for part in content -%}{{ text_of(part) }}{%- endfor -%}"
    "{%- elif content is not none -%}{{ raise_exception('content must be a string or a list of parts "
    """{"type": "text", "text": "..."}, not ' ~ (content['type'] or content)) }}"""
    "{%- endif -%}{%- endmacro -%}"
)

Span = Tuple[int, int]  # characters of a text: the first one, and the one behind the last


class _Handed:
    """What a call hands down to hooks that the base class calls without it; each thread has its own, None outside.

    `datasets.map` names its cache after a pickle (dill's) of the tokenizer, its class and all globals of its methods.
    Context variables do not pickle: hence a class around one.
    """

    def __init__(self, name: str):
        self._variable: "ContextVar[Any]" = ContextVar(name, default=None)

    def __reduce__(self) -> Tuple[Any, ...]:
        return _Handed, (self._variable.name,)

    def get(self) -> Any:
        return self._variable.get()

    @contextmanager
    def set(self, value: Any) -> Iterator[None]:
        token = self._variable.set(value)
        try:
            yield
        finally:
            self._variable.reset(token)


_padding_side = _Handed("padding_side")  # before 4.45 the base class knows it as an attribute only
_rendered_chat = _Handed("rendered_chat")  # whether a text comes from a chat template
_token_spans = _Handed("token_spans")  # a list to fill, of type List[List[Span]]


def _spans(tokens: Sequence[str], start: int, end: int) -> List[Span]:
    """Characters that each of SentencePiece's tokens of text[start:end] stands for.

    The byte pieces of one character all have that character's, and a space put before the text the first one's.
    """
    begun = [1 if re.fullmatch(r"<0x[0-7C-F].>", t) else 0 if re.fullmatch(r"<0x..>", t) else len(t) for t in tokens]
    ends = list(accumulate(begun, initial=0))
    shift = end - ends[-1]
    spans = [(before + shift - (count == 0), after + shift) for before, after, count in zip(ends, ends[1:], begun)]
    return [(max(first, start), max(behind, start + 1)) for first, behind in spans]


class _Row(NamedTuple):
    """Where the tokens of one row of a batch are."""

    padding: int  # tokens before them
    spans: List[Span]  # the characters of each
    length: int  # of the row, with all padding

    @property
    def offsets(self) -> List[Span]:
        """The characters of each token, (0, 0) for padding."""
        before, behind = self.padding, self.length - self.padding - len(self.spans)
        return [(0, 0)] * before + self.spans + [(0, 0)] * behind


class _AlignedBatch(BatchEncoding):
    """A batch that knows which characters a token stands for, as batches of the `tokenizers` library do.

    Args:
        batch: the batch, with `attention_mask`.
        spans: for each row, the characters of its tokens, before truncation and padding.
        cut_left: whether truncation cuts at the left.
    """

    def __init__(self, batch: BatchEncoding, spans: List[List[Span]], cut_left: bool):
        super().__init__(batch.data)
        masks = batch["attention_mask"]
        self._rows: List[_Row] = []
        for row, mask in zip(spans, [masks] if isinstance(masks[0], int) else masks):
            mask = [int(real) for real in mask]
            cut = len(row) - sum(mask) if cut_left else 0
            self._rows.append(_Row(mask.index(1) if any(mask) else 0, row[cut : cut + sum(mask)], len(mask)))

    @property
    def encodings(self) -> List[_Row]:
        """All rows; transformers reads their offsets from 5.24 on, before it asked `char_to_token`."""
        return self._rows

    def char_to_token(
        self, batch_or_char_index: int, char_index: Optional[int] = None, sequence_index: int = 0
    ) -> Optional[int]:
        """Index of the first token that stands for a character; None where truncation took it."""
        row, place = (0, batch_or_char_index) if char_index is None else (batch_or_char_index, char_index)
        padding, spans, _ = self._rows[row]
        index = bisect_right([behind for _, behind in spans], place)
        return padding + index if index < len(spans) and spans[index][0] <= place else None

    def complete(self, masks: Any) -> None:
        """Masks, in place, all byte pieces of a character whose first piece is masked."""
        for mask, (padding, spans, _) in zip(masks if hasattr(masks[0], "__len__") else [masks], self._rows):
            for index in range(1, len(spans)):
                if spans[index][0] < spans[index - 1][1] and mask[padding + index - 1]:
                    mask[padding + index] = 1


def _read_model(path: str) -> SentencePieceProcessor:
    """Loads the SentencePiece model. Raises ValueError: the base class replaces an OSError by its own, vaguer one."""

    def broken(problem: str) -> ValueError:
        fix = "hf download THUDM/chatglm2-6b-32k-int4 tokenizer.model --local-dir FOLDER"
        return ValueError(f"The SentencePiece model {path!r} {problem}. Download it with: {fix}")

    if not os.path.isfile(path):
        raise broken("does not exist")
    with open(path, "rb") as file:
        data = file.read()
    if not data:
        raise broken("is empty")
    if data.startswith(b"version https://git-lfs"):
        raise broken("is a git-lfs pointer, not the file itself")
    try:
        model = SentencePieceProcessor(model_proto=data)
        has_byte_fallback = model.unk_id() not in model.encode("\U0010fffd")
    except Exception as error:
        raise broken(f"is damaged, or something else ({len(data):,} bytes)") from error
    if not has_byte_fallback:  # the setting stands after all pieces, so a file cut off between two pieces lacks it
        raise broken(f"has no byte fallback; it is cut off, or of another model ({len(data):,} bytes)")
    return model


class SPTokenizer:
    """SentencePiece ids, then the special ids. Reached as ``tokenizer.tokenizer``.

    Args:
        sp_model: the loaded SentencePiece model.
        role_tokens: adds ChatGLM3's role tokens, and gives special ids their names (ChatGLM2 maps them to "").
    """

    # Else copyreg adds it at the first copy, and the pickle of the class (see _Handed) is another one from then on.
    __slotnames__: List[str] = []

    def __init__(self, sp_model: SentencePieceProcessor, role_tokens: bool = False):
        self.sp_model = sp_model
        self.bos_id: int = sp_model.bos_id()
        self.eos_id: int = sp_model.eos_id()
        self.pad_id: int = sp_model.unk_id()
        self.role_tokens = ROLE_TOKENS if role_tokens else ()
        first = sp_model.vocab_size()
        self.special_tokens = {token: first + i for i, token in enumerate(SPECIAL_TOKENS + self.role_tokens)}
        self.index_special_tokens = {index: token for token, index in self.special_tokens.items()}
        self.n_words: int = first + len(self.special_tokens)

    def tokenize(self, s: str) -> List[str]:
        # A lone surrogate (half a character, as broken JSON escapes leave it) is no UTF-8; it becomes U+FFFD.
        return self.sp_model.encode(s.encode("utf-16", "surrogatepass").decode("utf-16", "replace"), out_type=str)

    def encode(self, s: str, bos: bool = False, eos: bool = False) -> List[int]:
        ids = [self.convert_token_to_id(token) for token in self.tokenize(s)]
        return [self.bos_id] * bos + ids + [self.eos_id] * eos

    def decode(self, t: Sequence[int]) -> str:
        """Text of ids; unlike the tokenizer's decode(), each stretch between special ids is decoded by itself."""
        text = ""
        buffer: List[str] = []
        for index in t:
            if index in self.index_special_tokens:
                text += self.decode_tokens(buffer) + self.convert_id_to_token(index)
                buffer = []
            else:
                buffer.append(self.convert_id_to_token(index))
        return text + self.decode_tokens(buffer)

    def decode_tokens(self, tokens: List[str]) -> str:
        return self.sp_model.decode_pieces(tokens)

    def convert_token_to_id(self, token: str) -> int:
        """Id of a piece or special token; 0, the unknown id, for anything else."""
        return self.special_tokens[token] if token in self.special_tokens else self.sp_model.piece_to_id(token)

    def convert_id_to_token(self, index: int) -> str:
        """Piece of an id, "" for ids without text. Raises IndexError above the last id (ChatGLM3: "")."""
        if index in self.index_special_tokens:
            return self.index_special_tokens[index] if self.role_tokens else ""
        unnamed = index in (self.bos_id, self.eos_id, self.pad_id) or index < 0
        return "" if unnamed or (self.role_tokens and index >= self.n_words) else self.sp_model.id_to_piece(index)


class ChatGLMTokenizer(PreTrainedTokenizer):
    """ChatGLM2 tokenizer: batches carry ``input_ids``, ``attention_mask``, ``position_ids``, padded on the left.

    Args:
        vocab_file: path of ``tokenizer.model``.
        role_tokens: whether ChatGLM3's role tokens exist. By default yes if the config names one of them (in its chat
            template, for example) or if "chatglm3" is in the model's name or path.
        encode_special_tokens: ChatGLM3 only: role tokens written in a text become their ids.
        kwargs: as for every tokenizer (``padding_side``, ``chat_template``, ``pad_token``, ...).
    """

    __slotnames__: List[str] = []  # as in SPTokenizer
    vocab_files_names = {"vocab_file": "tokenizer.model"}
    model_input_names = ["input_ids", "attention_mask", "position_ids"]
    padding_side = "left"
    chat_template: Any  # since 4.34
    _auto_class = "AutoTokenizer"  # save_pretrained() copies this file along; set by the loader from 4.31 on

    def __init__(
        self,
        vocab_file: Optional[str] = None,
        role_tokens: Optional[bool] = None,
        encode_special_tokens: bool = False,
        **kwargs: Any,
    ):
        name_or_path = str(kwargs.get("name_or_path") or "")
        if role_tokens is None:
            named = any(token in str(kwargs.values()) for token in ROLE_TOKENS)
            role_tokens = named or re.findall(r"chatglm(\d)", name_or_path.lower())[-1:] == ["3"]
        self.name = "GLMTokenizer"
        self.role_tokens = role_tokens
        self.encode_special_tokens = encode_special_tokens
        self.vocab_file = vocab_file or os.path.join(name_or_path, "tokenizer.model")
        self.tokenizer = sp = SPTokenizer(_read_model(self.vocab_file), role_tokens)
        self.special_tokens = {"<bos>": sp.bos_id, "<eos>": sp.eos_id, "<pad>": sp.pad_id}
        self._all_names_in_vocab = False

        # Special tokens that have an id are set after the base constructor, which would else look for them in every
        # text. Tokens the caller invents (pad_token="<new>") go through it and get a new id.
        special = {"pad_token": "<unk>", "eos_token": "</s>", "unk_token": "<unk>"}
        kwargs = {key: value for key, value in kwargs.items() if value is not None}
        for key in [key for key in kwargs if key.endswith("_token")]:
            special.pop(key, None)
            if str(kwargs[key]) == "<unk>" or self._convert_token_to_id(str(kwargs[key])):
                special[key] = str(kwargs.pop(key))
        kwargs.update(role_tokens=role_tokens, encode_special_tokens=encode_special_tokens)  # so that they are saved
        kwargs.setdefault("padding_side", self.padding_side)
        kwargs.setdefault("clean_up_tokenization_spaces", False)
        kwargs.setdefault("chat_template", CHATGLM3_TEMPLATE if role_tokens else CHATGLM2_TEMPLATE)
        super().__init__(**kwargs)
        if hasattr(self, "chat_template"):
            self.chat_template = _replaced(self.chat_template, _built_in_templates())
        for key, token in special.items():
            setattr(self, key, token)

    # ------------------------------------------------------------------------------------------------- vocabulary

    @property
    def vocab_size(self) -> int:
        """Number of ids, without tokens that callers added: 64,794 (ChatGLM3: 64,798). The model has more rows."""
        return self.tokenizer.n_words

    def __len__(self) -> int:
        return self.vocab_size + sum(index >= self.vocab_size for index in self.get_added_vocab().values())

    def get_vocab(self) -> Dict[str, int]:
        """Token to id. The ids after the last piece share the key "" (`get_command` has them); ChatGLM3 names them."""
        sp_model = self.tokenizer.sp_model
        vocab = {sp_model.id_to_piece(index): index for index in range(sp_model.vocab_size())}
        for index, token in self.tokenizer.index_special_tokens.items():
            vocab[token if self._all_names_in_vocab else self._convert_id_to_token(index)] = index
        vocab.update(self.get_added_vocab())
        return vocab

    def get_command(self, token: str) -> int:
        """Id of `<bos>`, `<eos>`, `<pad>`, `[MASK]`, `[gMASK]`, `[sMASK]`, `sop`, `eop`, or a role token."""
        commands = {**self.special_tokens, **self.tokenizer.special_tokens}
        if token not in commands:
            raise ValueError(f"{token!r} is not a special token for {self.name}; it has {', '.join(commands)}")
        return commands[token]

    def save_vocabulary(self, save_directory: str, filename_prefix: Optional[str] = None) -> Tuple[str]:
        """Writes `tokenizer.model`, byte for byte as it was read, and returns its path in a tuple.

        Args:
            save_directory: a folder, or the path of the file to write, in a folder that exists.
            filename_prefix: stands before the file's name, where that is not given.
        """
        path = save_directory
        if os.path.isdir(path):
            path = os.path.join(path, (f"{filename_prefix}-" if filename_prefix else "") + "tokenizer.model")
        elif not os.path.isdir(os.path.dirname(path) or "."):
            raise ValueError(f"save_directory {path!r} is no folder, nor a file in one: make the folder first")
        with open(path, "wb") as file:
            file.write(self.tokenizer.sp_model.serialized_model_proto())
        return (path,)

    def __setattr__(self, key: str, value: Any) -> None:
        """`pad_token_id = 2` sets the token of that id: the base class would set its text, which special ids lack.

        Raises:
            ValueError: no token has the id.
        """
        if value is not None and key.endswith("_token_id") and key[:-3] in self.SPECIAL_TOKENS_ATTRIBUTES:
            key, value = key[:-3], self._name_of(value, key)
        super().__setattr__(key, value)

    def _name_of(self, index: Any, what: str) -> str:
        """Name of a token's id, also of one without text."""
        names = {**self.tokenizer.index_special_tokens, **self.added_tokens_decoder}
        pieces = self.tokenizer.sp_model.vocab_size()
        number = index if isinstance(index, int) else getattr(index, "item", lambda: -1)()
        if number in names:
            return str(names[number])
        if number not in range(pieces):
            raise ValueError(f"{what} must be the id of a token, 0 to {len(self) - 1}, got {index!r}")
        return self.tokenizer.sp_model.id_to_piece(number)

    # -------------------------------------------------------------------------------------------- text, tokens, ids

    def tokenize(self, text: str, **kwargs: Any) -> List[str]:
        """Splits text into tokens.

        Tokens that a caller added are kept whole. The model's own special tokens are not: "</s>" in a text is three
        ordinary tokens. Inside `apply_chat_template` the result starts with `[gMASK] sop`, and role tokens are found.
        """
        if "padding_side" in kwargs:  # it got here because encode_plus() of transformers before 4.45 does not know it
            raise TypeError("padding_side is an argument of tokenizer(...), encode() and pad(), not of encode_plus()")
        chat, shift, patterns = bool(_rendered_chat.get()), 0, []
        segments: List[Tuple[List[str], List[Span]]] = []
        if chat:
            shift = len(CHAT_PREFIX) if text.startswith(CHAT_PREFIX) else 0
            text = text[shift:]
            segments.append((["[gMASK]", "sop"], [(0, shift)] * 2))
        if chat or self.encode_special_tokens:
            # SentencePiece puts a space before each stretch of text; a chat template has already written it.
            patterns += [f"({re.escape(token)})" + " ?" * chat for token in self.tokenizer.role_tokens]
        if not kwargs.get("split_special_tokens", getattr(self, "split_special_tokens", False)):
            added = sorted(self.added_tokens_decoder.values(), key=lambda token: len(str(token)), reverse=True)
            patterns += [_added_pattern(token) for token in added]
        spans = _token_spans.get()

        def add(start: int, end: int) -> None:
            tokens = self._tokenize(text[start:end])
            segments.append((tokens, [] if spans is None else _spans(tokens, start + shift, end + shift)))

        start = 0
        for match in re.finditer("|".join(patterns), text) if patterns else ():
            add(start, match.start())
            segments.append(([match.group(match.lastindex or 0)], [(match.start() + shift, match.end() + shift)]))
            start = match.end()
        add(start, len(text))
        if spans is not None:
            spans.append([span for _, row in segments for span in row])
        return [token for tokens, _ in segments for token in tokens]

    def _tokenize(self, text: str, **kwargs: Any) -> List[str]:
        return self.tokenizer.tokenize(text)

    def _convert_token_to_id(self, token: str) -> int:
        return self.tokenizer.convert_token_to_id(token)

    def _convert_id_to_token(self, index: int) -> str:
        return self.tokenizer.convert_id_to_token(index)

    def convert_tokens_to_string(self, tokens: List[str]) -> str:
        """Joins tokens; byte pieces that do not make a whole character yet give U+FFFD, one per byte."""
        return self.tokenizer.decode_tokens(tokens)

    def decode(self, token_ids: Any, *args: Any, **kwargs: Any) -> Union[str, List[str]]:
        """Text of ids [seq] or of one id (before transformers 5 the base class reads one id's token as letters)."""
        if isinstance(token_ids, int) or getattr(token_ids, "ndim", None) == 0:
            token_ids = [int(token_ids)]
        return super().decode(token_ids, *args, **kwargs)

    # ----------------------------------------------------------------------------------------- sequences and batches

    def get_prefix_tokens(self) -> List[int]:
        return [self.get_command("[gMASK]"), self.get_command("sop")]

    def build_inputs_with_special_tokens(
        self, token_ids_0: List[int], token_ids_1: Optional[List[int]] = None
    ) -> List[int]:
        """`[gMASK] sop A`, and for a pair `[gMASK] sop A B </s>`."""
        ids = self.get_prefix_tokens() + list(token_ids_0)
        return ids if token_ids_1 is None else ids + list(token_ids_1) + [self.get_command("<eos>")]

    def get_special_tokens_mask(
        self,
        token_ids_0: List[int],
        token_ids_1: Optional[List[int]] = None,
        already_has_special_tokens: bool = False,
    ) -> List[int]:
        """1 where `build_inputs_with_special_tokens` puts a special token, or where the id given is one."""
        if already_has_special_tokens:
            sp = self.tokenizer
            special = {sp.bos_id, sp.eos_id, sp.pad_id, *sp.index_special_tokens, *self.all_special_ids}
            return [int(index in special) for index in token_ids_0]
        mask = [1, 1] + [0] * len(token_ids_0)
        return mask if token_ids_1 is None else mask + [0] * len(token_ids_1) + [1]

    def create_token_type_ids_from_sequences(
        self, token_ids_0: List[int], token_ids_1: Optional[List[int]] = None
    ) -> List[int]:
        """Zeros: the model has no token types (nothing returns them unless asked to)."""
        return [0] * len(self.build_inputs_with_special_tokens(token_ids_0, token_ids_1))

    def __call__(
        self, *args: Any, padding_side: Optional[str] = None, return_position_ids: bool = True, **kwargs: Any
    ) -> BatchEncoding:
        """As every tokenizer; `padding_side` works in each release, `return_position_ids=False` drops those."""
        spans = _token_spans.get()
        if spans is not None:
            kwargs["return_attention_mask"] = True  # it says where the tokens of a row are
        with _padding_side.set(padding_side or _padding_side.get()):
            batch = super().__call__(*args, **kwargs)
        if not return_position_ids:
            batch.pop("position_ids", None)
        return batch if spans is None else _AlignedBatch(batch, spans, self.truncation_side == "left")

    def encode(self, *args: Any, padding_side: Optional[str] = None, **kwargs: Any) -> List[int]:
        with _padding_side.set(padding_side or _padding_side.get()):
            return super().encode(*args, **kwargs)

    def pad(self, *args: Any, padding_side: Optional[str] = None, **kwargs: Any) -> BatchEncoding:
        with _padding_side.set(padding_side or _padding_side.get()):
            return super().pad(*args, **kwargs)

    def _pad(
        self,
        encoded_inputs: Dict[str, Any],
        max_length: Optional[int] = None,
        padding_strategy: str = "do_not_pad",
        pad_to_multiple_of: Optional[int] = None,
        padding_side: Optional[str] = None,
        return_attention_mask: Optional[bool] = None,
    ) -> Dict[str, Any]:
        """Pads one sequence. Position ids are 0 at padding and count from 0 at the first real token."""
        side = padding_side or _padding_side.get() or self.padding_side
        if side not in ("left", "right"):
            raise ValueError(f"padding_side must be 'left' or 'right', got {side!r}")
        name = self.model_input_names[0]
        length = len(encoded_inputs[name])
        mask = encoded_inputs.get("attention_mask", [1] * length)
        if return_attention_mask or (return_attention_mask is None and "attention_mask" in self.model_input_names):
            encoded_inputs["attention_mask"] = mask
        if "position_ids" in self.model_input_names and "position_ids" not in encoded_inputs:
            encoded_inputs["position_ids"] = [(count - 1) * real for count, real in zip(accumulate(mask), mask)]

        if padding_strategy == "longest":
            max_length = length
        if padding_strategy == "do_not_pad" or max_length is None:
            return encoded_inputs
        missing = max(max_length + -max_length % (pad_to_multiple_of or 1) - length, 0)
        fill = {"attention_mask": 0, "position_ids": 0, "token_type_ids": self.pad_token_type_id}
        for key, value in {**fill, "special_tokens_mask": 1, name: self.pad_token_id}.items():
            if key in encoded_inputs:
                padding, real = [value] * missing, list(encoded_inputs[key])
                encoded_inputs[key] = padding + real if side == "left" else real + padding
        return encoded_inputs

    # -------------------------------------------------------------------------------------------------------- chats

    def build_prompt(self, query: str, history: Optional[Sequence[Sequence[str]]] = None) -> str:
        """ChatGLM2's prompt: every past round, then the query.

        Args:
            query: the new question.
            history: past rounds, oldest first, each a (query, response) pair of strings.

        Raises:
            TypeError, ValueError: the query is no string, or a round is no pair of strings.
        """
        if not isinstance(query, str):
            raise TypeError(f"query must be a string, got {query!r}")
        if isinstance(history, (str, bytes, dict)):
            raise TypeError(f"history must be a list of (query, response) pairs, got {history!r}")
        prompt = ""
        for number, pair in enumerate(history or (), start=1):
            if not isinstance(pair, (list, tuple)) or [type(text) for text in pair] != [str, str]:
                raise ValueError(f"history[{number - 1}] must be a (query, response) pair of strings, got {pair!r}")
            prompt += f"[Round {number}]\n\n问：{pair[0]}\n\n答：{pair[1]}\n\n"
        return prompt + f"[Round {len(history or ()) + 1}]\n\n问：{query}\n\n答："

    def apply_chat_template(self, conversation: Any, *args: Any, **kwargs: Any) -> Any:
        """Renders messages (`role`, `content`) and, unless `tokenize=False`, encodes them after `[gMASK] sop`.

        The text of the built-in template is `build_prompt`'s, without the two prefix tokens, so that calling the
        tokenizer on it gives the same ids. A `content` may also be None, an empty text, or a list of parts
        {"type": "text", "text": ...}; the template raises for others. `return_assistant_tokens_mask=True` (with
        `return_dict=True`) gives 1 for the tokens of answers; for ChatGLM3, for all behind the assistant's role token.
        """
        spans: Optional[List[List[Span]]] = [] if kwargs.get("return_assistant_tokens_mask") else None
        with _rendered_chat.set(True), _token_spans.set(spans):
            out = super().apply_chat_template(conversation, *args, **kwargs)
        if isinstance(out, _AlignedBatch):
            out.complete(out["assistant_masks"])
        return out

    def build_single_message(self, role: str, metadata: str, message: str) -> List[int]:
        """ChatGLM3: ids of one message. Role tokens inside `metadata` and `message` stay ordinary text."""
        head, body = self.tokenizer.encode(f"{metadata}\n"), self.tokenizer.encode(message)
        return [self.get_command(f"<|{role}|>")] + head + body

    def build_chat_input(
        self, query: str, history: Optional[List[Dict[str, Any]]] = None, role: str = "user"
    ) -> BatchEncoding:
        """ChatGLM3: model inputs [1, seq] for a query after a history of messages (`role`, `content`, ...)."""
        ids = self.get_prefix_tokens()
        for item in history or ():
            content = item["content"]
            if item["role"] == "system" and "tools" in item:
                content += "\n" + json.dumps(item["tools"], indent=4, ensure_ascii=False)
            ids += self.build_single_message(item["role"], item.get("metadata", ""), content)
        ids += self.build_single_message(role, "", query) + [self.get_command("<|assistant|>")]
        return self.pad({"input_ids": [ids]}, return_tensors="pt")

    # --------------------------------------------------------------------------------------------- version differences

    def save_pretrained(self, *args: Any, **kwargs: Any) -> Any:
        """As every tokenizer; a built-in chat template is written in its short form, which all releases parse."""
        if not hasattr(self, "chat_template"):
            return super().save_pretrained(*args, **kwargs)
        template = self.chat_template
        self.chat_template = _replaced(template, {used: short for short, used in _built_in_templates().items()})
        try:
            return super().save_pretrained(*args, **kwargs)
        finally:
            self.chat_template = template

    def _add_tokens(self, new_tokens: List[Any], special_tokens: bool = False) -> int:
        # Since 4.34 the base class numbers new tokens from len(get_vocab()), which would reuse ids of existing pieces.
        self._all_names_in_vocab = True
        try:
            return super()._add_tokens(new_tokens, special_tokens=special_tokens)
        finally:
            self._all_names_in_vocab = False

    if not hasattr(PreTrainedTokenizer, "encode_plus"):  # 5.0 dropped both names; scripts still call them
        encode_plus = batch_encode_plus = __call__


def _marks_answers() -> bool:
    """Whether chat templates of the installed release may mark what the model has written (since 4.43)."""
    arguments = inspect.signature(getattr(PreTrainedTokenizer, "apply_chat_template", len)).parameters
    return "return_assistant_tokens_mask" in arguments


def _built_in_templates() -> Dict[str, str]:
    """The built-in chat templates: as files hold them, to how this release renders them."""
    content, marked = "message['content']", _marks_answers()
    return {
        short: _TEXT_OF + (long if marked else short).replace(content, f"text_of({content})")
        for short, long in _MARKED_TEMPLATES.items()
    }


def _replaced(template: Any, replacements: Dict[str, str]) -> Any:
    """A chat template, or each of a dictionary of them, with another one in its place where there is one."""
    if isinstance(template, dict):
        return {name: replacements.get(text, text) for name, text in template.items()}
    return replacements.get(template, template)


def _added_pattern(token: Any) -> str:
    """Regular expression, one group, for a token that a caller added: an AddedToken, or before 4.34 a plain string."""
    left, right = (r"\s*" if getattr(token, side) is True else "" for side in ("lstrip", "rstrip"))
    edge_left, edge_right = (r"(?<!\w)", r"(?!\w)") if getattr(token, "single_word", False) else ("", "")
    return f"{left}{edge_left}({re.escape(str(token))}){edge_right}{right}"
