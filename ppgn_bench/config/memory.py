"""How much memory a sampling job will take, estimated before anything runs. Nothing imports torch."""

from ppgn_bench.config.sections import Run
from ppgn_bench.data.table import Dataset

FLOAT = 4  # bytes
DRAWN_AHEAD = 20  # steps of noise, `chains.NOISE_BLOCK`
DENOISER_WIDTH = 24  # channels at full resolution, `networks.ImageDenoiser`
GIB = 2**30


def batch_bytes(entry: Dataset, image_size: int, space: str, chains: int) -> int:
    """Memory of a batch's step, in bytes: noise drawn ahead, and every activation with its gradient.

    Measured peaks of batches of 2,000 to 8,000 chains are 0.7 to 1.3 times this.
    """
    pixels = image_size**2
    halvings = len(entry.encoder_widths) - 1  # by convolutions; the pooling comes after
    encoder = sum(width * pixels // 4 ** min(place + 1, halvings) for place, width in enumerate(entry.encoder_widths))
    if space == "code":
        state, image_of = entry.code_size, 2 * entry.channels * pixels
        layers = enumerate(reversed(entry.generator_widths), start=1)
        image_of += sum(width * pixels // 4**place for place, width in layers)
    else:
        state, image_of = entry.channels * pixels, 2 * DENOISER_WIDTH * pixels
    return chains * FLOAT * 2 * (DRAWN_AHEAD * state + encoder + image_of)


def kept_bytes(entry: Dataset, image_size: int, space: str, chains: int, run: Run) -> int:
    """Memory of a run's kept draws, in bytes: images in 256 levels, codes, log p(y|x). All of them lie there twice at
    the end, in batches and joined.
    """
    draw = entry.channels * image_size**2 + (FLOAT * entry.code_size if space == "code" else 0)
    return chains * 2 * ((run.steps // run.keep_every + 1) * draw + FLOAT * (run.steps + 1))
