"""From a study to its pages: templates filled in, styles and scripts put inside, so that each page is one file."""

import base64
import dataclasses
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from avbench.workspace import atomic_write
from reports.study.study import MEDIA_FOLDER, Anchor, Page, Study
from reports.study.vote import FIELDS, NOT_LOADED

SURVEY = Path("survey", "index.html")

_SOURCES = Path(__file__).parent / "sources"
_SHARED = ("screens.js", "listening.js", "item.js", "introduction.js")
_HIT_SCRIPTS = (*_SHARED, "hit.js")
_SURVEY_SCRIPTS = (*_SHARED, "digest.js", "store.js", "keeping.js", "exporting.js", "survey.js")


def write_pages(study: Study, folder: Path) -> list[Path]:
    """Write the study's pages into its folder; the same study gives the same bytes.

    Returns:
        The sheet for Mechanical Turk (`hit_mos.html` or `hit_turing.html`) and the offline page `survey/index.html`.

    Raises:
        MachineError: they cannot be written.
    """
    pages = {folder / f"hit_{study.kind}.html": hit_page(study), folder / SURVEY: survey_page(study)}
    for path, text in pages.items():
        atomic_write(path, text)
    return list(pages)


def hit_page(study: Study) -> str:
    """The layout of a HIT: a form of Mechanical Turk with the variables `${study_id}`, `${page_id}`, `${task}`,
    `${clip_1}`.., `${url_1}`.., which the platform fills in from a line of `batch_input.csv`.
    """
    address = study.media_url.rstrip("/")
    return _render(
        "hit.html",
        study,
        {**_design(study), "practice": _practice(study, address)},
        _script(_HIT_SCRIPTS),
        clips=max(len(page.items) for page in study.pages),
    )


def survey_page(study: Study, token: str | None = None) -> str:
    """Our own page.

    Args:
        token: of the server that serves the page and deals the lists. Without one it is the offline page, which holds
            the whole design and lies in `survey/`, beside `media/`.
    """
    media = f"../{MEDIA_FOLDER}" if token is None else MEDIA_FOLDER
    design: dict[str, Any] = {
        **_design(study),
        "practice": _practice(study, media),
        "media": f"{media}/",
        "completion_code": study.completion_code,
        "fields": FIELDS,
    }
    if token is None:
        design["lists"] = {raters.list_id: raters.page_ids for raters in study.rater_lists}
        design["pages"] = {page["page_id"]: page for page in map(dealt_page, study.pages)}
    else:
        design["token"] = token
    script = _script(_SURVEY_SCRIPTS)
    hint = "As it was given to you." if token is None else "As it was given to you, or one that you choose."
    return _render("survey.html", study, design, script, policy=_policy(script, token is not None), code_hint=hint)


def dealt_page(page: Page) -> dict[str, Any]:
    """What the page in a rater's browser knows of a page of the study."""
    return {"page_id": page.page_id, "task": page.task, "clips": [item.clip_id for item in page.items]}


def json_in_html(value: Any) -> Markup:
    """JSON that stays JSON inside a `<script>` element, whatever its strings hold: `</script>`, `<!--`, `${`."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    for sign in "<>&$":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def _design(study: Study) -> dict[str, Any]:
    return {
        "study_id": study.study_id,
        "texts_sha256": study.texts_sha256,
        "tasks": [dataclasses.asdict(task) for task in study.tasks],
    }


def _practice(study: Study, address: str) -> list[dict[str, str]]:
    remarks = [*study.texts.practice, *[""] * len(study.practice)]
    return [
        {"url": f"{address}/{item.clip_id}.mp4", "remark": remark}
        for item, remark in zip(study.practice, remarks, strict=False)
    ]


def _render(template: str, study: Study, design: dict[str, Any], script: Markup, **values: Any) -> str:
    style = _source("style.css")
    page = _environment().get_template(template)
    return page.render(study=study, design=json_in_html(design), style=style, script=script, **values)


def _script(names: tuple[str, ...]) -> Markup:
    """Scripts in one, their names out of reach of whatever else runs in the page."""
    body = "\n".join(_source(name) for name in names)
    return Markup(f'(function () {{\n"use strict";\n{body}}})();\n')


def _policy(script: Markup, has_server: bool) -> str:
    """What the page may do: run its own script and style, play clips, and talk to its server, if there is one."""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src '{_fingerprint(script)}'",
            f"style-src '{_fingerprint(_source('style.css'))}'",
            "img-src data:",
            "media-src 'self' file:",
            "connect-src 'self'" if has_server else "connect-src 'none'",
            "form-action 'none'",
            "base-uri 'none'",
        ]
    )


def _fingerprint(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _shown_answer(anchor: Anchor) -> str:
    """A score with its word, a verdict as it is; `shownAnswer` in screens.js does the same."""
    return f"{anchor.answer} – {anchor.label}" if anchor.answer.isdigit() else anchor.label


@cache
def _source(name: str) -> Markup:
    return Markup((_SOURCES / name).read_text(encoding="utf-8"))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_SOURCES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(shown_answer=_shown_answer, not_loaded=NOT_LOADED)
    return environment
