"""Weights that are no numbers are refused when they are loaded."""

from pathlib import Path

import numpy as np
import pytest

from ppgn_bench.errors import UserError
from ppgn_bench.lookup import Name
from ppgn_bench.networks.load import load
from ppgn_bench.storage import files


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(tmp_path: Path, value: float) -> None:
    weights = np.zeros((2, 3), np.float32)
    weights[1, 2] = value
    files.save_arrays(tmp_path / "net", {"a": np.zeros(2), "b": weights}, {"kind": "Generator"})
    with pytest.raises(UserError, match=r"net: b is not finite$"):
        load(tmp_path / "net", Name("networks.generator:Generator"))
