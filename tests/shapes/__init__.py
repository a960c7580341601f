"""The two run-time shapes for real: PostgreSQL, Valkey and server processes, from wheels."""
