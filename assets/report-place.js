/* The map under the pin: drag it, tap it, or move it with keys; and the phone's own location. The
   server draws the map. */
(function () {
  "use strict";
  const report = window.portal.report;
  const TILE = 256;
  const STEP = 32;
  const WAIT_MS = 250;
  const DRAG_STARTS = 6;
  const ROUGH_M = 100; // farther off than this, the nearest house is a guess
  const MOVES = { north: [0, -STEP], south: [0, STEP], west: [-STEP, 0], east: [STEP, 0] };
  const KEYS = {
    ArrowUp: "north", ArrowDown: "south", ArrowLeft: "west", ArrowRight: "east",
    "+": "closer", "=": "closer", "-": "farther"
  };
  let asked = 0;
  let timer = 0;

  /* `view` is what the map shows: lat, lon, zoom, how far it is dragged, in pixels, and by how many
     meters the phone's place may be off, 0 once there is a pin. */
  report.enhancers.push(root => {
    const pin = root.querySelector("#pin");
    if (!pin) return;
    const view = { right: 0, down: 0, rough: 0 };
    setUpMap(pin, view, "");
    offerLocation(root, pin, view);
  });

  function setUpMap(pin, view, focus) {
    const map = pin.querySelector(".pin-map");
    const { lat, lon, zoom } = map.dataset;
    Object.assign(view, { lat: Number(lat), lon: Number(lon), zoom: Number(zoom) });
    Object.assign(view, { right: 0, down: 0 });
    map.tabIndex = 0;
    map.setAttribute("role", "application");
    map.setAttribute("aria-label", report.getWords().pin);
    listenToKeys(pin, map, view);
    listenToButtons(pin, view);
    listenToPointer(pin, map, view);
    restoreFocus(pin, map, focus);
  }

  function listenToKeys(pin, map, view) {
    map.addEventListener("keydown", event => {
      const act = KEYS[event.key];
      if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      moveView(pin, view, act, "map");
    });
  }

  function listenToButtons(pin, view) {
    pin.querySelectorAll(".pin-button").forEach(button => {
      button.addEventListener("click", event => {
        event.preventDefault();
        moveView(pin, view, button.value, button.value);
      });
    });
  }

  function restoreFocus(pin, map, focus) {
    if (!focus) return;
    const button = focus === "map" ? map : pin.querySelector(`.pin-button[value="${focus}"]`);
    if (button) button.focus({ preventScroll: true });
  }

  function moveView(pin, view, act, focus) {
    if (act === "closer" || act === "farther") {
      view.zoom = Math.max(10, Math.min(19, view.zoom + (act === "closer" ? 1 : -1)));
      fetchMap(pin, view, focus, hasPin());
      return;
    }
    const [right, down] = MOVES[act];
    slideMap(pin, view, view.right + right, view.down + down);
    clearTimeout(timer);
    timer = setTimeout(() => settleMap(pin, view, focus), WAIT_MS);
  }

  function hasPin() {
    return report.getField("lat").value !== "";
  }

  /* The drawing moves the opposite way, because the pin stays where it is. */
  function slideMap(pin, view, right, down) {
    view.right = right;
    view.down = down;
    pin.querySelector(".pin-drawing").style.transform = `translate(${-right}px,${-down}px)`;
  }

  function settleMap(pin, view, focus, closer) {
    const size = TILE * Math.pow(2, view.zoom);
    const north = Math.asinh(Math.tan(view.lat * Math.PI / 180)) / Math.PI;
    const x = size * (view.lon + 180) / 360 + view.right;
    const y = size * (1 - north) / 2 + view.down;
    view.lon = 360 * x / size - 180;
    view.lat = Math.atan(Math.sinh(Math.PI * (1 - 2 * y / size))) * 180 / Math.PI;
    view.zoom = Math.min(Math.max(17, view.zoom), view.zoom + (closer || 0));
    fetchMap(pin, view, focus, true);
  }

  /* A new map, pin and address. If several requests are under way, the last one counts. */
  async function fetchMap(pin, view, focus, isSet) {
    asked += 1;
    const mine = asked;
    try {
      const answer = await fetch(`/report/pin?${writeQuery(view, isSet)}`);
      if (!answer.ok) throw new Error(answer.status);
      const html = await answer.text();
      if (mine === asked) showMap(pin, view, focus, isSet, html);
    } catch (problem) {
      if (mine !== asked) return;
      pin.querySelector(".pin-said").textContent = report.getWords().failed;
    }
  }

  function writeQuery(view, isSet) {
    const query = new URLSearchParams(view.zoom ? { zoom: view.zoom } : {});
    const language = new URLSearchParams(location.search).get("lang");
    if (isSet || view.rough) {
      query.set("lat", view.lat.toFixed(5));
      query.set("lon", view.lon.toFixed(5));
    }
    if (!isSet && view.rough) query.set("rough", view.rough);
    if (language) query.set("lang", language);
    return query;
  }

  function showMap(pin, view, focus, isSet, html) {
    pin.innerHTML = html; // ours, drawn by layouts/report/place.py
    const { dataset } = pin.querySelector(".pin-map");
    if (isSet) view.rough = 0;
    report.getField("zoom").value = view.rough ? "" : dataset.zoom;
    ["lat", "lon", "address"].forEach(name => {
      report.getField(name).value = isSet ? dataset[name] : "";
    });
    if (isSet) report.getField("place").value = "";
    setUpMap(pin, view, focus);
  }

  function listenToPointer(pin, map, view) {
    let start = null;
    map.addEventListener("pointerdown", event => {
      if (event.button) return;
      start = { x: event.clientX, y: event.clientY, isDrag: false };
      map.setPointerCapture(event.pointerId);
    });
    map.addEventListener("pointermove", event => {
      if (start) dragMap(pin, map, view, start, event);
    });
    map.addEventListener("pointerup", event => {
      if (!start) return;
      if (!start.isDrag) slideToTap(pin, map, view, event);
      // A tap from far out means a part of the city: zoom in, so that the next tap can be exact.
      settleMap(pin, view, "map", start.isDrag ? 0 : 3);
      start = null;
    });
    map.addEventListener("pointercancel", () => {
      start = null;
      slideMap(pin, view, 0, 0);
    });
  }

  function dragMap(pin, map, view, start, event) {
    const right = start.x - event.clientX;
    const down = start.y - event.clientY;
    if (!start.isDrag && Math.hypot(right, down) < DRAG_STARTS) return;
    start.isDrag = true;
    map.classList.add("is-dragged");
    slideMap(pin, view, right, down);
  }

  function slideToTap(pin, map, view, event) {
    const box = map.getBoundingClientRect();
    const right = event.clientX - box.left - box.width / 2;
    const down = event.clientY - box.top - box.height / 2;
    slideMap(pin, view, right, down);
  }

  function offerLocation(root, pin, view) {
    if (!navigator.geolocation) return;
    const line = root.querySelector(".report-locate");
    const status = line.querySelector("[role=status]");
    const options = { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 };

    function useLocation({ coords }) {
      status.textContent = "";
      const rough = coords.accuracy > ROUGH_M ? Math.round(coords.accuracy) : 0;
      const zoom = rough ? 0 : 17;
      Object.assign(view, { lat: coords.latitude, lon: coords.longitude, zoom, rough });
      fetchMap(pin, view, "", !rough);
    }
    function sayRefused() {
      status.textContent = report.getWords().refused;
    }

    line.hidden = false;
    line.querySelector("button").addEventListener("click", () => {
      status.textContent = report.getWords().locating;
      navigator.geolocation.getCurrentPosition(useLocation, sayRefused, options);
    });
  }
})();
