/** What frames, codes and refusals mean. */

export const SUBPROTOCOL = "chat.v1.json";
export const SOCKET_PATH = "/ws/chat/";

export const OPEN = new Set(["pending", "processing"]);

const encoder = new TextEncoder();

export function decode(text) {
  try {
    const frame = JSON.parse(text);
    return frame?.op ? frame : null;
  } catch {
    return null;
  }
}

export function bytesOf(frame) {
  return encoder.encode(JSON.stringify(frame)).length + 32; // room for any id
}

/** Every other close means: come back. */
export function isFinal(closeCode) {
  return closeCode >= 4500 && closeCode <= 4999;
}

const NO_ACCESS = new Set([4502, 4503, "forbidden", "notFound", "subscriptionRevoked"]);
const SIGNED_OUT = new Set([4501, "unauthenticated"]);

export function meaningOf(code) {
  if (SIGNED_OUT.has(code)) {
    return "signedOut";
  }
  return NO_ACCESS.has(code) ? "noAccess" : "broken";
}

/** The server's own no. */
export class Refusal extends Error {
  constructor({ code, message, retryable = false, retryAfterMs = null, details = {} }) {
    super(message);
    Object.assign(this, { code, retryable, retryAfterMs, details });
  }
}

/** Whether the action happened is not known. */
export class Disconnected extends Error {
  retryable = true;
}

export function newClientMessageId() {
  // No `randomUUID`: plain http on another host is no secure context.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
