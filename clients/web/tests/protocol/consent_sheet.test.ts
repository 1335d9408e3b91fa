import { describe, expect, test } from "vitest";
import {
  answer,
  BLANK_SHEET,
  consentBody,
  endsHere,
  give,
  needsGuardian,
  refused,
  sheetGaps,
  standingFrom,
  textsFrom,
  unanswered,
  type Sheet,
} from "../../src/protocol/consent_sheet";
import { CONSENT_PURPOSES } from "../../src/protocol/consultation";

const ALL_YES = CONSENT_PURPOSES.reduce((sheet, purpose) => answer(sheet, purpose, true), BLANK_SHEET);
const ALL_NO = CONSENT_PURPOSES.reduce((sheet, purpose) => answer(sheet, purpose, false), BLANK_SHEET);
const SIGNED: Sheet = { ...ALL_YES, is_signed: true };
const text = (purpose: string, language: string) => ({
  purpose,
  language,
  version: `2026-11/${language}`,
  title: "t",
  text: "x",
  sha256: "ab",
});
const TEXTS = textsFrom({ texts: CONSENT_PURPOSES.map((purpose) => text(purpose, "zh")) }, "zh");

describe("the texts", () => {
  test("come in the order of asking, in one language", () => {
    const both = ["teaching", "consultation"].flatMap((purpose) => [text(purpose, "zh"), text(purpose, "en")]);
    expect(textsFrom({ texts: both }, "en").map((one) => `${one.purpose} ${one.version}`)).toEqual([
      "consultation 2026-11/en",
      "teaching 2026-11/en",
    ]);
  });

  test("an answer that is none gives none", () => {
    expect(textsFrom(null, "zh")).toEqual([]);
    expect(textsFrom({ texts: "x" }, "zh")).toEqual([]);
    expect(textsFrom({ texts: [{ purpose: "recording", language: "zh" }] }, "zh")).toEqual([
      { purpose: "recording", language: "zh", version: "", title: "", text: "", sha256: "" },
    ]);
  });
});

describe("the sheet", () => {
  test("presets nothing", () => {
    expect(unanswered(BLANK_SHEET)).toBe(4);
    expect(sheetGaps(BLANK_SHEET, 61)).toEqual(["answers"]);
  });

  test("asks for a signature under a yes, and for none under four times no", () => {
    expect(sheetGaps(ALL_YES, 61)).toEqual(["signature"]);
    expect(sheetGaps(SIGNED, 61)).toEqual([]);
    expect(sheetGaps(ALL_NO, 61)).toEqual([]);
  });

  test("asks for none of a voice", () => {
    expect(sheetGaps(give(ALL_YES, { means: "voice" }), 61)).toEqual([]);
  });

  test("a refused recording, sharing or teaching stands in nobody's way", () => {
    for (const purpose of CONSENT_PURPOSES.slice(1)) {
      const sheet = answer(SIGNED, purpose, false);
      expect(sheetGaps(sheet, 61)).toEqual([]);
      expect(endsHere(sheet)).toBe(false);
      expect(refused(sheet)).toEqual([purpose]);
    }
    expect(endsHere(answer(SIGNED, "consultation", false))).toBe(true);
  });

  test.each([
    [17, true],
    [18, false],
    [null, false],
  ])("age %s needs a guardian: %s", (age, needed) => {
    expect(needsGuardian(age)).toBe(needed);
    expect(sheetGaps(SIGNED, age).includes("guardian")).toBe(needed);
  });

  test("asks who signs for the patient", () => {
    const guardian = { ...give(SIGNED, { giver: "guardian" }), is_signed: true };
    expect(sheetGaps(guardian, 8)).toEqual(["giver_name"]);
    expect(sheetGaps(give(guardian, { giver_name: "李芳" }), 8)).toEqual([]);
  });

  test("a signature is of the one who signed", () => {
    expect(give(SIGNED, { giver: "relative" }).is_signed).toBe(false);
    expect(give(SIGNED, { giver: "patient" }).is_signed).toBe(true);
    expect(give(SIGNED, { giver_name: "x" }).is_signed).toBe(true);
  });
});

describe("the answers as they are sent", () => {
  test("name the text that was shown, and the evidence", () => {
    const body = consentBody(answer(SIGNED, "teaching", false), TEXTS, { patient: "pa", case: "ca" }, "ff");
    expect(body.answers).toHaveLength(4);
    expect(body.answers[3]).toEqual({
      purpose: "teaching",
      is_granted: false,
      text_version: "2026-11/zh",
      text_sha256: "ab",
    });
    expect(body).toMatchObject({ patient: "pa", case: "ca", how: "screen_signature", given_by: "patient" });
    expect(body.evidence_sha256).toBe("ff");
  });

  test("leave out what nobody answered, and the evidence of a voice", () => {
    const sheet = give(answer(BLANK_SHEET, "recording", true), {
      means: "voice",
      giver: "relative",
      giver_name: " 李 ",
    });
    const body = consentBody(sheet, TEXTS, { patient: "pa", case: "ca" }, "ff");
    expect(body.answers.map((one) => one.purpose)).toEqual(["recording"]);
    expect(body.evidence_sha256).toBe("");
    expect(body.giver_name).toBe("李");
  });
});

describe("what stands", () => {
  test("is read purpose by purpose", () => {
    const recording = { purpose: "recording", is_allowed: true, consent: "c1", given_by: "guardian" };
    const standing = [recording, { purpose: "consultation", given_by: "" }];
    expect(standingFrom({ standing })).toEqual([
      { purpose: "consultation", is_allowed: false, consent: "", giver: "patient" },
      { purpose: "recording", is_allowed: true, consent: "c1", giver: "guardian" },
    ]);
    expect(standingFrom(null)).toEqual([]);
    expect(standingFrom({ standing: 1 })).toEqual([]);
  });
});
