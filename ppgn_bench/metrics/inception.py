"""Inception as an instrument beside the judge: torch-fidelity's network, its weights a file or a download.

FID, KID and IS are what they are called only with the weights of everyone else: a file whose SHA-256 begins as its name
says. Any other file of the same network is an Inception of one's own.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ppgn_bench.errors import UserError
from ppgn_bench.metrics.images import Images
from ppgn_bench.metrics.of_inception import BEGINS, DOWNLOAD, INCEPTION, OWN
from ppgn_bench.networks import pretrained

LARGEST = 2**28  # bytes of a file of weights; those of FID are 91 MiB
LAYERS = ("2048", "logits_unbiased")  # torch-fidelity's names of what FID, KID and IS read
NUMBERS = (2048, 1008)  # of features, of classes
CPU = torch.device("cpu")
Pixels = Images | NDArray[np.uint8]
BATCH = 50  # images at once: each becomes 3 x 299 x 299
DIGEST = 12  # hexadecimal digits that are shown, as of a judge


@dataclass(frozen=True, eq=False)
class Inception:
    """The network, how its arrays are called (INCEPTION or OWN), and the first digits of its file's SHA-256."""

    network: nn.Module
    name: str
    digest: str
    device: torch.device

    def judged(self, blocks: Iterable[Pixels], count: int) -> dict[str, NDArray[Any]]:
        """Features [n, 2048] and logits without their bias [n, 1008] of images (blocks of uint8, so many in all).

        A grey image is shown as one of three equal channels; torch-fidelity resizes all to 299 pixels a side. Images
        go through BATCH at a time; what is kept of each is 12 KiB.
        """
        found = [np.empty((count, number), dtype=np.float32) for number in NUMBERS]
        done = 0
        with torch.inference_mode():
            for images in _batches(blocks):
                said = self.network(torch.from_numpy(images).to(self.device))
                for array, values in zip(found, said, strict=True):
                    array[done : done + len(images)] = values.cpu().numpy()
                done += len(images)
        return {self.name: found[0], f"{self.name}_logits": found[1]}


def read(weights: str, device: torch.device = CPU) -> Inception:
    """Inception with the weights of a file, or of torch-fidelity's download, which torch keeps in its cache.

    Only tensors are read, no code is run. Raises UserError for a file that is missing, too large, no state dict of
    tensors or that of another network, and where nothing can be downloaded.
    """
    path = _downloaded() if weights == DOWNLOAD else Path(weights)
    try:
        state = pretrained.read(path, LARGEST)
    except UserError as error:
        raise UserError(f"inception.weights: {error}") from error
    try:
        network = _network(state).to(device)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise UserError(f"inception.weights: {path}: weights of another network ({_brief(error)})") from None
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Inception(network, INCEPTION if digest.startswith(BEGINS) else OWN, digest[:DIGEST], device)


def _network(state: dict[str, torch.Tensor]) -> nn.Module:
    """torch-fidelity's network with these weights.

    It reads a file itself, and would run code that one holds: so it is given a new one, of nothing but these tensors.
    """
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    with tempfile.TemporaryDirectory(prefix="ppgn-bench-") as folder:
        path = Path(folder) / "weights.pth"
        torch.save(state, path)
        network: nn.Module = FeatureExtractorInceptionV3(
            "inception-v3-compat", list(LAYERS), feature_extractor_weights_path=str(path)
        )
    return network


def _downloaded() -> Path:
    """Where torch keeps torch-fidelity's weights, after they were downloaded once and their hash compared."""
    from torch_fidelity.feature_extractor_inceptionv3 import URL_INCEPTION_V3

    path = Path(torch.hub.get_dir()) / "checkpoints" / URL_INCEPTION_V3.rpartition("/")[2]
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            torch.hub.download_url_to_file(URL_INCEPTION_V3, str(path), hash_prefix=BEGINS, progress=False)
        except (OSError, RuntimeError) as error:
            why = f"cannot be downloaded ({_brief(error)}); give the path of a file instead"
            raise UserError(f"inception.weights: {path.name} {why}") from None
    return path


def _batches(blocks: Iterable[Pixels]) -> Iterator[NDArray[np.uint8]]:
    """The images of blocks [n, 3, height, width], BATCH at once."""
    for images in blocks:
        for first in range(0, len(images), BATCH):
            some = np.asarray(images[first : first + BATCH])[:, :3]
            yield np.ascontiguousarray(np.repeat(some, 3, axis=1) if some.shape[1] == 1 else some)


def _brief(error: Exception) -> str:
    """The first line that says what is wrong."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[1] if len(lines) > 1 and lines[0].endswith(":") else next(iter(lines), type(error).__name__))[:160]
