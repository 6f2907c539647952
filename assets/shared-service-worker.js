/* For when there is no signal: shows pages seen lately, with the time they were saved, or a page
   that says you are offline; and sends reports when the signal is back.

   The network always comes first. We save public pages that look the same to everyone, and our own
   files under their fingerprints; never a resident's own pages, staff pages, or the answer to a
   form. What to save ahead of time is in self.portal (callbacks/report/offline.py). */
(function () {
  "use strict";
  const config = self.portal;
  importScripts(config.store);
  const SHELL = "shell-1";
  const PAGES = "pages-1";
  const FILES = "files-1";
  const PUBLIC = /^\/($|cases(\/|$)|places(\/|$)|status$)/;
  const MOST_KEPT = { [PAGES]: 40, [FILES]: 60 };
  const KEPT_AT = "X-Kept-At";
  const DAY_MS = 86400000;

  self.addEventListener("install", event => event.waitUntil(install()));
  self.addEventListener("activate", event => event.waitUntil(activate()));
  self.addEventListener("sync", event => {
    if (event.tag === "reports") event.waitUntil(self.portal.kept.deliver());
  });
  self.addEventListener("fetch", event => {
    const address = new URL(event.request.url);
    if (event.request.method !== "GET" || address.origin !== location.origin) return;
    if (event.request.mode === "navigate") event.respondWith(answerPage(event, address));
    else if (isOurFile(address)) event.respondWith(answerFile(event));
  });

  async function install() {
    await Promise.all([keepShell(), keepFiles()]);
    await self.skipWaiting();
  }

  async function activate() {
    await Promise.all([deleteOldCaches(), enablePreload()]);
    await self.clients.claim();
  }

  function isOurFile(address) {
    return address.pathname.startsWith("/assets/") && address.searchParams.has("v");
  }

  /* The shell: the page that says you are offline, and the offline form, in every language. */
  function shellAddress(name, language) {
    return `/${name}?lang=${language}`;
  }

  async function keepShell() {
    const cache = await caches.open(SHELL);
    await Promise.all(config.languages.flatMap(language => [
      keepShellPage(cache, shellAddress("offline", language)),
      keepShellPage(cache, shellAddress("report/offline", language))
    ]));
  }

  async function keepShellPage(cache, address) {
    const answer = await fetch(address, { cache: "no-store" });
    if (answer.ok) await cache.put(address, await stampAnswer(answer));
  }

  async function keepFiles() {
    const cache = await caches.open(FILES);
    await Promise.all(config.files.map(async address => {
      if (!await cache.match(address)) await cache.add(address);
    }));
  }

  async function deleteOldCaches() {
    const names = await caches.keys();
    const old = names.filter(name => ![SHELL, PAGES, FILES].includes(name));
    await Promise.all(old.map(name => caches.delete(name)));
  }

  /* Lets the browser request the page while the worker is still starting. */
  function enablePreload() {
    const preload = self.registration.navigationPreload;
    return preload ? preload.enable() : null;
  }

  async function answerPage(event, address) {
    try {
      const preloaded = await event.preloadResponse;
      const answer = preloaded || await fetch(event.request);
      if (isPublic(address, answer)) {
        event.waitUntil(keepAnswer(PAGES, event.request.url, answer.clone()));
      }
      if (address.pathname === "/report") event.waitUntil(refreshShell());
      return answer;
    } catch (problem) {
      return answerOffline(address);
    }
  }

  function isPublic(address, answer) {
    return PUBLIC.test(address.pathname) && answer.status === 200 && !answer.redirected &&
      /^text\/html/.test(answer.headers.get("Content-Type")) &&
      !/no-store|private/.test(answer.headers.get("Cache-Control"));
  }

  /* The types of reports change, so the offline form is fetched again, at most once a day. */
  async function refreshShell() {
    try {
      const kept = await matchShell("report/offline", config.languages[0]);
      if (!kept || Number(kept.headers.get(KEPT_AT)) < Date.now() - DAY_MS) await keepShell();
    } catch (problem) { /* the one we have stays */ }
  }

  function matchShell(name, language) {
    return caches.match(shellAddress(name, language), { cacheName: SHELL });
  }

  async function answerOffline(address) {
    const language = chooseLanguage(address);
    if (address.pathname === "/report" || address.pathname === "/report/offline") {
      return answerFromShell("report/offline", language);
    }
    const kept = await caches.match(address.href, { cacheName: PAGES });
    return kept ? addNotice(kept) : answerFromShell("offline", language);
  }

  async function answerFromShell(name, language) {
    const kept = await matchShell(name, language);
    return kept || Response.error();
  }

  /* The language in the address, or else the phone's first one that we have. */
  function chooseLanguage(address) {
    const wished = [address.searchParams.get("lang"), ...(self.navigator.languages || [])];
    const codes = wished.map(code => (code || "").split("-")[0]);
    return codes.find(code => config.languages.includes(code)) || config.languages[0];
  }

  /* The saved page with a line on top that says when it was saved. */
  async function addNotice(kept) {
    const html = await kept.text();
    const at = new Date(Number(kept.headers.get(KEPT_AT)));
    let body = html;
    try {
      const line = await writeNotice(html, at);
      body = html.replace(/<main[ >]/, main => line + main);
    } catch (problem) { /* the page without the line */ }
    return new Response(body, { headers: kept.headers });
  }

  /* In the page's own language; the words come from the offline page. */
  async function writeNotice(html, at) {
    const language = (/<html lang="([\w-]+)"/.exec(html) || [])[1];
    const shell = await (await answerFromShell("offline", language)).text();
    const found = /<template id="kept-notice">([\s\S]*?)<\/template>/.exec(shell);
    const day = { weekday: "long", day: "numeric", month: "long" };
    const text = at.toLocaleString(language, { ...day, hour: "numeric", minute: "2-digit" });
    const time = `<time datetime="${at.toISOString()}">${text}</time>`;
    return (found ? found[1] : "").replace(/<span class="kept-at"><\/span>/, time);
  }

  async function answerFile(event) {
    const kept = await caches.match(event.request, { cacheName: FILES });
    if (kept) return kept;
    const answer = await fetch(event.request);
    if (answer.ok) event.waitUntil(keepAnswer(FILES, event.request.url, answer.clone()));
    return answer;
  }

  /* Deleted and put back, so that the pages seen last are the last to go. */
  async function keepAnswer(name, address, answer) {
    try {
      const [cache, stamped] = await Promise.all([caches.open(name), stampAnswer(answer)]);
      await cache.delete(address);
      await cache.put(address, stamped);
      await dropOldest(cache, MOST_KEPT[name]);
    } catch (problem) { /* the phone is full: nothing is saved */ }
  }

  async function dropOldest(cache, most) {
    const keys = await cache.keys();
    const oldest = keys.slice(0, Math.max(0, keys.length - most));
    await Promise.all(oldest.map(key => cache.delete(key)));
  }

  /* The answer with the time it was saved, and without the headers about its compression. */
  async function stampAnswer(answer) {
    const body = await answer.blob();
    const headers = new Headers(answer.headers);
    headers.set(KEPT_AT, String(Date.now()));
    headers.delete("Content-Encoding");
    headers.delete("Content-Length");
    return new Response(body, { status: answer.status, headers });
  }
})();
