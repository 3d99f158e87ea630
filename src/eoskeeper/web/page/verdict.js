// Verdict: who produces, in one sentence above everything, and how sure the page may be of it.

import { byId, make, setClass, setHidden, setText, single } from "./dom.js";
import { count, duration, say, sayOr } from "./language.js";
import { strip } from "./cells.js";
import { ageS, freshness, hostsOf, hueOf, nowUtc, ownTurns, state } from "./state.js";

export const isOpen = (alarm) => alarm.fired_utc !== null;
export const isMuted = (alarm) => isOpen(alarm) && alarm.muted_by !== "";

export function verdictOf(report) {
  const producer = report.producer;
  if (!producer) return { tone: "calm", text: say("verdict.observer", { host: report.host }) };
  if (report.in_schedule === false) {
    return { tone: "unsure", text: say("verdict.unscheduled", { producer }) };
  }
  const hosts = hostsOf(report).filter((one) => one.heard && !one.silent);
  const makers = hosts.filter((one) => one.produces === true).map((one) => one.host);
  if (makers.length > 1) return { tone: "bad", text: say("verdict.several", { hosts: makers.join(", ") }) };
  if (makers.length === 1) {
    const text = say("verdict.produces", { producer, host: makers[0] });
    return { tone: "good", text };
  }
  // "Nobody" is a claim, and only those who were all heard can make it.
  const sure = hosts.every((one) => one.produces === false) && !hostsOf(report).some((one) => one.silent);
  const key = sure ? "verdict.nobody" : "verdict.unknown";
  return { tone: sure ? "bad" : "unsure", text: say(key, { producer }) };
}

function worst(report) {
  const open = report.alarms.filter((one) => isOpen(one) && !isMuted(one)).map((one) => one.severity);
  if (open.includes("critical")) return "bad";
  return open.includes("warning") ? "warn" : null;
}

export function showVerdict() {
  const report = state.report;
  const fresh = freshness();
  showConnection(fresh);
  if (!report) return;
  const trusted = fresh === "live" || fresh === "polling";
  const verdict = trusted
    ? verdictOf(report)
    : { tone: "blind", text: say("verdict.blind", { age: duration(ageS()) }) };
  const grave = trusted ? worst(report) : null;
  const tone = verdict.tone === "good" || grave === "bad" ? grave ?? "good" : verdict.tone;
  setClass(byId("verdict"), `verdict tone-${tone}${verdict.tone === "bad" ? " is-loud" : ""}`);
  setText(byId("verdict-text"), verdict.text);
  const word = sayOr(`state.${report.state}`, report.state);
  const about = sayOr(`about.${report.state}`, report.summary);
  setText(byId("verdict-state"), say("verdict.state", { host: report.host, state: word, about }));
  showFacts(report, trusted);
}

function showFacts(report, trusted) {
  const passed = nowUtc() - report.at_utc;
  const next = report.next_own_turn_in_s === null || !trusted ? null : report.next_own_turn_in_s - passed;
  setHidden(byId("fact-next"), !report.producer);
  setText(byId("fact-next-value"), next !== null && next <= 0 ? say("verdict.now") : duration(next));
  const last = ownTurns().filter((one) => !one.cells.includes("w")).at(-1);
  setHidden(byId("fact-last"), !report.producer);
  single(byId("fact-last-value"), last ?? {}, ({ cells = "", made_by: host }) => strip(cells, hueOf(host)));
  const standbys = hostsOf(report).filter((one) => one.role === "B" || one.role === "C");
  const ready = standbys.filter((one) => one.heard && !one.silent && one.state === "standby" && one.paused === true);
  setHidden(byId("fact-ready"), standbys.length === 0);
  setText(byId("fact-ready-value"), `${ready.length} / ${standbys.length}`);
  const open = report.alarms.filter((one) => isOpen(one) && !isMuted(one));
  setText(byId("fact-alarms-value"), count(open.length));
  setClass(byId("fact-alarms"), open.length ? `fact has-${worst(report) ?? "info"}` : "fact");
}

// --- connection ---

function showConnection(fresh) {
  setClass(byId("live"), `live live-${fresh}`);
  setText(byId("live-text"), say(`live.${fresh}`, { age: duration(ageS()) }));
  const notice = byId("notice");
  const text = noticeOf(fresh);
  setHidden(notice, text === "");
  setText(notice, text);
  document.body.classList.toggle("is-stale", fresh === "stale" || fresh === "dead");
}

function noticeOf(fresh) {
  const age = duration(ageS());
  if (state.connection === "locked") return say("live.locked");
  if (fresh === "begin") return state.connection === "lost" ? say("live.nothing") : "";
  if (fresh === "dead" || fresh === "stale") {
    const answers = state.connection === "poll" || state.connection === "stream";
    return say(answers ? "live.stalled" : "live.lost", { age });
  }
  return "";
}

export function showHeader(report) {
  setText(byId("producer"), report.producer ?? report.host);
  const chain = report.chain_id;
  setText(byId("chain"), chain ? `${chain.slice(0, 8)}…${chain.slice(-4)}` : say("unknown"));
  byId("chain").title = chain ?? "";
  setText(byId("host"), report.host);
  setText(byId("mode"), sayOr(`mode.${report.mode}`, report.mode));
  document.title = `${report.producer ?? report.host} · eoskeeper`;
}

export const hostChip = (name) =>
  make("span", { class: `chip ${hueOf(name)}` }, make("i", { class: "dot" }), name);
