import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Company } from "../../static/js/company.js";
import { wire } from "./wire.js";

const { live, left, typing } = wire("server");
const bob = typing.user;
let company;

beforeEach(() => {
  company = new Company(7);
  company.gather(live.data.presence);
});

test("the others are named, oneself is not", () => {
  assert.deepEqual(company.others(), ["Bob"]);
});

test("who leaves is gone, and does not write on", () => {
  company.typing(bob, true, 0);
  company.presence(left.user, left.online);
  assert.deepEqual(company.others(), []);
  assert.deepEqual(company.writing(0), []);
});

test("writing fades by itself", () => {
  const lasts = company.typing(bob, true, 1000);
  assert.deepEqual(company.writing(1000), ["Bob"]);
  assert.deepEqual(company.writing(1000 + lasts), []);
});

test("writing ends with a message, or when it is said", () => {
  company.typing(bob, true, 0);
  company.spoke(bob.id);
  assert.deepEqual(company.writing(0), []);
  company.typing(bob, true, 0);
  company.typing(bob, false, 0);
  assert.deepEqual(company.writing(0), []);
});

test("one's own other tab is nobody else", () => {
  company.typing({ id: 7, name: "Ann" }, true, 0);
  assert.deepEqual(company.writing(0), []);
});
