/** What is meant by a text in the box. */

const ASK = "/ai ";
const MOST_CHARACTERS = 16_384;
const WARN_BEFORE = 500;
const VIDEO = new RegExp(
  "^https?://(?:(?:www|m|music)\\.)?(?:youtu\\.be/|youtube\\.com/" +
    "(?:(?:shorts|live|embed)/|watch\\?(?:\\S*&)?v=))[\\w-]{11}(?![\\w-])\\S*$",
);

export function whatToSend({ text, pressed, context, asVideo }) {
  const replyTo = context ? { replyTo: context.messageId } : {};
  if (pressed === "ai" || context?.kind === "about" || text.startsWith(ASK)) {
    const content = text.startsWith(ASK) ? text.slice(ASK.length) : text;
    return { type: "ai", content, ...replyTo };
  }
  const url = asVideo ? videoAddressIn(text) : null;
  return url ? { type: "youtube", content: "", url, ...replyTo } : { content: text, ...replyTo };
}

export function videoAddressIn(text) {
  const address = text.trim();
  return VIDEO.test(address) && !/[@\\]/.test(address) ? address : null;
}

/** How many characters are left, once that is worth saying. */
export function roomIn(text) {
  const left = MOST_CHARACTERS - (text.length > MOST_CHARACTERS - WARN_BEFORE ? [...text].length : 0);
  return left <= WARN_BEFORE ? left : null;
}
