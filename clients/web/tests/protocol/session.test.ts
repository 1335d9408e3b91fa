// Who is signed in, what they may open, and when nobody uses the page any more.

import { describe, expect, test } from "vitest";
import { idleAt, isTouchDue, TOUCH_EVERY_MS, WARN_BEFORE_MS } from "../../src/protocol/idle";
import {
  asksForHelp,
  areasFor,
  homeFor,
  isCalled,
  mayAdminister,
  mayReview,
  mayVerify,
  sectionsFor,
} from "../../src/protocol/screens";
import { accountFrom, stepOf, type Account, type Role } from "../../src/protocol/session";

const ANSWER = {
  account: {
    account: "zhoulan",
    identity: "zhoulan",
    name: "周岚",
    place: "石桥卫生院 全科",
    role: "clinic_doctor",
    may_record: true,
    person: "pe_1",
    institution: "in_1",
    institution_name: "石桥卫生院",
    roles: ["clinic_doctor", "astronaut"],
    assurance: "password",
    second_factor: "totp",
    second_factors: ["passkey", "totp", "horoscope"],
    idle_after_s: 600,
    ends_at_ms: 5,
  },
};

function account(more: Partial<Account>): Account {
  const read = accountFrom(ANSWER);
  if (read === null) throw new Error("no account");
  return { ...read, ...more };
}

describe("a session answer", () => {
  test("says who is signed in; roles and factors it does not know are left out", () => {
    expect(accountFrom(ANSWER)).toEqual({
      account: "zhoulan",
      identity: "zhoulan",
      name: "周岚",
      place: "石桥卫生院 全科",
      role: "clinic_doctor",
      may_record: true,
      person: "pe_1",
      institution: "in_1",
      institution_name: "石桥卫生院",
      roles: ["clinic_doctor"],
      assurance: "password",
      second_factor: "totp",
      second_factors: ["totp", "passkey"],
      idle_after_s: 600,
    });
  });

  test("of a service without second factors asks for none", () => {
    const old = accountFrom({ account: { account: "a", identity: "a", name: "A", place: "", role: "doctor" } });
    expect(old).toMatchObject({ roles: [], assurance: "two_factors", second_factor: "none", second_factors: [] });
    expect(old).toMatchObject({ idle_after_s: 900, person: "", may_record: false });
    expect(accountFrom({ account: { account: "a", idle_after_s: 0, second_factor: "x" } })?.idle_after_s).toBe(900);
  });

  test.each([[null], [{}], [{ account: "x" }], [{ account: { name: "nobody" } }]])("%j names nobody", (answer) => {
    expect(accountFrom(answer)).toBeNull();
  });
});

test("the step after the password is what the account still owes", () => {
  expect(stepOf(account({ assurance: "two_factors" }))).toBe("in");
  expect(stepOf(account({ second_factor: "none" }))).toBe("in");
  expect(stepOf(account({ second_factor: "totp" }))).toBe("code");
  expect(stepOf(account({ second_factor: "passkey" }))).toBe("passkey");
  expect(stepOf(account({ second_factor: "needed" }))).toBe("enrol");
});

describe("the navigation", () => {
  test("shows each role its areas", () => {
    expect(areasFor(["clinic_doctor"])).toEqual(["work", "rooms", "recordings"]);
    expect(areasFor(["supervisor"])).toEqual(["recordings", "trace", "ledger"]);
    expect(areasFor(["administrator"])).toEqual(["ledger", "admin"]);
    expect(areasFor(["auditor"])).toEqual(["recordings", "trace", "ledger", "admin"]);
    expect(areasFor(["specialist", "administrator"])).toEqual(["work", "rooms", "recordings", "ledger", "admin"]);
  });

  test("without a role shows the clinical areas", () => {
    expect(areasFor([])).toEqual(["work", "rooms", "recordings"]);
  });

  test("lets calls ring for those who are asked", () => {
    expect(
      [["specialist"], ["clinic_doctor", "duty_expert"], ["clinic_doctor"]].map((roles) => isCalled(roles as Role[])),
    ).toEqual([true, true, false]);
  });

  test("begins where each works most", () => {
    expect([asksForHelp(["clinic_doctor", "specialist"]), asksForHelp(["specialist"])]).toEqual([true, false]);
    expect(homeFor(["specialist"])).toBe("work");
    expect(homeFor(["duty_expert", "administrator"])).toBe("work");
    expect(homeFor(["ambulance_crew"])).toBe("rooms");
    expect(homeFor(["clinic_doctor", "supervisor"])).toBe("rooms");
    expect(homeFor(["supervisor"])).toBe("trace");
    expect(homeFor(["auditor"])).toBe("trace");
    expect(homeFor(["administrator"])).toBe("admin");
    expect(homeFor([])).toBe("rooms");
  });

  test("shows the auditor only the administrator's pages that can be read", () => {
    expect(sectionsFor(["auditor"])).toEqual(["settings", "webhooks", "rights"]);
    expect(sectionsFor(["administrator"])[0]).toBe("people");
    expect(sectionsFor(["clinic_doctor"])).toEqual([]);
  });

  test("offers acts to those who may do them", () => {
    expect([mayAdminister(["administrator"]), mayAdminister(["auditor"])]).toEqual([true, false]);
    expect([mayVerify(["auditor"]), mayVerify(["administrator"])]).toEqual([true, false]);
    expect([mayReview(["supervisor"]), mayReview(["auditor"])]).toEqual([true, false]);
  });
});

describe("an idle page", () => {
  const LIMIT_MS = 900_000;

  test("warns, and then ends", () => {
    expect(idleAt(0, LIMIT_MS, false, LIMIT_MS - WARN_BEFORE_MS - 1)).toEqual({ kind: "active" });
    expect(idleAt(0, LIMIT_MS, false, LIMIT_MS - WARN_BEFORE_MS)).toEqual({ kind: "warned", left_ms: WARN_BEFORE_MS });
    expect(idleAt(0, LIMIT_MS, false, LIMIT_MS - 1)).toEqual({ kind: "warned", left_ms: 1 });
    expect(idleAt(0, LIMIT_MS, false, LIMIT_MS)).toEqual({ kind: "over" });
  });

  test("is never idle in a room", () => {
    expect(idleAt(0, LIMIT_MS, true, 10 * LIMIT_MS)).toEqual({ kind: "active" });
  });

  test("tells the server of use at most once a minute", () => {
    expect(isTouchDue(5, 0, false, TOUCH_EVERY_MS - 1)).toBe(false);
    expect(isTouchDue(5, 0, false, TOUCH_EVERY_MS)).toBe(true);
    expect(isTouchDue(0, 0, false, TOUCH_EVERY_MS)).toBe(false);
    expect(isTouchDue(0, 0, true, TOUCH_EVERY_MS)).toBe(true);
  });
});
