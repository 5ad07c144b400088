#!/usr/bin/env python3
"""How cost grows, drawn: reads bench/results.json (rows *_growth, ./dev bench NAME) and writes an SVG and the same as a table.

    bench/chart.py [--results bench/results.json] [--svg docs/growth.svg]     the table goes to standard output

A row tells its points as notes NAME_X (10000 or 10k); a panel takes one row, whose x is logarithmic and whose y begins at 0."""
import argparse
import html
import json
import math
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
# row, title, x, y, [(note, its name)]
PANELS = [
    ("orders_growth", "Orders a second", "orders in the database", "orders/s", [("orders_per_s", "orders/s")]),
    ("orders_growth", "Start", "orders in the database", "ms to ready", [("start_ms", "ready")]),
    ("fanout_growth", "Fan-out", "viewers of the room", "µs of server for a delivery",
     [("single_us", "one message at a time"), ("tick_us", "messages of a tick together")]),
    ("feed_growth", "Feed page", "items", "µs, 99th of 100", [("page_p99_us", "chosen"), ("reply_p99_us", "as JSON")]),
]
WIDE, HIGH, LEFT, TOP, RIGHT, BOTTOM = 440, 250, 58, 40, 24, 46


def points(results, row, note):
    found = next((r for r in results if r["name"] == row), None)
    notes = found["more"]["notes"] if found else {}
    return sorted((int(m[1]) * (1000 if m[2] else 1), v) for k, v in notes.items()
                  if (m := re.fullmatch(re.escape(note) + r"_(\d+)(k?)", k)) and v is not None)


def short(n):
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if n >= size:
            return f"{n / size:g}{unit}"
    return f"{n:g}"


def round_up(value):
    """The next of 1, 2, 2.5, 5, 10 × a power of ten."""
    power = 10 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value)


def panel(x0, y0, title, x_name, y_name, lines):
    out = [f'<g transform="translate({x0},{y0})">', f'<text class="t" x="{LEFT}" y="20">{html.escape(title)}</text>']
    xs = sorted({x for _, line in lines for x, _ in line})
    top = round_up(max(y for _, line in lines for _, y in line) * 1.02)
    low, high = math.log10(xs[0]), math.log10(xs[-1])
    across = (WIDE - LEFT - RIGHT) / max(high - low, 0.1)

    def px(x):
        return LEFT + (math.log10(x) - low) * across

    def py(y):
        return HIGH - BOTTOM - y / top * (HIGH - TOP - BOTTOM)
    for i in range(5):
        y = top * i / 4
        out.append(f'<path class="g" d="M{LEFT} {py(y):.1f}H{WIDE - RIGHT}"/>')
        out.append(f'<text class="l" x="{LEFT - 6}" y="{py(y) + 4:.1f}" text-anchor="end">{short(round(y, 6))}</text>')
    last = -100.0
    for x in xs:
        if px(x) - last >= 34:
            out.append(f'<text class="l" x="{px(x):.1f}" y="{HIGH - BOTTOM + 16}" text-anchor="middle">{short(x)}</text>')
            last = px(x)
    out.append(f'<text class="l" x="{WIDE - RIGHT}" y="{HIGH - 10}" text-anchor="end">{html.escape(x_name)}</text>')
    out.append(f'<text class="l" x="{LEFT}" y="{TOP - 6}">{html.escape(y_name)}</text>')
    for i, (name, line) in enumerate(lines):
        path = "M" + "L".join(f"{px(x):.1f} {py(y):.1f}" for x, y in line)
        out.append(f'<path class="s{i}" d="{path}"/>')
        out += [f'<circle class="d{i}" cx="{px(x):.1f}" cy="{py(y):.1f}" r="3"/>' for x, y in line]
        if len(lines) > 1:
            out.append(f'<text class="k{i}" x="{WIDE - RIGHT}" y="{20 + 14 * i}" text-anchor="end">{html.escape(name)}</text>')
    return "\n".join([*out, "</g>"])


STYLE = """
svg{font:12px system-ui,"Noto Sans CJK SC",sans-serif;background:#fff}
.t{font-weight:600;font-size:14px;fill:#1d2433}.l{fill:#566076;font-size:11px}.g{stroke:#e2e6ee;fill:none}
.s0,.s1{fill:none;stroke-width:2}.s0{stroke:#c2410c}.s1{stroke:#1d4ed8}.d0,.k0{fill:#c2410c}.d1,.k1{fill:#1d4ed8}
@media(prefers-color-scheme:dark){svg{background:#12161f}.t{fill:#eef1f7}.l{fill:#a7b0c2}.g{stroke:#2a3140}
.s0{stroke:#fb923c}.s1{stroke:#7ea6ff}.d0,.k0{fill:#fb923c}.d1,.k1{fill:#7ea6ff}}"""


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--results", default=HERE / "results.json")
    options.add_argument("--svg", default=HERE.parent / "docs/growth.svg")
    given = options.parse_args()
    results = json.loads(pathlib.Path(given.results).read_text())
    drawn = []
    for row, title, x_name, y_name, series in PANELS:
        lines = [(name, points(results, row, note)) for note, name in series]
        lines = [(name, line) for name, line in lines if len(line) > 1]
        if lines:
            drawn.append((title, x_name, y_name, lines))
        else:
            print(f"nothing is known of {title.lower()}: ./dev bench {row}", file=sys.stderr)
    if not drawn:
        return 1
    high = HIGH * ((len(drawn) + 1) // 2)
    svg = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * WIDE} {high}" role="img" '
           f'aria-label="How cost grows"><style>{STYLE}</style>']
    svg += [panel(i % 2 * WIDE, i // 2 * HIGH, *d) for i, d in enumerate(drawn)]
    pathlib.Path(given.svg).write_text("\n".join([*svg, "</svg>"]) + "\n")
    for title, x_name, y_name, lines in drawn:
        xs = sorted({x for _, line in lines for x, _ in line})
        print(f"| {title}: {x_name} | " + " | ".join(f"{x:,}" for x in xs) + " |\n|---|" + "---|" * len(xs))
        for name, line in lines:
            values = dict(line)
            print(f"| {y_name}{': ' + name if len(lines) > 1 else ''} | " +
                  " | ".join(f"{values[x]:,.3g}" if values.get(x, 1000) < 1000 else f"{values[x]:,.0f}" if x in values else "–"
                             for x in xs) + " |")
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
