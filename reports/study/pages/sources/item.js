// One clip to rate: its video, its question, and the lock between the two.

const NOT_LOADED = "not_loaded";
const ANSWERED = "Answered. You may change it, or go on.";

class Item {
  /** `onAnswer()` is called whenever the answer changes; `section` is made by the macro `item`. */
  constructor(section, task, onAnswer) {
    this.section = section;
    this.task = task;
    this.onAnswer = onAnswer;
    this.video = find("video", section);
    this.fieldset = find("answers", section);
    this.broken = find("broken", section);
    this.missing = find("missing", section);
    this.play = find("play", section);
    this.state = find("state", section);
    this.radios = Array.from(this.fieldset.querySelectorAll("input"));
    this.seconds = 0;
    this.watch = new Stopwatch();
    this.listening = new Listening(
      this.video,
      task.presentation !== "muted",
      () => this.unlock(),
      () => this.tell("Part was skipped or had no sound. Please play it from start to end."),
    );
    this.present();
    this.wire();
  }

  get answer() {
    if (this.missing.checked) return NOT_LOADED;
    const chosen = this.radios.find((radio) => radio.checked);
    return chosen ? chosen.value : "";
  }

  /** Complete plays; none of a clip that is said not to load, whatever was tried. */
  get plays() {
    return this.answer === NOT_LOADED ? 0 : this.listening.plays;
  }

  /** Fills in the words of the task, and takes away the picture or the sound where the task is about the other. */
  present() {
    find("question", this.section).textContent = this.task.question;
    this.task.scale.forEach((anchor, index) => {
      const label = this.radios[index].closest("label");
      find("label", label).textContent = anchor.label;
      find("meaning", label).textContent = anchor.meaning;
    });
    if (this.task.presentation === "muted") {
      this.video.muted = true;
      this.video.addEventListener("volumechange", () => { this.video.muted = true; });
    }
    if (this.task.presentation === "hidden") {
      find("stage", this.section).classList.add("blind");
      this.video.controls = false;
    }
    this.tell(this.hint());
  }

  hint() {
    return this.task.presentation === "muted"
      ? "Play to the end, then answer."
      : "Play to the end with sound, then answer.";
  }

  wire() {
    this.video.addEventListener("play", () => this.watch.start());
    this.video.addEventListener("error", () => this.fail());
    for (const event of ["play", "pause", "ended"]) this.video.addEventListener(event, () => this.labelPlay());
    this.play.addEventListener("click", () => this.toggle());
    this.broken.addEventListener("click", () => this.setBroken(this.broken.getAttribute("aria-pressed") !== "true"));
    for (const radio of this.radios) radio.addEventListener("change", () => this.answered());
  }

  toggle() {
    if (this.video.error) this.video.load();
    if (!this.video.paused && !this.video.ended) {
      this.video.pause();
      return;
    }
    this.video.play().catch((reason) => {
      // A play that was broken off by a pause or by the next clip is no failure.
      if (reason.name !== "AbortError") this.fail();
    });
  }

  labelPlay() {
    const runs = !this.video.paused && !this.video.ended;
    const again = this.video.ended || this.listening.plays > 0;
    find("play-words", this.play).textContent = runs ? "Pause" : again ? "Play again" : "Play";
  }

  unlock() {
    this.fieldset.disabled = false;
    this.play.classList.remove("main"); // the answer is the next thing to do
    this.tell(this.answer ? ANSWERED : "Now please answer.", true);
  }

  tell(words, open) {
    this.state.classList.toggle("open", Boolean(open));
    say(this.state, words);
  }

  fail() {
    this.tell("The clip did not play. Try once more, or say below that it does not play.");
  }

  setBroken(isBroken) {
    this.broken.setAttribute("aria-pressed", String(isBroken));
    this.missing.disabled = !isBroken;
    this.missing.checked = isBroken;
    if (isBroken) {
      this.video.pause();
      this.fieldset.disabled = true;
      this.tell("Noted: this clip does not play. Please go on.");
    } else {
      this.fieldset.disabled = this.listening.plays === 0;
      this.tell(this.listening.plays ? "Now please answer." : this.hint(), this.listening.plays > 0);
    }
    this.answered();
  }

  answered() {
    if (this.answer && this.answer !== NOT_LOADED) this.tell(ANSWERED, true);
    this.seconds = this.watch.read();
    this.onAnswer();
  }

  /** Keys while the focus is in the item, or nowhere: 1 to 5 answer, P plays. Says whether the key was one of them. */
  press(key) {
    const index = Number(key) - 1;
    if (key.toLowerCase() === "p") {
      this.toggle();
      return true;
    }
    if (!Number.isInteger(index) || index < 0 || index >= this.radios.length) return false;
    if (this.fieldset.disabled) {
      this.tell(this.hint());
    } else {
      this.radios[index].checked = true;
      this.radios[index].focus();
      this.answered();
    }
    return true;
  }

  /** What `restore` needs after a reload. */
  kept() {
    return { answer: this.answer, seconds: this.seconds, plays: this.listening.plays };
  }

  restore(kept) {
    this.listening.plays = kept.plays;
    this.watch.sum = kept.seconds;
    this.seconds = kept.seconds;
    const chosen = this.radios.find((radio) => radio.value === kept.answer);
    if (chosen) chosen.checked = true;
    if (kept.plays > 0) this.unlock();
    if (kept.answer === NOT_LOADED) this.setBroken(true);
  }

  leave() {
    this.video.pause();
  }
}

/** Sends keys to the item on show; `current()` gives it, or null. */
function listenToKeys(current) {
  document.addEventListener("keydown", (event) => {
    const item = current();
    if (!item || event.ctrlKey || event.altKey || event.metaKey) return;
    const target = event.target;
    const typing = target.tagName === "TEXTAREA" || (target.tagName === "INPUT" && target.type === "text");
    if (typing || !(target === document.body || item.section.contains(target))) return;
    if (item.press(event.key)) event.preventDefault();
  });
}
