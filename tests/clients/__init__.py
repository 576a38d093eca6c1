"""Other people's libraries over this package, each on a tiny model: `make clients`. Results: tests/CLIENTS.md."""
