/** A WebSocket's other end, in the test's hand. */

export class FakeSocket {
  sent = [];
  isClosed = false;

  constructor(protocol) {
    this.protocol = protocol;
  }

  // What the page does.

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.isClosed = true;
  }

  // What the server does.

  push(frame) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  end(code) {
    this.onclose?.({ code });
  }

  /** Answers the newest frame of that action. */
  reply(action, data) {
    const { id } = this.sent.findLast((frame) => frame.action === action);
    this.push({ op: "reply", id, ok: true, data });
  }

  refuse(action, error) {
    const { id } = this.sent.findLast((frame) => frame.action === action);
    this.push({ op: "reply", id, ok: false, error });
  }

  actions() {
    return this.sent.map(({ action }) => action);
  }
}
