"""The page as a file: what a browser is told of it, and what must not be in it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from itertools import product

import pytest

from server.web.page import Page, policy_of

PAGE = Page()
TEXT = PAGE.data.decode()
LARGEST, LARGEST_ZIPPED = 90 * 1024, 29 * 1024  # bytes


def test_the_policy_has_the_hashes_of_style_and_script() -> None:
    """Of each exactly one, and of nothing else."""
    policy = policy_of("<style>a{}</style><script>1</script>")
    for text, kind in (("a{}", "style"), ("1", "script")):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}';" in policy
    assert PAGE.policy.count("sha256-") == 2
    for rule in (
        "default-src 'none'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ):
        assert rule in PAGE.policy
    assert "unsafe" not in PAGE.policy


def test_the_page_is_one_small_file() -> None:
    """It loads nothing from anywhere, and is the same when it is packed."""
    assert len(PAGE.data) < LARGEST
    assert len(PAGE.zipped) < LARGEST_ZIPPED
    assert gzip.decompress(PAGE.zipped) == PAGE.data
    assert not re.search(r"<(?:img|iframe|object|embed|script [^>]|base|form [^>]*action)", TEXT)
    assert set(re.findall(r"https?://[^\s'\"`]+", TEXT)) <= {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize(
    "word",
    ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", " style=", " onclick"],
)
def test_text_never_goes_into_the_page_as_html(word: str) -> None:
    """Nothing that could do so is in its script."""
    assert word not in TEXT


def colours(scheme: str) -> dict[str, str]:
    """Return the colours of the light or of the dark scheme."""
    light, dark = re.findall(r":root \{(.*?)\}", TEXT, re.DOTALL)
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]+);", light if scheme == "light" else dark))


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2)."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(scheme: str) -> None:
    """With a contrast of 4.5 at least: names, text and what stands beside it, each on every ground that it can have."""
    found = colours(scheme)
    assert len([name for name in found if re.fullmatch("c[0-9]+", name)]) == 12
    for name, ground in product([f"c{number}" for number in range(12)], ["ground", "panel"]):
        assert contrast(found[name], found[ground]) >= 4.5, (name, ground)
    for ground in ("ground", "panel", "bubble", "own", "private"):
        assert contrast(found["ink"], found[ground]) >= 7, ground
    for name, ground in product(["dim", "bad", "accent", "private-edge"], ["ground", "panel"]):
        assert contrast(found[name], found[ground]) >= (4.5 if name != "private-edge" else 3), (name, ground)
    assert contrast(found["on-accent"], found["accent"]) >= 4.5
