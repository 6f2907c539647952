/* Small things for every page: shorter addresses, "near me", sharing and printing; and once the
   page has loaded, what it needs to work offline. */
(function () {
  "use strict";
  const portal = window.portal;
  const me = document.currentScript;

  /* Native controls submit an empty value for "any". Leave these out of the address. */
  document.addEventListener("submit", event => {
    if (event.defaultPrevented) return;
    event.target.querySelectorAll("select, input").forEach(field => {
      field.disabled = !field.value;
    });
  });
  addEventListener("pageshow", () => {
    document.querySelectorAll("form :disabled").forEach(field => {
      field.disabled = false;
    });
  });

  /* Near me: the browser asks for permission, then the list shows the closest cases. */
  function offerNearMe(link) {
    if (!link || !navigator.geolocation) return;
    function sayRefused() {
      link.textContent = link.dataset.refused;
    }
    link.addEventListener("click", event => {
      event.preventDefault();
      const options = { timeout: 10000, maximumAge: 60000 };
      navigator.geolocation.getCurrentPosition(listClosestCases, sayRefused, options);
    });
  }

  function listClosestCases(place) {
    const language = new URLSearchParams(location.search).get("lang");
    const lat = place.coords.latitude.toFixed(5);
    const lon = place.coords.longitude.toFixed(5);
    const query = (language ? `lang=${language}&` : "") + `sort=closest&lat=${lat}&lon=${lon}`;
    location.href = `/cases?${query}`;
  }

  /* When the page has loaded: the service worker, and any reports waiting on this phone. */
  function waitForIdle() {
    (window.requestIdleCallback || setTimeout)(prepareOffline);
  }

  function prepareOffline() {
    const isSavingData = navigator.connection && navigator.connection.saveData;
    if (me.dataset.worker && navigator.serviceWorker && !isSavingData) {
      navigator.serviceWorker.register(me.dataset.worker).catch(() => { /* works without one */ });
    }
    if (!portal.kept && hasKeptReports()) loadKeptReports();
  }

  function hasKeptReports() {
    try {
      return Boolean(localStorage.getItem("reports-kept"));
    } catch (refused) {
      return false;
    }
  }

  function loadKeptReports() {
    const [styleUrl, ...scriptUrls] = me.dataset.kept.split(" ");
    const style = document.createElement("link");
    style.rel = "stylesheet";
    style.href = styleUrl;
    document.head.appendChild(style);
    scriptUrls.forEach(url => {
      const script = document.createElement("script");
      script.src = url;
      script.async = false;
      document.body.appendChild(script);
    });
  }

  /* Buttons that need a script: the printer, and the phone's own share menu. */
  function offerButton(id, isPossible, act) {
    const button = document.getElementById(id);
    if (!button || !isPossible) return;
    button.hidden = false;
    button.addEventListener("click", () => act(button));
  }

  /* A resident's own page has a private link. There, the button says what to share instead. */
  function sharePage(button) {
    const url = button.dataset.url || document.querySelector(".permalink").href;
    const title = button.dataset.title || document.title;
    navigator.share({ title, url }).catch(() => { /* changed their mind */ });
  }

  offerNearMe(document.getElementById("locate"));
  if (document.readyState === "complete") waitForIdle();
  else addEventListener("load", waitForIdle);
  offerButton("print", window.print, () => window.print());
  offerButton("share", navigator.share, sharePage);
})();
