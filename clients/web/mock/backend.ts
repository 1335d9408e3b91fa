// A service that lives in the page: invented accounts, rooms and recordings.

import type { Backend } from "../src/io/ports";
import {
  ApiFailure,
  unreachable,
  type DemoAccount,
  type Push,
  type RecordingDetail,
  type RecordingSummary,
  type RoomEvent,
  type RoomSummary,
  type RoomToken,
  type Verification,
} from "../src/protocol/api";
import type { CaseTimeline } from "../src/protocol/replay";
import type { Account, Role } from "../src/protocol/session";
import { replayClocks } from "./ecgs";

/** ?as=supervisor (or any other role) shows the pages of that role. */
const PEOPLE: Readonly<Record<string, { login: string; name: string; roles: Role[] }>> = {
  clinic_doctor: { login: "zhoulan", name: "周岚", roles: ["clinic_doctor"] },
  specialist: { login: "wangmin", name: "王敏", roles: ["specialist", "duty_expert"] },
  supervisor: { login: "qianhui", name: "钱慧", roles: ["supervisor"] },
  administrator: { login: "sunli", name: "孙莉", roles: ["administrator"] },
  auditor: { login: "hejing", name: "何静", roles: ["auditor"] },
};

const as = new URLSearchParams(location.search).get("as") ?? "clinic_doctor";
const me = PEOPLE[as] ?? { login: "zhoulan", name: "周岚", roles: ["clinic_doctor"] };
export const ME: Account = {
  account: me.login,
  identity: me.login,
  name: me.name,
  place: as === "clinic_doctor" ? "石桥卫生院 全科" : "青山县人民医院",
  role: me.roles[0] ?? "clinic_doctor",
  may_record: true,
  person: "pe_0",
  institution: "in_1",
  institution_name: "青山县人民医院",
  roles: me.roles,
  assurance: "two_factors",
  second_factor: "totp",
  second_factors: ["totp"],
  idle_after_s: 900,
};

const today = (hours: number, minutes: number, seconds = 0): number => new Date().setHours(hours, minutes, seconds, 0);
const never = <T>(): Promise<T> => new Promise<T>(() => undefined);
const soon = <T>(value: T): Promise<T> => new Promise((done) => window.setTimeout(() => done(value), 60));

/** States of ?state=… in which the password was given and something more is asked. */
const STEPS: Readonly<Record<string, Partial<Account>>> = {
  code: { assurance: "password", second_factor: "totp", second_factors: ["totp", "passkey"] },
  passkey: { assurance: "password", second_factor: "passkey", second_factors: ["passkey"] },
  enrol: { assurance: "password", second_factor: "needed", second_factors: [] },
};

export class MockBackend implements Backend {
  readonly #state: string;
  #isSignedIn: boolean;
  #push: ((push: Push) => void) | null = null;
  #events: RoomEvent[] = [
    { sequence: 1, at_ms: today(14, 4, 10), kind: "room_opened", actor_name: "陈志远", text: "" },
    { sequence: 2, at_ms: today(14, 4, 12), kind: "recording_started", actor_name: "陈志远", text: "" },
    { sequence: 3, at_ms: today(14, 5, 31), kind: "joined", actor_name: "李建平", text: "" },
    { sequence: 4, at_ms: today(14, 9, 46), kind: "joined", actor_name: "周岚", text: "" },
    { sequence: 5, at_ms: today(14, 13, 20), kind: "mark", actor_name: "周岚", text: "下周三复查肺功能，周岚约" },
  ];

  constructor(state: string) {
    this.#state = state;
    this.#isSignedIn = !["signin", "wrong", "locked", "offline1", "insecure"].includes(state);
  }

  session(): Promise<Account> {
    if (this.#state === "offline1") return Promise.reject(unreachable());
    const step = STEPS[this.#state];
    if (step !== undefined) return soon({ ...ME, ...step });
    return this.#isSignedIn ? soon(ME) : Promise.reject(new ApiFailure(401, "signed_out", null, {}));
  }

  signIn(): Promise<Account> {
    if (this.#state === "wrong") return Promise.reject(new ApiFailure(401, "password_wrong", null, { tries_left: 4 }));
    if (this.#state === "locked")
      return Promise.reject(new ApiFailure(423, "account_locked", null, { retry_after_s: 290 }));
    const step = STEPS[this.#state];
    return soon({ ...ME, ...step });
  }

  signOut(): Promise<void> {
    return Promise.resolve();
  }

  demoAccounts(): Promise<DemoAccount[]> {
    if (this.#state === "insecure") return Promise.resolve([]);
    return soon([
      { account: "zhoulan", name: "周岚", place: "石桥卫生院 全科", password: "x" },
      { account: "chenzhiyuan", name: "陈志远", place: "县医院 呼吸科", password: "x" },
      { account: "lijianping", name: "李建平", place: "青溪镇卫生院", password: "x" },
      { account: "wangmin", name: "王敏", place: "县医院 心内科", password: "x" },
    ]);
  }

  rooms(): Promise<RoomSummary[]> {
    if (this.#state === "empty") return soon([]);
    if (this.#state === "loading") return never();
    if (this.#state === "offline") return Promise.reject(unreachable());
    if (this.#state === "error") return Promise.reject(new ApiFailure(500, "http_500", null, {}));
    const chen = { identity: "chenzhiyuan", name: "陈志远" };
    const li = { identity: "lijianping", name: "李建平" };
    return soon([
      {
        room: "clinic",
        title: { zh: "门诊讨论室", en: "Clinic discussion room" },
        recording_policy: "on_request",
        is_recording: true,
        opened_at_ms: Date.now() - 5 * 60_000,
        participants: [chen, li],
      },
      {
        room: "cardio",
        title: { zh: "石桥—县医院 心内", en: "Shiqiao to county, cardiology" },
        recording_policy: "on_request",
        is_recording: false,
        opened_at_ms: Date.now() - 60_000,
        participants: [{ identity: "wangmin", name: "王敏" }],
      },
      {
        room: "nursing",
        title: { zh: "护理交班", en: "Nursing handover" },
        recording_policy: "on_request",
        is_recording: false,
        opened_at_ms: null,
        participants: [],
      },
      {
        room: "trial",
        title: { zh: "设备试机", en: "Device trial" },
        recording_policy: "never",
        is_recording: false,
        opened_at_ms: null,
        participants: [],
      },
    ]);
  }

  roomToken(room: string): Promise<RoomToken> {
    return soon({ token: "", room, identity: "zhoulan" });
  }

  startRecording(): Promise<void> {
    return Promise.reject(new ApiFailure(507, "disk_full", null, {}));
  }

  stopRecording(): Promise<void> {
    return Promise.reject(new ApiFailure(500, "http_500", null, {}));
  }

  mark(room: string, text: string): Promise<void> {
    if (this.#state === "l5") return Promise.reject(unreachable());
    const event = { sequence: this.#events.length + 1, at_ms: Date.now(), kind: "mark", actor_name: "周岚", text };
    this.#events = [...this.#events, event];
    this.#push?.({ type: "room_event", room, event });
    return Promise.resolve();
  }

  roomEvents(_room: string, after: number): Promise<RoomEvent[]> {
    return soon(this.#events.filter((event) => event.sequence > after));
  }

  recordings(): Promise<RecordingSummary[]> {
    if (this.#state === "empty") return soon([]);
    if (this.#state === "loading") return never();
    if (this.#state === "error") return Promise.reject(new ApiFailure(500, "http_500", null, {}));
    return soon([this.#detail("r1"), this.#detail("r2"), this.#detail("r3"), this.#detail("r4")]);
  }

  recording(id: string): Promise<RecordingDetail> {
    if (this.#state === "forbidden") return Promise.reject(new ApiFailure(403, "not_permitted", null, {}));
    return soon(this.#detail(id));
  }

  caseTimeline(): Promise<CaseTimeline> {
    return soon({ events: [], recording: "" });
  }

  verification(): Promise<Verification> {
    if (this.#state === "checking") return never();
    const isTampered = this.#state === "tampered";
    const isHoled = this.#state === "holes" || isTampered;
    return soon({
      integrity: {
        verdict: isTampered ? "altered" : "unaltered",
        segments: 112,
        signature: "valid",
        fault: isTampered ? { file: "TR_VC4fk2-0017.webm", offset: 40_213, code: "segment_altered" } : null,
      },
      completeness: {
        verdict: isHoled ? "something_missing" : "nothing_missing",
        events_from: 1,
        events_to: 86,
        known_gaps: [{ identity: "lijianping", from_ms: 38_000, to_ms: 44_000, cause: "link_lost" }],
        fault: isHoled ? { file: "TR_VC4fk2-0018.webm", offset: null, code: "segment_missing" } : null,
      },
    });
  }

  roundTrip(): Promise<number> {
    const isAway = this.#state === "offline" || this.#state === "offline1";
    return isAway ? Promise.reject(unreachable()) : soon(18);
  }

  watch(onPush: (push: Push) => void, onLink: (isOpen: boolean) => void): () => void {
    this.#push = onPush;
    onLink(true);
    return () => {
      this.#push = null;
    };
  }

  #detail(id: string): RecordingDetail {
    const names = id === "r2" ? ["王敏", "周岚"] : ["陈志远", "李建平", "周岚"];
    const start = {
      r1: today(14, 4),
      r2: today(10, 12),
      r3: today(15, 0) - 86_400_000,
      r4: today(14, 30) - 5 * 86_400_000,
    };
    const T = 60_000;
    return {
      recording_id: id,
      room: "clinic",
      title:
        id === "r2"
          ? { zh: "石桥—县医院 心内", en: "Shiqiao to county, cardiology" }
          : { zh: "门诊讨论室", en: "Clinic discussion room" },
      state: id === "r2" ? "recording" : id === "r3" ? "interrupted" : "sealed",
      started_at_ms: start[id as keyof typeof start],
      duration_ms: T,
      participants: names,
      gap_count: id === "r1" ? 1 : 0,
      lanes: [
        {
          identity: "chenzhiyuan",
          name: names[0] ?? "",
          media_url: "/a.webm",
          media_type: "video/webm",
          starts_at_ms: 0,
          spans: [{ from_ms: 0, to_ms: T }],
          gaps: [],
        },
        {
          identity: "lijianping",
          name: names[1] ?? "",
          media_url: this.#state === "broken" ? "/none.webm" : "/b.webm",
          media_type: "video/webm",
          starts_at_ms: 5000,
          spans: [
            { from_ms: 5000, to_ms: 38_000 },
            { from_ms: 44_000, to_ms: T },
          ],
          gaps: [{ from_ms: 38_000, to_ms: 44_000, cause: "link_lost" }],
        },
        ...(names.length < 3
          ? []
          : [
              {
                identity: "zhoulan",
                name: "周岚",
                media_url: "",
                media_type: "",
                starts_at_ms: 18_000,
                spans: [{ from_ms: 18_000, to_ms: 59_000 }],
                gaps: [],
              },
            ]),
      ],
      events: [
        ["recording_started", 200, "陈志远", ""],
        ["joined", 5000, "李建平", ""],
        ["joined", 18_000, "周岚", ""],
        ["mark", 30_000, "周岚", "复查肺功能"],
        ["link_lost", 38_000, "李建平", ""],
        ["link_back", 44_000, "李建平", ""],
        ["recording_stopped", 59_800, "陈志远", ""],
      ].map(([kind, offset, actor, text], index) => ({
        sequence: index + 1,
        offset_ms: Number(offset),
        at_ms: start.r1 + Number(offset),
        kind: String(kind),
        actor_name: String(actor),
        text: String(text),
      })),
      clocks: replayClocks,
    };
  }
}
