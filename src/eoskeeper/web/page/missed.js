// Missed: slots of own turns that stayed empty, by step of a plot, counted from the turns that the
// history holds. They are asked for once, then only the new ones.

const PAGE = 2000;
const PAGES_MOST = 24;
const NEAR_ROUNDS = 2.5;

export class TurnCounts {
  #ask;
  #turns = new Map(); // by number: [begin_utc, missed, lost, known slots]
  #from = null;       // every turn since then is here
  #to = null;

  constructor(ask) {
    this.#ask = ask;
  }

  take(record) {
    if (!record.ours) return;
    const count = (letter) => record.cells.split(letter).length - 1;
    this.#turns.set(record.turn, [record.begin_utc, count("m"), count("l"), 12 - count("u") - count("w")]);
  }

  isCut(beginUtc) {
    return this.#from !== null && this.#from > beginUtc;
  }

  async load(beginUtc, endUtc) {
    if (this.#from === null || endUtc < this.#from || beginUtc > this.#to) {
      this.#from = await this.#fetch(beginUtc, endUtc);
    } else {
      // The newest are asked for anew: a turn is closed, and amended by forks, after its end.
      await this.#fetch(this.#to - 600, endUtc);
      if (beginUtc < this.#from - PAGE) this.#from = await this.#fetch(beginUtc, this.#from);
    }
    this.#to = endUtc;
  }

  // From the newest back, page by page. Returns the time since which all are here.
  async #fetch(beginUtc, endUtc) {
    let end = endUtc;
    for (let page = 0; page < PAGES_MOST; page += 1) {
      const { turns } = await this.#ask("api/turns", [["producer", "ours"], ["from", beginUtc], ["to", end], ["limit", PAGE]]);
      for (const record of turns) this.take(record);
      if (turns.length < PAGE) return beginUtc;
      end = turns[0].begin_utc - 1;
      if (end <= beginUtc) return beginUtc;
    }
    return end;
  }

  // Null where no turn is known although some must have been: between turns that are more than a
  // few rounds apart, and before the first and after the last.
  bins(beginUtc, endUtc, most, roundS) {
    const turns = [...this.#turns.values()].filter(([at]) => at >= beginUtc && at < endUtc).sort((a, b) => a[0] - b[0]);
    const step = Math.max((endUtc - beginUtc) / most, 6);
    const length = Math.ceil((endUtc - beginUtc) / step);
    const mean = Array(length).fill(null);
    const lost = Array(length).fill(0);
    const place = (utc) => Math.min(length - 1, Math.floor((utc - beginUtc) / step));
    const quiet = (from, to) => mean.fill(0, from, Math.max(from, to));
    let before = null;
    for (const [at, missed, gone, known] of turns) {
      const [here, next] = [place(at), before === null ? 0 : place(before) + 1];
      if (at - (before ?? beginUtc) < NEAR_ROUNDS * roundS) quiet(next, here);
      if (known) mean[here] = (mean[here] ?? 0) + missed + gone;
      lost[here] += gone;
      before = at;
    }
    if (before !== null && endUtc - before < NEAR_ROUNDS * roundS) quiet(place(before) + 1, length);
    return { begin_utc: beginUtc, step_s: step, mean, lost };
  }
}
