"use strict";
// Tables sort by their headings: first the best way up for reading, ascending, then descending; empty cells stay last.
function value(row, column) {
  const text = row.cells[column].dataset.sort;
  if (text === undefined) return null;
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}
function compare(one, other) {
  if (typeof one === "number" && typeof other === "number") return one - other;
  return String(one).localeCompare(String(other), "en", {numeric: true});
}
function sortBy(heading) {
  const table = heading.closest("table"), column = heading.cellIndex;
  const descending = heading.ariaSort === "ascending";
  for (const other of heading.parentElement.cells) other.ariaSort = "none";
  heading.ariaSort = descending ? "descending" : "ascending";
  const rows = [...table.tBodies[0].rows].map((row) => [value(row, column), row]);
  const filled = rows.filter(([key]) => key !== null), empty = rows.filter(([key]) => key === null);
  filled.sort(([one], [other]) => (descending ? -1 : 1) * compare(one, other));
  table.tBodies[0].append(...[...filled, ...empty].map(([, row]) => row));
}
for (const button of document.querySelectorAll("table.sortable thead button")) {
  button.addEventListener("click", () => sortBy(button.parentElement));
}
// One clip at a time: two sounds at once tell nothing of either.
const players = [...document.querySelectorAll("video, audio")];
for (const player of players) {
  player.addEventListener("play", () => players.forEach((other) => other !== player && other.pause()));
}
// On paper there is nothing to open.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
