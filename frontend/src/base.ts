/** Whoever serves the page writes both into index.html, so that one build is good for any place. */

/** The path below which the pages lie, without a slash at its end: "" or "/ui". */
export const base = new URL(document.baseURI).pathname.replace(/\/$/, "");

/** The path below which the services lie, without a slash at its end: "/api". */
export const api = (document.querySelector<HTMLMetaElement>('meta[name="api"]')?.content ?? "/api").replace(
  /\/$/,
  "",
);
