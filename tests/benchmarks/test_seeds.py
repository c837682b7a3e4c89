"""What training seeds that share a job gain: one start of Python and torch, and nothing by arithmetic on a CPU.

A sampler's step with the networks of five seeds: one after the other, as a job does it, against all at once, their
weights stacked (torch.func.vmap). On a card, where there is one, small networks may be another matter.
"""

import copy

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, stack_module_state, vmap

from ppgn_bench.sampling import conditions, update
from ppgn_bench.storage import machine
from tests.benchmarks.test_sampling import middle, seconds
from tests.configs import network_of, sizes_of

SEEDS = 5
Pair = tuple[nn.Module, nn.Module]


def pairs(dataset: str, device: torch.device) -> list[Pair]:
    """Generator and classifier of each seed, untrained."""
    found = []
    for seed in range(SEEDS):
        torch.manual_seed(seed)
        nets = (network_of(name, dataset) for name in ("generator", "classifier"))
        found.append(tuple(net.requires_grad_(False).eval().to(device) for net in nets))
    return found


def in_turn(nets: list[Pair], codes: Tensor, labels: Tensor) -> list[Tensor]:
    """The condition's term of each seed's chains, one seed after the other."""
    found = []
    for seed, (generator, classifier) in enumerate(nets):
        once = update.networks_once({"condition": classifier})

        def log_prob(image, once=once, seed=seed):
            return conditions.own_class(image, {"label": labels[seed]}, once["condition"])

        def pull(state, image, once=once):
            return once["condition"](image).code - state

        found.append(update.look(codes[seed], generator, {"condition": log_prob}, pull).terms["condition"])
    return found


def stacked(nets: list[Pair]):
    """The same of all seeds at once, as a function of codes and labels [seed, chain, ...]."""
    states = [stack_module_state([pair[place] for pair in nets]) for place in (0, 1)]
    generator, classifier = (copy.deepcopy(net).to("meta") for net in nets[0])

    def term(of_generator, of_classifier, codes: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        def log_prob(codes: Tensor) -> tuple[Tensor, Tensor]:
            image = functional_call(generator, of_generator, (codes,))
            output = functional_call(classifier, of_classifier, (image,))
            return torch.log_softmax(output.logits, 1).gather(1, labels[:, None]).sum(), output.code

        gradient, code = grad(log_prob, has_aux=True)(codes)
        return gradient, code - codes

    return lambda codes, labels: vmap(term)(*states, codes, labels)[0]


@pytest.mark.benchmark(group="five seeds' networks in a sampler's step")
@pytest.mark.parametrize("chains", [4, 20, 200])
@pytest.mark.parametrize("dataset", ["mnist", "shapes"])
def test_seeds_in_turn_against_stacked_weights(benchmark, dataset: str, chains: int) -> None:
    device = machine.device("auto")
    nets = pairs(dataset, device)
    of_loop = [tuple(copy.deepcopy(net).to(memory_format=torch.channels_last) for net in pair) for pair in nets]
    codes = torch.randn(SEEDS, chains, sizes_of(dataset).code_size, device=device).relu()
    labels = (torch.arange(chains, device=device) % 10).expand(SEEDS, chains)
    together = stacked(nets)
    torch.testing.assert_close(torch.stack(in_turn(of_loop, codes, labels)), together(codes, labels), atol=1e-4, rtol=0)

    def ended(work):
        work()
        if device.type == "cuda":
            torch.cuda.synchronize()

    others: list[float] = []
    benchmark.pedantic(
        lambda: ended(lambda: in_turn(of_loop, codes, labels)),
        setup=lambda: others.append(seconds(lambda: ended(lambda: together(codes, labels)))),
        rounds=9,
        warmup_rounds=1,
    )
    ratio, quartiles = middle(np.array(others[1:]) / np.array(benchmark.stats.stats.data))
    benchmark.extra_info |= {"stacked over in turn": ratio, "quartiles": quartiles, "device": str(device)}
