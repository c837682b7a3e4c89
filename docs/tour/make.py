"""The networks of docs/tour.ipynb: those of shapes, training seed 0, in half precision. `make tour` calls it."""

from pathlib import Path

import numpy as np

from ppgn_bench.storage import files

HERE = Path(__file__).parent
TRAINED = Path("results/networks/shapes")
KINDS = {"classifier": "Classifier", "joint": "Generator", "captioner": "Captioner"}  # recipe -> class

for recipe, kind in KINDS.items():
    arrays, header = files.load_arrays(TRAINED / recipe / "seed_0.safetensors", kind)
    halves = {name: array.astype(np.float16) for name, array in arrays.items()}
    kept = {key: header[key] for key in ("kind", "dataset", "recipe", "sizes", "options", "versions")}
    files.save_arrays(HERE / f"{recipe}.safetensors", halves, kept)
    print(f"{recipe}: {(HERE / f'{recipe}.safetensors').stat().st_size / 1024:.0f} KiB")
