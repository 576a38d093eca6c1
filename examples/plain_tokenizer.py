"""The tokenizer for engines that run no code of ours: tokenizer.json, the chat template, the list of pieces."""

from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

from examples.whole_files import write_json
from tokenization_chatglm import (
    CHAT_PREFIX,
    CHATGLM2_TEMPLATE,
    CHATGLM3_TEMPLATE,
    ROLE_TOKENS,
    SPECIAL_TOKENS,
    ChatGLMTokenizer,
)

# Engines look for special tokens in every text. As "<sop>" it takes intent to write one; "sop" is in many words.
MARKED = {"sop": "<sop>", "eop": "<eop>"}
# In two halves: llama.cpp takes a template that holds "[gMASK]<sop>" in one piece for ChatGLM4's, and does not run it.
PREFIX = "{{ '[gMASK]' ~ '<sop>' }}"
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)  # of SentencePiece, and of GGUF
BPE = 2  # SentencePiece's number of that algorithm


class Piece(NamedTuple):
    text: str
    score: float
    kind: int


class PlainTokenizer:
    """What a folder's tokenizer.model and tokenizer_config.json say, as plain data.

    Raises:
        ValueError: no tokenizer.model, one that is damaged, or one of another kind than the family's.
    """

    def __init__(self, folder: Path):
        from sentencepiece import sentencepiece_model_pb2

        if not (folder / "tokenizer.model").is_file():
            raise ValueError(f"{folder} has no tokenizer.model: put it there, or export without (--no-tokenizer)")
        tokenizer = ChatGLMTokenizer.from_pretrained(str(folder))
        model = sentencepiece_model_pb2.ModelProto()
        model.ParseFromString(tokenizer.tokenizer.sp_model.serialized_model_proto())
        self.pieces = [Piece(piece.piece, piece.score, piece.type) for piece in model.pieces]
        normalizer = model.normalizer_spec
        long_symbols = [piece.text for piece in self.pieces if piece.kind == USER_DEFINED and len(piece.text) > 1]
        for other, what in (
            (model.trainer_spec.model_type != BPE, "an algorithm other than BPE"),
            (bool(normalizer.precompiled_charsmap), f"the normalization {normalizer.name!r}"),
            (normalizer.remove_extra_whitespaces, "removal of spaces"),
            (not normalizer.add_dummy_prefix, "no space before a text"),
            (bool(long_symbols), f"the symbols {long_symbols[:3]}"),
        ):
            if other:
                raise ValueError(f"{folder}/tokenizer.model has {what}, which models of this family do not")
        special = SPECIAL_TOKENS + (ROLE_TOKENS if tokenizer.role_tokens else ())
        self.special = [MARKED.get(token, token) for token in special]
        built_in = CHATGLM3_TEMPLATE if tokenizer.role_tokens else CHATGLM2_TEMPLATE
        own = tokenizer.init_kwargs.get("chat_template")
        self.template = PREFIX + (own if isinstance(own, str) else built_in).replace(CHAT_PREFIX, "")

    def __len__(self) -> int:
        return len(self.pieces) + len(self.special)

    def must_fit(self, rows: int) -> None:
        """Raises ValueError where the model has fewer rows than there are ids."""
        if len(self) > rows:
            raise ValueError(f"tokenizer.model gives {len(self):,} ids, the model has {rows:,}: it is another model's")

    def merges(self) -> List[Tuple[str, str]]:
        """Every pair of pieces that makes a piece, in the order of the scores that SentencePiece merges by."""
        index = {piece.text: number for number, piece in enumerate(self.pieces) if piece.kind == NORMAL}
        found = []
        for text, number in index.items():
            for cut in range(1, len(text)):
                left, right = text[:cut], text[cut:]
                if left in index and right in index:
                    found.append((-self.pieces[number].score, index[left], index[right], left, right))
        return [(left, right) for *_, left, right in sorted(found)]

    def write(self, folder: Path, seq_length: int) -> None:
        """Writes tokenizer.json and tokenizer_config.json, which `AutoTokenizer` reads without remote code."""
        self._tokenizer().save(str(folder / "tokenizer.json"))
        settings = {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "eos_token": "</s>",
            "pad_token": "<unk>",
            "unk_token": "<unk>",
            "padding_side": "left",
            "clean_up_tokenization_spaces": False,
            "model_max_length": seq_length,
            "model_input_names": ["input_ids", "attention_mask"],
            "chat_template": self.template,
        }
        write_json(folder / "tokenizer_config.json", settings)

    def _tokenizer(self) -> Any:
        from tokenizers import AddedToken, Tokenizer, decoders, normalizers, processors
        from tokenizers.models import BPE as MergingModel

        vocabulary: Dict[str, int] = {piece.text: number for number, piece in enumerate(self.pieces)}
        tokenizer = Tokenizer(
            MergingModel(vocabulary, self.merges(), unk_token="<unk>", fuse_unk=True, byte_fallback=True)
        )
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
        tokenizer.decoder = decoders.Sequence(
            [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
        )
        tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in self.special])
        ids = {token: tokenizer.token_to_id(token) for token in self.special}
        if list(ids.values()) != list(range(len(self.pieces), len(self))):
            raise ValueError(f"a piece of tokenizer.model is a special token already: {ids}")
        prefix = [(token, ids[token]) for token in ("[gMASK]", "<sop>")]
        tokenizer.post_processor = processors.TemplateProcessing(
            "[gMASK] <sop> $A", "[gMASK] <sop> $A $B </s>", [*prefix, ("</s>", vocabulary["</s>"])]
        )
        return tokenizer

    def rows(self, count: int) -> Iterator[Piece]:
        """A piece for each of `count` rows of the embedding; rows behind the special tokens have no text."""
        yield from self.pieces
        yield from (Piece(token, 0.0, CONTROL) for token in self.special)
        yield from (Piece(f"[PAD{number}]", 0.0, UNUSED) for number in range(len(self), count))
