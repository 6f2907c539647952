/* Newer data: checked every 30 seconds while the page is visible, less often if there is no answer.
   Nothing on the page moves by itself; a link offers the newer cases. */
(function () {
  "use strict";
  const portal = window.portal = window.portal || {};
  const pane = document.querySelector(".case-pane");
  const map = document.querySelector(".map-pane");
  const list = portal.list;
  if (!list) return;
  const words = JSON.parse(map.dataset.words).list_of;
  const PAUSE_MS = portal.pollEvery || 30000;
  const LONGEST_PAUSE_MS = 10 * PAUSE_MS;
  let held = null;
  let pause = PAUSE_MS;
  let timer = 0;
  let failures = 0;
  let nextAt = 0;

  function schedulePoll(ms) {
    clearTimeout(timer);
    nextAt = Date.now() + ms;
    if (!document.hidden && navigator.onLine) timer = setTimeout(poll, ms);
  }

  async function poll() {
    try {
      const rev = await fetchRev();
      noteAnswer();
      if (rev === map.dataset.rev) list.knownAt = new Date();
      else await showRev(rev);
    } catch (problem) {
      noteFailure();
    }
    schedulePoll(pause);
  }

  async function fetchRev() {
    const answer = await fetch("/version.json", { cache: "no-cache" });
    if (!answer.ok) throw new Error(`version ${answer.status}`);
    const version = await answer.json();
    return String(version.rev);
  }

  function noteAnswer() {
    failures = 0;
    pause = PAUSE_MS;
    const stale = ".list-note[data-kind=silent], .list-note[data-kind=offline]";
    if (!pane.querySelector(stale)) return;
    list.removeNote();
    list.announce(words.back);
  }

  function noteFailure() {
    failures += 1;
    pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    if (failures > 1) list.showNote("silent", fillInTime(words.silent));
  }

  function fillInTime(text) {
    const parts = { hour: "2-digit", minute: "2-digit" };
    const time = list.knownAt.toLocaleTimeString(document.documentElement.lang, parts);
    return text.replace("{time}", time);
  }

  /* The map shows the newest at once. In the list, cases already shown are updated in place, and
     new ones are offered behind a link. */
  async function showRev(rev) {
    map.dataset.rev = rev;
    if (portal.refreshMap) portal.refreshMap(false);
    if (list.isAsking() || new URLSearchParams(location.search).has("after")) return;
    const asked = list.dropLook(portal.here);
    const page = await fetchPage(asked);
    const fresh = page.getElementById("cases");
    if (!fresh || list.isAsking() || asked !== list.dropLook(portal.here)) return;
    list.knownAt = new Date();
    const cards = document.getElementById("cases");
    if (!cards) {
      list.showPage(page, false);
      return;
    }
    const unknown = renewCards(cards, fresh);
    if (unknown) offerNewer(page, unknown);
  }

  async function fetchPage(address) {
    const answer = await fetch(address);
    const text = answer.ok ? await answer.text() : "";
    return new DOMParser().parseFromString(text, "text/html");
  }

  /* Returns how many of the fresh cards the list doesn't have. */
  function renewCards(cards, fresh) {
    const known = portal.groupByKey(cards.children);
    let unknown = 0;
    for (const card of fresh.children) {
      const shown = known[portal.keyOf(card)];
      if (shown) portal.renew(shown, document.importNode(card, true));
      else unknown += 1;
    }
    return unknown;
  }

  function offerNewer(page, n) {
    const news = document.getElementById("news");
    const link = news && news.querySelector("a");
    if (!link) return;
    held = { page, at: list.dropLook(portal.here) };
    link.textContent = n === 1 ? words.newer_one : words.newer.replace("{n}", n);
    if (news.hidden) list.announce(link.textContent);
    news.hidden = false;
  }

  function findCards() {
    return pane.querySelectorAll("#cases > li");
  }

  /* Adds the newer cases above the others and moves the focus to the first of them. Returns whether
     there were any. */
  portal.showNewer = () => {
    if (!held || held.at !== list.dropLook(portal.here)) return false;
    const known = portal.groupByKey(findCards());
    list.showPage(held.page, false);
    held = null;
    const added = [...findCards()].filter(card => !known[portal.keyOf(card)]);
    added.forEach(card => card.classList.add("is-new"));
    if (added.length) added[0].querySelector("a").focus();
    list.announce(pane.querySelector("h1").textContent);
    return true;
  };

  document.addEventListener("visibilitychange", () => {
    schedulePoll(Math.max(0, nextAt - Date.now()));
  });
  addEventListener("offline", () => {
    clearTimeout(timer);
    list.showNote("offline", fillInTime(words.offline));
  });
  addEventListener("online", poll);
  schedulePoll(PAUSE_MS);
})();
