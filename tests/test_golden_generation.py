"""generate() and stream_generate() against the original's recorded ids (shared/golden, or its part tests/golden)."""

import json

import pytest
import torch
import transformers
from conftest import GOLDEN, load

ATOL_SCORES = 1e-4  # of beams
CAUSAL = sorted(path.parent.name for path in GOLDEN.glob("[A-DQ]_*/golden.json"))

# Releases after 4.40 normalise beam scores over the generated tokens only: there the winners may differ by design.
OLD_BEAM_SCORES = tuple(map(int, transformers.__version__.split(".")[:2])) <= (4, 40)

pytestmark = pytest.mark.golden


@pytest.fixture(scope="module", params=CAUSAL)
def golden(request, golden_folder):
    model = load(golden_folder(request.param)).float().eval()
    values = json.loads((GOLDEN / request.param / "golden.json").read_text(encoding="utf-8"))["generate"]
    values["ids"] = torch.tensor(values["prompt"])
    values["batch"] = {name: torch.tensor(rows) for name, rows in values["prompt_batch"].items()}
    return model, values


def with_positions(ids):
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "position_ids": torch.arange(ids.shape[1])[None]}


def test_greedy(golden):
    model, values = golden
    ids = values["ids"]
    expected = torch.tensor(values["greedy"])
    new = expected.shape[1] - ids.shape[1]
    assert model.generate(**with_positions(ids), max_new_tokens=new, do_sample=False).equal(expected)
    assert model.generate(ids, max_new_tokens=new, do_sample=False).equal(
        torch.tensor(values["greedy_only_input_ids"])
    )
    expected = torch.tensor(values["greedy_no_cache_kw"])
    new = expected.shape[1] - ids.shape[1]
    assert model.generate(ids, max_new_tokens=new, do_sample=False, use_cache=False).equal(expected)


def test_greedy_batch_with_left_padding(golden):
    model, values = golden
    expected = torch.tensor(values["greedy_batch"])
    new = expected.shape[1] - values["batch"]["input_ids"].shape[1]
    assert model.generate(**values["batch"], max_new_tokens=new, do_sample=False).equal(expected)
    without = {k: v for k, v in values["batch"].items() if k != "position_ids"}
    assert model.generate(**without, max_new_tokens=new, do_sample=False).equal(expected)


def test_a_batch_gives_what_each_row_gives_alone(golden):
    model, values = golden
    ids, mask = values["batch"]["input_ids"], values["batch"]["attention_mask"]
    together = model.generate(input_ids=ids, attention_mask=mask, max_new_tokens=12, do_sample=False)
    for row in range(len(ids)):
        alone = model.generate(ids[row : row + 1][:, mask[row].bool()], max_new_tokens=12, do_sample=False)[0]
        answer = together[row, ids.shape[1] :]
        padding = (answer == 0).long().flip(0).cumprod(0).sum()  # a row that ended early is filled up with id 0
        length = int(mask[row].sum())
        assert alone[length:].tolist()[: len(answer) - padding] == answer.tolist()[: len(answer) - padding]


def test_processors_and_several_end_tokens(golden):
    model, values = golden
    ids = values["ids"]
    expected = torch.tensor(values["greedy_repetition_penalty_1.3"])
    new = expected.shape[1] - ids.shape[1]
    inputs = with_positions(ids)
    assert model.generate(**inputs, max_new_tokens=new, do_sample=False, repetition_penalty=1.3).equal(expected)
    eos = values["greedy_multi_eos"]
    out = model.generate(**inputs, max_new_tokens=20, do_sample=False, eos_token_id=eos["eos"])
    assert out.tolist() == eos["ids"]


def test_sampling_with_a_seed(golden):
    model, values = golden
    for sample in values["sample"]:
        torch.manual_seed(sample["seed"])
        assert model.generate(**with_positions(values["ids"]), **sample["kwargs"]).tolist() == sample["ids"]
        torch.manual_seed(sample["seed"])
        assert model.generate(**values["batch"], **sample["kwargs"]).tolist() == sample["ids_batch"]


def test_beams(golden):
    model, values = golden
    prefix = values["ids"].shape[1]
    for name, inputs in (("beam3", with_positions(values["ids"])), ("beam3_batch", values["batch"])):
        expected = torch.tensor(values[name]["ids"])
        scores = torch.tensor(values[name]["sequences_scores"])
        new = expected.shape[1] - inputs["input_ids"].shape[1]
        returned = len(expected) // len(inputs["input_ids"])
        out = model.generate(
            **inputs,
            max_new_tokens=new,
            do_sample=False,
            num_beams=3,
            num_return_sequences=returned,
            return_dict_in_generate=True,
            output_scores=True,
        )
        if OLD_BEAM_SCORES:
            assert out.sequences.equal(expected)
            torch.testing.assert_close(out.sequences_scores, scores, atol=ATOL_SCORES, rtol=0)
        else:  # the score that the release gave must be that of the sequence under the model
            check_beam_scores(model, inputs, out)
    assert prefix


def check_beam_scores(model, inputs, out):
    start = inputs["input_ids"].shape[1]
    repeat = len(out.sequences) // len(inputs["input_ids"])
    mask = inputs["attention_mask"].repeat_interleave(repeat, 0)
    new = out.sequences.shape[1] - start
    full = torch.cat((mask, mask.new_ones(len(mask), new)), 1)
    with torch.no_grad():
        logits = model(out.sequences, attention_mask=full).logits[:, start - 1 : -1].log_softmax(-1)
    picked = logits.gather(-1, out.sequences[:, start:, None])[..., 0]
    for row, sequence in enumerate(out.sequences[:, start:].tolist()):
        length = sequence.index(2) + 1 if 2 in sequence else new
        score = picked[row, :length].sum() / length
        torch.testing.assert_close(score, out.sequences_scores[row], atol=1e-3, rtol=0)


def test_streams(golden):
    model, values = golden
    ids = values["ids"]
    expected = values["stream_greedy"]
    new = len(expected[-1][0]) - ids.shape[1]
    stream = model.stream_generate(**with_positions(ids), max_new_tokens=new, do_sample=False)
    assert [step.tolist() for step in stream] == expected
    last = values["stream_greedy_batch_last"]
    new = len(last[0]) - values["batch"]["input_ids"].shape[1]
    stream = list(model.stream_generate(**values["batch"], max_new_tokens=new, do_sample=False))
    assert stream[-1].tolist() == last
    expected = values["stream_sample_seed7"]
    torch.manual_seed(7)
    stream = model.stream_generate(
        ids, max_new_tokens=len(expected[0]) - ids.shape[1], do_sample=True, top_p=0.8, temperature=0.8
    )
    assert list(stream)[-1].tolist() == expected


def test_streamed_caches(golden):
    model, values = golden
    expected = values["stream_past"]
    steps = list(
        model.stream_generate(
            values["ids"], max_new_tokens=len(expected["ids"]), do_sample=False, return_past_key_values=True
        )
    )
    assert [ids.tolist() for ids, _ in steps] == expected["ids"]
    # Lengths are read after the stream has ended: what was yielded must still be what it was.
    assert [past.get_seq_length() for _, past in steps] == expected["past0_len"]
    assert [past[0][0].shape[2] for _, past in steps] == expected["past0_len"]
