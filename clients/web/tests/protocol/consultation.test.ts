// Reading a consultation: what the service sends is taken, what it does not send or no page knows does no harm.

import { describe, expect, test } from "vitest";
import {
  ageAt,
  attachmentsFrom,
  consultationFrom,
  consultationsFrom,
  directoryFrom,
  grantedCount,
  isEnded,
  may,
  mergeCases,
  messagesFrom,
  phoneOfOther,
  unrecordedCause,
  type CaseConsent,
} from "../../src/protocol/consultation";
import { aCase, A_CASE_AS_SENT } from "../support/cases";

const NOW_MS = 1_800_000_000_000;

describe("an answer", () => {
  test("is read whole", () => {
    const one = consultationFrom(A_CASE_AS_SENT, NOW_MS);
    expect(one).toMatchObject({
      id: "ca_1",
      state: "ringing",
      urgency: "urgent",
      specialty_name: { zh: "心内科", en: "Cardiology" },
      patient: { name: "张德福", sex: "male", birth_year: 1965 },
      inviting: { institution_name: "青溪镇中心卫生院", person_name: "李建平" },
      consents: [
        { purpose: "consultation", state: "granted" },
        { purpose: "recording", state: "granted" },
        { purpose: "sharing", state: "granted" },
        { purpose: "teaching", state: "declined" },
      ],
      ring: {
        stage: 1,
        next: "second_line",
        called: [{ person: "pe_wang", name: "王敏", line: 1, answer: "ringing", reason: "" }],
      },
      queue: { place: 2, expected_wait_s: 600 },
      parties: [{ person: "pe_he", state: "waiting" }],
      opinion: { state: "signed", author_name: "王敏", signed_at_ms: 5, fingerprint: "ab12" },
      is_ecg_complete: false,
      adoption: "part",
      wanted_at_ms: 7,
      is_recording: true,
      allowed: ["accept", "decline"],
      clock_ahead_ms: 250,
    });
  });

  test("that names no case, or a state of a later version, is none", () => {
    expect(consultationFrom(null, NOW_MS)).toBeNull();
    expect(consultationFrom({ state: "ringing" }, NOW_MS)).toBeNull();
    expect(consultationFrom({ id: "ca_1", state: "levitating" }, NOW_MS)).toBeNull();
    expect(consultationsFrom({ consultations: [A_CASE_AS_SENT, 5, { id: "x" }] }, NOW_MS)).toHaveLength(1);
    expect(consultationsFrom({}, NOW_MS)).toEqual([]);
    expect(consultationFrom({ id: 7, state: "drafted" }, NOW_MS)).toBeNull();
  });

  test("that says little is read as little", () => {
    expect(
      consultationFrom({ id: "ca_1", state: "drafted", specialty: "ecg", opinion: {}, queue: {} }, NOW_MS),
    ).toEqual({
      id: "ca_1",
      serial: "",
      kind: "live",
      state: "drafted",
      urgency: "routine",
      specialty: "ecg",
      specialty_name: { zh: "ecg", en: "ecg" },
      wanted_title: "",
      reason: "",
      purpose: "",
      summary: "",
      wanted_at_ms: null,
      patient: { id: "", name: "", sex: "unknown", birth_year: null },
      inviting: { institution: "", institution_name: "", person: "", person_name: "", title: "", duty_phone: "" },
      invited: { institution: "", institution_name: "", person: "", person_name: "", title: "", duty_phone: "" },
      host: "",
      room: "",
      recording_policy: "with_consent",
      is_recording: false,
      consents: (["consultation", "recording", "sharing", "teaching"] as const).map((purpose) => ({
        purpose,
        state: "none",
      })),
      ring: null,
      queue: { place: 1, expected_wait_s: null },
      parties: [],
      opinion: { state: "draft", author_name: "", signed_at_ms: null, fingerprint: "" },
      is_ecg_complete: null,
      adoption: "",
      end_reason: "",
      end_note: "",
      created_at_ms: 0,
      invited_at_ms: null,
      accepted_at_ms: null,
      active_at_ms: null,
      signed_at_ms: null,
      closed_at_ms: null,
      updated_at_ms: 0,
      allowed: [],
      clock_ahead_ms: 0,
    });
  });

  test("with a name in Chinese alone says it in both languages", () => {
    expect(aCase({ specialty_name: { zh: "心内科" } }).specialty_name).toEqual({ zh: "心内科", en: "心内科" });
  });
});

test("a ring of which little is said rings on, and a party of which little is said was invited", () => {
  expect(aCase({ ring: null, queue: null, opinion: null })).toMatchObject({ ring: null, queue: null, opinion: null });
  const one = aCase({ ring: { called: [{}, 5] }, parties: [{}], consents: [{ purpose: "recording", state: "x" }] });
  expect(one.ring).toEqual({
    started_at_ms: 0,
    stage: 1,
    next: "procedure",
    next_at_ms: 0,
    called: [{ person: "", name: "", line: 1, answer: "ringing", reason: "" }],
    duty_phone: "",
  });
  expect(one.parties).toEqual([{ person: "", name: "", title: "", institution_name: "", state: "invited" }]);
  expect(grantedCount(one.consents)).toBe(0);
});

test("messages and attachments come oldest first", () => {
  const messages = [
    { id: "b", person: "p", person_name: "王敏", text: "好", at_ms: 9 },
    { id: "a", text: "到了", at_ms: 3 },
  ];
  expect(messagesFrom({ messages }).map((one) => one.id)).toEqual(["a", "b"]);
  expect(messagesFrom(null)).toEqual([]);
  const attachments = [
    { id: "b", kind: "annotated_still", replies_to: "a", at_ms: 9, size_bytes: 10 },
    { id: "a", kind: "hologram", at_ms: 3 },
  ];
  expect(attachmentsFrom({ attachments })).toMatchObject([
    { id: "a", kind: "document", size_bytes: 0 },
    { id: "b", kind: "annotated_still", replies_to: "a" },
  ]);
});

test("the directory names who is on duty", () => {
  const specialties = [
    {
      code: "cardiology",
      name: { zh: "心内科", en: "Cardiology" },
      institution: "in_2",
      institution_name: "青山县人民医院",
      on_duty: [{ person: "pe_wang", name: "王敏", title: "主任医师", line: 1 }],
      duty_phone: "0571-8888",
      waiting: 2,
      expected_wait_s: 480,
    },
    { code: "ecg" },
  ];
  expect(directoryFrom({ specialties })).toEqual([
    specialties[0],
    {
      code: "ecg",
      name: { zh: "ecg", en: "ecg" },
      institution: "",
      institution_name: "",
      on_duty: [],
      duty_phone: "",
      waiting: 0,
      expected_wait_s: null,
    },
  ]);
});

describe("what follows from a case", () => {
  test("acts are those that the service allows", () => {
    expect(may(aCase(), "accept")).toBe(true);
    expect(may(aCase(), "sign")).toBe(false);
  });

  test("closed and cancelled are the ends", () => {
    expect((["closed", "cancelled", "signed"] as const).map(isEnded)).toEqual([true, true, false]);
  });

  test("the age is counted in years, and not at all where it cannot be", () => {
    const now = new Date("2026-11-09T00:00+08:00");
    expect([1965, 2026, 2027, 1890, null].map((year) => ageAt(year, now))).toEqual([61, 0, null, null, null]);
  });

  test("consents that stand are counted, an emergency among them", () => {
    expect(grantedCount(aCase().consents)).toBe(3);
    expect(grantedCount([{ purpose: "consultation", state: "emergency" }])).toBe(1);
  });

  test("it is said why nothing is recorded", () => {
    const cause = (state: CaseConsent["state"]) =>
      unrecordedCause({
        is_recording: false,
        recording_policy: "with_consent",
        consents: [{ purpose: "recording", state }],
      });
    expect(cause("declined")).toBe("declined");
    expect(cause("withdrawn")).toBe("withdrawn");
    expect(cause("none")).toBe("not_asked");
    expect(cause("granted")).toBe("not_yet");
    expect(cause("emergency")).toBe("not_yet");
    expect(unrecordedCause({ is_recording: false, recording_policy: "with_consent", consents: [] })).toBe("not_asked");
    expect(unrecordedCause(aCase({ is_recording: false, recording_policy: "never" }))).toBe("policy");
    expect(unrecordedCause(aCase({ is_recording: true }))).toBeNull();
  });

  test("of two answers about one case the later one holds, and the latest change stands first", () => {
    const old = aCase({ id: "a", updated_at_ms: 5, state: "ringing" });
    const fresh = aCase({ id: "a", updated_at_ms: 8, state: "accepted" });
    const other = aCase({ id: "b", updated_at_ms: 9 });
    expect(mergeCases([old], [other, fresh])).toEqual([other, fresh]);
    expect(mergeCases([fresh], [old])).toEqual([fresh]);
  });
});

test("who has lost the link is told the other side's number", () => {
  const one = consultationFrom(A_CASE_AS_SENT, 0);
  expect(one === null ? null : [phoneOfOther(one, "in_1"), phoneOfOther(one, "in_2")]).toEqual([
    "0570-000 6012",
    "0570-000 7001",
  ]);
});
