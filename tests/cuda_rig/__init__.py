"""CUDA without a GPU, for tests. (Not named `cuda`: that would hide NVIDIA's own Python package.)"""
