/** Keeps lists as the server has them now; what has its id and key is left alone. */
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
      return;
    }
    this.#isLoading = true;
    try {
      const fresh = await this.#load();
      this.#root.querySelectorAll("[data-live]").forEach((list) => bring(list, fresh.getElementById(list.id)));
    } finally {
      this.#isLoading = false;
    }
  }
}

function bring(list, fresh) {
  const known = new Map([...list.children].map((child) => [child.id, child]));
  const children = [...(fresh ?? list).children].map((child) => keep(known.get(child.id), child));
  if (children.length !== known.size || children.some((child, at) => child !== list.children[at])) {
    list.replaceChildren(...children);
  }
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
