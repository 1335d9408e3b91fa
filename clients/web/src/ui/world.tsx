// What every screen may reach: the outside world through its ports, the language, and the one live region.

import { createContext, use } from "react";
import type { News } from "../protocol/api";
import type { Account } from "../protocol/session";
import type { DeskPorts } from "../io/desk_ports";
import type { Backend, Devices, Meetings } from "../io/ports";
import type { Language, Speak } from "../messages/speak";

export interface Network {
  /** The last round trip in milliseconds; null while the service does not answer. */
  round_trip_ms: number | null;
  /** It has been asked at least once. */
  is_known: boolean;
  tries: number;
  /** When it is asked again (wall clock). */
  next_try_at_ms: number;
  last_good_at_ms: number | null;
  tryNow: () => void;
}

/** Why the sign-in page stands there: one left by will, the session ran out, or nobody touched the page. */
export type Leaving = "left" | "expired" | "idle";

export interface World extends DeskPorts {
  backend: Backend;
  devices: Devices;
  meetings: Meetings;
  language: Language;
  speak: Speak;
  setLanguage: (language: Language) => void;
  theme: "light" | "reading";
  setTheme: (theme: "light" | "reading") => void;
  hasKeys: boolean;
  setKeys: (hasKeys: boolean) => void;
  network: Network;
  account: Account | null;
  signedIn: (account: Account) => void;
  /** The session is over, by will or by time. */
  signedOut: (why: Leaving) => void;
  /** Why the last session ended here; null before the first. */
  leaving: Leaving | null;
  onPush: (listener: (news: News) => void) => () => void;
  /** Says something to a screen reader, once. */
  announce: (sentence: string, isUrgent?: boolean) => void;
}

export const WorldContext = createContext<World | null>(null);

export function useWorld(): World {
  const world = use(WorldContext);
  if (world === null) throw new Error("a screen stands outside WorldContext");
  return world;
}
