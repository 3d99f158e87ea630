// Scale: where the lines of an axis go. Values get round steps, times get the reader's own hours
// and midnights.

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;
const SHORT_STEPS = [1, 2, 5, 10, 15, 20, 30].map((one) => one * MINUTE)
  .concat([1, 2, 3, 4, 6, 12].map((one) => one * HOUR));
const DAY_STEPS = [1, 2, 4, 7, 14, 28];

// Smallest of 1, 2, 2.5 and 5 times a power of the base that makes at most `most` steps.
export function roundStep(span, most, base = 10) {
  if (!(span > 0)) return 1;
  const power = base ** Math.floor(Math.log(span / most) / Math.log(base));
  const factors = base === 10 ? [1, 2, 2.5, 5, 10] : [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
  return (factors.find((one) => one * power * most >= span) ?? base) * power;
}

// From zero: a plot that begins elsewhere makes mountains of noise.
export function valueTicks(highest, { whole = false, base = 10, top = null } = {}) {
  const span = top ?? (highest > 0 ? highest : 1);
  const step = whole ? Math.max(1, roundStep(span, 4, base)) : roundStep(span, 4, base);
  const count = Math.max(1, Math.ceil(span / step - 1e-9));
  return Array.from({ length: count + 1 }, (_, place) => place * step);
}

export function timeTicks(beginUtc, endUtc, most) {
  const span = endUtc - beginUtc;
  const short = SHORT_STEPS.find((one) => span / one <= most);
  return short ? clockTicks(beginUtc, endUtc, short) : dayTicks(beginUtc, endUtc, most);
}

function clockTicks(beginUtc, endUtc, step) {
  const midnight = new Date(beginUtc * 1000);
  midnight.setHours(0, 0, 0, 0);
  const origin = midnight.getTime() / 1000;
  const ticks = [];
  for (let at = origin + Math.ceil((beginUtc - origin) / step) * step; at <= endUtc; at += step) {
    ticks.push({ utc: at, form: new Date(at * 1000).getHours() || step < HOUR ? "minute" : "weekday" });
  }
  return ticks;
}

// Days are counted by the calendar: one of them a year has 23 hours, and one has 25.
function dayTicks(beginUtc, endUtc, most) {
  const step = DAY_STEPS.find((one) => (endUtc - beginUtc) / (one * DAY) <= most) ?? 28;
  const at = new Date(beginUtc * 1000);
  at.setHours(24, 0, 0, 0);
  const ticks = [];
  while (at.getTime() / 1000 <= endUtc) {
    ticks.push({ utc: at.getTime() / 1000, form: step === 1 ? "weekday" : "day" });
    at.setDate(at.getDate() + step);
  }
  return ticks;
}
