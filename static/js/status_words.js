/** The one line that says how current the page is: never better than it is. */

import { meaningOf } from "./protocol.js";
import { say } from "./words.js";

export function statusOf({ incompleteBefore, ...facts }, words, clock) {
  const now = stateIn(facts, words);
  if (incompleteBefore === null || facts.state === "stopped") {
    return now;
  }
  return `${now} · ${say(words.incomplete, { time: clock(incompleteBefore) })}`;
}

function stateIn({ state, stopped, behind, unsent }, words) {
  switch (state) {
    case "stopped":
      return words[meaningOf(stopped.code)];
    case "offline":
      return unsent > 0 ? say(words.offlineUnsent, { count: unsent }) : words.offline;
    case "catchingUp":
      return behind > 0 ? say(words.behind, { count: behind }) : words.catchingUp;
    default:
      return words[state];
  }
}
