/** One person's chats in one page, with all that this browser has for them. */

import { Alarms } from "./alarms.js";
import { browserLines } from "./browser_lines.js";
import { ChatList } from "./chat_list.js";
import { Chats } from "./chats.js";
import { Connection } from "./connection.js";
import { LiveChat } from "./live_chat.js";
import { Rest } from "./rest.js";
import { SharedConnection } from "./shared_connection.js";
import { Shelf } from "./shelf.js";
import { Trace } from "./trace.js";
import { Unsent } from "./unsent.js";

const WAYS = ["socket", "stream", "requests"];

export class Session extends Chats {
  #user;
  #onChange;
  #onTold;
  #shelf;
  #unsent;
  #hasOpened = false;

  rest = new Rest({ token });
  trace = new Trace();

  /** `onChange(chatId)`, `onList()`, `onDraft(chat)`, `onTold(chatId)` say what to paint anew. */
  constructor({ user, chats: lines }, { onChange, onList, onDraft, onTold }) {
    const alarms = new Alarms();
    const shelf = new Shelf(user.id);
    const read = () => this.rest.get("chats/");
    const list = new ChatList({ selfId: user.id, lines, read, alarms, onChange: onList });
    super({ make: (page) => this.#make(page), alarms, list, shelf, onDraft });
    this.#user = user;
    this.#onChange = onChange;
    this.#onTold = onTold;
    this.#shelf = shelf;
    const told = channel(`chatrouting outbox ${user.id}`);
    const heed = (chatId) => this.#write(chatId);
    this.#unsent = new Unsent({ shelf, channel: told, locks: navigator.locks, heed });
    this.connection = this.trace.over(this.#connect());
  }

  start() {
    this.connection.start();
    this.#goOn();
  }

  /** What carries words now: `socket`, `stream`, `requests`, `form` where nothing does, or `none`. */
  get way() {
    const { isReady, isHopeless, rung } = this.connection;
    if (!isReady) {
      return isHopeless ? "form" : "none";
    }
    return WAYS[rung];
  }

  visit(chatId) {
    this.connection.watch(chatId);
    this.show(this.#named(chatId));
  }

  keepDraft({ chatId, draft }) {
    if (draft.content === "" && !draft.context) {
      this.#shelf.delete("drafts", chatId);
    } else {
      this.#shelf.put("drafts", { chatId, ...draft });
    }
  }

  onOpen() {
    super.onOpen();
    this.connection.watch(this.current.chatId);
    this.connection.listen(this.listed);
    if (this.#hasOpened) {
      this.list.refresh();
      this.#onTold(this.current.chatId);
    }
    this.#hasOpened = true;
  }

  onStopped(code, message) {
    super.onStopped(code, message);
    this.#shelf.close();
  }

  onFrame(frame) {
    this.trace.heard(frame);
    if (frame.type === "decision") {
      this.#onTold(frame.chatId);
    }
    super.onFrame(frame);
  }

  #connect() {
    const lines = browserLines({ rest: this.rest, chatIds: () => this.chatIds });
    const connect = (listener) => new Connection({ lines, listener });
    const name = `chatrouting link ${this.#user.id}`;
    const shared = channel(name);
    const { locks } = navigator;
    if (shared === null || !locks) {
      return connect(this);
    }
    return new SharedConnection({ connect, listener: this, channel: shared, locks, name });
  }

  #make(page) {
    const { chatId } = page;
    const { connection, rest } = this;
    const onChange = () => {
      this.changed(chatId);
      this.#onChange(chatId);
    };
    const onRead = (seq) => this.list.readUpTo(chatId, seq);
    const onGone = () => this.gone(chatId);
    const means = { connection, rest, unsent: this.#unsent, onChange, onRead, onGone };
    return new LiveChat({ ...page, user: this.#user }, means);
  }

  /** What an earlier page could not send any more goes out from this one. */
  async #goOn() {
    const waiting = ((await this.#unsent.all()) ?? []).filter(({ state }) => state !== "failed");
    new Set(waiting.map(({ chatId }) => chatId)).forEach((chatId) => this.#write(chatId));
  }

  /** Something is written in a chat, and not by this page. */
  #write(chatId) {
    const known = this.get(chatId);
    if (known) {
      known.heedOutbox();
    } else {
      this.wake(this.#named(chatId));
    }
  }

  #named(chatId) {
    return { chatId, title: this.list.get(chatId)?.title };
  }
}

/** The cookie's is newer where somebody has signed in again since. */
function token() {
  const cookie = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1];
  return cookie ?? document.querySelector("[name=csrfmiddlewaretoken]").value;
}

function channel(name) {
  return globalThis.BroadcastChannel ? new BroadcastChannel(name) : null;
}
