"""The paper's claims as a table: what each says, how we know that it says so, and the contrasts that test it.

`verdicts` holds them against measurements; a direction never follows a number. A claim of several parts holds if
all of them do. Nothing here imports more than the standard library.
"""

from collections.abc import Mapping
from types import MappingProxyType

from ppgn_bench.claims.parts import Alike, Arm, Claim, Difference, Identical, NotWorse, Ordered

BASES: Mapping[str, str] = MappingProxyType(
    {
        "T": "read in the paper's own text",
        "C": "read in the authors' released code",
        "S": "read in other people's summaries of the paper",
        "M": "from memory, unverified: a hypothesis",
        "I": "inferred from the released code",
    }
)


AM, PPGN_X, DGN_AM, PPGN_H = Arm("am"), Arm("ppgn_x"), Arm("dgn_am"), Arm("ppgn_h")
JOINT, NOISELESS, REAL = Arm("joint_ppgn_h"), Arm("noiseless_joint_ppgn_h"), Arm("real", "controls")
LEVELS = (0, 0.01, 0.1, 0.2, 0.3, 0.5)  # of training noise
PRIORS = (0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1)
SIGMAS, SIZES = (0.1, 0.2, 0.4, 0.8), (100, 1000, 10_000)
DEFAULT, ABLATIONS = "config/config.yaml", "config/ablations.yaml"


def _grid(prior: float, noise: float = 0.1) -> Arm:
    return Arm("joint_ppgn_h", "grid", MappingProxyType({"prior": prior, "noise": noise}))


def _cell(prior: float, noise: float) -> Arm:
    """Of the factorial: Joint with 10 % training noise."""
    return Arm("switches+noise=0.1", "factorial", MappingProxyType({"prior": prior, "noise": noise}))


def _rung(name: str) -> Arm:
    return Arm(name, "ladder")


def _denoiser(sigma: float, size: int) -> Arm:
    return Arm(f"denoiser+sigma={sigma:g}+size={size}", "world")


def _waits(text: str, section: str, basis: str, measured: str) -> Claim:
    return Claim(text, section, basis, measured, (), config="", turn="it waits for the condition networks")


CLAIMS: Mapping[str, Claim] = MappingProxyType(
    {
        "C1": Claim(
            text="Without a prior, ascent in pixels is confident but unrealistic",
            section="2.2",
            basis="S",
            measured="over half of AM's final draws have p_C > .98; its precision is below real images', its FD above",
            parts=(
                Difference("confident_share", AM, ">", 0.5),
                Difference("precision", AM, "<", REAL),
                Difference("frechet_distance", AM, ">", REAL),
            ),
            config=DEFAULT,
            turn="another step size of the ascent; a classifier trained against adversarial images",
        ),
        "C2": Claim(
            text="A denoising autoencoder's residual estimates the score",
            section="Eq. 6",
            basis="S",
            measured="relative error against the score of p_sigma: below that of the zero field (1) at each sigma with "
            "the most training states, and falling with their number",
            parts=(
                *(Difference("relative_error", _denoiser(sigma, SIZES[-1]), "<", 1.0) for sigma in SIGMAS),
                Ordered("relative_error", tuple(_denoiser(0.4, size) for size in SIZES), "falling"),
            ),
            config=DEFAULT,
            turn="denoisers with less data or less noise: with 100 states and sigma 0.1 the error is above 1",
            worlds=True,
        ),
        "C3": Claim(
            text="PPGN-x models images poorly and mixes slowly",
            section="3.1",
            basis="S",
            measured="against PPGN-h, Joint and Noiseless: lower judge accuracy, higher FD, smaller distance of draws "
            "500 steps apart",
            parts=tuple(
                Difference(metric, PPGN_X, order, latent)
                for latent in (PPGN_H, JOINT, NOISELESS)
                for metric, order in (("judge_accuracy", "<"), ("frechet_distance", ">"), ("lagged_distance_500", "<"))
            ),
            config=DEFAULT,
            turn="larger images, where pixels are a harder space; another epsilon 3 of PPGN-x: noise is what travels",
        ),
        "C4": Claim(
            text="Sampling codes mixes faster than sampling pixels",
            section="3.2-3.3",
            basis="S",
            measured="distance of draws 500 steps apart, PPGN-h above PPGN-x",
            parts=(Difference("lagged_distance_500", PPGN_H, ">", PPGN_X),),
            config=DEFAULT,
            turn="other epsilons 3 of the two: noise is what travels",
        ),
        "C5": Claim(
            text="DGN-AM's chains from different starts end in the same mode",
            section="3.2",
            basis="S",
            measured="known modes that final draws cover, else their 1 - SSIM: DGN-AM below Joint",
            parts=(
                Difference("modes_covered", DGN_AM, "<", JOINT, known_modes=True),
                Difference("within_class_dissimilarity", DGN_AM, "<", JOINT, known_modes=False),
            ),
            config=DEFAULT,
            turn="a measure of spread that broken pictures don't raise; the released, normalised update (see C25)",
        ),
        "C6": Claim(
            text="DGN-AM mixes poorly",
            section="3.2",
            basis="S",
            measured="distance of draws 500 steps apart, and known modes visited by a chain: DGN-AM below Joint",
            parts=(
                Difference("lagged_distance_500", DGN_AM, "<", JOINT),
                Difference("modes_per_chain", DGN_AM, "<", JOINT, known_modes=True),
            ),
            config=DEFAULT,
            turn="nothing likely: without noise and prior its update ends where p nears 1",
        ),
        "C7": Claim(
            text="PPGN-h is about as good and as diverse as DGN-AM",
            section="3.3",
            basis="S",
            measured="judge accuracy, FD and 1 - SSIM of both within the metrics' margins",
            parts=tuple(
                Alike(metric, PPGN_H, DGN_AM)
                for metric in ("judge_accuracy", "frechet_distance", "within_class_dissimilarity")
            ),
            config=DEFAULT,
            turn="the released epsilons, at which the prior does nothing (see C25)",
        ),
        "C8": Claim(
            text="PPGN-h is limited by how well its MLP models p(h)",
            section="3.3",
            basis="S",
            measured="denoising error on held-out codes at 10 % noise: R_h above E(G(h))",
            parts=(Difference("held_out_code", Arm("code_denoiser", "training"), ">", Arm("joint", "training")),),
            config=DEFAULT,
            turn="a larger or better trained MLP; the error of a denoiser is not that of its samples",
        ),
        "C9": Claim(
            text="Joint PPGN-h beats PPGN-x, DGN-AM and PPGN-h in quality, diversity and mixing",
            section="3.4",
            basis="S",
            measured="lower FD, higher recall and larger distance of draws 500 steps apart than each of the three",
            parts=tuple(
                Difference(metric, JOINT, order, other)
                for other in (PPGN_X, DGN_AM, PPGN_H)
                for metric, order in (("frechet_distance", "<"), ("recall", ">"), ("lagged_distance_500", ">"))
            ),
            config=DEFAULT,
            turn="nine contrasts must hold together: more seeds part PPGN-h and Joint, if they differ",
        ),
        "C10": Claim(
            text="Noiseless Joint PPGN-h has the best image quality",
            section="3.5",
            basis="T",
            measured="lower FD than AM, PPGN-x, DGN-AM, PPGN-h and Joint",
            parts=tuple(
                Difference("frechet_distance", NOISELESS, "<", other) for other in (AM, PPGN_X, DGN_AM, PPGN_H, JOINT)
            ),
            config=DEFAULT,
            turn="larger images and longer training, where a noisy generator blurs; FD likes class means (see C12)",
        ),
        "C11": Claim(
            text="Noiseless Joint converges and mixes more slowly than Joint",
            section="3.5",
            basis="S",
            measured="more steps to the picture, smaller distance of draws 500 steps apart, at the same epsilons",
            parts=(
                Difference("steps_to_picture", Arm("noiseless_joint_ppgn_h", "matched"), ">", JOINT),
                Difference("lagged_distance_500", Arm("noiseless_joint_ppgn_h", "matched"), "<", JOINT),
            ),
            config=DEFAULT,
            turn="a measure of travel that broken pictures don't raise: values above 1 are such",
        ),
        "C12": Claim(
            text="More training noise lowers image quality",
            section="3.5",
            basis="T",
            measured="FD rises over training noise of 0, 1, 10, 20, 30, 50 %",
            parts=(Ordered("frechet_distance", tuple(Arm(f"training_noise+noise={x:g}") for x in LEVELS), "rising"),),
            config=ABLATIONS,
            turn="sharpness as the measure: FD, precision and accuracy like the class means that noise leads to",
        ),
        "C13": Claim(
            text="Without L_GAN the images are ruined",
            section="S9",
            basis="S",
            measured="FD and the error of high-frequency energy, Joint without L_GAN above Joint",
            parts=tuple(
                Difference(metric, Arm("without_gan_loss"), ">", JOINT)
                for metric in ("frechet_distance", "high_frequency_distance")
            ),
            config=ABLATIONS,
            turn="larger images: at 16 and 24 pixels there is little that a reconstruction loss blurs",
        ),
        "C14": Claim(
            text="L_h1 is the most useful reconstruction loss, and L_h can go",
            section="S9",
            basis="S",
            measured="FD without L_h1 above that without L_img and that without L_h; without L_h as with all",
            parts=(
                Difference("frechet_distance", Arm("without_h1_loss"), ">", Arm("without_image_loss")),
                Difference("frechet_distance", Arm("without_h1_loss"), ">", Arm("without_code_loss")),
                Alike("frechet_distance", Arm("without_code_loss"), JOINT),
            ),
            config=ABLATIONS,
            turn="larger images, where equal pixels are a bad measure of a reconstruction",
        ),
        "C15": Claim(
            text="The learned prior raises quality and diversity over DGN-AM",
            section="abstract",
            basis="T",
            measured="same generator, starts, steps, epsilons 2 and 3; Noiseless against epsilon 1 = 0: lower FD, "
            "higher recall",
            parts=(
                Difference("frechet_distance", NOISELESS, "<", Arm("dgn_am_noise")),
                Difference("recall", NOISELESS, ">", Arm("dgn_am_noise")),
            ),
            config=DEFAULT,
            turn="how diversity is measured: garbage has high recall",
        ),
        "C16": Claim(
            text="Large epsilon 1 ignores the class",
            section="README of the release",
            basis="C",
            measured="judge accuracy falls over epsilon 1 of 0 and 1e-6 to 1",
            parts=(Ordered("judge_accuracy", tuple(_grid(prior) for prior in PRIORS), "falling"),),
            config=ABLATIONS,
            turn="smaller epsilon 2, or the normalised update: what counts is the ratio of the two",
        ),
        "C17": _waits(
            "One generator serves other condition networks without retraining",
            "4",
            "T",
            "target score with the generator frozen, against random codes",
        ),
        "C18": Claim(
            text="Samples are as diverse as random real images, not as the top-activating ones",
            section="Fig. 2",
            basis="S",
            measured="1 - SSIM of Joint within the margin of random real images, and above that of the real images "
            "that the judge is surest of",
            parts=(
                Alike("within_class_dissimilarity", JOINT, REAL),
                Difference("within_class_dissimilarity", JOINT, ">", Arm("surest", "controls")),
            ),
            config=DEFAULT,
            turn="excludes C20; 1 - SSIM moves by a tenth with training noise and epsilon 3",
        ),
        "C19": Claim(
            text="Epsilon 3 adds diversity",
            section="2",
            basis="S",
            measured="Joint with epsilon 3 = .1 against 0: higher recall, more known modes, FD not worse by its margin",
            parts=(
                Difference("recall", _cell(0.1, 0.1), ">", _cell(0.1, 0.0)),
                Difference("modes_covered", _cell(0.1, 0.1), ">", _cell(0.1, 0.0), known_modes=True),
                NotWorse("frechet_distance", _cell(0.1, 0.1), _cell(0.1, 0.0)),
            ),
            config=ABLATIONS,
            turn="its size: below .01 it does nothing here, at 1 it ends the picture",
        ),
        "C20": Claim(
            text="Diversity stays short of real images (a hypothesis from memory; excludes C18)",
            section="supplement",
            basis="M",
            measured="1 - SSIM of Joint below that of real images",
            parts=(Difference("within_class_dissimilarity", JOINT, "<", REAL),),
            config=DEFAULT,
            turn="excludes C18; 1 - SSIM moves by a tenth with training noise and epsilon 3",
        ),
        "C21": _waits(
            "Hidden units show several facets", "4.3", "T", "clusters among samples at equal activation, more than one"
        ),
        "C22": _waits(
            "In inpainting, epsilon 4 fits the context better than the class alone",
            "4.4",
            "T",
            "context error, with p_C kept",
        ),
        "C23": Claim(
            text="Epsilon 3 = 1e-17 changes nothing",
            section="class script of the release",
            basis="C",
            measured="the release's class script with 1e-17 and with 0: largest difference of any metric of any seed",
            parts=(Identical(_rung("joint_start"), _rung("joint_no_noise")),),
            config=ABLATIONS,
            turn="nothing: it is below a float's last digit",
        ),
        "C24": Claim(
            text="The gradient of the target's logit alone steers as well as the true one",
            section="sampler of the release",
            basis="C",
            measured="judge accuracy with either gradient within its margin, all else as released",
            parts=(Alike("judge_accuracy", _rung("joint_target"), _rung("joint_clip")),),
            config=ABLATIONS,
            turn="many classes: with ten, pushing the others down is little",
        ),
        "C25": Claim(
            text="The step normalisation, not epsilon 1 = 1e-5, makes the prior act",
            section="sampler of the release",
            basis="I",
            measured="epsilon 1 = 1e-5 against 0: kernel distance within its margin under Eq. 11, FD lower under the "
            "released update",
            parts=(
                Alike("kernel_distance", _grid(1e-5), _grid(0)),
                Difference("frechet_distance", _rung("joint_start"), "<", _rung("joint_no_prior")),
            ),
            config=ABLATIONS,
            turn="steps of another length: ours are made of codes with a mean activation of 1",
        ),
    }
)
