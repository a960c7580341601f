/** A network that drops, doubles, delays, reorders and cuts what it carries, as its dice say. */

import { ModelStream } from "./model_stream.js";

export class ModelNetwork {
  #server;
  #timers;
  #random;
  #sockets = new Set();
  #streams = new Set();
  #requests = new Set(); // what makes each one fail
  isCalm = false;
  blocked = new Set(); // "socket", "stream": what does not get through at all

  constructor({ server, timers, random }) {
    this.#server = server;
    this.#timers = timers;
    this.#random = random;
  }

  openSocket() {
    const socket = new ModelSocket(this);
    const isLost = this.chance(0.1) || this.blocked.has("socket");
    this.#sockets.add(socket);
    this.later(() => (isLost ? socket.end() : this.#server.open(socket)));
    return socket;
  }

  /** Answers keep their order, as on any socket; what is pushed may be lost, doubled, or late. */
  carry(socket, frame) {
    const isPush = frame.op === "event";
    if (isPush && this.chance(0.1)) {
      return;
    }
    const times = isPush && this.chance(0.1) ? 2 : 1;
    for (let time = 0; time < times; time += 1) {
      this.later(() => socket.onmessage?.({ data: JSON.stringify(frame) }), isPush ? 400 : 20);
    }
    if (this.chance(0.02)) {
      this.cut(socket);
    }
  }

  hear(socket, frame) {
    if (!this.chance(0.03)) {
      this.later(() => socket.isOpen && this.#server.hear(socket, frame), 20);
    } else {
      this.cut(socket); // it may have arrived all the same
      this.later(() => this.#server.hear(new DeafSocket(), frame), 20);
    }
  }

  cutAll() {
    this.#sockets.forEach((socket) => this.cut(socket));
    this.#streams.forEach((stream) => stream.cut());
    this.#requests.forEach((fail) => fail());
  }

  cut(socket) {
    if (socket.isOpen) {
      socket.isOpen = false;
      this.#server.leave(socket);
      this.#sockets.delete(socket);
      this.later(() => socket.onclose?.({ code: this.chance(0.5) ? 1006 : 4001 }));
    }
  }

  /** One request: it or its answer may be lost, it may be heard twice, and all of it takes its time. */
  request(hear, signal) {
    return new Promise((resolve, reject) => {
      const fail = () => {
        this.#requests.delete(fail);
        reject(new TypeError("the network"));
      };
      this.#requests.add(fail);
      signal?.addEventListener("abort", fail);
      this.later(this.chance(0.03) ? fail : () => this.#hear(hear, resolve, fail));
    });
  }

  async #hear(hear, resolve, fail) {
    if (this.chance(0.05)) {
      await hear();
    }
    const answer = await hear();
    this.later(this.chance(0.03) ? fail : () => resolve(answer), 400);
    this.#requests.delete(fail);
  }

  async openStream(query, signal) {
    await this.request(() => null, signal);
    if (this.blocked.has("stream")) {
      throw new TypeError("the network");
    }
    const means = { server: this.#server, network: this, timers: this.#timers };
    const stream = new ModelStream(means, query);
    this.#streams.add(stream);
    signal.addEventListener("abort", () => this.#streams.delete(stream) && stream.cut());
    return stream.pieces();
  }

  later(act, most = 20) {
    this.#timers.setTimeout(act, this.isCalm ? 1 : this.#random() * most);
  }

  roll() {
    return this.#random();
  }

  chance(likelihood) {
    return !this.isCalm && this.roll() < likelihood;
  }
}

class ModelSocket {
  chatIds = new Set();
  isOpen = true;
  #network;

  constructor(network) {
    this.#network = network;
  }

  send(text) {
    this.#network.hear(this, JSON.parse(text));
  }

  close() {
    this.#network.cut(this);
  }

  end() {
    this.#network.cut(this);
  }

  carry(frame) {
    if (this.isOpen) {
      this.#network.carry(this, frame);
    }
  }
}

/** The other end of a socket that is gone: what it is told reaches nobody. */
class DeafSocket {
  chatIds = new Set();

  carry() {}
}
