"""Request bodies: strict JSON of a bounded size."""

from typing import IO, Any

from rest_framework.parsers import BaseParser

from messages import strict_json
from messages.errors import TooLarge

# The longest message in its longest spelling, twelve bytes of escapes a character, and more.
MAX_BODY = 256 * 1024


class StrictJSONParser(BaseParser):
    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None
    ) -> Any:
        """Any JSON value, `{}` for nothing at all; raises BadRequest or TooLarge."""
        body = stream.read(MAX_BODY + 1)
        if len(body) > MAX_BODY:
            raise TooLarge
        return strict_json.decode(body) if body else {}
