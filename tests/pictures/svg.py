"""A picture of lines, boxes and words, as SVG that is light or dark as whoever looks has it."""

from __future__ import annotations

from lxml import etree

SIZE = 15.0
"""Of letters. A picture is 640 wide at most: on a telephone of 400 they are nine pixels high."""
_STYLE = """
svg { font: 15px "DejaVu Sans", "Liberation Sans", Arial, sans-serif; }
.paper { fill: #ffffff; } text { fill: #1c2430; } .faint { fill: #5a6675; }
line, path { stroke: #5a6675; fill: none; stroke-width: 1.5; } .tip { fill: #5a6675; stroke: none; }
.life { stroke: #c3cad3; stroke-dasharray: 4 4; } .box { fill: #eef2f7; stroke: #5a6675; }
.bar { fill: #2f6fb3; } .down { fill: #c0483c; } .back { fill: #3d8a52; }
@media (prefers-color-scheme: dark) {
  .paper { fill: #12161c; } text { fill: #e3e8ef; } .faint { fill: #a3afbd; }
  line, path { stroke: #a3afbd; } .tip { fill: #a3afbd; } .life { stroke: #46505c; }
  .box { fill: #212833; stroke: #a3afbd; }
  .bar { fill: #5b9ee6; } .down { fill: #e5766a; } .back { fill: #63b67a; }
}
"""
_TIP = 7.0


def width_of(words: str, size: float = SIZE) -> float:
    """About; wider than any of the fonts draws them."""
    return len(words) * size * 0.6


class Picture:
    def __init__(self, width: float, height: float, title: str) -> None:
        """``title``: what is read to whoever does not see it."""
        space = f"0 0 {width:g} {height:g}"
        self._root = etree.Element(
            "svg",
            xmlns="http://www.w3.org/2000/svg",
            viewBox=space,
            width=f"{width:g}",
            role="img",
        )
        etree.SubElement(self._root, "title").text = title
        etree.SubElement(self._root, "style").text = _STYLE
        self.box(0, 0, width, height, "paper")

    def words(self, x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> None:
        """``anchor``: start, middle or end of them is at ``x``."""
        self._add("text", kind, x=x, y=y, text_anchor=anchor).text = words

    def box(self, x: float, y: float, width: float, height: float, kind: str = "box") -> None:
        self._add("rect", kind, x=x, y=y, width=width, height=height, rx=3 * (kind != "paper"))

    def line(self, x: float, y: float, to_x: float, to_y: float, kind: str = "") -> None:
        self._add("line", kind, x1=x, y1=y, x2=to_x, y2=to_y)

    def arrow(self, x: float, to_x: float, y: float) -> None:
        """Level, from ``x`` to ``to_x``."""
        back = to_x - _TIP if to_x > x else to_x + _TIP
        self.line(x, y, back, y)
        half = _TIP / 2
        self._add("path", "tip", d=f"M{to_x:g} {y:g}L{back:g} {y - half:g}L{back:g} {y + half:g}Z")

    def text(self) -> str:
        etree.indent(self._root)
        found: str = etree.tostring(self._root, encoding="unicode")
        return found + "\n"

    def _add(self, tag: str, kind: str, **values: object) -> etree._Element:
        words = {
            name.replace("_", "-"): f"{value:g}" if isinstance(value, (int, float)) else str(value)
            for name, value in values.items()
        }
        return etree.SubElement(self._root, tag, {"class": kind, **words} if kind else words)
