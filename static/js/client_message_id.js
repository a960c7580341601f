/** The key under which a send happens once, however often it is tried. */
export function newClientMessageId() {
  // No `randomUUID`: plain http on another host is no secure context.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
