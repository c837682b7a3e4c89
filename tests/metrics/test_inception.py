"""Inception beside the judge: the library's own numbers, its name by its file's hash, and files that are refused."""

import hashlib
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import Subset
from torch_fidelity import calculate_metrics, feature_extractor_inceptionv3

from ppgn_bench.errors import UserError
from ppgn_bench.metrics import control_stage, inception, inception_distance, inputs, quality
from ppgn_bench.metrics.of_inception import INCEPTION, OF_INCEPTION, OWN
from ppgn_bench.metrics.table import METRICS
from ppgn_bench.report.words.metrics import short
from tests.configs import measuring
from tests.metrics.conftest import Bars

RNG = np.random.default_rng
CALLED = {INCEPTION: ("fid", "kid", "inception_is"), OWN: ("fd_own_inception", "kd_own_inception", "is_own_inception")}


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file as torch-fidelity's, of its network before it has learnt anything."""
    kind = feature_extractor_inceptionv3.FeatureExtractorInceptionV3
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feature_extractor_inceptionv3, "load_state_dict_from_url", lambda *_, **__: {})
        patch.setattr(kind, "load_state_dict", lambda *_: None)
        torch.manual_seed(0)
        made = kind("inception-v3-compat", ["2048"])
    path = tmp_path_factory.mktemp("inception") / "weights.pth"
    torch.save(made.state_dict(), path)
    return path


@pytest.fixture(scope="module")
def network(weights: Path) -> inception.Inception:
    return inception.read(str(weights))


# ------------------------------------------------------------------------------------- reference: the whole pipeline


def test_fid_kid_and_is_are_those_of_the_whole_torch_fidelity_pipeline(weights: Path, network) -> None:
    images = {name: RNG(high).integers(0, high, (5, 3, 12, 10), dtype=np.uint8) for name, high in SIDES.items()}
    said = {name: network.judged([own[:3], own[3:]], len(own)) for name, own in images.items()}
    sets = {name: Subset(torch.from_numpy(own), range(len(own))) for name, own in images.items()}
    values = calculate_metrics(
        input1=sets["generated"],
        input2=sets["real"],
        feature_extractor_weights_path=str(weights),
        **dict.fromkeys(("isc", "fid", "kid", "save_cpu_ram"), True),
        **dict.fromkeys(("cuda", "cache", "verbose"), False),
        isc_splits=1,
        kid_subset_size=5,
    )
    both = {name: own[OWN] for name, own in said.items()}
    kid = inception_distance.kernel_inception_distance(**both)
    assert quality.frechet_distance(**both) == pytest.approx(values["frechet_inception_distance"], rel=1e-3)
    assert kid == pytest.approx(values["kernel_inception_distance_mean"], rel=1e-3, abs=1e-7)
    score = quality.inception_score(logits=said["generated"][f"{OWN}_logits"])
    assert score == pytest.approx(values["inception_score_mean"], rel=1e-5)


SIDES = {"real": 256, "generated": 128}


def test_a_grey_image_is_seen_as_three_equal_channels(network) -> None:
    grey = RNG(0).integers(0, 256, (2, 1, 8, 8), dtype=np.uint8)
    seen, in_colour = (network.judged([images], 2)[OWN] for images in (grey, np.repeat(grey, 3, axis=1)))
    np.testing.assert_array_equal(seen, in_colour)
    assert np.ptp(seen) > 0


def test_kid_is_near_zero_for_equal_and_clear_for_shifted_distributions() -> None:
    real, same = RNG(0).standard_normal((400, 16)), RNG(1).standard_normal((400, 16))
    equal = inception_distance.kernel_inception_distance(real=real, generated=same)
    shifted = inception_distance.kernel_inception_distance(real=real, generated=same + 1)
    assert abs(equal) < 0.05 < 1 < shifted
    assert np.isnan(inception_distance.kernel_inception_distance(real=real, generated=same[:1]))


# --------------------------------------------------------------------------------------------------------- its name


def test_weights_of_another_hash_are_an_inception_of_ones_own(weights: Path, network) -> None:
    assert network.name == OWN
    assert network.digest == hashlib.sha256(weights.read_bytes()).hexdigest()[:12]


def test_it_is_called_fid_by_the_hash_of_its_file_alone(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inception, "BEGINS", hashlib.sha256(weights.read_bytes()).hexdigest()[:8])
    assert inception.read(str(weights)).name == INCEPTION


def test_only_metrics_of_the_true_weights_are_called_fid() -> None:
    titles = {name: METRICS[name].title for name in OF_INCEPTION}
    for kind, called in CALLED.items():
        for name in called:
            assert any(array.partition(".")[2].startswith(kind) for array in METRICS[name].reads.values())
            assert ("own Inception" in titles[name]) == (kind == OWN)
    assert [name for name, title in titles.items() if "FID" in title] == ["fid"]


def test_the_report_keeps_the_names_apart() -> None:
    assert [short(name) for name in OF_INCEPTION] == [
        "FID", "KID", "IS", "FD (own Inception)", "KD (own Inception)", "IS (own Inception)",
    ]  # fmt: skip


# ------------------------------------------------------------------------------------------------------ wrong files


class Harmful:
    def __reduce__(self):
        return Path.touch, (Path("was_run"),)


def refused(path: Path | str) -> str:
    with pytest.raises(UserError) as caught:
        inception.read(str(path))
    (line,) = str(caught.value).splitlines()
    assert line.startswith("inception.weights: ")
    return line


def test_a_file_that_holds_code_is_refused_and_nothing_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("plain.pth").write_bytes(pickle.dumps(Harmful()))
    torch.save({"a": Harmful()}, "torch.pth")
    for name in ("plain.pth", "torch.pth"):
        assert f"{name}: no state dict that can be read without running what is in it" in refused(name)
    assert not Path("was_run").exists()


def test_what_is_no_state_dict_of_this_network_is_refused_in_one_line(weights: Path, tmp_path: Path) -> None:
    path = tmp_path / "own.pth"
    for text in (b"", b"hello", weights.read_bytes()[:1000]):
        path.write_bytes(text)
        assert "own.pth: no state dict that can be read" in refused(path)
    torch.save([1, 2], path)
    assert "must hold a state dict" in refused(path)
    torch.save({"a": 3}, path)
    assert "must hold a state dict" in refused(path)
    torch.save({"fc.weight": torch.zeros(3)}, path)
    assert "weights of another network (" in refused(path)
    assert refused(tmp_path / "nowhere.pth").endswith("nowhere.pth: is missing")
    assert refused(tmp_path).endswith("is no file")


def test_a_file_too_large_for_the_network_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "large.pth").open("wb") as file:
        file.truncate(inception.LARGEST + 1)
    assert "has 268,435,457 bytes; weights have at most 268,435,456" in refused(tmp_path / "large.pth")


def test_a_download_that_fails_says_so_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", fails)
    assert "cannot be downloaded (no route to host); give the path of a file instead" in refused("download")


# -------------------------------------------------------------------------------------------------------- its rows


class Pooled(torch.nn.Module):
    """Few numbers of an image in place of Inception's many."""

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        assert images.dtype == torch.uint8
        assert images.shape[1] == 3
        pixels = images[:, 0].flatten(1).float() / 255
        return pixels[:, :8], 4 * pixels[:, ::16]


@pytest.fixture
def seen(bars: Bars, monkeypatch: pytest.MonkeyPatch) -> inputs.Real:
    """The bars, with an Inception of eight numbers."""
    monkeypatch.setattr(inception, "NUMBERS", (8, 4))
    own = inception.Inception(Pooled(), INCEPTION, "6726825d0000", torch.device("cpu"))
    return inputs.with_inception(bars.real(), own)


def test_samples_are_measured_by_inception_where_there_is_one_and_by_nothing_else(bars: Bars, seen) -> None:
    path = bars.chains()
    rows = bars.measure(METRICS, path, real=[seen])[0]
    of_it = rows[rows.metric.isin(OF_INCEPTION)]
    assert set(of_it.metric) == set(CALLED[INCEPTION])
    assert set(of_it.judge) == {"6726825d0000"}
    assert set(of_it.sweep) == {"own", "own+half_samples"}
    assert np.isfinite(of_it.value).all()
    others = bars.measure(METRICS, path)[0]
    same = rows[~rows.metric.isin(OF_INCEPTION)].reset_index(drop=True)
    assert others.equals(same)


def test_another_judge_leaves_what_inception_says_as_it_is(bars: Bars, seen) -> None:
    rows = bars.measure(METRICS, bars.chains(), real=[seen, bars.real()])[0]
    fid = rows[rows.metric == "fid"].set_index(["sweep", "epsilon_prior"]).value
    for prior in (0.0, 0.1):
        assert fid["own+second_judge", prior] == fid["own", prior]


def test_fid_is_that_of_the_final_draws_against_as_many_real_images(bars: Bars, seen) -> None:
    path = bars.chains(runs=("quality",))
    rows = bars.measure(["fid"], path, real=[seen])[0]
    chains, _ = inputs.files.load_arrays(path, "chains")
    final = chains["quality.images"][chains["quality.setting"] == 1, -1]
    generated = np.concatenate(
        [final[chains["quality.targets"][chains["quality.setting"] == 1] == c] for c in range(3)]
    )
    known = seen.reference
    real = np.concatenate([known[INCEPTION][known["labels"] == c][:6] for c in range(3)])
    of_final = generated[:, 0].reshape(len(generated), -1)[:, :8] / np.float32(255)
    wanted = quality.frechet_distance(real=real, generated=of_final)
    (found,) = rows[(rows.sweep == "own") & (rows.epsilon_prior == 0.1)].value
    assert found == pytest.approx(wanted, rel=1e-6)


def test_controls_are_measured_by_inception_once(bars: Bars, seen) -> None:
    rows, _ = control_stage.measure_controls(measuring(["fid", "coverage"]), [seen])
    fid = rows[rows.metric == "fid"]
    assert set(fid.seed) == {0}
    assert set(fid.variant) == set(rows.variant)
    values = fid[fid.sweep == "controls"].set_index("variant").value
    assert values["real"] < values["noise"]
