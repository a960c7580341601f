/** What is meant by a text in the box: words, a question, or a video. */

import { videoAddressIn } from "./video_address.js";

const ASK = "/ai ";
const MOST_CHARACTERS = 16_384;
const WARN_BEFORE = 500;

export function whatToSend({ text, pressed, context, asVideo }) {
  const replyTo = context ? { replyTo: context.messageId } : {};
  if (pressed === "ai" || context?.kind === "about" || text.startsWith(ASK)) {
    const content = text.startsWith(ASK) ? text.slice(ASK.length) : text;
    return { type: "ai", content, ...replyTo };
  }
  const url = asVideo ? videoAddressIn(text) : null;
  return url ? { type: "youtube", content: "", url, ...replyTo } : { content: text, ...replyTo };
}

/** Null before it is worth saying. */
export function roomIn(text) {
  const left = MOST_CHARACTERS - (text.length > MOST_CHARACTERS - WARN_BEFORE ? [...text].length : 0);
  return left <= WARN_BEFORE ? left : null;
}
