// Resume: what the next resume of this host needs, each condition with its figure.

import { byId, make, mark, setHidden, setText, single } from "./dom.js";
import { say, sayOr } from "./language.js";

const TONES = { yes: "good", no: "warn", unknown: "plain" };
const SIGNS = { yes: "✓", no: "✕", unknown: "?" };

export function conditionTable(conditions) {
  const heads = ["met", "condition", "figure", "needed"].map((one) => make("th", { scope: "col", role: "columnheader" }, say(`resume.${one}`)));
  return make("table", { class: "conditions", role: "table" },
    make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, ...heads)),
    make("tbody", { role: "rowgroup" }, ...conditions.map(row)));
}

function row(condition) {
  const cell = (name, ...content) => make("td", { role: "cell", "data-title": say(`resume.${name}`) }, ...content);
  const met = sayOr(`met.${condition.met}`, condition.met);
  return make("tr", { role: "row" },
    cell("met", mark(TONES[condition.met] ?? "plain", `${SIGNS[condition.met] ?? "?"} ${met}`)),
    make("th", { role: "rowheader", scope: "row", "data-title": say("resume.condition") }, sayOr(`condition.${condition.name}`, condition.name)),
    cell("figure", condition.figure), cell("needed", condition.needed));
}

export function showResume(report) {
  const conditions = report.conditions;
  setHidden(byId("resume"), !report.producer);
  setHidden(byId("resume-none"), conditions.length > 0);
  const met = conditions.filter((one) => one.met === "yes").length;
  setText(byId("resume-note"), conditions.length ? say("resume.note", { met, all: conditions.length }) : "");
  setHidden(byId("resume-body"), conditions.length === 0);
  single(byId("resume-body"), conditions, conditionTable);
}
