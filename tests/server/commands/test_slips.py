"""Which lines were meant to hold a password. Everything else stays talk."""

from __future__ import annotations

import pytest

from server.commands.slips import is_slip

SLIPS = """
register x|Register x|REGISTER  x|/Register x|/regster x|register y z|regsiter x|.unregister x|unregster x
login a b|／login a b|、login a b|\\login a b|ｌｏｇｉｎ a b|LOGIN a|lgoin a b|//login a b|  login a b|login: a|login　a　b
password a b|passwrod a b|Password|a|b|/registre x
""".replace("\n", "|").split("|")


@pytest.mark.parametrize("text", [line for line in SLIPS if " " in line.strip() or "\u3000" in line])
def test_a_mistyped_password_is_found(text: str) -> None:
    """However its command was written: with another slash, in another case or width, with a letter too few."""
    assert is_slip(text)


@pytest.mark.parametrize("text", ["/login|a|b", "register|x", "login\ta\tb", "password\u3000a\u3000b"])
def test_any_separator_separates(text: str) -> None:
    """People have seen `rename|NAME` somewhere."""
    assert is_slip(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "hello", "大家好", "register", "login", "/", "who", "to bob login a b", "the login is broken"),
        *("logic is hard", "passwords are bad", "registered already", "passport is lost", "begin the work"),
        *("log in a b", "logging in now", "注册 x", "password-free"[:8]),
    ],
)
def test_talk_stays_talk(text: str) -> None:
    """Words that only resemble one of ours, and ours with nothing behind them."""
    assert not is_slip(text)


def test_a_long_line_is_not_dear() -> None:
    """Only its beginning is looked at, and each word once."""
    assert not is_slip("x" * 4000)
    assert not is_slip("\u0301" * 4000)
    assert is_slip(f"login {'x' * 4000}")
