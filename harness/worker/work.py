"""What every phase of a launch is given: the session, the phase's folder and files, and the data read so far."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import hf_hub_download

from harness.files.atomic import read_text
from harness.files.journal import Journal
from harness.files.layout import PhaseFolder, folder_of
from harness.spec.cluster import Placement
from harness.spec.identity import identity
from harness.spec.load import from_json
from harness.spec.model import Pretrained
from harness.spec.phase import Evaluate, Train, origin
from harness.worker.coder import Coder
from harness.worker.data import Encoded, Library
from harness.worker.format import Feature, MicroBatch, collate
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

    def tell(self, event: str, **fields: Any) -> None:
        """Append to the journal, on the first process."""
        if self.journal:
            self.journal.append(event, **fields)

    def read(self, phase: Train | Evaluate) -> tuple[Coder, list[Encoded]]:
        """The tokenizer of a phase, and its data as features."""
        coder, name = self._coder(phase)
        sets = phase.data if isinstance(phase, Train) else (phase.data,)
        window = phase.recipe.window if isinstance(phase, Train) else phase.window
        encoded = []
        for index, data in enumerate(sets):
            self.tell("progress", what="reading data", done=index, total=len(sets), unit="sets")
            encoded.append(self.library.encoded(data, coder, name, window))
        return coder, encoded

    def micro_batch(self, task: str, features: tuple[Feature, ...], padding: int, weight: float) -> MicroBatch:
        """Features as padded tensors on this process's device."""
        return collate(task, features, padding, weight).to(self.session.device)

    def _coder(self, phase: Train | Evaluate) -> tuple[Coder, str]:
        model = origin(phase)
        if isinstance(model, Pretrained):
            return Coder.load(Path(hf_hub_download(model.hub_id, FILE, revision=model.revision))), model.revision
        return Coder.load(folder_of(self.runs, model.tokenizer).weights / FILE), identity(model.tokenizer)


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
    """Evaluation in the precision that the phase names; fp32 masters are cast as they are used."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16")
