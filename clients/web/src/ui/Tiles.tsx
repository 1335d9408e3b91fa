// Pictures of people: the large one, and the strip of the others with one's own last.

import { useEffect, useRef, useState } from "react";
import type { Meeting } from "../io/ports";
import type { Person, Picture } from "../protocol/meeting";
import type { StageChoice } from "../protocol/stage";
import { Icon } from "./Icon";
import { useWorld } from "./world";

function Video({
  meeting,
  picture,
  label,
  fit,
}: {
  meeting: Meeting;
  picture: Picture;
  label: string;
  fit: "whole" | "fill";
}) {
  const { speak } = useWorld();
  const element = useRef<HTMLVideoElement>(null);
  const [hasFrame, setHasFrame] = useState(false);
  useEffect(() => {
    if (element.current === null) return;
    return meeting.show(picture.key, element.current);
  }, [meeting, picture.key]);
  return (
    <>
      <video
        ref={element}
        className={`${fit} ${picture.is_mirror ? "mirror" : ""}`}
        autoPlay
        playsInline
        muted
        disablePictureInPicture
        aria-label={label}
        onLoadedData={() => setHasFrame(true)}
      />
      {!hasFrame && picture.state === "live" && (
        <span className="vid-word">
          <span>{speak("m3.pictureComing")}</span>
        </span>
      )}
    </>
  );
}

/** What stands where there is no picture: by choice plain, by the link hatched. */
function NoPicture({ person, picture }: { person: Person; picture: Picture | null }) {
  const { speak } = useWorld();
  if (picture?.state === "stopped" || person.quality === "lost") {
    const seconds = Math.round((picture?.stopped_ms ?? 0) / 1000);
    return (
      <div className="vid-hatch">
        <div className="vid-card">
          <b>{person.name}</b>
          <b>{speak(person.quality === "lost" ? "m3.lost" : picture?.is_held === true ? "m3.held" : "m3.stopped")}</b>
          {seconds > 0 && <span className="i2">{speak("m3.stoppedFor", { seconds })}</span>}
        </div>
      </div>
    );
  }
  if (picture?.state === "waiting") {
    return (
      <div className="vid-word">
        <span>{speak("m3.pictureComing")}</span>
      </div>
    );
  }
  return (
    <div className="vid-word">
      <Icon name="camOff" size={28} />
      <span>{speak(picture === null ? "m3.noCamera" : "m3.cameraIsOff")}</span>
    </div>
  );
}

/** Muted, and badly connected; a picture that has stopped already says the latter. */
function Marks({ person, isStopped }: { person: Person; isStopped: boolean }) {
  const { speak } = useWorld();
  return (
    <span className="marks">
      {person.is_muted && (
        <span className="mark" title={speak("m3.muted")}>
          <Icon name="micOff" size={16} />
          <span className="unseen">{speak("m3.muted")}</span>
        </span>
      )}
      {person.quality === "poor" && !isStopped && (
        <span className="mark poor">
          <span className="tri" aria-hidden="true" />
          {speak("m3.poor")}
        </span>
      )}
    </span>
  );
}

function captionOf(person: Person, me: string): string {
  const where = person.is_self ? me : person.place;
  return where === "" ? person.name : `${person.name}\u3000${where}`;
}

export function Stage(props: {
  meeting: Meeting;
  people: readonly Person[];
  stage: StageChoice | null;
  isLinkLost: boolean;
  isPicked: boolean;
  onFollow: () => void;
  onInvite: () => void;
}) {
  const { speak } = useWorld();
  const person = props.people.find((one) => one.identity === props.stage?.identity);
  if (props.stage === null || person === undefined) {
    return (
      <div className="vid stage-vid alone">
        <div className="vid-word">
          <b className="alone-title">{speak("m3.alone")}</b>
          <span>{speak("m3.aloneMore")}</span>
          <button type="button" className="btn" onClick={props.onInvite}>
            <Icon name="people" size={18} />
            {speak("m3.invite")}
          </button>
        </div>
      </div>
    );
  }
  const isScreen = props.stage.source === "screen";
  const picture = isScreen ? person.screen : person.camera;
  const label = isScreen ? speak("m3.screenOf", { name: person.name }) : person.name;
  const isLive = picture !== null && picture.state !== "off" && picture.state !== "waiting";
  const isStopped = picture?.state === "stopped" || person.quality === "lost";
  return (
    <div className={person.is_speaking ? "vid stage-vid say" : "vid stage-vid"}>
      {isLive && <Video key={picture.key} meeting={props.meeting} picture={picture} label={label} fit="whole" />}
      {(!isLive || isStopped) && <NoPicture person={person} picture={picture} />}
      {props.isLinkLost && <div className="vid-hatch frame" aria-hidden="true" />}
      <div className="stage-marks">
        {person.is_speaking && (
          <span className="spk">
            <Icon name="sound" size={18} />
            {speak("m3.speaking")}
          </span>
        )}
        <Marks person={person} isStopped={isStopped} />
      </div>
      {props.isPicked && (
        <button type="button" className="btn pin" onClick={props.onFollow}>
          <Icon name="pin" size={16} />
          {speak("m3.unpick")}
        </button>
      )}
      <span className="cap">{isScreen ? label : captionOf(person, speak("m3.me"))}</span>
    </div>
  );
}

interface Thumb {
  person: Person;
  picture: Picture | null;
  choice: StageChoice;
}

/** Everyone and every screen that is not on the stage; one's own picture last. */
function thumbsOf(people: readonly Person[], stage: StageChoice | null): Thumb[] {
  return people.flatMap((person) => {
    const thumbs: Thumb[] = [
      { person, picture: person.camera, choice: { identity: person.identity, source: "camera" } },
    ];
    if (person.screen !== null && person.screen.state !== "off" && !person.is_self) {
      thumbs.push({ person, picture: person.screen, choice: { identity: person.identity, source: "screen" } });
    }
    return thumbs.filter(
      ({ choice }) => stage === null || choice.identity !== stage.identity || choice.source !== stage.source,
    );
  });
}

export function Strip(props: {
  meeting: Meeting;
  people: readonly Person[];
  stage: StageChoice | null;
  isAlone: boolean;
  onPick: (choice: StageChoice) => void;
}) {
  const { speak } = useWorld();
  return (
    <div className="strip" role="group" aria-label={speak("m3.strip")}>
      {thumbsOf(props.people, props.stage).map(({ person, picture, choice }) => {
        const isScreen = choice.source === "screen";
        const name = isScreen ? speak("m3.screenOf", { name: person.name }) : person.name;
        const isLive = picture !== null && picture.state !== "off" && picture.state !== "waiting";
        const isStopped = picture?.state === "stopped" || (!person.is_self && person.quality === "lost");
        return (
          <button
            key={`${choice.identity} ${choice.source}`}
            type="button"
            className={person.is_speaking && !isScreen ? "vid thumb say" : "vid thumb"}
            title={speak("m3.enlarge", { name })}
            disabled={person.is_self && props.isAlone}
            onClick={() => props.onPick(choice)}
          >
            {isLive && <Video key={picture.key} meeting={props.meeting} picture={picture} label={name} fit="fill" />}
            {(!isLive || isStopped) && <NoPicture person={person} picture={picture} />}
            <Marks person={person} isStopped={isStopped} />
            {!isStopped && <span className="cap">{isScreen ? name : captionOf(person, speak("m3.me"))}</span>}
          </button>
        );
      })}
    </div>
  );
}
