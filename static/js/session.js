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

export class Session {
  #user;
  #onChange;
  #shelf;
  #unsent;
  #hasOpened = false;

  rest = new Rest({ token });
  trace = new Trace();
  list;
  chats;
  connection;

  /** `onChange(chatId)`, `onList()` and `onDraft(chat)` say what there is to paint anew. */
  constructor({ user, chats: lines }, { onChange, onList, onDraft }) {
    const { rest } = this;
    const alarms = new Alarms();
    this.#user = user;
    this.#onChange = onChange;
    this.#shelf = new Shelf(user.id);
    this.#unsent = new Unsent({
      shelf: this.#shelf,
      channel: channel(`chatrouting outbox ${user.id}`),
      locks: navigator.locks,
    });
    const read = () => rest.get("chats/");
    this.list = new ChatList({ selfId: user.id, lines, read, alarms, onChange: onList });
    const make = (page) => this.#make(page);
    this.chats = new Chats({ make, alarms, list: this.list, shelf: this.#shelf, onDraft });
    this.connection = this.trace.over(this.#connect());
  }

  start() {
    this.#unsent.heed((chatId) => this.#wake(chatId));
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

  /** Shows a chat; what is known of it is there at once. */
  visit(chatId) {
    this.connection.watch(chatId);
    return this.chats.show({ chatId, title: this.list.get(chatId)?.title });
  }

  keepDraft(chatId, draft) {
    this.chats.get(chatId).draft = draft;
    const isEmpty = draft.content === "" && !draft.context;
    if (isEmpty) {
      this.#shelf.delete("drafts", chatId);
    } else {
      this.#shelf.put("drafts", { chatId, ...draft });
    }
  }

  // --- What the connection tells --------------------------------------------------------------

  onOpen(hello) {
    this.chats.onOpen(hello);
    this.connection.watch(this.chats.current.chatId);
    this.connection.listen(this.chats.listed);
    if (this.#hasOpened) {
      this.list.refresh();
    }
    this.#hasOpened = true;
  }

  onWaiting() {
    this.chats.onWaiting();
  }

  onStopped(code, message) {
    this.chats.onStopped(code, message);
    this.#shelf.close();
  }

  onHeads(heads) {
    this.chats.onHeads(heads);
  }

  onFrame(frame) {
    this.trace.heard(frame);
    this.chats.onFrame(frame);
  }

  // --------------------------------------------------------------------------------------------

  #connect() {
    const { rest } = this;
    const user = this.#user;
    const lines = browserLines({ rest, chatIds: () => this.chats.chatIds });
    const connect = (listener) => new Connection({ lines, listener });
    const shared = channel(`chatrouting link ${user.id}`);
    if (shared === null || !navigator.locks) {
      return connect(this);
    }
    const name = `chatrouting link ${user.id}`;
    return new SharedConnection({ connect, listener: this, channel: shared, locks: navigator.locks, name });
  }

  #make(page) {
    const { chatId } = page;
    const { connection, rest, chats } = this;
    return new LiveChat(
      { ...page, user: this.#user },
      {
        connection,
        rest,
        unsent: this.#unsent,
        onChange: () => {
          chats.changed(chatId);
          this.#onChange(chatId);
        },
        onRead: (seq) => chats.read(chatId, seq),
        onGone: () => chats.gone(chatId),
      },
    );
  }

  /** What an earlier page could not send any more goes out from this one. */
  async #goOn() {
    const waiting = ((await this.#unsent.all()) ?? []).filter(({ state }) => state !== "failed");
    new Set(waiting.map(({ chatId }) => chatId)).forEach((chatId) => this.#wake(chatId));
  }

  #wake(chatId) {
    const known = this.chats.get(chatId);
    if (known) {
      known.heedOutbox();
    } else {
      this.chats.wake({ chatId, title: this.list.get(chatId)?.title });
    }
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
