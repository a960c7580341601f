/** Keeps lists as the server has them now; what has its id and key is left alone. */
export function livePage(root, load) {
  let isLoading = false;
  return async function refresh() {
    if (isLoading) {
      return;
    }
    isLoading = true;
    try {
      const fresh = await load();
      root.querySelectorAll("[data-live]").forEach((list) => bring(list, fresh.getElementById(list.id)));
    } finally {
      isLoading = false;
    }
  };
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
