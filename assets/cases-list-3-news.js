/* Newer data: asked for every 30 s while the page is looked at, less often while nobody answers. Nothing moves by itself; a link offers it. */
(function () {
  "use strict";
  var portal = window.portal = window.portal || {};
  var pane = document.querySelector(".case-pane"), map = document.querySelector(".map-pane");
  var list = portal.list;
  if (!list) return;
  var said = JSON.parse(map.dataset.words).list_of, held = null;
  var EVERY = portal.pollEvery || 30000, LONGEST = 10 * EVERY, pause = EVERY, timer = 0, failures = 0, nextAt = 0;

  function later(ms) {
    clearTimeout(timer);
    nextAt = Date.now() + ms;
    if (!document.hidden && navigator.onLine) timer = setTimeout(poll, ms);
  }

  function poll() {
    fetch("/version.json", { cache: "no-cache" }).then(function (answer) {
      if (!answer.ok) throw new Error("version " + answer.status);
      return answer.json();
    }).then(function (version) {
      answered();
      if (String(version.rev) !== map.dataset.rev) return newer(String(version.rev));
      list.knownAt = new Date();
      return undefined;
    }).catch(function () {
      failures += 1;
      pause = Math.min(2 * pause, LONGEST);
      if (failures > 1) list.tell("silent", since(said.silent));
    }).then(function () { later(pause); });
  }

  function answered() {
    failures = 0;
    pause = EVERY;
    if (pane.querySelector(".list-note[data-kind=silent], .list-note[data-kind=offline]")) {
      list.untell();
      list.say(said.back);
    }
  }

  function since(text) {
    return text.replace("{time}", list.knownAt.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" }));
  }

  /* The map has the newest at once; of the list's cases those it knows are renewed where they stand, and those it does not are offered. */
  function newer(rev) {
    map.dataset.rev = rev;
    if (portal.refreshMap) portal.refreshMap(false);
    if (list.isAsking() || new URLSearchParams(location.search).has("after")) return undefined;
    var asked = list.withoutLook(portal.here);
    return fetch(asked).then(function (answer) { return answer.ok ? answer.text() : ""; }).then(function (text) {
      var page = new DOMParser().parseFromString(text, "text/html"), cards = document.getElementById("cases"), fresh = page.getElementById("cases");
      if (!fresh || list.isAsking() || asked !== list.withoutLook(portal.here)) return;
      list.knownAt = new Date();
      if (!cards) return list.show(page, false);
      var known = {}, unknown = 0;
      [].forEach.call(cards.children, function (card) { known[portal.keyOf(card)] = card; });
      [].forEach.call(fresh.children, function (card) {
        if (known[portal.keyOf(card)]) portal.renew(known[portal.keyOf(card)], document.importNode(card, true));
        else unknown += 1;
      });
      if (unknown) offer(page, unknown);
    });
  }

  function offer(page, n) {
    var news = document.getElementById("news"), link = news && news.querySelector("a");
    if (!link) return;
    held = { page: page, at: list.withoutLook(portal.here) };
    link.textContent = n === 1 ? said.newer_one : said.newer.replace("{n}", n);
    if (news.hidden) list.say(link.textContent);
    news.hidden = false;
  }

  /* They come in above the others, which stay what and where they are; focus goes to the first of them. Says whether there were any. */
  portal.showNewer = function () {
    if (!held || held.at !== list.withoutLook(portal.here)) return false;
    var known = {}, first = null;
    [].forEach.call(pane.querySelectorAll("#cases > li"), function (card) { known[portal.keyOf(card)] = true; });
    list.show(held.page, false);
    held = null;
    [].forEach.call(pane.querySelectorAll("#cases > li"), function (card) {
      if (known[portal.keyOf(card)]) return;
      card.classList.add("is-new");
      first = first || card;
    });
    if (first) first.querySelector("a").focus();
    list.say(pane.querySelector("h1").textContent);
    return true;
  };

  document.addEventListener("visibilitychange", function () { later(Math.max(0, nextAt - Date.now())); });
  addEventListener("offline", function () {
    clearTimeout(timer);
    list.tell("offline", since(said.offline));
  });
  addEventListener("online", poll);
  later(EVERY);
})();
