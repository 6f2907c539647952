/* The report as it is being written, kept on this phone: it survives a closed tab, and without signal it waits here and not in the air. */
(function () {
  "use strict";
  var portal = window.portal, report = portal.report, kept = portal.kept;
  var PAUSE = 400;
  var LEFT_OUT = ["go", "step", "photos", "photo", "proof"];
  var GO_ON = "report-goes-on";
  var draft = { key: "", began: 0, photos: [] };
  var restored = null, isSent = false, timer = 0;
  var recalled = Promise.resolve();

  report.taken = taken;
  report.outgoing = outgoing;
  report.send = send;
  report.unreachable = unreachable;
  report.photosSaid = photosSaid;

  function form() { return document.getElementById("report-form"); }
  function isOffline() { return form() && form().dataset.step === "offline"; }
  function isFirst() { return form() && (form().dataset.step === "photo" || isOffline()); }
  function names() { return new FormData(form()).getAll("photos").filter(Boolean); }
  function pending() { return draft.photos.filter(function (photo) { return !photo.name; }); }

  report.enhance.push(function (root) {
    if (isOffline()) report.field("key").value = made();
    var key = report.field("key").value, old = restored && restored.key === key ? restored : null;
    if (old) draft = { key: key, began: old.began, photos: old.photos };
    if (!isOffline()) settlePhotos(old);
    if (draft.key && draft.key !== key) kept.remove(draft.key).catch(nothing);
    if (!draft.key && !isOffline()) recalled = kept.all().then(function (records) {
      records.filter(function (known) { return known.key === key; }).forEach(recall);
    }).catch(nothing);
    draft.key = key;
    root.addEventListener("input", later);
    root.addEventListener("change", later);
    save();
    portal.keptReports.show();
    if (old) askForLostPhotos();
  });

  function made() {
    return [].map.call(crypto.getRandomValues(new Uint8Array(16)), function (byte) { return ("0" + byte.toString(16)).slice(-2); }).join("");
  }

  function nothing() { /* without a database all goes on as without */ }

  /* Photos that the portal took on the way to this screen have names now; those it did not take were no photos. */
  function settlePhotos(old) {
    var known = draft.photos.map(function (photo) { return photo.name; });
    var fresh = names().filter(function (name) { return known.indexOf(name) < 0; });
    var waiting = pending();
    if (fresh.length === waiting.length) waiting.forEach(function (photo, i) { photo.name = fresh[i]; });
    else draft.photos = draft.photos.filter(function (photo) { return photo.name; }).concat(fresh.map(function (name) { return { name: name, blob: null, file: "" }; }));
    if (!old) draft.photos = draft.photos.filter(function (photo) { return names().indexOf(photo.name) >= 0; });
  }

  /* The portal keeps photos of unsent reports for a day; older ones go to it once more. */
  function askForLostPhotos() {
    var there = names();
    var lost = draft.photos.filter(function (photo) { return there.indexOf(photo.name) < 0; });
    lost.forEach(function (photo) { photo.name = ""; });
    draft.photos = draft.photos.filter(function (photo) { return photo.name || photo.blob; });
    if (pending().length) setTimeout(function () { report.go("to:" + form().dataset.step, null, ""); });
  }

  /* Photos just chosen, made smaller already; they go with the next thing that goes. */
  function taken(blobs, files) {
    blobs.forEach(function (blob, i) { draft.photos.push({ name: "", blob: blob, file: files[i].name }); });
    draft.photos = draft.photos.slice(0, 4);
    save();
  }

  function photosSaid() {
    var count = draft.photos.length;
    return !count ? "" : count === 1 ? report.words().photoOne : report.words().photos.replace("{n}", count);
  }

  function outgoing(body) {
    body.delete("photo");
    (restored || draft).photos.forEach(function (photo) { if (!photo.name) body.append("photo", photo.blob, photo.file || "photo"); });
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
  }

  function record(state) {
    var fields = [];
    new FormData(form()).forEach(function (value, name) {
      if (typeof value === "string" && value && LEFT_OUT.indexOf(name) < 0) fields.push([name, value]);
    });
    return {
      key: draft.key, state: state, began: draft.began = draft.began || Date.now(), changed: Date.now(), step: form().dataset.step,
      query: new URL(form().getAttribute("action"), location.href).search, fields: fields, photos: draft.photos
    };
  }

  /* An empty first screen is nothing to keep. */
  function save() {
    clearTimeout(timer);
    if (!form() || isSent || !draft.key) return Promise.resolve();
    var isTyped = isOffline() && ["place", "lat", "note", "email", "service"].some(function (name) { return form().elements[name] && form().elements[name].value; });
    if (isFirst() && !draft.photos.length && !isTyped && !draft.began) return Promise.resolve();
    return recalled.then(function () {
      return isSent || !form() ? null : kept.put(record("draft"));
    }).catch(nothing);
  }
  addEventListener("pagehide", save);
  document.addEventListener("visibilitychange", function () { if (document.hidden) save(); });

  /* Kept first, then sent: whatever happens to the answer, the report is on the phone or with the portal. */
  function send() {
    var waiting = record("waiting"), proof = form().elements.proof ? form().elements.proof.value : "";
    isSent = true;
    return kept.put(waiting).then(function () {
      return kept.alone(function () { return kept.send(waiting, proof); }).then(settled, wait);
    });
  }

  /* It is with the portal; or it is the form again, with what is not right yet. */
  function settled(answered) {
    if (answered.state === "sent") return location.assign(answered.own.replace(/(\?|$)/, "/sent$1"));
    isSent = false;
    return kept.change(draft.key, { state: "draft" }).then(function () {
      if (isOffline()) return leaveTo("/report", answered);
      report.atRest();
      return report.go("next", null, "", "/report/send");
    });
  }

  /* Another page of the form, on which this report goes on by itself. */
  function leaveTo(address, old) {
    sessionStorage.setItem(GO_ON, old.key);
    location.assign(address + old.query);
  }

  /* It waits: the form is put away, and what is kept is said. */
  function wait() {
    var title = form().querySelector("h1");
    title.textContent = report.words().here;
    document.querySelector("main .report").prepend(title);
    form().remove();
    [].forEach.call(document.querySelectorAll(".report-progress, .report-problems"), function (part) { part.remove(); });
    draft = { key: "", began: 0, photos: [] };
    document.querySelector(".report-after").hidden = false;
    portal.keptReports.show().then(function () {
      var place = document.getElementById("kept-reports");
      place.tabIndex = -1;
      place.focus();
      scrollTo(0, 0);
    });
    if (navigator.serviceWorker) navigator.serviceWorker.ready.then(function (worker) { return worker.sync && worker.sync.register("reports"); }).catch(nothing);
  }

  portal.keptReports.goOn = goOn;
  portal.keptReports.isShown = function (kept) { return !form() || (isFirst() && kept.key !== draft.key); };

  /* The report where it was left; one that the portal refused, with what is not right. */
  function goOn(old) {
    if (!form()) return leaveTo("/report", old);
    if (isOffline()) return fill(old);
    restored = old;
    return report.go("to:" + (old.step === "offline" ? "check" : old.step), kept.body(old), "").then(function () { restored = null; });
  }

  /* The page was loaded anew in the middle of the form, as in another language: its photos are on the phone already. */
  function recall(old) {
    isSent = old.state === "waiting" || old.state === "sent";
    draft.began = old.began;
    // One that was on its way when the page went has its name only now.
    var unnamed = old.photos.filter(function (one) { return !one.name; });
    draft.photos.forEach(function (photo) {
      var known = old.photos.filter(function (one) { return one.name === photo.name; })[0] || unnamed.shift();
      if (known && !photo.blob) Object.assign(photo, { blob: known.blob, file: known.file });
    });
  }

  /* Without signal: into the one page that there is. */
  function fill(old) {
    draft = { key: old.key, began: old.began, photos: old.photos };
    var answers = {};
    old.fields.forEach(function (pair) {
      var name = pair[0], box = form().elements[name];
      if (name.indexOf("answer.") === 0) answers[name] = (answers[name] || []).concat(pair[1]);
      else if (box) box.value = pair[1];
      else report.hidden(name).value = pair[1];
    });
    report.ask(form());
    Object.keys(answers).forEach(function (name) { report.answer(form(), name, answers[name]); });
    report.offline();
    save().then(portal.keptReports.show);
  }

  /* In the middle of the form there is no signal any more: it can be finished on the page that is kept on the phone. */
  function unreachable() {
    save();
    if (!navigator.serviceWorker || !navigator.serviceWorker.controller || document.getElementById("report-finish")) return;
    var finish = document.createElement("button");
    finish.type = "button";
    finish.id = "report-finish";
    finish.className = "button button-quiet";
    finish.textContent = report.words().finish;
    finish.addEventListener("click", function () {
      save().then(function () { leaveTo("/report/offline", record("draft")); });
    });
    document.getElementById("report-said").after(finish);
  }

  document.addEventListener("DOMContentLoaded", function () {
    var key = "";
    try {
      key = sessionStorage.getItem(GO_ON);
      sessionStorage.removeItem(GO_ON);
    } catch (refused) { /* a private window */ }
    if (!form()) return;
    kept.all().then(function (records) {
      if (isFirst()) records.filter(function (old) { return old.key === key; }).forEach(goOn);
    }).catch(nothing);
  });
})();
