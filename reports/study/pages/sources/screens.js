// One screen at a time; each is announced by the focus on its heading.

function find(name, within) {
  return (within || document).querySelector("[data-" + name + "]");
}

/** Shows one of the sections `[data-screen]`, and nothing but it. */
function showScreen(name) {
  for (const screen of document.querySelectorAll("[data-screen]")) {
    screen.hidden = screen.dataset.screen !== name;
  }
  const screen = document.querySelector('[data-screen="' + name + '"]');
  document.body.classList.toggle("start", name === "start");
  document.body.classList.toggle("wide", name === "rate" || name === "practice");
  window.scrollTo(0, 0);
  const heading = screen.querySelector("h1");
  if (heading) heading.focus();
  return screen;
}

/** Text of an element; an empty one is not shown. */
function say(element, text) {
  element.textContent = text;
}

/** A table of a task's answers and what they mean. */
function fillAnchors(table, task) {
  table.caption.textContent = task.question;
  const body = table.tBodies[0];
  body.replaceChildren();
  for (const anchor of task.scale) {
    const row = body.insertRow();
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = shownAnswer(anchor);
    row.append(head);
    row.insertCell().textContent = anchor.meaning;
  }
}

/** "4 – good" of a score, "Real" of a verdict. */
function shownAnswer(anchor) {
  return /^\d$/.test(anchor.answer) ? anchor.answer + " – " + anchor.label : anchor.label;
}

/** The data that the page was made with. */
function inlined(id) {
  return JSON.parse(document.getElementById(id).textContent);
}
