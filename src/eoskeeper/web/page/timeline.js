// Timeline: what the keeper decided and told, newest first, each with the evidence that it was
// decided on. Older pages are fetched when somebody asks for them.

import { byId, follow, make, mark, setHidden, setText } from "./dom.js";
import { currentLanguage, kept, keep, say, sayOr, time } from "./language.js";
import { conditionTable } from "./resume.js";
import { ask } from "./stream.js";

const PAGE = 40;
const ROWS_WANTED = 12;
const ROWS_KEPT = 2000;
const PAGES_MOST = 4;

// Bookkeeping of the journals: true, and of no use to somebody who asks what happened.
const QUIET = new Set(["alarms_snapshot", "own_turn_closed", "notice_told", "notification_settled", "news_taken"]);

const TONES = {
  alarm_fired: "warn", alarm_worsened: "bad", alarm_resolved: "good", advised: "warn",
  notification_dropped: "warn", command_answered: "calm", keeper_started: "plain",
};

export class Timeline {
  #rows = new Map(); // by number
  #source = "all";
  #ended = false;
  #busy = false;
  #changed;

  // changed: told the moments at which this host's standing changed.
  constructor(changed) {
    this.#changed = changed;
  }

  begin() {
    const wanted = kept("eoskeeper.events");
    if (["all", "decision", "alarm"].includes(wanted)) this.#source = wanted;
    for (const input of document.querySelectorAll("input[name=source]")) {
      input.checked = input.value === this.#source;
      input.addEventListener("change", () => {
        this.#source = input.value;
        keep("eoskeeper.events", input.value);
        this.#ended = false;
        this.load();
      });
    }
    byId("events-older").addEventListener("click", () => this.load());
  }

  take(rows) {
    for (const row of rows) this.#rows.set(row.number, row);
    if (this.#rows.size > ROWS_KEPT) {
      const oldest = [...this.#rows.keys()].sort((a, b) => a - b).slice(0, this.#rows.size - ROWS_KEPT);
      for (const number of oldest) this.#rows.delete(number);
      this.#ended = false;
    }
    this.show();
    this.#changed(this.#marks());
  }

  // A keeper that was started anew may count its events from the beginning.
  forget() {
    this.#rows.clear();
    this.#ended = false;
  }

  // After a break of the stream: what came meanwhile joins what is here.
  async catchUp() {
    try {
      const { events } = await ask("api/events", [["source", "all"], ["limit", PAGE]]);
      // Between what is here and what came there may be more than a page: then all begins anew.
      const newest = Math.max(...[...this.#rows.values()].map((row) => row.number));
      if (events.every((row) => row.number > newest)) this.forget();
      this.take(events);
    } catch (problem) {
      this.#fail(problem);
    }
    if (this.#visible().length < ROWS_WANTED) this.load();
  }

  // One older page; or a few, where most of it is bookkeeping.
  async load() {
    if (this.#busy) return;
    this.#busy = true;
    this.#showButton();
    const before = this.#visible().length;
    try {
      for (let page = 0; page < PAGES_MOST && !this.#ended; page += 1) {
        await this.#loadPage();
        if (this.#visible().length >= before + ROWS_WANTED) break;
      }
    } catch (problem) {
      this.#fail(problem);
    }
    this.#busy = false;
    this.#showButton();
    this.show();
  }

  async #loadPage() {
    const numbers = this.#ofSource().map((row) => row.number);
    const parameters = [["source", this.#source], ["limit", PAGE]];
    if (numbers.length) parameters.push(["before", Math.min(...numbers)]);
    const { events } = await ask("api/events", parameters);
    this.#ended = events.length < PAGE;
    this.take(events);
  }

  #ofSource() {
    return [...this.#rows.values()].filter((row) => this.#source === "all" || row.source === this.#source);
  }

  #visible() {
    return this.#ofSource().filter((row) => !QUIET.has(row.kind)).sort((a, b) => b.number - a.number);
  }

  #marks() {
    return [...this.#rows.values()]
      .filter((row) => row.kind === "standing_changed")
      .map((row) => ({ utc: row.at_utc, text: sayOr(`state.${row.event.standing.state}`, row.event.standing.state) }));
  }

  #fail(problem) {
    if (problem.status === 404) this.#ended = true;
    if (problem.status === 404) setText(byId("events-none"), say("plots.off"));
  }

  #showButton() {
    const button = byId("events-older");
    button.setAttribute("aria-disabled", String(this.#busy));
    setText(button, say(this.#busy ? "events.loading" : "events.older"));
    setHidden(button, this.#ended);
    setHidden(byId("events-end"), !this.#ended || this.#visible().length === 0);
  }

  show() {
    const items = [];
    let day = "";
    for (const row of this.#visible()) {
      const date = time(row.at_utc, "date");
      if (date !== day) items.push({ key: `day ${date}`, day: date });
      day = date;
      items.push({ key: row.number, row });
    }
    setHidden(byId("events-none"), items.length > 0);
    follow(byId("events-list"), items, (item) => item.key, build, (item) => item.day ?? item.key);
    this.#showButton();
  }
}

function build(item) {
  return item.day ? make("li", { class: "day" }, make("h3", {}, item.day)) : entry(item.row);
}

function entry(row) {
  const text = row.text[currentLanguage()] ?? row.text.en;
  const [first, ...more] = text.split("\n");
  return make("li", { class: `event event-${toneOf(row)} event-${row.kind}` },
    make("time", { datetime: new Date(row.at_utc * 1000).toISOString(), title: time(row.at_utc, "full") }, time(row.at_utc)),
    make("div", { class: "event-text" },
      mark(toneOf(row), sayOr(`kind.${row.kind}`, row.kind)), sentence(row, first),
      ...more.map((line) => make("p", { class: "event-more" }, line)), details(row)));
}

function toneOf(row) {
  if (row.kind === "standing_changed") {
    return { holder: "good", standby: "calm", observer: "calm", learning: "plain" }[row.event.standing.state] ?? "warn";
  }
  if (row.kind === "outcome_seen") return row.event.result === "proven" ? "good" : "warn";
  return TONES[row.kind] ?? "plain";
}

// A change of state begins with the two states and goes on with the reason.
function sentence(row, text) {
  const end = row.kind === "standing_changed" ? text.search(/[:：]/) : 0;
  return make("span", {}, end > 0 ? make("strong", { class: "change" }, text.slice(0, end)) : "", text.slice(Math.max(end, 0)));
}

function details(row) {
  const found = row.event.evidence ?? row.event.action?.permit?.conditions;
  const conditions = Array.isArray(found) ? found : [];
  const record = fold("events.raw", () => make("pre", { tabindex: 0 }, JSON.stringify(row.event, null, 2)));
  if (conditions.length === 0) return record;
  return fold("events.evidence", () => make("div", {}, conditionTable(conditions), record));
}

// Filled when it is first opened: a thousand events have a lot of evidence.
function fold(key, fill) {
  const element = make("details", {}, make("summary", {}, say(key)));
  element.addEventListener("toggle", () => element.childElementCount > 1 || element.append(fill()));
  return element;
}
