"""What all models share: how weights come in, are checked, initialised, quantized and frozen. No forward passes."""

import json
import pickle
import re
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple

import torch
from torch import nn
from transformers import PretrainedConfig, PreTrainedModel, modeling_utils
from transformers.utils import cached_file, is_accelerate_available, logging

from .configuration_chatglm import RELEASE, ChatGLMConfig
from .quantization import QuantizedLinear, check_bits, quantize_children

# In the order in which transformers looks for them.
WEIGHT_FILES = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)
WHERE = ("cache_dir", "revision", "subfolder", "local_files_only")  # options that say where files are
GIT_LFS_POINTER = b"version https://git-lfs"
ZIP = b"PK\x03\x04"  # what torch.save() writes since 1.6
# What it wrote before: a pickle of protocol 2 or later, or of 0 or 1, which begins with torch's number in digits.
PICKLES = (b"\x80", b"L119547037146038801333356L")
TAR, TAR_MARK = b"ustar", slice(257, 262)  # before torch 0.2; where a tar file says what it is
LEGACY_PICKLES = 4  # torch's number, its version, the system, what was saved
NAMED_KEYS = 6  # as many as a message names
FLOAT_STORAGES = ("HalfStorage", "BFloat16Storage", "FloatStorage", "DoubleStorage")
INT_STORAGES = ("CharStorage", "ByteStorage", "ShortStorage", "IntStorage", "LongStorage")

QUANTIZED = r"encoder\.layers\.\d+\.(self_attention\.(query_key_value|dense)|mlp\.(dense_h_to_4h|dense_4h_to_h))"
QUANTIZED_WEIGHT = re.compile(rf"^(transformer\.)?{QUANTIZED}\.weight$")
# All parameters of the models here but a prefix encoder and a classifier head, which begin untrained.
PARAMETER = re.compile(
    rf"^(transformer\.)?(embedding\.word_embeddings|output_layer|encoder\.final_layernorm|{QUANTIZED}|"
    r"encoder\.layers\.\d+\.(input_layernorm|post_attention_layernorm))\.(weight|weight_scale|bias)$"
)

# -------------------------------------------------------------------------------------------- releases of transformers

MISSING_FP32_MODULES_ARE_REFUSED = RELEASE >= (4, 50)
# Loading takes meta tensors of one size for one tensor, and so a new head for a norm that it has loaded.
META_TENSORS_ARE_ONE = RELEASE < (4, 56)  # from 4.31 on


def add_loading_defaults(kwargs: Dict[str, Any]) -> None:
    """Makes from_pretrained() load in the dtype of the checkpoint and without a second copy in memory, as 5.x does."""
    if RELEASE >= (5, 0):
        return
    # These releases need accelerate for it, and refuse it together with DeepSpeed's third stage.
    if is_accelerate_available() and not modeling_utils.is_deepspeed_zero3_enabled():
        kwargs.setdefault("low_cpu_mem_usage", True)
    if RELEASE < (4, 56) and "dtype" in kwargs:
        kwargs["torch_dtype"] = kwargs.pop("dtype")
    without_weights = kwargs.get("state_dict") is not None and not kwargs["state_dict"]  # "auto" looks at the first
    if "dtype" not in kwargs and "torch_dtype" not in kwargs and not without_weights:
        kwargs["dtype" if RELEASE >= (4, 56) else "torch_dtype"] = "auto"


# ---------------------------------------------------------------------------------------------------- files of weights


def find_weight_files(source: Any, options: Dict[str, Any]) -> List[Path]:
    """The files that from_pretrained(source, **options) reads, as far as they are on this machine; nothing is fetched.

    Raises:
        OSError: for an index that cannot be read.
    """
    if Path(source).is_file():
        return [Path(source)]
    safe = options.get("use_safetensors")
    names = WEIGHT_FILES if safe is None else WEIGHT_FILES[:2] if safe else WEIGHT_FILES[2:]
    where = {key: options[key] for key in WHERE if options.get(key) is not None}
    where["local_files_only"] = True
    for name in names:
        if options.get("variant"):
            name = "{0}.{2}.{1}".format(*name.rsplit(".", 1), options["variant"])
        try:
            found = cached_file(source, name, **where)
        except (OSError, ValueError):  # it is not here, or this is no name of a repository
            continue
        if found is not None:
            return shards_of(Path(found)) if name.endswith(".json") else [Path(found)]
    return []


def shards_of(index: Path) -> List[Path]:
    """The files that an index names, in the order of their names."""
    refuse_broken([index])
    try:
        names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise OSError(f"{index} is damaged: download it again") from error
    return [index.parent / name for name in sorted(names)]


def refuse_broken(files: Iterable[Path]) -> None:
    """Raises OSError, with the cure, for a file that was not fetched, or not wholly, as far as its ends show."""
    for path in files:
        if not path.exists():
            raise OSError(f"{path} is missing, and the index beside it names it: download it")
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(TAR_MARK.stop)
        if start.startswith(GIT_LFS_POINTER):
            raise OSError(
                f"{path} is a git-lfs pointer of {size} bytes, not the weights: run `git lfs install` and "
                f"`git lfs pull` in its folder, or download the file"
            )
        if not size:
            raise OSError(f"{path} is empty: download it again")
        if path.suffix == ".json":
            continue
        if path.suffix == ".safetensors":
            tensors = safetensors_header(path)
            whole = tensors is not None and max((tensor.end for tensor in tensors.values()), default=0) <= size
        else:
            if not start.startswith((ZIP, *PICKLES)) and start[TAR_MARK] != TAR:
                raise OSError(f"{path} is no PyTorch file (it begins with {str(start[:14])[1:]}): download it again")
            whole = not start.startswith(ZIP) or zipfile.is_zipfile(path)
        if not whole:
            raise OSError(f"{path} is truncated or damaged ({size} bytes): download it again")


class Stored(NamedTuple):
    """What a file says of a tensor."""

    is_float: bool
    shape: Tuple[int, ...]
    end: int = 0  # the byte of a safetensors file at which it ends


def safetensors_header(path: Path) -> Optional[Dict[str, Stored]]:
    """name -> what the file says of every tensor; None where the header is not whole."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > path.stat().st_size:
            return None
        try:
            header = json.loads(file.read(length))
            header.pop("__metadata__", None)
            return {
                key: Stored("F" in entry["dtype"], tuple(entry["shape"]), 8 + length + entry["data_offsets"][1])
                for key, entry in header.items()
            }
        except (ValueError, LookupError, TypeError, AttributeError):
            return None


class StoredNames(pickle.Unpickler):
    """Reads dtype and shape of each tensor of a torch file; no value is read, and nothing the file names is run."""

    def find_class(self, module: str, name: str) -> Any:
        if name == "OrderedDict":
            return OrderedDict
        if name.startswith("_rebuild_tensor"):
            return lambda storage, offset, shape, *rest: (
                Stored(storage in FLOAT_STORAGES, tuple(shape)) if storage in FLOAT_STORAGES + INT_STORAGES else None
            )
        return name if name.endswith("Storage") else lambda *parts: parts[0] if parts else None

    def persistent_load(self, pid: Any) -> Any:
        return pid[1]


def stored_tensors(path: Path) -> Dict[str, Stored]:
    """name -> what the file says of that tensor; empty where only torch can read it."""
    if path.suffix == ".safetensors":
        return safetensors_header(path) or {}
    try:
        if not zipfile.is_zipfile(path):
            with path.open("rb") as file:
                tensors = [StoredNames(file).load() for _ in range(LEGACY_PICKLES)][-1]
        else:
            with zipfile.ZipFile(path) as archive:
                (name,) = (name for name in archive.namelist() if name.endswith("data.pkl"))
                with archive.open(name) as file:
                    tensors = StoredNames(file).load()
        return {key: tensor for key, tensor in tensors.items() if isinstance(tensor, Stored)}
    except (pickle.UnpicklingError, ArithmeticError, AttributeError, EOFError, LookupError, TypeError, ValueError):
        return {}


def refuse_other_format(files: List[Path], bits: int) -> None:
    """Raises ValueError for floats where the layers want integers, the reverse, and integers of other bits.

    Loaders cast the ones to the others without a word, and what comes out means nothing.
    """
    tensors = {key: tensor for path in files for key, tensor in stored_tensors(path).items()}
    matrices = {key: tensor for key, tensor in tensors.items() if QUANTIZED_WEIGHT.search(key)}
    wrong = [key for key, tensor in matrices.items() if tensor.is_float == bool(bits)]
    if wrong:
        kind, cure = "quantized", "take the config.json that came with them, or load with the bits they have"
        if bits:
            kind, cure = "float", f"load them with quantization_bit=0 and then call model.quantize({bits})"
        raise ValueError(
            f"quantization_bit={bits} in the configuration, but {files[0].parent} holds {kind} weights: "
            f"{named(wrong)}. To use them, {cure}"
        )
    if not bits:
        return
    other = 12 - bits
    for key, tensor in matrices.items():
        norm = tensors.get(key.replace("self_attention.query_key_value", "input_layernorm"), tensor)
        if norm is not tensor and tensor.shape[1:] == tuple(hidden * other // 8 for hidden in norm.shape):
            raise ValueError(
                f"quantization_bit={bits} in the configuration, but {files[0].parent} holds weights of {other} bits: "
                f"{key} has {tensor.shape[1]} columns, at {bits} bits it has {tensor.shape[1] * bits // other}. Take "
                f"the config.json that came with them, or load with quantization_bit={other}"
            )


def named(keys: List[str]) -> str:
    more = f" and {len(keys) - NAMED_KEYS} more" if len(keys) > NAMED_KEYS else ""
    return ", ".join(keys[:NAMED_KEYS]) + more


# ----------------------------------------------------------------------------------------------------------- the base


class ChatGLMPreTrainedModel(PreTrainedModel):
    """The base of all models."""

    config_class = ChatGLMConfig
    base_model_prefix = "transformer"
    supports_gradient_checkpointing = True
    _no_split_modules = ["GLMBlock"]
    _skip_keys_device_placement = ["past_key_values", "cache"]
    # Published files carry the rotary frequencies, which follow from the configuration.
    _keys_to_ignore_on_load_unexpected = [r"rotary_pos_emb\.inv_freq"]
    # Trained in fp32, whatever the dtype of the weights that it steers.
    _keep_in_fp32_modules: Optional[List[str]] = ["prefix_encoder"]
    _supports_sdpa = True
    _supports_cache_class = True  # 4.36 to 4.5x: lets a caller hand over a Cache, which forward() converts

    def __init__(self, config: ChatGLMConfig):
        super().__init__(config)
        if config.pre_seq_len is None and MISSING_FP32_MODULES_ARE_REFUSED:
            self._keep_in_fp32_modules = None

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: Any, *args: Any, **kwargs: Any) -> Any:
        """As in transformers, in every release in the dtype of the checkpoint and without a second copy in memory.

        Args:
            device: where the model goes once it is loaded, as by `.to(device)`.

        Raises:
            OSError: a file of weights is a git-lfs pointer, a web page, empty or truncated.
            ValueError: the weights lack parameters of the model, other than a prefix encoder or a head, are floats
                where the configuration wants integers, or the other way round, or have other bits than it says. Not
                with `ignore_mismatched_sizes=True` or `state_dict=`.
        """
        add_loading_defaults(kwargs)
        device = kwargs.pop("device", None)
        if device is not None:
            if kwargs.get("device_map") is not None:
                raise ValueError(f"give device={device!r} or device_map={kwargs['device_map']!r}, not both")
            torch.empty(0, device=device)  # raises here, before anything is read, where there is no such device
        source, with_info = pretrained_model_name_or_path, kwargs.pop("output_loading_info", False)
        other = any(kwargs.get(key) for key in ("from_tf", "from_flax", "gguf_file"))
        from_files = source is not None and kwargs.get("state_dict") is None and not other
        strict = from_files and not kwargs.get("ignore_mismatched_sizes")
        here = from_files and Path(source).exists()  # a repository's files are looked at once they have been fetched
        if here:
            cls._refuse_files(find_weight_files(source, kwargs), source, kwargs)
        try:
            model, info = super().from_pretrained(source, *args, output_loading_info=True, **kwargs)
        except Exception:
            if from_files and not here:  # what is in the cache now is what was read
                fetched = [path for path in find_weight_files(source, kwargs) if path.exists()]
                cls._refuse_files(fetched, source, {**kwargs, "local_files_only": True})
            raise
        left = model._parameters_left_out() if kwargs.get("device_map") is None else []
        info["missing_keys"] = type(info["missing_keys"])([*info["missing_keys"], *left])  # a set from 5.0 on
        if strict:
            if not here:
                refuse_other_format(find_weight_files(source, kwargs), model.config.quantization_bit)
            model._refuse_missing(source, info["missing_keys"])
            model._refuse_other_bits(source)
        model._begin_untrained(left)
        body = model.get_body()
        body.freeze()  # 5.x makes every float trainable
        if body.config.pre_seq_len is not None:
            body.prefix_encoder.float()  # a new one takes the dtype of the checkpoint
        if device is not None:
            model.to(device)
        return (model, info) if with_info else model

    @classmethod
    def _refuse_files(cls, files: List[Path], source: Any, options: Dict[str, Any]) -> None:
        """Raises for files of weights that from_pretrained(source, **options) cannot make its model of."""
        refuse_broken(files)
        if files and not options.get("ignore_mismatched_sizes"):
            refuse_other_format(files, cls._bits_wanted(source, options))

    @classmethod
    def _bits_wanted(cls, source: Any, options: Dict[str, Any]) -> int:
        """`quantization_bit` of the model that from_pretrained(source, **options) makes."""
        config = options.get("config")
        if not isinstance(config, PretrainedConfig):
            where = {key: options[key] for key in WHERE if options.get(key) is not None}
            config = cls.config_class.from_pretrained(source if config is None else config, **where)
        return options.get("quantization_bit", getattr(config, "quantization_bit", 0))

    def _parameters_left_out(self) -> List[str]:
        """Parameters that loading left on the meta device, though nothing is offloaded."""
        return [name for name, p in self.named_parameters() if p.is_meta] if META_TENSORS_ARE_ONE else []

    def _begin_untrained(self, names: Iterable[str]) -> None:
        """Brings parameters from the meta device into memory, initialised."""
        for owner in sorted({name.rpartition(".")[0] for name in names}):
            module = self.get_submodule(owner)
            loaded = {name: p.detach().clone() for name, p in module.named_parameters(recurse=False) if not p.is_meta}
            for name, parameter in list(module.named_parameters(recurse=False)):
                if parameter.is_meta:
                    values = torch.zeros_like(parameter, device="cpu")
                    setattr(module, name, nn.Parameter(values, requires_grad=parameter.requires_grad))
            self._init_weights(module)
            module.load_state_dict(loaded, strict=False)

    def _refuse_missing(self, source: Any, missing: Iterable[str]) -> None:
        """Raises ValueError for parameters that are this package's own and were not in the files."""
        keys = sorted(key for key in missing if PARAMETER.search(key))
        if keys:
            config = self.config
            raise ValueError(
                f"{source} lacks {len(keys)} parameters of this model: {named(keys)}. These weights do not belong to "
                f"this configuration (num_layers={config.num_layers}, quantization_bit={config.quantization_bit}): "
                f"take the config.json that came with them, or download them again. ignore_mismatched_sizes=True "
                f"loads what there is"
            )

    def _refuse_other_bits(self, source: Any) -> None:
        """Raises ValueError for INT4 weights in INT8 layers, or the reverse: accelerate 0.20 puts them there."""
        wrong = [
            name
            for name, layer in self.named_modules()
            if isinstance(layer, QuantizedLinear)
            and layer.weight.dim() == 2  # not where DeepSpeed holds it in parts
            and layer.weight.shape[1] * 8 != layer.in_features * layer.bits
        ]
        if wrong:
            raise ValueError(
                f"{source} is not quantized to {self.config.quantization_bit} bits, as the configuration says: "
                f"{named(wrong)}. Load it with the quantization_bit of the config.json that came with it"
            )

    def _init_weights(self, module: Any) -> None:
        weight, bias = getattr(module, "weight", None), getattr(module, "bias", None)
        if weight is None:
            return
        if isinstance(module, QuantizedLinear):  # integers come from a checkpoint or from quantize()
            nn.init.zeros_(weight)
            nn.init.ones_(module.weight_scale)
        elif getattr(module, "begins_as_in_torch", False):
            module.reset_parameters()
            return
        elif isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(weight, std=0.02)
        else:  # a norm
            nn.init.ones_(weight)
        if bias is not None:
            nn.init.zeros_(bias)

    def gradient_checkpointing_enable(
        self,
        gradient_checkpointing_kwargs: Optional[Dict[str, Any]] = None,
        every_n_layers: int = 1,
        offload: bool = False,
    ) -> None:
        """Recomputes every block, or every n-th, in the backward pass.

        Args:
            gradient_checkpointing_kwargs: for torch's `checkpoint`.
            offload: keep what is recomputed from in the memory of the CPU.
        """
        if every_n_layers < 1:
            raise ValueError(f"every_n_layers must be at least 1, got {every_n_layers}")
        body = self.get_body()
        body.checkpoint_kwargs = {"use_reentrant": False, **(gradient_checkpointing_kwargs or {})}
        body.checkpoint_every, body.checkpoint_offload = every_n_layers, offload
        body.gradient_checkpointing = True

    def gradient_checkpointing_disable(self) -> None:
        self.get_body().gradient_checkpointing = False

    def get_body(self) -> Any:
        """The `ChatGLMModel` inside, or this model itself where it is one."""
        return getattr(self, self.base_model_prefix, self)

    def get_input_embeddings(self) -> nn.Embedding:
        return self.get_body().embedding.word_embeddings

    def set_input_embeddings(self, value: nn.Embedding) -> None:
        self.get_body().embedding.word_embeddings = value

    def quantize(
        self, bits: int, empty_init: bool = False, device: Any = None, search_scale: bool = False, **kwargs: Any
    ) -> "ChatGLMPreTrainedModel":
        """Replaces the four linear layers of every block by INT8 or INT4 ones, on any device, layer by layer.

        A bar shows how far it is, unless transformers' own are switched off (`disable_progress_bar()`).

        Args:
            bits: 4 or 8.
            empty_init: leave the new weights uninitialised, to be loaded afterwards.
            device: where to quantize and leave the new weights; default: where they are.
            search_scale: search each row's scale for the least squared error instead of taking its largest weight.

        Returns:
            The model itself.

        Raises:
            ValueError: bits other than 4 or 8, or a model that is already quantized to other bits.
        """
        if kwargs:
            raise TypeError(f"quantize() got unexpected arguments {sorted(kwargs)}")
        check_bits(bits)
        present = self.config.quantization_bit
        if present and present != bits:
            raise ValueError(f"the model is already quantized to {present} bits, got bits={bits}")
        layers = self.get_body().encoder.layers
        for block in () if present else logging.tqdm(layers, desc=f"Quantizing to {bits} bits", unit="layer"):
            for parent in (block.self_attention, block.mlp):
                quantize_children(parent, bits, empty_init, device, search_scale)
        self.config.quantization_bit = bits
        self.get_body().activation_bits = 16  # as those of new layers: the next pass sets what the configuration says
        return self
