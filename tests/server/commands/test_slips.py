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
        *(
            " /logon a P",
            "//logon a P",
            "／logon a P",
            " /registered P",
            " /registry P",
            "、passport a P",
            " /logic a P",
        ),
        *(
            " /reg P",
            "、log a P",
            "//pass a P",
            "／signin a P",
            " /log in a P",
            " /un register P",
            " /sign in sheet please",
        ),
    ],
)
def test_behind_a_slash_more_words_are_mistyped(text: str) -> None:
    """Nobody begins a sentence with a slash."""
    assert is_slip(text)


@pytest.mark.parametrize("name", ["a", "bob", "小明", "as bob"])
@pytest.mark.parametrize("password", ["P", "hunter2", "secret", "correct-horse", "s3", "Qwerty!"])
@pytest.mark.parametrize("word", ["logon", "signin", "log in", "log on", "log-in", "Sign in", "LOG IN", "log_in"])
def test_a_login_under_another_name_is_found(word: str, name: str, password: str) -> None:
    """A name and what may be a password stand behind it. `a` is an article, too, so what follows it has to look harder."""
    assert is_slip(f"{word} {name} {password}") == (name != "a" or password != "secret")


@pytest.mark.parametrize(
    "text",
    [
        *("pass old P", "pass older newone1", "pass word older newer1", "psswd old P", "pwd old P", "pswd old P"),
        *("l ogin a P", "lo gin a P", "un register P", "un-register P", "reg ister hunter2", "p assword old new"),
    ],
)
def test_a_command_in_two_words_or_with_less_of_it_is_found(text: str) -> None:
    """The number of words behind it is right."""
    assert is_slip(text)


@pytest.mark.parametrize(
    "text",
    [
        *("7login a P", "7register P", "7Login a P", "7logon a P", "1ogin a P", "l0gin a P", "lo9in a P", "log1n a P"),
        *("pa55word old new", "reg1ster P", "un7egister P"),
    ],
)
def test_a_digit_for_a_letter_or_a_slash_is_found(text: str) -> None:
    """On a German keyboard, the slash is above the 7."""
    assert is_slip(text)


@pytest.mark.parametrize(
    "text",
    [
        *("[A/login a P", "[Alogin a P", "^[[A/login a P", "^[[Alogin a P", "[A[B[A/login a P", "[1;5Clogin a P"),
        *("[3~login a P", "[200~/login a P[201~", "OA/login a P", "lo[Dgin a P", "[H/register P", "^[/login a P"),
    ],
)
def test_what_keys_send_hides_no_password(text: str) -> None:
    """Without a line editor they send an escape sequence. Its control character is taken out before."""
    assert is_slip(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "lo\u00adgin a P",
            "log\u200bin a P",
            "\ufefflogin a P",
            "l\u200bogin a P",
            "login\u200ba\u200bP",
            "log\u200bin\u2060 a P",
        ),
        *(
            "lògin a P",
            "lo\u0301gin a P",
            "lоgin a P",
            "ｌòｇｉｎ a P",
            "rеgistеr P",
            "unrεgister P",
            "ʟᴏɢɪɴ a P",
            "passwоrd x y",
        ),
    ],
)
def test_other_letters_and_what_is_not_seen_hide_no_password(text: str) -> None:
    """The soft hyphen and zero-width blanks come with what was copied, other letters with another keyboard."""
    assert is_slip(text)


@pytest.mark.parametrize(
    "text", ["/login a P", " /login a P", "／login a P", "、lgoin a P", "\\pass old P", "7login a P", "//reg P"]
)
def test_only_a_slash_makes_a_command_of_what_is_said_to_somebody(text: str) -> None:
    """Without it, whoever says so to somebody means it."""
    assert is_slip(text, needs_slash=True)
    assert not is_slip(text.lstrip(" /／、\\7"), needs_slash=True)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "注册 secret",
            "注册 Ab1",
            "登录 op secret",
            "登陆 op s3",
            "登录|op|secret",
            "登录：op secret",
            "、登录 op secret",
        ),
        *(
            "密码 secret secret2",
            "修改密码 secret secret2",
            "改密码　secret　secret2",
            "注销 secret",
            "登录 小明 hunter2",
        ),
        *("登錄 小明 hunter22", "登入 小明 hunter22", "註冊 secret", "密碼 hunter22", "註銷 secret", "更改密码 A B"),
        *(
            "请登录 小明 hunter22",
            "登录，小明，hunter22",
            "登录,小明,hunter22",
            "登录:小明:hunter22",
            "登录 小明 a,b,c1",
        ),
        *(
            "登录小明 hunter22",
            "登录小明,hunter22",
            "注册hunter22",
            "密码hunter22",
            "密码是 hunter22",
            "改密码a1b2c3 hunter22",
        ),
        *(
            "登录 用户名 小明 密码 hunter22",
            "登录 小明 密码 hunter22",
            "注册密码 hunter22",
            "登录用户名小明密码hunter22",
        ),
    ],
)
def test_a_command_in_chinese_is_found(text: str) -> None:
    """`/help` says these words for our commands. Said to somebody, they are meant."""
    assert is_slip(text)
    assert not is_slip(text, needs_slash=True)


@pytest.mark.parametrize("before", ["s", "0", "啊", "xx", ". s"])
@pytest.mark.parametrize(
    "line", ["/login bob hunter22", "／Login 小明 hunter22", "、register secret", "\\password a B"]
)
def test_a_letter_in_front_of_the_slash_hides_no_password(before: str, line: str) -> None:
    """It was left over in the line. Nobody writes so to somebody either."""
    assert is_slip(before + line)
    assert is_slip(before + line, needs_slash=True)


TALK = """
log in to the server|log in again please|log in first|log in and you will see|log in as admin|log in failed again
log in with your phone|log in once more|log in keeps failing|log in a hurry|log in a minute|log in later today
log in 不了 怎么办|log on to the site|log on at nine|log files are full|log it please|log out and back in
sign in sheet please|sign in at the desk|sign in here|sign in page is broken|sign in before noon|sign in 请 点这里
sign up today|sign the form please|signing in now|signs of life here|sign in problem solved|sign in button missing|log in issue resolved
pass the salt|pass me the butter|pass it on please|pass that along now|pass all tests today|pass 了吗 兄弟|pass a law
pass your exam tomorrow|pass rate is low|passing by again|passes are sold out|passport is lost|passport control now
passwords are bad|passwords should be long|password|pass away peacefully|pass old things|past and present|pastry for breakfast
logic is hard|logic puzzles rock|logon is slow|logon server down|logan came late|logins are slow today|logan was great
logs are here|logistics is hard|logging in now|longing for rain|logout works fine|lo and behold|logical thinking helps
registered already|registers are fast|registry is full|registrar said no|regular as ever|registration is open
regarding your mail|re-register please now|resister gets hot now|UN register of damage|unregistered users can read
7 login attempts failed|7up is good|1 login left today|24 hours to go|100 people register daily|2 logs were lost
- logic is hard|* passports are lost|(registered already)|"logic" is a word|...passwords are bad|#logic is fun|1. log in 2. type
[a] logs are here|[b] pass the salt|Oh login works now|^_^ logging in now|begin the work|gin and tonic please|origin of the name
a login is needed|the login is broken|to bob login a b|please login now|my password is long|who can register here|can I log in now
注册 x|注册了吗 大家|登录 不了 了|登录名 和 密码|密码 是 什么|怎么 login 啊|我 login 不了|请 register 一下|login不了 怎么办|log in不了
注册GitHub|登录github失败|登录了 大家好|登录12306|登录163邮箱|登录成功了|登录成功了，谢谢|你的密码是什么|密码是什么|登入 不了|登錄 成功
登录 不了 怎么办|密码，忘了|请登录|请注册|请登录后再试|更改密码 怎么做|注册用户名 成功|登录 用户名 密码|登录，然后 看看|登錄 op 很慢|密码忘了 help
see https://x/login page|https://x.org/login bob hunter22|x/login page|a/login is down|w/login broken now|s/login|and/login bob hunter22
大家好|今天 登录 很慢|密码忘了 怎么办|7点 开会 吧|注销 账号 吗|注册 成功|密码 忘了|注册 qq 号|登录 op 很慢|登录 op secret 不行|登录 op is slow|登录|密码 ok|我用 password 登录|logo 很好看 啊|login|register|/|who| |hello
привет как дела|пас на право|г а|éa b c|logon|pass|log in|un register|sign in
"""


@pytest.mark.parametrize("text", ["", *TALK.strip("\n").replace("\n", "|").split("|")])
def test_talk_stays_talk(text: str) -> None:
    """Words that only resemble one of ours, ours with nothing behind them, and sentences that begin with such words."""
    assert not is_slip(text)


def test_a_long_line_is_not_dear() -> None:
    """Only its beginning is looked at, and each word once."""
    assert not is_slip("x" * 4000)
    assert not is_slip("\u0301" * 4000)
    assert is_slip(f"login {'x' * 4000}")
