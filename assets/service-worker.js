/* For when there is no signal: pages seen lately with the time they were kept, else a page that says so; and reports sent when it is back.
   Everything comes from the network first. Kept are public pages that anybody sees alike, and our own files under their fingerprints;
   never a resident's own pages, staff's, or an answer to a form. What to keep beforehand is told in self.portal (callbacks/report/offline.py). */
(function () {
  "use strict";
  var told = self.portal;
  importScripts(told.store);
  var SHELL = "shell-1", PAGES = "pages-1", FILES = "files-1";
  var PUBLIC = /^\/($|cases(\/|$)|places(\/|$)|status$)/;
  var MOST = { "pages-1": 40, "files-1": 60 };
  var KEPT_AT = "X-Kept-At", DAY = 86400000;

  self.addEventListener("install", function (event) {
    event.waitUntil(Promise.all([keepShell(), keepFiles()]).then(function () { return self.skipWaiting(); }));
  });

  self.addEventListener("activate", function (event) {
    event.waitUntil(Promise.all([forgetOlder(), preload()]).then(function () { return self.clients.claim(); }));
  });

  self.addEventListener("sync", function (event) {
    if (event.tag === "reports") event.waitUntil(self.portal.kept.deliver());
  });

  self.addEventListener("fetch", function (event) {
    var address = new URL(event.request.url);
    if (event.request.method !== "GET" || address.origin !== location.origin) return;
    if (event.request.mode === "navigate") event.respondWith(page(event, address));
    else if (address.pathname.indexOf("/assets/") === 0 && address.searchParams.has("v")) event.respondWith(file(event));
  });

  /* The page that says there is no signal, and the form for it, in every language. */
  function shell(name, language) { return "/" + name + "?lang=" + language; }

  function keepShell() {
    return caches.open(SHELL).then(function (cache) {
      return Promise.all(told.languages.map(function (language) {
        return Promise.all(["offline", "report/offline"].map(function (name) {
          return fetch(shell(name, language), { cache: "no-store" }).then(function (answer) {
            if (answer.ok) return stamped(answer).then(function (kept) { return cache.put(shell(name, language), kept); });
          });
        }));
      }));
    });
  }

  function keepFiles() {
    return caches.open(FILES).then(function (cache) {
      return Promise.all(told.files.map(function (address) {
        return cache.match(address).then(function (known) { return known || cache.add(address); });
      }));
    });
  }

  function forgetOlder() {
    return caches.keys().then(function (names) {
      return Promise.all(names.filter(function (name) { return [SHELL, PAGES, FILES].indexOf(name) < 0; }).map(function (name) { return caches.delete(name); }));
    });
  }

  /* The browser asks for the page while the worker still wakes. */
  function preload() {
    return self.registration.navigationPreload ? self.registration.navigationPreload.enable() : null;
  }

  function page(event, address) {
    return Promise.resolve(event.preloadResponse).then(function (early) { return early || fetch(event.request); }).then(function (answer) {
      if (isPublic(address, answer)) event.waitUntil(keep(PAGES, event.request.url, answer.clone()));
      if (address.pathname === "/report") event.waitUntil(renewShell());
      return answer;
    }).catch(function () { return without(address); });
  }

  function isPublic(address, answer) {
    return PUBLIC.test(address.pathname) && answer.status === 200 && !answer.redirected &&
      /^text\/html/.test(answer.headers.get("Content-Type")) && !/no-store|private/.test(answer.headers.get("Cache-Control"));
  }

  /* The types that can be reported change; whoever reports gets the form for no signal anew, once a day. */
  function renewShell() {
    return caches.match(shell("report/offline", told.languages[0]), { cacheName: SHELL }).then(function (kept) {
      if (!kept || Number(kept.headers.get(KEPT_AT)) < Date.now() - DAY) return keepShell();
    }).catch(function () { /* the kept one stays */ });
  }

  function without(address) {
    var language = languageOf(address);
    if (address.pathname === "/report" || address.pathname === "/report/offline") return inShell("report/offline", language);
    return caches.match(address.href, { cacheName: PAGES }).then(function (kept) {
      return kept ? withNotice(kept) : inShell("offline", language);
    });
  }

  function inShell(name, language) {
    return caches.match(shell(name, language), { cacheName: SHELL }).then(function (kept) { return kept || Response.error(); });
  }

  /* The one in the address, else the phone's first that we have. */
  function languageOf(address) {
    var wished = [address.searchParams.get("lang")].concat(self.navigator.languages || []).map(function (code) { return (code || "").split("-")[0]; });
    return wished.filter(function (code) { return told.languages.indexOf(code) >= 0; })[0] || told.languages[0];
  }

  /* The kept page, with a line above it that says when it was kept: in the page's own language, from the page for no signal. */
  function withNotice(kept) {
    return kept.text().then(function (html) {
      var language = (/<html lang="([\w-]+)"/.exec(html) || [])[1];
      return inShell("offline", language).then(function (answer) { return answer.text(); }).then(function (shellHtml) {
        var notice = (/<template id="kept-notice">([\s\S]*?)<\/template>/.exec(shellHtml) || ["", ""])[1];
        var at = new Date(Number(kept.headers.get(KEPT_AT)));
        var said = at.toLocaleString(language, { weekday: "long", hour: "numeric", minute: "2-digit", day: "numeric", month: "long" });
        var line = notice.replace(/<span class="kept-at"><\/span>/, '<time datetime="' + at.toISOString() + '">' + said + "</time>");
        return html.replace(/<main[ >]/, function (main) { return line + main; });
      }).catch(function () { return html; });
    }).then(function (html) { return new Response(html, { headers: kept.headers }); });
  }

  function file(event) {
    return caches.match(event.request, { cacheName: FILES }).then(function (kept) {
      return kept || fetch(event.request).then(function (answer) {
        if (answer.ok) event.waitUntil(keep(FILES, event.request.url, answer.clone()));
        return answer;
      });
    });
  }

  function keep(name, address, answer) {
    return Promise.all([caches.open(name), stamped(answer)]).then(function (both) {
      // Put in anew, so that the ones looked at last are the last to go.
      return both[0].delete(address).then(function () { return both[0].put(address, both[1]); }).then(function () { return bound(both[0], MOST[name]); });
    }).catch(function () { /* the phone is full: nothing is kept */ });
  }

  function bound(cache, most) {
    return cache.keys().then(function (keys) {
      return Promise.all(keys.slice(0, Math.max(0, keys.length - most)).map(function (key) { return cache.delete(key); }));
    });
  }

  /* The answer with the moment it was kept at, and without what the network said of its packing. */
  function stamped(answer) {
    return answer.blob().then(function (body) {
      var headers = new Headers(answer.headers);
      headers.set(KEPT_AT, String(Date.now()));
      headers.delete("Content-Encoding");
      headers.delete("Content-Length");
      return new Response(body, { status: answer.status, headers: headers });
    });
  }
})();
