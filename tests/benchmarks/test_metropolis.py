"""Exact MALA against blackjax's: the same law within Monte Carlo error, and chain-steps a second of both.

Needs `pip install -e .[benchmark]`, blackjax and jax with it; skipped without.
"""

import os

import numpy as np
import pytest

from ppgn_bench.jobs import Exploring
from ppgn_bench.worlds import mixtures, walkers
from ppgn_bench.worlds.table import WALKERS, WORLDS
from tests.benchmarks.test_sampling import middle, seconds

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")  # as a job's
blackjax = pytest.importorskip("blackjax")
jax = pytest.importorskip("jax")
jnp = jax.numpy
jax.config.update("jax_enable_x64", True)  # our worlds are float64

CHAINS = 400  # of each class
STEPS = 500
ERRORS = 5.0  # standard errors that two estimates may lie apart


def ours(world: mixtures.Mixture, step_size: float, seed: int) -> tuple[np.ndarray, float]:
    """Draws of the second half [chain, draw, d] and the share of accepted proposals; chains class by class."""
    job = Exploring(
        world="a", seed=seed, components=(), walkers={}, sigmas=(), training_sizes=(), iterations=0, drift_sigma=0.4,
        step_sizes=(step_size,), chains=CHAINS, steps=STEPS,
    )  # fmt: skip
    walk = walkers.walk(world, WALKERS["mala"], lambda x: mixtures.score(world, x), job)
    return walk.states[0].flatten(0, 1).numpy(), float(walk.accepted[0])


def theirs(world: mixtures.Mixture, step_size: float):
    """The same of blackjax, a compiled function of the seed: x + s gradient + sqrt(2 s) N, s = epsilon_3^2 / 2."""
    weights, means, variances = (jnp.asarray(array.numpy()) for array in world[:3])
    classes = int(world.labels.max()) + 1
    labels = jnp.repeat(jnp.arange(classes), CHAINS)
    d = means.shape[1]
    every = max(1, STEPS // (2 * walkers.KEPT_DRAWS))

    def run_chain(key, label):
        def log_density(x):
            """Of p(x) p(y | x): the class's own components."""
            parts = jnp.log(weights) - 0.5 * d * jnp.log(2 * jnp.pi * variances)
            parts -= 0.5 * ((x - means) ** 2).sum(1) / variances
            return jax.scipy.special.logsumexp(jnp.where(jnp.asarray(world.labels.numpy()) == label, parts, -jnp.inf))

        mala = blackjax.mala(log_density, step_size**2 / 2)
        start, walk = jax.random.split(key)
        state = mala.init(walkers.START_DEVIATION * jax.random.normal(start, (d,)))

        def one_step(state, key):
            state, info = mala.step(key, state)
            return state, (state.position, info.is_accepted)

        _, (positions, accepted) = jax.lax.scan(one_step, state, jax.random.split(walk, STEPS))
        return positions[STEPS // 2 :: every], accepted.mean()

    batch = jax.jit(jax.vmap(run_chain))

    def run(seed: int) -> tuple[np.ndarray, float]:
        draws, accepted = batch(jax.random.split(jax.random.key(seed), len(labels)), labels)
        return np.asarray(draws), float(accepted.mean())

    return run


def moments(draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean over chains of each chain's first and second moments, class by class, and their standard errors."""
    both = np.concatenate([draws.mean(1), (draws**2).mean(1)], 1)  # [chain, moment]
    both = both.reshape(-1, CHAINS, both.shape[1])
    return both.mean(1), both.std(1, ddof=1) / CHAINS**0.5


@pytest.mark.parametrize("step_size", [0.2, 0.8])
@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.benchmark(group="exact MALA against blackjax")
def test_exact_mala_against_blackjax(benchmark, name, step_size):
    world = mixtures.mixture(WORLDS[name].components)
    run = theirs(world, step_size)
    their_draws, their_acceptance = run(0)  # compiles
    our_draws, our_acceptance = ours(world, step_size, 0)
    (our_moments, our_error), (their_moments, their_error) = moments(our_draws), moments(their_draws)
    apart = np.abs(our_moments - their_moments) / np.hypot(our_error, their_error)
    assert apart.max() < ERRORS
    assert our_acceptance == pytest.approx(their_acceptance, abs=0.01)
    beside: list[float] = []

    def turn():
        beside.append(seconds(lambda: run(1)))
        return (world, step_size, 1), {}

    benchmark.pedantic(ours, setup=turn, rounds=5, warmup_rounds=1)
    count = len(our_draws) * STEPS
    ratio, spread = middle(np.array(beside[1:]) / np.array(benchmark.stats.stats.data))
    benchmark.extra_info |= {
        "acceptance": [round(our_acceptance, 3), round(their_acceptance, 3)],
        "moments apart, standard errors at most": round(float(apart.max()), 2),
        "chain-steps/s": round(count / benchmark.stats.stats.median),
        "chain-steps/s, blackjax": round(count / float(np.median(beside[1:]))),
        "ratio": ratio,
        "ratio, quartiles": spread,
    }
