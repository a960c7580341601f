/** Sockets over a network that drops, doubles, delays, reorders and cuts, as its dice say. */

export class ModelNetwork {
  #server;
  #timers;
  #random;
  #sockets = new Set();
  isCalm = false;

  constructor({ server, timers, random }) {
    this.#server = server;
    this.#timers = timers;
    this.#random = random;
  }

  openSocket() {
    const socket = new ModelSocket(this);
    this.#sockets.add(socket);
    this.later(() => (this.#chance(0.1) ? socket.end() : this.#server.open(socket)));
    return socket;
  }

  /** Answers keep their order, as on any socket; what is pushed may be lost, doubled, or late. */
  carry(socket, frame) {
    const isPush = frame.op === "event";
    if (isPush && this.#chance(0.1)) {
      return;
    }
    const times = isPush && this.#chance(0.1) ? 2 : 1;
    for (let time = 0; time < times; time += 1) {
      this.later(() => socket.onmessage?.({ data: JSON.stringify(frame) }), isPush ? 400 : 20);
    }
    if (this.#chance(0.02)) {
      this.cut(socket);
    }
  }

  hear(socket, frame) {
    if (!this.#chance(0.03)) {
      this.later(() => socket.isOpen && this.#server.hear(socket, frame), 20);
    } else {
      this.cut(socket); // it may have arrived all the same
      this.later(() => this.#server.hear(new DeafSocket(), frame), 20);
    }
  }

  cutAll() {
    this.#sockets.forEach((socket) => this.cut(socket));
  }

  cut(socket) {
    if (socket.isOpen) {
      socket.isOpen = false;
      this.#server.leave(socket);
      this.#sockets.delete(socket);
      this.later(() => socket.onclose?.({ code: this.#chance(0.5) ? 1006 : 4001 }));
    }
  }

  later(act, most = 20) {
    this.#timers.setTimeout(act, this.isCalm ? 1 : this.#random() * most);
  }

  #chance(likelihood) {
    return !this.isCalm && this.#random() < likelihood;
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
