// The way out for an ECG whose gateway does not come back: a person declares the rest lost, with a reason; what was
// declared stands above the ECG for everybody.

import { useState } from "react";
import type { LiveEcg } from "../../io/ecg_ports";
import { mayEcg, type Ecg } from "../../protocol/ecg";
import { timeOfDay } from "../../protocol/times";
import { LinesField, Refused, SaveRow } from "../forms";
import { useActing, useEvery, useNow } from "../hooks";
import { Dialog } from "../pieces";
import { momentWords } from "../words";
import { useWorld } from "../world";
import { tenths } from "./ecg_words";

/** As signaling/api/ecg_models.py has it. */
const REASON_LIMIT = 500;
/** The gateway may come back, or somebody else may have decided. */
const ASK_EVERY_MS = 10_000;
const MISSING_SHOWN = 6;

export function EcgGivingUp({ live, ecg }: { live: LiveEcg; ecg: Ecg }) {
  const { speak, ecgs } = useWorld();
  const [isAsking, setAsking] = useState(false);
  const now_ms = useNow(1000);
  const isAway = ecg.state !== "recording" || live.watch.lostSinceUs !== null;
  const isWaitedFor = !ecg.is_complete && ecg.given_up === null && isAway && ecg.give_up_from_ms !== null;
  useEvery(isWaitedFor ? ASK_EVERY_MS : null, () => {
    ecgs.get(ecg.id).then(
      (told) => live.watch.receiveEcg(told),
      () => undefined,
    );
  });
  if (ecg.given_up !== null && !ecg.is_complete)
    return (
      <p className="ecg-strip" role="status">
        <span className="tri" aria-hidden="true" />
        <b>{speak("ecg.givenUp", { seconds: tenths(ecg.given_up.missing_ms) })}</b>
        {!ecg.is_end_known && <span>{speak("ecg.givenUp.more")}</span>}
        <span>
          {speak("ecg.givenUp.by", {
            name: ecg.given_up.by_name,
            time: momentWords(ecg.given_up.at_ms, speak),
            reason: ecg.given_up.reason,
          })}
        </span>
      </p>
    );
  if (!isWaitedFor || !mayEcg(ecg, "give_up")) return null;
  const from_ms = ecg.give_up_from_ms;
  return (
    <div className="ecg-strip away">
      <span className="chip-hatch" aria-hidden="true" />
      <span>{speak("ecg.giveUp.away")}</span>
      <span className="sp" />
      {now_ms < from_ms ? (
        <span>{speak("ecg.giveUp.from", { time: timeOfDay(new Date(from_ms)) })}</span>
      ) : (
        <button type="button" className="btn small" onClick={() => setAsking(true)}>
          {speak("ecg.giveUp")}
        </button>
      )}
      {isAsking && <GiveUpDialog live={live} ecg={ecg} onClose={() => setAsking(false)} />}
    </div>
  );
}

function GiveUpDialog({ live, ecg, onClose }: { live: LiveEcg; ecg: Ecg; onClose: () => void }) {
  const { speak, ecgs, announce } = useWorld();
  const [reason, setReason] = useState("");
  const act = useActing();
  const rateHz = ecg.descriptor?.rate_hz ?? 0;
  const give = (): void =>
    act.run(async () => {
      live.watch.receiveEcg(await ecgs.giveUp(ecg.id, reason.trim()));
      announce(speak("ecg.giveUp.done"));
      onClose();
    });
  return (
    <Dialog title={speak("ecg.giveUp.title")} onClose={onClose}>
      <p>{speak("ecg.giveUp.what")}</p>
      <p>
        <b>{speak("ecg.giveUp.missing", { seconds: tenths(ecg.missing_ms) })}</b>
        {!ecg.is_end_known && ` ${speak("ecg.givenUp.more")}`}
      </p>
      {rateHz > 0 && (
        <ul>
          {ecg.missing.slice(0, MISSING_SHOWN).map((one) => (
            <li key={`${one.epoch} ${one.first}`}>
              {speak("ecg.giveUp.stretch", {
                time: one.from_us === null ? "--" : timeOfDay(new Date(one.from_us / 1000)),
                seconds: ((one.end - one.first) / rateHz).toFixed(1),
              })}
            </li>
          ))}
          {ecg.missing.length > MISSING_SHOWN && (
            <li>{speak("ecg.giveUp.others", { count: ecg.missing.length - MISSING_SHOWN })}</li>
          )}
        </ul>
      )}
      <LinesField
        label={speak("ecg.giveUp.reason")}
        rows={2}
        maxLength={REASON_LIMIT}
        value={reason}
        onChange={setReason}
      />
      <Refused failure={act.failure} />
      <SaveRow
        isBusy={act.isBusy}
        isOff={reason.trim() === ""}
        save={speak("ecg.giveUp")}
        onCancel={onClose}
        onSave={give}
      />
    </Dialog>
  );
}
