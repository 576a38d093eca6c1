"""P-Tuning v2: trains a prefix for every layer on lines of {"prompt": ..., "response": ...}; the model stays as it is.

    python -m examples.ptuning train chatglm2-6b-32k-int4 data.jsonl my-prefix --pre-seq-len 128
    python -m examples.ptuning ask chatglm2-6b-32k-int4 my-prefix "你好"

`my-prefix` receives the prefix tensors alone, a few MB, under the names that a full checkpoint gives them.
"""

import argparse
import sys
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModel, AutoTokenizer

from examples.training_data import batches, read_pairs, train

PREFIX = "transformer.prefix_encoder."


def load(model: str, **config_values):
    """(model, tokenizer) on the GPU, or on the CPU in float32."""
    config = AutoConfig.from_pretrained(model, trust_remote_code=True)
    config.update(config_values)
    tokenizer = AutoTokenizer.from_pretrained(model, trust_remote_code=True)
    loaded = AutoModel.from_pretrained(model, config=config, trust_remote_code=True)
    loaded = loaded.cuda() if torch.cuda.is_available() else loaded.float()
    return loaded.eval(), tokenizer


def save_prefix(model, folder: Path) -> None:
    Path(folder).mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.cpu() for name, tensor in model.state_dict().items() if name.startswith(PREFIX)}
    torch.save(tensors, Path(folder) / "pytorch_model.bin")


def load_with_prefix(model: str, folder: Path):
    """(model, tokenizer) with a trained prefix, whose shape says how long it is and whether it has a projection."""
    tensors = torch.load(Path(folder) / "pytorch_model.bin", map_location="cpu", weights_only=True)
    tensors = {name[len(PREFIX) :]: tensor for name, tensor in tensors.items() if name.startswith(PREFIX)}
    if "embedding.weight" not in tensors:
        raise ValueError(f"{folder} holds no prefix: no tensor is called {PREFIX}embedding.weight")
    length, projects = len(tensors["embedding.weight"]), any(name.startswith("trans.") for name in tensors)
    loaded, tokenizer = load(model, pre_seq_len=length, prefix_projection=projects)
    loaded.transformer.prefix_encoder.load_state_dict(tensors)
    return loaded, tokenizer


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    training = commands.add_parser("train")
    training.add_argument("model", help="a folder with the weights and this package's code")
    training.add_argument("data", type=Path, help='a file with lines of {"prompt": ..., "response": ...}')
    training.add_argument("output", type=Path, help="the folder for the prefix")
    training.add_argument("--pre-seq-len", type=int, default=128, help="positions of the prefix")
    training.add_argument("--prefix-projection", action="store_true", help="compute the prefix by a small network")
    training.add_argument("--steps", type=int, default=1000)
    training.add_argument("--batch-size", type=int, default=1)
    training.add_argument("--accumulate", type=int, default=16, help="batches per step")
    training.add_argument("--learning-rate", type=float, default=2e-2)
    training.add_argument("--max-length", type=int, default=512, help="tokens of a pair; what is longer is cut")
    asking = commands.add_parser("ask")
    asking.add_argument("model")
    asking.add_argument("prefix", type=Path)
    asking.add_argument("query")
    asking.add_argument("--max-new-tokens", type=int)
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    try:
        if arguments.command == "ask":
            model, tokenizer = load_with_prefix(arguments.model, arguments.prefix)
            limit = {"max_new_tokens": arguments.max_new_tokens} if arguments.max_new_tokens else {}
            print(model.chat(tokenizer, arguments.query, do_sample=False, **limit)[0])
            return
        pairs = read_pairs(arguments.data)
        model, tokenizer = load(
            arguments.model, pre_seq_len=arguments.pre_seq_len, prefix_projection=arguments.prefix_projection
        )
        data = batches(tokenizer, pairs, arguments.batch_size, arguments.max_length)
        train(model, data, arguments.steps, arguments.learning_rate, arguments.accumulate)
        save_prefix(model, arguments.output)
        print(f"{arguments.output}: the prefix, {arguments.pre_seq_len} positions")
    except (OSError, ValueError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
