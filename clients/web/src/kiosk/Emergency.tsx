// 急救: the place of one-touch alerting, which is not built yet. It tells nobody, says so, and shows whom to phone.

import { emergencyPhones } from "../protocol/kiosk_way";
import { useLoaded } from "../ui/hooks";
import { useWorld } from "../ui/world";
import { KioskIcon } from "./KioskIcon";
import { Sheet } from "./pieces";

/** The emergency number of the country; it needs no roster. */
const NATIONAL_NUMBER = "120";
/** More do not fit without scrolling, and nobody reads them. */
const MAX_NUMBERS = 3;

export function Emergency({ onClose }: { onClose: () => void }) {
  const { consultations, language, speak } = useWorld();
  const directory = useLoaded("directory", () => consultations.directory());
  const phones = emergencyPhones(directory.value ?? []).slice(0, MAX_NUMBERS);
  const nameOf = (code: string): string => {
    const names = directory.value?.find((one) => one.code === code)?.name;
    return names?.[language === "en" ? "en" : "zh"] ?? code;
  };
  return (
    <Sheet title={speak("kiosk.emergency.title")} kind="crit" onClose={onClose}>
      <h3 className="k-lead">
        <KioskIcon name="amb" size={64} weight={1.2} />
        {speak("kiosk.emergency.lead")}
      </h3>
      <ul className="k-phones">
        <li>
          <span>{speak("kiosk.emergency.120")}</span>
          <b>{NATIONAL_NUMBER}</b>
        </li>
        {phones.map((one) => (
          <li key={one.duty_phone}>
            <span>
              {one.institution_name} {nameOf(one.code)}
            </span>
            <b>{one.duty_phone}</b>
          </li>
        ))}
      </ul>
      {directory.value !== null && phones.length === 0 && <p className="k-body">{speak("kiosk.emergency.none")}</p>}
      <p className="k-body">{speak("kiosk.emergency.more")}</p>
    </Sheet>
  );
}
