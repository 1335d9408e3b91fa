// The report of an ECG: what is read, what can be written, and what the sign button says while it is locked.

import { describe, expect, test } from "vitest";
import {
  criticalFrom,
  criticalsFrom,
  ecgWorkFrom,
  EMPTY_REPORT,
  nextStep,
  offeredStrips,
  reportFrom,
  reportGatesOf,
  reportLock,
  reportTemplatesFrom,
  saysTheSameReport,
  secondsOf,
  statementsFrom,
  stripBeginsMs,
  textOf,
  waitedMs,
  withReportTemplate,
  withStatement,
  withStrip,
  type CriticalView,
  type ReportText,
  type ReportView,
} from "../../src/protocol/ecg_report";

const STRIP = { epoch: 0, first_sample: 1000, end_sample: 6000 };
const STRIP_VIEW = { ...STRIP, rate_hz: 500, missing_samples: 0 };
const CALL = {
  id: "cv_1",
  ecg: "ec_1",
  ecg_serial: "E-1",
  patient_name: "张建国",
  state: "calling",
  marked_by: "pe_wang",
  marked_by_name: "王敏",
  marked_at_ms: 1000,
  called: [{ person: "pe_li", person_name: "李明" }],
  is_called: true,
  phone: "139",
  unheard_ms: 5,
  heard: null,
  reason: "",
};
const SENT = {
  ecg: "ec_1",
  state: "reported",
  version: 2,
  revision: 3,
  strips: [STRIP_VIEW],
  statements: ["SR"],
  findings: "所见",
  conclusion: "结论",
  critical_value: false,
  template: "normal",
  reason: "why",
  author_name: "王敏",
  updated_at_ms: 4,
  shut_gates: ["ecg", "unheard of"],
  asked_factors: ["totp", "magic"],
  signatures: [
    { step: "report", version: 2, person: "pe_wang", person_name: "王敏", signed_at_ms: 5, fingerprint: "ab" },
    {},
  ],
  allowed: ["review"],
  critical: CALL,
};
const read = (changes: Record<string, unknown> = {}): ReportView => {
  const view = reportFrom({ ...SENT, ...changes });
  if (view === null) throw new Error("unreadable");
  return view;
};

describe("an answer", () => {
  test("is read whole", () => {
    const view = read();
    expect(view).toMatchObject({
      state: "reported",
      version: 2,
      revision: 3,
      strips: [STRIP_VIEW],
      shut_gates: ["ecg"],
      asked_factors: ["totp"],
      allowed: ["review"],
      critical_value: false,
    });
    expect(view.signatures).toEqual([
      { step: "report", version: 2, person: "pe_wang", person_name: "王敏", signed_at_ms: 5, fingerprint: "ab" },
      { step: "report", version: 1, person: "", person_name: "", signed_at_ms: 0, fingerprint: "" },
    ]);
    expect(view.critical).toMatchObject({ id: "cv_1", called: ["李明"], heard_name: "", heard_at_ms: null });
  });

  test("that says little is an empty draft, and one without a text none", () => {
    expect(reportFrom({ findings: "", strips: [{}], statements: 3 })).toEqual({
      ...EMPTY_REPORT,
      state: "drafted",
      version: 1,
      revision: 0,
      strips: [{ epoch: 0, first_sample: 0, end_sample: 0, rate_hz: 0, missing_samples: 0 }],
      reason: "",
      author_name: "",
      updated_at_ms: null,
      shut_gates: [],
      asked_factors: [],
      signatures: [],
      allowed: [],
      critical: null,
    });
    for (const other of [null, {}, { findings: 1 }, "text"]) expect(reportFrom(other)).toBeNull();
  });

  test("of critical values keeps what can be named", () => {
    expect(criticalsFrom({ critical_values: [CALL, {}, 3] })).toHaveLength(1);
    expect(criticalsFrom(null)).toEqual([]);
    const bare = criticalFrom({ id: "cv_2", state: "odd", heard: { name: "周岚", at_ms: 9 } });
    expect(bare).toMatchObject({ state: "calling", heard_name: "周岚", heard_at_ms: 9, is_called: false, called: [] });
    expect(bare).toMatchObject({ marked_at_ms: 0, unheard_ms: 0 });
  });

  test("of statements, forms and work is read in its order", () => {
    const groups = [{ group: "rhythm", statements: [{ code: "SR", name: { zh: "窦性心律", en: "sinus rhythm" } }] }];
    expect(statementsFrom({ groups })).toEqual(groups);
    expect(statementsFrom(3)).toEqual([]);
    const forms = [{ code: "f", title: { zh: "甲", en: "A" }, statements: ["SR"], findings: 3 }];
    expect(reportTemplatesFrom({ templates: forms })).toEqual([
      { ...forms[0], findings: { zh: "", en: "" }, conclusion: { zh: "", en: "" } },
    ]);
    expect(reportTemplatesFrom(null)).toEqual([]);
    expect(ecgWorkFrom({ work: [{ ecg: "ec_1", urgency: "urgent", step: "review", since_ms: 7 }] })).toMatchObject([
      { ecg: "ec_1", urgency: "urgent", step: "review", since_ms: 7, is_complete: false, is_beyond_target: false },
    ]);
    expect(ecgWorkFrom({ work: [{}] })).toMatchObject([{ urgency: "routine", step: "report", since_ms: 0 }]);
    expect(ecgWorkFrom([])).toEqual([]);
  });
});

describe("what is written", () => {
  const text: ReportText = { ...EMPTY_REPORT, statements: ["SR"], findings: " 所见 ", strips: [STRIP_VIEW] };

  test("is sent without what the service knows of it", () => {
    expect(textOf(text)).toEqual({ ...EMPTY_REPORT, statements: ["SR"], findings: "所见", strips: [STRIP] });
    expect(saysTheSameReport(text, textOf(text))).toBe(true);
    expect(saysTheSameReport(text, EMPTY_REPORT)).toBe(false);
  });

  test("takes a form below what stands there, and its statements once", () => {
    const form = {
      code: "normal",
      title: { zh: "", en: "" },
      statements: ["SR", "NORM"],
      findings: { zh: "心率 ____", en: "Rate ____" },
      conclusion: { zh: "", en: "" },
    };
    expect(withReportTemplate(text, form, "zh")).toMatchObject({
      statements: ["SR", "NORM"],
      findings: "所见\n心率 ____",
      conclusion: "",
      template: "normal",
    });
    expect(withReportTemplate(EMPTY_REPORT, form, "en").findings).toBe("Rate ____");
  });

  test("holds a statement once, and no more than it may", () => {
    expect(withStatement(text, "STE").statements).toEqual(["SR", "STE"]);
    expect(withStatement(text, "SR").statements).toEqual([]);
    const full = { ...text, statements: Array.from({ length: 30 }, (_, n) => `S${n}`) };
    expect(withStatement(full, "SR")).toBe(full);
  });

  test("holds strips by their time, each once and long enough", () => {
    const later = { epoch: 1, first_sample: 0, end_sample: 5000 };
    const earlier = { epoch: 0, first_sample: 0, end_sample: 5000 };
    const marked = [later, STRIP, earlier].reduce((all, one) => withStrip(all, one, 500), EMPTY_REPORT);
    expect(marked.strips).toEqual([earlier, STRIP, later]);
    expect(withStrip(marked, { ...STRIP }, 500)).toBe(marked);
    expect(withStrip(marked, { ...STRIP, end_sample: 5999 }, 500)).toBe(marked);
    expect(withStrip(marked, { ...STRIP, first_sample: -1 }, 500)).toBe(marked);
    const full = { ...marked, strips: Array.from({ length: 50 }, (_, n) => ({ ...STRIP, epoch: n + 2 })) };
    expect(withStrip(full, STRIP, 500)).toBe(full);
  });

  test("lasts as long as its samples", () => {
    expect(secondsOf({ ...STRIP_VIEW, missing_samples: 250 })).toEqual({ length_s: 10, missing_s: 0.5 });
    expect(secondsOf({ ...STRIP_VIEW, rate_hz: 0 }).length_s).toBe(5000);
  });
});

describe("the gates", () => {
  const saved = read({ state: "drafted", shut_gates: [], allowed: ["sign"], signatures: [] });
  const shut = (report: ReportText, view = saved, isPatientChecked = true): string[] =>
    reportGatesOf({ report, saved: view, isPatientChecked })
      .filter((one) => !one.isOpen)
      .map((one) => one.gate);

  test("are all open for what is whole", () => {
    expect(shut(saved)).toEqual([]);
  });

  test("name what is missing, in the order of the page", () => {
    const empty = read({ findings: "", strips: [], shut_gates: ["identity", "patient", "measured"] });
    expect(shut(EMPTY_REPORT, empty, false)).toEqual([
      ...["identity", "patient", "strips", "conclusion", "critical_value", "measured"],
    ]);
    expect(shut({ ...saved, findings: "心率 ____" })).toEqual(["blanks"]);
    expect(shut({ ...saved, statements: [] })).toEqual([]);
    expect(shut(saved, saved, false)).toEqual(["patient"]);
    expect(shut(saved, { ...saved, shut_gates: ["patient"] })).toEqual(["patient"]);
  });

  test("keep incomplete and unsaved marks from being signed", () => {
    expect(shut(saved, { ...saved, strips: [{ ...STRIP_VIEW, missing_samples: 20 }] })).toEqual(["ecg"]);
    expect(shut({ ...saved, strips: [{ ...STRIP, first_sample: 0 }] })).toEqual(["ecg"]);
  });

  test("lock the button, which says what unlocks it", () => {
    const gates = reportGatesOf({ report: saved, saved, isPatientChecked: true });
    const at = { gates, step: "report" as const, saved, person: "pe_wang", isOnline: true };
    expect(reportLock(at)).toBeNull();
    expect(reportLock({ ...at, isOnline: false })).toBe("link");
    expect(reportLock({ ...at, saved: { ...saved, allowed: [] } })).toBe("not_allowed");
    const unchecked = reportGatesOf({ report: saved, saved, isPatientChecked: false });
    expect(reportLock({ ...at, gates: unchecked })).toBe("patient");
    const reported = read({ shut_gates: [], signatures: SENT.signatures.slice(0, 1) });
    expect(reportLock({ ...at, step: "review", saved: reported })).toBe("own");
    expect(reportLock({ ...at, step: "review", saved: reported, person: "pe_zhao" })).toBeNull();
  });

  test("follow one another: 报告, 审核, nothing", () => {
    expect(
      ["drafted", "returned", "amending", "reported", "reviewed"].map((one) => nextStep(one as "drafted")),
    ).toEqual(["report", "report", "report", "review", null]);
  });
});

test("a critical value counts on until it was heard", () => {
  const calling = criticalFrom(CALL) as CriticalView;
  expect(waitedMs(calling, 61_000)).toBe(60_000);
  expect(waitedMs(calling, 0)).toBe(0);
  expect(waitedMs({ ...calling, state: "acknowledged" }, 61_000)).toBe(5);
});

describe("a recording of several epochs", () => {
  const epochs = [
    { epoch: 0, first: 1000, end: 31_000, first_taken_us: 1_000_000 },
    { epoch: 1, first: 0, end: 4999, first_taken_us: 65_000_000 },
    { epoch: 2, first: 0, end: 10_000, first_taken_us: 81_000_000 },
  ];

  test("is marked whole by a strip of each, and its first and last seconds are the session's", () => {
    expect(offeredStrips(epochs, 500)).toEqual({
      first: { epoch: 0, first_sample: 1000, end_sample: 6000 },
      last: { epoch: 2, first_sample: 5000, end_sample: 10_000 },
      whole: [
        { epoch: 0, first_sample: 1000, end_sample: 31_000 },
        { epoch: 2, first_sample: 0, end_sample: 10_000 },
      ],
    });
    expect(offeredStrips(epochs.slice(1, 2), 500)).toBeNull();
    expect(offeredStrips([], 500)).toBeNull();
    expect(offeredStrips(epochs, 0)).toBeNull();
  });

  test("counts its strips' times from the session's start", () => {
    const from_ms = (epoch: number, first_sample: number, rateHz = 500): number =>
      stripBeginsMs({ epoch, first_sample, end_sample: first_sample + 5000 }, epochs, rateHz);
    expect([from_ms(0, 1000), from_ms(0, 6000), from_ms(2, 0), from_ms(2, 5000)]).toEqual([0, 10_000, 80_000, 90_000]);
    expect([from_ms(7, 0), from_ms(2, 0, 0), stripBeginsMs(STRIP, [], 500)]).toEqual([0, 0, 0]);
  });
});
