// Joins the screens of the meeting page to the real world.

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserDevices } from "../io/devices";
import { RestConsultations } from "../io/consultations";
import { RestDoors } from "../io/doors";
import { RestIdentity } from "../io/identity";
import { LiveMeeting } from "../io/live_meeting";
import { RestOffice } from "../io/office";
import { RestBackend } from "../io/rest";
import { RestLedger, RestRunning, RestTraceDesk } from "../io/trace_desk";
import { App } from "../ui/App";
import "../ui/tokens.css";
import "../ui/parts.css";
import "../ui/meet.css";
import "../ui/desk.css";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

const backend = new RestBackend();
const desks = {
  identity: new RestIdentity(),
  doors: new RestDoors(),
  office: new RestOffice(),
  traceDesk: new RestTraceDesk(),
  ledger: new RestLedger(),
  running: new RestRunning(),
  consultations: new RestConsultations(),
};
createRoot(root).render(
  <StrictMode>
    <App
      backend={backend}
      devices={new BrowserDevices()}
      openMeeting={(room, choices, token) =>
        new LiveMeeting(token === undefined ? backend : { roomToken: () => Promise.resolve(token) }, room, choices)
      }
      openGuestBackend={(token) => new RestBackend(token)}
      desks={desks}
    />
  </StrictMode>,
);
