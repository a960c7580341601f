/** BroadcastChannel and Web Locks, as far as tabs use them here. */

export class FakeChannels {
  #open = new Set();

  open() {
    const channel = new FakeChannel((data) => this.#carry(channel, data), () => this.#open.delete(channel));
    this.#open.add(channel);
    return channel;
  }

  #carry(from, data) {
    const copy = structuredClone(data);
    [...this.#open].filter((channel) => channel !== from).forEach((channel) => channel.take(copy));
  }
}

class FakeChannel {
  #carry;
  #leave;
  #isClosed = false;
  #frozen = null;

  constructor(carry, leave) {
    this.#carry = carry;
    this.#leave = leave;
  }

  postMessage(data) {
    if (!this.#isClosed) {
      this.#carry(data);
    }
  }

  take(data) {
    if (this.#frozen) {
      this.#frozen.push(data);
    } else {
      queueMicrotask(() => this.#isClosed || this.onmessage?.({ data }));
    }
  }

  close() {
    this.#isClosed = true;
    this.#leave();
  }

  freeze() {
    this.#frozen = [];
  }

  thaw() {
    const late = this.#frozen;
    this.#frozen = null;
    late.forEach((data) => this.take(data));
  }
}

export class FakeLocks {
  #holder = null;
  #waiting = [];

  ofTab() {
    const requests = new Set();
    return {
      request: (name, options, act) => this.#request(options, act, requests),
      die: () => requests.forEach((request) => this.#drop(request)),
    };
  }

  #request({ signal, steal }, act, requests) {
    return new Promise((resolve, reject) => {
      const request = { act, resolve, reject };
      requests.add(request);
      signal?.addEventListener("abort", () => this.#abort(request));
      if (steal) {
        this.#holder?.reject(new DOMException("stolen", "AbortError"));
        this.#grant(request);
      } else {
        this.#waiting.push(request);
        this.#next();
      }
    });
  }

  #abort(request) {
    if (this.#waiting.includes(request)) {
      this.#waiting = this.#waiting.filter((other) => other !== request);
      request.reject(new DOMException("aborted", "AbortError"));
    }
  }

  #drop(request) {
    this.#waiting = this.#waiting.filter((other) => other !== request);
    if (this.#holder === request) {
      this.#holder = null;
      this.#next();
    }
  }

  #next() {
    if (this.#holder === null && this.#waiting.length > 0) {
      this.#grant(this.#waiting.shift());
    }
  }

  async #grant(request) {
    this.#holder = request;
    const result = await request.act({});
    if (this.#holder === request) {
      this.#holder = null;
      this.#next();
    }
    request.resolve(result);
  }
}
