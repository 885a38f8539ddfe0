// Our own page: a rater with a code goes through a list of pages, clip by clip.

const RATER = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const PLATFORM = ["PROLIFIC_PID", "STUDY_ID", "SESSION_ID"];

class Survey {
  constructor(design, keeper) {
    this.design = design;
    this.keeper = keeper;
    this.parameters = new URLSearchParams(location.search);
    this.platform = {};
    for (const name of PLATFORM) {
      if (this.parameters.get(name)) this.platform[name] = this.parameters.get(name);
    }
    this.item = null;
    this.done = new Set();
    this.practice = () => null;
    this.shownPage = null;
    this.wire();
  }

  wire() {
    const begin = () => this.start(find("code").value.trim());
    find("start").addEventListener("click", begin);
    onEnter(find("code"), begin);
    find("continue").addEventListener("click", () => this.next());
    find("begin").addEventListener("click", () => this.rate());
    find("form").addEventListener("submit", (event) => { event.preventDefault(); this.take(); });
    find("finish").addEventListener("click", () => this.finish());
    find("save-json").addEventListener("click", () => this.saveJson());
    find("save-csv").addEventListener("click", () => this.saveCsv());
    find("save-copy").addEventListener("click", () => this.saveJson());
    find("forget").addEventListener("click", () => this.forget());
    this.keeper.onChange = () => this.showSaving();
    listenToKeys(() => this.item || this.practice());
    document.addEventListener("keydown", (event) => this.enter(event));
    window.addEventListener("beforeunload", (event) => { if (this.wouldLose()) event.preventDefault(); });
  }

  /** Enter takes the answer, wherever the focus is; on a field of the form the browser does that by itself. */
  enter(event) {
    if (this.item && event.key === "Enter" && !event.target.closest("button, a, input, textarea, video")) this.take();
  }

  begin() {
    const given = this.parameters.get("rater") || this.platform.PROLIFIC_PID || "";
    find("code").value = given || Store.last(this.design.study_id);
    find("code-field").hidden = Boolean(given);
    showScreen("start");
  }

  async start(code) {
    const error = find("error", document.querySelector('[data-screen="start"]'));
    if (!RATER.test(code)) {
      say(error, "Please type your code: letters and digits, as it was given to you.");
      find("code-field").hidden = false;
      find("code").focus();
      return;
    }
    let dealt;
    try {
      dealt = await this.keeper.join(code, this.platform);
    } catch (refused) {
      say(error, refused.message);
      return;
    }
    say(error, "");
    this.rater = code;
    this.listId = dealt.list_id;
    this.store = new Store(this.design.study_id, code);
    this.store.set({ platform: this.platform });
    find("memory-only").hidden = this.store.isKept;
    this.keeper.open(this.store, dealt.done);
    this.lay(dealt);
    this.enterStudy();
  }

  /** All places of the rater's list, and which of them are answered. */
  lay(dealt) {
    this.pages = dealt.pages;
    this.places = [];
    for (const page of dealt.pages) {
      page.clips.forEach((clip, index) => {
        this.places.push({ page: page, clip_id: clip, page_id: page.page_id, position: index + 1 });
      });
    }
    this.done = new Set(dealt.done.concat(this.store.state.votes).map(placeOf));
  }

  enterStudy() {
    const state = this.store.state;
    this.count();
    if (!this.open()) {
      this.end();
      return;
    }
    if (this.done.size > 0 && state.consent === "yes" && state.audio_check === "pass") {
      say(find("back-words"), this.done.size + " of " + this.places.length + " clips are done; nothing was lost.");
      showScreen("back");
      return;
    }
    const task = this.task(this.pages[0].task);
    this.practice = introduce(
      this.design,
      task,
      state,
      (name, value) => this.store.set({ [name]: value }),
      () => { this.practice = () => null; this.next(); },
    );
  }

  task(name) {
    return this.design.tasks.find((task) => task.name === name);
  }

  /** The first place that is not answered. */
  open() {
    return this.places.find((place) => !this.done.has(placeOf(place)));
  }

  count() {
    const progress = find("progress");
    const bar = progress.querySelector("progress");
    progress.hidden = false;
    bar.max = this.places.length;
    bar.value = this.done.size;
    say(find("progress-words"), this.done.size + " of " + this.places.length);
    this.showSaving();
  }

  /** To the next open clip, by way of its question when that is another than the last one's. */
  next() {
    const place = this.open();
    if (!place) {
      this.end();
    } else if (this.shownPage === null || this.shownPage.task !== place.page.task) {
      const number = this.pages.indexOf(place.page) + 1;
      const task = this.task(place.page.task);
      this.shownPage = place.page;
      say(find("part-title"), "Part " + number + " of " + this.pages.length);
      fillAnchors(find("part-anchors"), task);
      showScreen("part");
    } else {
      this.shownPage = place.page;
      this.rate();
    }
  }

  rate() {
    this.place = this.open();
    const section = document.getElementById("item-template").content.firstElementChild.cloneNode(true);
    const number = this.places.indexOf(this.place) + 1;
    find("video", section).src = this.design.media + this.place.clip_id + ".mp4";
    find("item-title", section).textContent = "Clip " + number + " of " + this.places.length;
    find("place").replaceChildren(section);
    const error = find("error", find("form"));
    say(error, "");
    this.item = new Item(section, this.task(this.place.page.task), () => say(error, ""));
    showScreen("rate");
  }

  /** Takes the answer down and goes on. */
  take() {
    if (!this.item.answer) {
      say(find("error", find("form")), "Please play the clip to its end and answer, or say that it does not play.");
      return;
    }
    this.keeper.keep(this.vote());
    this.done.add(placeOf(this.place));
    find("memory-only").hidden = this.store.isKept;
    this.item.leave();
    this.item = null;
    this.count();
    this.next();
  }

  vote() {
    const task = this.place.page.task;
    return {
      study_id: this.design.study_id,
      task_id: task + ":" + this.place.clip_id,
      rater_id: this.rater,
      clip_id: this.place.clip_id,
      task: task,
      answer: this.item.answer,
      seconds: this.item.seconds,
      plays: this.item.plays,
      timestamp: new Date().toISOString().slice(0, 19) + "Z",
      consent: this.store.state.consent,
      audio_check: this.store.state.audio_check,
      page_id: this.place.page_id,
      position: this.place.position,
    };
  }

  end() {
    if (this.store.state.ended) {
      this.finish();
    } else {
      find("comment").value = this.store.state.comment;
      showScreen("comment");
    }
  }

  finish() {
    if (!this.store.state.ended) this.keeper.comment(find("comment").value.trim());
    this.store.set({ ended: true });
    showScreen("done");
    this.showDone();
  }

  showDone() {
    const votes = this.store.state.votes;
    const unsaved = this.keeper.pending();
    const isServer = this.keeper.isServer;
    const handsIn = !isServer || unsaved > 0;
    find("hand-in").hidden = !handsIn;
    if (handsIn) {
      find("save-json").textContent = "Save answers-" + this.rater + ".json";
      find("save-csv").textContent = "Save answers-" + this.rater + ".csv";
      say(find("sum"), votes.length + " answers, SHA-256 " + sha256(JSON.stringify(votes)));
    }
    if (isServer && unsaved > 0) say(find("done-words"), "Your last answers are still being saved. Please keep this page open.");
    else if (isServer) say(find("done-words"), "All " + this.places.length + " answers are saved. You may close this page.");
    else say(find("done-words"), "All " + this.places.length + " clips are answered.");
    const isHandedIn = isServer ? unsaved === 0 : this.store.state.exported === votes.length;
    this.showCompletion(isHandedIn);
    find("forget-row").hidden = !isHandedIn || isServer;
    if (isServer && isHandedIn) this.store.forget();
  }

  showCompletion(isHandedIn) {
    const code = this.design.completion_code;
    find("completion").hidden = !code || !isHandedIn;
    say(find("completion-code"), code || "");
    find("prolific").hidden = !this.platform.PROLIFIC_PID;
    find("prolific-link").href = "https://app.prolific.com/submissions/complete?cc=" + encodeURIComponent(code || "");
  }

  /** How far what was answered is safe, in the page's foot. */
  showSaving() {
    if (!this.store) return;
    const unsaved = this.keeper.pending();
    const count = this.done.size;
    const answers = (number) => number + (number === 1 ? " answer " : " answers ");
    say(find("saved"), unsaved > 0 ? answers(unsaved) + "not saved yet." : count > 0 ? answers(count) + "saved." : "");
    find("save-copy").hidden = this.keeper.isServer || count === 0;
    const trouble = this.keeper.isServer && unsaved > 0 ? this.keeper.trouble : "";
    say(find("trouble"), trouble && "Not saved yet: " + trouble + ". Keep this page open; it goes on trying.");
    if (!document.querySelector('[data-screen="done"]').hidden) this.showDone();
  }

  saveJson() {
    const content = exported(this.design, this.rater, this.listId, this.store.state, !this.open());
    download("answers-" + this.rater + ".json", "application/json", JSON.stringify(content, null, 1) + "\n");
    this.store.set({ exported: content.count });
    if (!this.open()) this.showDone();
  }

  saveCsv() {
    download("answers-" + this.rater + ".csv", "text/csv", asCsv(this.store.state.votes, this.design.fields));
  }

  forget() {
    const button = find("forget");
    if (!button.dataset.sure) {
      button.dataset.sure = "yes";
      button.textContent = "Remove them now: I have the file";
      return;
    }
    this.store.forget();
    find("hand-in").hidden = true;
    find("forget-row").hidden = true;
    find("save-copy").hidden = true;
    say(find("saved"), "");
    say(find("done-words"), "Your answers were removed from this browser.");
  }

  /** Whether leaving now could lose answers, or forget to hand them in. */
  wouldLose() {
    if (!this.store) return false;
    if (this.keeper.isServer) return this.keeper.pending() > 0;
    return this.store.state.exported < this.store.state.votes.length;
  }
}

const design = inlined("design");
new Survey(design, design.token ? new Lab(design) : new Offline(design)).begin();
