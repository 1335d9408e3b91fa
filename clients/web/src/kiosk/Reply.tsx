// K5: the signed opinion, and the treating side's decision item by item. Nothing is adopted by itself.

import { useState } from "react";
import {
  adoptedCount,
  adoptingGap,
  decideItem,
  decideWhole,
  giveReason,
  itemsToSend,
  REFUSAL_REASONS,
  undecided,
  type Adopting,
} from "../protocol/adopting";
import { ADOPTIONS, may, type Consultation } from "../protocol/consultation";
import { timeOfDay } from "../protocol/times";
import { Icon } from "../ui/Icon";
import { OpinionVerdict } from "../ui/consult/OpinionVerdict";
import { useActing, useLoaded, useTitle } from "../ui/hooks";
import { whenWords } from "../ui/words";
import { useWorld } from "../ui/world";
import { Bar, Choice, Clock, NextAct, patientWords, Sheet, Trouble } from "./pieces";
import { useKiosk } from "./reach";

export function Reply(props: {
  one: Consultation;
  onCase: (one: Consultation) => void;
  onBack: () => void;
  onHome: () => void;
}) {
  const { consultations, language, speak } = useWorld();
  const { voice } = useKiosk();
  const { one } = props;
  useTitle(speak("kiosk.reply.title"));
  const loaded = useLoaded(`opinion ${one.id} ${one.state}`, () => consultations.opinion(one.id));
  const opinion = loaded.value;
  const advice = opinion?.advice ?? [];
  const [chosen, setChosen] = useState<Adopting | null>(null);
  const adopting = chosen?.items.length === advice.length ? chosen : undecided(advice.length);
  const [asked, setAsked] = useState<number | null>(null);
  const act = useActing();
  const isOpen = may(one, "acknowledge");
  const gap = adoptingGap(adopting);
  const adopted = adoptedCount(adopting);
  const submit = (): void => {
    const { whole } = adopting;
    if (whole === null) return;
    const items = itemsToSend(adopting, (reason) => speak(`kiosk.why.${reason}`));
    act.run(async () => props.onCase(await consultations.acknowledge(one.id, whole, items)));
  };
  const refuse = (index: number): void => {
    setChosen(decideItem(adopting, index, false));
    setAsked(index);
  };
  const readOut = (): void => {
    const words = [opinion?.findings ?? "", ...advice].join("。");
    voice.speak(words, language, () => undefined);
  };
  return (
    <>
      <Bar title={speak("kiosk.reply.title")} more={patientWords(one.patient, speak)} onBack={props.onBack}>
        {one.opinion?.state === "signed" && (
          <span className="k-sign ok">
            <Icon name="check" size={24} weight={2.4} />
            <b>{speak("kiosk.reply.signedWhen", { when: whenWords(new Date(one.signed_at_ms ?? 0), speak) })}</b>
          </span>
        )}
        <Clock />
      </Bar>
      <main className="k-reply">
        <section className="k-pane k-opinion">
          {opinion === null || opinion.state !== "signed" ? (
            <p className="k-body">
              {loaded.failure === null && opinion !== null ? speak("kiosk.reply.notYet") : ""}
              <Trouble failure={loaded.failure} />
            </p>
          ) : (
            <>
              <div className="k-opinion-head">
                <p className="k-findings">{opinion.findings}</p>
                <span className="i2 nb">
                  {speak("kiosk.reply.critical")}{" "}
                  <b className={opinion.critical_value === true ? "crit" : ""}>
                    {speak(
                      opinion.critical_value === null
                        ? "kiosk.reply.criticalUnsaid"
                        : opinion.critical_value
                          ? "kiosk.reply.criticalYes"
                          : "kiosk.reply.criticalNo",
                    )}
                  </b>
                </span>
              </div>
              <ol className="k-advice">
                {advice.map((words, index) => {
                  const item = adopting.items[index];
                  const answered = opinion.items[index];
                  return (
                    <li key={index}>
                      <span className="k-no">{index + 1}</span>
                      <span>
                        <b>{words}</b>
                        {item?.reason != null && <small>{speak(`kiosk.why.${item.reason}`)}</small>}
                        {!isOpen && answered !== undefined && !answered.adopted && <small>{answered.reason}</small>}
                      </span>
                      {isOpen && (adopting.whole === "part" || adopting.whole === "none") && (
                        <span className="k-pair">
                          {adopting.whole === "part" && (
                            <Choice
                              isOn={item?.isAdopted === true}
                              onChoose={() => setChosen(decideItem(adopting, index, true))}
                            >
                              {speak("kiosk.adopt.full")}
                            </Choice>
                          )}
                          <Choice isOn={item?.isAdopted === false} onChoose={() => refuse(index)}>
                            {speak("kiosk.adopt.none")}
                          </Choice>
                        </span>
                      )}
                      {!isOpen && answered !== undefined && (
                        <span className="k-tag">
                          {speak(answered.adopted ? "kiosk.adopt.full" : "kiosk.adopt.none")}
                        </span>
                      )}
                    </li>
                  );
                })}
              </ol>
              <div className="k-signed">
                <div>
                  <b>{opinion.author_name}</b>　{one.invited.institution_name}{" "}
                  {one.specialty_name[language === "en" ? "en" : "zh"]}
                  <div className="i2">
                    {speak("kiosk.reply.signedAt", {
                      time: timeOfDay(new Date(opinion.signed_at_ms ?? one.signed_at_ms ?? 0)),
                    })}
                    {"\u3000"}
                    {speak("kiosk.reply.fingerprint")} <span className="mono">{opinion.fingerprint.slice(0, 16)}</span>
                  </div>
                  <OpinionVerdict id={one.id} />
                </div>
              </div>
            </>
          )}
        </section>
        <aside className="k-decide">
          {isOpen ? (
            <>
              <h2 className="k-step">{speak("kiosk.reply.decide")}</h2>
              <p className="i2">{speak("kiosk.reply.decideMore")}</p>
              {ADOPTIONS.map((whole) => (
                <button
                  key={whole}
                  type="button"
                  className={adopting.whole === whole ? "k-radio on" : "k-radio"}
                  aria-pressed={adopting.whole === whole}
                  onClick={() => setChosen(decideWhole(adopting, whole))}
                >
                  <span className="k-dot" aria-hidden="true" />
                  {speak(`kiosk.adopt.${whole}`)}
                </button>
              ))}
              {adopting.whole === "part" && (
                <p role="status">
                  <b>
                    {speak("kiosk.reply.count", {
                      yes: adopted,
                      no: adopting.items.filter((item) => item.isAdopted === false).length,
                    })}
                  </b>
                  <br />
                  <span className="i2">{speak("kiosk.reply.countMore")}</span>
                </p>
              )}
            </>
          ) : (
            one.adoption !== "" && (
              <h2 className="k-step">
                {speak("kiosk.reply.done", { adoption: speak(`kiosk.adopt.${one.adoption}`) })}
              </h2>
            )
          )}
          <span className="sp" />
          <p className="i2">{speak("kiosk.reply.refer")}</p>
        </aside>
      </main>
      <div className="k-acts">
        {voice.canSpeak(language) && opinion !== null && (
          <button type="button" className="k-btn" onClick={readOut}>
            <Icon name="sound" size={28} />
            {speak("kiosk.reply.listen")}
          </button>
        )}
        {opinion?.state === "signed" && (
          <a className="k-btn" href={consultations.pdfAddress(one.id)} target="_blank" rel="noreferrer">
            {speak("kiosk.reply.print")}
          </a>
        )}
        <Trouble failure={act.failure} />
        <span className="sp" />
        {isOpen && opinion !== null ? (
          <NextAct
            lock={gap === null ? null : speak(`kiosk.reply.gap.${gap}`)}
            isBusy={act.isBusy}
            words={
              act.isBusy
                ? speak("kiosk.reply.sending")
                : act.failure !== null
                  ? speak("kiosk.reply.failed")
                  : speak(`kiosk.reply.go.${adopting.whole ?? "full"}`, { yes: adopted, all: advice.length })
            }
            onAct={submit}
          />
        ) : (
          <button type="button" className="k-btn act k-next" onClick={props.onHome}>
            {speak("kiosk.call.home")}
          </button>
        )}
      </div>
      {asked !== null && (
        <Sheet title={speak("kiosk.reply.why")} onClose={() => setAsked(null)}>
          <p className="k-body">{advice[asked]}</p>
          <div className="k-grid k-two">
            {REFUSAL_REASONS.map((reason) => (
              <Choice
                key={reason}
                isOn={adopting.items[asked]?.reason === reason}
                onChoose={() => {
                  setChosen(giveReason(adopting, asked, reason));
                  setAsked(null);
                }}
              >
                {speak(`kiosk.why.${reason}`)}
              </Choice>
            ))}
          </div>
        </Sheet>
      )}
    </>
  );
}
