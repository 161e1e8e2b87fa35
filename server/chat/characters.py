"""What Unicode says of characters, where Python's `unicodedata` does not: which draw nothing, which belong to a script.

Pure.
"""

from __future__ import annotations

import re
import unicodedata

# Unicode's property Default_Ignorable_Code_Point, with the code points that it reserves: drawn as nothing at all.
IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)

# Drawn as blank space: tab and the category Zs; then the empty Braille pattern, the fillers of Hangul and Khitan, the
# musical notehead that is empty, and the blank hieroglyphs, which Unicode counts as symbols, letters and marks.
BLANKS = frozenset(
    "\t \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
    "\u2800\u115f\u1160\u3164\uffa0\U00016fe4\U0001d159\U00013441\U00013442"
)

# Letters that look like a colon or a dot. The marks that do, such as visarga, are found as marks.
DOTS = frozenset("ː𐞁ꓼꓽꓻꓺᱺᱻஃⵓⵂⵆⵗⵈⴾˑ𐞂ꓸꓹꞏㆍᆞᱸᱹᐧᣟॱ\u0887\U0001bc94")

# Letters that look like a letter of English, behind each the one that it looks like.
_LOOK_ALIKE = """
аa сc ԁd еe һh іi јj кk ӏl Ӏl мm оo пn рp ԛq гr ѕs тt уy ԝw хx ьb ƅb АA ВB СC ЕE НH ІI ЈJ КK МM ОO РP ЅS ТT УY ХX ԜW Ьb
αa εe ιi κk νv οo ρp τt υu ωw ηn γy ΑA ΒB ΕE ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX օo ոn ցg սu հh ɡg ıi ɩi øo łl đd ħh
ʀr ʟl ɢg ɪi ɴn ᴏo ᴘp ᴀa ꜱs ᴡw ᴅd ᴇe ᴛt ᴜu ʙb ʏy
"""
LATIN = {ord(pair[0]): pair[1] for pair in _LOOK_ALIKE.split()}

# Viramas of category Mn that are seen where nothing follows. Those of category Mc always take a column of their own.
_SEEN_AT_THE_END = re.compile("[\u0900-\u0dff\u0e3a\u0eba\u0f84\u103a]")
_VIRAMA = 9  # the canonical combining class of viramas, and of all that stacks letters
_COMBINING = ("COMBINING", "MODIFIER")  # the first words of the names of what belongs to no script


def is_zero_width(character: str) -> bool:
    """Return whether a character takes no column: marks that do not space, formats, and what Unicode has not assigned."""
    category = unicodedata.category(character)
    return category[0] == "C" or category in ("Mn", "Me")


def script(character: str) -> str:
    """Return the first word of a character's name in Unicode: its script, for letters and marks of a script."""
    return unicodedata.name(character, "").partition(" ")[0]


def marks_stand_well(text: str, most: int, most_combining: int) -> bool:
    """Return whether all marks in `text`, which is in NFC, stand where somebody who reads their script expects them.

    A mark follows a letter of its own script, or any letter if it has no script, such as U+0301. One letter has at
    most `most` marks that take no column, `most_combining` of them without a script, and none of them twice.
    A virama that draws nothing by itself stands between letters of its own script.
    """
    letter = ""  # to which the marks belong
    marks: list[str] = []
    combining = 0
    for place, character in enumerate(text):
        category = unicodedata.category(character)
        if category[0] != "M":
            letter = character if category[0] == "L" else ""
            marks, combining = [], 0
            continue
        own = script(character)
        if not letter or category == "Me" or character in marks or own not in ("COMBINING", script(letter)):
            return False
        combining += own == "COMBINING"
        if category == "Mn":
            marks.append(character)
        if len(marks) > most or combining > most_combining:
            return False
        if unicodedata.combining(character) == _VIRAMA and category == "Mn" and not _SEEN_AT_THE_END.match(character):
            following = text[place + 1 : place + 2]
            if not (following and unicodedata.category(following)[0] == "L" and script(following) == own):
                return False
    return True


def dots_stand_well(text: str) -> bool:
    """Return whether all letters that look like a colon or a dot stand beside letters of their own script alone."""
    for place, character in enumerate(text):
        if character in DOTS:
            beside = [script(other) for other in text[max(0, place - 1) : place + 2] if other.isalnum()]
            own = script(character)
            if own in _COMBINING or len(beside) < 2 or any(other != own for other in beside):
                return False
    return True
