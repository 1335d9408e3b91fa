// Two cards, never one: whether the recording was altered, and whether anything is missing.

import type { ReactNode } from "react";
import type { Fault, Lane, RecordingState } from "../protocol/api";
import { cardsOf, type CardState, type CompletenessCard, type IntegrityCard } from "../protocol/verdict";
import type { Speak } from "../messages/speak";
import { Icon } from "./Icon";
import { useLoaded } from "./hooks";
import { causeWords, lengthWords } from "./words";
import { useWorld } from "./world";

function faultWords(fault: Fault, speak: Speak): string {
  const what = speak(speak.keyOr(`fault.${fault.code}`, "fault.other"), { code: fault.code });
  return fault.offset === null
    ? speak("verify.faultFile", { file: fault.file, what })
    : speak("verify.fault", { file: fault.file, offset: fault.offset, what });
}

/** One of the two cards, of a recording or of the ledger. */
export function VerdictCard(props: {
  state: CardState;
  kind: "integrity" | "completeness";
  title: string;
  more: string;
  tag?: ReactNode;
}) {
  return (
    <div className={`verdict ${props.state} ${props.kind}`}>
      <span className="verdict-mark" aria-hidden="true">
        {props.state === "sound" && <Icon name="check" weight={2.4} />}
        {props.state === "unsound" && props.kind === "integrity" && <Icon name="x" weight={2.4} />}
      </span>
      <span className="verdict-words">
        <b>
          {props.title}
          {props.tag}
        </b>
        <small>{props.more}</small>
      </span>
    </div>
  );
}

function integrityWords(card: IntegrityCard, speak: Speak): { title: string; more: string } {
  if (card.state === "unchecked")
    return { title: speak("verify.integrityUnchecked"), more: speak("verify.uncheckedWhy") };
  if (card.state === "unsound") {
    const more = card.fault === null ? speak("verify.signatureInvalid") : faultWords(card.fault, speak);
    return { title: speak("verify.altered"), more };
  }
  const count = card.segments;
  const more = card.signature === "valid" ? "verify.segments" : "verify.segmentsUnknownKey";
  return { title: speak("verify.unaltered"), more: speak(more, { count }) };
}

function completenessWords(
  card: CompletenessCard,
  names: ReadonlyMap<string, string>,
  speak: Speak,
): { title: string; more: string } {
  if (card.state === "unchecked") {
    return { title: speak("verify.completenessUnchecked"), more: speak("verify.uncheckedWhy") };
  }
  const events = speak("verify.events", { from: card.events_from, to: card.events_to });
  if (card.state === "unsound") {
    return { title: speak("verify.holes"), more: card.fault === null ? events : faultWords(card.fault, speak) };
  }
  const [gap] = card.known_gaps;
  if (gap === undefined) return { title: speak("verify.whole"), more: events };
  const named = speak("m4.gapLabel", {
    name: names.get(gap.identity) ?? gap.identity,
    length: lengthWords(gap.to_ms - gap.from_ms, speak),
    cause: causeWords(gap.cause, speak),
  });
  return { title: speak("verify.whole"), more: speak("verify.eventsAndGap", { events, gap: named }) };
}

export function Verdicts({ id, state, lanes }: { id: string; state: RecordingState; lanes: readonly Lane[] }) {
  const { backend, speak } = useWorld();
  const names = new Map(lanes.map((lane) => [lane.identity, lane.name]));
  const isOpen = state === "recording";
  const answer = useLoaded(`verification ${id} ${state}`, () =>
    isOpen ? Promise.resolve(null) : backend.verification(id),
  );
  const why = isOpen
    ? speak("verify.uncheckedOpen")
    : answer.failure !== null
      ? speak("verify.failed")
      : speak("verify.checking");
  if (answer.value === null) {
    return (
      <div className="verdicts" role="status">
        <VerdictCard state="unchecked" kind="integrity" title={speak("verify.integrityUnchecked")} more={why} />
        <VerdictCard state="unchecked" kind="completeness" title={speak("verify.completenessUnchecked")} more={why} />
        {answer.failure !== null && (
          <button type="button" className="btn verdict-again" onClick={answer.reload}>
            {speak("verify.again")}
          </button>
        )}
      </div>
    );
  }
  const { integrity, completeness } = cardsOf(answer.value);
  const known = completeness.known_gaps.length;
  return (
    <div className="verdicts" role="status">
      <VerdictCard state={integrity.state} kind="integrity" {...integrityWords(integrity, speak)} />
      <VerdictCard
        state={completeness.state}
        kind="completeness"
        {...completenessWords(completeness, names, speak)}
        tag={
          known > 0 && (
            <span className="tag late">
              <span className="wide">{speak("verify.known", { count: known })}</span>
              <span className="narrow">{speak("verify.knownShort", { count: known })}</span>
            </span>
          )
        }
      />
    </div>
  );
}
