/** Where the reader is in the log, kept while the log changes around it. */

import { log, messages } from "./parts.js";

const NEAR_END_PX = 40;

/** The log's box is laid out from its end (see messages.css), so its end is `scrollTop` 0. */
export class ReadingPlace {
  get isAtEnd() {
    if (this.#isFlat) {
      return log.getBoundingClientRect().bottom < innerHeight + NEAR_END_PX;
    }
    return log.scrollTop > -NEAR_END_PX;
  }

  goToEnd() {
    if (this.#isFlat) {
      log.scrollIntoView({ block: "end" });
    } else {
      log.scrollTop = 0;
    }
  }

  /** Null at the end. */
  get mark() {
    const first = this.isAtEnd ? null : this.#firstVisible();
    const messageId = first?.dataset.messageId;
    return messageId ? { messageId, top: this.#topOf(first) } : null;
  }

  goTo(mark) {
    const isThere = ({ dataset }) => dataset.messageId === mark?.messageId;
    const first = mark && [...messages.children].find(isThere);
    this.goToEnd();
    if (first) {
      this.#moveBy(this.#topOf(first) - mark.top);
    }
  }

  #topOf(element) {
    return element.getBoundingClientRect().top - log.getBoundingClientRect().top;
  }

  goToElement(element) {
    element.scrollIntoView({ block: "center" });
  }

  /** In heights of what is seen. */
  get room() {
    if (this.#isFlat) {
      return { above: Infinity, below: Infinity }; // more comes when it is asked for
    }
    const { scrollTop, scrollHeight, clientHeight } = log;
    const below = -scrollTop;
    return { above: (scrollHeight - clientHeight - below) / clientHeight, below: below / clientHeight };
  }

  /** Who is pinned to the end stays there, who reads on is not moved. */
  keepThrough(change, { isPinned }) {
    const anchor = isPinned ? null : this.#firstVisible();
    const before = anchor?.getBoundingClientRect().top;
    change();
    if (isPinned) {
      this.goToEnd();
    } else if (anchor?.isConnected) {
      this.#moveBy(anchor.getBoundingClientRect().top - before);
    }
  }

  /** Where the window is too low for a box that scrolls, the page itself does (see layout.css). */
  get #isFlat() {
    return getComputedStyle(log).overflowY === "visible";
  }

  #moveBy(distance) {
    if (this.#isFlat) {
      scrollBy(0, distance);
    } else {
      log.scrollTop += distance;
    }
  }

  #firstVisible() {
    const top = Math.max(0, log.getBoundingClientRect().top);
    const isVisible = (element) => element.getBoundingClientRect().bottom > top;
    return [...messages.children].find(isVisible) ?? null;
  }
}
