/** What is done with a message when one of its buttons is pressed. */

import { focusOn, slot, template, words } from "./parts.js";
import { play } from "./video_card.js";

export class MessageActs {
  #chat;
  #composer;
  #bar;
  #onSaid;
  #verdicts = new Map();
  #confirm = template("confirm-template");

  constructor({ chat, composer, bar, onSaid }) {
    this.#chat = chat;
    this.#composer = composer;
    this.#bar = bar;
    this.#onSaid = onSaid;
    this.#confirm.addEventListener("keydown", ({ key }) => key === "Escape" && this.#keep());
  }

  press(button) {
    const element = button.closest(".message");
    const { clientMessageId, messageId, seq } = element?.dataset ?? {};
    const begin = (kind) => this.#composer.begin(kind, this.#chat().timeline.find(messageId));
    const acts = {
      stop: () => this.#chat().tell("cancel", { messageId }),
      retry: () => this.#chat().tell("retry", { messageId }),
      about: () => begin("about"),
      reply: () => begin("reply"),
      edit: () => begin("edit"),
      up: () => this.#rate(messageId, "up"),
      down: () => this.#rate(messageId, "down"),
      link: () => this.#copyLink(seq),
      report: () => location.assign(`/chats/${element.dataset.chatId}/messages/${messageId}/report/`),
      remove: () => this.#askToRemove(element),
      removeNow: () => this.#remove(messageId),
      keep: () => this.#keep(),
      all: () => (button.ariaExpanded = String(element.toggleAttribute("data-open"))),
      play: () => play(button.closest(".video"), slot(element, "address").textContent),
      resend: () => this.#chat().outbox.resend(clientMessageId),
      takeBack: () => this.#composer.restore(this.#chat().outbox.takeBack(clientMessageId)),
    };
    acts[button.dataset.act]?.();
  }

  async showVerdict(messageId) {
    if (!this.#verdicts.has(messageId)) {
      this.#paintVerdict(null);
      this.#verdicts.set(messageId, null);
      await this.#chat().rate(messageId).then(
        (verdict) => this.#verdicts.set(messageId, verdict),
        () => this.#verdicts.delete(messageId),
      );
    }
    if (this.#bar.message?.dataset.messageId === messageId) {
      this.#paintVerdict(this.#verdicts.get(messageId) ?? null);
    }
  }

  async #rate(messageId, verdict) {
    const wanted = this.#verdicts.get(messageId) === verdict ? null : verdict;
    await this.#try(async () => {
      this.#verdicts.set(messageId, await this.#chat().rate(messageId, wanted));
      this.showVerdict(messageId);
    });
  }

  #paintVerdict(verdict) {
    for (const name of ["up", "down"]) {
      this.#bar.button(name).ariaPressed = String(verdict === name);
    }
  }

  async #copyLink(seq) {
    const address = new URL(`?around=${seq}#m${seq}`, location.origin + location.pathname);
    if (!navigator.clipboard) {
      location.assign(address); // plain http: where one can copy it by hand
      return;
    }
    await this.#try(async () => {
      await navigator.clipboard.writeText(address.href);
      this.#bar.note(words.copied);
      this.#onSaid(words.copied);
    });
  }

  #askToRemove(element) {
    element.append(this.#confirm);
    this.#confirm.querySelector("[data-act=keep]").focus();
  }

  #keep() {
    const element = this.#confirm.parentElement;
    this.#confirm.remove();
    if (element?.isConnected) {
      focusOn(element);
    }
  }

  async #remove(messageId) {
    await this.#try(() => this.#chat().change("remove", { messageId }));
    this.#keep();
  }

  async #try(act) {
    try {
      await act();
      this.#composer.complain("");
    } catch (problem) {
      this.#composer.refuse(problem);
    }
  }
}
