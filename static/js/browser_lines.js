/** The lines as this browser has them, the best one first. */

import { PollLine } from "./poll_line.js";
import { SOCKET_PATH, Refusal } from "./protocol.js";
import { SocketLine } from "./socket_line.js";
import { StreamLine } from "./stream_line.js";

/** `chatIds()` has the one looked at first. */
export function browserLines({ rest, chatIds }) {
  const address = new URL(SOCKET_PATH, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const openSocket = (protocol) => new WebSocket(address, protocol);
  return [
    (listener) => new SocketLine({ openSocket, listener }),
    (listener) => new StreamLine({ openStream, rest, listener, chatIds: chatIds() }),
    (listener) => new PollLine({ rest, listener, chatIds: chatIds() }),
  ];
}

async function openStream(path, signal) {
  const answer = await fetch(`/api/v1/${path}`, { signal, cache: "no-store" });
  if (!answer.ok) {
    throw new Refusal((await answer.json()).error);
  }
  return piecesOf(answer.body.pipeThrough(new TextDecoderStream()));
}

/** Not in every browser can a loop walk a stream. */
async function* piecesOf(stream) {
  const reader = stream.getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    yield piece.value;
  }
}
