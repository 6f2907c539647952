/* The last service worker: it deletes the pages that earlier ones saved, and then itself. Waiting
   reports are sent by the pages. */
(function () {
  "use strict";
  async function removeEverything() {
    const names = await caches.keys();
    await Promise.all(names.map(name => caches.delete(name)));
    await self.registration.unregister();
  }

  self.addEventListener("install", () => self.skipWaiting());
  self.addEventListener("activate", event => event.waitUntil(removeEverything()));
})();
