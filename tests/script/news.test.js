import assert from "node:assert/strict";
import { test } from "node:test";

import { News } from "../../static/js/news.js";

const SELF = 7;
const by = (id, seq) => ({ seq, author: { id } });
const talk = [by(SELF, 1), by(8, 2), by(8, 3), by(SELF, 4), by(8, 5)];

test("what was not read begins with the first of others, and counts theirs alone", () => {
  const news = new News(SELF, 2);
  assert.equal(news.firstOf(talk, false).seq, 3);
  assert.equal(news.count(talk), 2);
});

test("the line stays while one reads, and begins anew with what comes while one does not look", () => {
  const news = new News(SELF, 2);
  assert.equal(news.firstOf(talk, false).seq, 3);
  news.see(5);
  assert.equal(news.count(talk), 0);
  assert.equal(news.firstOf(talk, false).seq, 3);
  const more = [...talk, by(8, 6), by(8, 7)];
  assert.equal(news.firstOf(more, false).seq, 6);
  assert.equal(news.firstOf([...more, by(8, 8)], false).seq, 6);
});

test("who answers needs no line", () => {
  const news = new News(SELF, 2);
  news.see(5);
  news.answer();
  const asked = [...talk, by(SELF, 6)];
  assert.equal(news.firstOf(asked, false), null);
  news.see(7);
  const answered = [...asked, by(null, 7)];
  assert.equal(news.firstOf(answered, false), null); // which one saw come
  assert.equal(news.firstOf([...answered, by(8, 8)], false).seq, 8); // which one did not
});

test("where older messages are not here, the first new one may be among them", () => {
  const news = new News(SELF, 2);
  assert.equal(news.firstOf([by(8, 5), by(8, 6)], true), null);
});

test("where nobody knows what was read, nothing is called new", () => {
  const news = new News(SELF, null);
  assert.equal(news.firstOf(talk, false), null);
  assert.equal(news.count(talk), 0);
});
