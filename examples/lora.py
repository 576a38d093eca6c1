"""LoRA over the quantized layers, with PEFT, on lines of {"prompt": ..., "response": ...}:

    pip install -r examples/requirements.txt
    python -m examples.lora train chatglm2-6b-32k-int4 data.jsonl my-lora
    python -m examples.lora ask chatglm2-6b-32k-int4 my-lora "你好"

The INT4 weights stay as they are; `my-lora` receives the adapter. An adapter cannot be merged into quantized weights.
"""

import argparse
import sys
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModel, AutoTokenizer

from examples.training_data import batches, read_pairs, train


def load(model: str):
    """(model, tokenizer) on the GPU, or on the CPU in float32."""
    tokenizer = AutoTokenizer.from_pretrained(model, trust_remote_code=True)
    loaded = AutoModel.from_pretrained(model, trust_remote_code=True)
    loaded = loaded.cuda() if torch.cuda.is_available() else loaded.float()
    return loaded.eval(), tokenizer


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    training = commands.add_parser("train")
    training.add_argument("model", help="a folder with the weights and this package's code")
    training.add_argument("data", type=Path, help='a file with lines of {"prompt": ..., "response": ...}')
    training.add_argument("output", type=Path, help="the folder for the adapter")
    training.add_argument("--rank", type=int, default=8)
    training.add_argument(
        "--target-modules",
        nargs="+",
        default=["query_key_value"],
        help="also possible: dense, dense_h_to_4h, dense_4h_to_h",
    )
    training.add_argument("--steps", type=int, default=1000)
    training.add_argument("--batch-size", type=int, default=1)
    training.add_argument("--accumulate", type=int, default=16, help="batches per step")
    training.add_argument("--learning-rate", type=float, default=2e-4)
    training.add_argument("--max-length", type=int, default=512, help="tokens of a pair; what is longer is cut")
    training.add_argument("--gradient-checkpointing", action="store_true", help="less memory, more time")
    asking = commands.add_parser("ask")
    asking.add_argument("model")
    asking.add_argument("adapter", type=Path)
    asking.add_argument("query")
    asking.add_argument("--max-new-tokens", type=int)
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    try:
        model, tokenizer = load(arguments.model)
        if arguments.command == "ask":
            model = PeftModel.from_pretrained(model, str(arguments.adapter)).eval()
            limit = {"max_new_tokens": arguments.max_new_tokens} if arguments.max_new_tokens else {}
            print(model.chat(tokenizer, arguments.query, do_sample=False, **limit)[0])
            return
        pairs = read_pairs(arguments.data)
        config = LoraConfig(
            task_type="CAUSAL_LM",
            r=arguments.rank,
            lora_alpha=2 * arguments.rank,
            lora_dropout=0.05,
            target_modules=arguments.target_modules,
        )
        model = get_peft_model(model, config)
        if arguments.gradient_checkpointing:
            model.gradient_checkpointing_enable()
            model.enable_input_require_grads()
        data = batches(tokenizer, pairs, arguments.batch_size, arguments.max_length)
        train(model, data, arguments.steps, arguments.learning_rate, arguments.accumulate)
        model.save_pretrained(str(arguments.output))
        print(f"{arguments.output}: the adapter, rank {arguments.rank}")
    except (OSError, ValueError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
