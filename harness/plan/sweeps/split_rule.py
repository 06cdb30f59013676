"""The rule of a sweep by which languages are split into low- and high-resource ones."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from harness.spec.value import value


@value
class SplitRule:
    """Where low-resource ends: CC-100 GiB (pretrained models), words seen (scratch models), or Joshi class.

    `by: file` names a file of the user's own instead, which says of each language what it is; `split_file` reads it.
    """

    by: Literal["size", "joshi", "file"] = "size"
    cc100_gib: PositiveFloat = 5.0
    words: PositiveInt = 20_000
    joshi_class: NonNegativeInt = 2
    file: Annotated[str, Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _check(self) -> "SplitRule":
        if self.by == "file" and self.file is None:
            raise ValueError("split: `by: file` needs the file; write `split: {by: file, file: my_split.yaml}`")
        if self.by != "file" and self.file is not None:
            raise ValueError(f"split: a file is read with `by: file` alone, but it says `by: {self.by}`")
        return self
