/** Where the reader is in the log, kept while the log changes around it. */

import { log, messages } from "./parts.js";

const NEAR_END_PX = 40;

/** Where the window is too low for a box that scrolls, the page itself does (see layout.css). */
const isFlat = () => getComputedStyle(log).overflowY === "visible";

/** The log's box is laid out from its end (see messages.css), so its end is `scrollTop` 0. */
export function isAtEnd() {
  if (isFlat()) {
    return log.getBoundingClientRect().bottom < innerHeight + NEAR_END_PX;
  }
  return log.scrollTop > -NEAR_END_PX;
}

export function goToEnd() {
  if (isFlat()) {
    log.scrollIntoView({ block: "end" });
  } else {
    log.scrollTop = 0;
  }
}

export function markPlace() {
  const first = isAtEnd() ? null : firstVisible();
  const messageId = first?.dataset.messageId;
  return messageId ? { messageId, top: topOf(first) } : null;
}

export function goTo(mark) {
  const isThere = ({ dataset }) => dataset.messageId === mark?.messageId;
  const first = mark && [...messages.children].find(isThere);
  goToEnd();
  if (first) {
    moveBy(topOf(first) - mark.top);
  }
}

export function room() {
  if (isFlat()) {
    return { above: Infinity, below: Infinity }; // more comes when it is asked for
  }
  const { scrollTop, scrollHeight, clientHeight } = log;
  const below = -scrollTop;
  return { above: (scrollHeight - clientHeight - below) / clientHeight, below: below / clientHeight };
}

/** Who is pinned to the end stays there, who reads on is not moved. */
export function keepPlace(change, { isPinned }) {
  const anchor = isPinned ? null : firstVisible();
  const before = anchor?.getBoundingClientRect().top;
  change();
  if (isPinned) {
    goToEnd();
  } else if (anchor?.isConnected) {
    moveBy(anchor.getBoundingClientRect().top - before);
  }
}

function topOf(element) {
  return element.getBoundingClientRect().top - log.getBoundingClientRect().top;
}

function moveBy(distance) {
  if (isFlat()) {
    scrollBy(0, distance);
  } else {
    log.scrollTop += distance;
  }
}

function firstVisible() {
  const top = Math.max(0, log.getBoundingClientRect().top);
  const isVisible = (element) => element.getBoundingClientRect().bottom > top;
  return [...messages.children].find(isVisible) ?? null;
}
