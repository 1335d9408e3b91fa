// The four consents, each with its answer in words.

import type { CaseConsent } from "../../protocol/consultation";
import { useWorld } from "../world";

export function ConsentWords({ consents }: { consents: readonly CaseConsent[] }) {
  const { speak } = useWorld();
  return (
    <span className="consents">
      {consents.map(({ purpose, state }) => (
        <span key={purpose} className="nb">
          {speak(`case.word.purpose.${purpose}`)}{" "}
          {state === "none" ? (
            <span className="i3">{speak("case.word.consent.none")}</span>
          ) : (
            <b>{speak(`case.word.consent.${state}`)}</b>
          )}
        </span>
      ))}
    </span>
  );
}
