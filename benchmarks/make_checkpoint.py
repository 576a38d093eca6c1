"""Writes a random checkpoint in the published layout, for benchmarks, demos and tests: no published weights needed.

    python -m benchmarks.make_checkpoint FOLDER                      the full 6B geometry, INT4, ~3.9 GB
    python -m benchmarks.make_checkpoint FOLDER --layers 2           the same with two layers
    python -m benchmarks.make_checkpoint FOLDER --tiny               a model of a few 100,000 weights and a tokenizer

Weights are drawn so that activations keep a sane size through any number of layers; texts that it writes mean nothing.
"""

import argparse
import json
import shutil
from pathlib import Path
from typing import Dict, Iterable, Iterator, Optional, Tuple

import torch

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = ("tokenizer_config.json", "generation_config.json")
TINY = {
    "num_layers": 2,
    "hidden_size": 64,
    "ffn_hidden_size": 128,
    "kv_channels": 16,
    "num_attention_heads": 4,
    "padded_vocab_size": 1024,
}
WEIGHT_STD = 0.02


def copy_code(folder: Path) -> None:
    """Puts this package into a folder of weights: every module of the root; settings where the folder has none."""
    for path in ROOT.glob("*.py"):
        shutil.copyfile(path, Path(folder) / path.name)
    for name in SETTINGS:
        if not (Path(folder) / name).exists():
            shutil.copyfile(ROOT / name, Path(folder) / name)


def tensors(
    config: dict, bits: int, dtype: torch.dtype, generator: torch.Generator, num_texts: Optional[int] = None
) -> Iterator[Tuple]:
    """(name, tensor) of every weight, in the order of the network. Ids from `num_texts` on never get a high score."""
    hidden, ffn = config["hidden_size"], config["ffn_hidden_size"]
    width = config["num_attention_heads"] * config["kv_channels"]
    groups = config["multi_query_group_num"] if config["multi_query_attention"] else config["num_attention_heads"]
    qkv = width + 2 * groups * config["kv_channels"]

    def normal(*shape: int, std: float = WEIGHT_STD) -> torch.Tensor:
        return torch.empty(shape).normal_(std=std, generator=generator).to(dtype)

    def linear(name: str, out_features: int, in_features: int) -> Iterator[Tuple[str, torch.Tensor]]:
        if not bits:
            yield f"{name}.weight", normal(out_features, in_features)
            return
        # Uniform integers: bytes of random words. Their std is 2^bits / sqrt(12).
        columns = in_features * bits // 8
        words = torch.randint(-(2**63), 2**63 - 1, (-(-out_features * columns // 8),), generator=generator)
        packed = words.view(torch.int8)[: out_features * columns].view(out_features, columns)
        # The lowest integer becomes 0: a mean other than 0 would push all channels the same way, layer after layer.
        for mask, lowest in ((0x0F, 0x08), (-0x10, -0x80)) if bits == 4 else ((-1, -0x80),):
            packed -= (packed & mask == lowest).to(torch.int8) * lowest
        yield f"{name}.weight", packed
        scale = WEIGHT_STD / (2**bits / 12**0.5)
        yield f"{name}.weight_scale", (torch.rand(out_features, generator=generator) * 0.4 + 0.8).mul_(scale).to(dtype)

    yield "transformer.embedding.word_embeddings.weight", normal(config["padded_vocab_size"], hidden, std=1.0)
    for layer in range(config["num_layers"]):
        prefix = f"transformer.encoder.layers.{layer}"
        yield f"{prefix}.input_layernorm.weight", torch.ones(hidden, dtype=dtype)
        yield from linear(f"{prefix}.self_attention.query_key_value", qkv, hidden)
        yield f"{prefix}.self_attention.query_key_value.bias", normal(qkv)
        yield from linear(f"{prefix}.self_attention.dense", hidden, width)
        yield f"{prefix}.post_attention_layernorm.weight", torch.ones(hidden, dtype=dtype)
        yield from linear(f"{prefix}.mlp.dense_h_to_4h", 2 * ffn, hidden)
        yield from linear(f"{prefix}.mlp.dense_4h_to_h", hidden, ffn)
    yield "transformer.encoder.final_layernorm.weight", torch.ones(hidden, dtype=dtype)
    output = normal(config["padded_vocab_size"], hidden)
    if num_texts is not None:
        output[num_texts:] = 0
    yield "transformer.output_layer.weight", output


def write_weights(folder: Path, items: Iterator[Tuple[str, torch.Tensor]], format: str, shard_bytes: int) -> None:
    """Writes pytorch_model.bin ("bin"), or safetensors shards with their index, one shard in memory at a time."""
    if format == "bin":
        torch.save(dict(items), folder / "pytorch_model.bin")
        return
    from safetensors.torch import save_file

    shard: Dict[str, torch.Tensor] = {}
    shards, size, total = [], 0, 0

    def flush() -> None:
        nonlocal shard, size
        name = f"part-{len(shards)}.safetensors"
        save_file(shard, folder / name, metadata={"format": "pt"})
        shards.append((name, list(shard)))
        shard, size = {}, 0

    for name, tensor in items:
        if shard and size + tensor.numel() * tensor.element_size() > shard_bytes:
            flush()
        shard[name] = tensor.contiguous()
        size += tensor.numel() * tensor.element_size()
        total += tensor.numel() * tensor.element_size()
    flush()
    if len(shards) == 1:
        (folder / shards[0][0]).rename(folder / "model.safetensors")
        return
    weight_map = {}
    for number, (part, names) in enumerate(shards, start=1):
        final = f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        (folder / part).rename(folder / final)
        weight_map.update(dict.fromkeys(names, final))
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")


def train_sentencepiece(folder: Path, lines: Iterable[str], **settings) -> None:
    """Writes tokenizer.model: BPE with byte pieces and the ids of the published one; `settings` are the trainer's."""
    import sentencepiece

    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_prefix=str(folder / "tokenizer"),
        model_type="bpe",
        byte_fallback=True,
        num_threads=1,
        minloglevel=2,
        unk_id=0,
        bos_id=1,
        eos_id=2,
        pad_id=-1,
        remove_extra_whitespaces=False,
        split_digits=True,
        user_defined_symbols=["\n"],
        normalization_rule_name="identity",
        **settings,
    )
    (folder / "tokenizer.vocab").unlink()


def train_tokenizer(folder: Path) -> int:
    """Trains a small SentencePiece model with byte pieces on this project's texts; returns its number of pieces."""
    import sentencepiece

    # A copy: what a random model says must not change with every line that is written about it.
    lines = (ROOT / "benchmarks" / "vocabulary.txt").read_text(encoding="utf-8").splitlines()
    lines += ["你好，介绍一下你自己。", "晚上睡不着应该怎么办", "问：答：[Round 1]", "The quick brown fox jumps."] * 20
    train_sentencepiece(folder, lines, vocab_size=900, hard_vocab_limit=False, character_coverage=0.98)
    processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    return processor.get_piece_size()


def make_checkpoint(
    folder: Path,
    bits: int = 4,
    dtype: str = "float16",
    format: str = "bin",
    seed: int = 0,
    tiny: bool = False,
    shard_bytes: int = 2**30,
    **overrides,
) -> Path:
    """Writes the checkpoint, the package's code and, with `tiny`, a tokenizer. `overrides`: keys of config.json."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    config = json.loads((ROOT / "config.json").read_text(encoding="utf-8"))
    config.update(TINY if tiny else {})
    config.update(quantization_bit=bits, torch_dtype=dtype, **overrides)
    config["_name_or_path"] = str(folder)
    num_texts = None
    if tiny:
        pieces = train_tokenizer(folder)
        num_texts = pieces + 5  # special tokens
        if pieces + 64 > config["padded_vocab_size"]:
            raise ValueError(f"{pieces} pieces do not fit into padded_vocab_size={config['padded_vocab_size']}")
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    copy_code(folder)
    generator = torch.Generator().manual_seed(seed)
    write_weights(folder, tensors(config, bits, getattr(torch, dtype), generator, num_texts), format, shard_bytes)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--layers", type=int, help="number of layers (default: those of config.json)")
    parser.add_argument("--bits", type=int, default=4, choices=(0, 4, 8))
    parser.add_argument("--dtype", default="float16", choices=("float32", "float16", "bfloat16"))
    parser.add_argument("--format", default="bin", choices=("bin", "safetensors"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tiny", action="store_true", help="a tiny geometry and a tokenizer trained on the spot")
    parser.add_argument("--tokenizer", type=Path, help="a tokenizer.model to put beside the weights")
    arguments = parser.parse_args()
    overrides = {"num_layers": arguments.layers} if arguments.layers else {}
    folder = make_checkpoint(
        arguments.folder,
        arguments.bits,
        arguments.dtype,
        arguments.format,
        arguments.seed,
        arguments.tiny,
        **overrides,
    )
    if arguments.tokenizer:
        shutil.copyfile(arguments.tokenizer, folder / "tokenizer.model")
    size = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    print(f"{folder}: {size / 1e9:.2f} GB")


if __name__ == "__main__":
    main()
