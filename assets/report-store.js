/* Reports on this phone that the portal doesn't have yet: drafts, and those waiting for a signal.
   Pages and the service worker share this file.

   A record has key, state (draft, waiting, refused or sent), began and changed (ms), step, query,
   fields [[name, value]], photos [{name, blob, file}] and problems [sentence]. Once it is sent,
   only key, state, began, changed, number and own (its private link) are left. */
(function (scope) {
  "use strict";
  const portal = scope.portal = scope.portal || {};
  const REPORTS = "reports";
  const PHOTOS = "photos";
  const FLAG = "reports-kept";
  const WEEK_MS = 7 * 86400000;
  const PATIENCE_MS = 30000;
  const PATIENCE_WITH_PHOTOS_MS = 300000;
  const NUMBERS_AT_A_TIME = 500;
  const TRY_LATER = [408, 425, 429];
  const kept = portal.kept = {
    all, put, remove, change, send, deliver, runAlone, makeBody, solve, onChange() {}
  };
  const others = scope.BroadcastChannel ? new BroadcastChannel("reports") : null;
  let written = "";
  if (others) others.onmessage = () => {
    written = "";
    kept.onChange();
  };

  function openDatabase() {
    return new Promise((done, failed) => {
      const asked = scope.indexedDB.open("citizens-connect", 1);
      asked.onupgradeneeded = () => {
        asked.result.createObjectStore(REPORTS, { keyPath: "key" });
        asked.result.createObjectStore(PHOTOS);
      };
      asked.onsuccess = () => done(asked.result);
      asked.onerror = asked.onblocked = () => failed(asked.error);
    });
  }

  /* Runs one transaction and returns the results of its requests. The database is closed afterward:
     the browser can't go straight back to a page that holds one open. */
  async function runTransaction(mode, act) {
    const database = await openDatabase();
    try {
      return await finishTransaction(database.transaction([REPORTS, PHOTOS], mode), act);
    } finally {
      database.close();
    }
  }

  function finishTransaction(transaction, act) {
    return new Promise((done, failed) => {
      const asked = act(transaction.objectStore(REPORTS), transaction.objectStore(PHOTOS));
      transaction.oncomplete = () => done(asked.map(request => request.result));
      transaction.onerror = transaction.onabort = () => failed(transaction.error);
    });
  }

  /* Photos are stored apart and written only when they change: typing a character must not write
     megabytes. */
  async function put(record) {
    const photos = record.photos || [];
    const rest = Object.assign({}, record);
    delete rest.photos;
    const print = record.key + JSON.stringify(photos.map(describePhoto));
    await runTransaction("readwrite", (reports, store) => {
      if (!photos.length) store.delete(record.key);
      else if (print !== written) store.put(photos, record.key);
      return [reports.put(rest)];
    });
    written = print;
    tellChange();
  }

  function describePhoto(photo) {
    return [photo.name, photo.file, photo.blob ? photo.blob.size : 0];
  }

  async function remove(key) {
    written = "";
    await runTransaction("readwrite", (reports, photos) => [
      reports.delete(key),
      photos.delete(key)
    ]);
    tellChange();
  }

  /* Changes some values of a record. Does nothing if the record is gone. */
  async function change(key, values) {
    await runTransaction("readwrite", reports => {
      const asked = reports.get(key);
      asked.onsuccess = () => {
        if (asked.result) reports.put(Object.assign(asked.result, values));
      };
      return [asked];
    });
    tellChange();
  }

  /* All records, oldest first. Drafts untouched for a week are deleted, and so are links to reports
     sent more than a week ago. */
  async function all() {
    const records = await readRecords();
    const old = records.filter(isOld);
    const fresh = records.filter(record => !isOld(record));
    setFlag(fresh.length > 0);
    await Promise.all(old.map(record => remove(record.key)));
    return fresh.sort((one, other) => one.began - other.began);
  }

  async function readRecords() {
    const [records, keys, photosOfKeys] = await runTransaction("readonly", (reports, photos) => [
      reports.getAll(),
      photos.getAllKeys(),
      photos.getAll()
    ]);
    records.forEach(record => {
      record.photos = photosOfKeys[keys.indexOf(record.key)] || [];
    });
    return records;
  }

  function isOld(record) {
    const mayExpire = record.state === "draft" || record.state === "sent";
    return mayExpire && record.changed < Date.now() - WEEK_MS;
  }

  /* Pages open the database only if this flag says there is something in it. */
  function setFlag(isThere) {
    try {
      if (isThere) scope.localStorage.setItem(FLAG, "1");
      else scope.localStorage.removeItem(FLAG);
    } catch (refused) { /* a service worker has no storage, nor does a private window */ }
  }

  function tellChange() {
    setFlag(true);
    if (others) others.postMessage("changed");
    kept.onChange();
  }

  /* The form to send: photos by name if the portal has them, or else the photos themselves. */
  function makeBody(record) {
    const form = new FormData();
    record.fields.forEach(([name, value]) => form.append(name, value));
    record.photos.forEach(photo => {
      if (photo.name) form.append("photos", photo.name);
      else if (photo.blob) form.append("photo", photo.blob, photo.file || "photo");
    });
    return form;
  }

  /* Sends everything that waits, one by one, from one page at a time. Fails if something is still
     waiting afterward. */
  function deliver() {
    return runAlone(async () => {
      const records = await all();
      let failure = null;
      for (const record of records.filter(one => one.state === "waiting")) {
        await send(record).catch(problem => {
          failure = problem;
        });
      }
      if (failure) throw failure;
    });
  }

  function runAlone(act) {
    const locks = scope.navigator.locks;
    return locks ? locks.request("reports", act) : act();
  }

  /* Sends one report and returns its updated record. Fails, leaving the report waiting, if the
     portal doesn't answer. */
  async function send(record, proof, isSecondTry) {
    const solved = proof || await solveNewSum(record);
    const form = makeBody(record);
    form.set("proof", solved);
    const hasPhotos = record.photos.some(photo => !photo.name);
    const patience = hasPhotos ? PATIENCE_WITH_PHOTOS_MS : PATIENCE_MS;
    const address = `/report/deliver.json${record.query}`;
    const answer = await ask(address, { method: "POST", body: form }, patience);
    const { missing, own } = answer.said;
    if (answer.status === 422 && missing && !isSecondTry) return sendPhotosAgain(record, missing);
    if (answer.status === 200 && own) return keepLink(record, answer.said);
    return keepRefusal(record, answer);
  }

  async function keepRefusal(record, answer) {
    const problems = answer.said.problems || (answer.said.error ? [answer.said.error] : null);
    const isRefusal = answer.status >= 400 && answer.status < 500;
    if (!problems || !isRefusal || TRY_LATER.includes(answer.status)) {
      throw new Error(`no answer from the portal: ${answer.status}`);
    }
    await change(record.key, { state: "refused", problems });
    return Object.assign(record, { state: "refused", problems });
  }

  /* All that stays of a sent report is its number and its link, until they have been seen. */
  async function keepLink(record, { number, own }) {
    const { key, began } = record;
    const rest = { key, state: "sent", began, changed: Date.now(), number, own };
    await put(rest);
    return rest;
  }

  /* The portal no longer has photos that were added long ago, so the photos themselves go again. */
  async function sendPhotosAgain(record, missing) {
    record.photos.forEach(photo => {
      if (missing.includes(photo.name)) photo.name = "";
    });
    record.photos = record.photos.filter(photo => photo.name || photo.blob);
    await put(record);
    return send(record, "", true);
  }

  /* A new sum of the ALTCHA protocol, when the one in the form is too old. */
  async function solveNewSum(record) {
    const key = record.fields.find(([name]) => name === "key")[1];
    const answer = await ask(`/report/sum.json?key=${encodeURIComponent(key)}`, {}, PATIENCE_MS);
    return answer.status === 200 && answer.said.salt ? solve(answer.said) : "";
  }

  /* Finds the number that, after the salt, has this hash. Returns "" if the browser has no SHA-256
     of its own, or once `isWanted` says no. */
  async function solve(challenge, isWanted) {
    if (!scope.crypto || !scope.crypto.subtle) return "";
    for (let from = 0; from < challenge.maxnumber; from += NUMBERS_AT_A_TIME) {
      if (isWanted && !isWanted()) return "";
      const to = Math.min(from + NUMBERS_AT_A_TIME, challenge.maxnumber);
      const hashes = await hashNumbers(challenge.salt, from, to);
      const found = hashes.indexOf(challenge.challenge);
      if (found >= 0) return encodeSolution(challenge, from + found);
    }
    return "";
  }

  function hashNumbers(salt, from, to) {
    const hashes = [];
    for (let number = from; number < to; number++) hashes.push(hashText(salt + number));
    return Promise.all(hashes);
  }

  async function hashText(text) {
    const hash = await scope.crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    return [...new Uint8Array(hash)].map(byte => byte.toString(16).padStart(2, "0")).join("");
  }

  function encodeSolution({ algorithm, challenge, salt, signature }, number) {
    return btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }));
  }

  /* Returns the status and JSON of an answer; {} if it isn't JSON, like a hotel's sign-in page. */
  async function ask(address, options, patience) {
    const stop = scope.AbortController ? new AbortController() : null;
    const signal = stop ? { signal: stop.signal } : {};
    const timer = setTimeout(() => {
      if (stop) stop.abort();
    }, patience);
    const answer = await fetch(address, Object.assign({ cache: "no-store" }, options, signal));
    const said = await answer.json().catch(() => ({}));
    clearTimeout(timer);
    return { status: answer.status, said: said || {} };
  }
})(self);
