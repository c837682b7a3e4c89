"""What metrics of contexts read: chains are seen in them, fills and what else fills a hole are judged in them."""

import numpy as np
import torch

from ppgn_bench.data import contexts
from ppgn_bench.data.masks import MASKS, hole
from ppgn_bench.data.source import opened
from ppgn_bench.metrics import asked, stage
from ppgn_bench.metrics.chains import setting
from ppgn_bench.metrics.inputs import as_floats, judged
from ppgn_bench.sampling.targets import Target
from ppgn_bench.storage import files
from tests.metrics.conftest import SIZE, Bars
from tests.metrics.of_conditions import CHAINS, final_of

NAMES = [*MASKS]


def context(label: int, number: int, mask: str, wanted: int | None = None) -> Target:
    asks = {"label": label if wanted is None else wanted}
    return Target(f"{label} #{number + 1} {mask}", {"original": [label, number], "mask": NAMES.index(mask)}, asks)


HOLES = (context(0, 0, "left"), context(1, 3, "centre"), context(2, 1, "top", wanted=0))


def test_chains_in_a_context_are_seen_with_the_real_pixels_around_the_hole_at_every_draw(bars: Bars) -> None:
    _, chains, real = final_of(bars, HOLES)
    drawn = files.load_arrays(bars.folder / "seed_0", "chains")[0]["quality.images"][:CHAINS]
    originals = [contexts.originals(opened(bars.data, contexts.SPLIT), np.array([target.values["original"]]))[0]
                 for target in HOLES]  # fmt: skip
    seen = np.asarray(chains["images"])
    for chain, target in enumerate(chains["targets"]):
        known = ~hole(NAMES[int(HOLES[target].values["mask"])], SIZE)
        for draw in range(drawn.shape[1]):
            np.testing.assert_array_equal(seen[chain, draw, :, known], originals[target][:, known].T)
            np.testing.assert_array_equal(seen[chain, draw, :, ~known], drawn[chain, draw][:, ~known].T)
    np.testing.assert_array_equal(chains["generated"], drawn[:, -1])
    last = chains["images"][:, -1]
    np.testing.assert_allclose(chains["logits"], judged(real.judge, [last], CHAINS)["logits"], rtol=1e-5)


def test_without_a_context_chains_are_seen_as_they_are(bars: Bars) -> None:
    path = bars.chains(runs=("quality",))
    chains = setting(files.load_arrays(path, "chains")[0], "quality", 0)
    assert asked.seen_whole(chains, stage.sampling_of(path), bars.real()) is chains


def test_fills_and_baselines_are_judged_in_their_context_by_the_class_that_is_asked_for(bars: Bars) -> None:
    sampling, chains, real = final_of(bars, HOLES, {3: 9})
    arrays = {name.removeprefix("context."): of for name, of in asked.asked_arrays(chains, sampling, real).items()}
    arrays = {name: np.asarray(of) for name, of in arrays.items()}
    kept = np.delete(np.arange(CHAINS), 3)
    targets = chains["targets"][kept]
    np.testing.assert_array_equal(arrays["targets"], targets)
    np.testing.assert_array_equal(arrays["labels"], targets)  # of the originals
    np.testing.assert_allclose(arrays["images"], as_floats(chains["generated"][kept]))  # as they were generated
    wanted = np.array([0, 1, 0])[targets]
    training = as_floats(real.training.batch(np.arange(len(real.training))))
    known = np.broadcast_to(arrays["known"], arrays["originals"].shape)
    whole = {"": np.where(known, arrays["originals"], arrays["images"]), "original_": arrays["originals"],
             "mean_fill_": np.where(known, arrays["originals"], training.mean(0)),
             "nearest_fill_": np.where(known, arrays["originals"], arrays["nearest"])}  # fmt: skip
    for name, images in whole.items():
        pixels = np.round(images * 255).astype(np.uint8)
        logits = torch.tensor(judged(real.judge, [pixels], len(pixels))["logits"])
        expected = logits.softmax(1).numpy()[np.arange(len(kept)), wanted]
        np.testing.assert_allclose(arrays[f"{name}probability"], expected, rtol=1e-5, err_msg=name)
    for original, around, nearest in zip(arrays["originals"], known, arrays["nearest"], strict=True):
        distances = [np.sum(np.where(around, image - original, 0) ** 2) for image in training]
        np.testing.assert_allclose(nearest, training[np.argmin(distances)])
