import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Alarms } from "../../static/js/alarms.js";
import { Company } from "../../static/js/company.js";
import { ManualTimers } from "./manual_timers.js";
import { wire } from "./wire.js";

const { live, left, typing } = wire("server");
let now;
let company;

beforeEach(() => {
  now = 0;
  const alarms = new Alarms(new ManualTimers());
  company = new Company({ selfId: 7, clock: () => now, alarms, onChange: () => undefined });
  company.gather(live.data.presence);
});

test("the others are named, oneself is not", () => {
  assert.deepEqual(company.others, ["Bob"]);
});

test("who leaves is gone, and does not write on", () => {
  company.overhear(typing);
  company.overhear(left);
  assert.deepEqual(company.others, []);
  assert.deepEqual(company.writing, []);
});

test("writing fades by itself", () => {
  company.overhear(typing);
  now = 5_999;
  assert.deepEqual(company.writing, ["Bob"]);
  now = 6_000;
  assert.deepEqual(company.writing, []);
});

test("writing ends with a message, or when it is said", () => {
  company.overhear(typing);
  company.spoke(typing.user);
  assert.deepEqual(company.writing, []);
  company.overhear(typing);
  company.overhear({ ...typing, on: false });
  assert.deepEqual(company.writing, []);
});

test("one's own other tab is nobody else", () => {
  company.overhear({ ...typing, user: { id: 7, name: "Ann" } });
  assert.deepEqual([company.others, company.writing], [["Bob"], []]);
});
