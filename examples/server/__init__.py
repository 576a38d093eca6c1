"""The rooms of examples/api_server.py, each with one job."""
