// State: what the page knows, and since when. Panels read it and never ask the keeper for it.

export const TURN_SLOTS = 12;
export const TURN_S = 6;

const EPOCH_S = 946684800; // slot 0 of every Antelope chain: 2000-01-01 UTC
const STALE_S = 5;
const DEAD_S = 15;
const TURNS_KEPT = 240;
const PEER_SILENT_S = 10;

const LETTERS = { produced: "p", missed: "m", lost: "l", unknown: "u", pending: "w" };

export const state = {
  report: null,
  turns: new Map(),    // own turns by number, records as /api/turns gives them
  connection: "begin", // begin | stream | poll | lost | locked
};

let advanced = null; // when the report last moved on, on the browser's own monotonic clock

const clockS = () => performance.now() / 1000;

export const beginOfTurn = (turn) => EPOCH_S + turn * TURN_S;

export function takeReport(report) {
  // A keeper that hangs behind a server that answers tells the same second again and again.
  const moved = state.report === null || report.at_utc !== state.report.at_utc;
  if (moved) advanced = clockS();
  state.report = report;
  for (const turn of report.own_turns) takeTurn(recordOf(turn));
  return moved;
}

export function recordOf(account) {
  return {
    turn: account.turn, begin_utc: beginOfTurn(account.turn), producer: account.producer,
    ours: true, cells: account.slots.map((one) => LETTERS[one] ?? "u").join(""),
    latest_ms: account.latest_ms, made_by: account.made_by,
  };
}

// What was known is not forgotten: a keeper that restarts sees unknown slots in turns that an
// earlier one has closed. An amendment by a fork changes known letters to known ones.
export function betterOf(before, after) {
  const unsure = (cells) => [...cells].filter((one) => one === "u" || one === "w").length;
  const cells = unsure(after.cells) > unsure(before.cells) ? before.cells : after.cells;
  return {
    ...after, cells, latest_ms: after.latest_ms ?? before.latest_ms,
    made_by: after.made_by || before.made_by,
  };
}

export function takeTurn(record) {
  if (!record.ours) return;
  const before = state.turns.get(record.turn);
  state.turns.set(record.turn, before ? betterOf(before, record) : record);
  if (state.turns.size > TURNS_KEPT * 2) {
    const newest = [...state.turns.keys()].sort((a, b) => a - b).slice(-TURNS_KEPT);
    state.turns = new Map(newest.map((turn) => [turn, state.turns.get(turn)]));
  }
}

export const ownTurns = () => [...state.turns.values()].sort((a, b) => a.turn - b.turn);

// Seconds since the report last moved on; null before the first.
export const ageS = () => (advanced === null ? null : clockS() - advanced);

// The keeper's wall clock now: ages must not depend on how right the browser's own clock is.
export function nowUtc() {
  return state.report === null ? null : state.report.at_utc + ageS();
}

// begin | live | polling | stale | dead: only live and polling may look healthy.
export function freshness() {
  const age = ageS();
  if (age === null) return "begin";
  if (state.connection === "locked") return "dead";
  if (age >= DEAD_S || (state.connection === "lost" && age >= STALE_S)) return "dead";
  if (age >= STALE_S) return "stale";
  return state.connection === "poll" ? "polling" : "live";
}

// --- hosts: the one that serves the page, and its peers, in one shape ---

export function hostsOf(report) {
  const peers = report.peers.map((peer) => ({ ...peer, heard: true, silent: peer.age_s > PEER_SILENT_S }));
  const known = new Set(peers.map((peer) => peer.host));
  const unheard = report.failures
    .filter((one) => one.probe === "peer" && one.subject && !known.has(one.subject))
    .map((one) => ({ host: one.subject, heard: false, silent: true, problem: one.detail }));
  return [hereOf(report), ...peers, ...unheard].sort((a, b) => (a.host < b.host ? -1 : 1));
}

function hereOf(report) {
  const over = report.own_turns.map(recordOf).filter((one) => !one.cells.includes("w"));
  return {
    host: report.host, here: true, heard: true, silent: false, role: report.role, state: report.state,
    may_produce: report.may_produce, head_number: report.head_number, head_age_s: report.head_age_s,
    irreversible_number: report.irreversible_number, links: report.links, paused: report.paused,
    produces: report.produces, term: report.term, server_version: report.server_version,
    last_own_turn: report.last_own_turn || (over.at(-1)?.cells ?? ""), summary: report.summary,
  };
}

export function lagOf(host) {
  const known = Number.isFinite(host.head_number) && Number.isFinite(host.irreversible_number);
  return known ? host.head_number - host.irreversible_number : null;
}

// A colour for each host, the same on every keeper's page: by the order of the names.
const seen = new Set();

export function hueOf(name) {
  if (!name) return "host-none";
  if (!seen.has(name)) seen.add(name);
  return `host-${[...seen].sort().indexOf(name) % 6}`;
}

export function meetHosts(report) {
  for (const host of hostsOf(report)) seen.add(host.host);
}
