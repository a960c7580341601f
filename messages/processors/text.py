"""Text of upstreams made storable, piece by piece: no NUL, no half of a character."""

_REPLACEMENT = "\ufffd"


def storable(text: str) -> str:
    """The same text where it can be stored; what cannot be stored becomes U+FFFD."""
    if not text.isascii():
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\0", _REPLACEMENT)


class Pieces:
    """Puts a text together whose characters may be cut in two.

    JSON writes an emoji as two escapes, and some servers send them in two pieces.
    """

    def __init__(self) -> None:
        self._half = ""

    def take(self, piece: str) -> str:
        """As much as is whole by now."""
        piece = self._half + piece
        self._half = piece[-1:] if "\ud800" <= piece[-1:] <= "\udbff" else ""
        return storable(piece[: len(piece) - len(self._half)])

    def rest(self) -> str:
        return storable(self._half)
