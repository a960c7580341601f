/** The page's own words, with their blanks filled in. */

import { meaningOf } from "./protocol.js";

export function say(words, values = {}) {
  const template = typeof words === "string" ? words : formFor(values.count, words);
  return template.replace(/\{(\w+)\}/g, (blank, name) => values[name] ?? blank);
}

function formFor(count, { language, other, ...forms }) {
  return forms[new Intl.PluralRules(language).select(count)] ?? other;
}

/** The name over a message, as `messages/pages/words.py` has it. */
export function authorOf(message, words) {
  if (message.author) {
    return message.author.name;
  }
  return { system: words.system, ai: words.assistant }[message.type] ?? words.nobody;
}

export function stateOf(message, words) {
  if (message.removed) {
    return words[`removed.${message.removed}`] ?? words.removed;
  }
  if (message.status === "error") {
    const { code, detail } = message.error ?? {};
    return say(words.error, { reason: words[`failed.${code}`] || detail || words.errorUnknown });
  }
  const state = words[`${message.type}.${message.status}`] ?? "";
  return state && message.attempt ? say(words.tryOf, { state, ...message.attempt }) : state;
}

/** One line of a message, as `messages/pages/rows.py` has it. */
export function firstWords(message, words, most = 120) {
  const { title, url } = message.metadata;
  const text = stateOf(message, words) || plain(message.html) || title || url || "";
  return [...text].slice(0, most).join("").split(/\s+/).filter(Boolean).join(" ");
}

const SIGNS = { lt: "<", gt: ">", amp: "&", nbsp: " " };

function plain(html) {
  return html.replace(/<[^>]*>|&(\w+);/g, (_, name) => SIGNS[name] ?? "");
}

/** How current the page is: never better than it is. */
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
