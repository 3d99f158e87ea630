// Health: how the keeper itself fares, and the points that it sends away.

import { byId, follow, make, setHidden } from "./dom.js";
import { amount, bytes, count, duration, say, time } from "./language.js";
import { nowUtc } from "./state.js";

export function showHealth(report) {
  facts("keeper-facts", keeperFacts(report));
  setHidden(byId("telemetry"), !report.telemetry);
  if (report.telemetry) facts("telemetry-facts", telemetryFacts(report.telemetry));
}

function facts(id, pairs) {
  const items = pairs.filter(([, value]) => value !== null);
  follow(byId(id), items, ([name]) => name, ([name, value, tone]) =>
    make("div", { class: tone ?? "" }, make("dt", {}, name), make("dd", {}, value)));
}

const past = (utc) => (utc === null ? null : `${time(utc, "moment")} (${say("ago", { age: duration(nowUtc() - utc) })})`);

function keeperFacts({ keeper, failures, at_utc: at }) {
  const own = keeper ? [
    [say("keeper.version"), keeper.version],
    [say("keeper.started"), time(keeper.started_utc, "moment")],
    [say("keeper.took"), `${amount(keeper.took_s * 1000, say("unit.ms"), 1)}`],
    [say("keeper.late"), `${amount(keeper.late_s * 1000, say("unit.ms"), 1)}`],
    [say("keeper.memory"), keeper.resident_bytes ? bytes(keeper.resident_bytes) : say("unknown")],
    [say("keeper.cpu"), meanCpu(keeper, at)],
    [say("keeper.dropped"), count(keeper.dropped), keeper.dropped ? "is-warn" : ""],
  ] : [];
  const lacking = failures.map((one) => `${one.probe}${one.subject ? ` ${one.subject}` : ""}: ${one.detail || one.reason}`);
  return [...own, [say("keeper.failures"), lacking.join("; ") || say("keeper.silent"), lacking.length ? "is-warn wide" : ""]];
}

function meanCpu(keeper, at) {
  const ran = at - keeper.started_utc;
  return ran > 0 ? amount((100 * keeper.cpu_s) / ran, "%", 2) : say("unknown");
}

function telemetryFacts(one) {
  const points = (value) => say("telemetry.points", { count: count(value) });
  return [
    [say("telemetry.target"), one.target],
    [say("telemetry.accepted"), points(one.accepted)],
    [say("telemetry.spooled"), `${points(one.spooled)}, ${bytes(one.spooled_bytes)}`, one.spooled ? "is-warn" : ""],
    [say("telemetry.rejected"), points(one.rejected), one.rejected ? "is-warn" : ""],
    [say("telemetry.dropped"), points(one.dropped), one.dropped ? "is-warn" : ""],
    [say("telemetry.success"), past(one.last_success_utc) ?? say("never")],
    [say("telemetry.oldest"), past(one.oldest_spooled_utc)],
    [say("telemetry.failing"), past(one.failing_since_utc), "is-warn"],
    [say("telemetry.problem"), one.last_problem || null, "wide"],
  ];
}
