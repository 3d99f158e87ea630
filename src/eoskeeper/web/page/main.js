// Main: reports come in, panels follow. Nothing here decides anything, and nothing can be ordered
// from here: the page only reads.

import { announce, byId, setText } from "./dom.js";
import { beginLanguage, currentLanguage, kept, keep, say, sayOr, useLanguage } from "./language.js";
import { showAlarms } from "./alarms.js";
import { beginCluster, showCluster } from "./cluster.js";
import { showHealth } from "./health.js";
import { Plots } from "./plots.js";
import { showResume } from "./resume.js";
import { showRound } from "./round.js";
import { freshness, hostsOf, meetHosts, state, takeReport, takeTurn } from "./state.js";
import { Stream, ask } from "./stream.js";
import { Timeline } from "./timeline.js";
import { beginTurns, showTurns } from "./turns.js";
import { showHeader, showVerdict } from "./verdict.js";

const plots = new Plots();
const timeline = new Timeline((marks) => plots.takeMarks(marks));

const POLL_REFILL_S = 10;

let refilled = 0; // UTC of the report at which turns and events were last asked for
let before = null; // states of the hosts in the report before, to tell changes of them

function showAll() {
  showVerdict();
  const report = state.report;
  if (!report) return;
  document.body.classList.remove("is-empty");
  showHeader(report);
  showCluster(report);
  showTurns();
  showRound(report);
  showAlarms(report);
  showResume(report);
  showHealth(report);
}

function takeNewReport(report) {
  const first = state.report === null;
  const wasDead = !first && freshness() === "dead";
  const started = state.report?.keeper?.started_utc;
  if (!takeReport(report)) return;
  meetHosts(report);
  if (wasDead) announce(say("live.back"));
  tellChanges(report);
  showAll();
  if (first) plots.load();
  if (started && report.keeper && report.keeper.started_utc !== started) {
    timeline.forget();
    refill();
  }
  if (state.connection === "poll" && report.at_utc - refilled > POLL_REFILL_S) refill();
}

// What a stream brings by itself has to be asked for at the begin, after a break, and without one.
function refill() {
  refilled = state.report?.at_utc ?? 0;
  loadTurns();
  timeline.catchUp();
}

function tellChanges(report) {
  const now = new Map(hostsOf(report).map((host) => [host.host, host.state]));
  for (const [host, word] of now) {
    const old = before?.get(host);
    if (!old || !word || old === word) continue;
    announce(say("events.state", { host, before: sayOr(`state.${old}`, old), after: sayOr(`state.${word}`, word) }));
  }
  before = now;
}

async function loadTurns() {
  try {
    takeTurns(await ask("api/turns", [["producer", "ours"], ["limit", 240]]));
  } catch {
    // Without a history the report's own newest turns are shown; the plots say that it is off.
  }
}

function takeTurns({ turns }) {
  for (const turn of turns) takeTurn(turn);
  plots.takeTurns(turns);
  if (state.report) { showTurns(); showVerdict(); }
}

// --- the reader's choices ---

function beginChoices() {
  beginLanguage();
  for (const input of document.querySelectorAll("input[name=language]")) {
    input.checked = input.value === currentLanguage();
    input.addEventListener("change", () => {
      useLanguage(input.value);
      showAll();
      timeline.show();
      plots.render();
      plots.load();
    });
  }
  const theme = kept("eoskeeper.theme") ?? "auto";
  useTheme(theme);
  for (const input of document.querySelectorAll("input[name=theme]")) {
    input.checked = input.value === theme;
    input.addEventListener("change", () => { keep("eoskeeper.theme", input.value); useTheme(input.value); });
  }
}

function useTheme(name) {
  document.documentElement.dataset.theme = name;
}

// --- begin ---

let wasDead = false;

// Ages grow while nothing comes in: that is when they matter.
function tick() {
  showVerdict();
  const dead = freshness() === "dead";
  if (dead && !wasDead) announce(byId("notice").textContent);
  wasDead = dead;
}

beginCluster();
beginChoices();
beginTurns();
plots.begin();
timeline.begin();
setText(byId("live-text"), say("live.begin"));
setInterval(tick, 1000);
new Stream({
  report: takeNewReport,
  turns: takeTurns,
  events: ({ events }) => timeline.take(events),
  connected: () => { refill(); if (state.report) plots.load(); },
}).begin();
refill();
