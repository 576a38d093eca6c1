"""Long prompts: slices, one pass and single tokens agree, int8 caches stay close, activations do not grow."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from transformers import AutoModel

LENGTH, SLICE = 1500, 192  # several slices, the last one shorter
# In standard deviations of the logits. fp32: sums in another order. 16 bits: two roundings of different sums differ by
# a unit in the last place, 2^-11 or 2^-8, and two layers add them up.
PATHS_AGREE = {"float32": 1e-4, "float16": 1e-2, "bfloat16": 8e-2}
INT8_CACHE_ERROR = 3e-2  # largest error of a logit; a key or value is rounded to 1 / 254 of its head's largest


@pytest.fixture(scope="module", params=list(PATHS_AGREE))
def model(request, tiny_checkpoint):
    loaded = AutoModel.from_pretrained(tiny_checkpoint(bits=4, dtype=request.param), trust_remote_code=True).eval()
    loaded.config.prefill_slice_size = SLICE
    return loaded


@pytest.fixture(scope="module")
def ids():
    return torch.randint(3, 800, (1, LENGTH), generator=torch.Generator().manual_seed(0))


def assert_logits_agree(model, ours, theirs):
    error = (ours.float() - theirs.float()).abs().max() / theirs.float().std()
    assert error <= PATHS_AGREE[str(model.dtype).split(".")[1]], float(error)


@torch.no_grad()
def test_one_pass_slices_and_single_tokens_agree(model, ids):
    whole = model(ids, use_cache=True)
    sliced = model(ids, use_cache=True, return_last_logit=True)
    assert list(sliced.logits.shape) == [1, 1, model.config.padded_vocab_size]
    assert_logits_agree(model, sliced.logits[:, -1], whole.logits[:, -1])
    past = None
    for position in range(200):
        step = model(ids[:, position : position + 1], past_key_values=past, use_cache=True)
        past = step.past_key_values
        assert_logits_agree(model, step.logits[:, -1], whole.logits[:, position])
    # And single tokens behind a cache that slices have written.
    cache = sliced.past_key_values
    cache.crop(LENGTH - 3)
    for position in range(LENGTH - 3, LENGTH):
        step = model(ids[:, position : position + 1], past_key_values=cache, use_cache=True)
        assert_logits_agree(model, step.logits[:, -1], whole.logits[:, position])


@torch.no_grad()
def test_a_padded_batch_in_slices_equals_single_rows(model, ids):
    shorter = LENGTH - 333
    batch = torch.cat((ids, torch.cat((torch.zeros(1, 333, dtype=torch.long), ids[:, :shorter]), 1)))
    mask = torch.ones_like(batch)
    mask[1, :333] = 0
    logits = model(batch, attention_mask=mask, use_cache=True, return_last_logit=True).logits
    for row, length in ((0, LENGTH), (1, shorter)):
        alone = model(ids[:, :length], use_cache=True, return_last_logit=True).logits
        assert_logits_agree(model, logits[row, -1], alone[0, -1])


@torch.no_grad()
def test_an_int8_cache_is_close_and_half_as_large(model, ids):
    exact = model(ids, use_cache=True, return_last_logit=True)
    model.config.kv_cache_dtype = "int8"
    try:
        rounded = model(ids, use_cache=True, return_last_logit=True)
        generated = model.make_cache(LENGTH + 4)
        longer = torch.cat([ids, ids[:, :4]], dim=1)
        steps = [model(longer[:, :LENGTH], past_key_values=generated, use_cache=True, return_last_logit=True)]
        for position in range(LENGTH, LENGTH + 4):
            steps.append(model(longer[:, position : position + 1], past_key_values=generated, use_cache=True))
    finally:
        model.config.kv_cache_dtype = None
    expected = [exact] + [model(longer[:, : LENGTH + 1 + i], use_cache=True, return_last_logit=True) for i in range(4)]
    for ours, theirs in zip([rounded, *steps], [exact, *expected]):
        error = (ours.logits[:, -1].float() - theirs.logits[:, -1].float()).abs().max() / theirs.logits.float().std()
        assert error <= max(INT8_CACHE_ERROR, 1.5 * PATHS_AGREE[str(model.dtype).split(".")[1]]), float(error)
    channels, capacity = model.config.kv_channels, generated._buffers[0][0].shape[1]
    per_token = 2 * model.config.num_layers * model.config.num_key_value_heads * (channels + 4)
    assert generated.memory_bytes() == capacity * per_token


class LargestTensor(TorchDispatchMode):
    """Notes the bytes of the largest tensor that any operation creates, other than the buffers of a cache."""

    def __init__(self, cache):
        super().__init__()
        self.cache, self.largest, self.shape = cache, 0, None

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        known = {t.untyped_storage().data_ptr() for buffers in self.cache._buffers if buffers for t in buffers}
        known |= {t.untyped_storage().data_ptr() for t in tree_leaves(args) if isinstance(t, torch.Tensor)}
        for tensor in tree_leaves(result):
            is_new = isinstance(tensor, torch.Tensor) and tensor.untyped_storage().data_ptr() not in known
            if is_new and tensor.untyped_storage().nbytes() > self.largest:
                self.largest, self.shape = tensor.untyped_storage().nbytes(), (str(function), list(tensor.shape))
        return result


@torch.no_grad()
@pytest.mark.parametrize("padded", [False, True])
def test_activations_do_not_grow_with_the_prompt(model, ids, padded):
    def largest(length: int) -> LargestTensor:
        cache = model.make_cache(LENGTH)
        model(ids[:, :1], past_key_values=cache, use_cache=True)  # allocates the cache
        cache.reset()
        mask = torch.ones(1, length, dtype=torch.long)
        mask[:, : 5 if padded else 0] = 0
        with LargestTensor(cache) as watch:
            model(ids[:, :length], attention_mask=mask, past_key_values=cache, use_cache=True, return_last_logit=True)
        return watch

    short, long = largest(2 * SLICE), largest(LENGTH)
    # Only the mask of a padded batch knows the length: [slice, tokens so far], and what is made of it per head.
    allowed = SLICE * LENGTH * 4 * model.config.num_attention_heads if padded else short.largest
    assert long.largest <= allowed, (long.shape, short.shape)
