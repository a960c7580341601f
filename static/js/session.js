/** One person's chats, with what this browser has for them. */

import { Alarms } from "./alarms.js";
import { ChatList } from "./chat_list.js";
import { Chats } from "./chats.js";
import { Connection } from "./connection.js";
import { LiveChat } from "./live_chat.js";
import { PollLine } from "./poll_line.js";
import { SOCKET_PATH } from "./protocol.js";
import { Rest } from "./rest.js";
import { SharedConnection } from "./shared_connection.js";
import { Shelf } from "./shelf.js";
import { SocketLine } from "./socket_line.js";
import { StreamLine } from "./stream_line.js";
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

  constructor({ user, chats: lines }, { onChange, onList, onDraft, onTold }) {
    const alarms = new Alarms();
    const shelf = new Shelf(user.id);
    const read = () => this.rest.get("chats/");
    const onAdded = (chatIds) => this.connection.listen(chatIds);
    const list = new ChatList({ selfId: user.id, lines, read, alarms, onAdded, onChange: onList });
    super({ make: (page) => this.#make(page), alarms, list, shelf, onDraft });
    this.rest.selfId = user.id;
    this.#user = user;
    this.#onChange = onChange;
    this.#onTold = onTold;
    this.#shelf = shelf;
    const channel = channelOf(`chatrouting outbox ${user.id}`);
    channel?.addEventListener("message", ({ data }) => this.#write(data.chatId));
    this.#unsent = new Unsent({ shelf, channel, locks: navigator.locks });
    this.connection = this.trace.over(this.#connect());
  }

  start() {
    this.connection.start();
    this.#goOn();
  }

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
      this.#onTold();
    }
    this.#hasOpened = true;
  }

  onStopped(code, message) {
    super.onStopped(code, message);
    this.#shelf.close();
  }

  onFrame(frame) {
    this.trace.heard(frame);
    if (["decision", "sessionExpiring"].includes(frame.type)) {
      this.#onTold();
    }
    super.onFrame(frame);
  }

  #connect() {
    const { rest } = this;
    const { locks } = navigator;
    const address = new URL(`${SOCKET_PATH}?user=${rest.selfId}`, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const openSocket = (protocol) => new WebSocket(address, protocol);
    const lines = [
      (listener) => new SocketLine({ openSocket, listener }),
      (listener) => new StreamLine({ rest, listener, chatIds: this.chatIds }),
      (listener) => new PollLine({ rest, listener, chatIds: this.chatIds }),
    ];
    const connect = (listener) => new Connection({ lines, listener });
    const name = `chatrouting link ${this.#user.id}`;
    const channel = channelOf(name);
    if (!channel || !locks) {
      return connect(this);
    }
    return new SharedConnection({ connect, listener: this, channel, locks, name });
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

  async #goOn() {
    const waiting = ((await this.#unsent.all()) ?? []).filter(({ state }) => state !== "failed");
    new Set(waiting.map(({ chatId }) => chatId)).forEach((chatId) => this.#write(chatId));
  }

  #write(chatId) {
    const known = this.get(chatId);
    if (known) {
      known.outbox.heed();
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

function channelOf(name) {
  return globalThis.BroadcastChannel ? new BroadcastChannel(name) : null;
}
