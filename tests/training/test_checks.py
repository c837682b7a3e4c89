"""Whether networks do their job: the rule, and that networks with a fault are found, whatever else is right."""

import math
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ppgn_bench.columns import CLAIM_PARTS, CONTROLS_CHECK, NETWORKS_CHECK
from ppgn_bench.config.load import load_experiment
from ppgn_bench.storage import collected, files
from ppgn_bench.training import stage
from ppgn_bench.training.checks import CHECKS, check, failures
from ppgn_bench.training.history import as_csv
from ppgn_bench.training.recipes import RECIPES
from ppgn_bench.workflow import paths
from ppgn_bench.workflow.collecting import of_networks
from tests.conftest import Command
from tests.training.small import CPU, job

NOISE = {"code_denoiser": 0.1, "image_denoiser": 0.1}
GOOD = {"image": 0.1, "code": 0.1, "identity": 0.2, "wiener": 0.1, "dead_units": 0.05, "discriminator_accuracy": 0.7}
GOOD |= {"denoised_code": 0.1, "accuracy": 0.95, "new_accuracy": 0.95, "least_accuracy": 0.95, "noise_answered": 0.0}


def rows(recipe: str, values: dict[str, float], required: bool = True) -> pd.DataFrame:
    """The checks of a network of which this was measured."""
    return pd.DataFrame(check(("digits", recipe, 0), values, required), columns=list(NETWORKS_CHECK))


# ---------------------------------------------------------------------------------------------------------- the rule


def test_a_network_has_the_checks_of_its_recipe_and_good_numbers_pass_them() -> None:
    expected = {
        "classifier": ["dead_units"],
        "code_denoiser": ["code_identity", "code_wiener"],
        "image_denoiser": ["image_identity", "image_wiener"],
        "generator": ["discriminator"],
        "joint": ["discriminator", "joint_identity"],
        "captioner": ["captioner", "captioner_new"],
        "judge": [],
        "factors": ["factors"],
        "factor_judge": ["factor_judge", "factor_judge_noise"],
    }
    for recipe, names in expected.items():
        found = rows(recipe, GOOD)
        assert found["check"].tolist() == names
        assert found["holds"].all()
        assert failures(found) == []


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("wrong", [None, math.nan, "at the bound", "beyond"])
def test_a_number_that_is_missing_no_number_at_its_bound_or_beyond_fails(name: str, wrong: float | str | None) -> None:
    own = CHECKS[name]
    recipe = "joint" if "joint" in own.recipes else own.recipes[0]
    bound = own.bound * (GOOD[own.times] if own.times else 1.0)
    beyond = bound * (1.1 if own.sign == "<" else 0.9)
    value = {"at the bound": bound, "beyond": beyond}.get(wrong, wrong) if isinstance(wrong, str) else wrong
    values = GOOD | {own.value: value} if value is not None else {k: v for k, v in GOOD.items() if k != own.value}
    (row,) = rows(recipe, values).query("check == @name").to_dict("records")
    assert row["holds"] is False
    assert row["required"] is own.required


def test_what_a_number_is_compared_with_may_not_be_missing_either() -> None:
    assert rows("code_denoiser", {"code": 0.1})["holds"].tolist() == [False, False]


def test_nothing_is_asked_of_what_a_recipe_does_not_have() -> None:
    assert rows("joint+weights.gan=0", GOOD)["check"].tolist() == ["joint_identity"]
    assert rows("joint+noise=0", GOOD)["check"].tolist() == ["discriminator"]
    assert rows("code_denoiser+noise=0", GOOD)["check"].tolist() == []


def test_what_only_ablations_take_and_what_joint_need_not_do_is_said_and_fails_no_run() -> None:
    bad = dict.fromkeys(GOOD, math.nan)
    assert failures(rows("joint+noise=0.5", bad, required=False)) == []
    (sentence,) = failures(rows("joint", bad | {"discriminator_accuracy": 0.5}))
    assert sentence.startswith(
        "digits: joint, seed 0: D's accuracy in the second half of training (its lower quarter): 0.5, "
    )


def test_ablated_networks_are_those_that_no_variant_takes() -> None:
    experiment = load_experiment({
        "datasets": {"mnist": None, "shapes": None,
                     "digits": {"seeds": 2, "networks": {"classifier": {"dropout": 0.4}}}},
        "variants": ["joint_ppgn_h"], "sweeps": {"matched": None},
        "ablations": {"loud": {"of": "joint_ppgn_h", "networks": {"generator": {"noise": 0.5}}}},
    })  # fmt: skip
    logs = paths.checked_logs(experiment)
    found = {kind: {Path(file).parent.name for file in own} for kind, own in logs.items()}
    assert found == {
        "networks": {"classifier+dropout=0.4", "joint+encoder.dropout=0.4"},
        "ablated": {"joint+encoder.dropout=0.4+noise=0.5"},
    }
    assert len(logs["networks"]) == 4  # two seeds of each


# ------------------------------------------------------------------------------------------------------ planted faults


@pytest.fixture
def trained_on(tmp_path: Path) -> dict[str, Path]:
    """Bars that have something to learn, and an encoder that did."""
    rng = np.random.default_rng(0)
    arrays: dict[str, Any] = {}
    for split, count in {"train": 300, "held_out": 90}.items():
        labels = np.arange(count) % 3
        images = rng.integers(0, 60, (count, 1, 8, 8), dtype=np.uint8)
        for image, label in zip(images, labels, strict=True):
            image[0, 2 * label : 2 * label + 2] += np.uint8(rng.integers(80, 190))
        arrays |= {f"{split}.images": images, f"{split}.labels": labels}
    files.save_arrays(tmp_path / "data", arrays, {"kind": "data", "dataset": "d"})
    own = job("classifier", iterations=200)
    weights, _ = stage.train(own, tmp_path / "data", {}, CPU)
    header = {"kind": own.network.short, **own.model_dump(mode="json")}
    files.save_arrays(tmp_path / "encoder", weights, header)
    return {"data": tmp_path / "data", "encoder": tmp_path / "encoder"}


def checked(recipe: str, trained_on: dict[str, Path], **changes: Any) -> dict[str, bool]:
    """Which checks hold of a network after this training, by the log that it leaves."""
    own = job(recipe, **changes)
    _, losses = stage.train(own, trained_on["data"], {role: trained_on[role] for role in own.needs}, CPU)
    place = trained_on["data"].with_name("d") / recipe / "seed_0.losses.csv"
    files.save_text(place, as_csv(losses))
    found = pd.DataFrame(check(*collected.held_out(place), required=True), columns=list(NETWORKS_CHECK))
    return dict(zip(found["check"], found["holds"], strict=True))


def test_a_code_denoiser_that_learnt_passes_and_one_that_did_not_is_found(trained_on: dict[str, Path]) -> None:
    assert checked("code_denoiser", trained_on, iterations=300) == {"code_identity": True, "code_wiener": True}
    untrained = checked("code_denoiser", trained_on, iterations=1, learning_rate=0.0)
    assert untrained["code_identity"] is False


def test_an_image_denoiser_that_learnt_passes_and_one_that_did_not_is_found(trained_on: dict[str, Path]) -> None:
    assert checked("image_denoiser", trained_on, iterations=300) == {"image_identity": True, "image_wiener": True}
    untrained = checked("image_denoiser", trained_on, iterations=1, learning_rate=0.0)
    assert untrained == {"image_identity": False, "image_wiener": False}


def test_a_discriminator_that_learns_passes_and_one_with_a_rate_of_0_is_found(trained_on: dict[str, Path]) -> None:
    rival = RECIPES["generator"].rival
    assert rival is not None
    assert checked("generator", trained_on, iterations=200) == {"discriminator": True}
    still = replace(rival, rate=0.0)
    assert checked("generator", trained_on, iterations=200, rival=still) == {"discriminator": False}


def test_a_classifier_with_a_large_negative_bias_is_found(trained_on: dict[str, Path]) -> None:
    assert checked("classifier", trained_on, iterations=200) == {"dead_units": True}
    drowned = MappingProxyType({"bias": -2.0})
    assert checked("classifier", trained_on, iterations=200, options=drowned) == {"dead_units": False}


# ------------------------------------------------------------------------------------------------------- the commands


def test_the_commands_check_the_logs_and_name_a_network_that_fails_with_status_1(ppgn: Command, tmp_path: Path) -> None:
    logs = {}
    for recipe, dead in {"classifier": 0.02, "classifier+bias=-9": 0.9, "joint": 0.0}.items():
        logs[recipe] = tmp_path / "digits" / recipe / "seed_3.losses.csv"
        files.save_text(logs[recipe], as_csv([(10, "class", 0.1), (10, "held-out dead_units", dead)]))
    table, controls, parts = (tmp_path / f"{name}.csv" for name in ("check", "controls", "parts"))
    controls.write_text(",".join(CONTROLS_CHECK) + "\n")
    parts.write_text(",".join(CLAIM_PARTS) + "\n")
    fine, spoilt = ("classifier", "classifier+bias=-9")
    job = of_networks([logs[fine]], ablated=[logs[spoilt]]).as_json()
    assert ppgn("check-networks", "--job", job, "--output", table).status == 0
    written = files.load_table(table, NETWORKS_CHECK)
    assert written[["dataset", "recipe", "seed", "holds", "required"]].to_numpy().tolist() == [
        ["digits", "classifier", 3, True, True],
        ["digits", "classifier+bias=-9", 3, False, False],
    ]
    assert ppgn("controls-hold", controls, "--parts", parts, "--networks", table).status == 0
    job = of_networks([logs[spoilt], logs["joint"]], ablated=[]).as_json()
    ppgn("check-networks", "--job", job, "--output", table)
    ended = ppgn("controls-hold", controls, "--parts", parts, "--networks", table)
    assert ended.status == 1
    assert "networks do not do their job; see the report:" in ended.err
    assert (
        "  digits: classifier+bias=-9, seed 3: share of the code's units that fire for no training image: 0.9"
        in ended.err
    )
    assert (
        "  digits: joint, seed 3: D's accuracy in the second half of training (its lower quarter): nan, must be > 0.6"
        in ended.err
    )
    assert "joint, seed 3: error of E(G(h))" not in ended.err


def test_every_check_is_of_recipes_and_terms_that_exist() -> None:
    for own in CHECKS.values():
        assert set(own.recipes) <= RECIPES.keys()
        assert own.sign in "<>"
        assert own.title
