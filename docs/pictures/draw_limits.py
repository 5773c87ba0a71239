"""The pictures of the rate limiter in the documentation.

``python docs/pictures/draw_limits.py`` writes two SVG files: the sends of ten callers under two limiters, from a real
run of two seconds each, and the adaptive rate after three 429s.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
from aiolimiter import AsyncLimiter

from zoomasync.rate_limits._adaptive import AdaptiveRate
from zoomasync.rate_limits._token_bucket import TokenBucket

FOLDER = Path(__file__).parent
RATE, SECONDS = 10, 2.0
DOT_SECONDS = 0.02  # the width of a dot
WIDTH, MARGIN = 760, 24
RED, BLUE, GREY, INK = "#b3261e", "#1a73e8", "#dadce0", "#202124"
THROTTLED_AT = (4, 9, 15)


async def sends_of(acquire: Callable[[], Awaitable[object]]) -> list[float]:
    """Return the times at which ten callers send, each as often as *acquire* lets it."""
    sends: list[float] = []
    start = time.monotonic()

    async def caller() -> None:
        while True:
            await acquire()
            sends.append(time.monotonic() - start)

    with anyio.move_on_after(SECONDS):
        async with anyio.create_task_group() as tasks:
            for _ in range(10):
                tasks.start_soon(caller)
    return sends


def busiest_second(sends: list[float]) -> tuple[int, float]:
    """Return the largest number of sends in one second, and the beginning of the first such second."""
    counts = [(sum(start <= other < start + 1 for other in sends), -start) for start in sends]
    number, start = max(counts)
    return number, -start


def text(x: float, y: float, content: str, *, colour: str = INK, anchor: str = "start", size: int = 14) -> str:
    """Return an element of SVG with *content* at (*x*, *y*)."""
    return f'<text x="{x:.0f}" y="{y:.0f}" fill="{colour}" text-anchor="{anchor}" font-size="{size}">{content}</text>'


def line(x1: float, y1: float, x2: float, y2: float, colour: str, *, width: float = 1) -> str:
    """Return a line of SVG."""
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{colour}" stroke-width="{width:g}"/>'


def write(name: str, height: int, title: str, parts: list[str]) -> None:
    """Write an SVG file on a white ground, which a dark page shows too."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'font-family="system-ui, sans-serif">\n<title>{title}</title>\n'
        f'<rect width="{WIDTH}" height="{height}" rx="8" fill="#fff"/>\n'
    )
    (FOLDER / f"{name}.svg").write_text(head + "\n".join(parts) + "\n</svg>\n", encoding="utf-8")


def stacked(sends: list[float]) -> list[tuple[float, int]]:
    """Return the sends with the number of those just before each, on which its dot stands."""
    return [(at, sum(0 <= at - other < DOT_SECONDS for other in sends[:index])) for index, at in enumerate(sends)]


def draw_sends(rows: dict[str, list[float]]) -> None:
    """Draw the sends of each limiter as dots, and its busiest second."""
    scale, row_height = (WIDTH - 2 * MARGIN) / SECONDS, 190
    parts: list[str] = []
    for number, (name, sends) in enumerate(rows.items()):
        top = 20 + row_height * number
        base = top + 136
        most, start = busiest_second(sends)
        left, colour = MARGIN + start * scale, RED if most > RATE else BLUE
        shade = f'height="{base - top - 18}" rx="6" fill="{colour}" opacity="0.12"'
        parts += [
            text(MARGIN, top + 10, name),
            f'<rect x="{left:.1f}" y="{top + 24}" width="{scale:.1f}" {shade}/>',
            line(MARGIN, base, WIDTH - MARGIN, base, GREY),
            *(
                f'<circle cx="{MARGIN + at * scale:.1f}" cy="{base - 5 - 10 * below}" r="5" fill="{colour}"/>'
                for at, below in stacked(sends)
            ),
            text(left + scale - 8, top + 46, f"{most} requests in one second", colour=colour, anchor="end"),
        ]
    bottom = 20 + row_height * len(rows)
    parts += [
        text(MARGIN + second * scale, bottom - 18, f"{second} s", anchor=anchor, size=12)
        for second, anchor in ((0, "start"), (1, "middle"), (2, "end"))
    ]
    title = f"Ten callers at {RATE} requests per second. {'. '.join(rows)}"
    write("token_bucket", bottom, title, parts)


def draw_adaptive() -> None:
    """Draw the adaptive rate over a minute and a half, with three 429s at its beginning."""
    seconds, top, height = 80, 30, 150
    scale = (WIDTH - 2 * MARGIN - 40) / seconds
    left = MARGIN + 40

    def x(at: float) -> float:
        return left + at * scale

    def y(fraction: float) -> float:
        return top + height * (1 - fraction)

    rate, corners = AdaptiveRate(), [f"M{x(0):.1f} {y(1):.1f}"]
    for second in range(seconds + 1):
        before = rate.fraction
        rate = rate.on_rate_limited(float(second), 1.0) if second in THROTTLED_AT else rate.on_permit(float(second))
        if rate.fraction != before:
            corners.append(f"H{x(second):.1f}V{y(rate.fraction):.1f}")
    parts = [
        *(line(left, y(share), WIDTH - MARGIN, y(share), GREY) for share in (0, 0.25, 0.5, 0.75, 1)),
        *(text(left - 8, y(share) + 5, f"{share:.0%}", anchor="end", size=12) for share in (0, 0.5, 0.75, 1)),
        *(line(x(at), y(0), x(at), y(1), RED, width=2) for at in THROTTLED_AT),
        text(x(THROTTLED_AT[-1]) + 8, y(0.12), "three 429s within 30 seconds", colour=RED),
        f'<path d="{"".join(corners)}H{x(seconds):.1f}" fill="none" stroke="{BLUE}" stroke-width="3"/>',
        text(x(26), y(0.62), "a twentieth more after each 10 seconds without a 429", colour=BLUE),
        *(text(x(at), y(0) + 18, f"{at} s", anchor="middle", size=12) for at in range(0, seconds + 1, 20)),
    ]
    write(
        "adaptive_rate", top + height + 30, "The share of the rate of a label that is in use, after three 429s", parts
    )


async def main() -> None:
    """Draw both pictures."""
    limiter, bucket = AsyncLimiter(RATE, 1), TokenBucket(RATE)
    draw_sends(
        {
            f"A token bucket alone, AsyncLimiter({RATE}, 1): it begins full": await sends_of(limiter.acquire),
            "zoomasync: a token bucket, bounded by a sliding window of one second": await sends_of(bucket.acquire),
        }
    )
    draw_adaptive()


if __name__ == "__main__":
    asyncio.run(main())
