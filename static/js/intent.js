/** What is meant by a text in the box: words, a question, or a video. */

import { videoAddressIn } from "./video_address.js";

const ASK = "/ai ";
export const MOST_CHARACTERS = 16_384;
const WARN_BEFORE = 500;

/**
 * `pressed` is the button's type; `context` is what the text is written to: `{kind, messageId}` of a
 * `reply`, or a question `about` a message.
 */
export function whatToSend({ text, pressed, context, asVideo }) {
  const replyTo = context ? { replyTo: context.messageId } : {};
  if (pressed === "ai" || context?.kind === "about" || text.startsWith(ASK)) {
    const content = text.startsWith(ASK) ? text.slice(ASK.length) : text;
    return { type: "ai", content, ...replyTo };
  }
  const url = asVideo ? videoAddressIn(text) : null;
  return url ? { type: "youtube", content: "", url, ...replyTo } : { content: text, ...replyTo };
}

/** How many characters there is still room for, once that is worth saying; else null. */
export function roomIn(text) {
  if (text.length < MOST_CHARACTERS - WARN_BEFORE) {
    return null;
  }
  const left = MOST_CHARACTERS - [...text].length;
  return left <= WARN_BEFORE ? left : null;
}
