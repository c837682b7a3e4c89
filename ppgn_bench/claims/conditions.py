"""What the paper says of other conditions than its classes: other classifiers, hidden units, contexts (Sec. 4)."""

from collections.abc import Mapping

from ppgn_bench.claims.parts import CONDITIONS, Arm, Claim, Difference, NotWorse

SWAPPED, RANDOM = Arm("swapped", "conditions"), Arm("swapped_random", "random_codes")
UNITS = Arm("units", "units")
# The epsilon 4 that the rule of docs/conditions.md chose, on seeds that no verdict uses.
FITTED, UNFITTED = (Arm(f"inpainting+epsilon_context={value}", "contexts") for value in ("0.1", "0"))
FACETS = 1.5  # effective facets: halfway from one kind of image to two that are equally frequent


def _more_often(factor: str) -> Difference:
    return Difference(f"met_{factor}", SWAPPED, ">", RANDOM, optional=True)


OF_CONDITIONS: Mapping[str, Claim] = {
    "C17": Claim(
        text="One generator serves other condition networks without retraining",
        section="4",
        basis="T",
        measured="values of factors that neither generator nor encoder was trained on, seen by a judge of factors: "
        "thickness, slant and loop of digits, size of shapes, each met more often than by random codes. Hue and "
        "background are no part of it: the encoder's head for the pooled image shows them",
        parts=tuple(_more_often(factor) for factor in ("thickness", "slant", "loop", "size")),
        turn="a factor that the generator cannot draw; a condition network that is easily fooled",
        config=CONDITIONS,
    ),
    "C21": Claim(
        text="Hidden units show several facets",
        section="4.3",
        basis="T",
        measured=f"effective facets among Joint's samples for the most selective units, over {FACETS}: clusters in "
        "judge features of pictures that are as active as the unit's top training images",
        parts=(Difference("unit_facets", UNITS, ">", FACETS),),
        turn="other units or another layer; more chains of a unit",
        config=CONDITIONS,
    ),
    "C22": Claim(
        text="In inpainting, epsilon 4 fits the context better than the class alone",
        section="4.4",
        basis="T",
        measured="error of what is drawn around the hole is lower with epsilon 4, the judge's p of the class not worse",
        parts=(Difference("context_error", FITTED, "<", UNFITTED), NotWorse("fill_probability", FITTED, UNFITTED)),
        turn="another epsilon 4: the grid is in the report",
        config=CONDITIONS,
    ),
}
