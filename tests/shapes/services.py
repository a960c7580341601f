"""The servers of the scaled shape: `with PostgreSQL() as postgresql, Valkey() as valkey:`."""

from tests.shapes.postgresql import PostgreSQL
from tests.shapes.valkey import Valkey

__all__ = ["PostgreSQL", "Valkey"]
