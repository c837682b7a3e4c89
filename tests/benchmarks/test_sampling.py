"""How fast chains run, against the released loop: one chain at a time, every network run for each term.

`released_loop` does on our networks what the released sampler (Evolving-AI-Lab/ppgn, sampler.py, commit f0dbbad) does a
step: a generator pass and an encoder pass for R(h), a second generator pass and a classifier pass for the condition, a
backward pass through each, with NumPy arrays between the networks. Its prototxt files give every layer a learning rate
other than zero, for which Caffe computes the gradients of the weights as well; so does the port. `lean_loop` leaves
that and NumPy out: what one chain at a time costs at the least.
"""

import io
import time

import numpy as np
import pytest
import torch

from ppgn_bench.sampling import conditions, update
from ppgn_bench.sampling.noise import streams
from tests.configs import SHIPPED, network_of, sizes_of

CHAINS = 200
STEPS = 20
EPSILON = {"prior": 0.1, "condition": 0.5, "noise": 0.1}


def built(name, width=1.0):
    """Generator and classifier of a data set at their default sizes, the generator's channels times width."""
    widths = tuple(int(width * channels) for channels in SHIPPED[name].options["generator"]["widths"])
    torch.manual_seed(0)
    nets = network_of("generator", name, widths=widths), network_of("classifier", name)
    return sizes_of(name), *(net.requires_grad_(False).eval().to(memory_format=torch.channels_last) for net in nets)


def released_loop(code, label, generator, classifier, steps):
    """The released update for one chain, as the module's docstring says; codes and images as NumPy arrays.

    On a card, as in Caffe, every array goes there and comes back.
    """
    device = next(generator.parameters()).device
    h, unit, log = code.numpy().astype(np.float64), int(label), io.StringIO()
    for weight in (*generator.parameters(), *classifier.parameters()):
        weight.requires_grad_(True)

    def passed(network, values):
        source = torch.from_numpy(values.astype(np.float32)).to(device).requires_grad_()
        return source, network(source)

    for number in range(steps):
        _, image = passed(generator, h)
        _, output = passed(classifier, image.detach().cpu().numpy().copy())
        d_prior = output.code.detach().cpu().numpy() - h
        source, image = passed(generator, h)
        pixels, output = passed(classifier, image.detach().cpu().numpy().copy())
        activations = output.logits.detach().cpu().numpy()[0]
        exponentials = np.exp(activations - activations.max())
        probs = exponentials / (1e-10 + exponentials.sum())
        one_hot = np.zeros((1, len(probs)), dtype=np.float32)
        one_hot[0, unit] = 1 - probs[unit]
        output.logits.backward(torch.from_numpy(one_hot).to(device))
        image.backward(torch.from_numpy(pixels.grad.cpu().numpy().copy()).to(device))
        d_condition = source.grad.cpu().numpy().copy()
        log.write(f"step: {number:04d} max: {activations.argmax()} [{probs.max():.2f}] obj: {unit} [{probs[unit]:.2f}]"
                  f" norm: [{np.linalg.norm(d_condition):.2f}]\n")  # fmt: skip
        noise = np.random.normal(0, EPSILON["noise"], h.shape)
        d_h = EPSILON["prior"] * d_prior + EPSILON["condition"] * d_condition + noise
        h = np.clip(h + (1 + (1e-10 - 1) * number / steps) / np.abs(d_h).mean() * d_h, 0, 30)
    for weight in (*generator.parameters(), *classifier.parameters()):
        weight.requires_grad_(False)
        weight.grad = None
    return h


def lean_loop(code, label, generator, classifier, steps):
    """One chain at a time with two generator passes, and nothing that Eq. 11 does not need."""
    for _ in range(steps):
        with torch.no_grad():
            pull = classifier(generator(code)).code - code
        state = code.clone().requires_grad_()
        log_prob = conditions.class_log_prob(classifier(generator(state)).logits, label)
        (gradient,) = torch.autograd.grad(log_prob.sum(), state)
        noise = torch.randn_like(code)
        code = code + EPSILON["prior"] * pull + EPSILON["condition"] * gradient + EPSILON["noise"] * noise
    return code


def batched(codes, labels, generator, classifier, steps, shared=True):
    """Eq. 11 for all chains at once; with shared=False the terms come from passes of their own."""
    epsilon = {name: torch.full((len(codes),), value) for name, value in EPSILON.items()}
    noise = streams(0, range(len(codes)), codes.shape[1:], 20, torch.device("cpu"))

    def transition(state, number):
        networks = update.networks_once({"condition": classifier, "encoder": classifier})

        def condition(image):
            return conditions.own_class(image, {"label": labels}, networks["condition"])

        def pull(state, image):
            return (networks["encoder"](image) if shared else classifier(generator(state))).code - state

        output = update.look(state, generator, {"condition": condition}, pull)
        return update.step(state, output.terms, epsilon, noise(number)), output

    *_, last = update.run(codes, transition, steps, steps)
    return last.state


def seconds(call):
    """How long a call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def in_turns(benchmark, others, arguments, rounds=9):
    """Benchmark `batched`, each round after one of every other loop: what slows the machine down slows them all.

    Returns the seconds of each round, the batched ones first: [loop, round].
    """
    beside = [[] for _ in others]

    def turn():
        for times, call in zip(beside, others, strict=True):
            times.append(seconds(call))
        return arguments, {}

    benchmark.pedantic(batched, setup=turn, rounds=rounds, warmup_rounds=1)
    return np.array([benchmark.stats.stats.data, *(times[1:] for times in beside)])


def middle(values):
    """Median, and the quartiles as text."""
    low, half, high = np.quantile(values, (0.25, 0.5, 0.75))
    return round(half, 2), f"{low:.1f} to {high:.1f}"


@pytest.mark.parametrize("width", [0.5, 1.0, 2.0, 4.0])
@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.benchmark(group="batched sampler against the released loop")
def test_batched_against_one_chain_at_a_time(benchmark, name, width):
    sizes, generator, classifier = built(name, width)
    codes, labels = torch.randn(CHAINS, sizes.code_size).relu(), torch.arange(CHAINS) % 10
    one = (codes[:1], labels[:1], generator, classifier, STEPS)
    others = [lambda: released_loop(*one), lambda: lean_loop(*one)]
    together, alone, lean = in_turns(benchmark, others, (codes, labels, generator, classifier, STEPS))
    ratio, spread = middle(CHAINS * alone / together)
    benchmark.extra_info |= {
        "generator parameters": sum(weight.numel() for weight in generator.parameters()),
        "chain-steps/s, released loop": round(STEPS / np.median(alone)),
        "chain-steps/s, lean loop": round(STEPS / np.median(lean)),
        "chain-steps/s, batched": round(CHAINS * STEPS / np.median(together)),
        "ratio": ratio,
        "ratio, quartiles": spread,
        "ratio to the lean loop": middle(CHAINS * lean / together)[0],
    }


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.benchmark(group="one shared pass against separate passes")
def test_a_shared_pass_against_separate_ones(benchmark, name):
    sizes, generator, classifier = built(name)
    codes, labels = torch.randn(CHAINS, sizes.code_size).relu(), torch.arange(CHAINS) % 10
    arguments = (codes, labels, generator, classifier, STEPS)
    shared, apart = in_turns(benchmark, [lambda: batched(*arguments, shared=False)], arguments)
    # Forward twice and backward once, against once and once; backward in the inputs alone costs one forward.
    benchmark.extra_info |= {"ratio by arithmetic": 1.5, "ratio": middle(apart / shared)[0]}


@pytest.mark.parametrize("chains", [50, 200, 800])
@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.benchmark(group="chains in a batch")
def test_chain_steps_per_second_by_batch_size(benchmark, name, chains):
    sizes, generator, classifier = built(name)
    codes, labels = torch.randn(chains, sizes.code_size).relu(), torch.arange(chains) % 10
    benchmark.pedantic(batched, (codes, labels, generator, classifier, STEPS), rounds=5, warmup_rounds=1)
    benchmark.extra_info["chain-steps/s"] = round(chains * STEPS / benchmark.stats.stats.median)
