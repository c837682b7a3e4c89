"""Random streams of chains: of small states, which numpy draws, and of large ones, which torch draws."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from ppgn_bench.data.table import DATASETS
from ppgn_bench.sampling.noise import LARGE as LARGE_FROM
from ppgn_bench.sampling.noise import redrawn, streams

CPU = torch.device("cpu")
LARGE = (3, 80, 80)
CUT = (LARGE_FROM + 1,)  # the cipher gives four numbers at a time
WORD = 2**32
# Random123's tests/kat_vectors, "philox4x32 10": counter, key, what the cipher makes of them.
PUBLISHED = """
00000000 00000000 00000000 00000000 00000000 00000000 6627e8d5 e169c58d bc57ac4c 9b00dbd8
ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff 408f276d 41c83b0e a20bc7c6 6d5451fd
243f6a88 85a308d3 13198a2e 03707344 a4093822 299f31d0 d16cfe09 94fdcceb 5001e420 24126ea1
"""

each_size = pytest.mark.parametrize("shape", [(6,), LARGE], ids=["small", "large"])


def philox(counter: list[int], key: list[int]) -> list[int]:
    """Philox4x32-10 (Salmon et al. 2011) in whole numbers: four words of 32 bits -> four words."""
    for _ in range(10):
        one, two = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [two // WORD ^ counter[1] ^ key[0], two % WORD, one // WORD ^ counter[3] ^ key[1], one % WORD]
        key = [(key[0] + 0x9E3779B9) % WORD, (key[1] + 0xBB67AE85) % WORD]
    return counter


def words(seed: int, offset: int) -> list[int]:
    """The cipher of an offset under a seed, both of 64 bits."""
    return philox([offset % WORD, offset // WORD, 0, 0], [seed % WORD, seed // WORD])


def joined(four: list[int]) -> tuple[int, int]:
    """Seed and offset of a new key."""
    return four[0] + WORD * four[1], four[2] + WORD * four[3]


def expected(seed: int, offset: int, number: int) -> np.ndarray:
    """The first standard normal numbers of a key's stream, by Box and Muller in double precision."""
    quads = [words(seed, (offset + place) % WORD**2) for place in range(math.ceil(number / 4))]
    uniform = (np.array(quads, dtype=np.float64) + 0.5) / WORD
    radius, angle = np.sqrt(-2 * np.log(uniform[:, ::2])), 2 * np.pi * uniform[:, 1::2]
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 2).ravel()[:number]


@pytest.mark.parametrize("line", PUBLISHED.split("\n")[1:-1])
def test_this_tests_cipher_gives_the_published_words(line: str) -> None:
    known = [int(word, 16) for word in line.split()]
    assert philox(known[:4], known[4:6]) == known[6:]


@pytest.mark.parametrize(("seed", "chain"), [(0, 0), (3, 7), (2**33 + 5, 4000)])
def test_a_large_states_noise_is_the_ciphers_keyed_by_seed_chain_and_step(seed: int, chain: int) -> None:
    key = joined(words(seed, chain))
    for number in (0, 1, 1000):
        drawn = streams(seed, [chain], CUT, 20, CPU)(number)[0].numpy()
        step = joined(words(key[0], (key[1] + number) % WORD**2))
        step = joined(words(*step))  # its first half: normal numbers
        for part in (slice(0, 100), slice(-5, None)):
            np.testing.assert_allclose(drawn[part], expected(*step, len(drawn))[part], atol=5e-6)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="compares the CPU with a CUDA device, and there is none")
@each_size
def test_the_cpu_and_cuda_draw_the_same_noise(shape: tuple[int, ...]) -> None:
    for number in range(3):
        here, there = (streams(5, range(9), shape, 20, torch.device(name))(number).cpu() for name in ("cpu", "cuda"))
        assert (here - there).abs().mean() < 1e-6
        assert (here - there).abs().max() < 2e-3  # near the middle, where a card's fast logarithm is coarse


def test_states_of_data_sets_of_up_to_64_pixels_are_small_and_have_the_bytes_of_numpys_streams() -> None:
    shape = (LARGE_FROM - 1,)
    rng = np.random.Generator(np.random.Philox(key=[3, 7]))
    np.testing.assert_array_equal(streams(3, [7], shape, 1, CPU)(0)[0], rng.standard_normal(shape, dtype=np.float32))
    sizes = {name: data.channels * data.image_size**2 for name, data in DATASETS.items() if data.image_size <= 64}
    assert len(sizes) > 3
    assert max(sizes.values()) < LARGE_FROM


@each_size
def test_what_is_redrawn_is_keyed_by_chain_and_step(shape: tuple[int, ...]) -> None:
    batch, uniform = redrawn(3, range(40), shape, 100, CPU)
    alone, one = redrawn(3, [7], shape, 100, CPU)
    assert torch.equal(batch[7], alone[0])
    assert uniform[7] == one[0]
    others = torch.cat([redrawn(3, [7], shape, step, CPU)[0] for step in (200, 300)])
    first = torch.cat([batch, others]).flatten(1)[:, :6]
    assert len(torch.unique(first)) == 42 * 6
    assert uniform.min() >= 0
    assert uniform.max() < 1
    assert uniform.std().item() == pytest.approx(12**-0.5, abs=0.06)


@each_size
def test_a_chain_has_the_same_random_stream_alone_and_in_a_batch(shape: tuple[int, ...]) -> None:
    batch = streams(3, range(9), shape, 4, CPU)
    alone = streams(3, [7], shape, 10, CPU)
    for number in range(20):
        torch.testing.assert_close(batch(number)[7], alone(number)[0], rtol=0, atol=0)


@pytest.mark.parametrize("shape", [(200,), LARGE], ids=["small", "large"])
def test_streams_of_other_chains_steps_and_seeds_differ_and_are_standard_normal(shape: tuple[int, ...]) -> None:
    noise = streams(0, range(50), shape, 2, CPU)
    rows = torch.cat([noise(0), noise(1), streams(1, range(50), shape, 1, CPU)(0)]).flatten(1).double().numpy()
    apart = np.corrcoef(rows)[np.triu_indices(len(rows), 1)] * math.sqrt(rows.shape[1])
    assert np.abs(apart).max() < 6  # of 11,175 pairs, in standard deviations; small states leave tails
    assert apart.std() == pytest.approx(1, abs=0.05)
    beside = np.corrcoef(rows[:, :-1].ravel(), rows[:, 1:].ravel())[0, 1]
    assert abs(beside) < 5 / math.sqrt(rows.size)
    assert stats.kstest(rows[:, ::7].ravel()[:300_000], "norm").pvalue > 1e-3
    assert rows.mean() == pytest.approx(0, abs=4 / math.sqrt(rows.size))
    assert rows.var() == pytest.approx(1, abs=4 * math.sqrt(2 / rows.size))
    assert stats.kurtosis(rows.ravel()) == pytest.approx(0, abs=4 * math.sqrt(24 / rows.size))
