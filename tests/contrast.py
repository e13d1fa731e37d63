"""The contrast of two colours, as WCAG 2 defines it: from 1 to 21; 4.5 is enough for text, 3 for a line."""


def contrast(*colours) -> float:
    """Compare two colours, each of three shares of 1: red, green, blue."""
    light, dark = sorted(map(_luminance, colours), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour) -> float:
    red, green, blue = map(linear, colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(share: float) -> float:
    """Return the light of a share of an sRGB colour."""
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
