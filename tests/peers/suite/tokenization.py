"""TokenizerTesterMixin over the tokenizer, with the vocabulary that benchmarks/make_checkpoint.py trains."""

import unittest

import adapter
from tests.test_tokenization_common import TokenizerTesterMixin


class Tokenization(TokenizerTesterMixin, unittest.TestCase):
    tokenizer_class = adapter.ChatGLMTokenizer
    from_pretrained_id = (adapter.FOLDER,)
    test_rust_tokenizer = False
    test_tokenizer_from_extractor = False  # reads tokenizer.json, which a SentencePiece vocabulary has not
    test_sentencepiece = True

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        adapter.ChatGLMTokenizer.from_pretrained(adapter.FOLDER).save_pretrained(cls.tmpdirname)
        # Releases before 5 fill this only with tokenizers of the `tokenizers` library, and loop over it in many tests.
        cls.tokenizers_list = [(cls.tokenizer_class, adapter.FOLDER, {})]

    @classmethod
    def get_rust_tokenizer(cls, *args, **kwargs):
        raise unittest.SkipTest("compares with a tokenizer of the `tokenizers` library: there is none of this model")
