// K3: four purposes, none of them preset; read aloud, signed by finger or answered by voice. A no costs no care.

import { useState } from "react";
import { signatureImage } from "../io/signature_image";
import { ApiFailure } from "../protocol/api";
import {
  answer,
  BLANK_SHEET,
  consentBody,
  endsHere,
  give,
  GIVERS,
  needsGuardian,
  refused,
  sheetGaps,
  unanswered,
  type Sheet as ConsentSheet,
} from "../protocol/consent_sheet";
import { ageAt, CONSENT_PURPOSES, type Consultation } from "../protocol/consultation";
import { isSignature } from "../protocol/signature";
import { Icon } from "../ui/Icon";
import { useActing, useLoaded, useTitle } from "../ui/hooks";
import { useWorld } from "../ui/world";
import { Bar, Choice, NextAct, patientWords, Sheet, Trouble } from "./pieces";
import { ReadAloud } from "./ReadAloud";
import { SignaturePad, type Drawn } from "./SignaturePad";
import { useKiosk } from "./reach";

const EMPTY: Drawn = { strokes: [], size: { width: 1, height: 1 } };

export function Consent(props: {
  one: Consultation;
  onBack: () => void;
  onInvited: (one: Consultation) => void;
  /** The patient wants no consultation: nobody is called. */
  onRefused: () => void;
}) {
  const { consultations, language, speak } = useWorld();
  const { desk } = useKiosk();
  const { one } = props;
  useTitle(speak("kiosk.consent.title"));
  const short = language === "en" ? "en" : "zh";
  const texts = useLoaded(`texts ${short}`, () => desk.consentTexts(short));
  const [drawn, setDrawn] = useState(EMPTY);
  const [state, setState] = useState(BLANK_SHEET);
  const [isNoted, setNoted] = useState(false);
  const [kept, setKept] = useState("");
  const [isChoosing, setChoosing] = useState(false);
  const act = useActing();
  const age = ageAt(one.patient.birth_year, new Date());
  const sheet: ConsentSheet = { ...state, is_signed: isSignature(drawn.strokes) };
  const change = (next: ConsentSheet): void => {
    setState(next);
    // A sheet for another person is a new sheet.
    if (next.giver !== state.giver) setDrawn(EMPTY);
  };
  const gaps = sheetGaps(sheet, age);
  const isEnd = endsHere(sheet);
  const shown = texts.value ?? [];

  const note = async (): Promise<void> => {
    if (isNoted) return;
    const isInk = sheet.means === "screen_signature" && sheet.is_signed;
    const image = isInk ? await signatureImage(drawn.strokes, drawn.size) : null;
    if (isInk && image === null) throw new ApiFailure(400, "signature_insecure", null, {});
    if (image !== null && image.sha256 !== kept) {
      // The picture first: a hash in the ledger without the picture it is of would prove nothing.
      const name = `consent-signature-${image.sha256.slice(0, 8)}.png`;
      await consultations.attach(one.id, {
        kind: "consent_signature",
        name,
        media_type: "image/png",
        content: image.png,
      });
      setKept(image.sha256);
    }
    await desk.giveConsents(consentBody(sheet, shown, { patient: one.patient.id, case: one.id }, image?.sha256 ?? ""));
    setNoted(true);
  };
  const confirm = (): void =>
    act.run(async () => {
      await note();
      if (isEnd) {
        await consultations.cancel(one.id, "resolved", "");
        props.onRefused();
      } else props.onInvited(await consultations.invite(one.id));
    });

  const no = refused(sheet).filter((purpose) => purpose !== "consultation");
  const lock =
    shown.length < CONSENT_PURPOSES.length ? speak("kiosk.consent.locked") : gaps.length === 0 ? null : gapWords();
  function gapWords(): string {
    const [gap] = gaps;
    if (gap === undefined) return "";
    return gap === "answers"
      ? speak("kiosk.consent.gap.answers", { count: unanswered(sheet) })
      : speak(`kiosk.consent.gap.${gap}`);
  }
  return (
    <>
      <Bar
        title={speak("kiosk.consent.title")}
        more={patientWords(one.patient, speak)}
        onBack={isNoted ? undefined : props.onBack}
      >
        <span className="i2">{speak("kiosk.step", { step: 2 })}</span>
      </Bar>
      <main className="k-consent">
        {texts.value !== null ? (
          <ReadAloud key={short} texts={shown} />
        ) : (
          <section className="k-pane k-read">
            <Trouble failure={texts.failure} />
            {texts.failure !== null && (
              <button type="button" className="k-btn" onClick={texts.reload}>
                {speak("kiosk.consent.textFailed")}
              </button>
            )}
          </section>
        )}
        <section className="k-sheet-side">
          {CONSENT_PURPOSES.map((purpose) => (
            <div key={purpose} className="k-item" role="group" aria-label={speak(`kiosk.purpose.${purpose}`)}>
              <div>
                <h3>{speak(`kiosk.purpose.${purpose}`)}</h3>
                <p className="i2">{speak(`kiosk.purposeMore.${purpose}`)}</p>
              </div>
              <Choice
                isOn={sheet.answers[purpose] === true}
                isDisabled={isNoted}
                onChoose={() => change(answer(state, purpose, true))}
              >
                {speak("kiosk.consent.yes")}
              </Choice>
              <Choice
                isOn={sheet.answers[purpose] === false}
                isDisabled={isNoted}
                onChoose={() => change(answer(state, purpose, false))}
              >
                {speak("kiosk.consent.no")}
              </Choice>
            </div>
          ))}
          <div className="k-sign-box">
            <div className="k-sign-who">
              <b>{speak("kiosk.consent.sign")}</b>
              <span className="i2 clip">
                {sheet.giver === "patient"
                  ? speak("kiosk.giver.patient")
                  : speak("kiosk.consent.byWho", {
                      giver: speak(`kiosk.giver.${sheet.giver}`),
                      name: sheet.giver_name,
                    })}
              </span>
            </div>
            {sheet.means === "voice" ? (
              <p className="k-sign-voice">{speak("kiosk.consent.voiceSays")}</p>
            ) : (
              <div className="k-pad-box">
                {drawn.strokes.length === 0 && <span className="k-pad-hint">{speak("kiosk.consent.signHere")}</span>}
                <SignaturePad label={speak("kiosk.consent.signHere")} drawn={drawn} onDrawn={setDrawn} />
              </div>
            )}
            {sheet.means === "screen_signature" && drawn.strokes.length > 0 && (
              <button type="button" className="k-btn slim" onClick={() => setDrawn(EMPTY)}>
                {speak("kiosk.consent.resign")}
              </button>
            )}
          </div>
        </section>
      </main>
      <div className="k-acts">
        {act.failure?.code === "signature_insecure" ? (
          <p className="k-trouble" role="alert">
            <span className="tri" aria-hidden="true" />
            {speak("kiosk.consent.noHash")}
          </p>
        ) : act.failure !== null ? (
          <Trouble failure={act.failure} />
        ) : isEnd ? (
          <span className="i2">{speak("kiosk.consent.endsHere")}</span>
        ) : no.length > 0 ? (
          <span className="i2">
            {speak("kiosk.consent.refusedList", {
              purposes: no.map((purpose) => speak(`kiosk.purpose.${purpose}`)).join(speak("app.listComma")),
            })}{" "}
            <b>{speak("kiosk.consent.noHarm")}</b>
          </span>
        ) : (
          <span className="i2">{speak("kiosk.consent.nothingPreset")}</span>
        )}
        <span className="sp" />
        <button type="button" className="k-btn slim" disabled={isNoted} onClick={() => setChoosing(true)}>
          {speak("kiosk.consent.who")}
        </button>
        <button
          type="button"
          className="k-btn slim"
          disabled={isNoted}
          onClick={() => change(give(state, { means: sheet.means === "voice" ? "screen_signature" : "voice" }))}
        >
          <Icon name={sheet.means === "voice" ? "pin" : "mic"} size={24} />
          {speak(sheet.means === "voice" ? "kiosk.consent.signInstead" : "kiosk.consent.voiceInstead")}
        </button>
        <NextAct
          lock={lock}
          isBusy={act.isBusy}
          words={speak(
            act.isBusy
              ? "kiosk.consent.saving"
              : act.failure !== null
                ? "kiosk.consent.saveFailed"
                : isEnd
                  ? "kiosk.consent.goRefused"
                  : "kiosk.consent.go",
          )}
          onAct={confirm}
        />
      </div>
      {isChoosing && (
        <Sheet title={speak("kiosk.consent.who")} onClose={() => setChoosing(false)}>
          <div className="k-row">
            {GIVERS.map((giver) => (
              <Choice
                key={giver}
                isOn={sheet.giver === giver}
                isDisabled={giver === "patient" && needsGuardian(age)}
                onChoose={() => change(give(state, { giver }))}
              >
                {speak(`kiosk.giver.${giver}`)}
              </Choice>
            ))}
          </div>
          {sheet.giver !== "patient" && (
            <label className="k-field">
              <span className="i2">{speak("kiosk.consent.whoName")}</span>
              <input
                autoFocus
                maxLength={100}
                value={sheet.giver_name}
                onChange={(event) => change(give(state, { giver_name: event.target.value }))}
              />
            </label>
          )}
          <div className="k-row end">
            <button type="button" className="k-btn act" onClick={() => setChoosing(false)}>
              {speak("kiosk.consent.whoDone")}
            </button>
          </div>
        </Sheet>
      )}
    </>
  );
}
