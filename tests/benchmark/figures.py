"""Medians, spread and tables."""

import math
import statistics


def percentile(values, share):
    """The smallest value that at least `share` per cent of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share / 100 * len(ordered)) - 1)]


def summary(values):
    return {"runs": len(values), "median": statistics.median(values), "p5": percentile(values, 5),
            "p95": percentile(values, 95), "p98": percentile(values, 98), "max": max(values), "values": values}


def number(value):
    """Four digits at most, as a person wants them."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int) or value >= 100:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def times(ratio):
    return "" if ratio is None else f"{ratio:.2f} ×"


def table(title, heads, rows):
    """Markdown, with columns that also line up on a terminal: words to the left, numbers to the right."""
    is_text = [all(isinstance(row[i], str) and not row[i].endswith("×") for row in rows) for i in range(len(heads))]
    cells = [heads] + [[number(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(heads))]
    columns = list(zip(is_text, widths))
    lines = ["| " + " | ".join(cell.ljust(width) if left else cell.rjust(width)
                               for cell, (left, width) in zip(row, columns)) + " |" for row in cells]
    rule = "|" + "|".join("-" * (width + 2) if left else "-" * (width + 1) + ":" for left, width in columns) + "|"
    return "\n".join([f"**{title}**", "", lines[0], rule, *lines[1:], ""])
