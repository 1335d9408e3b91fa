import { describe, expect, test } from "vitest";
import type { DirectorySpecialty } from "../../src/protocol/consultation";
import { COMPLAINTS, destinationOf, EMPTY_INTAKE, gapsOf, requestOf, waitMinutes } from "../../src/protocol/intake";

const place = (code: string, institution = "h1", more: Partial<DirectorySpecialty> = {}): DirectorySpecialty => ({
  code,
  name: { zh: code, en: code },
  institution,
  institution_name: institution,
  on_duty: [{ person: "p", name: "王敏", title: "chief", line: 1 }],
  duty_phone: "",
  waiting: 0,
  expected_wait_s: null,
  ...more,
});
const WORDS = { reason: "胸闷", purpose: "会诊", summary: "男，61 岁" };
const WHOLE = { ...EMPTY_INTAKE, complaint: "chest", since: "hours", pace: "urgent" } as const;

describe("whom a complaint is proposed to", () => {
  test("nobody before there is one", () => {
    expect(destinationOf(EMPTY_INTAKE, [place("cardiology")])).toBeNull();
  });

  test("the first of its specialties that a hospital has", () => {
    expect(destinationOf(WHOLE, [place("emergency"), place("cardiology")])?.code).toBe("cardiology");
    expect(destinationOf(WHOLE, [place("neurology"), place("emergency")])?.code).toBe("emergency");
    expect(destinationOf(WHOLE, [place("neurology")])).toBeNull();
  });

  test("of two hospitals the one with somebody on duty, then the shorter line", () => {
    const empty = place("cardiology", "h1", { on_duty: [] });
    const long = place("cardiology", "h2", { waiting: 3 });
    const short = place("cardiology", "h3", { waiting: 1 });
    expect(destinationOf(WHOLE, [empty, long, short])?.institution).toBe("h3");
    expect(destinationOf(WHOLE, [empty])?.institution).toBe("h1");
  });

  test("what the doctor chose comes before what the complaint proposes", () => {
    const chosen = { specialty: "neurology", institution: "h2" };
    const directory = [place("cardiology"), place("neurology"), place("neurology", "h2")];
    expect(destinationOf({ ...WHOLE, chosen }, directory)).toBe(directory[2]);
    expect(destinationOf({ ...WHOLE, chosen }, [place("cardiology")])).toBeNull();
  });

  test.each(COMPLAINTS)("%s finds emergency medicine or its own specialty", (complaint) => {
    const own = ["cardiology", "general_practice", "emergency"].map((code) => place(code));
    expect(destinationOf({ complaint, chosen: null }, own)).not.toBeNull();
  });
});

describe("what is missing", () => {
  test("three touches, in the order of the screen", () => {
    expect(gapsOf(EMPTY_INTAKE, [])).toEqual(["complaint", "since", "pace"]);
    expect(gapsOf(WHOLE, [place("cardiology")])).toEqual([]);
  });

  test("the specialty only once there is a complaint", () => {
    expect(gapsOf(WHOLE, [])).toEqual(["specialty"]);
  });
});

describe("the request", () => {
  test("holds every field that the law asks for", () => {
    expect(requestOf(WHOLE, "pa1", [place("cardiology")], WORDS)).toEqual({
      patient: "pa1",
      institution: "h1",
      kind: "live",
      urgency: "urgent",
      specialty: "cardiology",
      wanted_title: "any",
      ...WORDS,
    });
  });

  test.each([
    ["no complaint", { ...WHOLE, complaint: null }],
    ["no time", { ...WHOLE, since: null }],
    ["no urgency", { ...WHOLE, pace: null }],
  ] as const)("%s: none", (_name, intake) => {
    expect(requestOf(intake, "pa1", [place("cardiology")], WORDS)).toBeNull();
  });
});

test("a wait is at least a minute", () => {
  expect([0, 20, 90, 1500].map(waitMinutes)).toEqual([1, 1, 2, 25]);
});
