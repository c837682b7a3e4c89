"""The METRICS table: what is measured, where, in which unit, and which controls it must order to be trusted.

Nothing here imports more than a name needs: the workflow reads this table every time it is started.
The functions lie in this package's modules, take NumPy arrays and know no sampler.
"""

from collections.abc import Mapping
from types import MappingProxyType

from ppgn_bench.lookup import Name
from ppgn_bench.metrics import orders
from ppgn_bench.metrics.metric import Metric, failing, reads, share, steps
from ppgn_bench.metrics.of_conditions import OF_CONDITIONS
from ppgn_bench.metrics.of_inception import OF_INCEPTION
from ppgn_bench.metrics.orders import turned

# Rows like any other. "real" is the half of the real images that nothing else is compared with.
CONTROLS: Mapping[str, str] = MappingProxyType(
    {
        "real": "held-out real images",
        "training": "training images",
        "surest": "training images that the judge is surest of",
        "wrong_class": "real images of the wrong class",
        "repeated": "one real image, repeated",
        "joined_halves": "halves of two real images, joined",
        "blurred": "real images, blurred",
        "noisy_1": "real images, a little noise (0.1)",
        "noisy_2": "real images, some noise (0.2)",
        "noisy_3": "real images, much noise (0.4)",
        "shuffled_blocks": "real images, 4 x 4 blocks shuffled",
        "noise": "uniform pixel noise",
    }
)

# Endings of a sweep's name in rows that show how much a verdict hangs on one judge, and on the number of samples.
HALF_SAMPLES, SECOND_JUDGE, THIRD_JUDGE = "+half_samples", "+second_judge", "+third_judge"
OTHER_JUDGES = (SECOND_JUDGE, THIRD_JUDGE)
WITHOUT = "+without_"  # likewise, and then the number of the starts that are left out: one of each target
RESPLITS = 10  # times that the real images are parted in two halves (`resplits`); the first are the splits themselves
OF_SAMPLES = r".+\+\d+_samples"  # what `of_samples` gives, as a pattern


def of_samples(sweep: str, samples: int) -> str:
    """The sweep's name in rows of controls of so many images, where some of its samplers have another number."""
    return f"{sweep}+{samples}_samples"


_SAID = reads(logits="sample.logits", labels="sample.labels")
_IN_FEATURES = reads(real="matched.features", generated="sample.features")
_BETWEEN_DRAWS = reads(
    features="chain.features",
    targets="chain.targets",
    steps="chain.steps",
    real="reference.features",
    compared="chain.compared",
)
_IN_CHAINS = MappingProxyType({name: array for name, array in _BETWEEN_DRAWS.items() if name != "steps"})
_TO_PICTURE = reads(pictures="chain.pictures", steps="chain.steps")
_TO_CONFIDENCE = reads(log_prob="chain.log_prob")
_DIVERGED = reads(diverged="chain.diverged")


def _smaller(part: str) -> Metric:
    title = f"judge accuracy after reducing images to a {part} of their side and enlarging them again"
    read = reads(logits=f"sample.{part}_size_logits", labels="sample.labels")
    function = Name("metrics.quality:judge_accuracy")
    return Metric(title, function, read, "share", "real", 0.05, "logit", orders=orders.CLASSES, sized=False)


def _lagged_distance(steps: int) -> Metric:
    title = f"distance of draws {steps} steps apart (1 = independent real images)"
    function = Name(f"metrics.mixing:lagged_distance_{steps}")
    return Metric(title, function, _BETWEEN_DRAWS, "ratio", "real", 0.05, run="mixing", real=1.0)


# Of generators that were trained ten times less recall falls to nothing, while precision rises, and PPGN-h's FD and
# all coverage stay within their spread. That recall takes garbage for variety is why FD and accuracy are gated as well.
_GATED_QUALITY = ("ppgn_h", "joint_ppgn_h")
_GATED_RECALL = ("dgn_am", "ppgn_h", "joint_ppgn_h", "noiseless_joint_ppgn_h")

# A row a metric: by hand, so that it reads as a table.
# fmt: off
METRICS: Mapping[str, Metric] = MappingProxyType({
    # -------------------- quality
    "judge_accuracy": share(
        "judge accuracy on the target class", Name("metrics.quality:judge_accuracy"),
        reads(logits="sample.logits", labels="sample.labels"), orders.STEERING, _GATED_QUALITY, sized=False),
    "accuracy_at_half_size": _smaller("half"),
    "accuracy_at_quarter_size": _smaller("quarter"),
    "inception_score": Metric(
        "IS (judge), one split", Name("metrics.quality:inception_score"), reads(logits="sample.logits"),
        "effective classes", "higher", 1.05, "log", orders=orders.REALISM_OF_A_SET),
    "frechet_distance": Metric(
        "FD (judge)", Name("metrics.quality:frechet_distance"), _IN_FEATURES,
        "squared judge features", "lower", 1.25, "log", orders=turned(orders.REALISM_OF_A_SET), gated=_GATED_QUALITY),
    "kernel_distance": Metric(
        "KD (judge): KID with subsets of 100 and a kernel scaled by the real images",
        Name("metrics.quality:kernel_distance"), _IN_FEATURES, "squared MMD", "lower", 0.05,
        orders=turned(orders.REALISM_OF_A_SET)),
    "precision": share("precision (k = 3)", Name("metrics.quality:precision"), _IN_FEATURES, orders.REALISM),
    "density": Metric(
        "density (k = 5; 1 = real)", Name("metrics.quality:density"), _IN_FEATURES,
        "ratio", "higher", 0.1, orders=orders.REALISM),
    "high_frequency_distance": Metric(
        "energy in the highest resolved octave against real images", Name("metrics.quality:high_frequency_distance"),
        reads(real="matched.images", generated="sample.images", band="band"),
        "octaves", "lower", 0.25, orders=turned(orders.DETAIL)),
    "nearest_training_distance": Metric(
        "distance to the nearest training image (1 = new real images, 0 = copies)",
        Name("metrics.memorisation:nearest_training_distance"),
        reads(real="matched.images", generated="sample.images", training="training.images"),
        "ratio", "real", 0.1, orders=orders.MEMORISATION),
    "authenticity": Metric(
        "samples that are no near-copies of a training image (AuthPct, judge features)",
        Name("metrics.memorisation:authenticity"), reads(generated="sample.features", training="training.features"),
        "share", "real", 0.05, "logit", orders=orders.MEMORISATION),
    # -------------------- photographs, where there are many classes and few real images
    "steering_probability": Metric(
        "p of the target by the network that steers", Name("metrics.photographs:steering_probability"),
        reads(log_prob="chain.log_prob", diverged="chain.diverged"),
        "probability", "higher", 0.05, "logit", sized=False, on_request=True),
    "judge_probability": Metric(
        "p of the target by the judge", Name("metrics.photographs:judge_probability"), _SAID,
        "probability", "higher", 0.05, "logit", orders=orders.STEERING, sized=False, on_request=True),
    "top_5_accuracy": Metric(
        "judge's top-5 accuracy on the target class", Name("metrics.photographs:top_5_accuracy"), _SAID,
        "share", "higher", 0.05, "logit", orders=orders.STEERING, sized=False, on_request=True),
    "total_variation_distance": Metric(
        "total variation against real images", Name("metrics.photographs:total_variation_distance"),
        reads(real="matched.images", generated="sample.images"),
        "octaves", "lower", 0.25, orders=turned(orders.DETAIL), sized=False, on_request=True),
    # -------------------- diversity
    "recall": share(
        "recall (k = 3)", Name("metrics.diversity:recall"), _IN_FEATURES, orders.DIVERSITY, _GATED_RECALL),
    "coverage": share("coverage (k = 5)", Name("metrics.diversity:coverage"), _IN_FEATURES, orders.DIVERSITY),
    "vendi_score": Metric(
        "Vendi score within a class (cosine of judge features)", Name("metrics.diversity:vendi_score"),
        reads(features="sample.features", targets="sample.targets"),
        "effective images", "real", 1.1, "log", orders=orders.DIVERSITY),
    "within_class_dissimilarity": Metric(
        "1 - SSIM within a class (Gaussian 11x11, sigma 1.5; 1 scale, from 176 px MS-SSIM with 5)",
        Name("metrics.diversity:within_class_dissimilarity"), reads(images="sample.images", targets="sample.targets"),
        "1 - SSIM", "real", 0.05, orders=orders.DIVERSITY),
    "modes_covered": Metric(
        "known modes covered by accepted samples, per class", Name("metrics.diversity:modes_covered"),
        reads(modes="sample.modes", accepted="sample.accepted", labels="sample.labels"),
        "modes", "higher", 0.5, orders=orders.DIVERSITY),
    # -------------------- convergence
    "steps_to_picture": steps(
        "steps to the first picture (a draw as near to real ones as they are), restricted mean",
        Name("metrics.convergence:steps_to_picture"),
        _TO_PICTURE),
    "picture_censored": failing(
        "chains that never reach a picture", Name("metrics.convergence:picture_censored"), _TO_PICTURE),
    "halfway_frechet_distance": Metric(
        "FD (judge) after half of the steps", Name("metrics.quality:frechet_distance"),
        reads(real="matched.features", generated="chain.halfway_features"),
        "squared judge features", "lower", 1.25, "log"),
    "halfway_accuracy": share(
        "judge accuracy after half of the steps", Name("metrics.quality:judge_accuracy"),
        reads(logits="chain.halfway_logits", labels="sample.labels")),
    "steps_to_confidence": steps(
        "steps to p_C >= 0.9, restricted mean", Name("metrics.convergence:steps_to_confidence"), _TO_CONFIDENCE),
    "confidence_censored": failing(
        "chains that never reach p_C >= 0.9", Name("metrics.convergence:confidence_censored"), _TO_CONFIDENCE),
    "confident_share": share(
        "final draws with p_C > 0.98", Name("metrics.convergence:confident_share"), _TO_CONFIDENCE),
    "diverged_share": failing("diverged chains", Name("metrics.convergence:diverged_share"), _DIVERGED),
    # -------------------- mixing
    "lagged_distance_100": _lagged_distance(100),
    "lagged_distance_500": _lagged_distance(500),
    "modes_per_chain": Metric(
        "accepted known modes visited by a chain", Name("metrics.mixing:modes_per_chain"),
        reads(modes="chain.modes", accepted="chain.accepted"), "modes", "higher", 0.5, run="mixing"),
    "autocorrelation_steps": steps(
        "autocorrelation time, where R-hat < 1.1", Name("metrics.mixing:autocorrelation_steps"), _BETWEEN_DRAWS,
        "mixing"),
    "ess": Metric(
        "effective sample size of a class's chains, where R-hat < 1.1", Name("metrics.mixing:ess"), _IN_CHAINS,
        "draws", "higher", 20.0, run="mixing"),
    "r_hat": Metric(
        "R-hat, worst class", Name("metrics.mixing:r_hat"), _IN_CHAINS, "ratio", "lower", 1.1, "log", "mixing"),
    "mixing_diverged_share": failing(
        "diverged chains of the mixing run", Name("metrics.convergence:diverged_share"), _DIVERGED, "mixing"),
    # -------------------- conditions that are no classes
    **OF_CONDITIONS,
    # -------------------- Inception, where a config has its weights
    **OF_INCEPTION,
})
# fmt: on
