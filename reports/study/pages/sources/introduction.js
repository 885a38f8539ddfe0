// What comes before the first clip: consent, a check of the sound, instructions, practice.

const TRIES = 3;
const FEWEST_BEEPS = 3;
const MOST_BEEPS = 7;

/** Plays short beeps, each on the left or the right, so that one deaf headphone shows; returns how many. */
function beep(context) {
  const count = FEWEST_BEEPS + Math.floor(Math.random() * (MOST_BEEPS - FEWEST_BEEPS + 1));
  for (let index = 0; index < count; index++) {
    const begin = context.currentTime + 0.2 + index * 0.55;
    const tone = context.createOscillator();
    const volume = context.createGain();
    const side = context.createStereoPanner();
    tone.frequency.value = 660;
    side.pan.value = Math.random() < 0.5 ? -1 : 1;
    volume.gain.setValueAtTime(0, begin);
    volume.gain.linearRampToValueAtTime(0.3, begin + 0.02); // a ramp, since a step clicks
    volume.gain.setValueAtTime(0.3, begin + 0.2);
    volume.gain.linearRampToValueAtTime(0, begin + 0.24);
    tone.connect(volume).connect(side).connect(context.destination);
    tone.start(begin);
    tone.stop(begin + 0.26);
  }
  return count;
}

/** The sound check: calls `onResult("pass")`, or `onResult("fail")` after three wrong numbers. */
function checkSound(screen, onResult) {
  const field = find("beeps", screen);
  const error = find("error", screen);
  let context = null;
  let count = 0;
  let wrong = 0;
  find("beep", screen).addEventListener("click", () => {
    context = context || new AudioContext();
    context.resume();
    count = beep(context);
    field.focus();
  });
  find("check", screen).addEventListener("click", () => {
    if (count === 0) {
      say(error, "Please play the beeps first.");
    } else if (field.value.trim() === String(count)) {
      say(error, "");
      context.close();
      onResult("pass");
    } else {
      wrong += 1;
      count = 0;
      field.value = "";
      if (wrong < TRIES) {
        say(error, "That was not the number. Turn the sound up, use headphones, and play the beeps again.");
        find("beep", screen).focus();
      } else {
        for (const control of [field, find("beep", screen), find("check", screen)]) control.disabled = true;
        onResult("fail");
      }
    }
  });
  onEnter(field, () => find("check", screen).click());
}

/** Enter in a field does what the button beside it does, never what the form around it would. */
function onEnter(field, action) {
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    action();
  });
}

/** The practice clips, one after the other; `onDone()` after the last. Returns what gives the item on show. */
function practise(screen, task, clips, onDone) {
  const place = find("practice-item", screen);
  let item = null;
  let index = -1;
  const next = () => {
    if (item) item.leave();
    index += 1;
    if (index >= clips.length) {
      item = null;
      place.replaceChildren(); // else a form around it would send the practice answers along
      onDone();
      return;
    }
    const section = document.getElementById("practice-template").content.firstElementChild.cloneNode(true);
    find("video", section).src = clips[index].url;
    find("item-title", section).textContent = "Practice " + (index + 1) + " of " + clips.length;
    find("remark", section).textContent = clips[index].remark;
    place.replaceChildren(section);
    say(find("error", screen), "");
    item = new Item(section, task, () => say(find("error", screen), ""));
    find("item-title", section).focus();
  };
  const goOn = () => {
    if (item.answer) next();
    else say(find("error", screen), "Please play the clip to its end and answer first; practice answers are not kept.");
  };
  find("practice-next", screen).addEventListener("click", goOn);
  document.addEventListener("keydown", (event) => {
    if (screen.hidden || event.key !== "Enter" || event.target.closest("button, video")) return;
    event.preventDefault();
    goOn();
  });
  return { begin: next, current: () => (screen.hidden ? null : item) };
}

/**
 * Leads through the introduction. `given` is what is already known ({consent, audio_check}); `onStep(name, value)` is
 * told what comes to be known; `onReady()` is called at the end. Returns what gives the practice item on show.
 */
function introduce(design, task, given, onStep, onReady) {
  const screen = (name) => document.querySelector('[data-screen="' + name + '"]');
  const practice = practise(screen("practice"), task, design.practice, onReady);
  const tick = find("consent", screen("consent"));
  const toSound = () => (given.audio_check === "pass" ? showScreen("instructions") : showScreen("sound"));

  find("agree", screen("consent")).addEventListener("click", () => {
    const error = find("error", screen("consent"));
    say(error, tick.checked ? "" : "Please tick the box if you agree; else close this page.");
    if (!tick.checked) {
      tick.focus();
      return;
    }
    onStep("consent", "yes");
    toSound();
  });
  checkSound(screen("sound"), (result) => {
    onStep("audio_check", result);
    if (result === "pass") showScreen("instructions");
    else say(find("error", screen("sound")), find("sound-failed", screen("sound")).textContent);
  });
  find("practise", screen("instructions")).addEventListener("click", () => {
    if (design.practice.length === 0) {
      onReady();
      return;
    }
    showScreen("practice");
    practice.begin();
  });

  if (given.consent === "yes") toSound();
  else showScreen("consent");
  return practice.current;
}
