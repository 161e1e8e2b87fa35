"""Talk for a long history: lines of Chinese and English, each different from the others. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import accumulate

BLOCK = 500  # lines that are made at once

COMMON = ("的", "我们", "为什么")  # words that many lines have
RARE = ("龘", "靐齉", "鱻麤灪")  # words of characters that no other words have
UNUSUAL = ("们我", "的我么")  # words of common characters that follow one another nowhere else
RARELY = 5  # lines that have each of the rare and unusual words

# The most frequent ones come first.
_WORDS = """
的 the 我们 server 是 不 thread 了 在 you 为什么 有 and 你们 他 is 这个 大家 hello 来 thanks 什么 就 channel 怎么样 please
知道 socket 现在 时候 python 可以 go 没有 test 服务器 line 聊天 works 老师 again 程序 chat 线程 message 网络 tomorrow 消息
maybe 用户 okay 今天 lunch 明天 code 一起 class 问题 teacher 学习 network 代码 packet 朋友 buffer 北京 lock 天气 select 吃饭
下班 谢谢 好的 再见 电影 音乐
"""
_INVENTED = 20_000  # more words, each of one to four of so many characters
_CHARACTERS = [chr(0x4E00 + 5 * number) for number in range(3_000)]


def blocks(lines: int) -> Iterator[str]:
    """Yield so many lines in blocks, each line with its end. They are the same every time.

    Words are as unequal as in real talk: the most frequent one is in every fourth line, most are in very few.
    """
    chance = random.Random(1)
    words, weights = _vocabulary(chance)
    planted = dict(_planted(lines))
    for begin in range(0, lines, BLOCK):
        end = min(begin + BLOCK, lines)
        lengths = chance.choices(range(2, 15), k=end - begin)
        chosen = iter(chance.choices(words, cum_weights=weights, k=sum(lengths)))
        block = "\n".join("".join(next(chosen) for _ in range(length)).strip() for length in lengths) + "\n"
        for word in UNUSUAL:
            block = block.replace(word, f"{word[:-1]}啊{word[-1]}")
        if here := [number for number in range(begin, end) if number in planted]:
            text = block.splitlines()
            for number in here:
                text[number - begin] += f"，{planted[number]}。"
            block = "\n".join(text) + "\n"
        yield block


def _planted(lines: int) -> Iterator[tuple[int, str]]:
    """Yield which lines have a rare or unusual word. They are spread over all of the talk."""
    words = RARE + UNUSUAL
    for number, word in enumerate(words * RARELY):
        yield (2 * number + 1) * lines // (2 * len(words) * RARELY), word


def _vocabulary(chance: random.Random) -> tuple[list[str], list[float]]:
    """Return all words and their summed weights. A word is the more frequent, the nearer it is to the top of the list."""
    words = [f" {word} " if word.isascii() else word for word in _WORDS.split()]
    for _ in range(_INVENTED):
        words.append("".join(chance.choices(_CHARACTERS, k=chance.choice((1, 2, 2, 2, 3, 4)))))
    return words, list(accumulate(1 / (place + 3) for place in range(len(words))))
