/* Keeps the list, its heading, the address and the map in step without reloading: filters, paging,
   going back, newer cases. Every state is an address that also works by itself; the answer is the
   same page that a visitor without scripts gets. */
(function () {
  "use strict";
  const portal = window.portal = window.portal || {};
  const pane = document.querySelector(".case-pane");
  const map = document.querySelector(".map-pane");
  if (!pane || !map || !window.AbortController) return;
  const words = JSON.parse(map.dataset.words).list_of;
  const VIEW = ["z", "lat", "lon"];
  const LOOK = [...VIEW, "map", "areas"];
  const PLACES = ["neighborhood", "district", "bbox", "sort"];
  const HEAD = "link[rel=canonical], link[rel=alternate], meta[name=description], meta[property]";
  const SLOW_MS = portal.slowAfter || 3000;
  const LATE_MS = 20000;
  const TYPING_MS = portal.typingPause || 700;
  let form = document.getElementById("filter");
  let asking = null;
  let typing = 0;
  let waiting = 0;
  const list = portal.list = {
    knownAt: new Date(),
    isAsking: () => Boolean(asking),
    announce, showNote, removeNote, showPage, dropLook
  };
  portal.here = location.pathname + location.search; // as this script last saw or wrote it

  function announce(text) {
    document.getElementById("map-said").textContent = text;
  }

  /* The page's address says how its map looks. The list doesn't depend on that, so requests leave
     it out and everyone gets the same cached answer. */
  function dropLook(address) {
    const url = new URL(address, location.href);
    const isClosest = url.searchParams.get("sort") === "closest";
    for (const name of LOOK) {
      const isPlace = name === "lat" || name === "lon";
      if (!(isClosest && isPlace)) url.searchParams.delete(name);
    }
    return formatAddress(url);
  }

  /* The map keeps its look, and its place too, unless the new address asks for another place. */
  function keepLook(address) {
    const url = new URL(address, location.href);
    const now = new URLSearchParams(location.search);
    const keepsPlace = !isElsewhere(url.searchParams, now) && now.get("sort") !== "closest";
    for (const name of LOOK) {
      const isWanted = keepsPlace || !VIEW.includes(name);
      if (isWanted && now.has(name) && !url.searchParams.has(name)) {
        url.searchParams.set(name, now.get(name));
      }
    }
    return formatAddress(url);
  }

  function isElsewhere(wanted, now) {
    return PLACES.some(name => (wanted.get(name) || "") !== (now.get(name) || ""));
  }

  function formatAddress(url) {
    return url.pathname + formatQuery(url.searchParams);
  }

  function formatQuery(params) {
    const query = params.toString().replace(/%2C/g, ",");
    return query ? `?${query}` : "";
  }

  /* One request at a time: a newer one cancels the older. */
  async function ask(address) {
    const mine = { stop: new AbortController(), isDropped: false };
    const late = setTimeout(() => mine.stop.abort(), LATE_MS);
    dropRequest(asking);
    asking = mine;
    const given = await fetchPage(address, mine.stop.signal).catch(() => ({ failed: true }));
    clearTimeout(late);
    if (mine.isDropped) return { dropped: true };
    asking = null;
    return given;
  }

  function dropRequest(request) {
    if (!request) return;
    request.isDropped = true;
    request.stop.abort();
  }

  async function fetchPage(address, signal) {
    const answer = await fetch(dropLook(address), { signal, headers: { Accept: "text/html" } });
    if (answer.status >= 400 && answer.status < 500) return { refused: true };
    if (!answer.ok) throw new Error(`list ${answer.status}`);
    return { page: new DOMParser().parseFromString(await answer.text(), "text/html") };
  }

  /* Go to an address without reloading. `how.push`: it is a new step in the history. `how.focus`:
     what was pressed goes away, so the heading gets the focus. */
  async function goTo(address, how) {
    setBusy(true);
    const given = await ask(address);
    if (given.dropped) return;
    setBusy(false);
    if (given.refused) location.assign(address); // a page that says what is wrong
    else if (given.failed) showFailure(address, how);
    else {
      showPage(given.page, how.push ? pushAddress(address) : true);
      finishVisit(how);
    }
  }

  /* Also remembers the scroll position for coming back. Returns whether the map has to move. */
  function pushAddress(address) {
    const full = keepLook(address);
    const before = new URLSearchParams(location.search);
    const after = new URL(full, location.href).searchParams;
    history.replaceState(Object.assign({}, history.state, { top: findScroller().scrollTop }), "");
    history.pushState({ top: 0 }, "", full);
    portal.here = full;
    if (!before.has("z") || !after.has("z")) return true;
    return VIEW.some(name => before.get(name) !== after.get(name));
  }

  function findScroller() {
    return getComputedStyle(pane).overflowY === "auto" ? pane : document.scrollingElement;
  }

  function showPage(page, mapMoves) {
    const focused = document.activeElement;
    const fresh = page.querySelector(".case-pane");
    const freshMap = page.querySelector(".map-pane");
    if (!fresh || !freshMap) {
      location.reload(); // no longer a list
      return;
    }
    removeNote();
    document.title = page.title;
    keepTyping(() => portal.renewChildren(pane, document.importNode(fresh, true)));
    renewStillMap(freshMap);
    renewHead(page);
    form = document.getElementById("filter");
    list.knownAt = new Date();
    if (portal.refreshMap) portal.refreshMap(mapMoves);
    restoreFocus(focused);
  }

  function renewStillMap(freshMap) {
    for (const name of ["filter", "rev", "box"]) map.dataset[name] = freshMap.dataset[name];
    const still = document.importNode(freshMap.querySelector(".still"), true);
    portal.renewChildren(map.querySelector(".still"), still);
  }

  function restoreFocus(focused) {
    if (!focused || focused === document.body || focused.isConnected) return;
    pane.querySelector("h1").focus({ preventScroll: true });
  }

  /* Controls match the page; text that is being typed stays as it is. */
  function keepTyping(change) {
    const field = document.activeElement;
    const isText = field && field.matches && field.matches("#filter input[type=search]");
    const typed = isText && [field.value, field.selectionStart, field.selectionEnd];
    change();
    if (document.getElementById("filter")) document.getElementById("filter").reset();
    if (isText && field.isConnected && field.value !== typed[0]) {
      field.value = typed[0];
      field.setSelectionRange(typed[1], typed[2]);
    }
  }

  /* The parts of the head that sharing and the language links rely on. */
  function renewHead(page) {
    document.querySelectorAll(HEAD).forEach(part => part.remove());
    page.querySelectorAll(HEAD).forEach(part => {
      document.head.appendChild(document.importNode(part, true));
    });
    const fresh = page.querySelectorAll("header a[hreflang]");
    document.querySelectorAll("header a[hreflang]").forEach((link, i) => {
      if (fresh[i]) link.href = fresh[i].getAttribute("href");
    });
    const leftOut = document.querySelector(".left-out");
    if (leftOut && !page.querySelector(".left-out")) leftOut.remove();
  }

  function finishVisit(how) {
    const heading = pane.querySelector("h1");
    announce(heading.textContent);
    if (how.focus) heading.focus({ preventScroll: true });
    if (how.focus && how.push) findScroller().scrollTop = 0;
    if (!how.push && history.state && history.state.top !== undefined) {
      findScroller().scrollTop = history.state.top;
    }
  }

  /* Slow, failed, offline: shown next to the list and read aloud. */

  function setBusy(isBusy) {
    clearTimeout(waiting);
    pane.setAttribute("aria-busy", String(isBusy));
    if (isBusy) waiting = setTimeout(() => showNote("slow", words.slow), SLOW_MS);
    else removeNote();
  }

  function showNote(kind, text, button) {
    const note = removeNote() || document.createElement("div");
    const line = document.createElement("p");
    note.className = "notice list-note";
    note.dataset.kind = kind;
    line.textContent = text;
    note.replaceChildren(line);
    if (button) note.appendChild(button);
    pane.insertBefore(note, document.getElementById("news") || pane.firstChild);
    announce(text);
  }

  /* Returns the note that was there, if any. */
  function removeNote() {
    const note = pane.querySelector(".list-note");
    if (note) note.remove();
    return note;
  }

  function showFailure(address, how) {
    const retry = document.createElement("button");
    retry.type = "button";
    retry.className = "button button-quiet";
    retry.textContent = words.again;
    retry.addEventListener("click", () => goTo(address, { push: how.push, focus: true }));
    showNote("failed", words.failed, retry);
  }

  /* What visitors do: choose, type, follow a link to a list, go back. */

  function writeFormAddress() {
    const query = new URLSearchParams();
    const isClosest = form.elements.sort && form.elements.sort.value === "closest";
    new FormData(form).forEach((value, name) => {
      const isPlace = name === "lat" || name === "lon";
      if (value && (isClosest || !isPlace)) query.append(name, value);
    });
    return `/cases${formatQuery(query)}`;
  }

  /* A date is typed digit by digit: on the way to 2026 the year is 20. */
  function hasValidDays() {
    const start = form.elements.start;
    const end = form.elements.end;
    if (!start || !end) return true;
    const isReversed = start.value && end.value && start.value > end.value;
    end.setCustomValidity(isReversed ? words.days : "");
    if ([start, end].some(field => field.value && field.value < "1990")) return false;
    return end.reportValidity();
  }

  function applyFilter() {
    clearTimeout(typing);
    if (hasValidDays()) goTo(writeFormAddress(), { push: true });
  }

  function applyChoice(event) {
    if (form && form.contains(event.target) && event.target.type !== "search") applyFilter();
  }

  function applyTyping(event) {
    clearTimeout(typing);
    if (event.target.type === "search" && !event.isComposing) {
      typing = setTimeout(applyFilter, TYPING_MS);
    }
  }

  function applySubmit(event) {
    if (event.target !== form) return;
    event.preventDefault();
    applyFilter();
  }

  function goBack() {
    const here = location.pathname + location.search;
    if (here === portal.here) return; // only the hash of a skip link changed
    portal.here = here;
    goTo(here, { push: false });
  }

  function hasModifier(event) {
    return event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  }

  function isListLink(link) {
    const isOnList = location.pathname === "/cases" && link.pathname === "/cases";
    return isOnList && link.origin === location.origin && !link.hash;
  }

  function followLink(event) {
    const closest = selector => event.target.closest && event.target.closest(selector);
    const language = closest("header a[hreflang]");
    if (language) language.href = keepLook(language.getAttribute("href"));
    const link = closest(".case-pane a[href], .map-action a[href]");
    if (!link || hasModifier(event) || event.defaultPrevented) return;
    if (link.closest("#news") && portal.showNewer && portal.showNewer()) event.preventDefault();
    else if (isListLink(link)) {
      event.preventDefault();
      goTo(link.getAttribute("href"), { push: true, focus: true });
    }
  }

  if (location.pathname === "/cases") {
    pane.addEventListener("change", applyChoice);
    pane.addEventListener("input", applyTyping);
    document.addEventListener("submit", applySubmit, true);
    addEventListener("popstate", goBack);
  }
  document.addEventListener("click", followLink);

  /* For the map: opens a list of cases, without reloading if this page is a list. */
  portal.openList = address => {
    if (location.pathname === "/cases") goTo(address, { push: true, focus: true });
    else location.assign(address);
  };
})();
