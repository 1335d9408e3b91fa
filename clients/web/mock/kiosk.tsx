// The kiosk's screens over invented people: kiosk.html?as=clinic_doctor&ecg=… (see ecgs.ts)

import { createRoot } from "react-dom/client";
import type { KioskDesk } from "../src/io/kiosk_ports";
import { keep } from "../src/io/preferences";
import { Kiosk } from "../src/kiosk/Kiosk";
import "../src/ui/tokens.css";
import "../src/ui/parts.css";
import "../src/ui/meet.css";
import "../src/kiosk/kiosk.css";
import { MockBackend } from "./backend";
import { mockDesks } from "./desks";
import { MockDevices } from "./devices";
import { MockMeeting } from "./meeting";

const query = new URLSearchParams(location.search);
for (const name of ["language", "theme"] as const) {
  const chosen = query.get(name);
  if (chosen !== null) keep(name, chosen);
}
const state = query.get("state") ?? "normal";
const root = document.getElementById("root");
if (root === null) throw new Error("no #root");

const patient = { id: "pa_张德福", name: "张德福", card_end: "1234", sex: "male", birth_year: 1965 } as const;
const desk: KioskDesk = {
  findPatients: () => Promise.resolve({ patients: [patient], isComplete: true }),
  notePatient: () => Promise.resolve(patient),
  consentTexts: () => Promise.resolve([]),
  standing: () => Promise.resolve([]),
  giveConsents: () => Promise.resolve(),
  withdraw: () => Promise.resolve(),
  lastSelfTest: () => Promise.resolve({ last: null, clock_offset_ms: 0 }),
  reportSelfTest: () => Promise.resolve(null),
};
createRoot(root).render(
  <Kiosk
    backend={new MockBackend(state)}
    devices={new MockDevices(state)}
    meetings={{ prepare: () => undefined, open: () => Promise.reject(new Error("a kiosk opens calls")) }}
    desks={mockDesks(state)}
    tools={{
      desk,
      voice: { canSpeak: () => false, speak: () => undefined, hush: () => undefined },
      scanner: { isAvailable: () => false, watch: () => () => undefined },
      openCall: (id, choices) => Promise.resolve(new MockMeeting(state, id, choices)),
      prepareCall: () => undefined,
    }}
  />,
);
