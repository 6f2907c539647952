/* The live map's tools: how cases are drawn, which outlines, my location, full screen. The buttons
   are already in the page. */
(function () {
  "use strict";
  const portal = window.portal;
  const L = window.L;
  const words = portal.words;
  const pane = document.querySelector(".map-pane");
  if (!L || !words) return;
  const NOTE_MS = 10000;

  function announce(text) {
    document.getElementById("map-said").textContent = text;
  }

  /* A choice other than the default goes into the address. */
  portal.keepInAddress = values => {
    const asked = new URLSearchParams(location.search);
    Object.keys(values).forEach(name => {
      if (values[name] === "") asked.delete(name);
      else asked.set(name, values[name]);
    });
    const query = asked.toString().replace(/%2C/g, ",");
    portal.here = location.pathname + (query ? `?${query}` : "");
    history.replaceState(history.state, "", portal.here + location.hash);
  };

  /* show.cases("density") and show.areas("district") draw; the choice then stays in the address. */
  portal.offerTools = (map, show) => {
    const tools = pane.querySelector(".map-tools");
    offerChoice("map-cases", "map", "circles", show.cases);
    offerChoice("map-areas", "areas", "neighborhood", show.areas);
    offerLocation(map);
    offerFullScreen(map);
    closeWhenLeft(tools.querySelector("details"));
    tools.hidden = false;
  };

  function offerChoice(id, name, usual, draw) {
    const select = document.getElementById(id);
    select.addEventListener("change", () => {
      portal.keepInAddress({ [name]: select.value === usual ? "" : select.value });
      draw(select.value);
    });
  }

  /* The choices close on Escape, and when the focus or a touch goes elsewhere. */
  function closeWhenLeft(details) {
    function closeUnlessInside(target) {
      if (!details.contains(target)) details.open = false;
    }
    details.addEventListener("keydown", event => {
      if (event.key !== "Escape" || !details.open) return;
      details.open = false;
      details.querySelector("summary").focus();
    });
    document.addEventListener("pointerdown", event => closeUnlessInside(event.target));
    details.addEventListener("focusout", event => {
      if (event.relatedTarget) closeUnlessInside(event.relatedTarget);
    });
  }

  function offerLocation(map) {
    const button = document.getElementById("map-place");
    const mark = L.layerGroup().addTo(map);
    const options = { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 };

    function showFound(place) {
      button.removeAttribute("aria-busy");
      showLocation(map, mark, place.coords);
    }
    function showLost() {
      button.removeAttribute("aria-busy");
      portal.showNote(map, words.no_place);
    }

    button.hidden = !navigator.geolocation;
    button.addEventListener("click", () => {
      button.setAttribute("aria-busy", "true");
      navigator.geolocation.getCurrentPosition(showFound, showLost, options);
    });
  }

  function showLocation(map, mark, coords) {
    const at = [coords.latitude, coords.longitude];
    const meters = Math.max(10, Math.round(coords.accuracy));
    mark.clearLayers();
    if (!L.latLngBounds(portal.readCorners(pane.dataset.city)).contains(at)) {
      portal.showNote(map, words.outside);
      return;
    }
    const around = { radius: meters, className: "here-around", interactive: false };
    mark.addLayer(L.circle(at, around));
    mark.addLayer(L.circleMarker(at, { radius: 7, className: "here", interactive: false }));
    map.setView(at, Math.max(map.getZoom(), 16), { animate: false });
    announce(portal.fillIn(words.here, { metres: meters }));
  }

  /* Read aloud, and shown on the map until it moves or ten seconds have passed. */
  portal.showNote = (map, text) => {
    const note = pane.querySelector(".map-note") ||
      pane.appendChild(portal.makeElement("p", "map-note"));
    const removeNote = () => note.remove();
    note.textContent = text;
    announce(text);
    map.once("movestart", removeNote);
    setTimeout(removeNote, NOTE_MS);
  };

  /* If the browser has no full screen for part of a page (iPhone), the map covers the page. */
  function offerFullScreen(map) {
    const button = document.getElementById("map-full");
    const coversPage = () => pane.classList.contains("covers-page");
    const isFull = () => document.fullscreenElement === pane || coversPage();

    function updateButton() {
      const name = isFull() ? words.leave_full : words.full;
      button.classList.toggle("is-on", isFull());
      button.setAttribute("aria-label", name);
      button.title = name;
      hideRestOfPage(coversPage());
      map.invalidateSize({ animate: false });
    }
    function coverPage(isOn) {
      pane.classList.toggle("covers-page", isOn);
      updateButton();
    }
    function enterFullScreen() {
      if (pane.requestFullscreen) pane.requestFullscreen().catch(() => coverPage(true));
      else coverPage(true);
    }
    function leaveFullScreen() {
      if (document.fullscreenElement) document.exitFullscreen();
      else coverPage(false);
    }

    button.addEventListener("click", () => {
      if (isFull()) leaveFullScreen();
      else enterFullScreen();
    });
    document.addEventListener("fullscreenchange", updateButton);
    pane.addEventListener("keydown", event => {
      if (event.key === "Escape" && !event.defaultPrevented && coversPage()) coverPage(false);
    });
  }

  function hideRestOfPage(isHidden) {
    document.documentElement.classList.toggle("is-covered", isHidden);
    document.querySelectorAll("body > :not(main), main > :not(.map-pane)").forEach(part => {
      part.inert = isHidden;
    });
  }

  /* The corners of a box "west,south,east,north", as Leaflet wants them. */
  portal.readCorners = box => {
    const [west, south, east, north] = box.split(",").map(Number);
    return [[south, west], [north, east]];
  };
})();
