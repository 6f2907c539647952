/* The last of the service workers: it puts away what they kept of pages, and itself. Reports that wait are sent by the pages. */
(function () {
  "use strict";
  self.addEventListener("install", function () { self.skipWaiting(); });
  self.addEventListener("activate", function (event) {
    event.waitUntil(caches.keys().then(function (names) {
      return Promise.all(names.map(function (name) { return caches.delete(name); }));
    }).then(function () { return self.registration.unregister(); }));
  });
})();
