"""Imports the package's flat files as siblings of one package, as transformers' loader does."""

import importlib
import sys
import types
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def load_package(module="quantization"):
    """The module `chatglm_pkg.<module>`, from the repository root."""
    if "chatglm_pkg" not in sys.modules:
        package = types.ModuleType("chatglm_pkg")
        package.__path__ = [str(ROOT)]
        sys.modules["chatglm_pkg"] = package
    return importlib.import_module(f"chatglm_pkg.{module}")
