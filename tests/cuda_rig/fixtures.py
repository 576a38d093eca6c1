"""Fixtures of the CUDA tests, a pytest plugin: a file that uses them says `pytest_plugins = "cuda_rig.fixtures"`."""

from pathlib import Path
from typing import Callable, Dict, Iterator

import pytest
import torch
from package import load_package

from cuda_rig import stand_in_gpu

build = load_package("kernels.build")


@pytest.fixture(scope="session")
def driver(tmp_path_factory) -> Dict[str, str]:
    paths = stand_in_gpu.compile_driver(str(tmp_path_factory.mktemp("driver")))
    if paths is None:
        pytest.skip("no C compiler for the stand-in driver")
    return paths


@pytest.fixture
def stand_in(monkeypatch, driver) -> Iterator[Callable[..., stand_in_gpu.StandInGPU]]:
    """A function that puts stand-in GPUs in place and returns them; its options are those of `StandInGPU`."""
    torch.use_deterministic_algorithms(True)  # torch.empty fills with NaN, so that an output not written shows
    yield lambda **options: stand_in_gpu.install(monkeypatch, driver, **options)
    torch.use_deterministic_algorithms(False)
    stand_in_gpu.forget()


@pytest.fixture(scope="session")
def nvrtc() -> Path:
    library = build.find_nvrtc()
    if library is None:
        pytest.skip(f"{build.NVRTC_PACKAGE}=={build.NVRTC_VERSION} is not installed")
    return library
