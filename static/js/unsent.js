/** The unsent texts of all of a browser's tabs: kept together, told of, and sent by one at a time. */

const FROZEN_MS = 20_000;

export class Unsent {
  #shelf;
  #channel;
  #locks;

  constructor({ shelf, channel, locks, heed }) {
    this.#shelf = shelf;
    this.#channel = channel;
    this.#locks = locks;
    if (channel) {
      channel.onmessage = ({ data }) => heed(data.chatId);
    }
  }

  async keep(entry) {
    const key = await this.#shelf.put("outbox", entry);
    this.#tell(entry);
    return key !== undefined;
  }

  async forget(entry) {
    await this.#shelf.delete("outbox", entry.clientMessageId);
    this.#tell(entry);
  }

  /** In the order of writing; undefined where nothing can be known. */
  async all(chatId = null) {
    const entries = await this.#shelf.all("outbox");
    return entries
      ?.filter((entry) => chatId === null || entry.chatId === chatId)
      .sort((a, b) => a.at - b.at);
  }

  /** No other tab does anything of that name meanwhile. One that hangs is passed over: what it may
   * have sent is only sent again under the same id. */
  async alone(name, act) {
    if (!this.#locks) {
      return act();
    }
    try {
      return await this.#locks.request(name, { signal: AbortSignal.timeout(FROZEN_MS) }, act);
    } catch (problem) {
      if (problem.name !== "TimeoutError") {
        throw problem;
      }
      return this.#locks.request(name, { steal: true }, act);
    }
  }

  #tell({ chatId }) {
    this.#channel?.postMessage({ chatId });
  }
}
