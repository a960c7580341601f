import assert from "node:assert/strict";
import { test } from "node:test";

import { livePage } from "../../static/js/live_page.js";

/** As much of an element as a live page looks at. */
function child(id, key, checked = false) {
  const box = { checked };
  return { id, dataset: { key }, box, querySelector: () => box };
}

function list(...children) {
  return {
    id: "cases",
    children,
    replaced: 0,
    replaceChildren(...fresh) {
      this.children = fresh;
      this.replaced += 1;
    },
  };
}

function page(shown, ...answers) {
  const root = { querySelectorAll: () => [shown] };
  return livePage(root, async () => ({ getElementById: () => answers.shift() }));
}

test("what is new comes, and what is decided goes", async () => {
  const [a, b, c] = [child("a", "1"), child("b", "1"), child("c", "1")];
  const shown = list(a, b);
  const live = page(shown, list(child("c", "1"), child("b", "1")), list(child("b", "1")));
  await live();
  assert.deepEqual(shown.children.map(({ id }) => id), [c.id, "b"]);
  assert.equal(shown.children[1], b);
  await live();
  assert.deepEqual(shown.children, [b]);
});

test("what has not changed is left alone", async () => {
  const shown = list(child("a", "1", true));
  await page(shown, list(child("a", "1")))();
  assert.equal(shown.replaced, 0);
  assert.equal(shown.children[0].box.checked, true);
});

test("what has changed is shown anew, and stays chosen", async () => {
  const shown = list(child("a", "1", true));
  await page(shown, list(child("a", "2")))();
  assert.equal(shown.children[0].dataset.key, "2");
  assert.equal(shown.children[0].box.checked, true);
});

test("a page without the list leaves it as it is", async () => {
  const shown = list(child("a", "1"));
  await page(shown, null)();
  assert.equal(shown.children.length, 1);
});

test("one look at a time, and a failed one is not the last", async () => {
  const shown = list();
  let fail;
  const live = livePage({ querySelectorAll: () => [shown] }, () => new Promise((_, no) => (fail = no)));
  const first = live();
  await live();
  fail(new Error("away"));
  await assert.rejects(first);
  const second = live();
  fail(new Error("still away"));
  await assert.rejects(second);
});
