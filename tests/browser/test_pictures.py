"""The pictures of the README, from a real conversation. `PICTURES=docs make test ARGS=tests/browser/test_pictures.py` makes them anew."""

from __future__ import annotations

import os
from pathlib import Path

from ..support.peers import Peer
from ..support.web import StrictWebServer
from .conftest import Open

LARGEST = 100_000  # bytes


def test_a_conversation_as_it_looks(door: StrictWebServer, open_tab: Open, tmp_path: Path) -> None:
    """By day on a desk, and by night on a phone."""
    folder = Path(os.environ.get("PICTURES", tmp_path))
    folder.mkdir(exist_ok=True)
    tom = Peer(door.chat.port)
    tom.until(f"{tom.prefix}已上线")
    tom.rename("Tom")
    desk = open_tab(door.port, "小明", viewport={"width": 900, "height": 600}, color_scheme="light")
    phone = open_tab(
        door.port,
        "小红",
        locale="en-US",
        viewport={"width": 360, "height": 640},
        color_scheme="dark",
        device_scale_factor=1.5,
        is_mobile=True,
        has_touch=True,
    )
    for speaker, text in (
        (desk, "大家好，今天几点开会？"),
        (phone, "三点，老地方"),
        (phone, "我带投影仪"),
        (tom, "sorry, five minutes late"),
        (tom, "/me is on the bus"),
        (phone, "to 小明 会前先来找我一下"),
        (desk, "to 小红 好的，马上"),
        (desk, "to 小丽 在吗"),
        (desk, "没关系，小红和我等你"),
        (tom, "thanks, 小明!"),
    ):
        if isinstance(speaker, Peer):
            speaker.say(text)
        else:
            speaker.type(text)
        desk.see(text.rpartition(" ")[2] if text.startswith("to ") else text.removeprefix("/me "))
    tom.say("/join 茶馆", "to 小明 join us in 茶馆", "to 小红 join us in 茶馆")
    desk.see("in 茶馆")
    phone.see("in 茶馆")
    desk.page.fill("#line", "那我先去")
    desk.settle()
    phone.page.evaluate("document.activeElement.blur()")
    for tab, name in ((desk, "web-light.png"), (phone, "web-dark-phone.png")):
        tab.page.mouse.move(0, 0)
        picture = tab.page.screenshot()
        assert 10_000 < len(picture) < LARGEST
        (folder / name).write_bytes(picture)
    tom.close()
