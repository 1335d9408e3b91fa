// The bar at the top of every page: where one is, who one is, how the network is, what time it is.

import { Suspense, useState, type ReactNode } from "react";
import { LANGUAGES } from "../messages/speak";
import { hospitalClock } from "../protocol/hospital_time";
import { hashOf, returnFrom, type Route } from "../protocol/route";
import { areasFor, sectionsFor, type Area } from "../protocol/screens";
import type { Role } from "../protocol/session";
import { day, timeOfDay } from "../protocol/times";
import { Icon } from "./Icon";
import { useNow } from "./hooks";
import { Dialog } from "./pieces";
import { later } from "./later";
import { useWorld } from "./world";

// Few who come open it, and never to work.
const Security = later(() => import("./Security").then((part) => part.Security));

/** Slower than this, people begin to talk over each other. */
const SLOW_ROUND_TRIP_MS = 400;

export function Top({ children }: { children: ReactNode }) {
  return <header className="top">{children}</header>;
}

export function Brand({ isWideOnly = false }: { isWideOnly?: boolean }) {
  const { speak } = useWorld();
  return (
    <span className={isWideOnly ? "brand wide" : "brand"} lang="zh-CN">
      {speak("brand")}
    </span>
  );
}

export function WallClock({ withDay = false }: { withDay?: boolean }) {
  const { speak } = useWorld();
  const now = new Date(useNow(1000));
  const weekday = speak(`weekday.${hospitalClock(now).weekday as 0 | 1 | 2 | 3 | 4 | 5 | 6}`);
  return (
    <>
      {withDay && <span className="i3 wide">{`${day(now)} ${weekday}`}</span>}
      <b className="time">{timeOfDay(now, false)}</b>
    </>
  );
}

export function NetworkChip() {
  const { network, speak } = useWorld();
  if (!network.is_known || network.round_trip_ms === null) return null;
  const ms = Math.round(network.round_trip_ms);
  return ms > SLOW_ROUND_TRIP_MS ? (
    <span className="tag warn chip wide">{speak("net.slow", { ms })}</span>
  ) : (
    <span className="tag ok chip wide">{speak("net.good")}</span>
  );
}

const HOME: Readonly<Record<Area, Route>> = {
  work: { screen: "work" },
  rooms: { screen: "rooms", room: null },
  recordings: { screen: "recordings", recording: null },
  trace: { screen: "trace", section: "search" },
  ledger: { screen: "ledger" },
  admin: { screen: "admin", section: "people" },
};

/** Where an area begins for these roles. */
export function homeOf(area: Area, roles: readonly Role[]): string {
  if (area !== "admin") return hashOf(HOME[area]);
  return hashOf({ screen: "admin", section: sectionsFor(roles)[0] ?? "people" });
}

/** The areas of the pages that the caller's roles open. */
export function Nav({ current }: { current: Area }) {
  const { account, speak } = useWorld();
  const roles = account?.roles ?? [];
  return (
    <nav className="seg nav">
      {areasFor(roles).map((area) => (
        <a
          key={area}
          href={homeOf(area, roles)}
          className={current === area ? "on" : ""}
          aria-current={current === area ? "page" : undefined}
        >
          {speak(`nav.${area}`)}
        </a>
      ))}
    </nav>
  );
}

/** Chooses the language of the pages; each name is written in its own language. */
export function LanguageSwitch() {
  const { language, setLanguage, speak } = useWorld();
  return (
    <span className="seg" role="group" aria-label={speak("app.language.name")}>
      {LANGUAGES.map((one) => (
        <button
          key={one}
          type="button"
          lang={one}
          className={one === language ? "on" : ""}
          aria-pressed={one === language}
          onClick={() => setLanguage(one)}
        >
          {speak(`app.language.${one}`)}
        </button>
      ))}
    </span>
  );
}

export function ThemeSwitch() {
  const { theme, setTheme, speak } = useWorld();
  return (
    <span className="seg" role="group" aria-label={speak("app.theme.name")}>
      <button
        type="button"
        className={theme === "light" ? "on" : ""}
        aria-pressed={theme === "light"}
        onClick={() => setTheme("light")}
      >
        {speak("app.theme.light")}
      </button>
      <button
        type="button"
        className={theme === "reading" ? "on" : ""}
        aria-pressed={theme === "reading"}
        onClick={() => setTheme("reading")}
      >
        {speak("app.theme.dark")}
      </button>
    </span>
  );
}

export function KeysSwitch() {
  const { hasKeys, setKeys, speak } = useWorld();
  return (
    <span className="seg" role="group" aria-label={speak("app.keys")}>
      <button type="button" className={hasKeys ? "on" : ""} aria-pressed={hasKeys} onClick={() => setKeys(true)}>
        {speak("app.keys.on")}
      </button>
      <button type="button" className={hasKeys ? "" : "on"} aria-pressed={!hasKeys} onClick={() => setKeys(false)}>
        {speak("app.keys.off")}
      </button>
    </span>
  );
}

/** Language, brightness and keys as rows, for a dialog. */
export function Settings() {
  const { speak } = useWorld();
  return (
    <>
      <div className="setting">
        <span>{speak("app.language.name")}</span>
        <LanguageSwitch />
      </div>
      <div className="setting">
        <span>{speak("app.theme.name")}</span>
        <ThemeSwitch />
      </div>
      <div className="setting wide">
        <span>{speak("app.keys")}</span>
        <KeysSwitch />
      </div>
    </>
  );
}

export function AccountMenu() {
  const { account, backend, signedOut, speak } = useWorld();
  const [isOpen, setOpen] = useState(false);
  const [isSecuring, setSecuring] = useState(() => returnFrom(location.hash) === "linked");
  if (account === null) return null;
  const signOut = (): void => {
    // Signed out here in any case: a session that the service could not end runs out there by itself.
    backend
      .signOut()
      .catch(() => undefined)
      .finally(() => {
        signedOut("left");
        // The next one to sign in begins where their own role works.
        location.replace(hashOf({ screen: "home" }));
      });
  };
  return (
    <>
      <button
        type="button"
        className="btn ghost account"
        aria-haspopup="dialog"
        title={speak("app.menu", { name: account.name })}
        onClick={() => setOpen(true)}
      >
        <b>{account.name}</b>
        <span className="i2 wide">{account.place}</span>
        <Icon name="down" size={16} />
      </button>
      {isOpen && (
        <Dialog title={account.name} kind="menu" onClose={() => setOpen(false)}>
          <p className="i2 menu-place">{account.place}</p>
          <Settings />
          <button
            type="button"
            className="btn full"
            onClick={() => {
              setOpen(false);
              setSecuring(true);
            }}
          >
            <Icon name="key" size={18} />
            {speak("app.security")}
          </button>
          <button type="button" className="btn full" onClick={signOut}>
            <Icon name="end" size={18} />
            {speak("app.signOut")}
          </button>
          <p className="fine">{speak("app.about")}</p>
        </Dialog>
      )}
      {isSecuring && (
        <Suspense>
          <Security onClose={() => setSecuring(false)} />
        </Suspense>
      )}
    </>
  );
}
