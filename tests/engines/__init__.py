"""Other engines over exports of this package, each in a process of its own: `make engines`, and ENGINES.md."""
