"""The tables behind Tables 5 and 6: tests, agreement, histograms, drift, screening and raters."""

from collections.abc import Iterator, Sequence

from reports.study.analysis.screening import RULES, least_seconds
from reports.study.report.reported import Reported
from reports.study.report.sheet import Sheet
from reports.study.report.words import NONE, decimal, interval, metric, p_value, percent


def checks(reported: Sequence[Reported]) -> Iterator[Sheet]:
    """All of them, those without rows left out."""
    for sheet in (
        _pairs(reported),
        _agreement(reported),
        _histograms(reported),
        _drifts(reported),
        _sensitivity(reported),
    ):
        if sheet.rows:
            yield sheet
    yield _flow(reported)
    yield _rules(reported)
    yield _raters(reported)


def _pairs(reported: Sequence[Reported]) -> Sheet:
    rows = [
        (
            test.dataset,
            metric(test.task),
            f"{test.a} − {test.b}",
            test.test,
            f"{test.n_a}" if test.test == "wilcoxon" else f"{test.n_a}, {test.n_b}",
            decimal(test.diff),
            p_value(test.p),
            p_value(test.p_holm),
            test.mark,
            p_value(test.welch_p),
            decimal(test.cliffs_delta),
        )
        for one in reported
        for test in one.numbers(screened=True).pairs
    ]
    return Sheet(
        name="pairs",
        title="Differences between methods, over means of clips",
        headings=("Data set", "Task", "Pair", "Test", "clips", "difference", "p", "p (Holm)", "", "p (Welch)", "δ"),
        rows=tuple(rows),
        left=4,
        notes=(
            "Wilcoxon's signed ranks where both methods show the same sources, Mann and Whitney's test otherwise, both "
            "two-sided. Holm's correction runs over all tests of a study. δ: Cliff's delta, −1 to 1.",
        ),
    )


def _agreement(reported: Sequence[Reported]) -> Sheet:
    rows = []
    for one in reported:
        for screened, label in ((True, "screened"), (False, "all raters")):
            for found in one.numbers(screened=screened).agreements:
                first = found.alpha_nominal if found.task == "turing" else found.alpha_ordinal
                second = found.alpha_pass if found.task == "turing" else found.alpha_interval
                kinds = "nominal, pass" if found.task == "turing" else "ordinal, interval"
                rows.append(
                    (
                        *(found.dataset, metric(found.task), label, kinds),
                        *(f"{found.n_units:,}", decimal(first, 3), decimal(second, 3), found.reason),
                    )
                )
    return Sheet(
        name="agreement",
        title="Agreement of raters: Krippendorff's alpha",
        headings=("Data set", "Task", "Raters", "Levels", "clips", "α", "α", "undefined because"),
        rows=tuple(rows),
        left=4,
        notes=(
            "1 is perfect, 0 is chance. The two columns are of the two levels named. With nearly constant votes alpha "
            "falls to 0 though almost all agree: read it beside the histogram.",
        ),
    )


def _histograms(reported: Sequence[Reported]) -> Sheet:
    rows = []
    for one in reported:
        numbers = one.numbers(screened=True)
        for cell in numbers.opinions:
            rows.append((cell.dataset, cell.method, metric(cell.task), _bars(cell.histogram)))
        for rate in numbers.passes:
            rows.append((rate.dataset, rate.method, "turing", _bars(rate.counts)))
    return Sheet(
        name="histograms",
        title="Votes by answer, after screening",
        headings=("Data set", "Method", "Task", "answers: votes"),
        rows=tuple(rows),
        left=4,
    )


def _bars(counts: dict[str, int]) -> str:
    return ",  ".join(f"{answer}: {votes:,}" for answer, votes in counts.items())


def _drifts(reported: Sequence[Reported]) -> Sheet:
    rows = [
        (
            drift.dataset,
            metric(drift.task),
            decimal(drift.slope, 3),
            interval(None if drift.low is None or drift.high is None else (drift.low, drift.high), 3),
            f"{drift.n_votes:,}",
            f"{drift.n_raters:,}",
        )
        for one in reported
        for drift in one.numbers(screened=True).drifts
    ]
    return Sheet(
        name="drift",
        title="Change of votes over a rater's session, per ten votes",
        headings=("Data set", "Task", "slope", "95 %", "votes", "raters"),
        rows=tuple(rows),
        left=2,
        notes=("Points on the scale; for the Turing test, share of passes. Within methods, clustered by rater.",),
    )


def _sensitivity(reported: Sequence[Reported]) -> Sheet:
    rows = [
        (
            *(cell.dataset, cell.method, metric(cell.task), decimal(cell.plain), decimal(cell.without_odd_votes)),
            *(decimal(cell.without_rater_bias), decimal(cell.without_odd_raters)),
        )
        for one in reported
        for cell in one.numbers(screened=True).sensitivity
    ]
    return Sheet(
        name="sensitivity",
        title="Mean opinion scores under other treatments of odd votes and raters",
        headings=("Data set", "Method", "Task", "MOS", "odd votes out", "rater bias off", "odd raters out"),
        rows=tuple(rows),
        left=3,
        notes=(
            "Not used elsewhere. odd votes: |z| ≥ 3.29 within a clip (P.808). rater bias: each rater's mean difference "
            "to the clips' means (P.913). odd raters: BT.500, from 15 votes a clip on.",
        ),
    )


def _flow(reported: Sequence[Reported]) -> Sheet:
    """From what came in to what is in the tables; each step's reasons add up."""
    rows = []
    for one in reported:
        name, counts = one.study.study_id, one.counts
        rows.append((name, "rows came in", f"{sum(counts['rows'].values()):,}"))
        rows += [(name, f"  {reason}", f"−{n:,}") for reason, n in counts["rows"].items() if reason != "used"]
        rows.append((name, "rows used", f"{counts['rows'].get('used', 0):,}"))
        inside = counts["votes_in"] - sum(counts["votes_in_dropped_rows"].values())
        rows.append((name, "votes in them", f"{inside:,}"))
        rows += [(name, f"  {reason}", f"−{n:,}") for reason, n in counts["votes_dropped"].items()]
        gold = one.analysis.gold_answers
        rows.append((name, "  answers to gold clips, which check raters", f"−{gold:,}"))
        everything, kept = one.numbers(screened=False), one.numbers(screened=True)
        rows.append((name, "valid votes", f"{everything.votes:,} of {everything.raters:,} raters"))
        for rule in RULES:
            out = {rater for rater, reason in one.analysis.screening.excluded.items() if reason == rule}
            if out:
                votes = sum(one.analysis.screening.raters[rater].n_votes for rater in out)
                rows.append((name, f"  {rule}", f"−{votes:,} of {len(out):,} raters"))
        rows.append((name, "votes in the tables", f"{kept.votes:,} of {kept.raters:,} raters"))
    return Sheet(
        name="screening",
        title="From rows to votes to raters",
        headings=("Study", "", "count"),
        rows=tuple(rows),
        left=2,
    )


def _rules(reported: Sequence[Reported]) -> Sheet:
    rows = []
    for one in reported:
        rules, name = one.study.screening, one.study.study_id
        rows += [
            (name, "gold_fail", f"share of right gold answers below {rules.least_gold_rate:g}"),
            (name, "too_fast", f"median time of an item below {least_seconds(one.keyed):g} s"),
            (
                *(name, "no_variance"),
                f"variance of opinion scores below {rules.least_variance:g}, from {rules.variance_votes} votes on",
            ),
            (
                *(name, "low_agreement"),
                f"r with the others' mean below {rules.least_agreement:g}, from {rules.agreement_votes} votes on, "
                "once, among those the other rules left",
            ),
        ]
    return Sheet(
        name="rules",
        title="Rules by which raters were left out, fixed before the first answer",
        headings=("Study", "Rule", "A rater is left out for"),
        rows=tuple(rows),
        left=3,
    )


def _raters(reported: Sequence[Reported]) -> Sheet:
    rows = [
        (
            line.rater_id,
            line.excluded or NONE,
            f"{line.n_votes:,}",
            NONE if line.gold_rate is None else f"{percent(line.gold_rate)} of {line.n_gold}",
            decimal(line.median_seconds, 1),
            decimal(line.bias),
            decimal(line.sd),
            decimal(line.r_with_others),
        )
        for one in reported
        for line in one.analysis.raters
    ]
    return Sheet(
        name="raters",
        title="Raters, by pseudonym",
        headings=("Rater", "left out by", "votes", "gold right %", "median s", "bias", "sd", "r with others"),
        rows=tuple(rows),
        left=2,
        notes=("bias: mean of a rater's scores less the clips' means. No ground for refusing pay.",),
    )
