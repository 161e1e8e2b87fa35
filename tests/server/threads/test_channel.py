"""What a channel adds to queue.Queue."""

from __future__ import annotations

import threading

import pytest

from server.threads.channel import Channel, Closed

from ...support.peers import PATIENCE


def test_all_that_waits_is_taken_in_order() -> None:
    """The oldest item comes first, and nothing stays in the channel."""
    channel: Channel[int] = Channel()
    for number in range(3):
        channel.put(number)
    assert channel.get_all() == [0, 1, 2]
    assert channel.qsize() == 0


def test_what_is_put_together_stays_together() -> None:
    """The sender waits while the channel is full. Then all goes in, more than the bound."""
    channel: Channel[int] = Channel(1)
    channel.put(0)
    waiting = threading.Event()
    wait = channel.not_full.wait

    def announced_wait() -> bool:
        waiting.set()  # with the mutex held, so that get_all() comes after the wait has begun
        return wait()

    channel.not_full.wait = announced_wait  # type: ignore[method-assign, assignment]
    sender = threading.Thread(target=channel.put_all, args=([1, 2, 3],), daemon=True)
    sender.start()
    assert waiting.wait(PATIENCE)
    assert channel.get_all() == [0]
    sender.join(PATIENCE)
    assert channel.get_all() == [1, 2, 3]


def test_a_receiver_waits_until_something_comes_or_the_channel_is_closed() -> None:
    """A consumer's loop sees everything once, and ends."""
    channel: Channel[int] = Channel()
    seen: list[int] = []

    def consume() -> None:
        while batch := channel.get_all():
            seen.extend(batch)

    consumer = threading.Thread(target=consume)
    consumer.start()
    for number in range(1000):
        channel.put(number)
    channel.close()
    consumer.join()
    assert seen == list(range(1000))


def test_closing_wakes_every_receiver() -> None:
    """It wakes receivers that already wait for something that will not come."""
    channel: Channel[int] = Channel()
    asleep = threading.Semaphore(0)
    wait = channel.not_empty.wait

    def announced_wait() -> bool:
        asleep.release()  # with the mutex held, so that close() comes after the wait has begun
        return wait()

    channel.not_empty.wait = announced_wait  # type: ignore[method-assign, assignment]
    taken: list[list[int]] = []
    receivers = [threading.Thread(target=lambda: taken.append(channel.get_all()), daemon=True) for _ in range(2)]
    for receiver in receivers:
        receiver.start()
        asleep.acquire()
    channel.close()
    for receiver in receivers:
        receiver.join(PATIENCE)
    assert taken == [[], []]


def test_what_waits_in_a_closed_channel_can_still_be_taken() -> None:
    """After that there is nothing, however often a receiver asks."""
    channel: Channel[int] = Channel()
    channel.put(1)
    channel.close()
    channel.close()
    assert [channel.get_all() for _ in range(3)] == [[1], [], []]


def test_nothing_can_be_put_into_a_closed_channel() -> None:
    """Its sender is told so, while in Go that is a panic."""
    channel: Channel[int] = Channel()
    channel.close()
    with pytest.raises(Closed):
        channel.put(1)


def test_a_sender_waits_while_the_channel_is_full() -> None:
    """When all is taken, every sender that waited goes on."""
    channel: Channel[int] = Channel(2)
    senders = [threading.Thread(target=channel.put, args=(number,)) for number in range(6)]
    for sender in senders:
        sender.start()
    taken: list[int] = []
    while len(taken) < 6:
        batch = channel.get_all()
        assert len(batch) <= 2
        taken += batch
    for sender in senders:
        sender.join()
    assert sorted(taken) == list(range(6))


def test_all_is_taken_or_nothing() -> None:
    """What a single item weighs is not known, so after one was taken the channel would seem full for ever."""
    channel: Channel[int] = Channel(2)
    channel.put_all([1, 2])
    with pytest.raises(NotImplementedError):
        channel.get()
    assert channel.get_all() == [1, 2]
    channel.put_all([3])
