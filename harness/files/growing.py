"""A file that others append to: the complete lines that are new in it."""

from pathlib import Path


class Growing:
    """The file at `path`, which need not be there yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0

    def new(self) -> bytes:
        """The complete lines added since the last look; a line that is still being written is left for the next."""
        if not self.path.exists():
            return b""
        with self.path.open("rb") as file:
            file.seek(self._offset)
            text = file.read()
        complete = text[: text.rfind(b"\n") + 1]
        self._offset += len(complete)
        return complete
