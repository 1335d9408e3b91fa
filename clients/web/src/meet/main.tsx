// Joins the screens of the meeting page to the real world.

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserDevices } from "../io/devices";
import { RestConsultations } from "../io/consultations";
import { RestDoors } from "../io/doors";
import { RestEcgReports } from "../io/ecg_reports";
import { RestEcgs } from "../io/ecgs";
import { RestIdentity } from "../io/identity";
import { RestPatients } from "../io/patients";
import { RestOffice } from "../io/office";
import { RestBackend } from "../io/rest";
import type { Meetings } from "../io/ports";
import { RestLedger, RestRunning, RestTraceDesk } from "../io/trace_desk";
import { unreachable } from "../protocol/api";
import { App } from "../ui/App";
import "../ui/tokens.css";
import "../ui/parts.css";
import "../ui/meet.css";
import "../ui/desk.css";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

const backend = new RestBackend();
const live = () => import("../io/live_meeting");
const meetings: Meetings = {
  prepare: () => void live().catch(() => undefined),
  open: async (room, choices, token) => {
    const { LiveMeeting } = await live().catch(() => {
      throw unreachable();
    });
    return new LiveMeeting(token === undefined ? backend : { roomToken: () => Promise.resolve(token) }, room, choices);
  },
};
const desks = {
  identity: new RestIdentity(),
  doors: new RestDoors(),
  office: new RestOffice(),
  traceDesk: new RestTraceDesk(),
  ledger: new RestLedger(),
  running: new RestRunning(),
  consultations: new RestConsultations(),
  ecgs: new RestEcgs(),
  ecgReports: new RestEcgReports(),
  patients: new RestPatients(),
};
createRoot(root).render(
  <StrictMode>
    <App
      backend={backend}
      devices={new BrowserDevices()}
      meetings={meetings}
      openGuestBackend={(token) => new RestBackend(token)}
      desks={desks}
    />
  </StrictMode>,
);
