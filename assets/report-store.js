/* Reports that are on this phone and not with the portal yet: drafts, and those that wait for signal. Pages and the service worker share it.
   A record: key, state (draft, waiting, refused or sent), began and changed (ms), step, query, fields [[name, value]],
   photos [{name, blob, file}], problems [sentence]; once it is sent key, state, changed, number and own (its private link) alone. */
(function (scope) {
  "use strict";
  var portal = scope.portal = scope.portal || {};
  var STORE = "reports", PHOTOS = "photos", FLAG = "reports-kept";
  var WEEK = 7 * 86400000, PATIENCE = 30000, PATIENCE_WITH_PHOTOS = 300000;
  var kept = portal.kept = { all: all, put: put, remove: remove, change: change, send: send, deliver: deliver, alone: alone, body: body, solve: solve, changed: function () {} };
  var others = scope.BroadcastChannel ? new BroadcastChannel("reports") : null;
  var written = "";
  if (others) others.onmessage = function () {
    written = "";
    kept.changed();
  };

  function open() {
    return new Promise(function (done, failed) {
      var asked = scope.indexedDB.open("citizens-connect", 1);
      asked.onupgradeneeded = function () {
        asked.result.createObjectStore(STORE, { keyPath: "key" });
        asked.result.createObjectStore(PHOTOS);
      };
      asked.onsuccess = function () { done(asked.result); };
      asked.onerror = asked.onblocked = function () { failed(asked.error); };
    });
  }

  /* One transaction; gives what it asked for. The database is closed after it: a page that holds one open cannot be gone back to at once. */
  function within(mode, act) {
    return open().then(function (database) {
      return new Promise(function (done, failed) {
        var transaction = database.transaction([STORE, PHOTOS], mode);
        var asked = act(transaction.objectStore(STORE), transaction.objectStore(PHOTOS));
        transaction.oncomplete = function () {
          database.close();
          done(asked.map(function (one) { return one.result; }));
        };
        transaction.onerror = transaction.onabort = function () {
          database.close();
          failed(transaction.error);
        };
      });
    });
  }

  /* Photos lie apart and are written when they are others: a letter typed must not write megabytes. */
  function put(record) {
    var photos = record.photos || [], rest = Object.assign({}, record);
    delete rest.photos;
    var print = record.key + JSON.stringify(photos.map(function (photo) { return [photo.name, photo.file, photo.blob ? photo.blob.size : 0]; }));
    return within("readwrite", function (reports, store) {
      if (!photos.length) store.delete(record.key);
      else if (print !== written) store.put(photos, record.key);
      return [reports.put(rest)];
    }).then(function () {
      written = print;
      return tell();
    });
  }

  function remove(key) {
    written = "";
    return within("readwrite", function (reports, photos) { return [reports.delete(key), photos.delete(key)]; }).then(tell);
  }

  /* Other values for some of a record's; nothing where it is gone. */
  function change(key, values) {
    return within("readwrite", function (reports) {
      var asked = reports.get(key);
      asked.onsuccess = function () { if (asked.result) reports.put(Object.assign(asked.result, values)); };
      return [asked];
    }).then(tell);
  }

  /* All records, the oldest first. Drafts that nobody went on with for a week are deleted, and so are links to what was sent. */
  function all() {
    return within("readonly", function (reports, photos) { return [reports.getAll(), photos.getAllKeys(), photos.getAll()]; }).then(function (found) {
      found[0].forEach(function (record) { record.photos = found[2][found[1].indexOf(record.key)] || []; });
      var old = found[0].filter(function (record) { return (record.state === "draft" || record.state === "sent") && record.changed < Date.now() - WEEK; });
      var fresh = found[0].filter(function (record) { return old.indexOf(record) < 0; });
      flag(fresh.length > 0);
      return Promise.all(old.map(function (record) { return remove(record.key); })).then(function () {
        return fresh.sort(function (one, other) { return one.began - other.began; });
      });
    });
  }

  /* Pages look into the database only where this says that there is something. */
  function flag(isThere) {
    try {
      if (isThere) scope.localStorage.setItem(FLAG, "1");
      else scope.localStorage.removeItem(FLAG);
    } catch (refused) { /* a service worker has none, nor has a private window */ }
  }

  function tell() {
    flag(true);
    if (others) others.postMessage("changed");
    kept.changed();
  }

  /* What goes to the portal: photos by their names where it has them, else themselves. */
  function body(record) {
    var form = new FormData();
    record.fields.forEach(function (pair) { form.append(pair[0], pair[1]); });
    record.photos.forEach(function (photo) {
      if (photo.name) form.append("photos", photo.name);
      else if (photo.blob) form.append("photo", photo.blob, photo.file || "photo");
    });
    return form;
  }

  /* Everything that waits, one after the other and from one page at a time. Fails where something still waits afterwards. */
  function deliver() {
    return alone(function () {
      return all().then(function (records) {
        var failure = null;
        return records.filter(function (record) { return record.state === "waiting"; }).reduce(function (before, record) {
          return before.then(function () { return send(record); }).catch(function (problem) { failure = problem; });
        }, Promise.resolve()).then(function () { if (failure) throw failure; });
      });
    });
  }

  function alone(act) {
    var locks = scope.navigator.locks;
    return locks ? locks.request("reports", act) : act();
  }

  /* Send one report; gives its record as it then stands. Fails, and leaves it waiting, where no answer of the portal came. */
  function send(record, proof, isAgain) {
    return (proof ? Promise.resolve(proof) : sum(record)).then(function (solved) {
      var form = body(record);
      form.set("proof", solved);
      var hasPhotos = record.photos.some(function (photo) { return !photo.name; });
      return ask("/report/deliver.json" + record.query, { method: "POST", body: form }, hasPhotos ? PATIENCE_WITH_PHOTOS : PATIENCE);
    }).then(function (answer) {
      if (answer.status === 422 && answer.said.missing && !isAgain) return again(record, answer.said.missing);
      if (answer.status === 200 && answer.said.own) return sent(record, answer.said);
      var problems = answer.said.problems || (answer.said.error ? [answer.said.error] : null);
      var isRefused = problems && answer.status >= 400 && answer.status < 500 && [408, 425, 429].indexOf(answer.status) < 0;
      if (!isRefused) throw new Error("no answer of the portal: " + answer.status);
      return change(record.key, { state: "refused", problems: problems }).then(function () { return Object.assign(record, { state: "refused", problems: problems }); });
    });
  }

  /* Nothing of the report stays but its number and its link, until they were seen. */
  function sent(record, said) {
    var rest = { key: record.key, state: "sent", began: record.began, changed: Date.now(), number: said.number, own: said.own };
    return put(rest).then(function () { return rest; });
  }

  /* The portal no longer has photos that were added long ago: they go again themselves. */
  function again(record, missing) {
    record.photos.forEach(function (photo) { if (missing.indexOf(photo.name) >= 0) photo.name = ""; });
    record.photos = record.photos.filter(function (photo) { return photo.name || photo.blob; });
    return put(record).then(function () { return send(record, "", true); });
  }

  /* A sum of the ALTCHA protocol asked for anew: the one in the form is too old. */
  function sum(record) {
    var key = record.fields.filter(function (pair) { return pair[0] === "key"; })[0][1];
    return ask("/report/sum.json?key=" + encodeURIComponent(key), {}, PATIENCE).then(function (answer) {
      return answer.status === 200 && answer.said.salt ? solve(answer.said) : "";
    });
  }

  /* Which number, after the salt, has this hash; empty where the browser has no SHA-256 of its own, or `isWanted` says no. */
  function solve(challenge, isWanted) {
    if (!scope.crypto || !scope.crypto.subtle) return Promise.resolve("");
    var letters = new TextEncoder();
    function hashed(number) {
      return scope.crypto.subtle.digest("SHA-256", letters.encode(challenge.salt + number)).then(function (hash) {
        return [].map.call(new Uint8Array(hash), function (byte) { return ("0" + byte.toString(16)).slice(-2); }).join("");
      });
    }
    function look(from) {
      if (from >= challenge.maxnumber || (isWanted && !isWanted())) return "";
      var numbers = [];
      for (var number = from; number < Math.min(from + 500, challenge.maxnumber); number++) numbers.push(number);
      return Promise.all(numbers.map(hashed)).then(function (hashes) {
        var found = hashes.indexOf(challenge.challenge);
        if (found < 0) return look(from + 500);
        return btoa(JSON.stringify({
          algorithm: challenge.algorithm, challenge: challenge.challenge, number: from + found, salt: challenge.salt, signature: challenge.signature
        }));
      });
    }
    return Promise.resolve(look(0));
  }

  /* Status and JSON of an answer; without JSON, such as a hotel's page to sign in at, an empty one. */
  function ask(address, options, patience) {
    var stop = scope.AbortController ? new AbortController() : null;
    var timer = setTimeout(function () { if (stop) stop.abort(); }, patience);
    return fetch(address, Object.assign({ cache: "no-store" }, options, stop ? { signal: stop.signal } : {})).then(function (answer) {
      return answer.json().catch(function () { return {}; }).then(function (said) {
        clearTimeout(timer);
        return { status: answer.status, said: said || {} };
      });
    });
  }
})(self);
