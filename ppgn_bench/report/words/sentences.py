"""Prose of the page and the paper: what differs from the paper, limits, and of each claim a sentence for each verdict.

A claim is contradicted if any of its parts is reversed; where it has several, that is all that the sentence says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from ppgn_bench.report.results import Results
from ppgn_bench.report.words.numbers import listed
from ppgn_bench.training.changes import SYMBOLS
from ppgn_bench.training.recipes import RECIPES, Recipe


class Sentences(NamedTuple):
    """A claim that holds, one that is contradicted: what follows "On digits, ..."."""

    reproduced: str
    contradicted: str


THEMES: Mapping[str, Sequence[str]] = MappingProxyType({  # subsection of the findings -> the claims that it answers
    "Pixels: without a prior, and with a denoiser": ("C1", "C3", "C4"),
    "Codes: DGN-AM, and what a learned prior adds": ("C5", "C6", "C15", "C7", "C8"),
    "Joint and Noiseless Joint": ("C9", "C10", "C11"),
    "Diversity beside real images": ("C18", "C20"),
    "Training noise and losses": ("C12", "C13", "C14"),
    "The epsilons": ("C16", "C19"),
    "The released code": ("C23", "C24", "C25"),
    "Analytic worlds, where the truth is known": ("C2",),
    "Other conditions": ("C17", "C21", "C22"),
})  # fmt: skip

SENTENCES: Mapping[str, Sentences] = MappingProxyType(
    {
        "C1": Sentences(
            "ascent in pixels without a prior is confident, and its pictures are far from real ones",
            "ascent in pixels without a prior is not both confident and unrealistic",
        ),
        "C2": Sentences(
            "a denoising autoencoder's residual estimates the score, and better with more training states",
            "a denoising autoencoder's residual is worse than a score of zero somewhere, or worse with more data",
        ),
        "C3": Sentences(
            "PPGN-x models images worse and mixes more slowly than every sampler of codes with a learned prior",
            "PPGN-x is ahead of a sampler of codes in at least one of judge accuracy, FD and travel",
        ),
        "C4": Sentences(
            "chains of PPGN-h travel further than those of PPGN-x",
            "chains of PPGN-x travel further than those of PPGN-h",
        ),
        "C5": Sentences(
            "the final draws of DGN-AM, from different starts, are less varied than Joint's",
            "the final draws of DGN-AM, from different starts, are more varied than Joint's",
        ),
        "C6": Sentences("DGN-AM mixes worse than Joint", "DGN-AM mixes better than Joint by at least one measure"),
        "C7": Sentences(
            "PPGN-h and DGN-AM are alike in accuracy, FD and coverage, within the margins",
            "PPGN-h and DGN-AM differ by more than the margin in at least one of accuracy, FD and coverage",
        ),
        "C8": Sentences(
            "at equal noise the MLP of PPGN-h denoises held-out codes worse than E(G(h)) of Joint",
            "at equal noise the MLP of PPGN-h denoises held-out codes better than E(G(h)) of Joint",
        ),
        "C9": Sentences(
            "Joint PPGN-h is ahead of PPGN-x, DGN-AM and PPGN-h in quality, diversity and mixing alike",
            "Joint PPGN-h is behind PPGN-x, DGN-AM or PPGN-h in at least one of FD, coverage and travel",
        ),
        "C10": Sentences(
            "Noiseless Joint PPGN-h has a lower FD than AM, PPGN-x, DGN-AM, PPGN-h and Joint",
            "Noiseless Joint PPGN-h does not have the best images: another sampler's FD is lower",
        ),
        "C11": Sentences(
            "at the same epsilons Noiseless converges and mixes more slowly than Joint",
            "at the same epsilons Noiseless is ahead of Joint in convergence or in travel",
        ),
        "C12": Sentences(
            "FD rises with the training noise: more of it lowers quality",
            "FD falls as the training noise rises: more of it does not lower quality",
        ),
        "C13": Sentences(
            "without its adversarial loss Joint draws images that are worse by FD and by their high frequencies",
            "without its adversarial loss Joint draws images that are better by FD or by their high frequencies",
        ),
        "C14": Sentences(
            "of the reconstruction losses that of h1 is missed most, and that of h is not missed",
            "the reconstruction losses do not rank as the paper has it: one part of that order is reversed",
        ),
        "C15": Sentences(
            "on one and the same generator the learned prior lowers FD and raises coverage",
            "on one and the same generator the learned prior raises FD or lowers coverage",
        ),
        "C16": Sentences("judge accuracy falls as epsilon 1 grows", "judge accuracy rises as epsilon 1 grows"),
        "C17": Sentences(
            "one generator serves another classifier's classes: they are met more often than by random codes",
            "one generator meets a class of another classifier less often than random codes do",
        ),
        "C18": Sentences(
            "samples of Joint cover as much as random real images do, and more than the judge's favourites",
            "samples of Joint cover not as much as random real images do, or less than the judge's favourites",
        ),
        "C19": Sentences(
            "epsilon 3 adds variety and costs no quality beyond the margin",
            "epsilon 3 lowers variety, or costs more quality than the margin",
        ),
        "C20": Sentences(
            "samples of Joint cover less than real images do", "samples of Joint cover more than real images do"
        ),
        "C21": Sentences(
            "hidden units show several kinds of image at equal activation",
            "hidden units show hardly more than one kind of image at equal activation",
        ),
        "C22": Sentences(
            "with epsilon 4 a fill fits its context better, and its class is not less sure",
            "with epsilon 4 a fill fits its context worse, or its class is less sure by more than the margin",
        ),
        "C23": Sentences(
            "an epsilon 3 of 1e-17 changes no metric of any seed",
            "an epsilon 3 of 1e-17 changes at least one metric of one seed",
        ),
        "C24": Sentences(
            "the gradient of the target's logit alone steers as well as the true one, within the margin",
            "the gradient of the target's logit alone steers differently from the true one, beyond the margin",
        ),
        "C25": Sentences(
            "an epsilon 1 of 1e-5 does nothing under the plain update, and under the released one it lowers FD",
            "an epsilon 1 of 1e-5 acts under the plain update, or raises FD under the released one",
        ),
    }
)

TAGS = (
    "How a source is known. [T]: the paper's own text. [C]: the authors' released code. [P]: a port of "
    "their training files. [S]: other people's summaries. [M]: memory, a hypothesis."
)
UNREAD = (  # PAPER.md, section 8
    "the grid of training noise and its unit",
    "the weight of the loss on codes",
    "the noise of the denoising autoencoders, and their architectures for images",
    "whether the published chains used the released normalisation and clip",
    "whether Joint's R_h injects noise while sampling",
    "the supplement's numbers",
    "which learning rate made the published weights",
)
SEARCHED = (  # docs/settings.md, docs/imagenet.md
    "The epsilons of each sampler were chosen of 32 trials, the same for all, by the FD of two judges and the energy "
    "of the highest octave together, of trials with a judge accuracy of 0.8 or more and at most 10 % of chains without "
    "a picture, or near the best in these where there were none: on MNIST and on shapes apart, with seeds "
    "and real images that no report uses. On ImageNet they were chosen of 8 trials by the judge's p, of those that the "
    "network that steers believes, on classes that no report uses. Other data sets have MNIST's. DGN-AM + noise has "
    "those of Noiseless Joint PPGN-h, without its prior."
)


def _training(joint: Recipe) -> str:
    """How the generators' training differs from the paper's, by their recipe."""
    weights = ", ".join(f"L_{SYMBOLS[term]} {weight:g}" for term, weight in joint.weights.items())
    rival = joint.rival
    assert rival is not None
    when = "in every iteration" if rival.every == 1 else f"once in {rival.every} iterations"
    return (
        "Training keeps the paper's losses and its balance of generator and discriminator, at weights of this suite "
        f"(each loss over the variance of its target; {weights}), with a cosine decay, a moving average of the "
        f"weights, a discriminator that learns {when} at {rival.rate:g} times the generator's rate (Adam's beta1 "
        f"{rival.betas[0]:g}), upsampling before the last convolution, and a head of the encoder that regresses the "
        "pooled image."
    )


DIFFERS = (
    "The update is the plain Eq. 11 of the paper (Eq. 7 in pixels), with images cut to their range after each "
    "step. The released sampler differs from it: it normalises the step, clips the codes and keeps only the "
    "target's part of the condition's gradient.",
    "The data sets are small and so are the networks: what is compared with the paper is an order of "
    "samplers, never a value.",
    _training(RECIPES["joint"]),
    "The encoder's code is normalised over the batch before its ReLU, which CaffeNet does not do: without it half of "
    "the units never fire. R_h has the layers of the paper's [S], but they estimate the noise, which is taken "
    "off, and no code that it gives is negative.",
    "FD (judge) is a Fréchet distance in the features of this suite's own judge. It is not FID and not "
    "comparable with any published FID; IS, KID, precision and recall use the same judge.",
    "The judge neither trained nor steered any sampler. Judge accuracy and IS still measure steering "
    "more than realism: pictures that are visibly garbage can score high on both.",
    "Numbers that are known from memory alone are not printed here as the paper's, and neither are "
    "epsilons: those of the table of samplers are this suite's.",
)

# PAPER.md, section 3: read in the released sampler [C], the last in a port of the training files [P].
RELEASED_SAMPLER = (  # part of the step, Eq. 11, the released code
    ("step", "as the terms make it", "normalised: (λ / mean |d|) d, with λ from 1 linearly down"),
    ("noise", "added after the step", "part of d, so inside the normalisation"),
    ("ε3", "explores", "1e-17: from a given start the chain is deterministic up to rounding"),
    ("bounds", "none", "codes cut to [0, 30] after each step"),
    ("condition", "gradient of log softmax, (1 - p) at the target, -p elsewhere", "only (1 - p) at the target; "
     "DGN-AM's own code: the raw logit"),
    ("crop", "none", "G makes 256², the centre crop of 227² is shown to C"),
    ("resets", "none", "some scripts redraw h and ε1 ~ U(1e-6, 1e-2) every 100 steps"),
    ("selection", "none", "some scripts keep only samples with p > 0.98"),
    ("start", "a code", "N(0, I), though codes come out of a ReLU"),
    ("steps", "-", "200 (class), 1000 (hidden unit), 20 (inpainting)"),
    ("D sees", "x", "x and h [P]"),
)  # fmt: skip

README_RATIOS = (1e-5, 1e-3, 1e-1)  # of epsilon 1 to epsilon 2, that the README of the released code remarks on
README_ARROWS = (
    "Arrows at the right: where epsilon 1 is 1e-5, 1e-3 and 1e-1 of epsilon 2, as far as it lies on the map; the "
    "README of the released code remarks on these settings [C] (its update is normalised, so only the ratio can be "
    "compared)."
)

LIMITS = (
    "The exact parts of each claim were written after the first runs of this suite had been seen, though the "
    "directions and the kinds of measure stood before.",
    "A verdict is about the measure that stands beside it. FD, precision and accuracy are kind to class means, and "
    "coverage falls with the quality of pictures, too: no one of them is quality or diversity itself. Recall and "
    "1 - SSIM, which like broken pictures, decide nothing.",
    "Undecided is no verdict: absence of evidence with these seeds. Beside it stands what keeps it open: the "
    "correction over all claims, a curve that turns, or too wide an interval, with the number of seeds that would do.",
)


def limits(results: Results) -> list[str]:
    """What no run of these sizes settles, and how far a verdict goes."""
    sides = sorted({side for row in results.manifest.datasets for side in row.image[1:]})
    images = f"Images have {listed([f'{side}' for side in sides])} pixels a side, the paper's 227, and the networks"
    small = (
        f"{images if sides else 'The networks'} are small. Whether a claim holds at the paper's size is not settled "
        "here: what is measured is what the samplers do when all have the same networks, starts and budget."
    )
    return [small, *LIMITS]


def outcome(claim: str, statement: str, verdict: str) -> str:
    """A claim's outcome in words, to follow "On digits, " or to stand alone; statement: what the paper says."""
    known = SENTENCES.get(claim)
    if known and verdict in known._fields:
        return str(getattr(known, verdict))
    return {
        "reproduced": f"it holds that “{statement}”",
        "contradicted": f"it is contradicted that “{statement}”",
        "undecided": f"it is undecided whether “{statement}”",
        "not run": f"it was not run whether “{statement}”",
    }[verdict]
