/** Tells the reader why moderators removed a message of theirs: the log tells nobody. */

import { messages, slot, words } from "./parts.js";
import { say } from "./words.js";

async function tell(element) {
  const { chatId, messageId } = element.dataset;
  const answer = await fetch(`/api/v1/chats/${chatId}/decisions/`);
  const { decisions = [] } = answer.ok ? await answer.json() : {};
  const told = decisions.find((one) => one.verb === "remove" && one.messageId === messageId);
  const state = slot(element, "state");
  if (told?.reason && state.textContent === words["removed.staff"]) {
    state.textContent = say(words.why, { state: state.textContent, reason: told.reason });
  }
}

function isTaken(element) {
  const { own, state } = element.dataset;
  const isOwnGone = own !== undefined && state === "removed";
  return isOwnGone && slot(element, "state").textContent === words["removed.staff"];
}

// What could not be asked for now is there when the page comes anew.
new MutationObserver((changes) => {
  const taken = new Set(changes.map(({ target }) => target).filter(isTaken));
  taken.forEach((element) => tell(element).catch(() => undefined));
}).observe(messages, { subtree: true, attributeFilter: ["data-state"] });
