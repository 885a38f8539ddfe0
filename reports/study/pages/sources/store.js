// What this browser keeps of a rater, so that a reload or a crash loses nothing.

/** One rater's progress: `{list_id, consent, audio_check, platform, comment, votes, unsent, exported}`. */
class Store {
  constructor(studyId, rater) {
    this.key = "avbench/" + studyId + "/" + rater;
    this.lastKey = "avbench/" + studyId;
    this.isKept = true; // false where the browser lets the page keep nothing
    this.state = this.read() || { consent: "", audio_check: "", comment: "", votes: [], unsent: [], exported: 0 };
    try {
      localStorage.setItem(this.lastKey, rater);
    } catch (refused) {
      this.isKept = false;
    }
  }

  /** The code that was used last on this browser, or "". */
  static last(studyId) {
    try {
      return localStorage.getItem("avbench/" + studyId) || "";
    } catch (refused) {
      return "";
    }
  }

  read() {
    try {
      return JSON.parse(localStorage.getItem(this.key));
    } catch (refused) {
      return null;
    }
  }

  set(changes) {
    Object.assign(this.state, changes);
    try {
      localStorage.setItem(this.key, JSON.stringify(this.state));
    } catch (refused) {
      this.isKept = false;
    }
  }

  /** Adds a vote, unless one for the same place stands there already, be it from another window. */
  add(vote) {
    const stored = this.read();
    if (stored) this.state = stored;
    if (this.state.votes.some((one) => placeOf(one) === placeOf(vote))) return;
    this.state.votes.push(vote);
    this.state.unsent.push(vote);
    this.set({});
  }

  forget() {
    try {
      localStorage.removeItem(this.key);
      localStorage.removeItem(this.lastKey);
    } catch (refused) {
      this.isKept = false;
    }
  }
}

function placeOf(vote) {
  return vote.page_id + " " + vote.position;
}
