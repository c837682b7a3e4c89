"""What the paper says of training: of denoisers, of training noise, and of the generator's losses."""

from collections.abc import Mapping

from ppgn_bench.claims.parts import ABLATIONS, JOINT, Alike, Arm, Claim, Difference, Ordered

LEVELS = (0, 0.01, 0.1, 0.2, 0.3, 0.5)  # of training noise
SIGMAS, SIZES = (0.1, 0.2, 0.4, 0.8), (100, 1000, 10_000)


def _denoiser(sigma: float, size: int) -> Arm:
    return Arm(f"denoiser+sigma={sigma:g}+size={size}", "world")


TRAINING: Mapping[str, Claim] = {
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
        turn="denoisers with less data or less noise: with 100 states and sigma 0.1 the error is above 1",
        worlds=True,
    ),
    "C8": Claim(
        text="PPGN-h is limited by how well its MLP models p(h)",
        section="3.3",
        basis="S",
        measured="denoising error on held-out codes with 10 % noise on the code alone: R_h above E(G(h)) of Joint",
        parts=(Difference("held_out_denoised_code", Arm("code_denoiser", "training"), ">", Arm("joint", "training")),),
        turn="a larger or better trained MLP; the error of a denoiser is not that of its samples",
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
        turn="larger images: on small ones there is little that a reconstruction loss blurs",
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
}
