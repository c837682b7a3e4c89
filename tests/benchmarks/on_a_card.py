"""What the sampler reaches on a graphics card, beside what it should: one command, less than five minutes.

    python -m tests.benchmarks.on_a_card

- 40 % of what convolutions reach on the same card, with the paper's networks at 227 pixels;
- 50 times as many chain-steps a second as the released loop, one chain at a time, on the same card.

Each way to compute (IEEE's single precision, TF32, bfloat16, cuDNN's search for the fastest algorithm, the step as a
CUDA graph) is beside the ceiling in its own precision, and beside the chains that single precision gives. Without a
card it runs a few chains of small networks, to see that it runs.
"""

import platform
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from ppgn_bench.calibration.timing import timed
from ppgn_bench.config.experiment import Experiment
from ppgn_bench.jobs import Sampling
from ppgn_bench.networks.load import built
from ppgn_bench.sampling import conditions, priors, update
from ppgn_bench.sampling.noise import Noise, streams
from ppgn_bench.sampling.transitions import Climbed, Sampler, Transition, transition
from ppgn_bench.storage import machine
from ppgn_bench.workflow import paths, plan
from tests.benchmarks.test_sampling import EPSILON, released_loop

SHARE, TIMES = 0.4, 50  # what is aimed at: of the convolution's ceiling, and of the released loop
ROUNDS = 3
LEVEL = 1 / 255  # of an image that is kept
APART = 1 / 20  # of the chains may differ by more than a level: tests/sampling/test_variants.py
PAPERS = {"classifier": {"architecture": "caffenet"}, "joint": {"architecture": "released_generator"}}


class Way(NamedTuple):
    """How the sampler's passes are computed."""

    name: str
    tf32: bool = False
    bfloat16: bool = False
    search: bool = False  # cuDNN tries its algorithms and takes the fastest
    graph: bool = False


WAYS = (
    Way("float32"),
    Way("float32, cuDNN's search", search=True),
    Way("TF32", tf32=True, search=True),
    Way("bfloat16", bfloat16=True, search=True),
    Way("float32, CUDA graph", search=True, graph=True),
    Way("bfloat16, CUDA graph", bfloat16=True, search=True, graph=True),
)


class Case(NamedTuple):
    """Networks: a data set, an image's side, and what differs from the default's recipes; and how many chains walk."""

    dataset: str
    side: int
    networks: Mapping[str, Any]
    chains: tuple[int, ...]
    steps: int


CARD = (Case("shapes", 227, PAPERS, (50, 200, 400), 20), Case("mnist", 28, {}, (200, 2000, 10_000), 50))
SMALL = (Case("mnist", 28, {}, (2, 4), 2),)


@contextmanager
def computing(way: Way, device: torch.device) -> Iterator[None]:
    """This way to compute, while the block runs."""
    products, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    before = products.allow_tf32, cudnn.allow_tf32, cudnn.benchmark
    products.allow_tf32 = cudnn.allow_tf32 = way.tf32
    cudnn.benchmark = way.search
    try:
        # Without its cache, which would keep every state for its gradient's sake.
        with torch.autocast(device.type, torch.bfloat16, enabled=way.bfloat16, cache_enabled=False):
            yield
    finally:
        products.allow_tf32, cudnn.allow_tf32, cudnn.benchmark = before


def networks_of(case: Case, device: torch.device) -> tuple[Sampling, Any, Any]:
    """Joint PPGN-h's job, generator and classifier, which learnt nothing: a step takes as long with some that did."""
    run = {"chains_per_target": 1, "steps": 1, "keep_every": 1}
    own = {"image_size": case.side, "networks": case.networks}
    variants, sweeps = ["joint_ppgn_h"], {"own": {"quality": run}}
    experiment = Experiment.model_validate(
        {"name": "card", "datasets": {case.dataset: own}, "variants": variants, "sweeps": sweeps, "memory_gib": 64}
    )
    (folder,) = paths.folders(experiment)
    torch.manual_seed(0)
    made = []
    for name in ("joint", "classifier"):
        job = plan.training(experiment, folder, experiment.recipe(case.dataset, name), 0)
        network = built(job.network, job.options, job.sizes).requires_grad_(False).eval()
        made.append(network.to(device, memory_format=torch.channels_last))
    return plan.sampling(experiment, folder, "own", "joint_ppgn_h", 0), *made


def step_of(generator: Any, classifier: Any, chains: int, device: torch.device) -> Callable[[Noise], Transition]:
    """From noise to one step of Joint PPGN-h."""
    labels = torch.arange(chains, device=device) % 10
    epsilon = {term: torch.full((chains,), value, device=device) for term, value in EPSILON.items()}
    networks = {"generator": generator, "condition": classifier, "encoder": classifier}
    experts = [Climbed(conditions.own_class, ("condition",))]
    sampler = Sampler(networks, experts, {"label": labels}, prior=priors.joint)
    return lambda noise: transition(sampler, epsilon, noise)


def graphed(step: Callable[[Noise], Transition], state: Tensor, noise: Noise) -> Transition:
    """The step as a CUDA graph, played again at every step: its tensors stay where they are in memory."""
    held, drawn = state.clone(), torch.empty_like(state)
    move, stream = step(lambda number: drawn), torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):  # what is chosen or made at the first call must not be part of the graph
            move(held, 0)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=stream):
        moved, seen = move(held, 0)

    def played(state: Tensor, number: int) -> tuple[Tensor, update.Look]:
        """One step of every chain."""
        held.copy_(state)
        drawn.copy_(noise(number))
        graph.replay()
        return moved, seen._replace(log_prob=seen.log_prob.clone())

    return played


def walked(way: Way, step: Callable[[Noise], Transition], start: Tensor, steps: int) -> tuple[float, Tensor]:
    """Some steps of all chains: seconds of the fastest of a few rounds after one that is not counted, last images."""
    found = []
    with computing(way, start.device):
        make = graphed if way.graph else lambda step, state, noise: step(noise)
        move = make(step, start, noise_of(start))
        for _ in range(1 + ROUNDS):
            found.append(timed(lambda: [*update.run(start, move, steps, steps)][-1], start.device))
    last, _ = found[-1]
    return min(seconds for _, seconds in found[1:]), last.image.float().clone()


def noise_of(start: Tensor) -> Noise:
    """As the stage draws it."""
    shape = start.shape[1:]
    return streams(0, range(len(start)), shape, Sampling.noise_block(shape), start.device)


def ceiling(way: Way, device: torch.device) -> float:
    """Operations a second of the fastest of three convolutions of 3 x 3, this way."""
    images, calls = (256, 10) if device.type == "cuda" else (1, 1)  # one call is too short to be timed on a card
    best = 0.0
    for channels, side in ((64, 56), (256, 28), (512, 14)):
        on = {"device": device, "generator": torch.Generator(device).manual_seed(0)}
        seen = torch.randn(images, channels, side, side, **on).to(memory_format=torch.channels_last)
        kernels = torch.randn(channels, channels, 3, 3, **on).to(memory_format=torch.channels_last)
        if way.bfloat16:  # no autocast: it would cast at every call
            seen, kernels = seen.bfloat16(), kernels.bfloat16()
        with computing(way._replace(bfloat16=False), device):
            convolve = partial(torch.conv2d, seen, kernels, padding=1)
            seconds = min(timed(lambda: [convolve() for _ in range(calls)], device)[1] for _ in range(3 + ROUNDS))  # noqa: B023
        best = max(best, calls * 2 * 9 * channels * seen.numel() / seconds)
    return best


def operations(generator: Any, classifier: Any, start: Tensor) -> float:
    """Floating-point operations of one step of one chain, by torch's counter, which sees no gradient of a leaf."""
    step = step_of(lambda codes: generator(1 * codes), classifier, len(start), start.device)
    with FlopCounterMode(display=False) as counter:
        step(lambda number: torch.zeros_like(start))(start, 0)
    return counter.get_total_flops() / len(start)


def said(case: Case, device: torch.device) -> Iterator[str]:
    """A table of one case: every way, every number of chains."""
    job, generator, classifier = networks_of(case, device)
    codes = streams(1, range(max(case.chains)), job.state_shape, 1, device)(0).relu()
    one = (codes[:1].cpu(), torch.zeros(1, dtype=torch.int64), generator, classifier)
    released_loop(*one, 2)
    alone = case.steps / min(timed(lambda: released_loop(*one, case.steps), device)[1] for _ in range(ROUNDS))
    each = operations(generator, classifier, codes[: case.chains[0]])
    yield f"## Joint PPGN-h on {case.dataset} at {case.side} pixels"
    noise = noise_of(codes)
    host = case.steps * len(codes) / timed(lambda: [noise(number) for number in range(case.steps)], device)[1]
    yield f"{each / 1e9:.3g} GFLOP a chain-step; chain-steps/s: released loop {alone:,.1f}, noise alone {host:,.0f}"
    yield "| way | chains | chain-steps/s | TFLOP/s | ceiling | of the ceiling | times the released loop | as float32 |"
    yield "|---|---:|---:|---:|---:|---:|---:|---|"
    for chains in case.chains:
        start, step = codes[:chains], step_of(generator, classifier, chains, device)
        single = None
        for way in WAYS:
            if way.graph and device.type != "cuda":
                continue
            try:
                seconds, images = walked(way, step, start, case.steps)
                most = ceiling(way, device)
            except RuntimeError as error:  # the other ways are of use without this one
                yield f"| {way.name} | {chains} | failed: {str(error).splitlines()[0]} | | | | | |"
                continue
            single = images if single is None else single
            speed = chains * case.steps / seconds
            numbers = [f"{speed:,.0f}", f"{speed * each / 1e12:.3g}", f"{most / 1e12:.3g}"]
            numbers += [f"{speed * each / most:.0%}", f"{speed / alone:.1f}", alike(images, single)]
            yield f"| {way.name} | {chains} | {' | '.join(numbers)} |"


def alike(images: Tensor, single: Tensor) -> str:
    """Whether chains end where those of single precision do, as tests ask of a card and the CPU; how many do not."""
    share = float(((images - single).abs().flatten(1).amax(1) > LEVEL).float().mean())
    return f"{'yes' if share <= APART else 'no'}: {share:.0%} of the chains leave"


def drawn(device: torch.device, chains: int) -> str:
    """How fast noise of large states is made there, and how far it is from the CPU's."""
    noise, here = (streams(0, range(chains), (3, 227, 227), 1, at) for at in (device, torch.device("cpu")))
    seconds = min(timed(lambda: noise(1), device)[1] for _ in range(1 + ROUNDS))
    apart = (noise(2).cpu() - here(2)).abs()
    said = f"noise of {chains} states of 3 x 227 x 227: {noise(2).numel() / seconds / 1e9:.3g} billion numbers a second"
    return f"{said}; from the CPU's at most {apart.max():.1e}, in the mean {apart.mean():.1e}"


def report(cases: tuple[Case, ...], device: torch.device) -> Iterator[str]:
    """All that is measured, line by line."""
    card = torch.cuda.get_device_name() if device.type == "cuda" else "no card"
    yield f"{card}; {machine.processor()['processor']}; torch {torch.__version__}, Python {platform.python_version()}"
    yield f"aimed at: {SHARE:.0%} of the ceiling at 227 pixels, {TIMES} times the released loop"
    yield drawn(device, 100 if device.type == "cuda" else 2)
    for case in cases:
        yield from said(case, device)


if __name__ == "__main__":
    where = machine.device("auto")
    for line in report(CARD if where.type == "cuda" else SMALL, where):
        print(line, flush=True)
