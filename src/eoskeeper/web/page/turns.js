// Turns: own turns as columns of twelve slots, oldest left. After a failover the
// colour, and the name, of the host below are others.

import { byId, follow, make, setHidden, setText, single } from "./dom.js";
import { count, duration, say, time } from "./language.js";
import { cellsInWords, cellsOf, gradeOf } from "./cells.js";
import { TURN_S, hueOf, nowUtc, ownTurns, state } from "./state.js";
import { hostChip } from "./verdict.js";

const COLUMN_PX = 19;
const COLUMN_MAX_PX = 28;

let chosen = null; // number of the turn that the details tell; null follows the newest that is over
let shown = [];

export function beginTurns() {
  const list = byId("turns-list");
  list.addEventListener("keydown", onKey);
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[data-turn]");
    if (option) choose(Number(option.dataset.turn), true);
  });
  byId("turns-newest").addEventListener("click", () => { chosen = null; showTurns(); });
  new ResizeObserver(() => state.report && showTurns()).observe(byId("turns"));
}

export function showTurns() {
  const producers = state.report.schedule.length || state.report.producers;
  const known = state.turns.size > 0;
  setHidden(byId("turns"), !state.report.producer);
  setHidden(byId("turns-none"), known);
  setHidden(byId("turns-body"), !known);
  const room = Math.max(8, Math.floor(byId("turns-body").clientWidth / COLUMN_PX));
  shown = ownTurns().slice(-room);
  if (chosen !== null && !shown.some((one) => one.turn === chosen)) chosen = null;
  const current = currentTurn();
  const items = shown.map((one, place) => ({
    ...one, chosen: one.turn === current?.turn, before: missingBefore(place, producers),
    turned: place > 0 && one.made_by !== shown[place - 1].made_by,
  }));
  // Few turns do not spread over the whole width, and the band below stays as wide as they are.
  byId("turns-frame").style.maxWidth = `${shown.length * COLUMN_MAX_PX}px`;
  follow(byId("turns-list"), items, (one) => one.turn, column);
  follow(byId("turns-makers"), runsOf(shown), (run) => run.turn, runOf);
  showDetails(current);
  showSum();
}

function currentTurn() {
  const over = shown.filter((one) => !one.cells.includes("w"));
  return shown.find((one) => one.turn === chosen) ?? over.at(-1) ?? shown.at(-1);
}

// Turns between two known ones of which nobody told anything: the keeper was not there.
function missingBefore(place, producers) {
  if (!place || !producers) return 0;
  const apart = shown[place].turn - shown[place - 1].turn;
  return Math.max(0, Math.round(apart / producers) - 1);
}

function column(turn) {
  const words = [time(turn.begin_utc), cellsInWords(turn.cells), makerInWords(turn)];
  if (turn.before) words.unshift(say("turns.gap", { count: turn.before }));
  return make("li", {
    role: "option", class: `turn turn-${gradeOf(turn.cells)}${turn.before ? " after-gap" : ""}`,
    "aria-selected": String(turn.chosen), "aria-label": words.join(", "), title: words.join("\n"),
    "data-turn": turn.turn, id: `turn-${turn.turn}`,
  }, ...cellsOf(turn.cells, hueOf(turn.made_by)));
}

function makerInWords(turn) {
  if (turn.made_by) return say("turns.by", { host: turn.made_by });
  return turn.cells.includes("p") ? say("turns.nobody") : say("turns.nomaker");
}

// --- the band below: who made them, a piece for each row of turns of one host ---

function runsOf(turns) {
  const runs = [];
  for (const { turn, made_by: host, cells } of turns) {
    const kind = host || (cells.includes("p") ? "?" : "-");
    if (runs.at(-1)?.kind === kind) runs.at(-1).length += 1;
    else runs.push({ turn, kind, host, length: 1});
  }
  return runs;
}

function runOf(run) {
  const name = run.host || (run.kind === "?" ? say("turns.nobody") : say("turns.nomaker"));
  const piece = make("span", { class: `run ${hueOf(run.host)} run-${run.host ? "host" : "none"}`, title: name }, name);
  piece.style.flexGrow = run.length;
  return piece;
}

// --- choosing ---

function choose(turn, focus) {
  chosen = turn;
  showTurns();
  if (focus) byId("turns-list").focus();
}

function onKey(event) {
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 }[event.key];
  const place = shown.findIndex((one) => one.turn === currentTurn()?.turn);
  let to = null;
  if (step) to = place + step;
  else if (event.key === "Home") to = 0;
  else if (event.key === "End") to = shown.length - 1;
  else if (event.key === "Escape") { chosen = null; showTurns(); }
  if (to === null) return;
  event.preventDefault();
  choose(shown[Math.min(Math.max(to, 0), shown.length - 1)].turn, false);
}

function showDetails(turn) {
  if (!turn) return;
  byId("turns-list").setAttribute("aria-activedescendant", `turn-${turn.turn}`);
  setHidden(byId("turns-newest"), chosen === null);
  const rows = [
    [say("turns.begin"), `${time(turn.begin_utc, "full")} (${say("ago", { age: duration(nowUtc() - turn.begin_utc) })})`],
    [say("turns.slots"), cellsInWords(turn.cells)],
    [say("turns.maker"), turn.made_by ? hostChip(turn.made_by) : makerInWords(turn)],
    [say("turns.late"), lateness(turn)],
    [say("turns.number"), String(turn.turn)],
  ];
  // The age moves on each second; the rest of the list is the same and is left alone.
  single(byId("turns-details"), turn, () => make("dl", { class: "details turn-details" },
    ...rows.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value)))));
  setText(byId("turns-details").querySelector("dd"), rows[0][1]);
}

function lateness(turn) {
  if (turn.latest_ms === null || turn.latest_ms === undefined) return say("unknown");
  const key = turn.latest_ms < 0 ? "turns.early_by" : "turns.late_by";
  return say(key, { ms: count(Math.abs(turn.latest_ms)) });
}

// Slots of which nothing is known count neither as made nor as missed.
function showSum() {
  const over = shown.filter((one) => one.begin_utc + TURN_S < nowUtc());
  const sum = (pattern) => over.reduce((total, one) => total + (one.cells.match(pattern) ?? []).length, 0);
  const figures = { made: count(sum(/p/g)), all: count(sum(/[pml]/g)), count: count(over.length) };
  setText(byId("turns-sum"), over.length ? say("turns.cost", figures) : "");
}
