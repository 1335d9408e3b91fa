// The kiosk: who is signed in, whom it is about, and which of its screens stands there.

import { Suspense, useState } from "react";
import type { DeskPorts } from "../io/desk_ports";
import type { Backend, Devices, Meetings } from "../io/ports";
import type { Consultation } from "../protocol/consultation";
import { EMPTY_INTAKE, type Intake } from "../protocol/intake";
import { nextScreen, type Screen, type Touch } from "../protocol/kiosk_way";
import { IdleWatch } from "../ui/IdleWatch";
import { SecondFactor } from "../ui/SecondFactor";
import { SignIn } from "../ui/SignIn";
import { WorldFrame } from "../ui/WorldFrame";
import { CaseScreens } from "./CaseScreens";
import { Consent } from "./Consent";
import { Emergency } from "./Emergency";
import { EcgPlace } from "./EcgPlace";
import { Home } from "./Home";
import { NightTest } from "./NightTest";
import { PatientPick, type KnownPatient } from "./PatientPick";
import { Replies } from "./Replies";
import { Request } from "./Request";
import { SelfTestPage } from "./SelfTestPage";
import { later } from "../ui/later";
import { KioskContext, type KioskTools } from "./reach";

// Fetched behind the first screen.
const CriticalRing = later(() => import("./CriticalRing").then((part) => part.CriticalRing));

export function Kiosk(props: {
  backend: Backend;
  devices: Devices;
  meetings: Meetings;
  desks: DeskPorts;
  tools: KioskTools;
}) {
  const { tools, ...world } = props;
  return (
    <KioskContext value={tools}>
      <WorldFrame {...world}>
        {(entry) => (
          <>
            {entry.step === "unknown" ? null : entry.step === "in" ? (
              <Inside key={entry.account.identity} />
            ) : (
              <div className="k-door">
                {entry.step === "sign_in" ? (
                  <SignIn lead="kiosk.signIn.lead" />
                ) : (
                  <SecondFactor account={entry.account} />
                )}
              </div>
            )}
            <NightTest isIdle={entry.step !== "in"} />
          </>
        )}
      </WorldFrame>
    </KioskContext>
  );
}

function Inside() {
  const [screen, setScreen] = useState<Screen>("home");
  const [patient, setPatient] = useState<KnownPatient | null>(null);
  const [intake, setIntake] = useState<Intake>(EMPTY_INTAKE);
  const [draft, setDraft] = useState<Consultation | null>(null);
  const [caseId, setCaseId] = useState<string | null>(null);
  const [isEmergency, setEmergency] = useState(false);
  const go = (touch: Touch): void => setScreen((before) => nextScreen(before, touch));
  const onEmergency = (): void => setEmergency(true);

  const begin = (known: KnownPatient): void => {
    // Another patient, another request: nothing of the one before may be left in it.
    if (known.line.id !== patient?.line.id) {
      setIntake(EMPTY_INTAKE);
      setDraft(null);
    }
    setPatient(known);
    go("patient_known");
  };
  const open = (one: Consultation): void => {
    if (one.state === "drafted") {
      // The request's own patient, not the one who stands there now: the screen before asks for them anew.
      setPatient(null);
      setDraft(one);
      setScreen("consent");
      return;
    }
    setCaseId(one.id);
    setScreen(one.state === "signed" || one.adoption !== "" ? "reply" : "ringing");
  };
  const finish = (): void => {
    setCaseId(null);
    setDraft(null);
    setIntake(EMPTY_INTAKE);
    setScreen("home");
  };
  const isInCase = caseId !== null && (screen === "ringing" || screen === "reply");

  return (
    <>
      <IdleWatch isInRoom={screen === "ringing"} />
      <div className="kiosk">
        {isInCase ? (
          <CaseScreens
            key={caseId}
            id={caseId}
            start={screen}
            onHome={finish}
            onReplies={() => setScreen("replies")}
            onEmergency={onEmergency}
          />
        ) : screen === "patient" ? (
          <PatientPick onBack={() => go("back")} onKnown={begin} />
        ) : screen === "request" && patient !== null ? (
          <Request
            patient={patient.line}
            intake={intake}
            onIntake={setIntake}
            draft={draft}
            onBack={() => go("back")}
            onDrafted={(one) => {
              setDraft(one);
              go("go_on");
            }}
          />
        ) : screen === "consent" && draft !== null ? (
          <Consent
            one={draft}
            onBack={() => (patient === null ? finish() : go("back"))}
            onInvited={(one) => {
              setCaseId(one.id);
              setDraft(null);
              setIntake(EMPTY_INTAKE);
              go("go_on");
            }}
            onRefused={finish}
          />
        ) : screen === "replies" ? (
          <Replies onBack={() => go("back")} onOpen={open} />
        ) : screen === "ecg" ? (
          <EcgPlace onBack={() => go("back")} patient={patient?.line ?? null} onAsk={() => go("ask")} />
        ) : screen === "selftest" ? (
          <SelfTestPage onBack={() => go("back")} />
        ) : (
          <Home
            patient={patient}
            onPatient={begin}
            onTouch={go}
            onForget={() => setPatient(null)}
            onOpen={open}
            onEmergency={onEmergency}
          />
        )}
      </div>
      <Suspense>
        <CriticalRing />
      </Suspense>
      {isEmergency && <Emergency onClose={() => setEmergency(false)} />}
    </>
  );
}
