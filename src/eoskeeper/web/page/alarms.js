// Alarms: what is open, with its evidence and its remedy; what another alarm explains is folded.

import { announce, byId, follow, make, mark, setHidden, setText } from "./dom.js";
import { duration, say, time } from "./language.js";
import { nowUtc } from "./state.js";
import { isMuted, isOpen } from "./verdict.js";

const RANK = { critical: 0, warning: 1, info: 2 };
const MARKS = { critical: "!", warning: "▲", info: "i" };

let told = null; // names of the alarms announced; null until the first report, which is no news

const keyOf = (alarm) => `${alarm.rule}:${alarm.subject}`;

export function showAlarms(report) {
  const alarms = [...report.alarms].sort((a, b) => (RANK[a.severity] ?? 3) - (RANK[b.severity] ?? 3) || a.since_utc - b.since_utc);
  const open = alarms.filter((one) => isOpen(one) && !isMuted(one));
  const muted = alarms.filter(isMuted);
  const waiting = alarms.filter((one) => !isOpen(one));
  setHidden(byId("alarms-none"), open.length > 0);
  list("alarms-list", open);
  folded("alarms-muted", muted, "alarms.muted");
  folded("alarms-waiting", waiting, "alarms.waiting");
  for (const element of document.querySelectorAll("#alarms [data-since]")) {
    setText(element, say("ago", { age: duration(nowUtc() - Number(element.dataset.since)) }));
  }
  tell(open);
}

function folded(id, alarms, key) {
  setHidden(byId(id), alarms.length === 0);
  setText(byId(`${id}-title`), say(key, { count: alarms.length }));
  list(`${id}-list`, alarms);
}

function list(id, alarms) {
  follow(byId(id), alarms, keyOf, entry);
}

function entry(alarm) {
  const subject = alarm.subject ? make("span", { class: "subject" }, alarm.subject) : null;
  return make("li", { class: `alarm alarm-${alarm.severity}` },
    make("span", { class: "alarm-mark", "aria-hidden": "true" }, MARKS[alarm.severity] ?? "?"),
    make("div", { class: "alarm-text" },
      make("h3", {}, alarm.title, " ", subject, mark(toneOf(alarm), say(`severity.${alarm.severity}`)), ...badges(alarm)),
      make("p", { class: "evidence" }, alarm.sentence),
      alarm.remedy ? make("p", { class: "remedy" }, make("b", {}, `${say("alarms.remedy")}: `), alarm.remedy) : null,
      make("p", { class: "faint" }, make("span", { class: "rule" }, alarm.rule), " · ",
        say("since", { time: time(alarm.since_utc, "moment") }), " · ",
        make("span", { "data-since": alarm.since_utc }), " · ", recipients(alarm))));
}

const toneOf = (alarm) => ({ critical: "bad", warning: "warn" })[alarm.severity] ?? "plain";

function recipients(alarm) {
  return alarm.told_to.length ? say("alarms.told", { names: alarm.told_to.join(", ") }) : say("alarms.untold");
}

function badges(alarm) {
  const shown = [];
  if (alarm.acknowledged_by) shown.push(say("alarms.acknowledged", { name: alarm.acknowledged_by }));
  if (alarm.silenced_until) shown.push(say("alarms.silenced", { time: time(alarm.silenced_until, "moment") }));
  if (alarm.muted_by) shown.push(say("alarms.muted_by", { rule: alarm.muted_by }));
  if (alarm.flapping) shown.push(say("alarms.flapping"));
  return shown.map((text) => mark("plain", text));
}

function tell(open) {
  const now = new Map(open.map((one) => [keyOf(one), one.title]));
  if (told !== null) {
    for (const [key, title] of now) if (!told.has(key)) announce(say("alarms.new", { title }));
    for (const [key, title] of told) if (!now.has(key)) announce(say("alarms.gone", { title }));
  }
  told = now;
}
