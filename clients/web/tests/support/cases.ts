// A consultation as the service sends it, to be changed by each test in the field that it is about.

import { consultationFrom, type Consultation } from "../../src/protocol/consultation";

const NOW_MS = 1_800_000_000_000;

export const A_CASE_AS_SENT = {
  id: "ca_1",
  serial: "S-20261109-0031",
  kind: "live",
  state: "ringing",
  urgency: "urgent",
  specialty: "cardiology",
  specialty_name: { zh: "心内科", en: "Cardiology" },
  wanted_title: "chief",
  reason: "胸闷 2 小时",
  purpose: "是否急性冠脉综合征",
  summary: "高血压 8 年",
  wanted_at_ms: 7,
  patient: { id: "pa_1", name: "张德福", sex: "male", birth_year: 1965 },
  inviting: {
    institution: "in_1",
    institution_name: "青溪镇中心卫生院",
    person: "pe_li",
    person_name: "李建平",
    title: "主治医师",
    duty_phone: "0570-000 7001",
  },
  invited: {
    institution: "in_2",
    institution_name: "青山县人民医院",
    person: "",
    person_name: "",
    title: "",
    duty_phone: "0570-000 6012",
  },
  host: "pe_wang",
  room: "ca_1",
  recording_policy: "with_consent",
  is_recording: true,
  consents: [
    { purpose: "recording", state: "granted" },
    { purpose: "consultation", state: "granted" },
    { purpose: "sharing", state: "granted" },
    { purpose: "teaching", state: "declined" },
  ],
  ring: {
    started_at_ms: NOW_MS,
    stage: 1,
    next: "second_line",
    next_at_ms: NOW_MS + 30_000,
    called: [{ person: "pe_wang", name: "王敏", line: 1, answer: "ringing", reason: "" }],
    duty_phone: "",
  },
  queue: { place: 2, expected_wait_s: 600 },
  parties: [{ person: "pe_he", name: "何志远", title: "", institution_name: "青山县人民医院", state: "waiting" }],
  opinion: { state: "signed", author_name: "王敏", signed_at_ms: 5, fingerprint: "ab12" },
  is_ecg_complete: false,
  adoption: "part",
  end_reason: "",
  end_note: "",
  created_at_ms: 1,
  invited_at_ms: 2,
  accepted_at_ms: 3,
  active_at_ms: 4,
  signed_at_ms: 5,
  closed_at_ms: 6,
  updated_at_ms: 6,
  server_now_ms: NOW_MS + 250,
  allowed: ["decline", "accept", "levitate"],
};

/** The case with changes, as a page holds it. */
export function aCase(changes: Readonly<Record<string, unknown>> = {}): Consultation {
  const one = consultationFrom({ ...A_CASE_AS_SENT, ...changes }, NOW_MS);
  if (one === null) throw new Error("the changed case cannot be read");
  return one;
}
