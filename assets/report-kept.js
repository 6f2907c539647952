/* What is on this phone, shown where a page has a place for it: go on, try now, look again, and the number of what was sent. */
(function () {
  "use strict";
  var portal = window.portal, kept = portal.kept;
  var RETRY = 60000;
  var ORDER = ["sent", "refused", "waiting", "draft"];
  var retry = 0;
  portal.keptReports = { show: show, deliver: deliver, goOn: null, isShown: function () { return true; } };

  function place() { return document.getElementById("kept-reports"); }
  function words() { return place().dataset; }

  function show() {
    return kept.all().then(function (records) {
      records = records.filter(notSeen).sort(function (one, other) { return ORDER.indexOf(one.state) - ORDER.indexOf(other.state); });
      if (!place()) return;
      var shown = records.filter(function (record) { return portal.keptReports.isShown(record); });
      place().replaceChildren.apply(place(), shown.map(entry));
      place().hidden = !shown.length;
    }).catch(function () { /* no database: nothing is kept */ });
  }

  /* On the page that its link leads to, what was sent has been seen. */
  function notSeen(record) {
    if (record.state !== "sent" || location.pathname.indexOf(path(record.own)) !== 0) return true;
    kept.remove(record.key);
    return false;
  }

  function path(address) { return address.split("?")[0]; }

  /* Beside other things a draft is a quiet line; at the form, and where something was sent off, all is said. */
  function entry(record) {
    if (record.state === "draft" && !portal.keptReports.goOn) return line(record);
    var box = document.createElement("div");
    box.className = "kept-report kept-" + record.state;
    var ways = { draft: draftWays, waiting: waitingWays, refused: refusedWays, sent: sentWays }[record.state](record);
    var choices = document.createElement("p");
    choices.className = "kept-ways";
    choices.append.apply(choices, ways);
    said(record).forEach(function (text, i) {
      var sentence = document.createElement(i ? "p" : "strong");
      sentence.append.apply(sentence, record.state === "sent" ? aroundNumber(text, record.number) : [text]);
      box.append(sentence);
    });
    box.append(choices);
    return box;
  }

  function line(record) {
    var made = link(words().draft.replace("{time}", moment(record.began)), "/report" + record.query);
    made.className = "kept-line";
    return made;
  }

  function said(record) {
    var when = moment(record.began);
    if (record.state === "draft") return [words().draft.replace("{time}", when), words().where];
    if (record.state === "waiting") return [navigator.onLine ? words().waitingPortal : words().waiting, words().from];
    if (record.state === "sent") return [words().sent];
    return [words().refused.replace("{time}", when)].concat(record.problems);
  }

  /* A number that is read out or copied stands in one line. */
  function aroundNumber(text, number) {
    var parts = text.split("{number}"), shown = document.createElement("span");
    shown.className = "kept-number";
    shown.textContent = number;
    return [parts[0], shown, parts[1] || ""];
  }

  /* “14:05”, with the day where it is not today's. */
  function moment(at) {
    var isToday = new Date(at).toDateString() === new Date().toDateString();
    var parts = { hour: "numeric", minute: "2-digit" };
    return new Date(at).toLocaleString(document.documentElement.lang, isToday ? parts : Object.assign({ weekday: "long" }, parts));
  }

  function draftWays(record) {
    return [goOn(record, words().goOn), discard(record, words().anew, "")];
  }
  function waitingWays(record) {
    return [button(words().tryNow, deliver), discard(record, words().remove, words().sure)];
  }
  function refusedWays(record) {
    return [goOn(record, words().again), discard(record, words().remove, words().sure)];
  }
  function sentWays(record) {
    return [link(words().own, record.own), button(words().done, function () { kept.remove(record.key); })];
  }

  /* The form is at /report; elsewhere a link leads there. */
  function goOn(record, word) {
    return portal.keptReports.goOn ? button(word, function () { portal.keptReports.goOn(record); }, "button") : link(word, "/report" + record.query);
  }

  /* Begun anew at once; what was sent off is deleted only when asked twice. */
  function discard(record, word, sure) {
    var made = button(word, function () {
      if (sure && made.textContent !== sure) made.textContent = sure;
      else kept.remove(record.key);
    });
    return made;
  }

  function button(word, act, look) {
    var made = document.createElement("button");
    made.type = "button";
    made.className = look || "button button-quiet";
    made.textContent = word;
    made.addEventListener("click", act);
    return made;
  }

  function link(word, address) {
    var made = document.createElement("a");
    made.className = "button";
    made.href = address;
    made.textContent = word;
    return made;
  }

  function deliver() {
    clearTimeout(retry);
    return kept.deliver().catch(function () { retry = setTimeout(deliver, RETRY); }).then(show);
  }

  kept.changed = show;
  addEventListener("online", deliver);
  addEventListener("offline", show);
  document.addEventListener("visibilitychange", function () { if (!document.hidden) deliver(); });
  if (document.readyState === "complete") deliver();
  else addEventListener("load", deliver);
})();
