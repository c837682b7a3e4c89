"""What the paper says of its samplers: quality, diversity and mixing, and what each term of the update adds."""

from collections.abc import Mapping

from ppgn_bench.claims.parts import ABLATIONS, DGN_AM, JOINT, NOISELESS, Alike, Arm, Claim, Difference, NotWorse

AM, PPGN_X, PPGN_H, REAL = Arm("am"), Arm("ppgn_x"), Arm("ppgn_h"), Arm("real", "controls")
NOISY, WITHOUT_NOISE = (
    Arm("switches+noise=0.1", "factorial", {"prior": 0.1, "noise": noise}) for noise in (0.1, 0.0)
)  # of the factorial: Joint with 10 % training noise

SAMPLERS: Mapping[str, Claim] = {
    "C1": Claim(
        text="Without a prior, ascent in pixels is confident but unrealistic",
        section="2.2",
        basis="S",
        measured="over half of AM's final draws have p_C > .98; its FD is above that of real images; where these are "
        "too few for one, the judge's p of the class below theirs",
        parts=(
            Difference("confident_share", AM, ">", 0.5),
            Difference("frechet_distance", AM, ">", REAL),
            Difference("judge_probability", AM, "<", REAL, instead="frechet_distance"),
        ),
        turn="another step size of the ascent; a classifier trained against adversarial images",
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
        turn="larger images, where pixels are a harder space; another epsilon 3 of PPGN-x: noise is what travels",
    ),
    "C4": Claim(
        text="Sampling codes mixes faster than sampling pixels",
        section="3.2-3.3",
        basis="S",
        measured="distance of draws 500 steps apart, PPGN-h above PPGN-x",
        parts=(Difference("lagged_distance_500", PPGN_H, ">", PPGN_X),),
        turn="other epsilons 3 of the two: noise is what travels",
    ),
    "C5": Claim(
        text="DGN-AM's chains from different starts end in the same mode",
        section="3.2",
        basis="S",
        measured="known modes that final draws cover, else coverage: DGN-AM below Joint",
        parts=(
            Difference("modes_covered", DGN_AM, "<", JOINT, known_modes=True),
            Difference("coverage", DGN_AM, "<", JOINT, known_modes=False),
        ),
        turn="the released, normalised update (see C25)",
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
        turn="nothing likely: without noise and prior its update ends where p nears 1",
    ),
    "C7": Claim(
        text="PPGN-h is about as good and as diverse as DGN-AM",
        section="3.3",
        basis="S",
        measured="judge accuracy, FD and coverage of both within the metrics' margins",
        parts=tuple(Alike(metric, PPGN_H, DGN_AM) for metric in ("judge_accuracy", "frechet_distance", "coverage")),
        turn="the released epsilons, at which the prior does nothing (see C25)",
    ),
    "C9": Claim(
        text="Joint PPGN-h beats PPGN-x, DGN-AM and PPGN-h in quality, diversity and mixing",
        section="3.4",
        basis="S",
        measured="lower FD, higher coverage and larger distance of draws 500 steps apart than each of the three",
        parts=tuple(
            Difference(metric, JOINT, order, other)
            for other in (PPGN_X, DGN_AM, PPGN_H)
            for metric, order in (("frechet_distance", "<"), ("coverage", ">"), ("lagged_distance_500", ">"))
        ),
        turn="nine contrasts must hold together: more seeds separate PPGN-h and Joint, if they differ",
    ),
    "C10": Claim(
        text="Noiseless Joint PPGN-h has the best image quality",
        section="3.5",
        basis="T",
        measured="lower FD than AM, PPGN-x, DGN-AM, PPGN-h and Joint",
        parts=tuple(
            Difference("frechet_distance", NOISELESS, "<", other) for other in (AM, PPGN_X, DGN_AM, PPGN_H, JOINT)
        ),
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
        turn="a measure of travel that broken pictures don't raise: values above 1 are such",
    ),
    "C15": Claim(
        text="The learned prior raises quality and diversity over DGN-AM",
        section="abstract",
        basis="T",
        measured="same generator, starts, steps, epsilons 2 and 3; Noiseless against epsilon 1 = 0: lower FD, "
        "higher coverage",
        parts=(
            Difference("frechet_distance", NOISELESS, "<", Arm("dgn_am_noise")),
            Difference("coverage", NOISELESS, ">", Arm("dgn_am_noise")),
        ),
        turn="how diversity is measured: recall and 1 - SSIM, which garbage raises, have decided otherwise",
    ),
    "C18": Claim(
        text="Samples are as diverse as random real images, not as the top-activating ones",
        section="Fig. 2",
        basis="S",
        measured="coverage of Joint within the margin of random real images, and above that of the real images "
        "that the judge is surest of",
        parts=(Alike("coverage", JOINT, REAL), Difference("coverage", JOINT, ">", Arm("surest", "controls"))),
        turn="excludes C20; coverage falls with the quality of the pictures, too, and moves with epsilon 3",
    ),
    "C19": Claim(
        text="Epsilon 3 adds diversity",
        section="2",
        basis="S",
        measured="Joint with epsilon 3 = .1 against 0: higher coverage, more known modes, FD not worse by its margin",
        parts=(
            Difference("coverage", NOISY, ">", WITHOUT_NOISE),
            Difference("modes_covered", NOISY, ">", WITHOUT_NOISE, known_modes=True),
            NotWorse("frechet_distance", NOISY, WITHOUT_NOISE),
        ),
        config=ABLATIONS,
        turn="its size: below .01 it does nothing here, at 1 it ends the picture",
    ),
    "C20": Claim(
        text="Diversity stays short of real images (a hypothesis from memory; excludes C18)",
        section="supplement",
        basis="M",
        measured="coverage of Joint below that of real images",
        parts=(Difference("coverage", JOINT, "<", REAL),),
        turn="excludes C18; coverage falls with the quality of the pictures, too, and moves with epsilon 3",
    ),
}
