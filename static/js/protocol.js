/** The wire contract as frames: built, read and judged here, without touching a socket. */

export const SUBPROTOCOL = "chat.v1.json";
export const SOCKET_PATH = "/ws/chat/";

/** What a message is while it is still being made. */
export const OPEN = new Set(["pending", "processing"]);

const encoder = new TextEncoder();

export const action = {
  subscribe: (chatId, since, tail = 50) => ({ action: "subscribe", chatId, since, tail }),
  send: (chatId, { clientMessageId, type = "user", content, url, replyTo }) => ({
    action: "send",
    chatId,
    clientMessageId,
    type,
    content,
    ...(url && { metadata: { url } }),
    ...(replyTo && { replyTo }),
  }),
  unsubscribe: (chatId) => ({ action: "unsubscribe", chatId }),
  // A socket does without the chatId of these; an address of the API does not.
  edit: (chatId, messageId, rev, content) => ({ action: "edit", chatId, messageId, rev, content }),
  remove: (chatId, messageId) => ({ action: "remove", chatId, messageId }),
  retry: (chatId, messageId) => ({ action: "retry", chatId, messageId }),
  cancel: (chatId, messageId) => ({ action: "cancel", chatId, messageId }),
  fetch: (chatId, messageIds) => ({ action: "fetch", chatId, messageIds }),
  read: (chatId, seq) => ({ action: "read", chatId, seq }),
  typing: (chatId, on) => ({ action: "typing", chatId, on }),
  ping: () => ({ action: "ping" }),
};

export function encode(frame, id) {
  return JSON.stringify({ ...frame, id });
}

/** The frame in a socket's text, or null where it holds none; strangers are ignored, not feared. */
export function decode(text) {
  try {
    const frame = JSON.parse(text);
    return frame !== null && typeof frame === "object" && "op" in frame ? frame : null;
  } catch {
    return null;
  }
}

/** How much of `limits.frameBytes` a frame takes. */
export function bytesOf(frame) {
  return encoder.encode(JSON.stringify(frame)).length + 32; // room for any id
}

/** 4500-4999 mean: stop and tell the person. Every other close means: come back. */
export function isFinal(closeCode) {
  return closeCode >= 4500 && closeCode <= 4999;
}

const NO_ACCESS = new Set([4502, 4503, "forbidden", "notFound", "subscriptionRevoked"]);
const SIGNED_OUT = new Set([4501, "unauthenticated"]);

/** What a final close code, error code or notice means to the reader. */
export function meaningOf(code) {
  if (SIGNED_OUT.has(code)) {
    return "signedOut";
  }
  return NO_ACCESS.has(code) ? "noAccess" : "broken";
}

/** The server's own "no" to one action. */
export class Refusal extends Error {
  constructor({ code, message, retryable = false, retryAfterMs = null, details = {} }) {
    super(message);
    this.code = code;
    this.retryable = retryable;
    this.retryAfterMs = retryAfterMs;
    this.details = details;
  }
}

/** The connection went before the answer came: whether the action happened is not known. */
export class Disconnected extends Error {}
