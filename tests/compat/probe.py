"""What a user does with the package, in one release of transformers.

    python probe.py CHECKPOINTS RESULTS.json [STEP ...]

Every step is recorded as {"value": ...} or {"error": traceback}; run.py compares the values between releases. The
steps of original.py compare with what the original model gave.
"""

import contextlib
import copy
import functools
import inspect
import io
import json
import logging
import pickle
import shutil
import sys
import tempfile
import traceback
import warnings
from pathlib import Path

import original
import torch
import transformers
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer

CHECKPOINTS, RESULTS = Path(sys.argv[1]), Path(sys.argv[2])
VERSION = tuple(int(part) for part in transformers.__version__.split(".")[:2])
PROMPT = torch.tensor([[5, 77, 310, 42, 9, 128, 64]])
BATCH = {
    "input_ids": torch.tensor([[5, 77, 310, 42, 9, 128, 64], [0, 0, 0, 7, 500, 31, 90]]),
    "attention_mask": torch.tensor([[1] * 7, [0] * 3 + [1] * 4]),
}
results, steps = {}, []


def step(function):
    steps.append(function)
    return function


def load(name, auto=AutoModel, **kwargs):
    return auto.from_pretrained(CHECKPOINTS / name, trust_remote_code=True, **kwargs).float().eval()


def possible(kwargs):
    """These arguments, or without accelerate those of them that releases before 5.0 know there."""
    if transformers.utils.is_accelerate_available():
        return kwargs
    return {name: value for name, value in kwargs.items() if name not in ("device_map", "low_cpu_mem_usage")}


def numbers(tensor):
    return [round(value, 7) for value in tensor.detach().float().flatten()[:: max(1, tensor.numel() // 40)].tolist()]


def tokenizer():
    return AutoTokenizer.from_pretrained(CHECKPOINTS / "float", trust_remote_code=True)


@step
def configuration():
    config = AutoConfig.from_pretrained(CHECKPOINTS / "int4", trust_remote_code=True)
    return [
        config.num_hidden_layers,
        config.num_key_value_heads,
        config.head_dim,
        config.vocab_size,
        config.quantization_bit,
    ]


@step
def encode():
    t = tokenizer()
    pair = t("你好", "world")["input_ids"]
    batch = t(["你好", "a longer text"], padding=True, return_tensors="pt")
    right = t(["你好", "a longer text"], padding=True, padding_side="right")
    return [
        pair,
        t.encode("x\ny"),
        {k: v.tolist() for k, v in batch.items()},
        dict(right),
        t.decode(pair),
        t.get_command("[gMASK]"),
        t.build_prompt("问", [("a", "b")]),
    ]


@step
def tokenizer_round_trips():
    t = tokenizer()
    with tempfile.TemporaryDirectory() as folder:
        t.save_pretrained(folder)
        again = AutoTokenizer.from_pretrained(folder, trust_remote_code=True)
        twins = (again, pickle.loads(pickle.dumps(t)), copy.deepcopy(t))
        return [twin("你好 world")["input_ids"] for twin in twins]


@step
def special_tokens_by_id():
    """And the attributes and the file name of the original's tokenizer."""
    t, found = tokenizer(), []
    for name, index in (("pad", 2), ("bos", 1), ("eos", t.get_command("eop")), ("pad", 0), ("pad", 13)):
        setattr(t, f"{name}_token_id", index)
        with tempfile.TemporaryDirectory() as folder:
            t.save_pretrained(folder)
            again = AutoTokenizer.from_pretrained(folder, trust_remote_code=True)
            assert again.vocab_file == str(Path(folder) / "tokenizer.model")
            (path,) = again.save_vocabulary(str(Path(folder) / "my.model"))
            assert Path(path).read_bytes() == Path(t.vocab_file).read_bytes()
        for made in (t, again):
            assert getattr(made, f"{name}_token_id") == index, (name, index, made.special_tokens_map)
            found.append([getattr(made, f"{name}_token"), made(["a\n</s>eop", "a"], padding=True)["input_ids"]])
    try:
        t.pad_token_id = -1
    except ValueError as error:
        found.append(str(error))
    t.pad_token_id = None
    return [found, t.pad_token, t.special_tokens]


@step
def contents_of_messages():
    """Rendered; from the first release with templates (4.34), else what it must be."""
    content = [{"type": "text", "text": "你"}, {"type": "text", "text": "好"}]
    chat = [{"role": "user", "content": content}, {"role": "assistant", "content": None}]
    wanted = "[Round 1]\n\n问：你好\n\n答：\n\n"
    return tokenizer().apply_chat_template(chat, tokenize=False) if VERSION >= (4, 34) else wanted


@step
def logits():
    with torch.no_grad():
        return [numbers(load("float")(PROMPT).logits), numbers(load("float")(**BATCH, return_last_logit=True).logits)]


@step
def ways_to_load():
    kind = "dtype" if VERSION >= (4, 56) else "torch_dtype"
    ways = [
        ("float", {}),
        ("float", {"low_cpu_mem_usage": True}),
        ("float", {"low_cpu_mem_usage": False}),
        ("float", {kind: torch.float32}),
        ("float", {"device_map": {"": "cpu"}}),
        ("float", {"device": "cpu"}),
        ("sharded", {}),
        ("sharded", {"low_cpu_mem_usage": True}),
        ("int4", {"low_cpu_mem_usage": True}),
        ("int4", {"low_cpu_mem_usage": False}),
        ("int4", {"device_map": {"": "cpu"}}),
        ("int4", {"device_map": "auto"}),
        ("int4", {"device": "cpu"}),
    ]
    with torch.no_grad():
        return [numbers(load(name, **possible(kwargs))(PROMPT).logits) for name, kwargs in ways]


@step
def dtypes():
    model = AutoModel.from_pretrained(CHECKPOINTS / "int4", trust_remote_code=True)
    half = AutoModel.from_pretrained(CHECKPOINTS / "float", trust_remote_code=True).half()
    return [
        str(model.dtype),
        str(half.dtype),
        str(half.bfloat16().dtype),
        str(model.transformer.encoder.layers[0].mlp.dense_4h_to_h.weight.dtype),
    ]


@step
def half_on_a_cpu():
    """torch 2.0 lacks most operations of float16 there."""
    model = AutoModel.from_pretrained(CHECKPOINTS / "int4", trust_remote_code=True).half().eval()
    classifier = AutoModelForSequenceClassification.from_pretrained(
        CHECKPOINTS / "int4", trust_remote_code=True, num_labels=3
    ).half()
    shapes = [
        model.generate(PROMPT, max_new_tokens=3, **settings).shape
        for settings in ({"do_sample": False}, {"do_sample": True, "top_k": 5}, {"do_sample": False, "num_beams": 2})
    ]
    said = [len(model.chat(tokenizer(), "你好", max_new_tokens=3)[1])]
    said += [len(last) for _, last in model.stream_chat(tokenizer(), "你好", max_new_tokens=3, do_sample=False)]
    with_gradients = model(PROMPT, output_attentions=True)
    difference = with_gradients.logits.float() - load("int4")(PROMPT).logits
    finite = [t.isfinite().all().item() for t in (*with_gradients.attentions, classifier(PROMPT).logits)]
    return [[list(shape) for shape in shapes], said, bool(difference.abs().max() < 0.02), finite]


@step
def loading_says_nothing():
    records = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append(record.getMessage())
    transformers.utils.logging.get_logger("transformers").addHandler(handler)
    getattr(transformers.utils.logging.warning_once, "cache_clear", int)()  # said again what was said in other steps
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = AutoModel.from_pretrained(CHECKPOINTS / "int4", trust_remote_code=True).float().eval()
        model.chat(tokenizer(), "你好", max_new_tokens=4, do_sample=False)
    ours = ("chatglm", "ChatGLM", "not used", "newly initialized", "unexpected", "missing", "past_key_values")
    said = records + [str(w.message) for w in caught if issubclass(w.category, (UserWarning, FutureWarning))]
    return [text for text in said if any(word in text for word in ours)]


@step
def answers_in_a_chat():
    """The masked tokens of a chat, as text; from the first release that masks any (4.43), else what it must be."""
    said = "你好！😀 B"
    chat = [{"role": "user", "content": "嗨"}, {"role": "assistant", "content": said}]
    template = getattr(transformers.PreTrainedTokenizer, "apply_chat_template", len)
    if "return_assistant_tokens_mask" not in inspect.signature(template).parameters:
        return said
    found = tokenizer().apply_chat_template(chat, return_dict=True, return_assistant_tokens_mask=True)
    ids = [token for token, mask in zip(found["input_ids"], found["assistant_masks"]) if mask]
    return tokenizer().decode(ids)


@step
def what_trainers_look_up():
    """The arguments that they take for labels, the outputs that they take for predictions."""
    found = []
    for auto in (AutoModel, AutoModelForSequenceClassification):
        model = load("float", auto)
        ignored, outputs = model.config.keys_to_ignore_at_inference, model(PROMPT, use_cache=True)
        left = [name for name in outputs if name not in ignored]
        found.append([transformers.utils.find_labels(type(model)), left])
    return found


@step
def refused_weights():
    """Weights of another configuration, and files that are none: what is said."""
    said = []
    with tempfile.TemporaryDirectory() as scratch:
        pointer = shutil.copytree(CHECKPOINTS / "int4", Path(scratch) / "pointer")
        (pointer / "pytorch_model.bin").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
        truncated = shutil.copytree(CHECKPOINTS / "sharded", Path(scratch) / "truncated")
        shard = sorted(truncated.glob("*.safetensors"))[-1]
        shard.write_bytes(shard.read_bytes()[:1000])
        for folder, kwargs in (
            (CHECKPOINTS / "float", {"quantization_bit": 4}),
            (CHECKPOINTS / "float", {"quantization_bit": 8}),
            (CHECKPOINTS / "sharded", {"quantization_bit": 8}),
            (CHECKPOINTS / "int8", {"quantization_bit": 0}),
            (CHECKPOINTS / "float", {"num_layers": 3}),
            (CHECKPOINTS / "int8", {"num_layers": 3, "low_cpu_mem_usage": False}),
            (CHECKPOINTS / "sharded", {"num_layers": 3, "device_map": {"": "cpu"}}),
            (pointer, {}),
            (truncated, {}),
        ):
            try:
                AutoModel.from_pretrained(folder, trust_remote_code=True, **possible(kwargs))
                said.append("nothing")
            except (ValueError, OSError) as error:
                said.append(str(error).replace(str(CHECKPOINTS), "").replace(scratch, ""))
        for name, bits in (("int4", 8), ("int8", 4)):  # loaders have words of their own for it
            try:
                load(name, quantization_bit=bits)
                said.append("nothing")
            except (ValueError, RuntimeError):
                said.append("refused")
        kept = AutoModel.from_pretrained(
            CHECKPOINTS / "float", trust_remote_code=True, num_layers=3, ignore_mismatched_sizes=True
        )
    words = (
        ["float weights"] * 3
        + ["quantized weights"]
        + ["lacks"] * 3
        + ["git lfs pull", "truncated", "refused", "refused"]
    )
    assert all(word in text for word, text in zip(words, said)), said
    assert not any(parameter.is_meta for parameter in kept.parameters())
    return [said, kept.config.num_layers]


@step
def new_heads():
    """Begun as in torch. Of the sizes of parameters that are loaded: some releases took the ones for the others."""
    transformers.utils.logging.set_verbosity_error()
    spread = []
    for labels in (1, 2, 3):
        model = AutoModelForSequenceClassification.from_pretrained(
            CHECKPOINTS / "float", trust_remote_code=True, num_labels=labels
        )
        head = model.classifier_head
        bound = head.in_features**-0.5
        spread += [head.weight.device.type, bool(0 < head.bias.abs().max() <= bound)]
        spread.append(bool(0.4 < head.weight.std() / bound < 0.8 and head.weight.abs().max() <= bound))  # 3 ** -0.5
        spread.append(model(PROMPT).logits.isfinite().all().item())
    return spread


@step
def greedy():
    model = load("float")
    return [
        model.generate(PROMPT, max_new_tokens=12, do_sample=False).tolist(),
        model.generate(**BATCH, max_new_tokens=12, do_sample=False).tolist(),
        model.generate(PROMPT, max_new_tokens=6, do_sample=False, use_cache=False).tolist(),
        model.generate(PROMPT, max_new_tokens=6, do_sample=False, repetition_penalty=1.5).tolist(),
    ]


@step
def scores_and_hidden_states():
    out = load("float").generate(
        PROMPT,
        max_new_tokens=3,
        do_sample=False,
        output_scores=True,
        output_hidden_states=True,
        output_attentions=True,
        return_dict_in_generate=True,
    )
    return [
        out.sequences.tolist(),
        numbers(torch.stack(out.scores)),
        len(out.hidden_states),
        len(out.attentions),
        numbers(out.hidden_states[-1][-1]),
        [list(a.shape) for a in out.attentions[0]],
    ]


@step
def sampling():
    model = load("float")
    torch.manual_seed(3)
    sample = model.generate(PROMPT, max_new_tokens=12, do_sample=True, top_p=0.8, temperature=0.8, top_k=50).tolist()
    torch.manual_seed(3)
    several = model.generate(**BATCH, max_new_tokens=5, do_sample=True, top_k=5, num_return_sequences=2).tolist()
    torch.manual_seed(5)
    return [sample, several, list(model.stream_chat(tokenizer(), "sampled", max_new_tokens=8))[-1][0]]


@step
def beams():
    return load("float").generate(PROMPT, max_new_tokens=8, do_sample=False, num_beams=3, length_penalty=0.0).tolist()


@step
def assisted_generation():
    model, assistant = load("float"), load("float")
    return model.generate(PROMPT, max_new_tokens=10, do_sample=False, assistant_model=assistant).tolist()


@step
def continued_cache():
    model = load("float")
    full = model.generate(PROMPT, max_new_tokens=8, do_sample=False)
    first = model.generate(PROMPT, max_new_tokens=4, do_sample=False, return_dict_in_generate=True)
    cache = first.past_key_values if getattr(first, "past_key_values", None) is not None else model.make_cache(64)
    second = model.generate(first.sequences, past_key_values=cache, max_new_tokens=4, do_sample=False)
    return [full.tolist(), second.tolist()]


@step
def input_embeddings():
    model = load("float")
    embeds = model.get_input_embeddings()(PROMPT)
    return model.generate(inputs_embeds=embeds, max_new_tokens=5, do_sample=False)[:, -5:].tolist()


@step
def chat():
    model, t = load("float"), tokenizer()
    response, history = model.chat(t, "你好", history=[], do_sample=False, max_new_tokens=8)
    return [response, history, model.chat(t, "again", history=history, do_sample=False, max_new_tokens=8)]


@step
def stream_chat():
    model, t = load("float"), tokenizer()
    plain = list(model.stream_chat(t, "你好", history=[], do_sample=False, max_new_tokens=8))
    past, history, texts = None, [], []
    for query in ("你好", "again"):
        stream = model.stream_chat(
            t, query, history, past_key_values=past, do_sample=False, max_new_tokens=8, return_past_key_values=True
        )
        for response, *last in stream:
            texts.append([response, last[1].get_seq_length()])
        history, past = last
    return [plain, texts]


@step
def seeds_and_logprobs():
    model, settings = load("float"), {"do_sample": True, "max_new_tokens": 6, "top_k": 50}
    generator = torch.Generator().manual_seed(3)
    told = list(model.stream_generate(PROMPT, generator=generator, top_logprobs=2, **settings))
    logprobs = [[numbers(said.chosen), numbers(said.top), said.top_ids.tolist()] for _, said in told]
    return [told[-1][0].tolist(), logprobs]


@step
def progress():
    """What a hook is told, that one which raises leaves model and cache usable, and the bar of quantize()."""
    model, assistant = load("float", prefill_slice_size=4), load("float")
    greedy = {"max_new_tokens": 4, "do_sample": False, "eos_token_id": None}
    told = []
    for inputs, settings in (
        ({"input_ids": PROMPT}, {}),
        (BATCH, {}),
        ({"inputs_embeds": model.get_input_embeddings()(PROMPT)}, {}),
        ({"input_ids": PROMPT}, {"num_beams": 3}),
        ({"input_ids": PROMPT}, {"assistant_model": assistant}),
    ):
        events = []
        model.generate(**inputs, **greedy, **settings, progress=lambda *event, to=events: to.append(event))
        reads = "assistant_model" not in settings or VERSION >= (4, 36)
        assert [event[1:] for event in events if event[0] == "reading"][-1:] == [(7, 7)] * reads, events
        assert events[-4:] == [("writing", done, 4) for done in (1, 2, 3, 4)], events
        told.append(events if "assistant_model" not in settings else events[-4:])

    def stop(at, *event):
        told.append(event)
        if event[1] == at:
            raise KeyboardInterrupt

    t, answers = tokenizer(), []
    for at in (0, 4, 3):  # of reading; the 3 is passed over, and is the third token
        for static in (False, True):
            model.config.static_decode = static
            cache = model.make_cache(100)
            for hook in ({"progress": functools.partial(stop, at)}, {}):
                try:
                    answers.append(model.chat(t, "你好", past_key_values=cache, **greedy, **hook))
                except KeyboardInterrupt:
                    answers.append(cache.length)
    lengths, said = answers[::2], answers[1::2]
    assert said == [model.chat(t, "你好", **greedy)] * 6 and lengths[:4] == [0, 0, 4, 4], answers
    bars = []
    for switch in ("enable_progress_bar", "disable_progress_bar", "enable_progress_bar"):
        getattr(transformers.utils.logging, switch)()
        with contextlib.redirect_stderr(io.StringIO()) as shown:
            load("float").quantize(4)
        bars.append("Quantizing" in shown.getvalue())
    assert bars == [True, False, True]
    return [told, lengths]


@step
def streamer():
    class Collect:
        def __init__(self):
            self.ids = []

        def put(self, value):
            self.ids.append(value.tolist())

        def end(self):
            self.ids.append("end")

    collect = Collect()
    load("float").generate(PROMPT, max_new_tokens=5, do_sample=False, streamer=collect)
    return collect.ids


@step
def quantized_checkpoints():
    values = []
    for name in ("int4", "int8"):
        model = load(name)
        with torch.no_grad():
            values += [
                numbers(model(PROMPT).logits),
                model.chat(tokenizer(), "你好", do_sample=False, max_new_tokens=6)[0],
            ]
    return values


@step
def quantize_save_reload():
    model = AutoModel.from_pretrained(CHECKPOINTS / "float", trust_remote_code=True).quantize(4).eval()
    values = []
    for safe in (True, False):
        with tempfile.TemporaryDirectory() as folder, torch.no_grad():
            kwargs = {"safe_serialization": safe} if VERSION < (5, 0) else {}
            model.save_pretrained(folder, **kwargs)
            again = AutoModel.from_pretrained(folder, trust_remote_code=True).eval()
            state = again.state_dict()
            assert all(state[key].equal(value) for key, value in model.state_dict().items())
            values.append([sorted(state), numbers(again(PROMPT).logits), again.config.quantization_bit])
    return values


@step
def resize_embeddings():
    model = load("float")
    model.resize_token_embeddings(1100)
    rows = [model.get_input_embeddings().weight.shape[0], model.get_output_embeddings().weight.shape[0]]
    with torch.no_grad():
        return [rows, model.config.vocab_size, numbers(model(PROMPT).logits[..., :1024])]


@step
def classification():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        transformers.utils.logging.set_verbosity_error()
        model = load("float", AutoModelForSequenceClassification, num_labels=3)
    with torch.no_grad():
        model.classifier_head.weight.copy_(torch.linspace(-1, 1, model.classifier_head.weight.numel()).view(3, -1))
        model.classifier_head.bias.zero_()
    out = model(**BATCH, labels=torch.tensor([2, 0]))
    return [numbers(out.logits), out.loss.item(), model.config.problem_type]


@step
def training_step():
    model = load("float", AutoModelForCausalLM).train()
    values = []
    for checkpointing in (False, True):
        if checkpointing:
            model.gradient_checkpointing_enable()
        model.zero_grad()
        loss = model(**BATCH, labels=BATCH["input_ids"]).loss
        loss.backward()
        grad = model.transformer.encoder.layers[0].self_attention.query_key_value.weight.grad
        values += [loss.item(), numbers(grad)]
    return values


@step
def prefix_tuning():
    transformers.utils.logging.set_verbosity_error()
    model = load("float", AutoModelForCausalLM, pre_seq_len=4)
    with torch.no_grad():
        weight = model.transformer.prefix_encoder.embedding.weight
        weight.copy_(torch.linspace(-1, 1, weight.numel()).view_as(weight))
    trained = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    loss = model(**BATCH, labels=BATCH["input_ids"]).loss
    loss.backward()
    return [
        trained,
        loss.item(),
        numbers(weight.grad),
        model.generate(PROMPT, max_new_tokens=5, do_sample=False).tolist(),
    ]


@step
def saved_caches():
    """Of every kind, in float32 and bfloat16, loaded by another model of the same weights."""
    found = []
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        file = Path(folder) / "kept"
        for kind, static in ((None, False), ("int8", False), (None, True), ("int8", True)):
            writer, reader = load("float"), load("int4")
            writer.config.kv_cache_dtype, writer.config.static_decode = kind, static
            cache = writer.make_cache(30)
            writer(**BATCH, past_key_values=cache, use_cache=True)
            writer.save_cache(cache, file, [("你好", "Hello")])
            try:
                reader.load_cache(file)
            except ValueError as error:
                found.append(str(error).replace(folder, ""))
            reader = load("float")
            loaded, history = reader.load_cache(file)
            mask = torch.cat((BATCH["attention_mask"], torch.ones(2, 1, dtype=torch.long)), 1)
            logits = [
                model(torch.tensor([[9], [9]]), attention_mask=mask, past_key_values=held).logits
                for model, held in ((writer, cache), (reader, loaded))
            ]
            found += [type(loaded).__name__, history, torch.equal(*logits), numbers(logits[1])]
        model = load("float").bfloat16()
        cache = model.make_cache(30)
        ids = model.generate(PROMPT, past_key_values=cache, max_new_tokens=5, do_sample=False)
        model.save_cache(cache, file)
        again = [
            model.generate(ids, past_key_values=held, max_new_tokens=5, do_sample=False).tolist()
            for held in (model.load_cache(file)[0], cache)
        ]
    return [*found, again[0] == again[1]]


named = {function.__name__: function for function in steps}
named.update(original.steps(CHECKPOINTS / "golden"))
named = {name: function for name, function in named.items() if name in sys.argv[3:] or not sys.argv[3:]}
for name, function in named.items():
    try:
        results[name] = {"value": json.loads(json.dumps(function()))}
    except Exception:
        results[name] = {"error": traceback.format_exc()[-1800:]}
RESULTS.write_text(json.dumps(results))
