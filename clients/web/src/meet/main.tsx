// Joins the screens of the meeting page to the real world.

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserDevices } from "../io/devices";
import { LiveMeeting } from "../io/live_meeting";
import { RestBackend } from "../io/rest";
import { App } from "../ui/App";
import "../ui/tokens.css";
import "../ui/parts.css";
import "../ui/meet.css";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

const backend = new RestBackend();
createRoot(root).render(
  <StrictMode>
    <App
      backend={backend}
      devices={new BrowserDevices()}
      openMeeting={(room, choices) => new LiveMeeting(backend, room, choices)}
    />
  </StrictMode>,
);
