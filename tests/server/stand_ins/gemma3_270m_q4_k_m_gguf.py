"""Stands in for a model of 250 MB, which is put together already."""

MODEL_NAME = __file__


def assemble(path: str, *, overwrite: bool) -> None:
    raise NotImplementedError
