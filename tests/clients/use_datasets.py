"""datasets: the name that `map` gives to its cache, which is made of a pickle of the tokenizer and its class."""

import copy
import pickle
import subprocess
import sys
from typing import Any, Iterator, List

from datasets import Dataset
from datasets.fingerprint import Hasher

from tests.clients.rows import Row
from tests.clients.tiny import SCRATCH, tokenizer

TEXTS = ["你好", "a quick brown fox"]
AGAIN = """
import sys
from datasets.fingerprint import Hasher
from transformers import AutoTokenizer
encode = AutoTokenizer.from_pretrained(sys.argv[1], trust_remote_code=True)
print(Hasher.hash(encode), Hasher.hash(lambda row: encode(row["text"])))
"""


def names(encode: Any) -> List[str]:
    return [Hasher.hash(encode), Hasher.hash(lambda row: encode(row["text"]))]


def in_another_process(folder: str) -> List[str]:
    """The same names there, where a script is started again."""
    script = SCRATCH / "again.py"
    script.write_text(AGAIN, encoding="utf-8")
    done = subprocess.run([sys.executable, script, folder], capture_output=True, encoding="utf-8", check=True)
    return done.stdout.split()


def mapped_by(encode: Any, rows: Dataset) -> Dataset:
    return rows.map(lambda row: encode(row["text"]))


def caches() -> Iterator[Row]:
    encode, other = tokenizer(), tokenizer()
    other.pad_token = "</s>"
    again = in_another_process(encode.name_or_path)
    yield Row("the name of a tokenizer, in two processes", names(encode)[0], again[0], names(other)[0])
    encode(TEXTS, padding=True)
    copy.deepcopy(encode), pickle.dumps(encode)
    encode.apply_chat_template(
        [{"role": "user", "content": "你好"}], return_assistant_tokens_mask=True, return_dict=True
    )
    yield Row("the same after it was used, copied and pickled", names(encode)[0], again[0], names(other)[0])

    rows = Dataset.from_dict({"text": TEXTS})
    mapped = [mapped_by(made, rows) for made in (encode, tokenizer(), other)]
    yield Row("map(): the name of its cache", *(found._fingerprint for found in mapped))
    yield Row("map(): ids", mapped[0]["input_ids"][:], [encode.encode(text) for text in TEXTS], [[], []])


CHECKS = (caches,)
