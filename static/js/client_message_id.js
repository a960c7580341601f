/** The key under which a send happens once, however often it is tried: a UUID, version 4. */

export function newClientMessageId(source = globalThis.crypto) {
  if (source.randomUUID) {
    return source.randomUUID();
  }
  // Plain http on another host is no secure context, and has no randomUUID.
  const bytes = source.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
