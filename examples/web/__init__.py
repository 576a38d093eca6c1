"""A page to chat on: python -m examples.web, or `make web`."""
