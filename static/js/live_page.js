/** Keeps lists as the server has them now. A child with the same id and key is left alone. */
export class LivePage {
  #root;
  #load;
  #isLoading = false;

  constructor(root, load) {
    this.#root = root;
    this.#load = load;
  }

  async refresh() {
    if (this.#isLoading) {
      return false;
    }
    this.#isLoading = true;
    try {
      return this.#show(await this.#load());
    } finally {
      this.#isLoading = false;
    }
  }

  #show(fresh) {
    const lists = [...this.#root.querySelectorAll("[data-live]")];
    return lists.map((list) => bring(list, fresh.getElementById(list.id))).some(Boolean);
  }
}

function bring(list, fresh) {
  if (!fresh) {
    return false;
  }
  const known = new Map([...list.children].map((child) => [child.id, child]));
  const wanted = [...fresh.children];
  const hasNew = wanted.some(({ id }) => !known.has(id));
  const children = wanted.map((child) => keep(known.get(child.id), child));
  if (children.length !== known.size || children.some((child, at) => child !== list.children[at])) {
    list.replaceChildren(...children);
  }
  return hasNew;
}

function keep(known, fresh) {
  if (known?.dataset.key === fresh.dataset.key) {
    return known;
  }
  const box = known?.querySelector("input[type=checkbox]");
  const freshBox = fresh.querySelector("input[type=checkbox]");
  if (box && freshBox) {
    freshBox.checked = box.checked;
  }
  return fresh;
}
