/* Small and early. Wakes Dash when somebody reaches for it (a touch, a key, the pointer, the map coming into view), never before. */
(function () {
  "use strict";
  var portal = window.portal = window.portal || {};
  var asleep = document.getElementById("dash-asleep");
  var map = document.querySelector(".map-pane");
  var signs = ["pointerdown", "pointermove", "touchstart", "keydown", "focusin"];
  var awake = !asleep;
  var patience = 8000;
  var isLost = false;
  var wished = null;

  /* The live map will not come: the still one stays, and its circles are links as they are without scripts. */
  function giveUp() {
    if (document.querySelector(".island.is-awake")) return;
    isLost = true;
    if (wished) location.href = wished.href;
  }

  function wake() {
    if (awake) return;
    awake = true;
    signs.forEach(function (sign) { removeEventListener(sign, wake, true); });
    var parts = asleep.content.querySelectorAll("link, script"), missing = parts.length;
    [].forEach.call(parts, function (part) {
      part = document.importNode(part);
      part.async = false; // in the order of the page
      part.onerror = giveUp;
      part.onload = function () { if (!--missing && !isLost) new window.DashRenderer(); };
      document.head.appendChild(part);
    });
  }

  if (!awake) {
    signs.forEach(function (sign) { addEventListener(sign, wake, { capture: true, passive: true }); });
    wakeWhenScrolledTo(map);
  }

  /* A map that is in the first view sleeps until touched; one that is scrolled to wakes by itself. */
  function wakeWhenScrolledTo(part) {
    if (!part || !window.IntersectionObserver) return;
    var first = true;
    new IntersectionObserver(function (entries) {
      var seen = entries[entries.length - 1].isIntersecting;
      if (seen && !first) wake();
      first = false;
    }).observe(part);
  }

  /* A circle of the still map: with scripts the live map opens there, without them the link goes to a page. */
  document.addEventListener("click", function (event) {
    var circle = event.target.closest && event.target.closest(".still a[href]");
    if (!circle || isLost || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    portal.wish = new URL(circle.href).searchParams.get("bbox");
    wished = circle;
    setTimeout(giveUp, patience);
    wake();
  });

  /* Native controls send an empty value for "any"; leave these out of the address. */
  document.addEventListener("submit", function (event) {
    if (event.defaultPrevented) return;
    [].forEach.call(event.target.querySelectorAll("select, input"), function (field) { field.disabled = !field.value; });
  });
  addEventListener("pageshow", function () {
    [].forEach.call(document.querySelectorAll("form :disabled"), function (field) { field.disabled = false; });
  });

  /* Near me: the browser asks for leave, and the list of the closest cases answers. */
  var locate = document.getElementById("locate");
  if (locate && navigator.geolocation) {
    locate.addEventListener("click", function (event) {
      event.preventDefault();
      navigator.geolocation.getCurrentPosition(function (place) {
        var language = new URLSearchParams(location.search).get("lang");
        location.href = "/cases?" + (language ? "lang=" + language + "&" : "") + "sort=closest&lat=" + place.coords.latitude.toFixed(5) + "&lon=" + place.coords.longitude.toFixed(5);
      }, function () { locate.textContent = locate.dataset.refused; }, { timeout: 10000, maximumAge: 60000 });
    });
  }

  /* Later, when the page is there: what it needs without signal, and reports on this phone that wait for it. */
  var me = document.currentScript;
  if (document.readyState === "complete") later();
  else addEventListener("load", later);
  function later() { (window.requestIdleCallback || setTimeout)(keep); }
  function keep() {
    var saves = navigator.connection && navigator.connection.saveData;
    if (me.dataset.worker && navigator.serviceWorker && !saves) navigator.serviceWorker.register(me.dataset.worker).catch(function () { /* all goes on as without */ });
    try {
      if (portal.kept || !localStorage.getItem("reports-kept")) return;
    } catch (refused) { return; }
    var urls = me.dataset.kept.split(" "), style = document.createElement("link");
    style.rel = "stylesheet";
    style.href = urls.shift();
    document.head.appendChild(style);
    urls.forEach(function (url) {
      var script = document.createElement("script");
      script.src = url;
      script.async = false;
      document.body.appendChild(script);
    });
  }

  /* What only a script can do with a case: the phone's own way of sharing, and the printer. */
  function offer(id, act) {
    var button = document.getElementById(id);
    if (!button || !act) return;
    button.hidden = false;
    button.addEventListener("click", act);
  }
  offer("print", window.print && function () { window.print(); });
  offer("share", navigator.share && function () {
    // A resident's own page has a link that nobody else must get: there the button names what is shared.
    var url = this.dataset.url || document.querySelector(".permalink").href;
    navigator.share({ title: this.dataset.title || document.title, url: url }).catch(function () { /* thought better of it */ });
  });
})();
