"""Loads the repository's flat files as a package, the way the Hub loader does, under the name `chatglm_pkg`."""

import importlib
import sys
import types
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAME = "chatglm_pkg"


def load_package(*modules: str, name: str = NAME):
    """Makes `name` a package whose files are the repository's, and returns the modules asked for (one: itself)."""
    if name not in sys.modules:
        package = types.ModuleType(name)
        package.__path__ = [str(ROOT)]
        sys.modules[name] = package
    loaded = [importlib.import_module(f"{name}.{module}") for module in modules]
    return loaded[0] if len(loaded) == 1 else loaded
