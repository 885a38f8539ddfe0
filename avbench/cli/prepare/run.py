"""The way from what a command wants to a clip set: plan, terms, selection, preparation, audit."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avbench.cli.console import progress_bars
from avbench.cli.pairs import named_values
from avbench.cli.prepare.options import DATA, check_name, read_storage
from avbench.cli.prepare.shared import EngineName, Wanted, WebOptions
from avbench.cli.prepare.show import (
    show_listing,
    show_plan,
    show_prepared,
    show_selection,
    show_survival,
    show_terms,
)
from avbench.errors import UsageError
from avbench.progress import Progress

if TYPE_CHECKING:  # pipelines import torch, which takes seconds
    from pipelines.engine import Engine
    from pipelines.screen import ScreenConfig
    from pipelines.web.fetch import FetchOptions
    from pipelines.web.item import Listing
    from pipelines.web.select import Quality


def run(wanted: Wanted, options: WebOptions) -> None:
    """Prepare what a command wants, and tell.

    Raises:
        TooManyFailuresError: more items failed than --max-failures allows; the set is there all the same.
    """
    from pipelines.web.draw import sample
    from pipelines.web.prepare import prepare_listing

    listing = wanted.listing
    name = options.name or listing.source
    check_name(name)
    out = options.out or DATA / name
    storage = read_storage(
        options.clip_seconds or wanted.clip_seconds,
        options.fps,
        options.fit,
        options.channel,
        options.lossless,
        options.v64,
    )
    fetching, screening = _fetching(options), _screening(wanted, options)
    show_listing(listing)
    if options.dry_run:
        selecting = wanted.quality is not None
        drawn = listing if selecting else sample(listing, options.limit, options.seed)
        show_plan(drawn, out, copy=wanted.copy, selecting=selecting, limit=options.limit)
        return
    _agree(wanted, options, out)
    provenance: dict[str, Any] = {"terms_accepted": options.accept_terms}
    with progress_bars() as progress, _engine(options) as engine:
        if wanted.quality is not None:
            listing, provenance["selection"] = _select(listing, wanted.quality, out, fetching, options, progress)
        else:
            listing = sample(listing, options.limit, options.seed)
        prepared = prepare_listing(
            listing,
            out,
            name=name,
            storage=storage,
            engine=engine,
            fetching=fetching,
            screening=screening,
            copy=wanted.copy,
            provenance=provenance,
            progress=progress,
        )
    show_prepared(prepared, options.as_json)
    if not options.as_json:
        show_survival(out)
    if options.strict:
        _refuse_leaks(out, options.workers)
    prepared.check(options.max_failures)


def _fetching(options: WebOptions) -> "FetchOptions":
    from avbench.settings import changed
    from pipelines.web.fetch import FetchOptions

    fetching = changed(FetchOptions(), named_values("--fetch", options.fetch or []))
    return replace(
        fetching,
        page=replace(fetching.page, cookies=options.cookies or fetching.page.cookies),
        keep_downloads=options.keep_downloads or fetching.keep_downloads,
        retry_failed=options.retry_failed or fetching.retry_failed,
    )


def _screening(wanted: Wanted, options: WebOptions) -> "ScreenConfig | None":
    from avbench.settings import changed
    from pipelines.screen import ScreenConfig

    changes = named_values("--screen", options.screen or [])
    if options.no_screen:
        if changes:
            raise UsageError("--no-screen and --screen contradict each other; give one of them")
        return None
    keep = frozenset(reason.strip() for reason in changes.pop("keep", "").split(",")) - {""}
    return changed(ScreenConfig(keep=keep), {**(wanted.screening or {}), **changes})


def _agree(wanted: Wanted, options: WebOptions, out: Path) -> None:
    """Show the terms before the first download.

    Raises:
        UsageError: they must be accepted, and are not.
    """
    from pipelines.web.ledger import LEDGER

    terms = wanted.listing.terms
    missing = terms.must_accept and not options.accept_terms and wanted.copy is None
    if missing or not (out / LEDGER).exists():
        show_terms(terms)
    if missing:
        raise UsageError(f"nothing is downloaded before {terms.url} is read and accepted; then add --accept-terms")


def _engine(options: WebOptions) -> "Engine":
    from pipelines.engine import LocalEngine
    from pipelines.ray_engine import RayEngine

    if options.engine is EngineName.ray:
        return RayEngine(options.address)
    if options.address:
        raise UsageError("--address is of a Ray cluster; add --engine ray")
    return LocalEngine(options.workers)


def _select(
    listing: "Listing", quality: "Quality", out: Path, fetching: "FetchOptions", options: WebOptions, progress: Progress
) -> tuple["Listing", dict[str, Any]]:
    from pipelines.prepare import refuse_out
    from pipelines.web.download.youtube import read_facts
    from pipelines.web.select import select

    refuse_out(out, None)
    selection = select(
        listing,
        out,
        quality=quality,
        limit=options.limit,
        seed=options.seed,
        read=lambda item: read_facts(item.url, fetching.limits, fetching.page),
        forget=options.retry_failed,
        patience=fetching.patience,
        progress=progress,
    )
    show_selection(selection)
    return selection.listing, selection.provenance()


def _refuse_leaks(out: Path, workers: int) -> None:
    from avbench.clipset import open_clipset
    from pipelines.audit import audit

    with progress_bars() as progress:
        found = audit(open_clipset(out), workers=workers, progress=progress)
    found.write(out / "audit.csv")
    found.check(str(out))
