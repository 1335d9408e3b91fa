// Answers other pages that ask for a still of this page's camera: takes it, keeps it with the case, says so.

import {
  receivedStill,
  stillName,
  stillToSend,
  STILL_LIMIT_BYTES,
  STILL_TOPIC,
  type StillAnswer,
} from "../protocol/still_request";
import type { Consultations } from "./consult_ports";
import type { Meeting } from "./ports";
import { stillOf } from "./still_frame";

/** Answers until the returned function is called. `onTaken` tells the page that a picture was taken of what it shows. */
export function answerStills(
  meeting: Pick<Meeting, "tell" | "onTold" | "ownCamera">,
  consultations: Pick<Consultations, "attach">,
  caseId: string,
  onTaken: () => void = () => undefined,
): () => void {
  let isBusy = false;
  const take = async (): Promise<StillAnswer> => {
    const track = meeting.ownCamera();
    const content = track === null ? null : await stillOf(track);
    if (content === null) return "no_camera";
    if (content.size > STILL_LIMIT_BYTES) return "too_large";
    onTaken();
    try {
      const name = stillName(new Date());
      await consultations.attach(caseId, { kind: "still", name, media_type: "image/jpeg", content });
      return "taken";
    } catch {
      return "not_saved";
    }
  };
  return meeting.onTold(STILL_TOPIC, (text, from) => {
    const message = receivedStill(text);
    // One at a time: a second press while the first picture is on its way asks for nothing new.
    if (message?.say !== "please" || isBusy) return;
    isBusy = true;
    void take()
      .then((say) => meeting.tell(STILL_TOPIC, stillToSend({ say, request: message.request }), from))
      // Whoever asked stops waiting by themselves when no answer comes.
      .catch(() => undefined)
      .finally(() => {
        isBusy = false;
      });
  });
}
