"""Tokenizer: what users get from AutoTokenizer, against the original's records and, without them, on a tiny model.

The golden tests need the published vocabulary in `../shared/golden`; the others, all that runs in a clone of this
repository alone, train a SentencePiece model of 380 pieces in a temporary folder.
"""

import copy
import hashlib
import inspect
import json
import pickle
import shutil
from pathlib import Path

import pytest
import sentencepiece
import torch
import transformers
from conftest import GOLDEN, ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import AddedToken, AutoTokenizer

VERSION = tuple(int(part) for part in transformers.__version__.split(".")[:2])

needs_golden = pytest.mark.golden if (GOLDEN / "tokenizer").is_dir() else pytest.mark.left_out
needs_chat_template = pytest.mark.skipif(VERSION < (4, 34), reason="apply_chat_template came with transformers 4.34")
quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

CORPUS = """The quick brown fox jumps over the lazy dog. Hello, world! What is the weather like today?
大语言模型把文本切成词元，再把词元变成向量。你好，世界！今天天气怎么样？
[Round 1]
问：你好 答：你好！很高兴见到你。
def add(a, b): return a + b
"""


# -------------------------------------------------------------------------------------------------------- fixtures


@pytest.fixture(scope="module")
def make_folder(tmp_path_factory):
    """Returns a function that lays out a model folder: package file, config, vocabulary."""
    count = 0

    def make(vocab_file, config=ROOT / "tokenizer_config.json", **changes):
        nonlocal count
        count += 1
        folder = tmp_path_factory.mktemp(f"folder{count}")
        shutil.copy(ROOT / "tokenization_chatglm.py", folder)
        published = json.loads(Path(config).read_text(encoding="utf-8"))
        (folder / "tokenizer_config.json").write_text(json.dumps({**published, **changes}))
        if vocab_file:
            shutil.copyfile(vocab_file, folder / "tokenizer.model")
        return folder

    return make


def load(folder, **kwargs):
    return AutoTokenizer.from_pretrained(str(folder), trust_remote_code=True, **kwargs)


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory):
    """Path of a SentencePiece model trained like the published one: BPE, byte fallback, no normalization."""
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "corpus.txt").write_text(CORPUS * 5, encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "corpus.txt"),
        model_prefix=str(folder / "tiny"),
        model_type="bpe",
        vocab_size=380,
        byte_fallback=True,
        character_coverage=0.98,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        pad_id=-1,
        minloglevel=2,
    )
    return folder / "tiny.model"


@pytest.fixture(scope="module")
def folder(make_folder, tiny_model):
    return make_folder(tiny_model)


@pytest.fixture(scope="module")
def tokenizer(folder):
    return load(folder)


@pytest.fixture(scope="module")
def tiny3(make_folder, tiny_model):
    return load(make_folder(tiny_model, name_or_path="x", role_tokens=True))


@pytest.fixture(scope="module")
def golden():
    return json.loads((GOLDEN / "tokenizer_golden.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def golden3():
    return json.loads((GOLDEN / "tokenizer3_golden.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def published(make_folder):
    """The published ChatGLM2 tokenizer with its published config."""
    return load(make_folder(GOLDEN / "tokenizer/tokenizer.model", GOLDEN / "tokenizer/tokenizer_config.json"))


@pytest.fixture(scope="module")
def published3(make_folder):
    return load(make_folder(GOLDEN / "tokenizer/tokenizer.model", GOLDEN / "tokenizer3/tokenizer_config.json"))


def ids_of(output):
    """The ids that apply_chat_template returned: a list before transformers 5, since then a dict."""
    return output if isinstance(output, list) else output["input_ids"]


def as_lists(batch):
    return {key: value.tolist() if hasattr(value, "tolist") else value for key, value in batch.items()}


# ---------------------------------------------------------------------------------------- golden: ChatGLM2


@needs_golden
def test_every_recorded_text_has_the_same_ids_tokens_and_decodes(published, golden):
    for case in golden["texts"]:
        text, ids = case["text"], case["ids"]
        assert published.encode(text) == ids, text
        assert published.encode(text, add_special_tokens=False) == case["ids_no_special"], text
        assert published.tokenize(text) == case["tokens"], text
        assert published.decode(ids) == case["decode"], text
        assert published.decode(ids, skip_special_tokens=True) == case["decode_skip_special"], text
        assert published.decode(case["ids_no_special"]) == case["decode_no_special_ids"], text
        assert published.convert_ids_to_tokens(ids) == case["convert_ids_to_tokens"], text
        assert published.convert_tokens_to_ids(case["tokens"]) == case["convert_tokens_to_ids"], text
        assert published.convert_tokens_to_string(case["tokens"]) == case["convert_tokens_to_string"], text
        out = published(text)
        assert list(out) == case["call_keys"] and len(out["position_ids"]) == case["position_ids_len"], text


@needs_golden
def test_streamed_text_grows_like_the_original_with_half_characters_as_replacement_characters(published, golden):
    for case in golden["texts"]:
        ids = case["ids_no_special"]
        grown = [published.decode(ids[: end + 1]) for end in range(len(ids))]
        assert grown == case.get("prefix_decodes", grown), case["text"]


@needs_golden
def test_batches_pairs_and_truncation_have_the_recorded_tensors(published, golden):
    for case in golden["batches"]:
        texts = case["texts"]
        out = published(texts, padding=True, return_tensors="pt")
        assert list(out) == case["keys"] and as_lists(out) == case["out"]
        assert {key: str(value.dtype) for key, value in out.items()} == case["dtype"]
        fixed = published(texts, padding="max_length", max_length=24, truncation=True)
        assert as_lists(fixed) == case["max_length_24_truncation"]
        assert as_lists(published(texts, padding=True, pad_to_multiple_of=8)) == case["pad_to_multiple_of_8"]
        assert as_lists(published(texts, padding=True, add_special_tokens=False)) == case["no_special"]
        assert published.batch_decode(out["input_ids"]) == case["batch_decode"]
        assert published.batch_decode(out["input_ids"], skip_special_tokens=True) == case["batch_decode_skip_special"]
    for case in golden["pairs"]:
        out = published(case["a"], case["b"])
        assert as_lists(out) == case["out"] and published.decode(out["input_ids"]) == case["decode"]
    pairs = [[case["a"] for case in golden["pairs"]], [case["b"] for case in golden["pairs"]]]
    assert as_lists(published(*pairs, padding=True)) == golden["pairs_batch"]
    for case in golden["truncation"]:
        assert published.encode(case["text"], truncation=True, max_length=case["max_length"]) == case["ids"]


@needs_golden
def test_prompts_and_commands_are_the_recorded_ones(published, golden):
    for case in golden["build_prompt"]:
        prompt = published.build_prompt(case["query"], case["history"])
        assert prompt == case["prompt"] and published.encode(prompt) == case["ids"]
    for name, index in golden["get_command"].items():
        assert published.get_command(name) == index
    for name in golden["get_command_errors"]:
        with pytest.raises(ValueError, match="is not a special token for GLMTokenizer"):
            published.get_command(name)


@needs_golden
def test_ids_and_tokens_convert_as_recorded_also_out_of_range(published, golden):
    for token, index in golden["convert"].items():
        assert published.convert_tokens_to_ids(token) == index, token
    for index, token in golden["id_to_token"].items():
        assert published.convert_ids_to_tokens(int(index)) == token, index
    for ids, text, skipped in golden["decode_special"]:
        assert published.decode(ids) == text and published.decode(ids, skip_special_tokens=True) == skipped, ids
    for index in (64795, 65023, 70000):
        with pytest.raises(IndexError):
            published.convert_ids_to_tokens(index)
        with pytest.raises(IndexError):
            published.decode([index])
    assert published.convert_ids_to_tokens(-1) == "" and published.decode([-1, 36474]) == "你"
    assert published.decode(36474) == published.decode(torch.tensor(36474)) == "你" and published.decode(13) == "\n"


@needs_golden
def test_sizes_vocabulary_and_special_tokens_are_the_recorded_ones(published, golden):
    sizes, special = golden["sizes"], golden["special"]
    assert (published.vocab_size, len(published)) == (sizes["vocab_size"], sizes["len"])
    vocab = published.get_vocab()
    # Overruled: the original mapped the three below to "", and TRL refuses a tokenizer whose eos token has no name.
    named = {"<unk>": 0, "<s>": 1, "</s>": 2}
    assert len(vocab) == sizes["get_vocab_size"] + len(named)
    expected = {token: named.get(token, index) for token, index in golden["get_vocab_contains"].items()}
    assert {token: vocab.get(token) for token in (*expected, *named)} == {**expected, **named}
    assert published.tokenizer.sp_model.vocab_size() == sizes["sp_vocab"]
    assert published.tokenizer.n_words == sizes["n_words"]
    own = {"unk_token_id", "all_special_tokens", "all_special_ids", "special_tokens_map"}  # see the README
    for name in set(special) - own - {"get_prefix_tokens", "model_max_length_is_huge", "num_special_tokens_to_add"}:
        value = getattr(published, name)
        assert (value() if callable(value) else value) == special[name], name
    assert published.get_prefix_tokens() == special["get_prefix_tokens"]
    assert published.model_max_length > 10**20
    added = [published.num_special_tokens_to_add(pair) for pair in (False, True)]
    assert added == special["num_special_tokens_to_add"]


@needs_golden
def test_saving_writes_the_published_vocabulary_byte_for_byte(published, golden, tmp_path):
    (path,) = published.save_vocabulary(str(tmp_path))
    assert [Path(path).name] == golden["save_vocabulary"]["files"]
    assert hashlib.sha256(Path(path).read_bytes()).hexdigest() == golden["save_vocabulary"]["sha256"]


# ---------------------------------------------------------------------------------------- golden: ChatGLM3


@needs_golden
def test_chatglm3_texts_decode_and_encode_as_recorded(published3, golden3, make_folder):
    special = load(
        make_folder(GOLDEN / "tokenizer/tokenizer.model", GOLDEN / "tokenizer3/tokenizer_config.json"),
        encode_special_tokens=True,
    )
    for case in golden3["texts"]:
        text, ids = case["text"], case["ids"]
        assert published3.encode(text) == ids and published3.tokenize(text) == case["tokens"], text
        assert published3.decode(ids) == case["decode"], text
        assert published3.decode(ids, skip_special_tokens=True) == case["decode_skip_special"], text
        assert published3.tokenizer.decode(ids) == case["sp_decode"], text
        assert special.tokenize(text) == case["tokens_encode_special"], text
        assert special.encode(text) == case["ids_encode_special"], text


@needs_golden
def test_chatglm3_chat_inputs_sizes_and_role_tokens_are_the_recorded_ones(published3, golden3):
    for case in golden3["chat_inputs"]:
        out = published3.build_chat_input(case["query"], case.get("history"), case.get("role", "user"))
        assert as_lists(out) == case["out"] and published3.decode(out["input_ids"][0]) == case["decode"]
    for case in golden3["single_messages"]:
        assert published3.build_single_message(case["role"], case["metadata"], case["message"]) == case["ids"]
    for name, index in golden3["get_command"].items():
        assert published3.get_command(name) == index
    for index, token in golden3["id_to_token"].items():
        assert published3.convert_ids_to_tokens(int(index)) == token
    sizes = (published3.vocab_size, len(published3))
    assert sizes == (golden3["sizes"]["vocab_size"], golden3["sizes"]["len"])
    # Overruled: the original had no names for <unk>, <s>, </s>, but a key "" for one of them.
    assert len(published3.get_vocab()) == golden3["sizes"]["get_vocab_size"] + 3 - 1 == len(published3)
    assert as_lists(published3(golden3["batch"]["texts"], padding=True)) == golden3["batch"]["out"]


@needs_golden
@needs_chat_template
def test_chatglm3_template_of_the_published_config_wins_and_gives_the_ids_of_build_chat_input(published3):
    history = [{"role": "user", "content": "你好"}, {"role": "assistant", "content": "你好！"}]
    messages = [*history, {"role": "user", "content": "天气"}]
    text = published3.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert text == "[gMASK]sop<|user|> \n 你好<|assistant|> \n 你好！<|user|> \n 天气<|assistant|>"
    ids = published3.apply_chat_template(messages, add_generation_prompt=True)
    assert ids_of(ids) == published3.build_chat_input("天气", history)["input_ids"][0].tolist()


@pytest.mark.parametrize(
    "name, expected",
    [
        ("THUDM/chatglm3-6b", True),
        ("THUDM/chatglm2-6b-32k-int4", False),
        ("/srv/chatglm3-project/chatglm2-6b", False),
        ("/models/ChatGLM3-6B-32k/", True),
        ("/models/mine", False),
    ],
)
def test_role_tokens_come_with_chatglm3_names_only(tokenizer, tiny_model, name, expected):
    made = type(tokenizer)(str(tiny_model), name_or_path=name)
    assert made.role_tokens is expected and ("<|user|>" in made.tokenizer.special_tokens) is expected


def test_role_tokens_survive_saving_under_another_name(tiny3, tmp_path, folder):
    tiny3.save_pretrained(str(tmp_path / "mine"))
    shutil.copy(folder / "tokenization_chatglm.py", tmp_path / "mine")
    again = load(tmp_path / "mine")
    assert again.get_command("<|user|>") == tiny3.get_command("<|user|>") and len(again) == len(tiny3)


# ------------------------------------------------------------------------------------------------ loading, saving


@pytest.mark.parametrize("kwargs", [{}, {"use_fast": False}, {"use_fast": True}, {"padding_side": "right"}])
def test_auto_tokenizer_loads_with_the_arguments_people_pass(folder, kwargs):
    loaded = load(folder, **kwargs)
    assert type(loaded).__name__ == "ChatGLMTokenizer"
    assert loaded.padding_side == kwargs.get("padding_side", "left")


def test_loading_prints_nothing(folder, capfd):
    load(folder)
    captured = capfd.readouterr()
    assert captured.out == "" and captured.err == ""


def reload(tokenizer, tmp_path, folder, name):
    tokenizer.save_pretrained(str(tmp_path / name))
    shutil.copy(folder / "tokenization_chatglm.py", tmp_path / name)
    return load(tmp_path / name)


def test_saved_tokenizers_load_again_and_again_with_the_same_ids_and_settings(folder, tmp_path):
    first = load(folder)
    first.padding_side = "right"
    first.add_tokens(["<new>", "词"])
    first.add_special_tokens({"additional_special_tokens": ["<extra>"], "bos_token": "<begin>"})
    text = "Hello <begin><new>世界词<extra></s> [gMASK] <unk>!"
    second = reload(first, tmp_path, folder, "one")
    third = reload(second, tmp_path, folder, "two")
    for again in (second, third):
        assert again.encode(text) == first.encode(text)
        assert len(again) == len(first)
        assert again.padding_side == "right" or VERSION < (4, 34)  # older releases save what they were loaded with
        assert (again.pad_token, again.eos_token, again.unk_token) == ("<unk>", "</s>", "<unk>")
        assert again.bos_token_id == first.bos_token_id >= first.vocab_size
        assert again.get_added_vocab() == first.get_added_vocab()
        assert getattr(again, "chat_template", None) == getattr(first, "chat_template", None)


@quick
@given(tokens=st.lists(st.text("abcXYZ<>|你", min_size=2, max_size=6), max_size=3, unique=True), text=st.text())
def test_any_added_tokens_survive_a_round_trip(folder, tmp_path_factory, tokens, text):
    first = load(folder)
    first.add_tokens(tokens)
    text = text.join(["", *tokens, ""])
    again = reload(first, tmp_path_factory.mktemp("trip"), folder, "saved")
    assert again.encode(text) == first.encode(text)


def test_special_tokens_can_be_set_and_stay_set(folder, tmp_path):
    tokenizer = load(folder)
    tokenizer.pad_token = tokenizer.eos_token
    assert (tokenizer.pad_token, tokenizer.pad_token_id) == ("</s>", 2)
    assert tokenizer(["a", "a b c"], padding=True)["input_ids"][0][0] == 2
    again = reload(tokenizer, tmp_path, folder, "pad")
    assert (again.pad_token, again.pad_token_id) == ("</s>", 2)
    assert again.encode("</s>") == tokenizer.encode("</s>"), "a reload must not make written tokens special"


def test_pickled_and_copied_tokenizers_work(folder):
    tokenizer, text = load(folder), "你好 world 😀"  # 4.41 to 4.43 make a new class at each load: the last one pickles
    for twin in (pickle.loads(pickle.dumps(tokenizer)), copy.deepcopy(tokenizer)):
        assert twin.encode(text) == tokenizer.encode(text) and len(twin) == len(tokenizer)
        assert twin.pad_token_id == 0


@pytest.mark.parametrize(
    "content, reason",
    [
        (None, "does not exist"),
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:e7dc\nsize 1018370\n", "git-lfs pointer"),
        (b"<!DOCTYPE html><html>403</html>", "damaged"),
    ],
)
def test_a_missing_or_broken_model_file_says_which_file_and_how_to_get_it(make_folder, content, reason):
    folder = make_folder(None)
    if content is not None:
        (folder / "tokenizer.model").write_bytes(content)
    with pytest.raises((OSError, ValueError), match=f"(?s)tokenizer.model.*{reason}.*hf download"):
        load(folder)


@quick
@given(cut=st.integers(1, 4000))
def test_a_cut_off_model_file_is_refused_wherever_it_is_cut(tokenizer, tiny_model, tmp_path_factory, cut):
    data = tiny_model.read_bytes()
    path = tmp_path_factory.mktemp("cut") / "tokenizer.model"
    path.write_bytes(data[: min(cut, len(data) - 1)])
    with pytest.raises(ValueError, match="hf download"):
        type(tokenizer)(str(path))


# --------------------------------------------------------------------------------------------- batches and padding


def reference_pad(rows, width, side, pad_id=0):
    """Plain statement of the rule: pads 0, mask 0, position 0; real tokens are numbered from 0."""
    out = {"input_ids": [], "attention_mask": [], "position_ids": []}
    for row in rows:
        gap = [0] * (width - len(row))
        parts = {"input_ids": row, "attention_mask": [1] * len(row), "position_ids": list(range(len(row)))}
        for key, value in parts.items():
            out[key].append(gap + value if side == "left" else value + gap)
    return out


@quick
@given(
    texts=st.lists(st.text(max_size=20), min_size=1, max_size=4),
    side=st.sampled_from(["left", "right"]),
    multiple=st.sampled_from([None, 4, 7]),
)
def test_batches_are_padded_on_the_side_asked_for_in_every_release(tokenizer, texts, side, multiple):
    rows = [tokenizer.encode(text) for text in texts]
    width = max(map(len, rows))
    width += -width % (multiple or 1)
    expected = reference_pad(rows, width, side)
    out = tokenizer(texts, padding=True, padding_side=side, pad_to_multiple_of=multiple)
    assert as_lists(out) == expected
    unpadded = [tokenizer(text) for text in texts]
    assert as_lists(tokenizer.pad(unpadded, padding_side=side, pad_to_multiple_of=multiple)) == expected
    only_ids = {"input_ids": rows}
    assert as_lists(tokenizer.pad(only_ids, padding_side=side, pad_to_multiple_of=multiple)) == expected
    assert tokenizer.padding_side == "left", "the argument must not change the tokenizer"


def test_right_padding_works_for_classification_scripts(folder):
    tokenizer = load(folder, padding_side="right")
    out = tokenizer(["a", "a b c"], padding="max_length", max_length=12, truncation=True, return_tensors="pt")
    assert out["input_ids"].shape == (2, 12) and out["attention_mask"][0].tolist()[:3] == [1, 1, 1]
    assert out["position_ids"][0].tolist() == [0, 1, 2] + [0] * 9


def test_padding_a_padded_row_again_keeps_positions_right(tokenizer):
    once = tokenizer(["a", "a b c"], padding=True)
    row = {key: once[key][0] for key in ("input_ids", "attention_mask")}
    assert tokenizer.pad(row, padding="max_length", max_length=10)["position_ids"] == [0] * 7 + [0, 1, 2]


@pytest.mark.parametrize("name", ["labels", "offset"])
def test_pad_leaves_keys_it_does_not_know_alone(tokenizer, name):
    out = tokenizer.pad([{"input_ids": [5, 6], name: [1]}, {"input_ids": [7], name: [2]}])
    assert out[name] == [[1], [2]] and out["input_ids"] == [[5, 6], [0, 7]]


def test_a_wrong_padding_side_is_named(tokenizer):
    with pytest.raises(ValueError, match="middle"):
        tokenizer(["a", "a b"], padding=True, padding_side="middle")


def test_encode_pads_on_the_side_asked_for(tokenizer):
    ids = tokenizer.encode("a")
    assert tokenizer.encode("a", padding="max_length", max_length=5, padding_side="right") == ids + [0, 0]
    assert tokenizer.encode("a", padding="max_length", max_length=5) == [0, 0] + ids


def test_what_the_caller_asks_to_be_returned_is_returned(tokenizer):
    texts = ["a", "a b c"]
    assert set(tokenizer(texts, padding=True, return_position_ids=False)) == {"input_ids", "attention_mask"}
    assert "attention_mask" not in tokenizer(texts, padding=True, return_attention_mask=False)
    out = tokenizer("a", "b", return_special_tokens_mask=True)
    ids = out["input_ids"]
    assert out["special_tokens_mask"] == [1, 1] + [0] * (len(ids) - 3) + [1]
    assert tokenizer.get_special_tokens_mask(ids, already_has_special_tokens=True) == out["special_tokens_mask"]
    padded = tokenizer(texts, padding=True, return_special_tokens_mask=True)
    assert padded["special_tokens_mask"][0][:2] == [1, 1]
    assert "token_type_ids" not in tokenizer(texts)
    assert tokenizer("a", "b", return_token_type_ids=True)["token_type_ids"] == [0] * len(ids)
    assert tokenizer(texts, padding=True, return_tensors="np")["position_ids"].shape[0] == 2
    assert tokenizer(texts, return_length=True)["length"] is not None


@pytest.mark.parametrize("strategy", ["only_first", "only_second", "longest_first"])
def test_every_truncation_strategy_keeps_the_special_tokens(tokenizer, strategy):
    first, second = "a b c d e f g h", "1 2 3 4 5 6 7 8"
    width = len(tokenizer(first, second)["input_ids"]) - 3
    out = tokenizer(first, second, truncation=strategy, max_length=width)["input_ids"]
    assert len(out) == width and out[:2] == tokenizer.get_prefix_tokens() and out[-1] == 2


@pytest.mark.parametrize("side", ["left", "right"])
def test_overflowing_tokens_and_stride_come_from_the_truncation_side(folder, side):
    tokenizer = load(folder, truncation_side=side)
    ids = tokenizer.encode("a b c d e f g h", add_special_tokens=False)
    out = tokenizer("a b c d e f g h", truncation=True, max_length=6, stride=1, return_overflowing_tokens=True)
    kept, over = out["input_ids"][2:], out["overflowing_tokens"]
    assert kept == (ids[:4] if side == "right" else ids[-4:])
    assert over == (ids[3:] if side == "right" else ids[: len(ids) - 3])


def test_words_given_one_by_one_are_encoded_one_by_one(tokenizer):
    words = ["Hello", "世界"]
    expected = [tokenizer.encode(word, add_special_tokens=False) for word in words]
    assert tokenizer(words, is_split_into_words=True)["input_ids"] == sum(expected, tokenizer.get_prefix_tokens())


def test_the_names_old_scripts_call_still_work(tokenizer):
    assert tokenizer.encode_plus("a")["input_ids"] == tokenizer.encode("a")
    assert tokenizer.batch_encode_plus(["a", "b"], padding=True)["input_ids"] == tokenizer(["a", "b"])["input_ids"]


# --------------------------------------------------------------------------------------------- text, tokens, ids


@quick
@given(text=st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="▁"), max_size=30))
def test_text_comes_back_from_its_ids(tokenizer, text):
    assert tokenizer.decode(tokenizer.encode(text)) == text


@quick
@given(text=st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="▁\ufffd"), max_size=12))
def test_streamed_text_never_changes_what_it_has_shown(tokenizer, text):
    ids, shown = tokenizer.encode(text), ""
    for end in range(1, len(ids) + 1):
        now = tokenizer.decode(ids[:end])
        if not now.endswith("\ufffd"):
            assert now.startswith(shown)
            shown = now
    assert shown == text


@pytest.mark.parametrize("written", ["[gMASK]", "sop", "</s>", "<unk>", "<s>", "<|user|>", "[MASK] </s>"])
def test_special_tokens_written_in_a_text_are_ordinary_text(tokenizer, written):
    special = {0, 1, 2, *tokenizer.tokenizer.index_special_tokens}
    assert not special & set(tokenizer.encode(written, add_special_tokens=False))
    assert tokenizer.decode(tokenizer.encode(written)) == written


def test_special_ids_follow_the_pieces_in_the_published_order(tokenizer, tiny3):
    sp_model = tokenizer.tokenizer.sp_model
    first = sp_model.vocab_size()
    commands = {"<pad>": 0, "<bos>": 1, "<eos>": 2}
    commands.update(zip(("[MASK]", "[gMASK]", "[sMASK]", "sop", "eop"), range(first, first + 5)))
    assert {name: tokenizer.get_command(name) for name in commands} == commands
    assert (tokenizer.pad_token_id, tokenizer.eos_token_id) == (0, 2)
    roles = dict(zip(("<|system|>", "<|user|>", "<|assistant|>", "<|observation|>"), range(first + 5, first + 9)))
    assert {name: tiny3.get_command(name) for name in (*commands, *roles)} == {**commands, **roles}
    assert (len(tokenizer), len(tiny3)) == (first + 5, first + 9)
    # The five ids behind the pieces, which have no text of their own, share the key "".
    assert len(tokenizer.get_vocab()) == first + 1
    assert all(tokenizer.get_vocab()[sp_model.id_to_piece(index)] == index for index in range(first))


@quick
@given(texts=st.lists(st.text(st.characters(blacklist_categories=["Cs"]), max_size=20), min_size=2, max_size=2))
def test_texts_and_pairs_are_the_pieces_between_special_ids(tokenizer, texts):
    sp_model = tokenizer.tokenizer.sp_model
    prefix = [sp_model.vocab_size() + 1, sp_model.vocab_size() + 3]  # [gMASK] sop
    one, two = (sp_model.encode(text) for text in texts)
    assert tokenizer.encode(texts[0]) == prefix + one
    assert tokenizer(*texts)["input_ids"] == prefix + one + two + [2]
    assert tokenizer.tokenize(texts[0]) == sp_model.encode(texts[0], out_type=str)
    assert tokenizer.encode(texts[0], truncation=True, max_length=5) == prefix + one[:3]


def test_ids_without_text_decode_to_nothing_and_unknown_ones_are_refused(tokenizer):
    (hello,) = tokenizer.tokenizer.sp_model.encode("a")[-1:]
    special = [0, 1, 2, *tokenizer.tokenizer.index_special_tokens, -1]
    assert [tokenizer.convert_ids_to_tokens(index) for index in special] == [""] * len(special)
    assert tokenizer.decode([*special, hello]) == "a"
    assert tokenizer.decode(hello) == tokenizer.decode(torch.tensor(hello)) == "a"
    for index in (len(tokenizer), len(tokenizer) + 100):
        with pytest.raises(IndexError):
            tokenizer.convert_ids_to_tokens(index)
        with pytest.raises(IndexError):
            tokenizer.decode([index])


def test_a_saved_vocabulary_is_the_file_that_was_loaded(tokenizer, tiny_model, tmp_path):
    (path,) = tokenizer.save_vocabulary(str(tmp_path))
    assert Path(path).name == "tokenizer.model" and Path(path).read_bytes() == tiny_model.read_bytes()


def test_a_vocabulary_is_saved_under_the_name_that_the_caller_gives(tokenizer, tiny_model, tmp_path, monkeypatch):
    """As the original did with a path that is no folder; a bare name is a file of the current folder."""
    monkeypatch.chdir(tmp_path)
    for path in (str(tmp_path / "my.model"), "bare.model"):
        assert tokenizer.save_vocabulary(path) == (path,) and Path(path).read_bytes() == tiny_model.read_bytes()


def test_broken_unicode_from_json_escapes_is_encoded(tokenizer):
    assert tokenizer.decode(tokenizer.encode("a\ud83d\ude00b")) == "a😀b"
    assert tokenizer.decode(tokenizer.encode("a\ud83db")) == "a\ufffdb"


def test_added_tokens_get_new_ids_and_are_kept_whole(folder):
    tokenizer = load(folder)
    size = len(tokenizer)
    assert size == tokenizer.vocab_size == tokenizer.tokenizer.n_words
    assert tokenizer.add_tokens(["<new>"]) == 1 and tokenizer.add_tokens(["<new>"]) == 0
    assert tokenizer.add_special_tokens({"additional_special_tokens": ["<extra>"], "bos_token": "<begin>"}) == 2
    assert len(tokenizer) == size + 3 and tokenizer.vocab_size == size
    added = tokenizer.get_added_vocab()
    assert sorted(added.values()) == [size, size + 1, size + 2] and added["<new>"] == size
    ids = tokenizer.encode("a<new>b", add_special_tokens=False)
    assert ids == tokenizer.encode("a", add_special_tokens=False) + [size] + tokenizer.encode(
        "b", add_special_tokens=False
    )
    assert tokenizer.convert_ids_to_tokens(size) == "<new>" and "<new>" in tokenizer.decode(ids)
    assert "<extra>" not in tokenizer.decode([added["<extra>"]], skip_special_tokens=True)
    assert tokenizer.bos_token_id == added["<begin>"]
    assert tokenizer.tokenize("</s>") == load(folder).tokenize("</s>")


def test_a_new_pad_token_given_at_load_time_gets_an_id_of_its_own(folder):
    tokenizer = load(folder, pad_token="<pad>")
    if VERSION < (4, 34):  # those releases register no token at load time, for any tokenizer
        tokenizer.add_special_tokens({"pad_token": "<pad>"})
    assert tokenizer.pad_token_id == len(tokenizer) - 1 == tokenizer.vocab_size
    assert tokenizer(["a", "a b"], padding=True)["input_ids"][0][0] == tokenizer.pad_token_id


@pytest.mark.skipif(VERSION < (4, 34), reason="before 4.34 transformers keeps added tokens as plain strings")
def test_added_tokens_honour_their_flags(folder):
    tokenizer = load(folder)
    flags = {"<left>": {"lstrip": True}, "<right>": {"rstrip": True}, "Fox": {"single_word": True}}
    tokenizer.add_tokens([AddedToken(token, **flag) for token, flag in flags.items()])
    split = tokenizer.tokenize
    assert split("a  <left> b") == split("a") + ["<left>"] + split(" b")
    assert split("a <right>  b") == split("a ") + ["<right>"] + split("b")
    assert "Fox" in split("a Fox b") and "Fox" not in split("Foxes")


def test_the_wrapped_object_that_scripts_reach_into_is_there(tokenizer):
    wrapped = tokenizer.tokenizer
    assert (wrapped.bos_id, wrapped.eos_id, wrapped.pad_id) == (1, 2, 0)
    assert wrapped.n_words == wrapped.sp_model.vocab_size() + 5 == tokenizer.vocab_size
    assert wrapped.special_tokens["[MASK]"] == wrapped.sp_model.vocab_size()
    assert wrapped.encode("你好", bos=True, eos=True) == [1, *wrapped.encode("你好"), 2]
    assert wrapped.decode(wrapped.encode("你好")) == "你好"


def test_unknown_command_and_bad_folder_are_named(tokenizer, tmp_path):
    with pytest.raises(ValueError, match="nope"):
        tokenizer.get_command("nope")
    with pytest.raises(ValueError, match="missing.*make the folder first"):
        tokenizer.save_vocabulary(str(tmp_path / "missing" / "my.model"))
    (path,) = tokenizer.save_vocabulary(str(tmp_path), "v1")
    assert Path(path).name == "v1-tokenizer.model"


# ------------------------------------------------------------------------------------------------------------ chats

words = st.text(st.characters(blacklist_categories=["Cs"]), max_size=12)
histories = st.lists(st.tuples(words, words), max_size=3)


@quick
@given(query=words, history=histories)
def test_prompts_number_the_rounds_from_one(tokenizer, query, history):
    prompt = tokenizer.build_prompt(query, history)
    expected = [f"[Round {i}]\n\n问：{q}\n\n答：{r}" for i, (q, r) in enumerate([*history, (query, "")], start=1)]
    assert prompt == "\n\n".join(expected)
    assert tokenizer.build_prompt(query, [list(pair) for pair in history]) == prompt


def test_chatglm3_messages_are_role_metadata_line_and_content(tiny3):
    pieces, command = tiny3.tokenizer.sp_model.encode, tiny3.get_command
    system = {"role": "system", "content": "Use tools.", "tools": [{"name": "add"}]}
    tools = '[\n    {\n        "name": "add"\n    }\n]'
    history = [system, {"role": "assistant", "metadata": "add", "content": "1 + 1"}]
    ids = [command("[gMASK]"), command("sop")]
    ids += [command("<|system|>"), *pieces("\n"), *pieces(f"Use tools.\n{tools}")]
    ids += [command("<|assistant|>"), *pieces("add\n"), *pieces("1 + 1")]
    ids += [command("<|observation|>"), *pieces("\n"), *pieces("2"), command("<|assistant|>")]
    out = tiny3.build_chat_input("2", history, role="observation")
    assert as_lists(out) == {
        "input_ids": [ids],
        "attention_mask": [[1] * len(ids)],
        "position_ids": [list(range(len(ids)))],
    }
    assert tiny3.build_single_message("user", "", "<|user|>") == [
        command("<|user|>"),
        *pieces("\n"),
        *pieces("<|user|>"),
    ]


@pytest.mark.parametrize(
    "query, history",
    [(None, None), ("a", "b"), ("a", [("q",)]), ("a", ["ab"]), ("a", [("q", None)]), ("a", [{"role": "user"}])],
)
def test_a_malformed_query_or_history_is_named(tokenizer, query, history):
    with pytest.raises((TypeError, ValueError), match="query|history"):
        tokenizer.build_prompt(query, history)


@needs_chat_template
@quick
@given(query=words, history=histories)
def test_chat_messages_give_the_ids_of_build_prompt(tokenizer, query, history):
    messages = []
    for question, answer in history:
        messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    messages.append({"role": "user", "content": query})
    prompt = tokenizer.build_prompt(query, history)
    assert tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True) == prompt
    ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True)
    assert ids_of(ids) == tokenizer.encode(prompt)


@needs_chat_template
def test_chat_messages_take_a_system_text_tensors_and_padding(tokenizer):
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "[gMASK]sop </s>"}]
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert text == "Be brief.\n\n" + tokenizer.build_prompt("[gMASK]sop </s>")
    ids = tokenizer.encode(text)
    given_dict = {"return_dict": True} if "return_dict" in chat_arguments(tokenizer) else {}
    out = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt", **given_dict)
    assert (out["input_ids"] if given_dict else out).tolist() == [ids]
    with pytest.raises(Exception, match="tool"):
        tokenizer.apply_chat_template([{"role": "tool", "content": "x"}], tokenize=False)


@needs_chat_template
def test_batches_of_chats_are_padded(tokenizer):
    if "tools" not in chat_arguments(tokenizer):
        pytest.skip("this release renders one chat at a time")
    chats = [[{"role": "user", "content": text}] for text in ("a", "a b c")]
    out = tokenizer.apply_chat_template(chats, add_generation_prompt=True, padding=True, return_dict=True)
    expected = tokenizer([tokenizer.build_prompt("a"), tokenizer.build_prompt("a b c")], padding=True)
    assert as_lists(out) == as_lists(expected)


@needs_chat_template
def test_a_chat_template_of_the_folder_wins(make_folder, tiny_model):
    tokenizer = load(make_folder(tiny_model, chat_template="{{ '[gMASK]sop' }}{{ messages[0]['content'] }}!"))
    ids = tokenizer.apply_chat_template([{"role": "user", "content": "Hello"}])
    assert ids_of(ids) == tokenizer.encode("Hello!")


@needs_chat_template
def test_text_encoded_after_a_chat_is_ordinary_again(tokenizer):
    before = tokenizer.encode("[gMASK]sop a", add_special_tokens=False)
    with pytest.raises(Exception, match="tool"):
        tokenizer.apply_chat_template([{"role": "tool", "content": "x"}])
    assert tokenizer.encode("[gMASK]sop a", add_special_tokens=False) == before


@needs_chat_template
def test_chatglm3_without_a_template_of_its_own_chats_in_its_own_format(tiny3):
    messages = [{"role": "user", "content": "Hello"}, {"role": "assistant", "metadata": "tool", "content": "x = 1"}]
    ids = tiny3.apply_chat_template([*messages, {"role": "user", "content": "b"}], add_generation_prompt=True)
    expected = tiny3.build_chat_input("b", messages)["input_ids"][0].tolist()
    assert ids_of(ids) == expected


def chat_arguments(tokenizer):
    return inspect.signature(super(type(tokenizer), tokenizer).apply_chat_template).parameters
