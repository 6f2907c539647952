/* What the live map offers: how cases are drawn, whose outlines, where I am, the whole screen. The buttons are in the page already. */
(function () {
  "use strict";
  var portal = window.portal, L = window.L, said = portal.said, pane = document.querySelector(".map-pane");
  if (!L || !said) return;

  portal.say = function (text) { document.getElementById("map-said").textContent = text; };

  /* A choice that is not the usual one stands in the address. */
  portal.keepInAddress = function (values) {
    var asked = new URLSearchParams(location.search);
    Object.keys(values).forEach(function (name) {
      if (values[name] === "") asked.delete(name);
      else asked.set(name, values[name]);
    });
    var query = asked.toString().replace(/%2C/g, ",");
    portal.here = location.pathname + (query ? "?" + query : "");
    history.replaceState(history.state, "", portal.here + location.hash);
  };

  /* show.cases("density") and show.areas("district") draw; the choice is in the address from then on. */
  portal.offerTools = function (map, show) {
    var tools = pane.querySelector(".map-tools");
    choose("map-cases", "map", "circles", show.cases);
    choose("map-areas", "areas", "neighborhood", show.areas);
    offerPlace(map);
    offerFullScreen(map);
    closeWhenLeft(tools.querySelector("details"));
    tools.hidden = false;
  };

  function choose(id, name, usual, draw) {
    var select = document.getElementById(id);
    select.addEventListener("change", function () {
      var values = {};
      values[name] = select.value === usual ? "" : select.value;
      portal.keepInAddress(values);
      draw(select.value);
    });
  }

  /* The choices go away with Escape, and when focus or a touch goes elsewhere. */
  function closeWhenLeft(details) {
    details.addEventListener("keydown", function (event) {
      if (event.key !== "Escape" || !details.open) return;
      details.open = false;
      details.querySelector("summary").focus();
    });
    document.addEventListener("pointerdown", function (event) { if (!details.contains(event.target)) details.open = false; });
    details.addEventListener("focusout", function (event) { if (event.relatedTarget && !details.contains(event.relatedTarget)) details.open = false; });
  }

  function offerPlace(map) {
    var button = document.getElementById("map-place"), mark = L.layerGroup().addTo(map);
    button.hidden = !navigator.geolocation;
    button.addEventListener("click", function () {
      button.setAttribute("aria-busy", "true");
      navigator.geolocation.getCurrentPosition(found, lost, { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 });
    });
    function found(place) {
      var at = [place.coords.latitude, place.coords.longitude], metres = Math.max(10, Math.round(place.coords.accuracy));
      button.removeAttribute("aria-busy");
      mark.clearLayers();
      if (!L.latLngBounds(corners(pane.dataset.city)).contains(at)) return tell(map, said.outside);
      mark.addLayer(L.circle(at, { radius: metres, className: "here-around", interactive: false }));
      mark.addLayer(L.circleMarker(at, { radius: 7, className: "here", interactive: false }));
      map.setView(at, Math.max(map.getZoom(), 16), { animate: false });
      portal.say(portal.filled(said.here, { metres: metres }));
    }
    function lost() {
      button.removeAttribute("aria-busy");
      tell(map, said.no_place);
    }
  }

  /* To ears and eyes: on the map, until it is moved or ten seconds have passed. */
  function tell(map, text) {
    var note = pane.querySelector(".map-note") || pane.appendChild(portal.element("p", "map-note"));
    note.textContent = text;
    portal.say(text);
    function away() { note.remove(); }
    map.once("movestart", away);
    setTimeout(away, 10000);
  }
  portal.tell = tell;

  /* Where the browser has no full screen for parts of a page (iPhone), the map covers the page instead. */
  function offerFullScreen(map) {
    var button = document.getElementById("map-full"), ask = pane.requestFullscreen;
    function isFull() { return document.fullscreenElement === pane || pane.classList.contains("covers-page"); }
    function settle() {
      var full = isFull(), name = full ? said.leave_full : said.full;
      button.classList.toggle("is-on", full);
      button.setAttribute("aria-label", name);
      button.title = name;
      coverPage(pane.classList.contains("covers-page"));
      map.invalidateSize({ animate: false });
    }
    function coverPage(on) {
      document.documentElement.classList.toggle("is-covered", on);
      [].forEach.call(document.querySelectorAll("body > :not(main), main > :not(.map-pane)"), function (part) { part.inert = on; });
    }
    function cover(on) {
      pane.classList.toggle("covers-page", on);
      settle();
    }
    function leave() {
      if (document.fullscreenElement) document.exitFullscreen();
      else cover(false);
    }
    button.addEventListener("click", function () {
      if (isFull()) leave();
      else if (ask) ask.call(pane).catch(function () { cover(true); });
      else cover(true);
    });
    document.addEventListener("fullscreenchange", settle);
    pane.addEventListener("keydown", function (event) {
      if (event.key === "Escape" && !event.defaultPrevented && pane.classList.contains("covers-page")) cover(false);
    });
  }

  function corners(box) {
    var edges = box.split(",").map(Number);
    return [[edges[1], edges[0]], [edges[3], edges[2]]];
  }
  portal.corners = corners;
})();
