// Cluster: every host in a row; on a narrow screen each becomes a card.

import { byId, follow, make, mark, setText } from "./dom.js";
import { amount, count, duration, say, sayOr } from "./language.js";
import { strip } from "./cells.js";
import { hostsOf, hueOf, lagOf } from "./state.js";
import { hostChip } from "./verdict.js";

const COLUMNS = ["host", "role", "state", "head", "age", "lag", "links", "producing", "last", "term", "version"];

const FIGURES = new Set(["head", "age", "lag", "links", "term"]);

export function beginCluster() {
  const head = (column) => make("th", {
    role: "columnheader", scope: "col", class: FIGURES.has(column) ? "figure" : null, "data-word": `cluster.${column}`,
  });
  byId("cluster-head").append(...COLUMNS.map(head));
}

export function showCluster(report) {
  setText(byId("cluster-note"), say("cluster.note", { host: report.host }));
  follow(byId("cluster-rows"), hostsOf(report), (host) => host.host, rowOf, signatureOf);
}

// A silent peer's age counts up in its badge; of a heard one it is noise.
function signatureOf(host) {
  const age = host.silent ? Math.round(host.age_s ?? 0) : 0;
  return JSON.stringify({ ...host, age_s: age });
}

function rowOf(host, before) {
  const row = before ?? make("tr", { role: "row" }, ...COLUMNS.map(cellFor));
  row.className = classOf(host);
  COLUMNS.forEach((column, place) => fill(row.children[place], CONTENT[column](host), column));
  return row;
}

function cellFor(column) {
  const first = column === "host";
  return make(first ? "th" : "td", {
    role: first ? "rowheader" : "cell", scope: first ? "row" : null,
    class: FIGURES.has(column) ? "figure" : null,
  });
}

function fill(cell, content, column) {
  cell.dataset.title = say(`cluster.${column}`);
  if (typeof content === "string") setText(cell, content);
  else cell.replaceChildren(...content);
}

function classOf(host) {
  if (host.silent) return "is-silent";
  return host.produces === true ? `is-producing ${hueOf(host.host)}` : hueOf(host.host);
}

const CONTENT = {
  host: (host) => [hostChip(host.host), host.here ? mark("plain", say("cluster.here")) : "", silence(host)],
  role: (host) => (host.role ? sayOr(`role.${host.role}`, host.role) : say("unknown")),
  state: (host) => (host.heard ? [stateBadge(host)] : say("unknown")),
  head: (host) => count(host.head_number),
  age: (host) => amount(host.head_age_s, say("unit.s"), 1),
  lag: (host) => amount(lagOf(host), say("unit.blocks")),
  links: (host) => count(host.links),
  producing: (host) => [producing(host)],
  last: (host) => [strip(host.last_own_turn ?? "", hueOf(""))],
  term: (host) => (host.heard ? count(host.term) : say("unknown")),
  version: (host) => host.server_version ?? say("unknown"),
};

function silence(host) {
  if (!host.heard) return mark("warn", say("cluster.unheard"));
  return host.silent ? mark("warn", say("cluster.silent", { age: duration(host.age_s) })) : "";
}

const TONES = { holder: "good", standby: "calm", observer: "plain", held: "plain" };

function stateBadge(host) {
  // What a silent host last said of itself is no sign of health.
  const badge = mark(host.silent ? "plain" : TONES[host.state] ?? "warn", sayOr(`state.${host.state}`, host.state));
  badge.title = sayOr(`about.${host.state}`, host.summary ?? "");
  return badge;
}

function producing(host) {
  if (!host.heard || host.silent) return make("span", { class: "faint" }, say("unknown"));
  if (host.produces === true) return mark("good", say("cluster.produces"));
  if (host.may_produce) return mark("warn", say("cluster.may"));
  if (host.paused === true) return make("span", {}, say("cluster.paused"));
  return make("span", {}, host.produces === false ? say("cluster.idle") : say("unknown"));
}
