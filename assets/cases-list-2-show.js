/* Keeps the list, its heading, the address and the map in step without loading the page anew: filters, paging, going back, newer cases.
   Every state is an address that also works by itself; what comes is the very page that the server gives to a visitor without scripts. */
(function () {
  "use strict";
  var portal = window.portal = window.portal || {};
  var pane = document.querySelector(".case-pane"), map = document.querySelector(".map-pane");
  if (!pane || !map || !window.AbortController) return;
  var said = JSON.parse(map.dataset.words).list_of, form = document.getElementById("filter");
  var LOOK = ["z", "lat", "lon", "map", "areas"], ELSEWHERE = ["neighborhood", "district", "bbox", "sort"];
  var SLOW_MS = portal.slowAfter || 3000, LATE_MS = 20000, asking = null, typing = 0;
  var list = portal.list = { knownAt: new Date(), isAsking: function () { return Boolean(asking); } };
  portal.here = location.pathname + location.search; // as this script last saw or wrote it

  function say(text) { document.getElementById("map-said").textContent = text; }

  /* Asking. One question at a time: a newer one ends the older. */

  /* The page's own address says how its map looks; the list does not depend on it, and shares its answer with everybody's. */
  function withoutLook(address) {
    var url = new URL(address, location.href), isClosest = url.searchParams.get("sort") === "closest";
    LOOK.forEach(function (name) { if (!isClosest || (name !== "lat" && name !== "lon")) url.searchParams.delete(name); });
    return spelled(url);
  }

  /* The map keeps its look; its place too, unless other places are asked for. */
  function withLook(address) {
    var url = new URL(address, location.href), now = new URLSearchParams(location.search);
    var isElsewhere = ELSEWHERE.some(function (name) { return (url.searchParams.get(name) || "") !== (now.get(name) || ""); });
    LOOK.forEach(function (name) {
      var isPlace = LOOK.indexOf(name) < 3;
      if (now.has(name) && !url.searchParams.has(name) && !(isPlace && (isElsewhere || now.get("sort") === "closest"))) url.searchParams.set(name, now.get(name));
    });
    return spelled(url);
  }

  function spelled(url) {
    var query = url.searchParams.toString().replace(/%2C/g, ",");
    return url.pathname + (query ? "?" + query : "");
  }

  function ask(address) {
    var stop = new AbortController(), late = setTimeout(function () { stop.abort(); }, LATE_MS);
    if (asking) asking.isDropped = true, asking.stop.abort();
    var mine = asking = { stop: stop, isDropped: false };
    return fetch(withoutLook(address), { signal: stop.signal, headers: { Accept: "text/html" } }).then(function (answer) {
      if (answer.status >= 400 && answer.status < 500) return { refused: true };
      if (!answer.ok) throw new Error("list " + answer.status);
      return answer.text().then(function (text) { return { page: new DOMParser().parseFromString(text, "text/html") }; });
    }).then(function (given) {
      clearTimeout(late);
      if (mine.isDropped) return { dropped: true };
      asking = null;
      return given;
    }, function () {
      clearTimeout(late);
      if (mine.isDropped) return { dropped: true };
      asking = null;
      return { failed: true };
    });
  }

  /* Go to an address in place. `how.push`: it is a new one; `how.focus`: what was pressed goes away, so the heading takes the focus. */
  function go(address, how) {
    busy(true);
    return ask(address).then(function (given) {
      if (given.dropped) return;
      busy(false);
      if (given.refused) location.assign(address); // a page that says what was not understood
      else if (given.failed) tellFailure(address, how);
      else {
        show(given.page, how.push ? take(address) : true);
        arrive(how);
      }
    });
  }

  /* Into the address bar, with the place in the list that one comes back to. Says whether the map has to go elsewhere. */
  function take(address) {
    var full = withLook(address), before = new URLSearchParams(location.search), after = new URL(full, location.href).searchParams;
    history.replaceState(Object.assign({}, history.state, { top: top() }), "");
    history.pushState({ top: 0 }, "", full);
    portal.here = full;
    return !before.has("z") || !after.has("z") || ["z", "lat", "lon"].some(function (name) { return before.get(name) !== after.get(name); });
  }

  function scroller() { return getComputedStyle(pane).overflowY === "auto" ? pane : document.scrollingElement; }
  function top() { return scroller().scrollTop; }

  function show(page, isElsewhere) {
    var focused = document.activeElement, fresh = page.querySelector(".case-pane"), freshMap = page.querySelector(".map-pane");
    if (!fresh || !freshMap) return location.reload(); // not a list any more
    untell();
    document.title = page.title;
    ["filter", "rev", "box"].forEach(function (name) { map.dataset[name] = freshMap.dataset[name]; });
    keepTyping(function () { portal.renewChildren(pane, document.importNode(fresh, true)); });
    portal.renewChildren(map.querySelector(".still"), document.importNode(freshMap.querySelector(".still"), true));
    renewHead(page);
    form = document.getElementById("filter");
    list.knownAt = new Date();
    if (portal.refreshMap) portal.refreshMap(isElsewhere);
    if (focused && focused !== document.body && !focused.isConnected) pane.querySelector("h1").focus({ preventScroll: true });
    return undefined;
  }

  /* Controls say what the page shows; words that are being typed stay as they are. */
  function keepTyping(change) {
    var field = document.activeElement, isText = field && field.matches && field.matches("#filter input[type=search]");
    var text = isText && field.value, from = isText && field.selectionStart, to = isText && field.selectionEnd;
    change();
    if (document.getElementById("filter")) document.getElementById("filter").reset();
    if (isText && field.isConnected && field.value !== text) {
      field.value = text;
      field.setSelectionRange(from, to);
    }
  }

  /* What sharing and switching the language take from the page. */
  function renewHead(page) {
    [].forEach.call(document.querySelectorAll("link[rel=canonical], link[rel=alternate], meta[name=description], meta[property]"), function (part) { part.remove(); });
    [].forEach.call(page.querySelectorAll("link[rel=canonical], link[rel=alternate], meta[name=description], meta[property]"), function (part) { document.head.appendChild(document.importNode(part, true)); });
    var links = page.querySelectorAll("header a[hreflang]");
    [].forEach.call(document.querySelectorAll("header a[hreflang]"), function (link, i) { if (links[i]) link.href = links[i].getAttribute("href"); });
  }

  function arrive(how) {
    var heading = pane.querySelector("h1");
    say(heading.textContent);
    if (how.focus) heading.focus({ preventScroll: true });
    if (how.focus && how.push) scroller().scrollTop = 0;
    if (!how.push && history.state && history.state.top !== undefined) scroller().scrollTop = history.state.top;
  }

  /* Slow, failed, offline: said to eyes beside the list, and to ears. */

  var waiting = 0;
  function busy(on) {
    clearTimeout(waiting);
    pane.setAttribute("aria-busy", String(on));
    if (!on) return untell();
    waiting = setTimeout(function () { tell("slow", said.slow); }, SLOW_MS);
    return undefined;
  }

  function tell(kind, text, again) {
    var note = untell() || document.createElement("div"), line = document.createElement("p");
    note.className = "notice list-note";
    note.dataset.kind = kind;
    note.textContent = "";
    line.textContent = text;
    note.appendChild(line);
    if (again) note.appendChild(again);
    pane.insertBefore(note, document.getElementById("news") || pane.firstChild);
    say(text);
  }

  function untell() {
    var note = pane.querySelector(".list-note");
    if (note) note.remove();
    return note;
  }

  function tellFailure(address, how) {
    var again = document.createElement("button");
    again.type = "button";
    again.className = "button button-quiet";
    again.textContent = said.again;
    again.addEventListener("click", function () { go(address, { push: how.push, focus: true }); });
    tell("failed", said.failed, again);
  }

  /* What visitors do: choose, type, follow a link to a list, go back. */

  function formAddress() {
    var query = new URLSearchParams(), isClosest = form.elements.sort && form.elements.sort.value === "closest";
    new FormData(form).forEach(function (value, name) {
      if (value && (isClosest || (name !== "lat" && name !== "lon"))) query.append(name, value);
    });
    return "/cases" + (query.toString() ? "?" + query.toString().replace(/%2C/g, ",") : "");
  }

  /* A date is typed digit by digit: the year 20 is on its way to 2026. */
  function daysMakeSense() {
    var start = form.elements.start, end = form.elements.end;
    if (!start || !end) return true;
    end.setCustomValidity(start.value && end.value && start.value > end.value ? said.days : "");
    if ([start, end].some(function (field) { return field.value && field.value < "1990"; })) return false;
    return end.reportValidity();
  }

  function apply() {
    clearTimeout(typing);
    if (daysMakeSense()) go(formAddress(), { push: true });
  }

  if (location.pathname === "/cases") {
    pane.addEventListener("change", function (event) { if (form && form.contains(event.target) && event.target.type !== "search") apply(); });
    pane.addEventListener("input", function (event) {
      clearTimeout(typing);
      if (event.target.type === "search" && !event.isComposing) typing = setTimeout(apply, portal.typingPause || 700);
    });
    document.addEventListener("submit", function (event) {
      if (event.target !== form) return;
      event.preventDefault();
      apply();
    }, true);
    addEventListener("popstate", function () {
      if (location.pathname + location.search === portal.here) return; // the hash of a skip link
      portal.here = location.pathname + location.search;
      go(portal.here, { push: false });
    });
  }

  document.addEventListener("click", function (event) {
    var other = event.target.closest && event.target.closest("header a[hreflang]");
    if (other) other.href = withLook(other.getAttribute("href"));
    var link = event.target.closest && event.target.closest(".case-pane a[href], .map-action a[href]");
    if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.defaultPrevented) return;
    if (link.closest("#news") && portal.showNewer && portal.showNewer()) event.preventDefault();
    else if (location.pathname === "/cases" && link.origin === location.origin && link.pathname === "/cases" && !link.hash) {
      event.preventDefault();
      go(link.getAttribute("href"), { push: true, focus: true });
    }
  });

  /* For the map: a list of cases, in place where there is a list. */
  portal.visit = function (address) {
    if (location.pathname === "/cases") go(address, { push: true, focus: true });
    else location.assign(address);
  };
  list.say = say;
  list.tell = tell;
  list.untell = untell;
  list.show = show;
  list.withoutLook = withoutLook;
})();
