"""ChatGLM3's messages, with a vocabulary that the tests make: what the model was trained to read, id by id."""

import pytest

TOOLS = [{"name": "天气", "description": "查询一个城市的天气", "parameters": {"city": "城市"}}]
TOOLS_TEXT = """[
    {
        "name": "天气",
        "description": "查询一个城市的天气",
        "parameters": {
            "city": "城市"
        }
    }
]"""


@pytest.fixture(scope="module")
def tokenizer3(tokenizer, tiny_checkpoint):
    folder = tiny_checkpoint(bits=0, dtype="float32")
    return type(tokenizer)(str(folder / "tokenizer.model"), role_tokens=True)


def test_tools_are_written_in_letters_of_their_own_language(tokenizer3):
    """Escaped, as JSON may be, a Chinese description would be six times as many ids, none of them seen in training."""
    sp_model, command = tokenizer3.tokenizer.sp_model, tokenizer3.get_command
    history = [{"role": "system", "content": "请用工具。", "tools": TOOLS}]
    ids = tokenizer3.build_chat_input("北京天气", history)["input_ids"][0].tolist()
    expected = [command("[gMASK]"), command("sop")]
    expected += [command("<|system|>"), *sp_model.encode("\n"), *sp_model.encode(f"请用工具。\n{TOOLS_TEXT}")]
    expected += [command("<|user|>"), *sp_model.encode("\n"), *sp_model.encode("北京天气"), command("<|assistant|>")]
    assert ids == expected


def test_role_tokens_written_in_a_text_are_ids_only_if_asked_for(tokenizer3):
    """And what stands between them is encoded by itself, spaces and all."""
    asking = type(tokenizer3)(tokenizer3.vocab_file, role_tokens=True, encode_special_tokens=True)
    text, pieces, command = "a<|user|> b</s>", tokenizer3.tokenizer.sp_model.encode, tokenizer3.get_command
    assert tokenizer3.encode(text, add_special_tokens=False) == pieces(text)
    expected = [*pieces("a"), command("<|user|>"), *pieces(" b</s>")]
    assert asking.encode(text, add_special_tokens=False) == expected
