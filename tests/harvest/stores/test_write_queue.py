"""The write queue loses no item and keeps the order."""

from __future__ import annotations

import random

import anyio
import anyio.lowlevel

from zoomasync.harvest.stores.sqlite.write_queue import WriteQueue


async def test_take_all_keeps_the_order() -> None:
    queue = WriteQueue[int](3)
    taken: list[int] = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(consume, queue, taken)
        for number in range(100):
            await queue.put(number)
        queue.close()

    assert taken == list(range(100))


async def test_put_waits_while_full() -> None:
    queue = WriteQueue[int](2)
    for number in range(2):
        await queue.put(number)

    with anyio.move_on_after(0.01) as waited:
        await queue.put(2)
    assert waited.cancelled_caught
    assert queue.take_all() == [0, 1]
    await queue.put(3)
    assert queue.take_all() == [3]


async def test_cancelled_wait_loses_no_item() -> None:
    for seed in range(200):
        queue = WriteQueue[int](5)
        taken: list[int] = []
        put: list[int] = []
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(consume, queue, taken)
            tasks.start_soon(put_all, queue, put, random.Random(seed))
            for _ in range(seed % 23):
                await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()

        assert taken + queue.take_all() == put


async def consume(queue: WriteQueue[int], taken: list[int]) -> None:
    while await queue.wait():
        taken += queue.take_all()
        await anyio.lowlevel.checkpoint()


async def put_all(queue: WriteQueue[int], put: list[int], rng: random.Random) -> None:
    for number in range(50):
        await queue.put(number)
        put.append(number)
        if rng.random() < 0.5:
            await anyio.lowlevel.checkpoint()
