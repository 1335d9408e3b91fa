// The frame of the staff desks: bar, head of a page, lists that come a page at a time.

import { useState, type ReactNode } from "react";
import type { ApiFailure } from "../../protocol/api";
import type { Area } from "../../protocol/screens";
import { useActing, useLoaded } from "../hooks";
import { Icon } from "../Icon";
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

/** What adds one to a list: it stands at the head. */
export function AddButton({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <button type="button" className="btn act" onClick={onClick}>
      <Icon name="plus" size={18} />
      {label}
    </button>
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

/** A list by pages; it starts anew when `key` changes. What was read stays while a further page is fetched. */
export function usePages<T>(key: string, load: (cursor: string) => Promise<Page<T>>): Pages<T> {
  const first = useLoaded(key, () => load(""));
  const act = useActing();
  const [asked, setAsked] = useState<Page<T> | null>(null);
  const [further, setFurther] = useState<(Page<T> & { first: Page<T> }) | null>(null);
  // Further pages, and why one did not come, belong to the first page that they follow; a new one drops them.
  const read = further !== null && further.first === first.value ? further : first.value;
  const more = (): void => {
    const { value } = first;
    if (value === null || read === null || read.next === null) return;
    const { items, next } = read;
    setAsked(value);
    act.run(async () => {
      const page = await load(next);
      setFurther({ first: value, items: [...items, ...page.items], next: page.next });
    });
  };
  return {
    items: read?.items ?? null,
    failure: (asked === first.value ? act.failure : null) ?? first.failure,
    isSlow: first.isSlow,
    isBusy: act.isBusy,
    next: read?.next ?? null,
    more,
    reload: () => {
      act.forget();
      first.reload();
    },
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

/** The rows of a list below the names of their columns. */
export function ListTable({ columns, children }: { columns: readonly string[]; children: ReactNode }) {
  return (
    <table className="pane list">
      <thead>
        <tr>
          {columns.map((name) => (
            <th key={name}>{name}</th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}

/** What opens a row: its name. */
export function RowOpen(props: { look?: "break" | "nb"; onOpen: () => void; children: ReactNode }) {
  return (
    <button
      type="button"
      className={props.look === undefined ? "row-open" : `row-open ${props.look}`}
      onClick={props.onOpen}
    >
      <b>{props.children}</b>
    </button>
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
