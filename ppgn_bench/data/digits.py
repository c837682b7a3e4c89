"""Handwritten digits."""

import numpy as np

from ppgn_bench.data.splits import Split, shared_out


def digits(image_size: int) -> dict[str, Split]:
    """Scikit-learn's 1,797 handwritten digits (8x8, 17 grey levels), enlarged by a bilinear filter.

    900 train / 100 held out / 397 judge / 200 reference / 200 control, balanced over the classes but for `judge`, which
    takes what is left. Energy above the old Nyquist frequency is the filter's, not the writer's.
    """
    from scipy.ndimage import zoom
    from sklearn.datasets import load_digits

    source = load_digits()
    enlarged = zoom(source.images / 16.0, (1, image_size / 8, image_size / 8), order=1, mode="nearest", grid_mode=True)
    images = np.rint(255 * enlarged).astype(np.uint8)[:, None]  # [n, 1, height, width]
    labels = source.target.astype(np.int64)
    cuts = {"reference": 20, "control": 20, "train": 90, "held_out": 10}
    return {name: Split(images[own], labels[own], None) for name, own in shared_out(labels, cuts, rest="judge").items()}
