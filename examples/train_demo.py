"""Makes the demonstration model in demo_model/: python -m examples.train_demo [--work FOLDER] [--output FOLDER]

The architecture is ChatGLM2's, small: 10 million parameters in the published int4 layout. Everything it learns is
written by examples/demo_text.py. Takes under two hours on two cores; started again, it goes on from its last
checkpoint.

1. A SentencePiece vocabulary from the dialogues.
2. Copying first: pieces drawn at random, parts of which return, from heads that begin as ones that copy. Names, facts
   and pass keys rest on this.
3. Dialogues, the loss on answers alone. Later, positions are spread over the whole context (PoSE, arXiv:2309.10400).
4. The last quarter runs with weights rounded to int4, as they are saved (straight-through, arXiv:1308.3432).
"""

import argparse
import json
import math
import random
import shutil
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

import torch
from tqdm import tqdm
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from benchmarks.make_checkpoint import ROOT, SETTINGS, copy_code, train_sentencepiece

from .demo_text import Task, Writer
from .training_data import IGNORED

PIECES = 1780
GEOMETRY = {
    "num_layers": 6,
    "hidden_size": 384,
    "ffn_hidden_size": 1024,
    "kv_channels": 64,
    "num_attention_heads": 6,
    "multi_query_group_num": 2,
    "padded_vocab_size": 1792,
    "seq_length": 32768,
    "rope_ratio": 16,
}
WEIGHTS = {  # how often a dialogue is of a kind
    "small talk": 1.5,
    "package": 2.5,
    "name": 4,
    "own fact": 2,
    "text": 3,
    "pass key": 2,
    "sum": 1,
    "unknown": 0.7,
    "repeat": 1.5,
}
TOKENS = 4096  # of a batch, padding included
LONGEST = 640  # tokens of a dialogue
POOL = 16  # batches drawn together, so that dialogues of one length meet
# What the parts of the residual stream hold in the beginning (`initialize`).
TEXT, BEFORE, NEXT = slice(0, 256), slice(256, 320), slice(320, 384)
SLOPES = (3.0, 1.2, 0.4, 0.0, 0.1, 0.8)  # of the first layer's heads: logits that a piece loses with each position
LEARNING_RATE = 1.5e-3
WARM_UP = 100  # steps
COPYING, SPREADING, DECAY, ROUNDING = 0.04, 0.35, 0.5, 0.7  # parts of the training where each ends or begins
EVERY = 100  # steps between checkpoints

Example = Tuple[List[int], List[int]]  # ids, labels


# ---------------------------------------------------------------------------------------------------------- vocabulary


def train_vocabulary(folder: Path, seed: int) -> None:
    """Writes tokenizer.model: BPE with byte fallback, over dialogues as `chat` writes them."""
    from tokenization_chatglm import ChatGLMTokenizer

    writer = Writer(random.Random(f"vocabulary {seed}"))
    build = ChatGLMTokenizer.build_prompt
    texts = []
    for _ in range(8000):
        *history, (question, answer) = writer.any(WEIGHTS).rounds
        texts.append(build(None, question, history) + answer)
    train_sentencepiece(folder, texts, vocab_size=PIECES, character_coverage=0.9995, max_sentence_length=16384)


def write_config(folder: Path, **changes: object) -> None:
    config = json.loads((ROOT / "config.json").read_text(encoding="utf-8"))
    config.update(GEOMETRY, _name_or_path="chatglm2-demo", **changes)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def prepare(work: Path, seed: int):
    """The folder of the untrained model: config, tokenizer, this package's code. Returns its tokenizer."""
    work.mkdir(parents=True, exist_ok=True)
    write_config(work, quantization_bit=0, torch_dtype="float32")
    copy_code(work)
    if not (work / "tokenizer.model").exists():
        train_vocabulary(work, seed)
    return AutoTokenizer.from_pretrained(str(work), trust_remote_code=True)


# ---------------------------------------------------------------------------------------------------------------- data


def encode_dialogue(tokenizer, task: Task) -> Example:
    """A dialogue as `chat` tokenizes it, with labels on the answers and on the end of each."""
    *history, (question, answer) = task.rounds
    ids = tokenizer.encode(tokenizer.build_prompt(question, history) + answer) + [tokenizer.eos_token_id]
    labels = [IGNORED] * len(ids)
    for number, (asked, said) in enumerate(task.rounds):
        prompt = tokenizer.build_prompt(asked, history[:number])
        start, end = len(tokenizer.encode(prompt)), len(tokenizer.encode(prompt + said))
        labels[start:end] = ids[start:end]
        labels[end] = tokenizer.eos_token_id  # where the history goes on, an answer being written ends
    return ids, labels


def copying_example(rng: random.Random, prefix: List[int], pieces: int) -> Example:
    """Pieces drawn at random, then parts of what stands before, again and again; labels on all but their first."""
    ids = prefix + [rng.randrange(3, pieces) for _ in range(rng.randint(6, 40))]
    labels = [IGNORED] * len(ids)
    while len(ids) < 64:
        length = rng.randint(2, 10)
        start = rng.randint(len(prefix), len(ids) - 2)
        part = ids[start : start + length]
        ids += part
        labels += [IGNORED] + part[1:]
    return ids, labels


def spread(rng: random.Random, length: int, context: int) -> List[int]:
    """Positions of a short sequence, with one to three jumps, as if it were part of a long one."""
    positions, left = list(range(length)), context - length
    for _ in range(rng.choice((1, 1, 2, 3))):
        jump = min(left, int(2 ** rng.uniform(3, math.log2(context))))
        cut = rng.randint(2, max(2, length - 1))
        positions[cut:] = [position + jump for position in positions[cut:]]
        left -= jump
    return positions


def pool(tokenizer, number: int, done: float, seed: int) -> List[Dict[str, torch.Tensor]]:
    """`POOL` batches, the same whenever they are asked for. done: the part of the training that is over, 0 to 1."""
    rng = random.Random(f"{seed} {number}")
    writer, prefix = Writer(rng), tokenizer.get_prefix_tokens()
    copies = 0.75 if done < COPYING else 0.1 if done < SPREADING else 0.05
    examples: List[Example] = []
    total = 0
    while total < POOL * TOKENS:
        copying = rng.random() < copies
        example = copying_example(rng, prefix, PIECES) if copying else encode_dialogue(tokenizer, writer.any(WEIGHTS))
        if len(example[0]) <= LONGEST:
            examples.append(example)
            total += len(example[0])
    examples.sort(key=lambda example: len(example[0]))
    groups: List[List[Example]] = [[]]
    for example in examples:
        if (len(groups[-1]) + 1) * len(example[0]) > TOKENS and len(groups) < POOL:
            groups.append([])
        groups[-1].append(example)
    rng.shuffle(groups)
    return [padded(rng, group, done >= SPREADING) for group in groups]


def padded(rng: random.Random, group: List[Example], spreading: bool) -> Dict[str, torch.Tensor]:
    width = max(len(ids) for ids, _ in group)
    positions = [
        spread(rng, width, GEOMETRY["seq_length"]) if spreading and rng.random() < 0.4 else list(range(width))
        for _ in group
    ]
    return {
        "input_ids": torch.tensor([ids + [0] * (width - len(ids)) for ids, _ in group]),
        "labels": torch.tensor([labels + [IGNORED] * (width - len(labels)) for _, labels in group]),
        "position_ids": torch.tensor(positions),
    }


# ------------------------------------------------------------------------------------------------------------ training


def initialize(model, seed: int) -> None:
    """Weights to begin with: small random ones, but for an induction head (Olsson et al. 2022, arXiv:2209.11895).

    To say a name again, a model looks for the last piece it said, and takes what came after that. Training finds such
    heads late here, as interpolated positions of neighbours differ by a sixteenth of a radian at most. So they are
    given: the residual stream begins as three parts. `TEXT` holds the piece itself; a pair of heads of the first
    layer writes the piece before it to `BEFORE`; the heads of the second layer look for a piece whose `BEFORE` is
    theirs, and write it to `NEXT`, which the output layer reads. Untrained, this copies nine pieces of ten rightly.
    """
    torch.manual_seed(seed)
    config = model.config
    width, heads = config.kv_channels, config.num_attention_heads
    embedding = model.transformer.embedding.word_embeddings.weight.data
    for name, parameter in model.named_parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.006 if "dense.weight" in name or "4h_to_h" in name else 0.02)
    embedding.zero_()
    embedding[:, TEXT].normal_(std=0.25)
    rotation = torch.linalg.qr(torch.randn(width, width))[0]
    reading = torch.randn(2, width, TEXT.stop) / TEXT.stop**0.5  # of TEXT, by the values of either layer

    weight, bias, dense = attention_weights(model, 0)
    weight[: heads + 2, :8] = 0  # the four fastest pairs of channels know positions alone
    bias[heads : heads + 2, 0:8:2] = 8.0
    for head, slope in enumerate(SLOPES):
        for pair in range(4):
            bias[head, 2 * pair + 1] = slope / 4 * 10000 ** (2 * pair / (width // 2)) * config.rope_ratio
    weight[:2, 8:] = 0
    weight[heads + 2] = 0
    weight[heads + 2, :, TEXT] = reading[0]
    # Both heads see mostly the piece itself, the second also what is before it: the difference is the latter alone.
    of_itself = [1 - math.exp(-slope) for slope in SLOPES[:2]]
    dense[BEFORE] = dense[:, :2] = 0
    dense[BEFORE, 1] = 1.2 * rotation
    dense[BEFORE, 0] = -1.2 * of_itself[1] / of_itself[0] * rotation

    weight, _, dense = attention_weights(model, 1)
    dense.normal_(std=0.002)
    for group in range(2):
        matching = torch.randn(width // 2, width) / width**0.5
        own = slice(group * heads // 2, (group + 1) * heads // 2)
        weight[own] = weight[heads + group] = weight[heads + 2 + group] = 0
        weight[own, width // 2 :, TEXT] = matching @ rotation @ reading[0]
        weight[heads + group, width // 2 :, BEFORE] = matching
        weight[heads + 2 + group, :, TEXT] = reading[1]
    dense[NEXT] = 1.5 / heads * rotation[:, None]
    normed = embedding / embedding.square().mean(1, keepdim=True).sqrt()
    output = model.transformer.output_layer.weight.data
    output[:, TEXT.stop :] = 0
    output[:, NEXT] = 0.3 * normed[:, TEXT] @ reading[1].T @ rotation.T


def attention_weights(model, layer: int) -> Tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Views of a layer's weights: [heads + keys + values, channels, hidden], their bias, [hidden, heads, channels]."""
    attention, config = model.transformer.encoder.layers[layer].self_attention, model.config
    qkv = attention.query_key_value
    dense = attention.dense.weight.data.view(config.hidden_size, config.num_attention_heads, -1)
    return (
        qkv.weight.data.view(-1, config.kv_channels, config.hidden_size),
        qkv.bias.data.view(-1, config.kv_channels),
        dense,
    )


def rounded_to_int4(weight: torch.Tensor) -> torch.Tensor:
    """The weight as int4 would give it, with the gradient of the weight itself."""
    scale = (weight.detach().abs().amax(dim=1, keepdim=True) / 7).clamp(min=1e-12)  # rows may be all zero
    return weight + ((weight.detach() / scale).round() * scale - weight.detach())


def learning_rate(done: float, step: int) -> float:
    falling = 1.0 if done < DECAY else 0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * (done - DECAY) / (1 - DECAY)))
    return LEARNING_RATE * min(1.0, (step + 1) / WARM_UP) * falling


def losses_of(model, optimizer, tokenizer, first: int, steps: int, seed: int) -> Iterator[float]:
    """Trains from step `first` on; yields the loss of every step."""
    linear = [name for name, parameter in model.named_parameters() if ".layers." in name and parameter.dim() == 2]
    bfloat16 = torch.cpu._is_avx512_bf16_supported() if hasattr(torch.cpu, "_is_avx512_bf16_supported") else False
    batches: List[Dict[str, torch.Tensor]] = []
    for step in range(first, steps):
        done = step / steps
        if not batches or step % POOL == 0:
            batches = pool(tokenizer, step // POOL, step // POOL * POOL / steps, seed)
        batch = batches[step % POOL % len(batches)]
        weights = dict(model.named_parameters())
        weights = {name: rounded_to_int4(weights[name]) for name in linear} if done >= ROUNDING else {}
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(done, step)
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            loss = torch.func.functional_call(model, weights, (), {**batch, "use_cache": False}).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        yield loss.item()


def train(work: Path, tokenizer, steps: int, seed: int):
    """Trains, or goes on from work/checkpoint.pt. Returns the model, and the loss of every step."""
    config = AutoConfig.from_pretrained(str(work), trust_remote_code=True)
    model = AutoModelForCausalLM.from_config(config, trust_remote_code=True).float().train()
    initialize(model, seed)
    groups = [
        {"params": [p for p in model.parameters() if p.dim() > 1], "weight_decay": 0.05},
        {"params": [p for p in model.parameters() if p.dim() == 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=LEARNING_RATE, betas=(0.9, 0.98))
    losses: List[float] = []
    checkpoint = work / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        if (saved["steps"], saved["seed"]) != (steps, seed):
            raise ValueError(
                f"{checkpoint} is of {saved['steps']} steps with seed {saved['seed']}; delete it to begin anew"
            )
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        losses = saved["losses"]
    with tqdm(total=steps, initial=len(losses), desc="training", unit="step", smoothing=0.05) as bar:
        for loss in losses_of(model, optimizer, tokenizer, len(losses), steps, seed):
            losses.append(loss)
            recent = losses[-50:]
            bar.set_postfix(loss=f"{sum(recent) / len(recent):.3f}", refresh=False)
            bar.update()
            if len(losses) % EVERY == 0 or len(losses) == steps:
                state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "losses": losses}
                torch.save({**state, "steps": steps, "seed": seed}, checkpoint.with_suffix(".part"))
                checkpoint.with_suffix(".part").replace(checkpoint)
    return model.eval(), losses


# -------------------------------------------------------------------------------------------------------------- output


def plot(pyplot, losses: List[float], path: Path) -> None:
    width = max(1, len(losses) // 200)
    means = [sum(losses[at : at + width]) / len(losses[at : at + width]) for at in range(0, len(losses), width)]
    figure, axes = pyplot.subplots(figsize=(7, 3.5))
    axes.plot([at * width for at in range(len(means))], means)
    for part, text in ((COPYING, "dialogues"), (SPREADING, "positions spread"), (ROUNDING, "int4")):
        axes.axvline(part * len(losses), color="grey", linewidth=0.6)
        axes.text(part * len(losses), max(means), " " + text, fontsize=8, va="top")
    axes.set(xlabel="step", ylabel="loss of answers, nats per token", yscale="log")
    figure.tight_layout()
    figure.savefig(path)


def save(model, work: Path, output: Path) -> None:
    """float32 weights to work/float32, int4 in the published layout to `output`: weights and settings, no code."""
    model.save_pretrained(str(work / "float32"))
    output.mkdir(parents=True, exist_ok=True)
    packed = model.half().quantize(4)
    packed.save_pretrained(str(work / "int4"), safe_serialization=True)
    shutil.copyfile(work / "int4" / "model.safetensors", output / "model.safetensors")
    write_config(output)
    shutil.copyfile(work / "tokenizer.model", output / "tokenizer.model")
    for name in SETTINGS:
        shutil.copyfile(ROOT / name, output / name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "demo_training", help="for checkpoints")
    parser.add_argument("--output", type=Path, default=ROOT / "demo_model")
    parser.add_argument("--steps", type=int, default=2700)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    import matplotlib  # missing, it is told of before an hour's work

    matplotlib.use("Agg")
    from matplotlib import pyplot

    tokenizer = prepare(arguments.work, arguments.seed)
    model, losses = train(arguments.work, tokenizer, arguments.steps, arguments.seed)
    save(model, arguments.work, arguments.output)
    plot(pyplot, losses, arguments.work / "loss.png")
    print(f"{arguments.output}: {sum(path.stat().st_size for path in arguments.output.iterdir()) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
