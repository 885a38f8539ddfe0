// The task sheet for Mechanical Turk: one page of clips, sent to the platform as a form.

const NOT_ACCEPTED = "ASSIGNMENT_ID_NOT_AVAILABLE";

/** Where the platform wants the form: its sandbox differs from the real one. Any other address is not believed. */
function submitAddress(wanted) {
  const known = ["https://www.mturk.com", "https://workersandbox.mturk.com"];
  const host = known.includes(wanted) ? wanted : known[0];
  return host + "/mturk/externalSubmit";
}

/** Instructions can be read before the HIT is accepted; nothing can be answered. */
function preview() {
  find("preview").hidden = false;
  for (const name of ["consent", "instructions"]) {
    document.querySelector('[data-screen="' + name + '"]').hidden = false;
  }
  for (const control of document.querySelectorAll("button, input, textarea")) control.disabled = true;
}

/** Answers of an accepted HIT that is not sent yet: a reload of the page must not cost a worker all of them. */
class Draft {
  constructor(name) {
    this.key = "avbench/" + name;
  }

  read() {
    try {
      return JSON.parse(sessionStorage.getItem(this.key));
    } catch (refused) {
      return null; // a browser that keeps nothing inside the platform's frame
    }
  }

  write(items) {
    try {
      sessionStorage.setItem(this.key, JSON.stringify(items));
    } catch (refused) {
      // Nothing is lost but the safety net.
    }
  }
}

class Sheet {
  constructor(form, task, draft) {
    this.form = form;
    this.draft = draft;
    this.screen = document.querySelector('[data-screen="rate"]');
    this.error = find("error", this.screen);
    this.next = find("next", this.screen);
    this.back = find("back", this.screen);
    this.index = -1;
    // A short last page of a study leaves variables empty.
    const sections = Array.from(this.screen.querySelectorAll("[data-item]"));
    for (const empty of sections.filter((section) => !section.dataset.clip)) empty.remove();
    this.items = sections
      .filter((section) => section.dataset.clip)
      .map((section) => new Item(section, task, () => this.fill()));
    this.back.addEventListener("click", () => this.show(this.index - 1));
    form.addEventListener("submit", (event) => this.submit(event));
  }

  current() {
    return this.screen.hidden ? null : this.items[this.index] || null;
  }

  show(index) {
    if (this.current()) this.current().leave();
    showScreen("rate");
    this.index = index;
    const isLast = index === this.items.length - 1;
    this.items.forEach((item, place) => { item.section.hidden = place !== index; });
    find("last", this.screen).hidden = !isLast;
    this.next.textContent = isLast ? "Send my answers" : "Next";
    this.back.hidden = index === 0;
    say(this.error, "");
    const title = find("item-title", this.items[index].section);
    title.textContent = "Clip " + (index + 1) + " of " + this.items.length;
    title.focus();
    this.count();
  }

  count() {
    const done = this.items.filter((item) => item.answer).length;
    find("progress").hidden = false;
    const bar = find("progress").querySelector("progress");
    bar.max = this.items.length;
    bar.value = done;
    say(find("progress-words"), done + " of " + this.items.length + " answered");
  }

  /** Writes what is known of each clip into the fields that are sent, and into the draft. */
  fill() {
    for (const item of this.items) {
      find("seconds", item.section).value = String(item.seconds);
      find("plays", item.section).value = String(item.plays);
    }
    this.draft.write(this.items.map((item) => item.kept()));
    say(this.error, "");
    this.count();
  }

  /** Goes on after a reload, where consent was given and the beeps were heard. */
  resume(kept) {
    document.querySelector("[data-consent]").checked = true;
    find("audio-check").value = "pass";
    this.items.forEach((item, index) => item.restore(kept[index]));
    this.fill();
    const open = this.items.findIndex((item) => !item.answer);
    this.show(open === -1 ? this.items.length - 1 : open);
  }

  /** Enter and the button go to the next clip; at the last, everything is sent if nothing is missing. */
  submit(event) {
    const open = this.items.findIndex((item) => !item.answer);
    const isLast = this.index === this.items.length - 1;
    if (isLast && open === -1) {
      this.fill();
      if (this.trial) {
        event.preventDefault();
        say(this.error, "Everything is answered. Outside Mechanical Turk nothing is sent.");
      }
      return;
    }
    event.preventDefault();
    if (this.index < 0) return;
    if (!this.items[this.index].answer) {
      say(this.error, "Please play the clip to its end and answer, or say that it does not play.");
    } else {
      this.show(isLast ? open : this.index + 1);
    }
  }
}

function runHit() {
  const design = inlined("design");
  const parameters = new URLSearchParams(location.search);
  const assignment = parameters.get("assignmentId");
  const form = document.getElementById("mturk_form");
  const wanted = find("hit").dataset.task;
  const task = design.tasks.find((one) => one.name === wanted) || design.tasks[0];
  for (const table of document.querySelectorAll("[data-anchors]")) table.hidden = table.dataset.anchors !== task.name;
  if (assignment === NOT_ACCEPTED) {
    preview();
    return;
  }
  form.action = submitAddress(parameters.get("turkSubmitTo"));
  document.getElementById("assignmentId").value = assignment || "";
  find("trial").hidden = Boolean(assignment);
  const draft = new Draft((assignment || "trial") + "/" + find("hit").dataset.page);
  const sheet = new Sheet(form, task, draft);
  sheet.trial = !assignment;
  const kept = draft.read();
  if (kept && kept.length === sheet.items.length) {
    listenToKeys(() => sheet.current());
    sheet.resume(kept);
    return;
  }
  const practice = introduce(
    design,
    task,
    {},
    (name, value) => { if (name === "audio_check") find("audio-check").value = value; },
    () => sheet.show(0),
  );
  listenToKeys(() => sheet.current() || practice());
}

runHit();
