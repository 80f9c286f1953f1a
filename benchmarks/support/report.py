# SPDX-License-Identifier: BSL-1.0
"""Merges the rows of all benchmark programs and draws the report.

    report.py ROWS_DIR OUT_DIR

Reads ROWS_DIR/*.json, writes results.json, report.md and report.html (self-contained, bars as inline SVG). A bar is a
row's ratio, where more is better; the mark is its goal. Exits 1 if a counted row misses its goal (timed rows never do).
"""
import html
import json
import pathlib
import sys

# Counts are the same in every run, so they may fail a build; times may not.
COUNTED = ("instruction", "line", "allocation", "byte", "MB of memory", "symbol")


def is_counted(row):
    unit = str(row.get("unit", "")).lower()
    return "/s" not in unit and any(unit.startswith(word.lower()) for word in COUNTED)


def number(value):
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value) if value not in (None, "") else "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def verdict(row):
    ratio, goal = row.get("ratio"), row.get("goal")
    if not isinstance(ratio, (int, float)):
        return "no reference"
    if not isinstance(goal, (int, float)) or goal <= 0:
        return ""
    if "unsteady:" in str(row.get("note", "")):
        return "unsteady"  # neither passes nor fails
    return "good" if ratio >= goal else "below goal"


def bars(rows):
    """One SVG for the rows of one bench."""
    shown = [r for r in rows if isinstance(r.get("ratio"), (int, float))]
    if not shown:
        return ""
    top = max(max(float(r["ratio"]), float(r.get("goal") or 0)) for r in shown) or 1.0
    top = min(top, 4.0)
    width, left, line = 900, 420, 22
    parts = []
    for i, row in enumerate(shown):
        y = i * line
        ratio = float(row["ratio"])
        length = max(1.0, min(ratio, top) / top * (width - left - 70))
        colour = {"good": "#2f7d4f", "below goal": "#b5482f"}.get(verdict(row), "#4a6d8c")
        label = html.escape(str(row.get("case", "")))
        parts.append(f'<text x="{left - 8}" y="{y + 15}" text-anchor="end">{label}</text>')
        parts.append(f'<rect x="{left}" y="{y + 4}" width="{length:.1f}" height="14" fill="{colour}"/>')
        parts.append(f'<text x="{left + length + 6:.1f}" y="{y + 15}">{ratio:.2f}</text>')
        goal = row.get("goal")
        if isinstance(goal, (int, float)) and 0 < goal <= top:
            x = left + goal / top * (width - left - 70)
            parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y + 1}" y2="{y + 21}" stroke="#222" stroke-width="2"/>')
    height = len(shown) * line + 4
    return (f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">' + "".join(parts)
            + "</svg>")


def main():
    rows_dir, out_dir = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    rows = []
    for file in sorted(rows_dir.glob("*.json")):
        try:
            part = json.loads(file.read_text())
        except ValueError as error:
            print(f"{file.name}: not JSON: {error}", file=sys.stderr)
            return 1
        rows += part
    (out_dir / "results.json").write_text(json.dumps(rows, indent=1) + "\n")

    benches = {}
    for row in rows:
        benches.setdefault(str(row.get("bench", "?")), []).append(row)

    machines = sorted({json.dumps(r["machine"], sort_keys=True) if isinstance(r["machine"], dict) else str(r["machine"])
                       for r in rows if r.get("machine")})
    columns = ("case", "unit", "ours", "reference", "reference_name", "ratio", "goal", "runs")
    markdown = ["# weir: benchmarks", "",
                "`ratio >= goal` is good: it is ours over the reference where more is better, else the other way.", ""]
    page = ["<h1>weir: benchmarks</h1><p>A bar is the ratio to the reference, more is better; the mark is the goal.</p>"]
    for machine in machines:
        markdown += [f"Machine: {machine}", ""]
        page.append(f"<p>Machine: {html.escape(machine)}</p>")
    missed = []
    for bench, some in benches.items():
        markdown += [f"## {bench}", "", "| " + " | ".join(columns) + " | |", "|" + "---|" * (len(columns) + 1)]
        page.append(f"<h2>{html.escape(bench)}</h2>{bars(some)}<table><tr>"
                    + "".join(f"<th>{c}</th>" for c in columns) + "<th></th></tr>")
        for row in some:
            cells = [number(row.get(c)) for c in columns] + ["; ".join(t for t in (verdict(row), str(row.get("note") or "")) if t)]
            markdown.append("| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |")
            page.append("<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in cells) + "</tr>")
            if verdict(row) == "below goal" and is_counted(row):
                missed.append(f"{bench}: {row.get('case')}: {number(row['ratio'])} of {number(row['goal'])}")
        markdown.append("")
        page.append("</table>")
    if not rows:
        markdown.append("No rows.")
        page.append("<p>No rows.</p>")
    (out_dir / "report.md").write_text("\n".join(markdown) + "\n")
    (out_dir / "report.html").write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>weir: benchmarks</title><style>'
        "body{font:15px/1.45 system-ui,sans-serif;max-width:1000px;margin:2em auto;padding:0 1em;color:#222}"
        "table{border-collapse:collapse;margin:1em 0}td,th{padding:.2em .6em;border-bottom:1px solid #ddd;text-align:left;"
        "font-variant-numeric:tabular-nums}svg{font:13px system-ui,sans-serif;max-width:100%;height:auto}</style><body>"
        + "\n".join(page) + "</body></html>\n")
    good = sum(verdict(r) == "good" for r in rows)
    below = sum(verdict(r) == "below goal" for r in rows)
    print(f"{len(rows)} rows: {good} meet their goal, {below} do not")
    for line in missed:
        print(f"a counted row misses its goal: {line}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
