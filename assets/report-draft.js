/* The report being written, stored on this phone: it survives a closed tab, and without a signal it
   waits here. */
(function () {
  "use strict";
  const portal = window.portal;
  const report = portal.report;
  const kept = portal.kept;
  const PAUSE_MS = 400;
  const MOST_PHOTOS = 4;
  const LEFT_OUT = ["go", "step", "photos", "photo", "proof"];
  const TYPED = ["place", "lat", "note", "email", "service"];
  const GO_ON = "report-goes-on";
  let draft = { key: "", began: 0, photos: [] };
  let restored = null;
  let isSent = false;
  let timer = 0;
  let recalled = Promise.resolve();

  Object.assign(report, {
    addPhotos, attachPhotos, sendReport, offerToFinishOffline, describePhotos
  });
  portal.keptReports.resume = resumeReport;
  portal.keptReports.isShown = record => {
    return !getForm() || (isFirstScreen() && record.key !== draft.key);
  };

  function getForm() {
    return document.getElementById("report-form");
  }

  function isOffline() {
    return getForm() && getForm().dataset.step === "offline";
  }

  function isFirstScreen() {
    return getForm() && (getForm().dataset.step === "photo" || isOffline());
  }

  /* Names of the photos that the portal has for this report. */
  function listNames() {
    return new FormData(getForm()).getAll("photos").filter(Boolean);
  }

  function ignore() { /* without a database, the form works as it does without scripts */ }

  report.enhancers.push(root => {
    if (isOffline()) report.getField("key").value = makeKey();
    const key = report.getField("key").value;
    const old = restored && restored.key === key ? restored : null;
    if (old) draft = { key, began: old.began, photos: old.photos };
    if (!isOffline()) settlePhotos(old);
    if (draft.key && draft.key !== key) kept.remove(draft.key).catch(ignore);
    if (!draft.key && !isOffline()) recalled = recallReport(key).catch(ignore);
    draft.key = key;
    root.addEventListener("input", saveLater);
    root.addEventListener("change", saveLater);
    saveDraft();
    portal.keptReports.show();
    if (old) sendLostPhotos();
  });

  function makeKey() {
    const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
    return bytes.map(byte => byte.toString(16).padStart(2, "0")).join("");
  }

  /* Photos the portal took on the way to this screen have names now. Any it did not take weren't
     photos. */
  function settlePhotos(old) {
    const known = draft.photos.map(photo => photo.name);
    const fresh = listNames().filter(name => !known.includes(name));
    const waiting = draft.photos.filter(photo => !photo.name);
    if (fresh.length === waiting.length) {
      waiting.forEach((photo, i) => {
        photo.name = fresh[i];
      });
    } else {
      const added = fresh.map(name => ({ name, blob: null, file: "" }));
      draft.photos = draft.photos.filter(photo => photo.name).concat(added);
    }
    if (!old) draft.photos = draft.photos.filter(photo => listNames().includes(photo.name));
  }

  /* The portal keeps photos of unsent reports for a day. Older ones are sent to it again. */
  function sendLostPhotos() {
    const there = listNames();
    draft.photos.forEach(photo => {
      if (!there.includes(photo.name)) photo.name = "";
    });
    draft.photos = draft.photos.filter(photo => photo.name || photo.blob);
    if (draft.photos.every(photo => photo.name)) return;
    setTimeout(() => report.submitScreen(`to:${getForm().dataset.step}`, null, ""));
  }

  /* Photos just chosen and made smaller. They go along with the next thing that is sent. */
  function addPhotos(blobs, files) {
    blobs.forEach((blob, i) => draft.photos.push({ name: "", blob, file: files[i].name }));
    draft.photos = draft.photos.slice(0, MOST_PHOTOS);
    saveDraft();
  }

  function describePhotos() {
    const count = draft.photos.length;
    if (!count) return "";
    const words = report.getWords();
    return count === 1 ? words.photoOne : words.photos.replace("{n}", count);
  }

  function attachPhotos(body) {
    body.delete("photo");
    (restored || draft).photos.forEach(photo => {
      if (!photo.name) body.append("photo", photo.blob, photo.file || "photo");
    });
  }

  function saveLater() {
    clearTimeout(timer);
    timer = setTimeout(saveDraft, PAUSE_MS);
  }

  function makeRecord(state) {
    draft.began = draft.began || Date.now();
    return {
      key: draft.key,
      state,
      began: draft.began,
      changed: Date.now(),
      step: getForm().dataset.step,
      query: new URL(getForm().getAttribute("action"), location.href).search,
      fields: listFields(),
      photos: draft.photos
    };
  }

  function listFields() {
    return [...new FormData(getForm())].filter(([name, value]) => {
      return typeof value === "string" && value && !LEFT_OUT.includes(name);
    });
  }

  function saveDraft() {
    clearTimeout(timer);
    if (!getForm() || isSent || !draft.key || isEmpty()) return Promise.resolve();
    return recalled.then(() => {
      return isSent || !getForm() ? null : kept.put(makeRecord("draft"));
    }).catch(ignore);
  }

  /* An empty first screen is not worth storing. */
  function isEmpty() {
    if (!isFirstScreen() || draft.photos.length || draft.began) return false;
    const { elements } = getForm();
    return !isOffline() || !TYPED.some(name => elements[name] && elements[name].value);
  }

  addEventListener("pagehide", saveDraft);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) saveDraft();
  });

  /* Stored first, then sent: whatever happens to the answer, either the phone or the portal has the
     report. */
  async function sendReport() {
    const waiting = makeRecord("waiting");
    const box = getForm().elements.proof;
    const proof = box ? box.value : "";
    isSent = true;
    await kept.put(waiting);
    return kept.runAlone(() => kept.send(waiting, proof)).then(settleAnswer, showWaiting);
  }

  /* Either the portal has it, or the form comes back and says what to fix. */
  async function settleAnswer(answered) {
    if (answered.state === "sent") {
      location.assign(answered.own.replace(/(\?|$)/, "/sent$1"));
      return;
    }
    isSent = false;
    await kept.change(draft.key, { state: "draft" });
    if (isOffline()) {
      leaveTo("/report", answered);
      return;
    }
    report.finishSending();
    await report.submitScreen("next", null, "", "/report/send");
  }

  /* Opens another page of the form, where this report continues by itself. */
  function leaveTo(address, record) {
    sessionStorage.setItem(GO_ON, record.key);
    location.assign(address + record.query);
  }

  /* The report waits: the form goes away, and the page says what is stored. */
  async function showWaiting() {
    removeForm();
    draft = { key: "", began: 0, photos: [] };
    document.querySelector(".report-after").hidden = false;
    portal.keptReports.show().then(focusKeptReports);
    if (navigator.serviceWorker) navigator.serviceWorker.ready.then(registerSync).catch(ignore);
  }

  function removeForm() {
    const title = getForm().querySelector("h1");
    title.textContent = report.getWords().here;
    document.querySelector("main .report").prepend(title);
    getForm().remove();
    document.querySelectorAll(".report-progress, .report-problems").forEach(part => part.remove());
  }

  function focusKeptReports() {
    const place = document.getElementById("kept-reports");
    place.tabIndex = -1;
    place.focus();
    scrollTo(0, 0);
  }

  function registerSync(worker) {
    return worker.sync && worker.sync.register("reports");
  }

  /* Continues a report where it was left; one the portal refused comes with what to fix. */
  async function resumeReport(record) {
    if (!getForm()) leaveTo("/report", record);
    else if (isOffline()) fillForm(record);
    else {
      restored = record;
      const step = record.step === "offline" ? "check" : record.step;
      await report.submitScreen(`to:${step}`, kept.makeBody(record), "");
      restored = null;
    }
  }

  /* The page was reloaded in the middle of the form, say in another language. Its photos are
     already on the phone. */
  async function recallReport(key) {
    const records = await kept.all();
    const old = records.find(record => record.key === key);
    if (!old) return;
    isSent = old.state === "waiting" || old.state === "sent";
    draft.began = old.began;
    recallPhotos(old.photos);
  }

  /* A photo that was being sent when the page went has its name only now. */
  function recallPhotos(photos) {
    const unnamed = photos.filter(photo => !photo.name);
    draft.photos.forEach(photo => {
      const known = photos.find(one => one.name === photo.name) || unnamed.shift();
      if (known && !photo.blob) Object.assign(photo, { blob: known.blob, file: known.file });
    });
  }

  /* Without a signal, a report is filled into the one page there is. */
  function fillForm(record) {
    draft = { key: record.key, began: record.began, photos: record.photos };
    const isAnswer = ([name]) => name.startsWith("answer.");
    record.fields.filter(field => !isAnswer(field)).forEach(([name, value]) => {
      report.getField(name).value = value;
    });
    report.showQuestions(getForm());
    const answers = groupValues(record.fields.filter(isAnswer));
    Object.keys(answers).forEach(name => report.fillAnswers(getForm(), name, answers[name]));
    report.showOfflineState();
    saveDraft().then(portal.keptReports.show);
  }

  function groupValues(fields) {
    const groups = {};
    fields.forEach(([name, value]) => {
      groups[name] = (groups[name] || []).concat(value);
    });
    return groups;
  }

  /* The signal went away in the middle of the form. It can be finished on the page stored on the
     phone. */
  function offerToFinishOffline() {
    saveDraft();
    const worker = navigator.serviceWorker;
    if (!worker || !worker.controller || document.getElementById("report-finish")) return;
    const finish = document.createElement("button");
    finish.type = "button";
    finish.id = "report-finish";
    finish.className = "button button-quiet";
    finish.textContent = report.getWords().finish;
    finish.addEventListener("click", finishOffline);
    document.getElementById("report-said").after(finish);
  }

  async function finishOffline() {
    await saveDraft();
    leaveTo("/report/offline", makeRecord("draft"));
  }

  /* The report that another page of the form passed on to this one. */
  function takeKeyToResume() {
    try {
      const key = sessionStorage.getItem(GO_ON);
      sessionStorage.removeItem(GO_ON);
      return key;
    } catch (refused) {
      return ""; // a private window
    }
  }

  async function resumePassedOn() {
    const key = takeKeyToResume();
    if (!getForm()) return;
    const records = await kept.all();
    const record = records.find(one => one.key === key);
    if (record && isFirstScreen()) resumeReport(record);
  }

  document.addEventListener("DOMContentLoaded", () => resumePassedOn().catch(ignore));
})();
