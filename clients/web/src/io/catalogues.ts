// Fetches every sentence of one language: a page loads the one that is spoken on it, the other when somebody asks.

import type { Catalogue, Language } from "../messages/speak";

const FETCH: Readonly<Record<Language, () => Promise<Catalogue>>> = {
  "zh-CN": () => import("../messages/zh_cn").then((words) => words.ZH_CN),
  en: () => import("../messages/en").then((words) => words.EN),
};

/** Rejects where it does not come: it may be asked for again. */
export const fetchCatalogue = (language: Language): Promise<Catalogue> => FETCH[language]();
