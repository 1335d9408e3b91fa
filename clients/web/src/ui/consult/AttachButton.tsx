// Adds a file to the case.

import { useRef } from "react";
import type { Consultation } from "../../protocol/consultation";
import { STILL_LIMIT_BYTES } from "../../protocol/still_request";
import { useActing } from "../hooks";
import { Icon } from "../Icon";
import { ApiFailure } from "../../protocol/api";
import { failureWords } from "../words";
import { useWorld } from "../world";

/** What the service takes (it looks at the content, not at the name). */
const TAKEN = "image/jpeg,image/png,application/pdf,text/plain";

export function AttachButton({ one, onDone }: { one: Consultation; onDone: () => void }) {
  const { speak, consultations } = useWorld();
  const input = useRef<HTMLInputElement>(null);
  const act = useActing();
  const send = (file: File): void =>
    act.run(async () => {
      if (file.size > STILL_LIMIT_BYTES) throw new ApiFailure(413, "attachment_too_large", null, {});
      await consultations.attach(one.id, { kind: "document", name: file.name, media_type: file.type, content: file });
      onDone();
    });
  return (
    <>
      {act.failure !== null && (
        <span role="alert" className="refusal">
          <span className="tri" aria-hidden="true" />
          {failureWords(act.failure, speak)}
        </span>
      )}
      <input
        ref={input}
        type="file"
        className="unseen"
        tabIndex={-1}
        accept={TAKEN}
        aria-label={speak("s2.attach")}
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file !== undefined) send(file);
          event.target.value = "";
        }}
      />
      <button type="button" className="btn small" disabled={act.isBusy} onClick={() => input.current?.click()}>
        <Icon name="plus" size={16} />
        {speak(act.isBusy ? "app.saving" : "s2.attach")}
      </button>
    </>
  );
}
