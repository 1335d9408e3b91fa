// A part of the page that is fetched when it is first drawn.

import { lazy, type ComponentType, type LazyExoticComponent } from "react";
import { untilItComes } from "../io/fetching";

/** Its place stays empty until it comes: React would take down the whole page for one part that did not. */
export function later<P>(fetch: () => Promise<ComponentType<P>>): LazyExoticComponent<ComponentType<P>> {
  return lazy(async () => ({ default: await untilItComes(fetch) }));
}
