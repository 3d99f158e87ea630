// Plot: one quantity over a span: the mean as a line, lowest to highest as a band, holes where
// nothing is known. Vectors stay sharp on every screen and take their colours from the theme.

import { draw, make, setText } from "./dom.js";
import { say, time } from "./language.js";
import { timeTicks, valueTicks } from "./scale.js";

const HEIGHT = 148;
const EDGE = { left: 54, right: 10, top: 8, bottom: 22 };
const TICK_PX = 62;
const FRESH_STEPS = 2; // the newest steps are often not written yet, which is no hole

export class Plot {
  // spec: name, format(value), and whole, base, top for its axis; moved: called with a time or null.
  constructor(spec, moved) {
    this.spec = spec;
    this.moved = moved;
    this.data = null;
    this.place = null;
    this.readout = make("output", { class: "readout" });
    this.title = make("span", { class: "plot-title" });
    this.area = make("div", { class: "plot-area", tabindex: 0, role: "slider", "aria-describedby": "plots-help" });
    this.root = make("figure", { class: "plot", id: `plot-${spec.name}` },
      make("figcaption", {}, this.title, this.readout), this.area);
    this.area.addEventListener("pointermove", (event) => this.#point(event));
    this.area.addEventListener("pointerdown", (event) => this.#point(event));
    this.area.addEventListener("pointerleave", () => this.moved(null));
    this.area.addEventListener("keydown", (event) => this.#key(event));
    this.area.addEventListener("blur", () => this.moved(null));
  }

  // data: begin_utc, step_s, mean, low, high, marks; or with bars: mean (stacked sum) and lost.
  show(data) {
    this.data = data;
    this.render();
  }

  render() {
    const width = this.area.clientWidth;
    setText(this.title, say(`plot.${this.spec.name}`));
    this.area.setAttribute("aria-label", say(`plot.${this.spec.name}`));
    if (!this.data || width < EDGE.left + 40) return;
    this.width = width;
    const { mean, high = mean, begin_utc: begin, step_s: step } = this.data;
    const known = high.filter((one) => one !== null);
    const ticks = valueTicks(known.length ? Math.max(...known) : 0, this.spec);
    this.end = begin + mean.length * step;
    this.x = (utc) => EDGE.left + ((utc - begin) / (this.end - begin)) * (width - EDGE.left - EDGE.right);
    this.y = (value) => HEIGHT - EDGE.bottom - (value / ticks.at(-1)) * (HEIGHT - EDGE.top - EDGE.bottom);
    this.cursor = draw("g", { class: "cursor" });
    const svg = draw("svg", { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, "aria-hidden": "true" },
      ...this.#grid(ticks), ...this.#holes(), ...(this.spec.bars ? this.#bars() : this.#lines()),
      ...this.#marks(), this.cursor);
    this.area.replaceChildren(svg);
    this.showCursor(this.place === null ? null : this.#utc(this.place));
  }

  #utc(place) {
    return this.data.begin_utc + (place + 0.5) * this.data.step_s;
  }

  #grid(ticks) {
    const lines = ticks.flatMap((value) => [
      draw("line", { class: value ? "grid" : "axis", x1: EDGE.left, x2: this.width - EDGE.right, y1: this.y(value), y2: this.y(value) }),
      draw("text", { class: "tick", x: EDGE.left - 6, y: this.y(value) + 3.5, "text-anchor": "end" }, this.spec.tick(value, ticks.at(-1))),
    ]);
    const most = Math.max(2, Math.floor((this.width - EDGE.left) / TICK_PX));
    for (const { utc, form } of timeTicks(this.data.begin_utc, this.end, most)) {
      const x = this.x(utc);
      const bottom = HEIGHT - EDGE.bottom;
      lines.push(draw("line", { class: "grid", x1: x, x2: x, y1: bottom, y2: bottom + 4 }));
      if (x < EDGE.left + 12 || x > this.width - 20) continue;
      lines.push(draw("text", { class: "tick", x, y: HEIGHT - 5, "text-anchor": "middle" }, time(utc, form)));
    }
    return lines;
  }

  // Runs of steps for which a test of the mean holds, as [first, last] pairs.
  #runs(holds) {
    const runs = [];
    this.data.mean.forEach((value, place) => {
      if (!holds(value)) return;
      if (runs.length && runs.at(-1)[1] === place - 1) runs.at(-1)[1] = place;
      else runs.push([place, place]);
    });
    return runs;
  }

  #holes() {
    const { mean, begin_utc: begin, step_s: step } = this.data;
    const holes = this.#runs((value) => value === null)
      .filter(([first]) => first < mean.length - FRESH_STEPS);
    return holes.map(([first, last]) => {
      const x = this.x(begin + first * step);
      return draw("rect", { class: "hole", x, y: EDGE.top, width: this.x(begin + (last + 1) * step) - x,
        height: HEIGHT - EDGE.top - EDGE.bottom });
    });
  }

  #lines() {
    const { mean, low, high } = this.data;
    const point = (values) => (place) => `${this.x(this.#utc(place)).toFixed(1)},${this.y(values[place]).toFixed(1)}`;
    const places = ([first, last]) => Array.from({ length: last - first + 1 }, (_, more) => first + more);
    const runs = this.#runs((value) => value !== null).map(places);
    const line = runs.map((run) => `M${run.map(point(mean)).join("L")}${run.length === 1 ? "h.1" : ""}`).join("");
    const band = runs.map((run) => `M${run.map(point(high)).join("L")}L${run.reverse().map(point(low)).join("L")}Z`).join("");
    return [draw("path", { class: "band", d: band }), draw("path", { class: "line", d: line })];
  }

  // A turn that was made whole leaves a thin trace, so that "none missed" differs from "unknown".
  #bars() {
    const { mean, lost, begin_utc: begin, step_s: step } = this.data;
    const shapes = [];
    mean.forEach((value, place) => {
      if (value === null) return;
      const x = this.x(begin + place * step);
      const width = Math.max(1, this.x(begin + (place + 1) * step) - x - 1);
      const box = (name, from, to) => draw("rect", { class: name, x, width, y: this.y(to), height: this.y(from) - this.y(to) });
      if (!value) shapes.push(draw("rect", { class: "bar-none", x, width, y: this.y(0) - 2, height: 2 }));
      if (value > lost[place]) shapes.push(box("bar-missed", lost[place], value));
      if (lost[place]) shapes.push(box("bar-lost", 0, lost[place]));
    });
    return shapes;
  }

  #marks() {
    return (this.data.marks ?? []).filter((one) => one.utc >= this.data.begin_utc && one.utc <= this.end)
      .map((one) => draw("line", { class: "event-mark", x1: this.x(one.utc), x2: this.x(one.utc), y1: EDGE.top, y2: HEIGHT - EDGE.bottom },
        draw("title", {}, `${time(one.utc, "moment")} ${one.text}`)));
  }

  // --- cursor ---

  showCursor(utc) {
    if (!this.data || !this.cursor) return;
    const { mean, begin_utc: begin, step_s: step } = this.data;
    const place = utc === null ? null : Math.min(mean.length - 1, Math.max(0, Math.floor((utc - begin) / step)));
    this.place = place;
    this.cursor.replaceChildren();
    const newest = mean.findLastIndex((one) => one !== null);
    const text = place === null ? this.#value(newest) : `${time(this.#utc(place), step >= 60 ? "short" : "clock")}  ${this.#value(place)}`;
    setText(this.readout, text);
    this.area.setAttribute("aria-valuemin", "0");
    this.area.setAttribute("aria-valuemax", String(mean.length - 1));
    this.area.setAttribute("aria-valuenow", String(place ?? Math.max(0, newest)));
    this.area.setAttribute("aria-valuetext", place === null ? `${say("plots.now")} ${text}` : text);
    if (place === null) return;
    const x = this.x(this.#utc(place));
    this.cursor.append(draw("line", { x1: x, x2: x, y1: EDGE.top, y2: HEIGHT - EDGE.bottom }));
    if (mean[place] !== null) this.cursor.append(draw("circle", { cx: x, cy: this.y(mean[place]), r: 3.5 }));
  }

  #value(place) {
    const { mean, low = mean, high = mean } = this.data;
    if (place < 0 || mean[place] === null) return say("unknown");
    const value = this.spec.format(mean[place]);
    const [lowest, highest] = [this.spec.format(low[place]), this.spec.format(high[place])];
    return lowest === highest ? value : `${value} (${say("plots.range", { low: lowest, high: highest })})`;
  }

  #point(event) {
    if (!this.data) return;
    const share = (event.clientX - this.area.getBoundingClientRect().left - EDGE.left) / (this.width - EDGE.left - EDGE.right);
    this.moved(this.data.begin_utc + Math.min(1, Math.max(0, share)) * (this.end - this.data.begin_utc));
  }

  #key(event) {
    if (!this.data) return;
    const last = this.data.mean.length - 1;
    const from = this.place ?? last;
    const pace = event.shiftKey ? 10 : 1;
    const to = {
      ArrowLeft: from - pace, ArrowDown: from - pace, ArrowRight: from + pace, ArrowUp: from + pace,
      PageDown: from - 30, PageUp: from + 30, Home: 0, End: last,
    }[event.key];
    if (event.key === "Escape") this.moved(null);
    else if (to !== undefined) this.moved(this.#utc(Math.min(last, Math.max(0, to))));
    else return;
    event.preventDefault();
  }
}
