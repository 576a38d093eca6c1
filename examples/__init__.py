"""Programs that use the package, each about one thing: `python -m examples.NAME` at the repository's root."""
