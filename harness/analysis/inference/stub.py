"""Stand-in."""

from harness.analysis.inference.results import Contrast, Inference, Tested


def stub() -> Inference:
    def c(e, lo, hi, unit="points per tenfold compute"):
        return Contrast(
            e,
            (lo, hi),
            0.03,
            1.0,
            4.2,
            unit,
            ("la", "lb", "lc"),
            ("ha", "hb", "hc"),
            ("toy_nli", "toy_senses"),
            3,
            False,
        )

    return Inference(
        Tested("slopes, low minus high", c(1.2, -2.1, 4.4), True),
        Tested("mean gain, low minus high", c(-0.5, -2, 1, "points"), True),
        (Tested("slopes, toy_polarity", c(2.1, -1, 5), False), Tested("slopes, toy_qa", c(0.3, -2.5, 3.1), False)),
        (
            Tested("without Tatoeba", c(1.3, -2, 4.6), True),
            Tested("error reduction scale", c(0.05, -0.1, 0.2, "logit per tenfold compute")),
        ),
        "not told apart",
        "Low-resource languages gain +1.2 [-2.1, +4.4] points more per tenfold intermediate compute than high-resource ones, so the two are not told apart (stub).",
        ("a note",),
    )
