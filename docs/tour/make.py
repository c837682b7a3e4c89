"""The networks of docs/tour.ipynb: training seed 0, in half precision. `make tour` trains them and calls it."""

from pathlib import Path

import numpy as np

from ppgn_bench.storage import files

HERE = Path(__file__).parent
TRAINED = Path("results/networks")
KINDS = {"classifier": "Classifier", "joint": "Generator", "captioner": "Captioner"}  # recipe -> class
RECIPES = {"mnist": ("classifier", "joint"), "shapes": ("classifier", "joint", "captioner")}
KEPT = ("kind", "dataset", "recipe", "sizes", "options", "versions")  # of a header: what it takes to build it

for dataset, recipes in RECIPES.items():
    for recipe in recipes:
        arrays, header = files.load_arrays(TRAINED / dataset / recipe / "seed_0.safetensors", KINDS[recipe])
        halves = {name: array.astype(np.float16) for name, array in arrays.items()}
        place = HERE / dataset / f"{recipe}.safetensors"
        files.save_arrays(place, halves, {key: header[key] for key in KEPT})
        print(f"{place}: {place.stat().st_size / 1024:.0f} KiB")
