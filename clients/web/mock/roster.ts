// A roster that lives in the page: two weeks of three specialties, with a gap, an overlap, slots and phones.

import type { RosterDesk } from "../src/io/desk_ports";
import { ApiFailure } from "../src/protocol/api";
import { midnightsOfWeek, type RosterGap, type RosterSpan, type Shift, type Slot } from "../src/protocol/roster";

const HOUR = 3_600_000;
const now = Date.now();

const SPECIALTIES = [
  ["cardiology", "心内科", "Cardiology"],
  ["respiratory", "呼吸内科", "Respiratory medicine"],
  ["neurology", "神经内科", "Neurology"],
  ["pediatrics", "儿科", "Paediatrics"],
] as const;

const shift = (
  code: string,
  line: 1 | 2,
  [person, name]: readonly [string, string],
  from_ms: number,
  hours: number,
): Shift => ({
  id: `sh_${code}_${line}_${from_ms}`,
  specialty: code,
  line,
  person,
  name,
  from_ms,
  until_ms: from_ms + hours * HOUR,
});

const WANG = ["pe_2", "王敏"] as const;
const DENG = ["pe_6", "邓凯"] as const;
const LUO = ["pe_7", "罗瑞"] as const;
const CHEN = ["pe_1", "陈志远"] as const;

function weekOf(weeks: number): Shift[] {
  return midnightsOfWeek(now, weeks)
    .slice(0, -1)
    .flatMap((midnight, n) => {
      const [day, night] = n % 2 === 0 ? [WANG, DENG] : [DENG, LUO];
      const cardiology = [
        shift("cardiology", 1, day, midnight + 8 * HOUR, 9.5),
        shift("cardiology", 2, n % 3 === 0 ? LUO : WANG, midnight + 8 * HOUR, 24),
      ];
      // Saturday night is still to be filled.
      if (n !== 5) cardiology.push(shift("cardiology", 1, night, midnight + 17.5 * HOUR, 14.5));
      const respiratory = n < 5 ? [shift("respiratory", 1, CHEN, midnight + 8 * HOUR, 9.5)] : [];
      const neurology = n === 2 ? [shift("neurology", 1, WANG, midnight + 9 * HOUR, 3)] : [];
      return [...cardiology, ...respiratory, ...neurology];
    });
}

const SHIFTS = [-1, 0, 1].flatMap(weekOf);

function gapsOf(shifts: readonly Shift[], from_ms: number, until_ms: number): RosterGap[] {
  return [...new Set(shifts.map((one) => one.specialty))].flatMap((specialty) => {
    const gaps: RosterGap[] = [];
    let covered_ms = from_ms;
    const first = shifts.filter((one) => one.specialty === specialty && one.line === 1);
    for (const one of first.sort((a, b) => a.from_ms - b.from_ms)) {
      if (one.from_ms > covered_ms) gaps.push({ specialty, line: 1, from_ms: covered_ms, until_ms: one.from_ms });
      covered_ms = Math.max(covered_ms, one.until_ms);
    }
    if (covered_ms < until_ms) gaps.push({ specialty, line: 1, from_ms: covered_ms, until_ms });
    return gaps;
  });
}

const slot = (n: number, from_ms: number, is_booked: boolean): Slot => ({
  id: `sl_${n}`,
  specialty: n % 2 === 0 ? "cardiology" : "respiratory",
  person: n % 2 === 0 ? "pe_2" : "pe_1",
  name: n % 2 === 0 ? "王敏" : "陈志远",
  title: n % 2 === 0 ? "主任医师" : "副主任医师",
  from_ms,
  until_ms: from_ms + HOUR / 2,
  is_booked,
});

export function mockRoster(listed: <T>(value: T, empty: T) => Promise<T>, state: string): RosterDesk {
  const refused = (code: string, words: string, facts: Record<string, unknown> = {}): Promise<never> =>
    Promise.reject(new ApiFailure(409, code, words, facts));
  const done = (): Promise<void> =>
    state === "refused" ? refused("shift_person_twice", "这位医生在这个专科的这段时间已经排了班") : Promise.resolve();
  return {
    specialties: () => Promise.resolve(SPECIALTIES.map(([code, zh, en]) => ({ code, name: { zh, en } }))),
    shifts: ({ from_ms, until_ms }) => {
      const shifts = SHIFTS.filter((one) => one.from_ms < until_ms && one.until_ms > from_ms);
      const wang = shifts.filter((one) => one.specialty === "neurology");
      const beside = shifts.filter((one) => one.person === "pe_2" && one.specialty === "cardiology" && one.line === 1);
      const overlaps = wang.flatMap((one) =>
        beside
          .filter((other) => other.from_ms < one.until_ms && other.until_ms > one.from_ms)
          .map((other) => ({ ...one, kind: "same_person" as const, first: one.id, second: other.id })),
      );
      const roster: RosterSpan = { shifts, gaps: gapsOf(shifts, from_ms, until_ms), overlaps, is_complete: true };
      return listed(roster, { shifts: [], gaps: [], overlaps: [], is_complete: true });
    },
    addShift: () => done(),
    removeShift: () => done(),
    phones: () =>
      listed(
        [
          { specialty: "cardiology", phone: "0571-8800 1234 转 602" },
          { specialty: "respiratory", phone: "0571-8800 1250" },
        ],
        [],
      ),
    setPhones: (phones) => Promise.resolve(phones),
    slots: ({ from_ms }) =>
      listed(
        [0, 1, 2, 3].map((n) => slot(n, from_ms + (24 * (n + 2) + 14 + n / 2) * HOUR, n === 1)),
        [],
      ),
    openSlot: () => done(),
    closeSlot: () => done(),
    export: (_, format) => Promise.resolve({ name: `roster.${format}`, media_type: "text/csv", text: "" }),
    import: () =>
      state === "refused"
        ? refused("roster_not_taken", "没有导入，一条也没有改。第 3 行：没有这个专科：“心内可”。", {
            faults: [
              { line: 3, reason: "specialty_unknown", detail: "第 3 行：没有这个专科：“心内可”。" },
              {
                line: 5,
                reason: "time_unreadable",
                detail: "第 5 行：看不懂这个时间：“明早”；请写成 2026-11-22 08:00。",
              },
            ],
          })
        : Promise.resolve({ added: 12, known: 3 }),
  };
}
