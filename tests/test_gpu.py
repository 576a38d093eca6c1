"""The whole model on a real GPU against itself on a CPU. Marked `gpu`: skipped where torch sees none."""

import pytest
import torch
from conftest import load, relative_error
from transformers import AutoTokenizer

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU"),
]

FLOAT32_ERROR = 1e-4  # relative RMS: sums in another order, and 16-bit activations where the CPU kernels serve
HALF_ERROR = 2e-2  # the GPU rounds every activation to 11 bits, the CPU only what it stores


def on(device: str, folder, dtype: torch.dtype = torch.float32, **settings):
    model = load(folder, torch_dtype=dtype).to(device).eval()
    for name, value in settings.items():
        setattr(model.config, name, value)
    return model


@pytest.mark.parametrize("bits", [0, 4, 8])
@pytest.mark.parametrize(
    "dtype, limit",
    [(torch.float32, FLOAT32_ERROR), (torch.float16, HALF_ERROR), (torch.bfloat16, 8 * HALF_ERROR)],
    ids=["float", "half", "bfloat16"],
)
def test_logits_agree_with_the_cpu(tiny_checkpoint, bits, dtype, limit):
    """A padded batch in one pass, and token by token after it."""
    folder = tiny_checkpoint(bits=bits, dtype="float32")
    on_cpu, on_gpu = on("cpu", folder), on("cuda", folder, dtype)
    ids = torch.randint(5, 800, (3, 40), generator=torch.Generator().manual_seed(1))
    mask = torch.ones_like(ids)
    mask[1, :7] = mask[2, :19] = 0
    with torch.no_grad():
        expected = on_cpu(ids, attention_mask=mask).logits
        found = on_gpu(ids.cuda(), attention_mask=mask.cuda()).logits
        assert not relative_error(found[mask.bool().cuda()], expected[mask.bool()]) > limit
        cache, steps = None, []
        for at, piece in enumerate([ids[:, :36], *ids[:, 36:].split(1, 1)]):
            seen = mask[:, : 36 + at].cuda()
            out = on_gpu(piece.cuda(), attention_mask=seen, past_key_values=cache, use_cache=True)
            cache = out.past_key_values
            steps.append(out.logits[:, -1:])
        assert not relative_error(torch.cat(steps, 1), expected[:, 35:]) > limit


@pytest.mark.parametrize("kv_cache_dtype", [None, "int8"])
def test_every_way_of_decoding_gives_the_same_tokens(tiny_checkpoint, kv_cache_dtype):
    """generate, a CUDA graph of fixed shapes, a stream: in fp32, where no two logits tie."""
    folder = tiny_checkpoint(bits=4, dtype="float32")
    model = on("cuda", folder, kv_cache_dtype=kv_cache_dtype)
    ids = torch.randint(5, 800, (2, 24), generator=torch.Generator().manual_seed(2)).cuda()
    mask = torch.ones_like(ids)
    mask[1, :5] = 0
    settings = {"attention_mask": mask, "do_sample": False, "max_new_tokens": 24, "eos_token_id": None}
    plain = model.generate(ids, **settings)
    assert plain.shape == (2, 48)
    streamed = list(model.stream_generate(ids, **settings))[-1]
    model.config.static_decode = True
    captured = model.generate(ids, **settings)
    again = model.generate(ids, **settings)
    assert torch.equal(plain, streamed) and torch.equal(plain, captured) and torch.equal(plain, again)
    if kv_cache_dtype is None:
        on_cpu = on("cpu", folder).generate(ids.cpu(), **{**settings, "attention_mask": mask.cpu()})
        assert torch.equal(plain.cpu(), on_cpu)


def test_chat_and_stream_chat(tiny_checkpoint):
    folder = tiny_checkpoint(bits=4, dtype="float16")
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=True)
    model = load(folder).half().cuda().eval()
    answer, history = model.chat(tokenizer, "你好", do_sample=False, max_new_tokens=12)
    streamed = [step for step, _ in model.stream_chat(tokenizer, "你好", do_sample=False, max_new_tokens=12)]
    assert history == [("你好", answer)]
    if streamed:
        assert answer.startswith(streamed[-1])


def test_quantize_on_the_gpu_gives_the_integers_of_the_cpu(tiny_checkpoint):
    folder = tiny_checkpoint(bits=0, dtype="float16")
    on_cpu = on("cpu", folder, torch.float16).quantize(4).state_dict()
    on_gpu = on("cuda", folder, torch.float16).quantize(4).state_dict()
    assert on_cpu.keys() == on_gpu.keys()
    assert all(torch.equal(tensor.cpu(), on_cpu[name]) for name, tensor in on_gpu.items())


def test_training_gradients_agree_with_the_cpu(tiny_checkpoint):
    folder = tiny_checkpoint(bits=4, dtype="float32")
    ids = torch.randint(5, 800, (2, 20), generator=torch.Generator().manual_seed(3))
    gradients = []
    for device in ("cpu", "cuda"):
        model = on(device, folder).train()
        model(ids.to(device), labels=ids.to(device)).loss.backward()
        gradients.append(model.transformer.embedding.word_embeddings.weight.grad)
    assert not relative_error(gradients[1], gradients[0].cpu()) > 1e-3


@pytest.mark.parametrize("kv_cache_dtype", [None, "int8"])
@pytest.mark.parametrize("static", [False, True])
def test_a_cache_in_a_file_goes_on(tiny_checkpoint, tmp_path, kv_cache_dtype, static):
    """On the GPU with the tokens of the cache that was saved, a captured step included; and on a CPU, which has the
    same weights."""
    folder = tiny_checkpoint(bits=4, dtype="float32")
    model = on("cuda", folder, kv_cache_dtype=kv_cache_dtype, static_decode=static)
    prompt = torch.randint(5, 800, (1, 24), generator=torch.Generator().manual_seed(2)).cuda()
    settings = {"do_sample": False, "max_new_tokens": 12, "eos_token_id": None}
    cache = model.make_cache(60)
    ids = model.generate(prompt, past_key_values=cache, **settings)
    model.save_cache(cache, tmp_path / "kept")
    loaded, _ = model.load_cache(tmp_path / "kept")
    assert loaded[0][0].is_cuda and all(a.equal(b) for ours, its in zip(loaded, cache) for a, b in zip(ours, its))
    expected = model.generate(ids, past_key_values=cache, **settings)
    assert model.generate(ids, past_key_values=loaded, **settings).equal(expected)
    elsewhere = on("cpu", folder)
    held, _ = elsewhere.load_cache(tmp_path / "kept")
    assert elsewhere.generate(ids.cpu(), past_key_values=held, **settings).equal(expected.cpu())
