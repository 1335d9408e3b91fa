// Whether a signed opinion still is what was signed: looked at when it is shown, in the kiosk as at the specialist's.

import { timeOfDay } from "../../protocol/times";
import { Icon } from "../Icon";
import { useLoaded } from "../hooks";
import { useWorld } from "../world";

export function OpinionVerdict({ id }: { id: string }) {
  const { consultations, speak } = useWorld();
  const check = useLoaded(`check ${id}`, () => consultations.checkOpinion(id));
  const { value, loadedAt_ms } = check;
  if (value === null) {
    return (
      <span className="opinion-verdict" role="status">
        <span className="ring-mark" aria-hidden="true" />
        <b>{speak("case.word.check.unchecked")}</b>
        {check.failure !== null && (
          <button type="button" className="btn small" onClick={check.reload}>
            {speak("app.retry")}
          </button>
        )}
      </span>
    );
  }
  if (value.is_unaltered) {
    return (
      <span className="opinion-verdict" role="status">
        <span className="ok">
          <Icon name="check" size={18} weight={2.4} />
        </span>
        <b className="ok">{speak("case.word.check.unaltered")}</b>
        <span className="i2">{speak("case.word.check.at", { time: timeOfDay(new Date(loadedAt_ms ?? 0)) })}</span>
      </span>
    );
  }
  const faults = value.faults.map((fault) => speak(`case.word.fault.${fault}`)).join(speak("app.listComma"));
  return (
    <span className="opinion-verdict" role="alert">
      <span className="tri" aria-hidden="true" />
      <b className="crit">{speak("case.word.check.altered")}</b>
      <span>
        {faults}
        {"\u3000"}
        {speak("case.word.check.act")}
      </span>
    </span>
  );
}
