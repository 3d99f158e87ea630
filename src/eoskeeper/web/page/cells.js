// Cells: twelve slots as twelve small squares. The kind of a slot shows in its shape, not in its
// colour alone: made is filled, missed is hollow, lost is crossed, unknown is hatched.

import { make } from "./dom.js";
import { say } from "./language.js";

const KINDS = "pmluw";

export function cellsInWords(cells) {
  const count = (letter) => [...cells].filter((one) => one === letter).length;
  const parts = [say("slot.strip", { made: count("p") })];
  const others = [["m", "missed"], ["l", "lost"], ["u", "unknown"], ["w", "pending"]];
  for (const [letter, word] of others) {
    if (count(letter)) parts.push(say(`slot.${word}`, { count: count(letter) }));
  }
  return parts.join(", ");
}

export function cellsOf(cells, hue = "") {
  return [...cells].map((letter) => {
    const kind = KINDS.includes(letter) ? letter : "u";
    return make("i", { class: `cell cell-${kind} ${kind === "p" ? hue : ""}`.trim() });
  });
}

// One picture with one name: a screen reader hears the sentence, not twelve squares.
export function strip(cells, hue = "") {
  if (!cells) return make("span", { class: "faint" }, say("unknown"));
  return make("span", { class: "strip", role: "img", "aria-label": cellsInWords(cells) }, ...cellsOf(cells, hue));
}

// How a turn went, in one word for a style: whole | part | empty | unsure.
export function gradeOf(cells) {
  const made = [...cells].filter((one) => one === "p").length;
  if (made === 12) return "whole";
  if (/[ml]/.test(cells)) return made ? "part" : "empty";
  return "unsure";
}
