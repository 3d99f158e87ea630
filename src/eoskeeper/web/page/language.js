// Language: the page's words, times and amounts as the reader wants them.

import { WORDS } from "./words.js";

const KEPT = "eoskeeper.language";

let language = "en";

export function kept(name) {
  // Storage may be forbidden by the browser's settings; a choice then lasts as long as the page.
  try { return localStorage.getItem(name); } catch { return null; }
}

export function keep(name, value) {
  try { localStorage.setItem(name, value); } catch { /* as above */ }
}

export function beginLanguage() {
  const wanted = kept(KEPT) ?? navigator.language;
  language = wanted.startsWith("zh") ? "zh" : "en";
  translate();
}

export function useLanguage(name) {
  language = name;
  keep(KEPT, name);
  translate();
}

export const currentLanguage = () => language;

function translate() {
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  for (const element of document.querySelectorAll("[data-word]")) {
    element.textContent = say(element.dataset.word);
  }
  for (const element of document.querySelectorAll("[data-label-word]")) {
    element.setAttribute("aria-label", say(element.dataset.labelWord));
  }
}

export function say(key, figures = {}) {
  if (!(key in WORDS)) throw new Error(`no word for ${key}`);
  return WORDS[key][language === "zh" ? 1 : 0].replace(/\{(\w+)\}/g, (_, name) => String(figures[name]));
}

// A word of a set that a newer keeper may have enlarged: then its own name has to do.
export const sayOr = (key, name) => (key in WORDS ? say(key) : name);

// --- amounts: null is unknown, and says so ---

const locale = () => (language === "zh" ? "zh-CN" : "en-GB");

export function count(value) {
  return value === null || value === undefined ? say("unknown") : value.toLocaleString(locale());
}

export function amount(value, unit, digits = 0) {
  if (value === null || value === undefined) return say("unknown");
  const number = value.toLocaleString(locale(), {
    minimumFractionDigits: digits, maximumFractionDigits: digits,
  });
  return unit ? `${number} ${unit}` : number;
}

export function bytes(value, digits = 1) {
  if (value === null || value === undefined) return say("unknown");
  const steps = ["B", "KiB", "MiB", "GiB", "TiB"];
  let step = 0;
  let rest = value;
  while (Math.abs(rest) >= 1024 && step < steps.length - 1) { rest /= 1024; step += 1; }
  return amount(rest, steps[step], step && rest < 100 ? digits : 0);
}

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return say("unknown");
  const whole = Math.max(0, Math.round(seconds));
  const parts = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const first = parts.findIndex(([, length]) => whole >= length);
  if (first < 0) return `0 ${say("unit.s")}`;
  const [unit, length] = parts[first];
  const head = `${Math.floor(whole / length)} ${say(`unit.${unit}`)}`;
  const next = parts[first + 1];
  const rest = next ? Math.floor((whole % length) / next[1]) : 0;
  return rest ? `${head} ${rest} ${say(`unit.${next[0]}`)}` : head;
}

// --- times: the reader's own zone, always a 24 hour clock ---

const TIMES = {
  clock: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  minute: { hour: "2-digit", minute: "2-digit" },
  day: { day: "numeric", month: "short" },
  weekday: { weekday: "short", day: "numeric" },
  moment: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" },
  short: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  full: {
    year: "numeric", month: "short", day: "numeric",
    hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short",
  },
  date: { weekday: "long", day: "numeric", month: "long", year: "numeric" },
};

const formats = new Map();

export function time(utc, form = "clock") {
  if (utc === null || utc === undefined) return say("unknown");
  // Making a formatter is slow; a month of ticks and a hundred events share a few.
  const name = `${locale()} ${form}`;
  if (!formats.has(name)) {
    formats.set(name, new Intl.DateTimeFormat(locale(), { ...TIMES[form], hourCycle: "h23" }));
  }
  return formats.get(name).format(new Date(utc * 1000));
}
