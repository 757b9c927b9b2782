"""Draws what a scenario has seen as a small SVG: lanes over time, bars, cells, lines. Light and dark, with its own card.

Colours are classes: a, b, c, d tell things apart, bad is what went wrong, off is what is not there.
"""

import pathlib
import sys
from html import escape
from typing import NamedTuple

WIDTH, MARGIN, LABELS, ROW = 760, 20, 150, 26
STYLE = """
:root{--card:#fff;--edge:#d0d7de;--ink:#1f2328;--dim:#59636e;--a:#2f6fde;--b:#1f8a4c;--c:#c26a00;--d:#8250df;--bad:#d1242f;--off:#e6eaef}
@media(prefers-color-scheme:dark){:root{--card:#15191f;--edge:#3d444d;--ink:#e6edf3;--dim:#9198a1;--a:#5b93f5;--b:#3fb268;--c:#e0912f;--d:#ab7df8;--bad:#f85149;--off:#2a3038}}
text{font:13px system-ui,sans-serif;fill:var(--ink)}.dim{fill:var(--dim);font-size:12px}.in{fill:#fff;font-size:11px}.head{font-weight:600;font-size:15px}
.card{fill:var(--card);stroke:var(--edge)}.rule{stroke:var(--edge)}.a{fill:var(--a)}.b{fill:var(--b)}.c{fill:var(--c)}.d{fill:var(--d)}.bad{fill:var(--bad)}.off{fill:var(--off)}
path{fill:none;stroke-width:2}.la{stroke:var(--a)}.lb{stroke:var(--b)}.lc{stroke:var(--c)}.ld{stroke:var(--d)}.lbad{stroke:var(--bad)}.loff{stroke:var(--off)}.cell{stroke-width:17}
"""


class Bar(NamedTuple):
    """Something that took its time in a lane, in seconds from the beginning."""

    lane: str
    start: float
    end: float
    look: str = "a"
    text: str = ""


class Picture:
    """A card with a headline; whoever draws moves `self.y` down."""

    def __init__(self, headline: str):
        self.headline, self.parts, self.y = headline, [], 58.0

    def text(self, x: float, y: float, text: str, look: str = "", anchor: str = "start") -> None:
        at = f' text-anchor="{anchor}"' if anchor != "start" else ""
        self.parts.append(f'<text x="{x:.4g}" y="{y:.4g}" class="{look}"{at}>{escape(text)}</text>')

    def box(self, x: float, y: float, width: float, height: float, look: str) -> None:
        self.parts.append(f'<rect x="{x:.4g}" y="{y:.4g}" width="{max(width, 1.5):.4g}" height="{height:.4g}" rx="2" class="{look}"/>')

    def rule(self, x1: float, y1: float, x2: float, y2: float) -> None:
        self.parts.append(f'<line x1="{x1:.4g}" y1="{y1:.4g}" x2="{x2:.4g}" y2="{y2:.4g}" class="rule"/>')

    def subtitle(self, text: str) -> None:
        self.y += 14 if self.parts else 4
        self.text(MARGIN, self.y + 2, text, "dim")
        self.y += 10

    def legend(self, **looks: str) -> None:
        """What the colours mean: a="done" and so on."""
        x = MARGIN
        for look, meaning in looks.items():
            self.box(x, self.y, 12, 12, look)
            self.text(x + 18, self.y + 10.5, meaning, "dim")
            x += 34 + 6.3 * len(meaning)
        self.y += 26

    def lanes(self, bars: list[Bar], seconds: float | None = None, names: list[str] | None = None) -> None:
        """One row a lane, time from left to right."""
        names = names or list(dict.fromkeys(bar.lane for bar in bars))
        seconds = seconds or max(bar.end for bar in bars)
        room = WIDTH - 2 * MARGIN - LABELS
        for row, name in enumerate(names):
            y = self.y + row * ROW
            self.text(MARGIN, y + 16, name)
            self.rule(MARGIN + LABELS, y + 11.5, WIDTH - MARGIN, y + 11.5)
            plain: dict[str, str] = {}  # bars without a text, as one path for each colour
            for bar in (bar for bar in bars if bar.lane == name):
                x, width = MARGIN + LABELS + room * bar.start / seconds, room * (bar.end - bar.start) / seconds
                if bar.text:
                    self.box(x, y + 2, width - 0.8, ROW - 7, bar.look)
                else:
                    plain[bar.look] = plain.get(bar.look, "") + f"M{x:.1f} {y + 11.5:.1f}h{max(width - 0.8, 1):.1f}"
                if width > 8 * len(bar.text) > 0:
                    self.text(x + width / 2, y + 16, bar.text, "in", "middle")
            self.parts += [f'<path class="l{look} cell" d="{places}"/>' for look, places in plain.items()]
        self.y += len(names) * ROW + 4
        for part in (0, 0.5, 1):
            anchor = {0: "start", 0.5: "middle", 1: "end"}[part]
            self.text(MARGIN + LABELS + room * part, self.y + 10, f"{seconds * part:.3g} s", "dim", anchor)
        self.y += 26

    def bars(self, rows: list[tuple[str, list[tuple[float, str]], str]], full: float) -> None:
        """One row each: a name, pieces of (how much, look), and what to say at its end."""
        room = WIDTH - 2 * MARGIN - LABELS - 190
        for name, pieces, said in rows:
            self.text(MARGIN, self.y + 16, name)
            x = MARGIN + LABELS
            for amount, look in pieces:
                self.box(x, self.y + 2, room * amount / full, ROW - 7, look)
                x += room * amount / full
            self.text(MARGIN + LABELS + room + 10, self.y + 16, said, "dim")
            self.y += ROW
        self.y += 8

    def cells(self, rows: list[tuple[str, str, str]], look: str = "a") -> None:
        """One row each: a name, a string with one letter a cell ('x' seen, '.' not), and what to say at its end."""
        for name, seen, said in rows:
            self.text(MARGIN, self.y + 16, name)
            step, y = min((WIDTH - 2 * MARGIN - LABELS - 130) / len(seen), 18), self.y + 12
            for letter, colour in ((".", "off"), ("x", look)):
                places = "".join(f"M{MARGIN + LABELS + n * step:.1f} {y}h{step - 1.4:.1f}" for n, one in enumerate(seen) if one == letter)
                self.parts.append(f'<path class="l{colour} cell" d="{places}"/>' if places else "")
            self.text(WIDTH - MARGIN - 120, self.y + 16, said, "dim")
            self.y += ROW
        self.y += 4

    def chart(self, lines: dict[str, list[tuple[float, float]]], height: float, top: float, unit: str, across: str = "s") -> None:
        """Lines by look: points of (time or number, amount), on one scale from 0 to `top`."""
        end = max(x for points in lines.values() for x, _ in points) or 1
        left, room = MARGIN + 70, WIDTH - 2 * MARGIN - 70
        for part in (0, 0.5, 1):
            y = self.y + height * (1 - part)
            self.rule(left, y, left + room, y)
            self.text(left - 8, y + 4, f"{top * part:,.0f} {unit}", "dim", "end")
            self.text(left + room * part, self.y + height + 18, f"{end * part:.3g} {across}", "dim",
                      {0: "start", 0.5: "middle", 1: "end"}[part])
        for look, points in lines.items():
            places = [(round(left + room * x / end), round(self.y + height * (1 - min(y / top, 1)))) for x, y in points]
            steps = [f"H{x}V{y}" for (x, y), (_, before) in zip(places[1:], places) if y != before]
            self.parts.append(f'<path class="l{look}" d="M{places[0][0]} {places[0][1]}{"".join(steps)}H{places[-1][0]}"/>')
        self.y += height + 36

    def save(self, file: str | None) -> None:
        """Into the file, if there is one; the last line says where the picture comes from."""
        if not file:
            return
        script = pathlib.Path(sys.argv[0]).name
        self.text(MARGIN, self.y + 8, f"Drawn by docs/scenarios/{script} from what happened in one run.", "dim")
        height = self.y + 26
        drawn = "\n".join(self.parts)
        pathlib.Path(file).write_text(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" role="img">'
            f"<title>{escape(self.headline)}</title><style>{STYLE}</style>\n"
            f'<rect class="card" x=".5" y=".5" width="{WIDTH - 1}" height="{height - 1:.0f}" rx="10"/>\n'
            f'<text x="{MARGIN}" y="34" class="head">{escape(self.headline)}</text>\n{drawn}\n</svg>\n')
