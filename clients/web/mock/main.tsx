// The screens over invented people and rooms: ?state=… chooses what goes wrong, the hash chooses the screen.

import { createRoot } from "react-dom/client";
import { keep } from "../src/io/preferences";
import { App } from "../src/ui/App";
import "../src/ui/tokens.css";
import "../src/ui/parts.css";
import "../src/ui/meet.css";
import "../src/ui/desk.css";
import { MockBackend } from "./backend";
import { mockDesks } from "./desks";
import { MockDevices } from "./devices";
import { MockMeeting } from "./meeting";

// ?language=en&theme=reading: what a person would have chosen.
for (const name of ["language", "theme"] as const) {
  const chosen = new URLSearchParams(location.search).get(name);
  if (chosen !== null) keep(name, chosen);
}
const state = new URLSearchParams(location.search).get("state") ?? "normal";
const root = document.getElementById("root");
if (root === null) throw new Error("no #root");
const backend = new MockBackend(state);
const desks = mockDesks(state);
createRoot(root).render(
  <App
    backend={backend}
    devices={new MockDevices(state)}
    meetings={{
      prepare: () => undefined,
      open: (room, choices) => Promise.resolve(new MockMeeting(state, room, choices)),
    }}
    openGuestBackend={() => backend}
    desks={desks}
  />,
);
