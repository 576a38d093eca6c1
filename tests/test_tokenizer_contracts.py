"""What other code asks of a tokenizer: names and ids of tokens, contents of messages, masks of answers, pickles."""

import copy
import importlib.util
import inspect
import json
import pickle
import types
from concurrent.futures import ThreadPoolExecutor

import numpy
import pytest
import torch
from conftest import ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer, PreTrainedTokenizer

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
# U+FFFD stands for half a character in decoded prefixes, and SentencePiece writes spaces as U+2581.
words = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\ufffd▁"), max_size=12)
histories = st.lists(st.tuples(words, words), min_size=1, max_size=3)

chat_arguments = inspect.signature(getattr(PreTrainedTokenizer, "apply_chat_template", len)).parameters
PARSES_MARKS = "return_assistant_tokens_mask" in chat_arguments
needs_masks = pytest.mark.skipif(not PARSES_MARKS, reason="this release marks no answers")
needs_templates = pytest.mark.skipif("chat_template" not in chat_arguments, reason="this release has no templates")


@pytest.fixture(scope="module")
def folder(tiny_checkpoint):
    return tiny_checkpoint(bits=0, dtype="float32")


@pytest.fixture(scope="module")
def tokenizer3(tokenizer, folder):
    return type(tokenizer)(str(folder / "tokenizer.model"), role_tokens=True)


def as_messages(history):
    roles = ("user", "assistant")
    return [{"role": role, "content": text} for pair in history for role, text in zip(roles, pair)]


def masked(tokenizer, messages, **kwargs):
    return tokenizer.apply_chat_template(messages, return_dict=True, return_assistant_tokens_mask=True, **kwargs)


def runs(mask):
    """The stretches of ones, as (first, behind the last)."""
    edges = [i for i in range(len(mask) + 1) if (mask[i - 1] if i else 0) != (mask[i] if i < len(mask) else 0)]
    return list(zip(edges[::2], edges[1::2]))


# ------------------------------------------------------------------------------------------------------- vocabulary


def test_the_vocabulary_names_the_tokens_that_trainers_look_up(tokenizer):
    """TRL's SFTTrainer: "The specified `eos_token` ('</s>') is not found in the vocabulary"."""
    vocab = tokenizer.get_vocab()
    for token in ("<unk>", "<s>", "</s>", tokenizer.pad_token, tokenizer.eos_token, tokenizer.unk_token):
        assert vocab[token] == tokenizer.convert_tokens_to_ids(token)
    assert (vocab["<unk>"], vocab["<s>"], vocab["</s>"]) == (0, 1, 2)


def test_each_id_of_chatglm3_has_a_name_of_its_own(tokenizer3):
    vocab = tokenizer3.get_vocab()
    assert sorted(vocab.values()) == list(range(len(tokenizer3))) and "" not in vocab
    assert all(tokenizer3.convert_tokens_to_ids(token) == index for token, index in vocab.items())


@quick
@given(text=st.text(max_size=20).map(lambda text: f"{text}</s><s> <unk>{text}"))
def test_names_in_the_vocabulary_make_nothing_in_a_text_special(tokenizer, text):
    assert not {0, 1, 2} & set(tokenizer.encode(text, add_special_tokens=False))
    assert [tokenizer.convert_ids_to_tokens(index) for index in (0, 1, 2)] == ["", "", ""]


@needs_templates
def test_an_end_token_that_trl_writes_into_texts_counts_once_the_caller_adds_it(folder, tmp_path):
    """TRL appends the letters "</s>" to plain texts; trained on as letters, a model writes them and never stops."""
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=True)
    letters = tokenizer.encode("a</s>", add_special_tokens=False)
    assert tokenizer.eos_token_id not in letters
    size = len(tokenizer)
    tokenizer.add_tokens("</s>", special_tokens=True)
    tokenizer.save_pretrained(tmp_path)
    for made in (tokenizer, type(tokenizer).from_pretrained(tmp_path)):
        ids = made.encode("a</s>", add_special_tokens=False)
        assert ids == [*made.encode("a", add_special_tokens=False), made.eos_token_id] and len(made) == size


# -------------------------------------------------------------------------------------- attributes that scripts use


@pytest.mark.parametrize("name", ["bos", "eos", "pad", "unk", "sep", "cls", "mask"])
def test_a_special_token_can_be_set_by_its_id(tokenizer, name):
    """`tokenizer.pad_token_id = tokenizer.eos_token_id` stands in most training scripts; it padded with <unk>."""
    own, commands = copy.deepcopy(tokenizer), tokenizer.get_command
    own.add_tokens(["<new>"])
    named = {0: "<unk>", 1: "<s>", 2: "</s>", len(own) - 1: "<new>"}
    named.update((commands(token), token) for token in ("[MASK]", "[gMASK]", "[sMASK]", "sop", "eop"))
    named.update((index, own.convert_ids_to_tokens(index)) for index in (13, 300, 700))  # a byte, and pieces
    for index, token in named.items():
        for number in (index, numpy.int64(index), torch.tensor(index)):
            setattr(own, f"{name}_token_id", number)
            assert (getattr(own, f"{name}_token"), getattr(own, f"{name}_token_id")) == (token, index)
    setattr(own, f"{name}_token_id", None)
    assert getattr(own, f"{name}_token") is None
    for wrong in (-1, -100, len(own), [2], "2", "</s>", 2.5):
        with pytest.raises(ValueError, match=rf"{name}_token_id must be the id of a token, 0 to \d+, got") as said:
            setattr(own, f"{name}_token_id", wrong)
        assert str(said.value).endswith(f"got {wrong!r}") and getattr(own, f"{name}_token") is None


def test_tokens_set_by_ids_are_used_and_kept_and_make_nothing_in_a_text_special(folder, tmp_path):
    made = AutoTokenizer.from_pretrained(folder, trust_remote_code=True)
    for index in (made.eos_token_id, made.get_command("eop"), 13, 300):
        made.pad_token_id = index
        text = f"a\n</s>eop{made.pad_token}b\t"
        made.save_pretrained(tmp_path / str(index))
        again = type(made).from_pretrained(tmp_path / str(index))
        for tokenizer in (made, again):
            assert tokenizer.pad_token_id == index and len(tokenizer) == tokenizer.vocab_size
            assert tokenizer(["a", "a b c"], padding=True)["input_ids"][0][0] == index
            assert tokenizer.encode(text) == AutoTokenizer.from_pretrained(folder, trust_remote_code=True).encode(text)
            assert tokenizer.decode(tokenizer.encode(text)) == text


def test_the_attributes_of_the_original_are_there_and_are_not_saved(folder, tmp_path):
    made = AutoTokenizer.from_pretrained(folder, trust_remote_code=True)
    assert made.vocab_file == str(folder / "tokenizer.model")
    assert made.special_tokens == {"<bos>": 1, "<eos>": 2, "<pad>": 0}
    assert type(made)(name_or_path=str(folder)).vocab_file == made.vocab_file
    made.save_pretrained(tmp_path)
    written = json.loads((tmp_path / "tokenizer_config.json").read_text(encoding="utf-8"))
    assert not {"vocab_file", "special_tokens"} & set(written)
    again = type(made).from_pretrained(tmp_path)
    assert again.vocab_file == str(tmp_path / "tokenizer.model")


def test_a_tokenizer_whose_file_has_gone_is_copied_pickled_and_saved(folder, tmp_path):
    AutoTokenizer.from_pretrained(folder, trust_remote_code=True).save_pretrained(tmp_path / "first")
    made = AutoTokenizer.from_pretrained(tmp_path / "first", trust_remote_code=True)
    (tmp_path / "first" / "tokenizer.model").unlink()
    for number, twin in enumerate((made, copy.deepcopy(made), pickle.loads(pickle.dumps(made)))):
        twin.save_pretrained(tmp_path / str(number))
        saved = tmp_path / str(number) / "tokenizer.model"
        assert saved.read_bytes() == (folder / "tokenizer.model").read_bytes()
        assert twin.encode("你好") == made.encode("你好") and twin.special_tokens == made.special_tokens


def test_all_that_a_method_can_name_pickles(tokenizer):
    """`datasets.map` pickles a remote class with all globals of its methods, and else finds its cache in no run."""
    module = inspect.getmodule(type(tokenizer))
    values = {name: value for name, value in vars(module).items() if not name.startswith("__")}
    for name, value in values.items():
        assert isinstance(value, types.ModuleType) or pickle.loads(pickle.dumps(value)) is not None, name
    twin = pickle.loads(pickle.dumps(values["_padding_side"]))
    with twin.set("right"), ThreadPoolExecutor(1) as another_thread:
        assert (twin.get(), values["_padding_side"].get()) == ("right", None)
        assert another_thread.submit(twin.get).result() is None
    assert twin.get() is None


def test_copies_leave_the_classes_as_they_are(folder):
    """A class is in that pickle by value: one attribute more, and the cache of the run before is not found."""
    spec = importlib.util.spec_from_file_location("never_copied", ROOT / "tokenization_chatglm.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = module.ChatGLMTokenizer(str(folder / "tokenizer.model"))
    classes = type(made), type(made.tokenizer)
    before = [set(vars(each)) for each in classes]
    assert copy.deepcopy(made).encode("a") == made.encode("a")
    assert [set(vars(each)) for each in classes] == before


# ----------------------------------------------------------------------------------------------- contents of messages


def parts(*texts):
    return [{"type": "text", "text": text} for text in texts]


def conversation(content, role):
    """A round in which one message has that content."""
    said = {"system": "Be brief.", "user": "你好", "assistant": "Hello!", role: content}
    return [{"role": role, "content": content} for role, content in said.items()]


@needs_templates
@pytest.mark.parametrize("role", ["system", "user", "assistant"])
def test_lists_of_texts_are_joined_and_nothing_is_an_empty_text(tokenizer, tokenizer3, role, tmp_path):
    """OpenAI's clients send them; rendered as Python writes them, the model reads "[{'type': 'text', ..."."""
    tokenizer3.save_pretrained(tmp_path)
    for made in (tokenizer, tokenizer3, type(tokenizer3).from_pretrained(tmp_path)):
        for content, text in (
            (parts("你", "好 {{ x }}\n"), "你好 {{ x }}\n"),
            (parts("a"), "a"),
            (["a", *parts("b")], "ab"),
            ([], ""),
            (None, ""),
            (parts(None), ""),
        ):
            found, wanted = (
                made.apply_chat_template(conversation(said, role), tokenize=False, add_generation_prompt=True)
                for said in (content, text)
            )
            assert found == wanted and "None" not in found and "type" not in found


@needs_masks
def test_the_mask_of_an_answer_in_parts_is_that_of_its_text(tokenizer, tokenizer3):
    for made in (tokenizer, tokenizer3):
        found, wanted = (
            dict(masked(made, conversation(said, "assistant"))) for said in (parts("one 😀", " two"), "one 😀 two")
        )
        assert found == wanted and sum(found["assistant_masks"])


@needs_templates
@pytest.mark.parametrize(
    "content, named",
    [([{"type": "image_url", "image_url": {"url": "x"}}], "image_url"), ([*parts("a"), 5], "5"), (7, "7")],
)
def test_a_content_that_is_no_text_is_named(tokenizer, tokenizer3, content, named):
    for made in (tokenizer, tokenizer3):
        with pytest.raises(Exception, match=rf"content must be a string or a list of parts .*, not {named}$"):
            made.apply_chat_template(conversation(content, "user"), tokenize=False)


@needs_templates
def test_templates_of_the_callers_own_and_files_have_none_of_it(folder, tokenizer, tmp_path):
    own = "{{ messages[0]['content'][0]['type'] }}"
    chat = [{"role": "user", "content": [{"type": "image"}]}]
    assert tokenizer.apply_chat_template(chat, tokenize=False, chat_template=own) == "image"
    tokenizer.save_pretrained(tmp_path)
    assert "text_of" in tokenizer.chat_template and "text_of" not in saved_text(tmp_path)


# ------------------------------------------------------------------------------------------------ marks of answers


@needs_masks
@quick
@given(history=histories, query=words)
def test_the_mask_of_a_chat_covers_the_answers_and_nothing_else(tokenizer, history, query):
    """TRL's assistant_only_loss: a token too many trains on questions, one too few loses half a character."""
    messages = [*as_messages(history), {"role": "user", "content": query}]
    out = masked(tokenizer, messages, add_generation_prompt=True)
    ids, mask = out["input_ids"], out["assistant_masks"]
    text = tokenizer.build_prompt(query, history)
    assert ids == tokenizer.encode(text) and len(mask) == len(ids)
    spans = []
    for number, (question, answer) in enumerate(history):
        start = len(tokenizer.build_prompt(question, history[:number]))
        spans += [(start, start + len(answer))] if answer else []
    assert len(runs(mask)) == len(spans)
    for (first, behind), (start, end) in zip(runs(mask), spans):
        assert len(tokenizer.decode(ids[:first])) <= start < len(tokenizer.decode(ids[: first + 1]))
        assert tokenizer.decode(ids[:behind]).startswith(text[:end])
        assert not tokenizer.decode(ids[: behind - 1]).startswith(text[:end])


@needs_masks
@quick
@given(history=histories)
def test_the_mask_of_a_chatglm3_chat_covers_what_stands_behind_the_assistants_role_token(tokenizer3, history):
    ids, mask = (masked(tokenizer3, as_messages(history))[key] for key in ("input_ids", "assistant_masks"))
    roles = [tokenizer3.get_command(f"<|{role}|>") for role in ("user", "assistant")]
    expected, speaking = [], False
    for index in ids:
        expected.append(int(speaking and index not in roles))
        speaking = index == roles[1] or (speaking and index != roles[0])
    assert mask == expected and sum(mask) > 0


@needs_masks
@pytest.mark.parametrize("side", ["left", "right"])
def test_masks_follow_padding_truncation_and_tensors(folder, side):
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=True, padding_side=side)
    chats = [
        as_messages([("a", "b 你好")]),
        as_messages([("a b c", "a long answer 你好 😀"), ("y", "a much longer answer 😀")]),
    ]
    alone = [masked(tokenizer, chat) for chat in chats]
    width = max(len(out["input_ids"]) for out in alone)
    batch = masked(tokenizer, chats, padding=True, return_tensors="pt")
    masks = torch.as_tensor(batch["assistant_masks"])  # a list before 4.49, whatever the ids are
    assert masks.shape == batch["input_ids"].shape == (2, width)
    for row, out in enumerate(alone):
        gap = [0] * (width - len(out["input_ids"]))
        mask = out["assistant_masks"]
        assert masks[row].tolist() == (gap + mask if side == "left" else mask + gap)
    cut = runs(alone[1]["assistant_masks"])[0][1]  # a chat that is cut behind its first answer
    short = masked(tokenizer, chats[1], truncation=True, max_length=cut)
    assert short["assistant_masks"] == alone[1]["assistant_masks"][:cut]
    more = {"return_attention_mask": False}
    both = masked(tokenizer, chats[::-1], truncation=True, max_length=cut, padding=True, tokenizer_kwargs=more)
    gap, mask = [0] * (cut - len(alone[0]["input_ids"])), alone[0]["assistant_masks"]
    assert gap and both["assistant_masks"] == [
        short["assistant_masks"],
        gap + mask if side == "left" else mask + gap,
    ]


@needs_masks
def test_a_chat_cut_at_the_left_keeps_the_masks_of_the_answers_that_are_left(folder):
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=True, truncation_side="left")
    chat = as_messages([("a b c", "x"), ("y", "an answer 😀")])
    ids, mask = (masked(tokenizer, chat)[key] for key in ("input_ids", "assistant_masks"))
    kept = len(ids) - runs(mask)[0][0] + 2
    short = masked(tokenizer, chat, truncation=True, max_length=kept)
    assert (short["input_ids"], short["assistant_masks"]) == (ids[-kept:], mask[-kept:])


@needs_masks
def test_a_template_of_the_callers_own_gets_its_mask(tokenizer):
    template = (
        "{%- for message in messages -%}{% if message['role'] == 'assistant' %}{% generation %}"
        "{{ message['content'] }}{% endgeneration %}{% else %}{{ message['content'] }}{% endif %}{%- endfor -%}"
    )
    out = masked(tokenizer, as_messages([("one two ", "😀"), (" three", "四")]), chat_template=template)
    assert [tokenizer.decode(out["input_ids"][first:behind]) for first, behind in runs(out["assistant_masks"])] == [
        "😀",
        "四",
    ]


@needs_masks
@pytest.mark.parametrize("answer", ["<new>", "<new> b", "b<new>", "😀<new>你"])
def test_tokens_that_a_caller_added_are_part_of_the_answer_that_has_them(folder, answer):
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=True)
    tokenizer.add_tokens(["<new>"])
    out = masked(tokenizer, as_messages([("a<new>", answer), ("c", "d")]))
    ((first, behind), _) = runs(out["assistant_masks"])
    before = tokenizer.build_prompt("a<new>")
    ids = out["input_ids"]
    assert (ids[:first], ids[:behind]) == (tokenizer.encode(before), tokenizer.encode(before + answer))


@needs_templates
@quick
@given(history=histories, prompt=st.booleans())
def test_marks_change_no_text(tokenizer, tokenizer3, history, prompt):
    for made, name in ((tokenizer, "CHATGLM2_TEMPLATE"), (tokenizer3, "CHATGLM3_TEMPLATE")):
        plain = getattr(inspect.getmodule(type(made)), name)
        texts = [
            made.apply_chat_template(as_messages(history), tokenize=False, add_generation_prompt=prompt, **kwargs)
            for kwargs in ({}, {"chat_template": plain})
        ]
        assert texts[0] == texts[1]


@needs_templates
def test_marks_are_there_where_the_release_parses_them(tokenizer, tokenizer3):
    for made in (tokenizer, tokenizer3):
        assert ("{% generation %}" in made.chat_template) is PARSES_MARKS


def saved_text(folder):
    """All that save_pretrained() wrote, but for the package's own code."""
    return "".join(
        path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*")) if path.suffix in (".json", ".jinja")
    )


@needs_templates
def test_saved_tokenizers_hold_no_marks_and_load_with_them(tokenizer, tokenizer3, tmp_path):
    """A folder saved here is read by releases and engines whose template parser ends at `generation`."""
    for name, made in (("two", tokenizer), ("three", tokenizer3)):
        template = made.chat_template
        made.save_pretrained(tmp_path / name)
        assert made.chat_template == template, "saving must not change the tokenizer in use"
        written = saved_text(tmp_path / name)
        assert "add_generation_prompt" in written and "generation %}" not in written
        again = type(made).from_pretrained(tmp_path / name)
        assert again.chat_template == template
        assert copy.deepcopy(again).chat_template == template


@needs_masks
def test_saved_dictionaries_of_templates_hold_no_marks_of_ours_and_all_of_the_callers(folder, tmp_path):
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=True)
    own = "{% for message in messages %}{% generation %}{{ message['content'] }}{% endgeneration %}{% endfor %}"
    built_in, tokenizer.chat_template = tokenizer.chat_template, {"default": tokenizer.chat_template, "own": own}
    tokenizer.save_pretrained(tmp_path / "both")
    assert saved_text(tmp_path / "both").count("{% generation %}") == 1
    again = type(tokenizer).from_pretrained(tmp_path / "both")
    assert again.chat_template == {"default": built_in, "own": own}


def test_the_published_settings_name_no_template_so_that_the_built_in_one_serves(tokenizer):
    assert "chat_template" not in json.loads((ROOT / "tokenizer_config.json").read_text(encoding="utf-8"))
