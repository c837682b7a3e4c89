"""A trained judge as the package ships it: in half precision, with what it then tells of held-out images."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from ppgn_bench.jobs import Training
from ppgn_bench.lookup import Name
from ppgn_bench.networks import load
from ppgn_bench.storage import files
from ppgn_bench.training.stage import measurements


def rounded(weights: Path, architecture: Name, data: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Weights in half precision, for half the size, and their header with what is measured of them as they are now.

    A network computes in single precision with them. Raises UserError for a file that is no judge of this class.
    """
    arrays, header = files.load_arrays(weights, architecture.short)
    arrays = {name: array.astype(np.float16) for name, array in arrays.items()}
    return arrays, {**header, "measured": measured(arrays, {**header, "network": architecture}, data)}


def measured(arrays: dict[str, np.ndarray], header: dict[str, Any], data: Path) -> dict[str, float]:
    """A judge's losses and accuracies on the held-out images of its data set; the header's network is built."""
    job = Training.model_validate({name: header[name] for name in Training.model_fields if name in header})
    network = load.built(job.network, job.options, job.sizes)
    network.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
    return measurements(network.requires_grad_(False).eval(), job, data, {}, torch.device("cpu"))
