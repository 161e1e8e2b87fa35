"""Run a command so that Ctrl-C reaches it alone, and not the make that started it.

Run it as `python3 -m tools.foreground COMMAND ARGUMENTS`. A terminal sends Ctrl-C to every process in its foreground
process group. Make dies of it, so the command's own exit status is lost. Therefore the command gets a process group of
its own, and this group becomes the foreground one, as a shell does it for each job. Ctrl-Z, `fg` and `bg` keep working.
Without a terminal, and in its background, the command simply takes the place of this program.

An older Python must be able to run this file, for the programs themselves say that it is too old.
"""

import contextlib
import os
import signal
import sys
from types import FrameType

TERMINAL = 0  # standard input; a shell gives something else to a background job of a script
HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCONT)


def main() -> int:
    """Run the command. Return its exit status, as a shell would report it."""
    command = sys.argv[1:]
    if not is_in_foreground():
        os.execvp(command[0], command)
    # A process that is no longer in the foreground is stopped when it hands the terminal over, unless it ignores this.
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    # A signal that comes before the handlers are there waits for them.
    signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED)
    child = os.fork()
    if child == 0:
        become(command)
    return wait_for(child)


def is_in_foreground() -> bool:
    """Return whether standard input is a terminal with our process group in its foreground."""
    try:
        return os.tcgetpgrp(TERMINAL) == os.getpgrp()
    except OSError:
        return False


def become(command: "list[str]") -> None:
    """Replace this process with the command, in a foreground process group of its own. Never return."""
    os.setpgid(0, 0)
    os.tcsetpgrp(TERMINAL, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)
    os.execvp(command[0], command)


def wait_for(child: int) -> int:
    """Wait until the command has ended. Pass signals on to it, and stop with it. Return its exit status."""
    group = os.getpgrp()

    def pass_on(number: int, frame: "FrameType | None" = None) -> None:
        with contextlib.suppress(ProcessLookupError):  # it has just ended
            os.killpg(child, number)

    def go_on(number: int = signal.SIGCONT, frame: "FrameType | None" = None) -> None:
        if is_in_foreground():
            os.tcsetpgrp(TERMINAL, child)
        pass_on(signal.SIGCONT)

    with contextlib.suppress(OSError):  # the child, which does the same, was first
        os.setpgid(child, child)
    for number in HANDLED:
        signal.signal(number, go_on if number == signal.SIGCONT else pass_on)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)
    while True:
        _, status = os.waitpid(child, os.WUNTRACED)
        with contextlib.suppress(OSError):  # the terminal is gone
            if os.tcgetpgrp(TERMINAL) == child:
                os.tcsetpgrp(TERMINAL, group)
        if not os.WIFSTOPPED(status):
            return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        os.killpg(group, signal.SIGTSTP)  # make and this process stop here, until the shell continues them
        go_on()  # in a session without a shell nothing can stop


if __name__ == "__main__":
    sys.exit(main())
