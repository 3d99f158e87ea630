// Plots: the panel of measurements: which quantities, over which span, asked for how often. One
// cursor runs through all of them, for causes are found by looking at the same moment everywhere.

import { byId, make, setHidden, setText } from "./dom.js";
import { amount, bytes, count, kept, keep, say } from "./language.js";
import { Plot } from "./plot.js";
import { state } from "./state.js";
import { ask } from "./stream.js";
import { TurnCounts } from "./missed.js";

const SPANS = { hour: 3600, day: 86400, week: 604800, month: 2592000, quarter: 7776000 };
const REFRESH_MIN_S = 10;
const REFRESH_MAX_S = 600;
const BARS = 64;

const seconds = (value) => amount(value, say("unit.s"), value < 10 ? 2 : 1);
const percent = (value) => amount(value, "%", 1);
const plain = (word) => (value) => amount(value, say(`unit.${word}`), Number.isInteger(value) ? 0 : 1);
const numeral = (value) => count(value);
const byteTick = (value) => (value ? bytes(value, 0) : "0");

const SPECS = [
  { name: "head_age_s", format: seconds, tick: (value) => `${numeral(value)} ${say("unit.s")}` },
  { name: "irreversible_lag_blocks", format: plain("blocks"), tick: numeral, whole: true },
  { name: "missed", format: plain("blocks"), tick: numeral, whole: true, bars: true },
  { name: "links", format: (value) => amount(value, "", Number.isInteger(value) ? 0 : 1), tick: numeral, whole: true },
  { name: "nodeos_cpu_percent", format: percent, tick: (value) => `${numeral(value)} %` },
  { name: "disk_used_percent", format: percent, tick: (value) => `${numeral(value)} %`, top: 100 },
  { name: "memory_available_bytes", format: (value) => bytes(value, 2), tick: byteTick, base: 1024 },
  { name: "nodeos_resident_bytes", format: (value) => bytes(value, 2), tick: byteTick, base: 1024 },
];

export class Plots {
  #plots = [];
  #span = "hour";
  #asked = 0;
  #timer = null;
  #curves = null;
  #marks = [];
  #cursor = null;
  #counts = new TurnCounts(ask);

  begin() {
    const wanted = kept("eoskeeper.span");
    if (wanted in SPANS) this.#span = wanted;
    this.#plots = SPECS.map((spec) => new Plot(spec, (utc) => this.#moveTo(utc)));
    byId("plots-list").append(...this.#plots.map((one) => one.root));
    this.#buildSpans();
    new ResizeObserver(() => this.render()).observe(byId("plots-list"));
    document.addEventListener("visibilitychange", () => document.hidden || this.load());
  }

  #buildSpans() {
    for (const name of Object.keys(SPANS)) {
      const input = make("input", { type: "radio", name: "span", value: name, id: `span-${name}` });
      input.checked = name === this.#span;
      input.addEventListener("change", () => { this.#span = name; keep("eoskeeper.span", name); this.load(); });
      byId("plots-spans").append(make("label", {}, input, make("span", { "data-word": `span.${name}` }, say(`span.${name}`))));
    }
  }

  takeTurns(records) {
    for (const record of records) this.#counts.take(record);
  }

  // Moments at which this host's standing changed, shown as lines in every plot.
  takeMarks(marks) {
    this.#marks = marks;
    this.render();
  }

  render() {
    for (const plot of this.#plots) {
      if (plot.data) plot.data.marks = this.#marks;
      plot.render();
    }
  }

  // Every load is numbered: an answer that comes after the reader has chosen another span is late.
  async load() {
    clearTimeout(this.#timer);
    if (document.hidden) return;
    this.#asked += 1;
    const [mine, began] = [this.#asked, performance.now()];
    performance.clearMeasures(); // a page stays open for weeks
    const names = SPECS.filter((one) => !one.bars).map((one) => ["quantity", one.name]);
    const width = byId("plots-list").firstElementChild?.clientWidth ?? 400;
    const points = Math.min(600, Math.max(120, width));
    let wait = REFRESH_MIN_S;
    try {
      const curves = await ask("api/history", [...names, ["span", this.#span], ["points", points]]);
      if (mine !== this.#asked) return;
      wait = Math.min(REFRESH_MAX_S, Math.max(REFRESH_MIN_S, curves.step_s));
      this.#show(curves);
      performance.measure(`plots-${this.#span}`, { start: began });
      await this.#loadMissed(curves, mine);
      performance.measure(`missed-${this.#span}`, { start: began });
      byId("plots-list").dataset.span = this.#span;
    } catch (problem) {
      if (mine !== this.#asked) return;
      this.#fail(problem);
      if (problem.status === 404) return;
    }
    this.#timer = setTimeout(() => this.load(), wait * 1000);
  }

  #show(curves) {
    this.#curves = curves;
    setHidden(byId("plots-problem"), true);
    setHidden(byId("plots-list"), false);
    setText(byId("plots-note"), say("plots.note", { host: state.report?.host ?? say("unknown") }));
    const byName = new Map(curves.curves.map((one) => [one.quantity, one]));
    for (const plot of this.#plots) {
      const curve = byName.get(plot.spec.name);
      if (!plot.spec.bars) setHidden(plot.root, !curve);
      if (curve) plot.show({ ...curve, begin_utc: curves.begin_utc, step_s: curves.step_s, marks: this.#marks });
    }
    this.#moveTo(this.#cursor);
  }

  async #loadMissed(curves, mine) {
    const plot = this.#plots.find((one) => one.spec.bars);
    setHidden(plot.root, !state.report?.producer);
    if (!state.report?.producer) return;
    const steps = curves.curves[0]?.mean.length ?? 0;
    const begin = curves.begin_utc;
    const end = begin + steps * curves.step_s;
    await this.#counts.load(begin, end);
    if (mine !== this.#asked) return;
    const roundS = (state.report.schedule.length || state.report.producers || 21) * 6;
    plot.show({ ...this.#counts.bins(begin, end, BARS, roundS), marks: this.#marks });
    plot.root.title = this.#counts.isCut(begin) ? say("plots.cut") : "";
  }

  #fail(problem) {
    const off = problem.status === 404;
    setHidden(byId("plots-list"), this.#curves === null || off);
    setHidden(byId("plots-controls"), off);
    setHidden(byId("plots-problem"), false);
    setText(byId("plots-problem"), say(off ? "plots.off" : "plots.failed"));
  }

  #moveTo(utc) {
    this.#cursor = utc;
    for (const plot of this.#plots) plot.showCursor(utc);
  }
}
