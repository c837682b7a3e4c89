import numpy as np
import pytest
import torch

from ppgn_bench.sampling import update
from ppgn_bench.sampling.noise import streams

CPU = torch.device("cpu")


def test_with_a_parabola_for_a_prior_the_chain_is_a_first_order_autoregression():
    chains, steps, rate, sigma = 400, 300, 0.2, 0.5
    epsilon = {"prior": torch.full((chains,), rate), "noise": torch.full((chains,), sigma)}
    noise = streams(0, range(chains), (4,), 20, CPU)

    def transition(state, number):
        terms = {"prior": -state}
        return update.step(state, terms, epsilon, noise(number)), update.Look(state, torch.zeros(chains), terms)

    draws = list(update.run(torch.zeros(chains, 4), transition, steps, 10))
    late = torch.stack([draw.state for draw in draws[10:]], 1)  # from step 100, long after the start is forgotten
    variance = sigma**2 / (1 - (1 - rate) ** 2)
    assert late.var().item() == pytest.approx(variance, rel=0.03)
    lag = (late[:, 1:] * late[:, :-1]).mean().item() / late.var().item()
    assert lag == pytest.approx((1 - rate) ** 10, abs=0.03)


def test_a_step_adds_each_term_times_its_own_epsilon():
    state = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    terms = {"prior": torch.ones(2, 2), "condition": 10 * torch.ones(2, 2)}
    multipliers = {"prior": [0.1, 0.2], "condition": [1.0, 2.0], "noise": [0.0, 3.0]}
    epsilon = {term: torch.tensor(values) for term, values in multipliers.items()}
    moved = update.step(state, terms, epsilon, torch.ones(2, 2))
    torch.testing.assert_close(moved, torch.tensor([[11.1, 12.1], [26.2, 27.2]]))


def terms_of_three_chains():
    torch.manual_seed(0)
    terms = {"prior": torch.randn(3, 4), "condition": torch.randn(3, 4)}
    epsilon = {name: torch.rand(3) for name in ("prior", "condition", "noise")}
    return torch.randn(3, 4), terms, epsilon, torch.randn(3, 4)


@pytest.mark.parametrize("noisy", [True, False])
def test_a_released_step_has_its_length_and_the_direction_of_eq_11(noisy):
    state, terms, epsilon, noise = terms_of_three_chains()
    given = state, terms, epsilon, noise if noisy else None
    moved, plain = update.released_step(*given, 0.5, True) - state, update.step(*given) - state
    torch.testing.assert_close(moved.abs().mean(1), torch.full((3,), 0.5))
    torch.testing.assert_close(moved, 0.5 * plain / plain.abs().mean(1, keepdim=True))


def test_noise_outside_a_released_step_keeps_its_own_size():
    state, terms, epsilon, noise = terms_of_three_chains()
    quiet = update.released_step(state, terms, epsilon, None, 0.5, False)
    moved = update.released_step(state, terms, epsilon, noise, 0.5, False)
    torch.testing.assert_close(moved - quiet, epsilon["noise"][:, None] * noise)


def test_in_a_released_step_only_the_ratios_of_the_epsilons_count():
    state, terms, epsilon, noise = terms_of_three_chains()
    tenfold = {name: 10 * values for name, values in epsilon.items()}
    once, again = (update.released_step(state, terms, e, noise, 1.0, True) for e in (epsilon, tenfold))
    torch.testing.assert_close(once, again)


def test_a_chain_without_a_direction_stays_and_the_others_take_their_released_step():
    state, terms, epsilon, _ = terms_of_three_chains()
    terms = {name: term * torch.tensor([[1.0], [0.0], [1.0]]) for name, term in terms.items()}
    moved = update.released_step(state, terms, epsilon, None, 30.0, True) - state
    torch.testing.assert_close(moved.abs().mean(1), torch.tensor([30.0, 0.0, 30.0]))


def test_the_condition_term_is_the_gradient_of_the_log_probability_in_the_state():
    torch.manual_seed(0)
    draw = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.Tanh()).double()
    classify = torch.nn.Linear(5, 4).double()
    labels = torch.tensor([0, 3])

    def condition(image):
        return torch.log_softmax(classify(image), 1).gather(1, labels[:, None]).squeeze(1)

    state = torch.randn(2, 3, dtype=torch.float64)
    result = update.look(state, draw, {"condition": condition}, lambda at, image: torch.zeros_like(at))

    def total(at):
        return condition(draw(at)).sum()

    step = 1e-6
    for index in np.ndindex(2, 3):
        shift = torch.zeros_like(state)
        shift[index] = step
        slope = (total(state + shift) - total(state - shift)) / (2 * step)
        assert result.terms["condition"][index].item() == pytest.approx(slope.item(), rel=1e-6)


def test_each_network_runs_once_a_step_and_no_weight_is_asked_for_a_gradient():
    nets, calls = (torch.nn.Linear(3, 5), torch.nn.Linear(5, 4)), []
    for net in nets:
        net.register_forward_hook(lambda net, *_: calls.append(net))
    roles = update.networks_once({"condition": nets[1], "encoder": nets[1]})

    def pull(at, image):
        return at * roles["encoder"](image)[:, :1]

    update.look(torch.randn(2, 3), nets[0], {"condition": lambda image: roles["condition"](image)[:, 0]}, pull)
    assert calls == list(nets)
    roles["encoder"](torch.rand(2, 5))
    assert calls == [*nets, nets[1]]  # other values: another pass
    assert all(weight.grad is None for net in nets for weight in net.parameters())


def test_a_chain_that_blows_up_is_frozen_and_marked_and_the_others_go_on():
    def transition(state, number):
        growth = torch.tensor([[1e30], [1.1]])
        return state * growth, update.Look(state, torch.zeros(2), {})

    *_, last = update.run(torch.ones(2, 1), transition, 6, 2)
    assert last.diverged.tolist() == [1, -1]  # 1e30 at step 1, infinite after its update
    assert torch.isfinite(last.state).all()
    assert last.state[1].item() == pytest.approx(1.1**6)


def test_draws_are_kept_at_the_stated_steps_with_the_log_probability_of_every_step():
    def transition(state, number):
        return state + 1, update.Look(state, torch.full((1,), float(number)), {})

    draws = list(update.run(torch.zeros(1, 1), transition, 6, 3))
    assert [draw.step for draw in draws] == [0, 3, 6]
    assert [draw.state.item() for draw in draws] == [0, 3, 6]
    assert torch.cat([draw.log_prob for draw in draws], 1).tolist() == [[0, 1, 2, 3, 4, 5, 6]]
