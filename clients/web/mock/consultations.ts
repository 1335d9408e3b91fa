// Consultations that live in the page: invented cases in every state, for looking at the specialist's screens.
//
// ?as=specialist&state=call (a call rings), =emergency, =empty, =signed, =licence, =waiting, =offline; #/work, #/cases/ca_1

import type { Box, Consultations, NewAttachment } from "../src/io/consult_ports";
import { ApiFailure, unreachable } from "../src/protocol/api";
import {
  attachmentFrom,
  consultationFrom,
  directoryFrom,
  type CaseAttachment,
  type CaseMessage,
  type Consultation,
} from "../src/protocol/consultation";
import {
  opinionFrom,
  type OpinionCheck,
  type OpinionTemplate,
  type OpinionText,
  type OpinionView,
} from "../src/protocol/opinion";
import { drawnPerson } from "./people";

const MINUTE = 60_000;
const soon = <T>(value: T): Promise<T> => new Promise((done) => window.setTimeout(() => done(value), 60));
const never = <T>(): Promise<T> => new Promise<T>(() => undefined);
const start_ms = Date.now();

type Sent = Record<string, unknown>;
const patient = (name: string, sex: string, birth_year: number): Sent => ({ id: `pa_${name}`, name, sex, birth_year });
const side = (institution_name: string, person_name: string, title: string, person = person_name): Sent => ({
  institution: institution_name,
  institution_name,
  person,
  person_name,
  title,
});
const consents = (recording: string): Sent[] => [
  { purpose: "consultation", state: "granted" },
  { purpose: "recording", state: recording },
  { purpose: "sharing", state: "granted" },
  { purpose: "teaching", state: "declined" },
];

function sent(id: string, more: Sent): Sent {
  return {
    id,
    serial: `S-20261109-00${id.slice(3).padStart(2, "0")}`,
    kind: "live",
    state: "invited",
    urgency: "routine",
    specialty: "cardiology",
    specialty_name: { zh: "心内科", en: "Cardiology" },
    wanted_title: "associate_chief",
    reason: "胸闷 2 小时",
    purpose: "是否急性冠脉综合征，是否转诊",
    summary:
      "胸闷 2 小时，活动后加重，伴出汗。高血压 8 年，吸烟 30 年。无药物过敏。\nBP 148/92（手工 09:35），HR 83，SpO₂ 96%。\n肌钙蛋白未做。",
    patient: patient("张德福", "male", 1965),
    inviting: side("青溪镇中心卫生院", "李建平", "全科医生", "pe_li"),
    invited: side("青山县人民医院", "", "", ""),
    host: "pe_0",
    room: "",
    recording_policy: "with_consent",
    is_recording: false,
    consents: consents("granted"),
    ring: null,
    queue: null,
    parties: [],
    opinion: null,
    is_ecg_complete: null,
    adoption: "",
    end_reason: "",
    end_note: "",
    created_at_ms: start_ms - 20 * MINUTE,
    invited_at_ms: start_ms - 14 * MINUTE,
    updated_at_ms: start_ms - 5 * MINUTE,
    server_now_ms: start_ms,
    allowed: ["accept"],
    ...more,
  };
}

const taken = side("青山县人民医院", "王敏", "主任医师", "pe_0");
const inRoom = ["room", "sign", "admit", "host", "transfer", "cancel", "write"];

function casesOf(state: string): Sent[] {
  if (state === "empty") return [];
  const isSigned = state === "signed";
  return [
    sent("ca_1", {
      state: isSigned ? "signed" : "active",
      urgency: "urgent",
      invited: taken,
      room: "ca_1",
      is_recording: state !== "norec",
      consents: consents(state === "norec" ? "declined" : "granted"),
      active_at_ms: start_ms - 4 * MINUTE,
      signed_at_ms: isSigned ? start_ms - MINUTE : null,
      parties: [
        { person: "pe_he", name: "何志远", title: "副主任医师", institution_name: "青山县人民医院", state: "waiting" },
        { person: "pe_deng", name: "邓凯", title: "主治医师", institution_name: "大河卫生院", state: "admitted" },
      ],
      opinion: isSigned
        ? { state: "signed", author_name: "王敏", signed_at_ms: start_ms - MINUTE, fingerprint: "9f3a61c07be2d418" }
        : null,
      allowed: isSigned ? ["room", "write"] : inRoom,
    }),
    sent("ca_2", {
      patient: patient("罗玉珍", "female", 1960),
      inviting: side("大河卫生院", "邓凯", "主治医师"),
      reason: "心慌 3 天",
      queue: { place: 1, expected_wait_s: 300 },
    }),
    sent("ca_3", {
      patient: patient("冯国强", "male", 1968),
      inviting: side("白塔卫生院", "何静", "全科医生"),
      reason: "血压调药",
      kind: "offline",
      invited_at_ms: start_ms - 9 * MINUTE,
      queue: { place: 2, expected_wait_s: 900 },
    }),
    sent("ca_4", {
      patient: patient("叶秀兰", "female", 1953),
      inviting: side("石桥卫生院", "周岚", "全科医生"),
      reason: "气短，夜里重，双下肢水肿一周，平躺更明显",
      urgency: "urgent",
      state: "timed_out",
      invited_at_ms: start_ms - 3 * MINUTE,
      allowed: [],
    }),
    sent("ca_5", {
      patient: patient("刘桂兰", "female", 1954),
      inviting: side("石桥卫生院", "周岚", "全科医生"),
      reason: "心悸半天",
      state: "accepted",
      invited: taken,
      allowed: inRoom,
      updated_at_ms: start_ms - 26 * MINUTE,
    }),
    sent("ca_6", {
      patient: patient("郑有福", "male", 1958),
      inviting: side("石桥卫生院", "周岚", "全科医生"),
      reason: "房颤随访",
      state: "signed",
      invited: taken,
      signed_at_ms: start_ms - 58 * MINUTE,
      updated_at_ms: start_ms - 58 * MINUTE,
      allowed: ["room"],
    }),
    sent("ca_7", {
      patient: patient("何春梅", "female", 1967),
      inviting: side("白塔卫生院", "何静", "全科医生"),
      reason: "胸闷",
      state: "closed",
      invited: taken,
      adoption: "part",
      signed_at_ms: start_ms - 69 * MINUTE,
      updated_at_ms: start_ms - 60 * MINUTE,
      allowed: [],
    }),
    sent("ca_8", {
      patient: patient("孙立", "male", 1979),
      inviting: side("大河卫生院", "邓凯", "主治医师"),
      reason: "高血压调药",
      state: "cancelled",
      end_reason: "resolved",
      updated_at_ms: start_ms - 95 * MINUTE,
      allowed: [],
    }),
    sent("ca_9", {
      patient: patient("黄秀英", "female", 1946),
      inviting: side("石桥卫生院", "周岚", "全科医生"),
      reason: "心衰随访",
      wanted_at_ms: start_ms + 300 * MINUTE,
      allowed: ["accept"],
    }),
  ];
}

function callOf(urgency: string): Sent {
  return sent("ca_20", {
    state: "ringing",
    urgency,
    invited_at_ms: start_ms - 12_000,
    ring: {
      started_at_ms: start_ms - 12_000,
      stage: 1,
      next: "second_line",
      next_at_ms: start_ms + 18_000,
      called: [{ person: "pe_0", name: "王敏", line: 1, answer: "ringing", reason: "" }],
      duty_phone: "",
    },
    allowed: ["accept", "decline", "pass"],
  });
}

const DIRECTORY = {
  specialties: [
    {
      code: "cardiology",
      name: { zh: "心内科", en: "Cardiology" },
      institution: "in_1",
      institution_name: "青山县人民医院",
      on_duty: [
        { person: "pe_0", name: "王敏", title: "主任医师", line: 1 },
        { person: "pe_zhao", name: "赵启明", title: "副主任医师", line: 2 },
      ],
      duty_phone: "0571-88880120",
      waiting: 3,
      expected_wait_s: 480,
    },
    {
      code: "respiratory",
      name: { zh: "呼吸内科", en: "Respiratory medicine" },
      institution: "in_1",
      institution_name: "青山县人民医院",
      on_duty: [{ person: "pe_chen", name: "陈志远", title: "副主任医师", line: 1 }],
      duty_phone: "0571-88880121",
      waiting: 0,
      expected_wait_s: 0,
    },
  ],
};

const DRAFT: OpinionText = {
  findings: "活动后胸闷 2 小时，血压 148/92，口唇无发绀，双肺呼吸音清。",
  advice: ["即查肌钙蛋白", "30 分钟后复查心电图"],
  critical_value: null,
  template: "",
};

export class MockConsultations implements Consultations {
  readonly #state: string;
  #cases: Map<string, Sent>;
  #messages: CaseMessage[];
  #attachments: CaseAttachment[];
  readonly #bytes = new Map<string, Blob>();
  #opinion: OpinionView | null;

  constructor(state: string) {
    this.#state = state;
    const cases = casesOf(state);
    if (state === "call" || state === "licence") cases.push(callOf("urgent"));
    if (state === "emergency") cases.push(callOf("emergency"));
    this.#cases = new Map(cases.map((one) => [String(one["id"]), one]));
    this.#messages = [
      {
        id: "m1",
        person: "pe_li",
        person_name: "李建平",
        text: "舌下硝酸甘油用过一片，稍缓解。",
        at_ms: start_ms - 100_000,
      },
      { id: "m2", person: "pe_0", person_name: "王敏", text: "好，先别再给，量一下血压。", at_ms: start_ms - 70_000 },
    ];
    this.#attachments = [
      ["a1", "document", "血常规.pdf", "application/pdf", 184_320],
      ["a2", "still", "still-20261109094132.jpg", "image/jpeg", 812_004],
    ].map(([id, kind, name, media_type, size_bytes]) =>
      attachmentFrom({ id, kind, name, media_type, size_bytes, person_name: "李建平", at_ms: start_ms - 80_000 }),
    );
    this.#opinion =
      state === "blank"
        ? null
        : opinionFrom({
            ...DRAFT,
            ...(state === "signed"
              ? {
                  state: "signed",
                  critical_value: false,
                  author_name: "王敏",
                  signed_at_ms: start_ms - MINUTE,
                  fingerprint: "9f3a61c07be2d418",
                }
              : {}),
            version: 3,
            updated_at_ms: start_ms - 30_000,
            asked_factors: ["totp"],
          });
  }

  #read(one: Sent): Consultation {
    const found = consultationFrom(one, start_ms);
    if (found === null) throw new ApiFailure(500, "unreadable", null, {});
    return found;
  }

  #change(id: string, more: Sent): Promise<Consultation> {
    const before = this.#cases.get(id);
    if (before === undefined) return Promise.reject(new ApiFailure(404, "not_found", null, {}));
    const after = { ...before, ...more, updated_at_ms: Date.now() };
    this.#cases.set(id, after);
    return soon(this.#read(after));
  }

  directory() {
    return this.#state === "offline" ? Promise.reject(unreachable()) : soon(directoryFrom(DIRECTORY));
  }

  list(box: Box): Promise<Consultation[]> {
    if (this.#state === "loading") return never();
    if (this.#state === "offline") return Promise.reject(unreachable());
    const all = [...this.#cases.values()].map((one) => this.#read(one));
    const isPast = (one: Consultation): boolean => one.state === "closed" || one.state === "cancelled";
    if (box === "incoming") return soon(all.filter((one) => one.state === "ringing"));
    if (box === "past") return soon(all.filter(isPast));
    if (box === "work") return soon(all.filter((one) => !isPast(one)));
    return soon(all.filter((one) => !isPast(one) && one.invited.person === "pe_0"));
  }

  get(id: string): Promise<Consultation> {
    return this.#change(id, {});
  }

  create(): Promise<Consultation> {
    return never();
  }

  amend(): Promise<Consultation> {
    return never();
  }

  invite(): Promise<Consultation> {
    return never();
  }

  accept(id: string): Promise<Consultation> {
    if (this.#state === "licence") return Promise.reject(new ApiFailure(409, "licence_expired", null, {}));
    return this.#change(id, { state: "accepted", ring: null, invited: taken, room: id, allowed: inRoom });
  }

  decline(id: string): Promise<Consultation> {
    return this.#change(id, { state: "declined", ring: null, allowed: [] });
  }

  pass(id: string): Promise<Consultation> {
    return this.#change(id, { state: "timed_out", ring: null, allowed: [] });
  }

  recall(): Promise<Consultation> {
    return never();
  }

  transfer(id: string): Promise<Consultation> {
    return this.#change(id, { state: "ringing", allowed: [] });
  }

  cancel(id: string, reason: string, note: string): Promise<Consultation> {
    return this.#change(id, { state: "cancelled", end_reason: reason, end_note: note, allowed: [] });
  }

  enter(id: string) {
    if (this.#state === "waiting") return Promise.reject(new ApiFailure(409, "room_waiting", null, {}));
    return soon({ token: "t", room: id, identity: "wangmin" });
  }

  addParty(id: string): Promise<Consultation> {
    return this.#change(id, {});
  }

  #party(id: string, person: string, state: string): Promise<Consultation> {
    const parties = this.#cases.get(id)?.["parties"] as Sent[] | undefined;
    return this.#change(id, { parties: parties?.map((one) => (one["person"] === person ? { ...one, state } : one)) });
  }

  admit(id: string, person: string): Promise<Consultation> {
    return this.#party(id, person, "admitted");
  }

  removeParty(id: string, person: string): Promise<Consultation> {
    return this.#party(id, person, "removed");
  }

  handHost(id: string, person: string): Promise<Consultation> {
    return this.#change(id, { host: person });
  }

  messages(): Promise<CaseMessage[]> {
    return soon(this.#messages);
  }

  say(_id: string, text: string): Promise<void> {
    const at_ms = Date.now();
    this.#messages = [...this.#messages, { id: String(at_ms), person: "pe_0", person_name: "王敏", text, at_ms }];
    return soon(undefined);
  }

  attachments(): Promise<CaseAttachment[]> {
    return soon(this.#attachments);
  }

  attach(_id: string, file: NewAttachment): Promise<CaseAttachment> {
    const at_ms = Date.now();
    const made = attachmentFrom({
      ...file,
      id: `a${at_ms}`,
      person_name: "王敏",
      size_bytes: file.content.size,
      at_ms,
    });
    this.#bytes.set(made.id, file.content);
    this.#attachments = [...this.#attachments, made];
    return soon(made);
  }

  async content(_id: string, attachment: string): Promise<Blob> {
    const own = this.#bytes.get(attachment);
    if (own !== undefined) return own;
    const video = document.createElement("video");
    video.muted = true;
    video.srcObject = drawnPerson(1);
    await video.play();
    const canvas = document.createElement("canvas");
    canvas.width = 1280;
    canvas.height = 720;
    canvas.getContext("2d")?.drawImage(video, 0, 0);
    return new Promise((done, failed) =>
      canvas.toBlob((blob) => (blob === null ? failed(unreachable()) : done(blob)), "image/jpeg"),
    );
  }

  opinion(): Promise<OpinionView | null> {
    return soon(this.#opinion);
  }

  templates(): Promise<OpinionTemplate[]> {
    return soon([
      {
        code: "chest_pain",
        title: { zh: "胸痛", en: "Chest pain" },
        findings: { zh: "症状：____\n体征：____", en: "Symptoms: ____\nSigns: ____" },
        advice_zh: ["检查：____", "复诊：____"],
        advice_en: ["Tests: ____", "Follow-up: ____"],
      },
    ]);
  }

  saveOpinion(_id: string, opinion: OpinionText): Promise<OpinionView | null> {
    if (this.#state === "unsaved") return Promise.reject(unreachable());
    const version = (this.#opinion?.version ?? 0) + 1;
    this.#opinion = opinionFrom({ ...opinion, version, updated_at_ms: Date.now(), asked_factors: ["totp"] });
    return soon(this.#opinion);
  }

  sign(id: string): Promise<Consultation> {
    const signed = { state: "signed", author_name: "王敏", signed_at_ms: Date.now(), fingerprint: "9f3a61c07be2d418" };
    this.#opinion = opinionFrom({ ...this.#opinion, ...signed });
    return this.#change(id, { state: "signed", opinion: signed, signed_at_ms: Date.now(), allowed: ["room", "write"] });
  }

  signWithKey(id: string): Promise<Consultation> {
    return this.sign(id);
  }

  checkOpinion(): Promise<OpinionCheck> {
    return soon({ is_unaltered: true, faults: [] });
  }

  acknowledge(): Promise<Consultation> {
    return never();
  }

  reportLadder(): Promise<void> {
    return soon(undefined);
  }

  pdfAddress(): string {
    return "#";
  }

  watch(): () => void {
    return () => undefined;
  }
}
