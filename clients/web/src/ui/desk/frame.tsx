// The frame of the staff desks: bar, head of a page, lists that come a page at a time.

import { useEffect, useEffectEvent, useState, type ReactNode } from "react";
import { ApiFailure, unreachable } from "../../protocol/api";
import type { Area } from "../../protocol/screens";
import { Failure, Notice, OfflineBanner, Skeleton } from "../pieces";
import { AccountMenu, Brand, Nav, NetworkChip, Top, WallClock } from "../Top";
import { useWorld } from "../world";

export function DeskPage({ area, children }: { area: Area; children: ReactNode }) {
  return (
    <div className="page">
      <Top>
        <Brand isWideOnly />
        <Nav current={area} />
        <span className="sp" />
        <NetworkChip />
        <AccountMenu />
        <span className="wide">
          <WallClock />
        </span>
      </Top>
      <OfflineBanner />
      {children}
    </div>
  );
}

export function Head(props: { title: string; count?: string | undefined; children?: ReactNode }) {
  return (
    <div className="desk-head">
      <h1>{props.title}</h1>
      {props.count !== undefined && <span className="i2">{props.count}</span>}
      <span className="sp" />
      {props.children}
    </div>
  );
}

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface Pages<T> {
  items: T[] | null;
  failure: ApiFailure | null;
  isSlow: boolean;
  isBusy: boolean;
  next: string | null;
  more: () => void;
  reload: () => void;
}

/** Nothing is said about loading before this (interface.md §5). */
const SAY_LOADING_AFTER_MS = 400;

/** A list by pages; it starts anew when `key` changes. What was read stays while a further page is fetched. */
export function usePages<T>(key: string, load: (cursor: string) => Promise<Page<T>>): Pages<T> {
  const { signedOut } = useWorld();
  const [round, setRound] = useState(0);
  const [state, setState] = useState<{
    key: string;
    items: T[] | null;
    next: string | null;
    failure: ApiFailure | null;
  }>({ key, items: null, next: null, failure: null });
  const [isSlow, setSlow] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const begin = useEffectEvent(load);
  const onFailure = useEffectEvent((error: unknown): ApiFailure => {
    const failure = error instanceof ApiFailure ? error : unreachable();
    if (failure.code === "signed_out") signedOut("expired");
    return failure;
  });
  useEffect(() => {
    let isWanted = true;
    const timer = window.setTimeout(() => setSlow(true), SAY_LOADING_AFTER_MS);
    begin("")
      .then(
        (page) => {
          if (isWanted) setState({ key, items: page.items, next: page.next, failure: null });
        },
        (error: unknown) => {
          if (!isWanted) return;
          const failure = onFailure(error);
          setState((before) =>
            before.key === key ? { ...before, failure } : { key, items: null, next: null, failure },
          );
        },
      )
      .finally(() => {
        window.clearTimeout(timer);
        if (isWanted) setSlow(false);
      });
    return () => {
      isWanted = false;
      window.clearTimeout(timer);
    };
  }, [key, round]);
  const isCurrent = state.key === key;
  const next = isCurrent ? state.next : null;
  const more = (): void => {
    if (next === null || isBusy) return;
    setBusy(true);
    load(next)
      .then(
        (page) =>
          setState((before) =>
            before.key === key
              ? { ...before, items: [...(before.items ?? []), ...page.items], next: page.next, failure: null }
              : before,
          ),
        (error: unknown) => {
          const failure = error instanceof ApiFailure ? error : unreachable();
          if (failure.code === "signed_out") signedOut("expired");
          setState((before) => (before.key === key ? { ...before, failure } : before));
        },
      )
      .finally(() => setBusy(false));
  };
  return {
    items: isCurrent ? state.items : null,
    failure: isCurrent ? state.failure : null,
    isSlow,
    isBusy,
    next,
    more,
    reload: () => setRound((n) => n + 1),
  };
}

/** A list in one of its states: loading, failed, empty, or there, with a further page. */
export function Listed<T>(props: {
  pages: Pages<T>;
  failed: string;
  empty: string;
  emptyMore: string;
  more?: string;
  children: (items: T[]) => ReactNode;
}) {
  const { speak } = useWorld();
  const { pages } = props;
  if (pages.items === null) {
    if (pages.failure !== null) return <Failure title={props.failed} failure={pages.failure} onRetry={pages.reload} />;
    return pages.isSlow ? <Skeleton rows={6} /> : null;
  }
  return (
    <>
      {pages.failure !== null && <Failure title={props.failed} failure={pages.failure} onRetry={pages.reload} />}
      {pages.items.length === 0 ? <Notice title={props.empty} more={props.emptyMore} /> : props.children(pages.items)}
      {pages.next !== null && (
        <button type="button" className="btn full" disabled={pages.isBusy} onClick={pages.more}>
          {pages.isBusy ? speak("app.loading") : (props.more ?? speak("app.more"))}
        </button>
      )}
    </>
  );
}

/** Names and values, one pair a row. */
export function Facts({ rows }: { rows: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="facts">
      {rows.map(([name, value]) => (
        <div key={name} className="fact">
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
