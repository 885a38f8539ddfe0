"""The quality report of a data set: one HTML page that needs no network, light or dark as the reader's system is."""

import base64
import io
import tempfile
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

import pandas as pd
from PIL import Image

from avbench.clip import Clip
from avbench.workspace import atomic_write
from reports.bars import counted, histogram, lying, upright
from reports.contact_sheet import contact_sheet

_ROWS = 60  # of the table of classes; the CSV has all
_MESSAGES = 160  # characters of an example
_SHEET_QUALITY = 85

_STYLE = """
:root { color-scheme: light dark; --ink: #22303c; --muted: #5d6a76; --faint: #dfe4e8; --page: #ffffff;
  --accent: #0f7b8a; --warn: #b5480b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e9ed; --muted: #9aa7b2; --faint: #36424d; --page: #161c21;
  --accent: #46b5c4; --warn: #f0955a; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); max-width: 72rem;
  margin: 2rem auto; padding: 0 1.2rem; }
h1 { margin-bottom: 0; } h2 { margin-top: 2.4rem; } .muted { color: var(--muted); }
.tiles { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1.4rem 0; padding: 0; list-style: none; }
.tiles li { border: 1px solid var(--faint); border-radius: 6px; padding: .6rem 1.1rem; min-width: 6rem; }
.tiles b { display: block; font-size: 1.5rem; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .8rem .25rem 0; text-align: left; border-bottom: 1px solid var(--faint); vertical-align: top; }
.number { text-align: right; } .prose { min-width: 16rem; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(19rem, 100%), 1fr)); gap: 1.6rem; }
h1, summary { overflow-wrap: anywhere; } figure { margin: 0; } figcaption { font-weight: 600; margin-bottom: .3rem; }
.bars { width: 100%; } .bars td { border: 0; padding: .1rem .5rem .1rem 0; white-space: nowrap; }
.lane { width: 60%; } .lane span { display: block; height: .8rem; background: var(--accent); }
svg { width: 100%; height: auto; } svg text { fill: var(--muted); font-size: 10px; } svg rect { fill: var(--accent); }
svg line { stroke: var(--faint); } details { margin: .5rem 0; } summary { cursor: pointer; }
details img { max-width: 100%; border-radius: 4px; }
"""


def quality_page(
    path: Path,
    *,
    name: str,
    clips: pd.DataFrame,
    failures: pd.DataFrame,
    classes: pd.DataFrame,
    statistics: pd.DataFrame,
    previews: Mapping[str, Sequence[Clip]],
) -> None:
    """Write the page.

    Args:
        path: of the page; nothing else is written.
        clips: one row per clip, with the columns of `quality.csv`.
        failures: item, label, stage, reason, message.
        classes: label, clips, hours, failed, and a column for each reason.
        statistics: figure, ours, paper, share, note.
        previews: some clips of each class, drawn as contact sheets.

    Raises:
        MachineError: `path` cannot be written.
    """
    title = f"{name}: quality"
    parts = [
        f"<h1>{escape(name)}</h1><p class=muted>Quality of a data set: what is in it, and what could not be had</p>",
        _tiles(clips, failures),
        "<h2>Size</h2>" + _table(statistics, left=("figure", "note")),
        "<h2>Distributions</h2>" + _plots(clips),
        _failed(failures),
        _by_class(classes),
        _sheets(previews),
    ]
    atomic_write(
        path,
        f'<!doctype html><html lang="en"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style><body>{''.join(parts)}</body></html>\n",
    )


def _tiles(clips: pd.DataFrame, failures: pd.DataFrame) -> str:
    items = clips["source"].nunique()
    numbers = {
        "clips": f"{len(clips):,}",
        "hours": f"{clips['seconds'].sum() / 3600:,.2f}",
        "sources": f"{items:,}",
        "classes": f"{(clips['label'].unique() != '').sum():,}",
        "items without a clip": f"{len(failures):,}",
    }
    tiles = "".join(f"<li><b>{number}</b>{escape(what)}</li>" for what, number in numbers.items())
    return f"<ul class=tiles>{tiles}</ul>"


def _plots(clips: pd.DataFrame) -> str:
    """Histograms of what there is; a set without sound has no loudness."""
    sizes = clips[["source_width", "source_height"]].dropna().astype(int)
    named = sizes["source_width"].astype(str) + "×" + sizes["source_height"].astype(str)
    spread = {
        "duration, s": clips["seconds"],
        "shorter side of the source, pixels": sizes.min(axis=1),
        "loudness, LUFS (EBU R 128)": clips["loudness_lufs"],
        "level, dBFS (root mean square)": clips["rms_dbfs"],
        "share of silence": clips["silent_fraction"],
        "sound begins after the picture, s": clips["av_offset_s"],
    }
    kinds = {
        "frame rate of the source, 1/s": clips["source_fps"],
        "size of the source, pixels": named,
        "sample rate of the source, Hz": clips["source_sample_rate"],
        "remarks": clips["warnings"].fillna("").astype(str).str.split().explode(),
    }
    figures = [
        *((caption, upright(bars, caption)) for caption, values in spread.items() if (bars := histogram(values))),
        *((caption, lying(bars)) for caption, values in kinds.items() if (bars := counted(values))),
    ]
    drawn = (f"<figure><figcaption>{escape(caption)}</figcaption>{chart}</figure>" for caption, chart in figures)
    return f"<div class=plots>{''.join(drawn)}</div>"


def _failed(failures: pd.DataFrame) -> str:
    if failures.empty:
        return "<h2>Items without a clip</h2><p>There are none.</p>"
    table = (
        failures.groupby(["reason", "stage"])
        .agg(items=("item", "size"), example=("message", "first"))
        .sort_values("items", ascending=False, kind="stable")
        .reset_index()
    )
    table["example"] = table["example"].astype(str).str.slice(0, _MESSAGES)
    return "<h2>Items without a clip</h2>" + _table(table, left=("reason", "stage", "example"))


def _by_class(classes: pd.DataFrame) -> str:
    shown = classes.sort_values("clips", ascending=False, kind="stable").head(_ROWS)
    shown = shown.assign(label=shown["label"].replace("", "(none)"))
    rest = len(classes) - len(shown)
    more = f"<p class=muted>{rest:,} more classes are in classes.csv.</p>" if rest else ""
    return "<h2>Classes</h2>" + _table(shown, left=("label",)) + more


def _table(table: pd.DataFrame, *, left: Sequence[str]) -> str:
    """All columns but those `left` are numbers; the last one of these has room for sentences if it is the table's."""
    kinds = {str(column): "" if column in left else " class=number" for column in table.columns}
    if table.columns[-1] in left:
        kinds[str(table.columns[-1])] = " class=prose"
    head = "".join(f"<th{kind}>{escape(column)}</th>" for column, kind in kinds.items())
    rows = "".join(
        "<tr>"
        + "".join(f"<td{kind}>{escape(_cell(value))}</td>" for value, kind in zip(row, kinds.values(), strict=True))
        + "</tr>"
        for row in table.itertuples(index=False)
    )
    return f"<div class=scroll><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"


def _cell(value: object) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return "" if pd.isna(value) else f"{value:,.4g}"
    return str(value)


def _sheets(previews: Mapping[str, Sequence[Clip]]) -> str:
    drawn = {label: clips for label, clips in previews.items() if clips}
    if not drawn:
        return ""
    sheets = (
        f"<details{'' if place else ' open'}><summary>{escape(label or '(no class)')}</summary>"
        f'<img loading="lazy" alt="{escape(f"contact sheet of {label}", quote=True)}" src="{_sheet(clips)}"></details>'
        for place, (label, clips) in enumerate(drawn.items())
    )
    note = "<p class=muted>Frames, waveform and spectrogram of some clips, drawn with a fixed seed.</p>"
    return f"<h2>Contact sheets</h2>{note}{''.join(sheets)}"


def _sheet(clips: Sequence[Clip]) -> str:
    """A contact sheet as a data URL; as JPEG, a tenth of the PNG."""
    with tempfile.TemporaryDirectory(prefix="avbench-") as folder:
        drawn = Path(folder) / "sheet.png"
        contact_sheet(clips, drawn)
        file = io.BytesIO()
        with Image.open(drawn) as image:
            image.convert("RGB").save(file, "JPEG", quality=_SHEET_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
