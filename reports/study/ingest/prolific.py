"""Joining answers of our own page with what Prolific tells of its submissions."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reports.study.ingest.defects import Defect
from reports.study.ingest.records import Statuses, Submission
from reports.study.privacy import pseudonym


@dataclass(frozen=True, slots=True)
class SessionCheck:
    """Prolific's statuses by session and by participant; without any, everybody is kept."""

    kept: dict[str, bool]  # session or participant id -> whether its answers count
    coded: dict[str, str]  # session with a completion code -> participant

    @classmethod
    def of(cls, statuses: Iterable[Statuses]) -> "SessionCheck":
        """All exports together; a later one counts, since statuses change between downloads."""
        sessions = {session: told for status in statuses for session, told in status.sessions.items()}
        kept: dict[str, bool] = {}
        for participant, keeps, _ in sessions.values():
            # Somebody who returned once and finished at the second try is kept by the second session.
            kept[participant] = kept.get(participant, False) or keeps
        kept |= {session: keeps for session, (_, keeps, _) in sessions.items()}
        coded = {session: participant for session, (participant, keeps, code) in sessions.items() if keeps and code}
        return cls(kept, coded)

    def keeps(self, submission: Submission) -> bool:
        """Whether a submission counts: by its session, or where none was recorded by its participant."""
        return self.kept.get(submission.session, self.kept.get(submission.rater, True))

    def unmatched(self, used: Sequence[Submission], secret: bytes | None) -> Iterator[Defect]:
        """People with a completion code but no answers, and people with answers whom Prolific does not know."""
        if not self.kept:
            return
        present = {submission.session for submission in used} | {submission.rater for submission in used}
        without_answers = {
            participant for session, participant in self.coded.items() if not {session, participant} & present
        }
        without_code = {
            submission.rater for submission in used if not {submission.session, submission.rater} & set(self.kept)
        }
        for reason, people in (("code_without_answers", without_answers), ("answers_without_code", without_code)):
            for rater_id in sorted(pseudonym(secret, person) for person in people):
                yield Defect(file="", row=None, column="", value="", reason=reason, effect="noted", rater_id=rater_id)
