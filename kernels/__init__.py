"""The sources of the native kernels, and what builds kernel_sources.py from them."""
