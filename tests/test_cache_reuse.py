"""Caches that go on: branched, handed back by generate(), kept by chat(). Each holds what a fresh one would hold."""

import torch
from conftest import close
from hypothesis import given, settings
from hypothesis import strategies as st

LAYERS, HEADS, CHANNELS = 2, 2, 4
PATHS_AGREE = 2e-5  # fp32 numbers of size 1, summed in another order


# ------------------------------------------------------------------------------------------------------------ branches


class Branch:
    """A cache, and what it has to hold: [1, t, g, d] for the key and the value of each layer."""

    def __init__(self, cache, expected):
        self.cache, self.expected = cache, expected

    def append(self, tokens: int) -> None:
        new = [torch.randn(1, tokens, HEADS, CHANNELS) for _ in self.expected]
        for layer in range(LAYERS):
            self.cache.append(layer, new[2 * layer], new[2 * layer + 1])
        self.cache.advance(tokens)
        self.expected = [torch.cat(pair, dim=1) for pair in zip(self.expected, new)]

    def crop(self, tokens: int) -> None:
        self.cache.crop(-tokens)
        self.expected = [tensor[:, : max(0, tensor.shape[1] - tokens)] for tensor in self.expected]

    def branch(self) -> "Branch":
        return Branch(self.cache.snapshot(), list(self.expected))

    def check(self) -> None:
        held = [tensor.transpose(1, 2) for pair in self.cache for tensor in pair]
        for ours, theirs in zip(held, self.expected):
            assert ours.shape == theirs.shape and ours.equal(theirs)


@settings(max_examples=80, deadline=None)
@given(
    capacity=st.sampled_from((None, 8, 64)),
    steps=st.lists(
        st.tuples(st.integers(0, 9), st.sampled_from(("branch", "branch", "append", "crop")), st.integers(1, 2)),
        min_size=1,
        max_size=12,
    ),
)
def test_branches_of_a_tree_do_not_disturb_each_other(package, capacity, steps):
    """As in a tree search, or where answers are generated anew from any earlier point."""
    torch.manual_seed(0)
    empty = torch.empty(1, 0, HEADS, CHANNELS)
    branches = [Branch(package("cache_chatglm").KVCache(LAYERS, capacity), [empty] * 2 * LAYERS)]
    branches[0].append(3)
    for index, name, tokens in steps:
        chosen = branches[index % len(branches)]
        if name == "crop":
            chosen.crop(tokens)
        else:
            if name == "branch":
                branches.append(chosen.branch())
                chosen = branches[-1]
            chosen.append(tokens)
        for branch in branches:
            if branch.cache.length:
                branch.check()


# --------------------------------------------------------------------------------------------------- caches of a model


def alone(model, ids, mask):
    """Logits of each row's last token, computed from its real tokens without padding or cache."""
    return torch.cat([model(row[real.bool()][None]).logits[:, -1] for row, real in zip(ids, mask)])


@torch.no_grad()
def test_a_second_round_may_be_padded_where_the_first_was_not(model):
    """A batch goes on with generate()'s cache, its new questions filled up to one length."""
    first = model.generate(
        torch.tensor([[5, 77, 310, 42], [9, 128, 64, 31]]),
        max_new_tokens=3,
        do_sample=False,
        return_dict_in_generate=True,
        eos_token_id=None,
    )
    past, ids = first.past_key_values, first.sequences
    held = past.get_seq_length()
    questions = torch.tensor([[0, 0, 7, 80], [15, 16, 17, 18]])
    ids, mask = torch.cat([ids[:, :held], questions], dim=1), torch.ones(2, held + 4, dtype=torch.long)
    mask[0, held : held + 2] = 0
    logits = model(questions, attention_mask=mask, past_key_values=past).logits[:, -1]
    torch.testing.assert_close(logits, alone(model, ids, mask), atol=PATHS_AGREE, rtol=0)


@torch.no_grad()
def test_the_cache_that_chat_keeps_holds_the_tokens_that_it_names(model, tokenizer):
    cache = model.make_cache(512)
    histories = [[], [("one", "eins")], [("one", "two")], []]
    for query, history in zip(("one", "two", "two", "other"), histories):
        model.chat(tokenizer, query, history, do_sample=False, max_new_tokens=5, past_key_values=cache)
        assert len(cache.token_ids) == cache.get_seq_length()
        fresh = model(torch.tensor([cache.token_ids])).past_key_values
        for ours, theirs in zip(cache, fresh):
            close(torch.stack(ours), torch.stack(theirs), PATHS_AGREE)
