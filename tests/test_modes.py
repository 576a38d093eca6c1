"""Grad modes, padding without a mask, empty caches, prefixes elsewhere: what callers do around one call."""

import pytest
import torch
from conftest import load
from transformers import DynamicCache, GenerationConfig

PROMPT = torch.arange(5, 15)[None]
GREEDY = {"do_sample": False, "eos_token_id": None, "max_new_tokens": 6}


@pytest.fixture
def fresh(tiny_checkpoint):
    """Models that a test may change: keyword arguments -> a new one."""
    return lambda **kwargs: load(tiny_checkpoint(bits=0, dtype="float32"), **kwargs).eval()


@pytest.mark.parametrize("static", [False, True])
def test_what_is_made_in_inference_mode_serves_outside_of_it(fresh, package, monkeypatch, static):
    """A first answer in inference mode, and training was over: "Inference tensors cannot be saved for backward"."""
    monkeypatch.setattr(package("quantization"), "LARGE_WEIGHT", 1)
    model = fresh()
    model.config.static_decode = static
    cache = model.make_cache(40)
    with torch.inference_mode():
        expected = model.generate(PROMPT, past_key_values=cache, **GREEDY)
    again = model.generate(torch.cat((expected, PROMPT), 1), past_key_values=cache, **GREEDY)
    assert again.shape[1] == expected.shape[1] + PROMPT.shape[1] + 6
    assert again.equal(fresh().generate(torch.cat((expected, PROMPT), 1), **GREEDY))
    model.train()(PROMPT, labels=PROMPT).loss.backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_padding_without_a_mask_is_not_read(fresh):
    """transformers makes the mask of ids that have padding; it was forgotten where the cache is this package's."""
    model = fresh()
    padded = torch.cat((torch.full((1, 4), 0), PROMPT), 1)
    scores = {"return_dict_in_generate": True, "output_scores": True, "pad_token_id": 0, **GREEDY}
    found, expected = model.generate(padded, **scores).scores, model.generate(PROMPT, **scores).scores
    torch.testing.assert_close(torch.stack(found), torch.stack(expected), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("empty", [(), DynamicCache], ids=["tuple", "DynamicCache"])
def test_a_stream_remembers_behind_an_empty_cache(model, empty):
    past = empty() if callable(empty) else empty
    alone = list(model.stream_generate(PROMPT, **GREEDY))[-1]
    ids, kept = list(model.stream_generate(PROMPT, past_key_values=past, return_past_key_values=True, **GREEDY))[-1]
    assert ids.equal(alone) and kept.get_seq_length() == ids.shape[1] - 1


def test_a_prefix_is_kept_with_the_cache_outside_of_no_grad(fresh):
    """The prefix of P-Tuning wants gradients: a loop of single tokens lost its cache, and with it the prompt."""
    model = fresh(pre_seq_len=4)
    with torch.no_grad():
        expected = model.generate(PROMPT, **GREEDY)
    ids, past, new = PROMPT, None, PROMPT
    for _ in range(6):
        out = model(new, past_key_values=past, use_cache=True)
        past, new = out.past_key_values, out.logits[:, -1:].argmax(-1)
        ids = torch.cat((ids, new), 1)
    assert ids.equal(expected) and past.length == 4 + ids.shape[1] - 1
    loss = model(PROMPT, labels=PROMPT, use_cache=True).loss
    loss.backward()
    assert model.transformer.prefix_encoder.embedding.weight.grad.abs().sum() > 0
    with torch.no_grad():
        assert loss.item() == pytest.approx(model(PROMPT, labels=PROMPT).loss.item(), rel=1e-5)


def test_a_prefix_goes_where_offloaded_blocks_compute(fresh):
    accelerate = pytest.importorskip("accelerate")
    model, other = fresh(pre_seq_len=4), fresh(pre_seq_len=4)
    other.load_state_dict(model.state_dict())
    expected = model.generate(PROMPT, **GREEDY)
    assert accelerate.cpu_offload(other, torch.device("cpu")).generate(PROMPT, **GREEDY).equal(expected)


@pytest.mark.skipif(not hasattr(GenerationConfig(), "prefill_chunk_size"), reason="this release has no such setting")
def test_a_prompt_in_chunks_is_read_whole(model):
    """5.23 cut the prompt itself, and one token of each later chunk was read."""
    assert model.generate(PROMPT, prefill_chunk_size=3, **GREEDY).equal(model.generate(PROMPT, **GREEDY))
    config = GenerationConfig(prefill_chunk_size=3, **GREEDY)
    assert model.generate(PROMPT, config).equal(model.generate(PROMPT, **GREEDY))
