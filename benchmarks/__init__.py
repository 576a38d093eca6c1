"""Speed, memory and error of the package, measured: `python -m benchmarks.NAME` at the repository's root."""
