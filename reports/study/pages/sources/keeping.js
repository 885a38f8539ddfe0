// Where votes go: into files that the rater hands in (Offline), or to the server that dealt the page (Lab).
// Both have `join(rater, platform)`, which gives the rater's pages and the places that the server has answers for,
// `open(store, done)`, `keep(vote)`, `comment(text)`, and `pending()`: how much is not where it belongs yet.

/** A list is found by its name, given as `?list=` or typed as the code; people from Prolific get one by their id. */
class Offline {
  constructor(design) {
    this.design = design;
    this.isServer = false;
  }

  async join(rater, platform) {
    const wanted = (new URLSearchParams(location.search).get("list") || rater).toLowerCase();
    const names = Object.keys(this.design.lists);
    let list = names.find((name) => name.toLowerCase() === wanted);
    if (!list && platform.PROLIFIC_PID) list = names[parseInt(sha256(rater).slice(0, 8), 16) % names.length];
    if (!list) throw new Error("This code is not known. Please check it, or ask the person in charge.");
    this.list = list;
    return { list_id: list, pages: this.design.lists[list].map((id) => this.design.pages[id]), done: [] };
  }

  open(store) {
    this.store = store;
    store.set({ unsent: [] });
  }

  keep(vote) {
    this.store.add(vote);
    this.store.set({ unsent: [] });
  }

  comment(text) {
    this.store.set({ comment: text });
  }

  pending() {
    return 0;
  }
}

/** Sends each vote until the server says that it is on disk; what is not yet sent outlives a reload. */
class Lab {
  constructor(design) {
    this.design = design;
    this.isServer = true;
    this.sending = false;
    this.onChange = () => {};
    this.trouble = "";
  }

  async post(path, content, token) {
    return fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Study-Token": token },
      body: JSON.stringify(content),
    });
  }

  async join(rater, platform) {
    this.rater = rater;
    this.platform = platform;
    let response;
    try {
      response = await this.post("api/join", { rater_id: rater, platform: platform }, this.design.token);
    } catch (unreachable) {
      throw new Error("The server cannot be reached. Please try again, or tell the person in charge.");
    }
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error);
    this.token = answer.token;
    return answer;
  }

  /** What the server does not have, it gets: also a vote that it once took and that was lost with its disk. */
  open(store, done) {
    this.store = store;
    const known = new Set(done.map(placeOf));
    store.set({ unsent: store.state.votes.filter((vote) => !known.has(placeOf(vote))) });
    this.flush();
  }

  keep(vote) {
    this.store.add(vote);
    this.flush();
  }

  comment(text) {
    this.store.set({ comment: text, isCommentUnsent: text !== "" });
    this.flush();
  }

  pending() {
    return this.store ? this.store.state.unsent.length + (this.store.state.isCommentUnsent ? 1 : 0) : 0;
  }

  async flush() {
    if (this.sending) return;
    this.sending = true;
    let pause = 500; // milliseconds
    while (this.pending() > 0) {
      this.onChange();
      if (await this.send()) {
        pause = 500;
      } else {
        this.onChange();
        await new Promise((resolve) => setTimeout(resolve, pause));
        pause = Math.min(2 * pause, 8000);
      }
    }
    this.sending = false;
    this.onChange();
  }

  /** Sends the oldest unsent vote, or the comment; whether it is now on the server's disk. */
  async send() {
    const vote = this.store.state.unsent[0];
    try {
      const response = vote
        ? await this.post("api/vote", vote, this.token)
        : await this.post("api/comment", { rater_id: this.rater, comment: this.store.state.comment }, this.token);
      // 409: this place was answered before, in another window; the first answer stands.
      if (response.ok || response.status === 409) {
        if (vote) this.store.set({ unsent: this.store.state.unsent.filter((one) => placeOf(one) !== placeOf(vote)) });
        else this.store.set({ isCommentUnsent: false });
        this.trouble = "";
        return true;
      }
      this.trouble = (await response.json()).error;
      if (response.status === 403) await this.join(this.rater, this.platform);
    } catch (unreachable) {
      this.trouble = "the server cannot be reached";
    }
    return false;
  }
}
