"""Training: losses, noise, who plays when, what is logged, and what is measured on images that did not train."""

import pytest
import torch

from ppgn_bench.lookup import resolve
from ppgn_bench.networks.classifier import rescale
from ppgn_bench.networks.table import ARCHITECTURES
from ppgn_bench.training import history, loop, objectives, stage
from ppgn_bench.training.objectives import Material, Noise
from ppgn_bench.training.recipes import RECIPES
from tests.configs import save_network
from tests.training.small import built, job, save_data


@pytest.fixture
def material():
    """Three classes of bars, a few of each, and what an untrained classifier makes of them."""
    rng = torch.Generator().manual_seed(0)
    labels = torch.arange(48) % 3
    images = 0.2 * torch.rand(48, 1, 8, 8, generator=rng)
    for image, label in zip(images, labels, strict=True):
        image[0, 2 * int(label) : 2 * int(label) + 2] += 0.7
    encoder = built("classifier").requires_grad_(False)
    rescale(encoder, [images])
    output = encoder(images)
    return Material(images, labels, networks={"encoder": encoder}, h1=output.h1, code=output.code)


def fitted(material, own, network, rival=None, seed=0):
    """The average and the history after training on batches of the material."""
    state = loop.start(network, rival, own, seed)
    loop.fit(state, drawn(material, own.batch_size, state.rng), own, lambda: None)
    return state.average.module, state.history


def drawn(material, size, rng):
    while True:
        yield material.rows(torch.randint(len(material.images), (size,), generator=rng))


def quiet(level=0.0):
    return Noise(dict.fromkeys(("image", "h1", "code"), level), torch.Generator().manual_seed(1))


def test_the_relative_error_of_the_best_constant_is_one():
    target = torch.randn(1000)
    assert objectives.relative_error(target.mean().expand(1000), target).item() == pytest.approx(1, rel=2e-3)
    assert objectives.relative_error(target, target).item() == 0


def test_training_noise_has_the_stated_standard_deviation():
    noisy = quiet(0.2)(torch.zeros(100_000), "code", mean=0.5)
    assert noisy.std().item() == pytest.approx(0.1, rel=0.02)


def test_without_noise_the_generator_sees_the_clean_codes(material):
    torch.testing.assert_close(objectives.noisy_codes(material, quiet()), material.code)


def test_noise_is_put_on_the_image_then_on_h1_then_on_the_code(material):
    """Three draws, each of the shape of what it is put on, in the order of the pass."""
    shapes = []

    class Counted(Noise):
        def __call__(self, values, place, mean=1.0):
            shapes.append((place, tuple(values.shape)))
            return super().__call__(values, place, mean)

    levels = {"image": 0.1, "h1": 0.1, "code": 0.1}
    codes = objectives.noisy_codes(material, Counted(levels, torch.Generator().manual_seed(0)))
    sizes = {"image": material.images.shape, "h1": material.h1.shape, "code": material.code.shape}
    assert shapes == [(place, tuple(size)) for place, size in sizes.items()]
    assert not torch.allclose(codes, material.code)


def test_the_generator_is_trained_on_the_papers_four_losses_and_only_those_with_a_weight(material):
    network, rival = built("generator"), built(job("generator").rival)
    terms, drawn = objectives.generator_against(network, material, quiet(), rival)
    assert set(terms) == {"image", "h1", "code", "gan"}
    alone = objectives.generator(network, material, quiet())
    assert alone == {name: value for name, value in terms.items() if name != "gan"}
    torch.testing.assert_close(drawn.images, network(material.code))
    assert drawn.codes is material.code
    assert not drawn.images.requires_grad
    total = loop.weighted(terms, RECIPES["generator"].weights)
    expected = 5 * terms["image"] + terms["h1"] + 0.03 * terms["gan"]
    torch.testing.assert_close(total, expected)
    assert RECIPES["joint"].weights["code"] > 0
    assert "code" not in RECIPES["generator"].weights


def test_a_classifier_learns_and_its_losses_are_logged_at_every_iteration(material):
    trained, history = fitted(material, job("classifier", iterations=400), built("classifier"))
    assert len(history) == 400
    assert history[-1]["class"] < 0.3 * history[0]["class"]
    assert (trained(material.images).logits.argmax(1) == material.labels).float().mean() > 0.9


def test_the_same_seed_trains_the_same_weights_and_another_seed_others(material):
    def weights(seed):
        trained, _ = fitted(material, job("classifier", iterations=10), built("classifier"), seed=seed)
        return torch.cat([w.flatten() for w in trained.parameters()])

    assert torch.equal(weights(0), weights(0))
    assert not torch.equal(weights(0), weights(1))


def moved_by_training(material, monkeypatch, factor):
    """Which player moves after the first iteration when loss_D is this many times what it is."""
    real = objectives.discriminator
    monkeypatch.setattr(objectives, "discriminator", lambda *a: {k: factor * v for k, v in real(*a).items()})

    def after(iterations):
        rates = job("generator", iterations=iterations)
        net, rival = built("generator"), built(rates.rival)
        monkeypatch.setattr(loop, "EMA_DECAY", 0.0)  # the average is the last network
        fitted(material, rates, net, rival)
        return net, rival

    first = built("generator"), built(job("generator").rival)
    last = after(40)
    return [
        sum((a - b).abs().sum().item() for a, b in zip(x.parameters(), y.parameters(), strict=True))
        for x, y in zip(first, last, strict=True)
    ]


def test_both_play_while_their_losses_are_near_each_other(material, monkeypatch):
    generator, discriminator = moved_by_training(material, monkeypatch, factor=1.0)
    assert generator > 1
    assert discriminator > 1


def test_a_discriminator_that_wins_rests(material, monkeypatch):
    generator, discriminator = moved_by_training(material, monkeypatch, factor=1e-3)
    assert generator > 1
    assert discriminator == 0


def test_a_generator_that_wins_rests(material, monkeypatch):
    generator, discriminator = moved_by_training(material, monkeypatch, factor=1e3)
    both, _ = moved_by_training(material, monkeypatch, factor=1e-3)  # 1e3 * 1e-3: plays throughout
    assert generator < both / 5  # it learnt in the first iteration alone
    assert discriminator > 1


def test_a_training_that_diverges_says_so(tmp_path):
    steep = job("classifier", iterations=20, learning_rate=1e30)
    with pytest.raises(FloatingPointError, match="classifier"):
        stage.train(steep, save_data(tmp_path / "data"), {}, torch.device("cpu"))


def test_every_recipe_names_an_architecture_an_objective_and_recipes_that_exist():
    for recipe in RECIPES.values():
        assert issubclass(resolve(ARCHITECTURES[recipe.architecture].network), torch.nn.Module)
        assert callable(resolve(recipe.objective))
        assert set(recipe.needs.values()) <= set(RECIPES)


def test_the_loss_log_holds_the_means_of_windows_that_cover_every_iteration():
    rows = [{"a": float(i)} | ({"b": 1.0} if i % 2 == 0 else {}) for i in range(10)]
    log = history.log(rows, points=5)
    means = [(step, value) for step, term, value in log if term == "a"]
    assert means == [(2, 0.5), (4, 2.5), (6, 4.5), (8, 6.5), (10, 8.5)]
    assert all(value == 1 for _, term, value in log if term == "b")


def test_the_moving_average_forgets_where_training_started():
    average, value = torch.zeros(1), torch.ones(1)
    for count in range(100):
        loop.moving_average([average], [value], torch.tensor(count))
    assert average.item() > 0.99
    loop.moving_average([average], [torch.zeros(1)], torch.tensor(10_000))
    assert average.item() == pytest.approx(0.995, abs=0.01)


def test_the_log_ends_with_errors_on_images_that_did_not_train(tmp_path):
    needs = {"encoder": save_network(tmp_path / "classifier.safetensors", job("classifier"))}
    _, losses = stage.train(job("joint", iterations=3), save_data(tmp_path / "data"), needs, torch.device("cpu"))
    held_out = {term: value for step, term, value in losses if step == 3 and term.startswith("held-out")}
    losses_of, watched = ("image", "h1", "code"), "discriminator_accuracy"  # the one that is measured while it trains
    measured = ("denoised_code", "identity", "sharpness", "asymmetry", "asymmetry_error")
    assert list(held_out) == [f"held-out {name}" for name in (watched, *losses_of, *measured)]
    assert 0 < held_out["held-out asymmetry"] < 1


def test_a_rival_and_its_term_may_have_any_name(material, monkeypatch):
    """It plays as the discriminator does, to the same weights."""

    def renamed(terms, **names):
        return {names.get(name, name): value for name, value in terms.items()}

    against, judging = objectives.generator_against, objectives.discriminator

    def fooling(*given):
        terms, drawn = against(*given)
        return renamed(terms, gan="fooled"), drawn

    def weights(own):
        trained, history = fitted(material, own, built("generator"), built(own.rival))
        return list(trained.parameters()), history

    own = job("generator", iterations=8)
    ordinary, _ = weights(own)
    monkeypatch.setattr(objectives, "generator_against", fooling)
    monkeypatch.setattr(objectives, "discriminator", lambda *a: renamed(judging(*a), discriminator="critic"))
    losses = {"fooled": own.weights["gan"], **{name: own.weights[name] for name in ("image", "h1")}}
    renaming = {"weights": losses, "rival": own.rival.model_copy(update={"term": "fooled"})}
    other, history = weights(own.model_copy(update=renaming))
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(ordinary, other, strict=True))
    assert set(history[0]) == {"image", "h1", "code", "fooled", "critic"}
