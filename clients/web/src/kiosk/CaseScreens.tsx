// One case from the call to the answered opinion: the screen follows the case, which the service keeps.

import { useEffect, useState } from "react";
import { may } from "../protocol/consultation";
import { followCase, type Screen } from "../protocol/kiosk_way";
import { useCase } from "../ui/consult/cases";
import { useWorld } from "../ui/world";
import { Call } from "./Call";
import { Bar, Trouble } from "./pieces";
import { Reply } from "./Reply";
import { Ringing } from "./Ringing";
import { useCallStay } from "./stay";
import { useEvery } from "../ui/hooks";

/** A push may be lost with the socket that carried it: who waits for an answer asks as well. */
const ASK_EVERY_MS = 5000;

export function CaseScreens(props: {
  id: string;
  start: Screen;
  onHome: () => void;
  onReplies: () => void;
  onEmergency: () => void;
}) {
  const { speak } = useWorld();
  const held = useCase(props.id);
  const [screen, setScreen] = useState(props.start);
  const one = held.value;
  const { onHome } = props;
  const follow = one === null ? screen : followCase(screen, one.state);
  if (follow !== screen && follow !== "home") setScreen(follow);
  useEffect(() => {
    if (follow === "home") onHome();
  }, [follow, onHome]);
  const isNear = screen === "call" || one?.state === "ringing";
  const stay = useCallStay(props.id, isNear, one !== null && may(one, "room"));
  const { reload } = held;
  useEvery(screen === "reply" ? null : ASK_EVERY_MS, reload);

  if (one === null) {
    return (
      <>
        <Bar title={speak("kiosk.ring.title")} onBack={props.onHome} />
        <main className="k-middle">
          <Trouble failure={held.failure} />
        </main>
      </>
    );
  }
  if (screen === "call") {
    return (
      <Call
        one={one}
        stay={stay}
        onCase={held.put}
        onHome={props.onHome}
        onReply={() => setScreen("reply")}
        onEmergency={props.onEmergency}
      />
    );
  }
  if (screen === "reply") {
    return <Reply one={one} onCase={held.put} onBack={props.onReplies} onHome={props.onHome} />;
  }
  return (
    <Ringing
      one={one}
      isStale={held.failure !== null}
      onCase={held.put}
      onHome={props.onHome}
      onEmergency={props.onEmergency}
    />
  );
}
