// The bar at the top of every page: where one is, who one is, how the network is, what time it is.

import { useState, type ReactNode } from "react";
import { LANGUAGES } from "../messages/speak";
import { hashOf } from "../protocol/route";
import { day, timeOfDay } from "../protocol/times";
import { Icon } from "./Icon";
import { useNow } from "./hooks";
import { Dialog } from "./pieces";
import { useWorld } from "./world";

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
  const weekday = speak(`weekday.${now.getDay() as 0 | 1 | 2 | 3 | 4 | 5 | 6}`);
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

export function Nav({ current }: { current: "rooms" | "recordings" }) {
  const { speak } = useWorld();
  return (
    <nav className="seg">
      <a
        href={hashOf({ screen: "rooms", room: null })}
        className={current === "rooms" ? "on" : ""}
        aria-current={current === "rooms" ? "page" : undefined}
      >
        {speak("nav.rooms")}
      </a>
      <a
        href={hashOf({ screen: "recordings", recording: null })}
        className={current === "recordings" ? "on" : ""}
        aria-current={current === "recordings" ? "page" : undefined}
      >
        {speak("nav.recordings")}
      </a>
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
  if (account === null) return null;
  const signOut = (): void => {
    // Signed out here in any case: a session that the service could not end runs out there by itself.
    backend.signOut().then(signedOut, signedOut);
  };
  return (
    <>
      <button
        type="button"
        className="btn ghost account"
        aria-haspopup="dialog"
        aria-label={speak("app.menu", { name: account.name })}
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
          <button type="button" className="btn full" onClick={signOut}>
            <Icon name="end" size={18} />
            {speak("app.signOut")}
          </button>
          <p className="fine">{speak("app.about")}</p>
        </Dialog>
      )}
    </>
  );
}
