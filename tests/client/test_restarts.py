"""Real clients in pipes, through a proxy that cuts their connections, while the server is killed and started again.

`CLIENT_RESTARTS=10` makes more of it.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import subprocess
import threading
from collections import Counter
from pathlib import Path

from ..support.cutter import Cutter
from ..support.kept import export, keeping_server
from .test_pipe import client, close_input, read_line, write_line

RESTARTS = int(os.environ.get("CLIENT_RESTARTS", "3"))
CLIENTS = 20
BETWEEN = 10  # lines of each client between two ends of the server


def test_each_line_is_said_once(tmp_path: Path) -> None:
    """Whatever is cut or killed. Each client marks its lines as taken, and reads what the others say."""
    chance = random.Random(7)
    file = tmp_path / "chat.db"
    proxy = Cutter()
    stack = contextlib.ExitStack()

    def start() -> subprocess.Popen[str]:
        server = stack.enter_context(keeping_server(file, "--idle-timeout", "0"))
        proxy.server_port = server.port
        return server.process

    with stack:
        stack.callback(proxy.close)
        server = start()
        names = [f"n{number}" for number in range(CLIENTS)]
        clients = [stack.enter_context(client(proxy.port, "--keep-alive", "--name", name)) for name in names]
        for name, process in zip(names, clients, strict=True):
            write_line(process, f"{name}.0.")
        for name, process in zip(
            names, clients, strict=True
        ):  # a session that was cut before its greeting keeps the name
            assert f"✓ {name}:{name}.0.\n" in iter(lambda process=process: read_line(process), "")  # type: ignore[misc]
        outputs: list[str] = [""] * CLIENTS
        readers = []
        for number, process in enumerate(clients):

            def read(number: int = number, process: subprocess.Popen[str] = process) -> None:
                assert process.stdout
                outputs[number] = process.stdout.read()

            def ignore(process: subprocess.Popen[str] = process) -> None:
                assert process.stderr
                process.stderr.read()

            readers += [threading.Thread(target=read), threading.Thread(target=ignore)]
        for thread in readers:
            thread.start()
        count = 0
        for _ in range(RESTARTS):
            for _ in range(BETWEEN):
                count += 1
                for name, process in zip(names, clients, strict=True):
                    write_line(process, f"{name}.{count}.")
                proxy.cut(chance)
            server.send_signal(chance.choice((signal.SIGKILL, signal.SIGTERM)))
            server.wait()
            server = start()
        for process in clients:
            close_input(process)
        statuses = [process.wait(120) for process in clients]
        for thread in readers:
            thread.join()
        server.terminate()
        server.wait()
    said = Counter(re.findall(r"\]n\d+:(n\d+\.\d+\.)$", "\n".join(export(file, "text")), re.MULTILINE))
    assert said == Counter(f"{name}.{number}." for name in names for number in range(count + 1))
    assert statuses == [0] * CLIENTS
    for name, output in zip(names, outputs, strict=True):
        own = set(re.findall(rf"^✓ {name}:({name}\.\d+\.)$", output, re.MULTILINE))
        assert own == {f"{name}.{number}." for number in range(1, count + 1)}
