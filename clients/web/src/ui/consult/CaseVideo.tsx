// The pictures of a case's room in the left column, and what stands there while nobody is in it.

import { isEnded, may, type Consultation } from "../../protocol/consultation";
import type { MeetingView } from "../../protocol/meeting";
import type { Meeting } from "../../io/ports";
import { useLasting } from "../hooks";
import { Icon } from "../Icon";
import { useStage } from "../stage";
import { Stage, Strip } from "../Tiles";
import { failureWords } from "../words";
import { useWorld } from "../world";
import type { Stay } from "./stay";

const NAME_STEP_AFTER_MS = 2000;

export function CaseVideo(props: {
  one: Consultation;
  stay: Stay;
  view: MeetingView | null;
  onEnter: () => void;
  onLeave: () => void;
}) {
  const { one, stay, view } = props;
  const { speak } = useWorld();
  const isSlow = useLasting(view?.link === "connecting", NAME_STEP_AFTER_MS);
  if (stay.kind === "in" && view !== null && view.link !== "connecting" && view.link !== "ended") {
    return <Pictures meeting={stay.meeting} view={view} />;
  }
  // Who has left by will is on the way to another page.
  const ending = view?.ending == null || view.ending === "left" ? "link_lost" : view.ending;
  // While it rings the host may be inside, and the page says whom it rings for.
  const mayEnter = one.kind === "live" && one.state !== "ringing" && may(one, "room");
  const words =
    stay.kind === "waiting"
      ? { title: speak("s2.door.waiting"), more: speak("s2.door.waitingMore") }
      : stay.kind === "refused"
        ? { title: speak("s2.door.refused"), more: failureWords(stay.failure, speak) }
        : view?.link === "ended"
          ? { title: speak(`end.${ending}`), more: speak(`end.${ending}.more`) }
          : stay.kind === "asking" || view?.link === "connecting"
            ? { title: speak("m3.entering"), more: isSlow ? speak(`m3.step.${view?.step ?? "token"}`) : "" }
            : one.kind === "offline"
              ? { title: speak("case.offline"), more: speak("s2.door.offline") }
              : isEnded(one.state) || !mayEnter
                ? { title: speak(`case.word.state.${one.state}`), more: speak("s2.door.shut") }
                : { title: speak("s2.door.open"), more: speak("s2.door.openMore") };
  const canEnter = mayEnter && (stay.kind === "none" || stay.kind === "refused" || view?.link === "ended");
  return (
    <div className="vid case-door" role="status">
      <div className="vid-word">
        <b className="alone-title">{words.title}</b>
        <span>{words.more}</span>
        {canEnter && (
          <button type="button" className="btn act" onClick={props.onEnter}>
            <Icon name="enter" size={18} />
            {speak("s2.door.enter")}
          </button>
        )}
      </div>
    </div>
  );
}

function Pictures({ meeting, view }: { meeting: Meeting; view: MeetingView }) {
  const { speak } = useWorld();
  // Shared screens are read in the middle of the page; here stand the people.
  const people = view.people.map((person) => ({ ...person, screen: null }));
  const { stage, picked, setPicked } = useStage(people, meeting);
  const isAlone = people.length < 2;
  return (
    <div className={people.length > 2 ? "case-video many" : "case-video"}>
      {isAlone ? (
        <div className="vid stage-vid alone">
          <div className="vid-word">
            <b className="alone-title">{speak("m3.alone")}</b>
            <span>{speak("s2.alone")}</span>
          </div>
        </div>
      ) : (
        <Stage
          meeting={meeting}
          people={people}
          stage={stage}
          isLinkLost={view.link === "reconnecting"}
          isPicked={picked !== null}
          onFollow={() => setPicked(null)}
          onInvite={() => undefined}
        />
      )}
      <Strip meeting={meeting} people={people} stage={stage} isAlone={isAlone} onPick={setPicked} />
    </div>
  );
}
