// The files that a rater hands in.

const EXPORT_FORMAT = "avbench-answers-1";

/** The export as an object: votes, their count and their checksum. */
function exported(design, rater, listId, state, isFinished) {
  return {
    format: EXPORT_FORMAT,
    study_id: design.study_id,
    texts_sha256: design.texts_sha256,
    rater_id: rater,
    list_id: listId,
    platform: state.platform || {},
    finished: isFinished,
    comment: state.comment || "",
    count: state.votes.length,
    sha256: sha256(JSON.stringify(state.votes)),
    votes: state.votes,
  };
}

/** Votes as CSV (RFC 4180), one a line. */
function asCsv(votes, fields) {
  const cell = (value) => {
    const text = String(value);
    return /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  };
  const lines = [fields].concat(votes.map((vote) => fields.map((field) => vote[field])));
  return lines.map((line) => line.map(cell).join(",") + "\r\n").join("");
}

/** Hands a text to the rater as a file. */
function download(name, kind, text) {
  const address = URL.createObjectURL(new Blob([text], { type: kind }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}
