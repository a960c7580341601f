/** The unsent texts of all tabs: kept together, told of, sent by one at a time. */

const FROZEN_MS = 20_000;

export class Unsent {
  constructor({ shelf, channel, locks }) {
    Object.assign(this, { shelf, channel, locks });
  }

  async keep(entry) {
    const key = await this.shelf.put("outbox", entry);
    this.#tell(entry);
    return key !== undefined;
  }

  async forget(entry) {
    await this.shelf.delete("outbox", entry.clientMessageId);
    this.#tell(entry);
  }

  all() {
    return this.shelf.all("outbox");
  }

  /** A tab that hangs is passed over: what it may have sent goes again under the same id. */
  async alone(name, act) {
    if (!this.locks) {
      return act();
    }
    try {
      return await this.locks.request(name, { signal: AbortSignal.timeout(FROZEN_MS) }, act);
    } catch (problem) {
      if (problem.name !== "TimeoutError") {
        throw problem;
      }
      return this.locks.request(name, { steal: true }, act);
    }
  }

  #tell({ chatId }) {
    this.channel.postMessage({ chatId });
  }
}
