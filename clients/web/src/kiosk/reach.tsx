// What the kiosk's screens may reach besides the world that all pages share.

import { createContext, use } from "react";
import type { KioskDesk, Scanner, Voice } from "../io/kiosk_ports";
import type { Meeting } from "../io/ports";
import type { EnterChoices } from "../protocol/meeting";

export interface KioskTools {
  desk: KioskDesk;
  voice: Voice;
  scanner: Scanner;
  /** Opens a stay in the room of a case. What speaks with it is the largest part of the page and is fetched apart. */
  openCall: (id: string, choices: EnterChoices) => Promise<Meeting>;
  /** Fetches that part before it is needed. */
  prepareCall: () => void;
}

export const KioskContext = createContext<KioskTools | null>(null);

export function useKiosk(): KioskTools {
  const tools = use(KioskContext);
  if (tools === null) throw new Error("a screen stands outside KioskContext");
  return tools;
}
