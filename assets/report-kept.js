/* Shows the reports on this phone, on pages that have room for them: continue, try now, look again,
   and the number of a report that was sent. */
(function () {
  "use strict";
  const portal = window.portal;
  const kept = portal.kept;
  const RETRY_MS = 60000;
  const ORDER = ["sent", "refused", "waiting", "draft"];
  let retry = 0;
  portal.keptReports = { show, deliver, resume: null, isShown: () => true };

  function getPlace() {
    return document.getElementById("kept-reports");
  }

  function getWords() {
    return getPlace().dataset;
  }

  async function show() {
    try {
      const records = await kept.all();
      const fresh = records.filter(isUnseen).sort(compareStates);
      const place = getPlace();
      if (!place) return;
      const shown = fresh.filter(record => portal.keptReports.isShown(record));
      place.replaceChildren(...shown.map(makeEntry));
      place.hidden = !shown.length;
    } catch (problem) { /* no database: nothing is stored */ }
  }

  function compareStates(one, other) {
    return ORDER.indexOf(one.state) - ORDER.indexOf(other.state);
  }

  /* A sent report counts as seen once its own page is open. */
  function isUnseen(record) {
    if (record.state !== "sent") return true;
    if (!location.pathname.startsWith(record.own.split("?")[0])) return true;
    kept.remove(record.key);
    return false;
  }

  /* Away from the form, a draft is one quiet line. Everything else is shown in full. */
  function makeEntry(record) {
    if (record.state === "draft" && !portal.keptReports.resume) return makeLine(record);
    const box = document.createElement("div");
    const choices = document.createElement("p");
    box.className = `kept-report kept-${record.state}`;
    choices.className = "kept-ways";
    choices.append(...makeChoices(record));
    box.append(...writeSentences(record).map((text, i) => makeSentence(record, text, i)), choices);
    return box;
  }

  function makeSentence(record, text, i) {
    const sentence = document.createElement(i ? "p" : "strong");
    const isSent = record.state === "sent";
    sentence.append(...(isSent ? insertNumber(text, record.number) : [text]));
    return sentence;
  }

  function makeLine(record) {
    const text = getWords().draft.replace("{time}", formatTime(record.began));
    const made = makeLink(text, `/report${record.query}`);
    made.className = "kept-line";
    return made;
  }

  function writeSentences(record) {
    const words = getWords();
    const time = formatTime(record.began);
    if (record.state === "draft") return [words.draft.replace("{time}", time), words.where];
    if (record.state === "sent") return [words.sent];
    if (record.state === "refused") {
      return [words.refused.replace("{time}", time), ...record.problems];
    }
    return [navigator.onLine ? words.waitingPortal : words.waiting, words.from];
  }

  /* The number gets an element of its own, so that it is never split across lines. */
  function insertNumber(text, number) {
    const [before, after] = text.split("{number}");
    const shown = document.createElement("span");
    shown.className = "kept-number";
    shown.textContent = number;
    return [before, shown, after || ""];
  }

  /* "2:05 PM", with the weekday if that wasn't today. */
  function formatTime(ms) {
    const at = new Date(ms);
    const isToday = at.toDateString() === new Date().toDateString();
    const parts = { hour: "numeric", minute: "2-digit" };
    if (!isToday) parts.weekday = "long";
    return at.toLocaleString(document.documentElement.lang, parts);
  }

  function makeChoices(record) {
    const words = getWords();
    if (record.state === "draft") {
      return [makeResume(record, words.goOn), makeRemove(record, words.anew, "")];
    }
    if (record.state === "sent") {
      const seen = makeButton(words.done, () => kept.remove(record.key));
      return [makeLink(words.own, record.own), seen];
    }
    const remove = makeRemove(record, words.remove, words.sure);
    if (record.state === "refused") return [makeResume(record, words.again), remove];
    return [makeButton(words.tryNow, deliver), remove];
  }

  /* On the form, a button continues the report; elsewhere, a link leads to the form. */
  function makeResume(record, word) {
    if (!portal.keptReports.resume) return makeLink(word, `/report${record.query}`);
    const made = makeButton(word, () => portal.keptReports.resume(record));
    made.className = "button";
    return made;
  }

  /* A draft goes at once; a report that was sent off is deleted only after a second press. */
  function makeRemove(record, word, sure) {
    const made = makeButton(word, () => {
      if (sure && made.textContent !== sure) made.textContent = sure;
      else kept.remove(record.key);
    });
    return made;
  }

  function makeButton(word, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "button button-quiet";
    made.textContent = word;
    made.addEventListener("click", act);
    return made;
  }

  function makeLink(word, address) {
    const made = document.createElement("a");
    made.className = "button";
    made.href = address;
    made.textContent = word;
    return made;
  }

  async function deliver() {
    clearTimeout(retry);
    try {
      await kept.deliver();
    } catch (problem) {
      retry = setTimeout(deliver, RETRY_MS);
    }
    return show();
  }

  kept.onChange = show;
  addEventListener("online", deliver);
  addEventListener("offline", show);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) deliver();
  });
  if (document.readyState === "complete") deliver();
  else addEventListener("load", deliver);
})();
