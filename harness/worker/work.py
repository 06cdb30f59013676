"""What every phase of a launch is given: the session, the phase's folder and files, and the data read so far."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from harness.catalog.memory import file_digest
from harness.files.atomic import read_text
from harness.files.journal import Journal
from harness.files.layout import PhaseFolder, feature_cache, folder_of, imported_folder
from harness.files.lengths import Reader, lengths_file
from harness.spec.cluster import Placement
from harness.spec.load import from_json
from harness.spec.model import Imported, Pretrained, Scratch
from harness.spec.phase import Evaluate, Train, origin
from harness.spec.task import Data
from harness.worker.coder import Coder
from harness.worker.encoder import CONFIG, Beside
from harness.worker.feature_cache import FeatureCache
from harness.worker.format import Feature, MicroBatch, collate
from harness.worker.library import Encoded, Library
from harness.worker.manner import manner_of
from harness.worker.measuring import measure
from harness.worker.published import published_file
from harness.worker.session import Session
from harness.worker.tokenizer import FILE


@dataclass(frozen=True)
class Work:
    """One phase at work; only the first process has a journal."""

    session: Session
    folder: PhaseFolder
    placement: Placement
    config: dict[str, Any]
    library: Library
    journal: Journal | None

    @property
    def runs(self) -> Path:
        """The run folder: parents lie beside the phase."""
        return self.folder.path.parent

    @property
    def data(self) -> Path | None:
        """The data folder, where the launch has one."""
        return Path(self.placement.data_folder) if self.placement.data_folder else None

    @property
    def step(self) -> int | None:
        """The number of the step that was told last, on the first process."""
        return self.journal.step if self.journal else None

    def tell(self, event: str, **fields: Any) -> None:
        """Append to the journal, on the first process."""
        if self.journal:
            self.journal.append(event, **fields)

    def doing(self, what: str, steady: bool = False) -> None:
        """Note what this process is doing, for whoever waits for it."""
        self.session.doing.note(f"{self.folder.path.name}, {what}", steady)

    def told(self) -> None:
        """Put on disk what was told."""
        if self.journal:
            self.journal.sync()

    def read(self, phase: Train | Evaluate, *further: Data) -> tuple[Coder, list[Encoded]]:
        """The tokenizer of a phase, and its data as features, with `further` sets behind its own."""
        return self.encode(phase, (*(phase.data if isinstance(phase, Train) else (phase.data,)), *further))

    def encode(self, phase: Train | Evaluate, sets: Sequence[Data]) -> tuple[Coder, list[Encoded]]:
        """The tokenizer of a phase, and `sets` as features, as the phase reads them; the lengths of texts are kept."""
        file = self._tokenizer(phase)
        coder, name = Coder.load(file, manner_of(origin(phase))), file_digest(file)
        cache = FeatureCache(feature_cache(self.runs), self.session, self.tell)
        encoded = []
        for index, data in enumerate(sets):
            self.doing(f"reading {data.task}")
            self.tell("progress", what="reading data", done=index, total=len(sets), unit="sets")
            encoded.append(self.library.encoded(data, coder, name, phase.window, cache))
            if data.at_hand and self.session.first:
                reader = Reader(name, coder.manner.decoder)
                measure(encoded[-1], lengths_file(self.runs, data, reader, phase.window))
        return coder, encoded

    def micro_batch(self, task: str, features: tuple[Feature, ...], padding: int, weight: float) -> MicroBatch:
        """Features as padded tensors on this process's device."""
        return collate(task, features, padding, weight).to(self.session.device)

    def beside(self, phase: Train | Evaluate) -> Beside | None:
        """The config.json of the model with whose weights a phase's lineage begins; None where they are drawn here."""
        match origin(phase):
            case Pretrained() as model:
                return Beside(published_file(model, CONFIG, self.data), model.architecture)
            case Imported() as model:
                return Beside(imported_folder(self.runs, model.digest) / CONFIG, model.architecture)
            case Scratch():
                return None

    def _tokenizer(self, phase: Train | Evaluate) -> Path:
        match origin(phase):
            case Pretrained() as model:
                return published_file(model, FILE, self.data)
            case Imported() as model:
                return imported_folder(self.runs, model.digest) / FILE
            case Scratch() as model:
                return folder_of(self.runs, model.tokenizer).weights / FILE


def read_placement(folder: PhaseFolder) -> Placement:
    """The placement written before the launch; raises HarnessError."""
    text = read_text(folder.placement_file, "a placement written by `harness run`")
    placement: Placement = from_json(Placement, text, str(folder.placement_file))
    return placement


def read_config(folder: PhaseFolder) -> dict[str, Any]:
    """The DeepSpeed configuration written before the launch; raises HarnessError."""
    text = read_text(folder.ds_config_file, "a DeepSpeed configuration written by `harness run`")
    config: dict[str, Any] = json.loads(text)
    return config


def autocast(precision: str, device: torch.device) -> torch.autocast:
    """Evaluation in the precision that the phase names; fp32 masters are cast as they are used.

    What is cast is not kept: at stage 3 every process would come to hold the whole model.
    """
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16", cache_enabled=False)
