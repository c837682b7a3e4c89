from types import SimpleNamespace

import pytest
import torch

from ppgn_bench.sampling import conditions, priors, starts


def view(state, image=None, step=0):
    return priors.View(state, state if image is None else image, step)


@pytest.fixture
def images():
    return torch.rand(3, 2, 8, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_no_prior_does_not_pull(images):
    assert not priors.absent(view(images)).any()


def test_the_joint_prior_is_the_encoders_code_less_the_state():
    state, image = torch.randn(4, 6), torch.rand(4, 6)
    pull = priors.joint(view(state, image), lambda images: SimpleNamespace(code=3 * images))
    torch.testing.assert_close(pull, 3 * image - state)


def test_a_denoiser_pulls_to_what_it_makes_of_the_state(images):
    torch.testing.assert_close(priors.denoised(view(images), lambda state: 2 * state), images)


def test_l2_decay_leads_to_grey_and_leaves_grey_alone(images):
    assert not priors.l2_decay(view(torch.full_like(images, 0.5))).any()
    assert (priors.l2_decay(view(images)).sign() == (0.5 - images).sign()).all()


@pytest.mark.parametrize("prior", [priors.gaussian_blur, priors.total_variation])
def test_smoothing_priors_leave_a_flat_image_alone_and_lower_the_variance_of_another(prior, images):
    flat = torch.full_like(images, 0.3)
    torch.testing.assert_close(prior(view(flat)), torch.zeros_like(flat))
    assert (images + 0.01 * prior(view(images))).var() < images.var()


def test_the_total_variation_prior_is_minus_its_gradient(images):
    state = images.clone().requires_grad_()
    rows, columns = torch.diff(state, dim=2), torch.diff(state, dim=3)
    total = (rows**2 + 0.01).sqrt().sum() + (columns**2 + 0.01).sqrt().sum()
    (gradient,) = torch.autograd.grad(total, state)
    torch.testing.assert_close(priors.total_variation(view(images)), -gradient)


def test_jitter_shows_the_classifier_a_shifted_image_and_returns_its_gradient_to_its_place(images):
    """A classifier that looks at one pixel: its gradient lies where that pixel came from."""
    places = set()
    for step in range(40):
        state = images.clone().requires_grad_()
        shown = conditions.jittered(state, step)
        (gradient,) = torch.autograd.grad(shown[:, :, 4, 4].sum(), state)
        ((row, column),) = {(int(r), int(c)) for _, _, r, c in gradient.nonzero()}
        torch.testing.assert_close(shown[:, :, 4, 4], images[:, :, row, column])
        assert max(abs(row - 4), abs(column - 4)) <= 1
        places.add((row, column))
    assert len(places) == 9


def test_the_log_probability_of_each_chains_own_class_is_that_of_the_softmax():
    logits = torch.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
    result = conditions.class_log_prob(logits, torch.tensor([2, 1]))
    expected = torch.tensor([3 - torch.logsumexp(logits[0], 0), -torch.log(torch.tensor(3.0))])
    torch.testing.assert_close(result, expected)


def test_its_gradient_is_one_minus_p_at_the_class_and_minus_p_elsewhere():
    logits = torch.randn(1, 5, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(conditions.class_log_prob(logits, torch.tensor([3])).sum(), logits)
    expected = -logits.softmax(1)
    expected[0, 3] += 1
    torch.testing.assert_close(gradient, expected)


@pytest.mark.parametrize(
    ("condition", "own"),
    [(conditions.target_only, lambda p: 1 - p), (conditions.raw_logit, lambda p: torch.ones_like(p))],
    ids=["target_only", "raw_logit"],
)
def test_the_released_gradients_pull_at_the_class_alone_and_the_value_is_still_the_log_probability(condition, own):
    logits = 3 * torch.randn(4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    logits.requires_grad_()
    labels = torch.tensor([3, 0, 4, 3])
    result = condition(None, {"label": labels}, lambda images: SimpleNamespace(logits=logits))
    torch.testing.assert_close(result, conditions.class_log_prob(logits, labels))
    (gradient,) = torch.autograd.grad(result.sum(), logits)
    chains = torch.arange(4)
    expected = torch.zeros_like(logits)
    expected[chains, labels] = own(logits.detach().softmax(1)[chains, labels])
    torch.testing.assert_close(gradient, expected)


def test_starts_are_what_they_say_of_standard_normal_numbers():
    noise = torch.tensor([[-2.0, 0.5, 6.0]])
    assert starts.rectified(noise).tolist() == [[0.0, 0.5, 6.0]]
    assert starts.normal(noise).tolist() == noise.tolist()
    torch.testing.assert_close(starts.grey(noise), torch.tensor([[0.3, 0.55, 1.0]]))


@pytest.mark.parametrize("label", [-1, 3])
def test_a_label_outside_the_classes_is_refused(label):
    with pytest.raises(IndexError, match=str(label)):
        conditions.class_log_prob(torch.zeros(1, 3), torch.tensor([label]))
