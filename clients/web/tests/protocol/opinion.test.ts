// The signature step: what was written, what is missing, and what the button says while it is locked.

import { describe, expect, test } from "vitest";
import {
  EMPTY_OPINION,
  gatesOf,
  opinionFrom,
  saysTheSame,
  signLock,
  templatesFrom,
  tidied,
  withTemplate,
  type OpinionText,
  firstFactor,
  opinionCheckFrom,
} from "../../src/protocol/opinion";

const WRITTEN: OpinionText = {
  findings: "II、III、aVF ST 段改变",
  advice: ["即查肌钙蛋白"],
  critical_value: false,
  template: "",
};

describe("an answer", () => {
  test("is read bare or wrapped", () => {
    const sent = {
      ...WRITTEN,
      state: "signed",
      version: 3,
      author_name: "王敏",
      updated_at_ms: 4,
      signed_at_ms: 5,
      fingerprint: "ab12",
      asked_factors: ["totp", "passkey"],
      items: [{ adopted: true }, { adopted: false, reason: "无此药" }, 3],
    };
    const read = {
      ...sent,
      items: [
        { adopted: true, reason: "" },
        { adopted: false, reason: "无此药" },
      ],
    };
    expect(opinionFrom(sent)).toEqual(read);
    expect(opinionFrom({ opinion: sent })).toEqual(read);
  });

  test("that says little is an unfinished draft, and without a text none", () => {
    expect(opinionFrom({ findings: "", advice: [1, "a"] })).toEqual({
      findings: "",
      advice: ["a"],
      critical_value: null,
      template: "",
      state: "draft",
      version: 0,
      author_name: "",
      updated_at_ms: null,
      signed_at_ms: null,
      fingerprint: "",
      asked_factors: [],
      items: [],
    });
    expect(opinionFrom({ opinion: null })).toBeNull();
    expect(opinionFrom(null)).toBeNull();
    expect(opinionFrom({})).toBeNull();
  });
});

describe("a template", () => {
  const sent = {
    code: "chest_pain",
    title: { zh: "胸痛", en: "Chest pain" },
    findings: { zh: "症状：____", en: "Symptoms: ____" },
    advice_zh: ["检查：____"],
    advice_en: ["Tests: ____"],
  };

  test("is read as it is offered", () => {
    expect(templatesFrom({ templates: [sent, 4, {}] })).toEqual([
      sent,
      { code: "", title: { zh: "", en: "" }, findings: { zh: "", en: "" }, advice_zh: [], advice_en: [] },
    ]);
    expect(templatesFrom(null)).toEqual([]);
  });

  test("stands below what was written before, in the language of the page", () => {
    const [template] = templatesFrom({ templates: [sent] });
    if (template === undefined) throw new Error("no template");
    expect(withTemplate(EMPTY_OPINION, template, "zh")).toEqual({
      findings: "症状：____",
      advice: ["检查：____"],
      critical_value: null,
      template: "chest_pain",
    });
    expect(withTemplate(WRITTEN, template, "en")).toEqual({
      findings: "II、III、aVF ST 段改变\nSymptoms: ____",
      advice: ["即查肌钙蛋白", "Tests: ____"],
      critical_value: false,
      template: "chest_pain",
    });
  });

  test("asks for the password where an account has no second factor", () => {
    expect(opinionFrom({ findings: "", asked_factors: ["password"] })?.asked_factors).toEqual(["password"]);
  });
});

describe("what somebody signs with", () => {
  test("a way that this page does not know is not offered", () => {
    expect(opinionFrom({ findings: "", asked_factors: ["seal", "passkey", 3] })?.asked_factors).toEqual(["passkey"]);
  });

  test("the key first where the browser can ask it, else the code", () => {
    expect(firstFactor(["totp", "passkey"], true)).toBe("passkey");
    expect(firstFactor(["totp", "passkey"], false)).toBe("totp");
    expect(firstFactor(["passkey"], false)).toBe("passkey");
    expect(firstFactor([], true)).toBeNull();
  });
});

describe("the check of a signed opinion", () => {
  test("names what does not fit; what it does not know is a fault all the same", () => {
    expect(opinionCheckFrom({ is_unaltered: true, faults: [] })).toEqual({ is_unaltered: true, faults: [] });
    expect(opinionCheckFrom({ is_unaltered: false, faults: ["text", "seal"] })).toEqual({
      is_unaltered: false,
      faults: ["text", "other"],
    });
    expect(opinionCheckFrom({ is_unaltered: true, faults: ["text"] })?.is_unaltered).toBe(false);
  });

  test("an answer that says nothing checks nothing", () => {
    for (const answer of [null, {}, { is_unaltered: "yes" }]) expect(opinionCheckFrom(answer)).toBeNull();
  });
});

test("empty lines are not sent, and do not make a draft another one", () => {
  const loose = { ...WRITTEN, findings: ` ${WRITTEN.findings}\n`, advice: ["", "即查肌钙蛋白 ", " "] };
  expect(tidied(loose)).toEqual(WRITTEN);
  expect(saysTheSame(loose, WRITTEN)).toBe(true);
  for (const other of [
    { findings: "x" },
    { critical_value: null },
    { template: "t" },
    { advice: [] },
    { advice: ["另一条"] },
  ]) {
    expect(saysTheSame(WRITTEN, { ...WRITTEN, ...other })).toBe(false);
  }
});

describe("the button", () => {
  const lock = (
    changes: Partial<OpinionText>,
    {
      isPatientChecked = true,
      isHost = true,
      isAllowed = true,
      isOnline = true,
      isEcgComplete = null as boolean | null,
    } = {},
  ) =>
    signLock({
      gates: gatesOf({ opinion: { ...WRITTEN, ...changes }, isPatientChecked, isHost, isEcgComplete }),
      isAllowed,
      isOnline,
    });

  test("signs when every gate is open", () => expect(lock({})).toBeNull());

  test("names the first thing that is missing", () => {
    expect(lock({ findings: " " })).toBe("findings");
    expect(lock({ advice: [""] })).toBe("advice");
    expect(lock({ advice: ["复查 ____ 分钟后"] })).toBe("blanks");
    expect(lock({ critical_value: null })).toBe("critical_value");
    expect(lock(EMPTY_OPINION, { isPatientChecked: false })).toBe("patient");
  });

  test("waits until the ECG is complete, where there is one", () => {
    expect(lock({}, { isEcgComplete: false })).toBe("ecg");
    expect(lock({ advice: [] }, { isEcgComplete: false })).toBe("advice");
    expect(lock({}, { isEcgComplete: true })).toBeNull();
    const shown = (isEcgComplete: boolean | null) =>
      gatesOf({ opinion: WRITTEN, isPatientChecked: true, isHost: true, isEcgComplete }).map(({ gate }) => gate);
    expect(shown(null)).not.toContain("ecg");
    expect(shown(true)).toContain("ecg");
  });

  test("belongs to the one who has taken the case, once it has begun, while the service answers", () => {
    expect(lock({}, { isHost: false, isAllowed: false })).toBe("identity");
    expect(lock({ findings: "" }, { isAllowed: false })).toBe("not_begun");
    expect(lock({}, { isHost: false, isOnline: false })).toBe("link");
  });
});
