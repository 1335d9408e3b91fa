// Joins the screens of the kiosk to the real world. A bundle of its own: a township line loads nothing it does not show.

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RestConsultations } from "../io/consultations";
import { BrowserDevices } from "../io/devices";
import { RestDoors } from "../io/doors";
import { RestEcgReports } from "../io/ecg_reports";
import { RestEcgs } from "../io/ecgs";
import { RestIdentity } from "../io/identity";
import { RestKioskDesk } from "../io/kiosk_desk";
import { RestPatients } from "../io/patients";
import { RestOffice } from "../io/office";
import { RestRosterDesk } from "../io/roster";
import { RestBackend } from "../io/rest";
import { CameraScanner } from "../io/scanner";
import { RestLedger, RestRunning, RestTraceDesk } from "../io/trace_desk";
import { BrowserVoice } from "../io/voice";
import "../ui/tokens.css";
import "../ui/parts.css";
import "../ui/meet.css";
import "./kiosk.css";
import { Kiosk } from "./Kiosk";
import type { KioskTools } from "./reach";

const root = document.getElementById("root");
if (root === null) throw new Error("kiosk.html has no #root");

const consultations = new RestConsultations();
const live = () => import("../io/live_meeting");
const tools: KioskTools = {
  desk: new RestKioskDesk(),
  voice: new BrowserVoice(),
  scanner: new CameraScanner(),
  openCall: async (id, choices) =>
    new (await live()).LiveMeeting({ roomToken: () => consultations.enter(id) }, id, choices),
  prepareCall: () => {
    // A part that does not come now is asked for again when it is needed, and its absence is told then.
    live().catch(() => undefined);
  },
};
const desks = {
  identity: new RestIdentity(),
  doors: new RestDoors(),
  office: new RestOffice(),
  rosterDesk: new RestRosterDesk(),
  traceDesk: new RestTraceDesk(),
  ledger: new RestLedger(),
  running: new RestRunning(),
  consultations,
  ecgs: new RestEcgs(),
  ecgReports: new RestEcgReports(),
  patients: new RestPatients(),
};
createRoot(root).render(
  <StrictMode>
    <Kiosk
      backend={new RestBackend()}
      devices={new BrowserDevices()}
      meetings={{
        prepare: () => undefined,
        open: () => Promise.reject(new Error("a kiosk enters no room but that of its case: openCall")),
      }}
      desks={desks}
      tools={tools}
    />
  </StrictMode>,
);
