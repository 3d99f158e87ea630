// Round: the last whole round, a small strip for every scheduled producer.

import { byId, follow, make, setHidden, setText } from "./dom.js";
import { say } from "./language.js";
import { cellsInWords, gradeOf, strip } from "./cells.js";
import { recordOf } from "./state.js";

export function showRound(report) {
  const turns = report.last_round.map((account) => ({
    ...recordOf(account), ours: account.producer === report.producer,
    now: account.producer === report.head_producer,
  }));
  setHidden(byId("round-none"), turns.length > 0);
  follow(byId("round-list"), turns, (one) => one.producer, entry);
  const short = turns.filter((one) => /[ml]/.test(one.cells)).length;
  const sure = turns.every((one) => !/[uw]/.test(one.cells));
  const key = short ? "round.missing" : "round.whole";
  setText(byId("round-sum"), turns.length && (short || sure) ? say(key, { count: short, all: turns.length }) : "");
}

function entry(turn) {
  const made = [...turn.cells].filter((one) => one === "p").length;
  return make("li", { class: `producer producer-${gradeOf(turn.cells)}${turn.now ? " is-now" : ""}${turn.ours ? " is-ours" : ""}`,
    title: `${turn.producer}: ${cellsInWords(turn.cells)}` },
    make("span", { class: "producer-name" }, turn.now ? sign("▶", "round.now") : "", turn.ours ? sign("◆", "round.ours") : "", turn.producer),
    make("span", { class: "producer-made" }, `${made}/12`),
    strip(turn.cells));
}

const sign = (shape, key) => make("span", { class: "sign", role: "img", "aria-label": say(key) }, `${shape} `);
