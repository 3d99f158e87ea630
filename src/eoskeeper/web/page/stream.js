// Stream: one connection to the keeper. Server-sent events while they come; else the status is
// asked for again and again, and the stream is tried anew, ever more rarely.

import { state } from "./state.js";

const SILENT_MS = 12000; // a report comes each second: after so long the line is dead, if open or not
const POLL_MS = 2000;
const POLL_MAX_MS = 15000;
const RETRY_MS = 1000;
const RETRY_MAX_MS = 30000;

export class KeeperError extends Error {
  constructor(status) {
    super(`the keeper answered ${status}`);
    this.status = status;
  }
}

// All addresses are relative: a reverse proxy may serve the page below a path of its own.
export async function ask(path, parameters = []) {
  const query = new URLSearchParams(parameters).toString();
  const answer = await fetch(query ? `${path}?${query}` : path, {
    cache: "no-store", credentials: "same-origin", signal: AbortSignal.timeout(10000),
  });
  if (!answer.ok) throw new KeeperError(answer.status);
  return answer.json();
}

export class Stream {
  #takers;
  #source = null;
  #heard = 0;
  #retryMs = RETRY_MS;
  #pollMs = POLL_MS;
  #polling = null;

  // takers: report, turns, events, and connected (told whenever a stream has begun anew).
  constructor(takers) {
    this.#takers = takers;
  }

  begin() {
    this.#poll(true);
    this.#open();
    setInterval(() => this.#watch(), 1000);
  }

  #open() {
    const source = new EventSource("api/stream");
    this.#source = source;
    this.#heard = performance.now();
    source.addEventListener("open", () => {
      this.#heard = performance.now();
      this.#takers.connected();
    });
    for (const name of ["report", "turns", "events"]) {
      source.addEventListener(name, (event) => this.#take(name, event));
    }
    source.addEventListener("error", () => this.#drop(source));
  }

  #take(name, event) {
    this.#heard = performance.now();
    this.#retryMs = RETRY_MS;
    state.connection = "stream";
    clearTimeout(this.#polling);
    this.#polling = null;
    this.#takers[name](JSON.parse(event.data));
  }

  #watch() {
    if (this.#source && performance.now() - this.#heard > SILENT_MS) this.#drop(this.#source);
  }

  #drop(source) {
    // The browser's own way to reconnect knows no bound and gives up on some errors: ours is kept.
    source.close();
    if (source !== this.#source) return;
    this.#source = null;
    if (state.connection === "stream") state.connection = "lost";
    this.#startPolling();
    const wait = this.#retryMs * (0.75 + Math.random() / 2);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS);
    setTimeout(() => this.#open(), wait);
  }

  #startPolling() {
    if (this.#polling !== null) return;
    this.#pollMs = POLL_MS;
    this.#polling = setTimeout(() => this.#poll(false), 200);
  }

  async #poll(once) {
    try {
      const report = await ask("api/status");
      if (state.connection !== "stream") {
        state.connection = once ? state.connection : "poll";
        this.#takers.report(report);
      }
      this.#pollMs = POLL_MS;
    } catch (problem) {
      if (state.connection !== "stream") state.connection = problem.status === 401 ? "locked" : "lost";
      this.#pollMs = Math.min(this.#pollMs * 1.5, POLL_MAX_MS);
    }
    if (once || this.#polling === null) return;
    this.#polling = setTimeout(() => this.#poll(false), this.#pollMs);
  }
}
