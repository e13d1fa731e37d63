"""The colours of the charts can be seen on a light page and on a dark one, and told apart by the colour-blind."""

import itertools

import numpy
import pytest
from matplotlib.colors import to_rgb

from casual_training.analysis.charts.style import COLOURS
from contrast import contrast, linear

# hue-rotate(180deg) as the standard of filter effects gives it; invert(.9) comes before it.
HALF_A_TURN = [[-0.574, 1.430, 0.144], [0.426, 0.430, 0.144], [0.426, 1.430, -0.856]]
# What light those see who lack a kind of cone: Machado, Oliveira and Fernandes (2009), severity 1.
CONES = {
    "all": numpy.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
# From linear light to OKLab, a space in which distances are about as large as they look.
TO_LMS = [[0.41222, 0.53633, 0.05145], [0.2119, 0.6807, 0.1074], [0.0883, 0.28172, 0.62998]]
TO_LAB = [[0.21045, 0.79362, -0.00407], [1.978, -2.42859, 0.45059], [0.0259, 0.78277, -0.80868]]


def in_the_dark(colour):
    """Return the colour that a chart's becomes on a dark page."""
    return numpy.clip(numpy.array(HALF_A_TURN) @ (0.9 - 0.8 * numpy.array(colour)), 0, 1)


def seen(colour, cones):
    light = numpy.clip(numpy.array(cones) @ [linear(share) for share in to_rgb(colour)], 0, 1)
    return numpy.array(TO_LAB) @ numpy.cbrt(numpy.array(TO_LMS) @ light)


@pytest.mark.parametrize("colour", COLOURS)
def test_a_colour_contrasts_with_white_and_the_dark_page(colour):
    assert contrast(to_rgb(colour), (1, 1, 1)) >= 3
    assert contrast(in_the_dark(to_rgb(colour)), in_the_dark((1, 1, 1))) >= 3


@pytest.mark.parametrize("cones", CONES)
def test_no_two_colours_look_the_same_whatever_cones_somebody_has(cones):
    looks = [seen(colour, CONES[cones]) for colour in COLOURS]
    # Twice what can just be seen side by side, 0.02.
    assert min(numpy.linalg.norm(one - other) for one, other in itertools.combinations(looks, 2)) > 0.04
