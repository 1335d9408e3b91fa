// Beside the work list: whether one is on duty, and whether a call would be heard, seen, and could be signed.

import { useState, type ReactNode } from "react";
import { askForNotices, noticeState, type NoticeState } from "../../io/desk_notice";
import { keep, kept } from "../../io/preferences";
import { tryRing } from "../../io/ring_sound";
import type { DirectorySpecialty } from "../../protocol/consultation";
import { day } from "../../protocol/times";
import { useLoaded } from "../hooks";
import { Icon } from "../Icon";
import { useWorld } from "../world";

/** Nobody stands on a roster beyond the second line (clinical/duty.py). */
const LINES = [1, 2] as const;

export function DutyPane() {
  const { consultations, account, speak, network, language } = useWorld();
  const directory = useLoaded("directory", () => consultations.directory());
  const own = directory.value?.filter((one) => one.institution === account?.institution) ?? null;
  const name = (one: DirectorySpecialty): string => one.name[language === "en" ? "en" : "zh"];
  const duties = own?.flatMap((one) =>
    one.on_duty
      .filter((person) => person.person === account?.person)
      .map((person) => ({ specialty: one, line: person.line })),
  );
  const isOn = duties !== undefined && duties.length > 0;
  // Whoever has no duty sees who takes the calls of each specialty that is staffed now.
  const firsts = own?.flatMap((one) => {
    const person = one.on_duty.find((each) => each.line === 1);
    return person === undefined ? [] : [{ code: one.code, specialty: name(one), name: person.name }];
  });
  const backups = (duties ?? [])
    .filter((duty) => duty.line === 1)
    .flatMap((duty) => duty.specialty.on_duty.filter((person) => person.line === 2));
  const ms = network.round_trip_ms;
  return (
    <aside className="pane duty" aria-label={speak("s0.duty")}>
      <div>
        <div className="lbl">{speak("s0.duty")}</div>
        <div className="duty-state">{speak(own === null ? "s0.dutyUnknown" : isOn ? "s0.dutyOn" : "s0.dutyOff")}</div>
        <div className="i2">
          {own === null && directory.failure !== null && speak("s0.dutyUnknownMore")}
          {duties?.map((duty) => (
            <div key={`${duty.specialty.code} ${duty.line}`}>
              {speak("s0.dutyLines", {
                specialty: name(duty.specialty),
                line: speak(`s0.line.${LINES.find((line) => line === duty.line) ?? 1}`),
              })}
            </div>
          ))}
          {own !== null && !isOn && firsts?.length === 0 && speak("s0.dutyNobody")}
          {!isOn && firsts?.slice(0, 3).map((one) => <div key={one.code}>{speak("s0.dutyNow", one)}</div>)}
        </div>
      </div>
      <div className="duty-rows">
        <RingRow />
        <NoticeRow />
        <Row isGood={account !== null && account.second_factors.length > 0} label={speak("s0.factor")}>
          {account?.second_factors.includes("passkey") === true
            ? speak("s0.factorPasskey")
            : speak(account?.second_factors.includes("totp") === true ? "s0.factorTotp" : "s0.factorNone")}
        </Row>
        {isOn && (
          <Row
            isGood={backups.length > 0}
            label={speak("s0.backup")}
            more={backups.length > 0 && speak("s0.backupAfter")}
          >
            {backups.length > 0 ? backups.map((one) => one.name).join(speak("app.listComma")) : speak("s0.backupNone")}
          </Row>
        )}
        <Row isGood={ms !== null} label={speak("s0.network")}>
          {ms === null ? speak("s0.networkNone") : speak("s0.networkGood", { ms: Math.round(ms) })}
        </Row>
      </div>
    </aside>
  );
}

function Row(props: { isGood: boolean; label: string; more?: ReactNode; children: ReactNode }) {
  return (
    <div className="duty-row">
      {props.isGood ? (
        <span className="ok">
          <Icon name="check" weight={2.4} />
        </span>
      ) : (
        <span className="tri" aria-hidden="true" />
      )}
      <span className="i2">{props.label}</span>
      <b>{props.children}</b>
      <span className="i3">{props.more}</span>
    </div>
  );
}

/** The ring, sounded once a day by the person who must hear it. */
function RingRow() {
  const { speak } = useWorld();
  const today = day(new Date());
  const [testedOn, setTestedOn] = useState(() => kept("ring_tested"));
  const [isSilent, setSilent] = useState(false);
  const isTested = testedOn === today;
  const test = (): void => {
    void tryRing().then((isHeard) => {
      setSilent(!isHeard);
      if (!isHeard) return;
      keep("ring_tested", today);
      setTestedOn(today);
    });
  };
  return (
    <Row
      isGood={isTested && !isSilent}
      label={speak("s0.ring")}
      more={
        <button type="button" className="btn small" onClick={test}>
          {speak(isTested ? "s0.ringAgain" : "s0.ringTest")}
        </button>
      }
    >
      {speak(isSilent ? "s0.ringSilent" : isTested ? "s0.ringTested" : "s0.ringUntested")}
    </Row>
  );
}

function NoticeRow() {
  const { speak } = useWorld();
  const [state, setState] = useState<NoticeState>(() => noticeState());
  const ask = (): void => void askForNotices().then(setState);
  return (
    <Row
      isGood={state === "granted"}
      label={speak("s0.notice")}
      more={
        state === "default" && (
          <button type="button" className="btn small" onClick={ask}>
            {speak("s0.noticeAsk")}
          </button>
        )
      }
    >
      {speak(`s0.notice.${state}`)}
    </Row>
  );
}
