"""Which names are allowed, and when two are the same."""

from __future__ import annotations

import importlib
import pkgutil
import re
import timeit
import unicodedata

import pytest

from server import commands
from server.chat import names, texts
from server.chat.names import BadName, check, fold

WORDS = {"who", "rename", "to", "help", "quit"}  # the words of some commands


@pytest.mark.parametrize(
    "name", ["a", "小明", "José", "a-b_c.d", "x" * 32, "世" * 32, "नमस्ते", "٣", "10", "1.2.3", "a.b.c.d", "toto"]
)
def test_a_good_name_stays_as_it_is(name: str) -> None:
    """A good name has up to 32 letters, marks, digits, `_`, `-` and `.`."""
    assert check(name, WORDS) == name


# Names and words in many scripts, with the marks and the viramas that their spelling needs.
REAL = """
小明 李雷 永远在线 人生 さくら パパ ガンダム 김철수 José Zoë Nguyễn Ọlátúńjí ǫ́ İstanbul ışık Ольга Ελένη Հայկ ბექა אבגד שָׁלוֹם שַּׁבָּת
محمد محمّد اللّٰه عَلِيّ علی۱ ทักษิณ น้ำ ที่ เชียงใหม่ ສະບາຍດີ नमस्ते रामः अर्थात् अर्थात्_1 बुद्धि ज़ुं ক্ষ ড়ুঁ ਖ਼ੁੰ க் தமிழ் அஃது മലയാളം
മാധവന് తెలుగు ಕನ್ನಡ සිංහල རྒྱུ ཧཱུྃ မြန်မာ မြို့ လျှို့ဝှက် ကျွန်တော် မန္တလေး အင်္ဂါ ខ្មែរ ភ្នំពេញ សុភ័ក្ត្រ ꦗꦮ ᮞᮥᮔ᮪ᮓ ᨲᩣᩴ አበበ ߒߞߏ ᏣᎳᎩ
ⵜⵉⴼⵉⵏⴰⵖ ⵓⵙⵎ ꓡꓲꓽ Im i.o.l lol.oil v1.2.3 2024.01.02 a1b2c3d4
"""


@pytest.mark.parametrize("name", REAL.split())
def test_real_names_of_many_scripts_are_good(name: str) -> None:
    """The rules against look-alikes leave alone what people are called."""
    assert check(name, WORDS) == unicodedata.normalize("NFC", name)


def test_a_name_is_shown_in_nfc() -> None:
    """Its length is counted in that form too."""
    assert check("Jose\u0301") == "José"
    assert check("e\u0301" * 32) == "é" * 32


def test_the_reasons_are_exact() -> None:
    """The reasons are what the user reads, byte for byte."""
    assert (texts.NAME_TOO_LONG, texts.NAME_BAD_CHARACTER) == ("长度须为 1 到 {} 个字符", "只能使用字母、数字和 _ - .")
    assert (texts.NAME_LIKE_ADDRESS, texts.NAME_LIKE_COMMAND) == ("不能使用地址的形式", "不能使用命令的名称")
    assert texts.NAME_LIKE_SERVER == "不能使用服务器的用语"


BAD = {
    "": texts.NAME_TOO_LONG.format(32),
    "x" * 33: texts.NAME_TOO_LONG.format(32),
    "a b": texts.NAME_BAD_CHARACTER,
    "a|b": texts.NAME_BAD_CHARACTER,
    "a/b": texts.NAME_BAD_CHARACTER,
    "[a]": texts.NAME_BAD_CHARACTER,
    "a:b": texts.NAME_BAD_CHARACTER,
    "a\x07": texts.NAME_BAD_CHARACTER,
    "a\u200b": texts.NAME_BAD_CHARACTER,
    "a\u202eb": texts.NAME_BAD_CHARACTER,
    "\u3164": texts.NAME_BAD_CHARACTER,
    "a\ufe0f": texts.NAME_BAD_CHARACTER,
    "a\U000e0100": texts.NAME_BAD_CHARACTER,
    "\u0301a": texts.NAME_BAD_CHARACTER,
    "a\ufffd": texts.NAME_BAD_CHARACTER,
    "½": texts.NAME_BAD_CHARACTER,
    "😀": texts.NAME_BAD_CHARACTER,
    "1.2.3.4": texts.NAME_LIKE_ADDRESS,
    "127.0.0.1:80": texts.NAME_LIKE_ADDRESS,
    "１.２.３.４": texts.NAME_LIKE_ADDRESS,
    "[::1]:80": texts.NAME_LIKE_ADDRESS,
    "::1": texts.NAME_LIKE_ADDRESS,
    "fe80::1%eth0": texts.NAME_LIKE_ADDRESS,
    "[fe80::1%eth0]:80": texts.NAME_LIKE_ADDRESS,
    "fe80ꓽꓽ1": texts.NAME_LIKE_ADDRESS,
    "[fe80ːː1%eth0]ː80": texts.NAME_LIKE_ADDRESS,
    "127.0.0.1ꓽ40312": texts.NAME_LIKE_ADDRESS,
    "127.0.0.1ː40312": texts.NAME_LIKE_ADDRESS,
    "127.0.0.1ः40312": texts.NAME_LIKE_ADDRESS,
    "127.0.0.1ⵓ40312": texts.NAME_LIKE_ADDRESS,
    "127.0.0.1.40312": texts.NAME_LIKE_ADDRESS,
    "127.0.0.1-40312": texts.NAME_LIKE_ADDRESS,
    "_127.0.0.1": texts.NAME_LIKE_ADDRESS,
    "ˈ127.0.0.1": texts.NAME_LIKE_ADDRESS,
    "127ꓸ0ꓸ0ꓸ1": texts.NAME_LIKE_ADDRESS,
    "l27.O.O.I": texts.NAME_LIKE_ADDRESS,
    "lO.O.O.l": texts.NAME_LIKE_ADDRESS,
    "127.О.о.ӏ": texts.NAME_LIKE_ADDRESS,
    "١٢٧.٠.٠.١": texts.NAME_LIKE_ADDRESS,
    "१२७.०.०.१ः४०३१२": texts.NAME_LIKE_ADDRESS,
    "𝟙𝟚𝟟.𝟘.𝟘.𝟙": texts.NAME_LIKE_ADDRESS,
    "bobː80": texts.NAME_LIKE_ADDRESS,
    "127٠0٠0٠1": texts.NAME_BAD_CHARACTER,
    "bobː": texts.NAME_BAD_CHARACTER,
    "bobꓽhi": texts.NAME_BAD_CHARACTER,
    "小明ꓽ下线": texts.NAME_BAD_CHARACTER,
    "bobः": texts.NAME_BAD_CHARACTER,
    "\ufe70": texts.NAME_BAD_CHARACTER,
    "\u037aa": texts.NAME_BAD_CHARACTER,
    "\ufdfa" * 32: texts.NAME_BAD_CHARACTER,
    "a\U00016fe4": texts.NAME_BAD_CHARACTER,
    "bob\u0316\u0317\u0318": texts.NAME_BAD_CHARACTER,
    "bob\u0316\u0316": texts.NAME_BAD_CHARACTER,
    "bob\u20dd": texts.NAME_BAD_CHARACTER,
    "ก็็": texts.NAME_BAD_CHARACTER,
    "a.\u0332": texts.NAME_BAD_CHARACTER,
    "1\u0301": texts.NAME_BAD_CHARACTER,
    "က္": texts.NAME_BAD_CHARACTER,
    "က္က္": texts.NAME_BAD_CHARACTER,
    "က္a": texts.NAME_BAD_CHARACTER,
    "a्क": texts.NAME_BAD_CHARACTER,
    "who": texts.NAME_LIKE_COMMAND,
    "Rename": texts.NAME_LIKE_COMMAND,
    "ＴＯ": texts.NAME_LIKE_COMMAND,
    "help": texts.NAME_LIKE_COMMAND,
    "quit": texts.NAME_LIKE_COMMAND,
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_name_has_its_reason(name: str) -> None:
    """A bad name raises BadName, whose text is the reason."""
    with pytest.raises(BadName) as caught:
        check(name, WORDS)
    assert str(caught.value) == BAD[name]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bob", "BOB"),
        ("bob", "ｂｏｂ"),
        ("ß", "SS"),
        ("ﬁn", "FIN"),
        ("é", "E\u0301"),
        ("ϓ", "Υ\u0301"),
        ("ı", "I"),
        ("ı", "i"),
        ("ᾼ", "ᾳ"),
        ("ῇ", "Η͂Ι"),
    ],
)
def test_names_that_look_alike_are_one(one: str, other: str) -> None:
    """Case, width and compatibility do not tell names apart."""
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"), [("bob", "bob1"), ("e", "é"), ("小明", "小名"), ("a.b", "ab"), ("a-b", "a_b")]
)
def test_other_names_stay_apart(one: str, other: str) -> None:
    """Marks and signs tell names apart."""
    assert fold(one) != fold(other)


def good_or_bad(name: str) -> str:
    """Return the reason why a name is bad, or an empty text."""
    try:
        check(name)
    except BadName as error:
        return str(error)
    return ""


def test_nothing_invisible_and_no_foreign_mark_hides_in_a_name() -> None:
    """No mark of another script, no virama of any script, and nothing that draws nothing makes a second `bob`."""
    reserved = {*range(0xFFF0, 0xFFF9), *range(0xE0000, 0xE1000), 0x2065}
    for code in (*range(0x20000), *reserved):
        mark = chr(code)
        name = unicodedata.name(mark, "")
        virama = unicodedata.combining(mark) == 9
        foreign = unicodedata.category(mark)[0] == "M" and not name.startswith("COMBINING")
        if virama or foreign or code in reserved or "FILLER" in name or unicodedata.category(mark) in ("Cf", "Me"):
            assert good_or_bad(f"bob{mark}"), name
            assert good_or_bad(f"b{mark}ob"), name
            assert good_or_bad(f"{mark}bob"), name


# The viramas that only stack letters, as the Unicode names and charts have them: nothing is seen of them alone.
STACKERS = "\u1039\u17d2\u1a60\u1bab\u2d7f\uaaf6\U00010a3f\U00011133\U0001193e\U00011a47\U00011a99\U00011d45"


@pytest.mark.parametrize("stacker", STACKERS, ids=ascii)
def test_an_invisible_stacker_ends_no_name(stacker: str) -> None:
    """This holds behind a letter of its own script too."""
    script = unicodedata.name(stacker).partition(" ")[0]
    letters = [chr(code) for code in range(0x20000) if unicodedata.name(chr(code), "").startswith(f"{script} ")]
    letter = next(letter for letter in letters if unicodedata.category(letter) == "Lo")
    assert good_or_bad(letter) == ""
    assert good_or_bad(letter + stacker + letter) == ""
    for end in ("", "_", "1", "a"):
        assert good_or_bad(letter + stacker + end) == texts.NAME_BAD_CHARACTER


SERVER_TEXTS = sorted(value for name, value in vars(texts).items() if name.isupper() and isinstance(value, str))


@pytest.mark.parametrize("text", SERVER_TEXTS)
def test_no_name_begins_a_text_of_the_server(text: str) -> None:
    """A private word from such a name would be, or look like, what the server says."""
    for end in range(1, len(text) + 1):
        start = text[:end]
        if f"{text}: ".startswith(f"{start}: "):
            assert good_or_bad(start), start


OF_THE_SERVER = """
修改用户名为 下线 已上线 在线 该用户不在线 该用户名已被使用 用户名不合法 消息格式不正确 服务器关闭 连接中断 未知命令
修改用户名为. 修改_用户名为 修改用户名为1 系统修改用户名为 修改用戶名為 \uf99a接中断 己上线 巳上线 已上綫 下線 下.线 在线ˈ 末知命令 服务器入数已满
管理員 管理员 管.理員 菅理员 op_管理员 我是管理員 大廳 大厛 大厅 太厅 大_廳 進入 离开 離開 迸入 登錄成功 註冊成功 登录成功_1 你已被管理員移出
欢迎回来 歡迎回來 自动回复 自動回覆 自動回復 已屏蔽 已設為不在 已设为不在 没有屏蔽任何人 沒有屏蔽任何人 还没有人和你私聊 還沒有人和你私聊 重新显示上线和下线
重新顯示上線和下線 不再顯示上線和下線 房間過多 不能屏蔽自己 已經在大廳 暂时离开 正在等待恢復 不能使用命令的名稱 長度須為 留言已滿 注銷成功 以上是之前的消息
I.m I-m I_m Iʼm ＩʼＭ Iˈm Iꞌm lʼm 1ʼm IʼM. Imlive I_m_live Iʼm.live
"""


@pytest.mark.parametrize("name", OF_THE_SERVER.split())
def test_no_name_is_what_the_server_says(name: str) -> None:
    """Neither in another width, nor with signs in it, nor in characters that look the same."""
    assert good_or_bad(name) == texts.NAME_LIKE_SERVER


@pytest.mark.parametrize(
    "name", ["大厅1", "来自", "人", "离开家", "进入者", "公告员", "老管", "屏蔽", "上线啦", "私聊", "厅", "会員"]
)
def test_a_name_may_have_a_word_that_the_server_has_too(name: str) -> None:
    """As long as no line begins with it, and it is no longer piece of one."""
    assert good_or_bad(name) == ""


def test_the_texts_of_the_commands_can_be_no_names() -> None:
    """They stand where the names are made from."""
    for module in sorted(pkgutil.iter_modules(commands.__path__), key=lambda module: module.name):
        found = vars(importlib.import_module(f"{commands.__name__}.{module.name}")).items()
        assert [name for name, value in found if isinstance(value, str) and re.search("[一-鿿]", value)] == []


def test_each_character_of_the_texts_has_its_traditional_ones() -> None:
    """At least those that a Taiwanese computer does not have: these are simplified only."""
    simplified = {
        character
        for text in SERVER_TEXTS
        for character in text
        if "一" <= character <= "鿿" and not character.encode("big5", "ignore")
    }
    assert {"厅", "员", "进"} <= simplified <= set(names._ALIKE.values())


@pytest.mark.parametrize(
    ("name", "looks"),
    [
        *(("大廳", "大厅"), ("大_厅.", "大厅"), ("LOBBY", "lobby"), ("l0bby", "lobby"), ("1obby_", "lobby")),
        *(
            ("Iobby", "lobby"),
            ("lоbbу", "lobby"),
            ("ｌｏｂｂｙ", "lobby"),
            ("lòb-by", "lobby"),
            ("大厅1", "大厅l"),
            ("hall", "hall"),
        ),
    ],
)
def test_what_a_name_looks_like(name: str, looks: str) -> None:
    """In a hurry: signs, marks, digits and letters of other scripts are not noticed."""
    assert names.skeleton(name) == looks


@pytest.mark.parametrize("name", ["I'm", "I’m", "I`m", "I´m", "I＇m", "I'm live", "I՚m"])
def test_an_apostrophe_is_in_no_name(name: str) -> None:
    """The receipt cannot be a name."""
    assert good_or_bad(name) == texts.NAME_BAD_CHARACTER


def test_case_never_makes_another_name() -> None:
    """This holds for every character, and for what becomes of it in another case. Folding twice changes nothing."""
    for one in map(chr, range(0x110000)):
        if unicodedata.category(one) in ("Cn", "Co", "Cs"):  # nothing becomes of these
            continue
        key = fold(one)
        assert fold(key) == key, ascii(one)
        assert key == fold(one.upper()) == fold(one.lower()) == fold(one.title()), ascii(one)


LONG = {
    "latin": "x" * 4096,
    "chinese": "世" * 1365,
    "marks": "\u0316\u0301" * 1024,
    "marks, not too many": "a" + "\u0316\u0301" * 63,
    "sentences": "\ufdfa" * 1365,
    "sentences, not too many": "\ufdfa" * 32,
    "words": "㌀" * 32,
    "capitals": "ΐ" * 32,
    "looks like an address": "1." * 16,
}


@pytest.mark.parametrize("name", LONG.values(), ids=LONG)
def test_no_name_is_dear(name: str) -> None:
    """The length is looked at before anything else: what 4096 bytes cost is bounded, in some tens of microseconds."""
    for look in (good_or_bad, fold, names.skeleton):
        seconds = min(timeit.repeat(lambda look=look: look(name), number=10, repeat=10)) / 10  # type: ignore[misc]
        assert seconds < 0.001, look
    assert names.MAX_TYPED == 128
