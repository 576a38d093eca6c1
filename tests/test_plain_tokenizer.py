"""The tokenizer of exports, which runs no code of ours: the ids of the package's, and the demo model's chats."""

import json
import shutil

import pytest
import torch
from conftest import GOLDEN, ROOT, SHARED_GOLDEN, cases
from transformers import AutoModelForCausalLM, AutoTokenizer

from benchmarks.make_checkpoint import copy_code
from examples import export_glm
from examples.model_folder import lay_together
from examples.plain_tokenizer import PlainTokenizer
from tokenization_chatglm import ChatGLMTokenizer

DEMO = ROOT / "demo_model"
TEXTS = (
    "你好",
    "The quick brown fox\n\njumps over 12,345 dogs.",
    "  two  spaces \t and a tab ",
    "emoji 🦊, 龘, e\u0301 and \u3000",
    "def f(x):\n    return [x, f'{x}']",
    "[Round 1]\n\n问：",
    "sop and eop are letters",
    "",
)
ROUNDS = [("你好", "你好！"), ("What is 3 + 4?", "3 + 4 = 7")]
QUESTIONS = ("你好", "My name is Tom. What is your name?", "请问 3 加 4 等于几？", "What is the capital of France?")
PUBLISHED = [SHARED_GOLDEN / "tokenizer"] if (SHARED_GOLDEN / "tokenizer").is_dir() else []


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A folder with tokenizer.model -> (the tokenizer of an export of it, the package's)."""

    def make(folder, **settings):
        place = tmp_path_factory.mktemp("source")
        shutil.copyfile(folder / "tokenizer.model", place / "tokenizer.model")
        config = json.loads((ROOT / "tokenizer_config.json").read_text())
        (place / "tokenizer_config.json").write_text(json.dumps({**config, **settings}))
        out = tmp_path_factory.mktemp("plain")
        PlainTokenizer(place).write(out, 32768)
        assert not list(out.glob("*.py"))
        return AutoTokenizer.from_pretrained(out), ChatGLMTokenizer.from_pretrained(place)

    return make


def messages(history, query):
    said = [{"role": role, "content": text} for pair in history for role, text in zip(("user", "assistant"), pair)]
    return [*said, {"role": "user", "content": query}]


def template_ids(tokenizer, conversation, **settings):
    settings = {"add_generation_prompt": True, "return_dict": True, **settings}
    return list(tokenizer.apply_chat_template(conversation, **settings)["input_ids"])


@pytest.mark.parametrize("text", TEXTS)
def test_ids_and_texts_are_those_of_the_package(plain, text):
    found, wanted = plain(DEMO)
    ids = wanted(text)["input_ids"]
    assert found(text)["input_ids"] == ids
    assert found.decode(ids, skip_special_tokens=True) == wanted.decode(ids)
    assert found(text, "b")["input_ids"] == wanted(text, "b")["input_ids"]


@cases("folder", PUBLISHED)
@pytest.mark.golden
def test_ids_of_the_published_vocabulary_are_those_of_the_original(plain, folder):
    """All recorded texts but those in which a special token is written out: engines take that for the token."""
    recorded = json.loads((GOLDEN / "tokenizer_golden.json").read_text(encoding="utf-8"))
    found, wanted = plain(folder)
    special = [*found.get_added_vocab()]
    texts = [row for row in recorded["texts"] if not any(token in row["text"] for token in special)]
    assert len(texts) > 0.9 * len(recorded["texts"])
    assert [row["text"] for row in texts if found(row["text"])["input_ids"] != row["ids"]] == []
    undecoded = [row["text"] for row in texts if found.decode(row["ids"], skip_special_tokens=True) != row["decode"]]
    assert undecoded == []
    for row in recorded["build_prompt"]:
        assert template_ids(found, messages(row["history"] or (), row["query"])) == row["ids"]


def test_the_template_gives_the_prompts_of_chat(plain):
    found, wanted = plain(DEMO)
    for history in ([], ROUNDS[:1], ROUNDS):
        conversation = messages(history, "再见")
        prompt = wanted.build_prompt("再见", history)
        assert template_ids(found, conversation) == wanted(prompt)["input_ids"]
        assert found.apply_chat_template(conversation, tokenize=False, add_generation_prompt=True) == (
            "[gMASK]<sop>" + prompt
        )
    system = [{"role": "system", "content": "Be short."}, *messages([], "hi")]
    assert template_ids(found, system) == template_ids(wanted, system)
    with pytest.raises(Exception, match="knows the roles system, user, assistant, not tool"):
        template_ids(found, [{"role": "tool", "content": "x"}])


def test_role_tokens_of_chatglm3_are_there(plain):
    found, wanted = plain(DEMO, role_tokens=True)
    for history in ([], ROUNDS):
        conversation = messages(history, "再见")
        assert template_ids(found, conversation) == template_ids(wanted, conversation)
    assert found.convert_tokens_to_ids("<|observation|>") == len(found) - 1 == len(wanted) - 1


def test_a_template_of_the_users_own_is_kept(plain):
    own = "[gMASK]sop{% for message in messages %}{{ message['content'] }}{% endfor %}"
    found, wanted = plain(DEMO, chat_template=own)
    assert template_ids(found, messages([], "你好")) == template_ids(wanted, messages([], "你好"))
    assert "[gMASK]sop" not in found.chat_template


def test_no_merge_makes_a_token_that_only_engines_write(plain):
    """With "<", "/", "s", ">" merged to the end of the text, a text would end an answer."""
    found, _ = plain(DEMO)
    merges = json.loads(found.backend_tokenizer.to_str())["model"]["merges"]
    assert merges and not {"".join(pair) for pair in merges} & {"<unk>", "<s>", "</s>"}


@pytest.mark.parametrize("dtype", [torch.float32, None], ids=["float32", "float16"])
def test_the_demo_model_says_the_same(tmp_path, dtype):
    """Template, ids, the model and its end token together, as an engine uses them: no code of ours, equal answers."""
    export_glm.export(DEMO, tmp_path / "glm", dtype=dtype)
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "glm", dtype=torch.float32).eval()
    encode = AutoTokenizer.from_pretrained(tmp_path / "glm")
    folder = lay_together(DEMO)
    package = AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=True).float().eval()
    ours, history = AutoTokenizer.from_pretrained(folder, trust_remote_code=True), []
    for question in QUESTIONS:
        wanted, said = package.chat(ours, question, history=history, do_sample=False)
        settings = {"add_generation_prompt": True, "return_tensors": "pt", "return_dict": True}
        inputs = encode.apply_chat_template(messages(history, question), **settings)
        ids = model.generate(**inputs, do_sample=False, max_new_tokens=200)[0, inputs["input_ids"].shape[1] :]
        assert encode.decode(ids, skip_special_tokens=True).strip() == wanted
        history = said


@pytest.mark.parametrize("change, message", [("none", "has no tokenizer.model"), ("damaged", "is damaged")])
def test_a_tokenizer_that_cannot_be_exported_is_refused_before_weights_are_written(tmp_path, change, message):
    source = shutil.copytree(DEMO, tmp_path / "source")
    copy_code(source)
    (source / "tokenizer.model").unlink()
    if change == "damaged":
        (source / "tokenizer.model").write_bytes(b"\x00\x01\x02")
    with pytest.raises(ValueError, match=message):
        export_glm.export(source, tmp_path / "glm")
    assert not (tmp_path / "glm").exists()


def test_a_vocabulary_that_the_model_has_no_rows_for_is_refused(tmp_path):
    source = shutil.copytree(GOLDEN / "Q_int4", tmp_path / "source")
    shutil.copyfile(DEMO / "tokenizer.model", source / "tokenizer.model")
    with pytest.raises(ValueError, match="gives 1,785 ids, the model has 320: it is another model's"):
        export_glm.export(source, tmp_path / "glm")
