// Desks that live in the page: invented people, devices, events and proofs for looking at the screens.

import type { DeskPorts, EnrolledDevice } from "../src/io/desk_ports";
import { ApiFailure, unreachable } from "../src/protocol/api";
import type { LedgerVerdict } from "../src/protocol/ledger";
import type { Device, Person } from "../src/protocol/staff";
import type { EventDetail, TraceLine } from "../src/protocol/trace";
import { ME } from "./backend";
import { MockConsultations } from "./consultations";
import { MockEcgReports } from "./ecg_reports";
import { MockEcgs } from "./ecgs";
import { mockRoster } from "./roster";
import RIGHTS from "./rights.json";

const DAY = 86_400_000;
const now = Date.now();
const never = <T>(): Promise<T> => new Promise<T>(() => undefined);
const soon = <T>(value: T): Promise<T> => new Promise((done) => window.setTimeout(() => done(value), 60));

const person = (
  n: number,
  name: string,
  roles: Person["roles"],
  more: Partial<Person> & { until_days?: number } = {},
): Person => {
  const { until_days, ...rest } = more;
  return {
    id: `pe_${n}`,
    institution: "in_1",
    name,
    title: "主治医师",
    specialty: "心内科",
    phone: "1380000000" + String(n),
    state: "active",
    roles,
    licences:
      until_days === undefined
        ? []
        : [
            {
              id: `li_${n}`,
              number: `11044000010${n}731`,
              kind: "physician",
              valid_until_ms: now + until_days * DAY,
              state: until_days < 0 ? "expired" : "active",
            },
          ],
    account: { login: `QX023${n}`, state: "active", second_factors: ["totp"], is_linked: false },
    created_at_ms: now - 300 * DAY,
    ...rest,
  };
};

const PEOPLE: Person[] = [
  person(1, "陈志远", ["specialist"], { until_days: 700, specialty: "呼吸科", title: "副主任医师" }),
  person(2, "王敏", ["specialist", "duty_expert"], { until_days: 23, title: "主任医师" }),
  person(3, "何志远", ["specialist"], { until_days: -12 }),
  person(4, "钱慧", ["supervisor"], { title: "", specialty: "质控科" }),
  person(5, "何静", ["auditor"], { title: "", specialty: "信息科", account: null }),
  person(6, "邓凯", ["duty_expert"], {
    account: { login: "QX0236", state: "waiting", second_factors: [], is_linked: false },
  }),
  person(7, "罗瑞", ["specialist"], {
    until_days: 400,
    account: { login: "QX0237", state: "locked", second_factors: ["passkey"], is_linked: true },
  }),
  person(8, "赵启明", ["specialist"], { state: "ended", until_days: 400 }),
  person(0, "孙莉", ["administrator"], { title: "", specialty: "信息科" }),
];

const device = (n: number, name: string, kind: Device["kind"], more: Partial<Device>): Device => ({
  id: `dv_${n}`,
  name,
  kind,
  state: "active",
  created_at_ms: now - 90 * DAY,
  enrolled_at_ms: now - 89 * DAY,
  seen_at_ms: now - 70_000,
  clock_offset_ms: 42,
  clock_error_ms: 9,
  key_algorithm: "ed25519",
  key_sha256: "8be1f0a2c41d704c9d6a5b3e2f1a0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f9c02",
  ...more,
});

const DEVICES: Device[] = [
  device(1, "急诊大厅 一体机", "kiosk", {}),
  device(2, "青A·120 平板", "ambulance", { clock_offset_ms: -93_000, clock_error_ms: 120 }),
  device(3, "心电室网关", "gateway", { seen_at_ms: now - 3 * DAY }),
  device(4, "发热门诊 一体机", "kiosk", {
    state: "waiting",
    enrolled_at_ms: null,
    seen_at_ms: null,
    clock_offset_ms: null,
    clock_error_ms: null,
    key_sha256: "",
    key_algorithm: "",
  }),
  device(5, "旧救护车手机", "ambulance", { state: "ended", seen_at_ms: now - 40 * DAY }),
];

const line = (n: number, kind: string, more: Partial<TraceLine> = {}): TraceLine => ({
  institution: "in_1",
  sequence: 5081 - n,
  at_ms: now - n * 217_000,
  kind,
  actor: "pe_1",
  actor_name: "陈志远",
  actor_role: "specialist",
  patient: "",
  patient_name: "",
  case: "",
  room: "",
  has_media: false,
  ...more,
});

const WANG = { actor: "pe_2", actor_name: "王敏", actor_role: "specialist+duty_expert" };
const ZHANG = { patient: "pt_1", patient_name: "张德福" };
const EVENTS: TraceLine[] = [
  line(0, "trace.searched", { actor: "pe_4", actor_name: "钱慧", actor_role: "supervisor" }),
  line(1, "participant.left", { ...WANG, room: "cardio" }),
  line(2, "recording.stopped", { ...WANG, room: "cardio", has_media: true }),
  line(3, "participant.resumed", { ...ZHANG, room: "cardio", has_media: true }),
  line(4, "participant.lost", { room: "cardio", has_media: true }),
  line(5, "recording.started", { ...WANG, ...ZHANG, room: "cardio", has_media: true }),
  line(6, "consent.granted", { ...ZHANG, case: "ca_1" }),
  line(7, "consent.declined", { ...ZHANG, case: "ca_1" }),
  line(8, "participant.joined", { ...WANG, room: "cardio" }),
  line(9, "breakglass.used", { ...WANG, ...ZHANG }),
  line(10, "session.refused", { actor: "", actor_name: "", actor_role: "" }),
  line(11, "device.enrolled", { actor: "dv_1", actor_name: "急诊大厅 一体机", actor_role: "device" }),
  line(12, "manifest.sealed", { actor: "system", actor_name: "", actor_role: "" }),
  line(13, "something.new", { ...WANG }),
];

const detailOf = (one: TraceLine): EventDetail => {
  const raw = JSON.stringify({
    v: 1,
    institution: one.institution,
    sequence: one.sequence,
    kind: one.kind,
    actor: one.actor,
    at_ms: one.at_ms,
    subject: { patient: "pt_1", case: "ca_1", consent: "co_9a3f" },
    before: {},
    after: { purpose: "recording", state: "granted", how: "screen_signature" },
    personal: { note: "5d41402abc4b2a76b9719d911017c592ae2f1c0b4d7e8f9a0b1c2d3e4f5a6b7c" },
    previous: "8be1f0a2c41d704c9d6a5b3e2f1a0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a04",
  });
  return {
    institution: one.institution,
    sequence: one.sequence,
    kind: one.kind,
    actor: {
      id: one.actor,
      name: one.actor_name,
      role: one.actor_role,
      title: "主任医师",
      licences: PEOPLE[1]?.licences ?? [],
    },
    place: {
      institution: "in_1",
      institution_name: "青山县人民医院",
      device: "dv_1",
      device_name: "急诊大厅 一体机",
      room: one.room,
    },
    time: { at_ms: one.at_ms, device_at_ms: one.at_ms - 41, offset_ms: -41, error_ms: 9 },
    patient: { id: "pt_1", name: "张德福", card_end: "0426", sex: "male", birth_year: 1965 },
    subject: { patient: "pt_1", case: "ca_1", consent: "co_9a3f" },
    before: { state: "declined" },
    after: { purpose: "recording", state: "granted", how: "screen_signature" },
    media: one.has_media ? { recording: "r1", position_ms: 150_400 } : null,
    personal: [
      { name: "note", commitment: "5d41402abc4b2a76", value: "家属在场，听明白了", erased_at_ms: null, is_sound: true },
      { name: "phone", commitment: "7d793037a0760186", value: null, erased_at_ms: now - DAY, is_sound: null },
    ],
    hash: "41d704c29c02d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a048be1f0a2c41d704c9d6a",
    previous: "8be1f0a2c41d704c9d6a5b3e2f1a0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a04",
    is_chained: true,
    line: raw,
    fhir: { resourceType: "AuditEvent", recorded: new Date(one.at_ms).toISOString(), outcome: "0" },
  };
};

const VERDICT: LedgerVerdict = {
  institution: "in_1",
  integrity: { verdict: "sound", code: "", sequence: null, detail: "" },
  completeness: { verdict: "sound", code: "", sequence: null, detail: "" },
  events: 5081,
  checkpoint_size: 5081,
  checkpoint_at_ms: now - 900,
  checked_at_ms: now,
};

const ENROLLED: EnrolledDevice = {
  device: device(9, "青溪镇卫生院 1 诊室", "kiosk", {}),
  institution: "in_1",
  clock: { offset_ms: -41, error_ms: 9, is_off: false, sentence: "" },
};

export function mockDesks(state: string): DeskPorts {
  /** Every list of a desk goes through the state that ?state=… asks for. */
  const listed = <T>(value: T, empty: T): Promise<T> => {
    if (state === "empty") return soon(empty);
    if (state === "loading") return never();
    if (state === "offline") return Promise.reject(unreachable());
    if (state === "error")
      return Promise.reject(new ApiFailure(503, "store_unavailable", "资料现在读不出也存不进，请稍后再试", {}));
    return soon(value);
  };
  const done = (): Promise<void> =>
    state === "refused"
      ? Promise.reject(new ApiFailure(409, "licence_known", "证号 110440000103731 已经登记在何志远名下", {}))
      : soon(undefined);
  const code = { code: "K7QM2XPD9RTE4HWC6BNA3VYF8J", page: "/#/activate?code=K7QM2XPD9RTE4HWC6BNA3VYF8J" };
  const once = { ...code, expires_at_ms: now + 3 * DAY };
  return {
    consultations: new MockConsultations(state),
    ecgs: new MockEcgs(),
    ecgReports: new MockEcgReports(),
    patients: {
      findPatients: () =>
        listed(
          {
            patients: [{ id: "pa_1", name: "张德福", card_end: "6618", sex: "male" as const, birth_year: 1965 }],
            isComplete: true,
          },
          { patients: [], isComplete: true },
        ),
    },
    identity: {
      giveCode: (digits) =>
        digits === "123456"
          ? soon({ ...ME, assurance: "two_factors" as const })
          : Promise.reject(new ApiFailure(401, "code_wrong", "验证码不对，还可试 3 次", {})),
      givePasskey: () => Promise.reject(new ApiFailure(400, "passkey_let_be", null, {})),
      offerTotp: () =>
        soon({
          secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
          uri: "otpauth://totp/%E8%81%94%E8%AF%8A:QX0231?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=%E8%81%94%E8%AF%8A",
        }),
      confirmTotp: () => soon({ ...ME, assurance: "two_factors" as const }),
      addPasskey: () => soon({ ...ME, assurance: "two_factors" as const }),
      passkeys: () => soon([{ id: "a", name: "蓝色钥匙", added_at_ms: now - 9 * DAY }]),
      changePassword: () => done(),
      provider: () => soon(state === "provider" ? "sso.qingshan-hospital.cn" : null),
      leaveForProvider: () => never(),
    },
    doors: {
      lookAtFounding: () => soon({ needs_institution: state !== "founded", institution_name: "青溪镇卫生院" }),
      lookAtActivation: () =>
        state === "spent"
          ? Promise.reject(new ApiFailure(410, "code_spent", "这个码用过了，或已经过期。请向管理员要一个新的", {}))
          : soon("QX0231"),
      becomeAdministrator: () => done(),
      activate: () => soon("QX0231"),
      acceptInvitation: () =>
        state === "spent"
          ? Promise.reject(
              new ApiFailure(
                409,
                "invitation_used",
                "这个邀请链接已经用过。每个链接只能用一次，请向邀请人重新要一个",
                {},
              ),
            )
          : soon({ token: "t", room: "cardio", identity: "guest-1", name: "陈小东" }),
      enrol: () =>
        state === "spent"
          ? Promise.reject(new ApiFailure(404, "device_code_wrong", "注册码不对、已用过或已过期", {}))
          : soon(ENROLLED),
      enrolled: () => (state === "device" ? soon(ENROLLED) : soon(null)),
      tryDevice: () => soon(ENROLLED),
    },
    office: {
      institutions: () =>
        listed(
          [
            ["in_1", "QS1024001", "青山县人民医院", "hospital"] as const,
            ["in_2", "", "青溪镇卫生院", "township_clinic"] as const,
            ["in_3", "", "石桥卫生院", "township_clinic"] as const,
            ["in_4", "", "青山县急救站", "ambulance_station"] as const,
          ].map(([id, own, name, kind]) => ({
            id,
            code: own,
            name,
            kind,
            state: "active" as const,
            created_at_ms: now - 400 * DAY,
          })),
          [],
        ),
      addInstitution: () => done().then(() => ({ ...once, page: "/#/first?code=K7QM2XPD9RTE4HWC6BNA3VYF8J" })),
      changeInstitution: () => done(),
      people: (filter) =>
        listed(
          {
            people: PEOPLE.filter(
              (one) =>
                one.name.includes(filter.name) &&
                (filter.role === null || one.roles.includes(filter.role)) &&
                (filter.state === null || one.state === filter.state),
            ),
            next: null,
          },
          { people: [], next: null },
        ),
      addPerson: (fresh) => done().then(() => person(42, fresh.name, fresh.roles, { account: null })),
      changePerson: () => done().then(() => person(1, "陈志远", ["specialist"])),
      setRoles: () => done(),
      addLicence: () =>
        done().then(() => ({ id: "x", number: "1", kind: "physician", valid_until_ms: now, state: "active" })),
      endLicence: () => done(),
      accountCode: () => soon(once),
      suspend: () => done(),
      resume: () => done(),
      devices: () => listed({ devices: DEVICES, next: null }, { devices: [], next: null }),
      addDevice: (name, kind) =>
        soon({
          device: device(7, name, kind, { state: "waiting" }),
          code: "K7QM-2XPD",
          code_expires_at_ms: now + DAY,
        }),
      newDeviceCode: () =>
        soon({
          device: DEVICES[3] ?? device(4, "", "kiosk", {}),
          code: "9RTE-4HWC",
          code_expires_at_ms: now + DAY,
        }),
      revokeDevice: () => done(),
      roster: mockRoster(listed, state),
    },
    traceDesk: {
      kinds: () => soon([...new Set(EVENTS.map((one) => one.kind)), "consent.withdrawn"].sort()),
      search: (search) =>
        listed(
          {
            events: EVENTS.filter((one) => search.kinds.length === 0 || search.kinds.includes(one.kind)),
            patients:
              search.patient === ""
                ? []
                : [
                    { id: "pt_1", name: "张德福", card_end: "0426", sex: "male", birth_year: 1965 },
                    { id: "pt_2", name: "张立福", card_end: "7731", sex: "male", birth_year: 1956 },
                  ],
            next: "more",
          },
          { events: [], patients: [], next: null },
        ),
      event: ({ sequence }) => {
        const found = EVENTS.find((one) => one.sequence === sequence);
        return found === undefined ? never() : soon(detailOf(found));
      },
      breakglass: (which) =>
        listed(
          {
            breakglass: [
              {
                id: "b1",
                person: "pe_2",
                person_name: "王敏",
                room: "",
                patient: "pt_1a2b3c4d5e6f",
                reason: "患者室颤，急看既往抗凝用药，家属不在",
                at_ms: now - 30 * 3_600_000,
                ends_at_ms: now - 29 * 3_600_000,
                due_at_ms: now - 3_600_000,
                is_overdue: true,
                reviewed_at_ms: null,
                reviewer: "",
                reviewer_name: "",
                finding: "" as const,
                review_note: "",
              },
              {
                id: "b2",
                person: "pe_1",
                person_name: "陈志远",
                room: "石桥—县医院 心内",
                patient: "",
                reason: "值班专家断线，代接急诊会诊",
                at_ms: now - 4 * 3_600_000,
                ends_at_ms: now - 3 * 3_600_000,
                due_at_ms: now + 20 * 3_600_000,
                is_overdue: false,
                reviewed_at_ms: which === "reviewed" ? now - 600_000 : null,
                reviewer: "pe_4",
                reviewer_name: "钱慧",
                finding: which === "reviewed" ? ("justified" as const) : ("" as const),
                review_note: which === "reviewed" ? "与值班表一致。" : "",
              },
            ].filter((one) => (one.reviewed_at_ms !== null) === (which === "reviewed")),
            next: null,
          },
          { breakglass: [], next: null },
        ),
      review: () => done(),
    },
    ledger: {
      checkpoints: () =>
        listed(
          {
            checkpoints: [5081, 5044, 4988, 4710].map((size, n) => ({
              institution: "in_1",
              size,
              at_ms: now - n * 3_700_000,
              root: "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=",
              head: "8be1f0a2c41d704c9d6a5b3e2f1a0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a04",
              note: `lianzhen/in_1\n${size}\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nhead 8be1f0a2c41d704c9d6a5b3e2f1a0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a04\ntime ${now}\n\n— lianzhen/in_1 5rTk0xAbCdEf…\n`,
              cosigned_by: n > 0 ? ["weijianju-2026"] : [],
              is_stamped: n > 1,
            })),
            next: "4710",
          },
          { checkpoints: [], next: null },
        ),
      keys: () =>
        listed(
          [
            {
              name: "lianzhen/in_1",
              purpose: "signing" as const,
              suite: "Ed25519",
              fingerprint: "SHA256:9c02d8e7f6a5b4c3d2e1f0a9b8c7d6e5",
              public_key: "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA…\n-----END PUBLIC KEY-----",
            },
            {
              name: "weijianju-2026",
              purpose: "cosigning" as const,
              suite: "Ed25519",
              fingerprint: "SHA256:41d704c29c02d8e7f6a5b4c3d2e1f0a9",
              public_key: "weijianju-2026+1a2b3c4d+AV…",
            },
          ],
          [],
        ),
      verify: () => {
        if (state === "checking") return never();
        if (state !== "tampered") return soon(VERDICT);
        return soon({
          ...VERDICT,
          integrity: { verdict: "faulty", code: "hash", sequence: 287, detail: "这一条的内容和指纹对不上" },
          completeness: { verdict: "faulty", code: "cut", sequence: 409, detail: "后面少 3 条，签过的总数是 412" },
          checkpoint_size: 286,
        });
      },
    },
    running: {
      settings: () =>
        listed([{ name: "second_factor", value: "optional", default: "required", allowed: ["required"] }], []),
      changeSetting: () => done(),
      webhooks: () =>
        listed(
          [
            {
              id: "w1",
              url: "https://jianguan.example.cn/hooks/lianzhen",
              kinds: ["recording.started", "consent.granted", "breakglass.used"],
              state: "active" as const,
              created_at_ms: now - 20 * DAY,
              waiting: 0,
              failing: 0,
              given_up: 0,
              delivered_at_ms: now - 40_000,
            },
            {
              id: "w2",
              url: "https://his.qingshan-hospital.cn/events",
              kinds: [],
              state: "active" as const,
              created_at_ms: now - 20 * DAY,
              waiting: 14,
              failing: 12,
              given_up: 2,
              delivered_at_ms: now - 4 * DAY,
            },
          ],
          [],
        ),
      addWebhook: (url, kinds) =>
        soon({
          webhook: {
            id: "w3",
            url,
            kinds,
            state: "active" as const,
            created_at_ms: now,
            waiting: 0,
            failing: 0,
            given_up: 0,
            delivered_at_ms: null,
          },
          secret: "whsec_5f2c8b7a1d9e4f3a6b0c2d8e7f1a5b9c",
        }),
      changeWebhook: () => done(),
      newWebhookSecret: () => never(),
      endWebhook: () => done(),
      rights: () =>
        state === "error" || state === "offline" || state === "loading" ? listed(RIGHTS, RIGHTS) : soon(RIGHTS),
    },
  };
}
