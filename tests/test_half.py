"""16-bit floats on a CPU: rounded where the kernels round, and only operations that torch 2.0 has."""

import pytest
import torch
from conftest import load
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import AutoModelForSequenceClassification

PROMPT = torch.tensor([[5, 77, 310, 42, 9, 128, 64]])
LACKING = {"silu", "mm", "addmm", "bmm", "baddbmm", "topk", "sort", "_softmax", "_log_softmax", "native_layer_norm"}


class Torch20(TorchDispatchMode):
    """Refuses what torch 2.0.1 refused: these operations of float16 on a CPU."""

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        name = function.overloadpacket.__name__
        if name in LACKING and any(getattr(value, "dtype", None) == torch.float16 for value in arguments):
            raise RuntimeError(f"\"{name}\" not implemented for 'Half'")
        return function(*arguments, **(options or {}))


def test_the_mode_refuses():
    """Else the tests below would show nothing."""
    half = torch.ones(2, 2).half()
    for operation in (F.silu, lambda x: x @ x, lambda x: F.linear(x, x, x[0]), lambda x: x.softmax(-1)):
        with Torch20(), pytest.raises(RuntimeError, match="not implemented for 'Half'"):
            operation(half)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_the_gate_is_rounded_once(model, package, dtype):
    """As the kernel does it: rounding between silu and product would make answers depend on a compiler."""
    mlp = package("layers_chatglm").MLP(model.config)
    mlp.dense_h_to_4h = mlp.dense_4h_to_h = torch.nn.Identity()
    x = torch.randn(64, 256, generator=torch.Generator().manual_seed(0)).to(dtype)
    gate, up = x.double().chunk(2, dim=-1)
    exact = (F.silu(gate) * up).to(dtype)
    assert (mlp(x) != exact).float().mean() < 0.01  # of which float32 rounds some to the other side


@pytest.fixture
def torch_20(package, monkeypatch):
    monkeypatch.setattr(package("quantization"), "HALF_LACKS", True)
    monkeypatch.setattr(package("cpu_kernels"), "library", lambda: None)
    return Torch20


@pytest.mark.parametrize("bits", [0, 4])
def test_a_half_model_speaks_on_a_cpu_of_torch_2_0(tiny_checkpoint, tokenizer, model, torch_20, bits):
    half = load(tiny_checkpoint(bits=bits)).eval() if bits else load(tiny_checkpoint(bits=0, dtype="float32")).half()
    with torch_20():
        assert half(PROMPT).logits.dtype == torch.float32  # with gradients, and of a dtype that can be sampled from
        with torch.no_grad():
            logits = half(PROMPT).logits
            attentions = half(PROMPT, output_attentions=True).attentions
        for settings in ({"do_sample": False}, {"do_sample": True, "top_k": 5}, {"do_sample": False, "num_beams": 2}):
            assert half.generate(PROMPT, max_new_tokens=3, **settings).shape == (1, 10)
        assert half.chat(tokenizer, "你好", max_new_tokens=3)[0]
        assert list(half.stream_chat(tokenizer, "你好", max_new_tokens=3))
    assert attentions[0].dtype == torch.float16
    if not bits:
        torch.testing.assert_close(logits, model(PROMPT).logits, atol=0.02, rtol=0.02)


def test_a_half_classifier_on_a_cpu_of_torch_2_0(tiny_checkpoint, torch_20):
    classifier = load(tiny_checkpoint(), AutoModelForSequenceClassification, num_labels=3).half().eval()
    with torch_20():
        classifier(PROMPT).logits.sum().backward()
        with torch.no_grad():
            assert classifier(PROMPT).logits.isfinite().all()
    assert classifier.classifier_head.weight.grad.isfinite().all()
