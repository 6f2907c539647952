/* The map under the pin: draw it aside, tap it, or move it by keys; and where the phone is. The server draws the map. */
(function () {
  "use strict";
  var report = window.portal.report;
  var TILE = 256, STEP = 32, WAIT = 250;
  var MOVES = { north: [0, -STEP], south: [0, STEP], west: [-STEP, 0], east: [STEP, 0] };
  var KEYS = { ArrowUp: "north", ArrowDown: "south", ArrowLeft: "west", ArrowRight: "east", "+": "closer", "=": "closer", "-": "farther" };
  var asked = 0, timer = 0;

  report.enhance.push(function (root) {
    var pin = root.querySelector("#pin");
    if (!pin) return;
    var view = { right: 0, down: 0 };
    prepare(pin, view, "");
    locate(root, pin, view);
  });

  function prepare(pin, view, focus) {
    var map = pin.querySelector(".pin-map");
    view.lat = Number(map.dataset.lat);
    view.lon = Number(map.dataset.lon);
    view.zoom = Number(map.dataset.zoom);
    view.right = view.down = 0;
    map.tabIndex = 0;
    map.setAttribute("role", "application");
    map.setAttribute("aria-label", report.words().pin);
    map.addEventListener("keydown", function (event) {
      var act = KEYS[event.key];
      if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      press(pin, view, act, "map");
    });
    [].forEach.call(pin.querySelectorAll(".pin-button"), function (button) {
      button.addEventListener("click", function (event) {
        event.preventDefault();
        press(pin, view, button.value, button.value);
      });
    });
    follow(pin, map, view);
    var again = focus === "map" ? map : focus && pin.querySelector('.pin-button[value="' + focus + '"]');
    if (again) again.focus({ preventScroll: true });
  }

  function press(pin, view, act, focus) {
    if (act === "closer" || act === "farther") {
      view.zoom = Math.max(10, Math.min(19, view.zoom + (act === "closer" ? 1 : -1)));
      return ask(pin, view, focus, isSet());
    }
    slide(pin, view, view.right + MOVES[act][0], view.down + MOVES[act][1]);
    clearTimeout(timer);
    timer = setTimeout(function () { settle(pin, view, focus); }, WAIT);
  }

  function isSet() { return report.field("lat").value !== ""; }

  /* The drawing goes the other way: the pin stands still. */
  function slide(pin, view, right, down) {
    view.right = right;
    view.down = down;
    pin.querySelector(".pin-drawing").style.transform = "translate(" + -right + "px," + -down + "px)";
  }

  function settle(pin, view, focus, closer) {
    var size = TILE * Math.pow(2, view.zoom);
    var x = size * (view.lon + 180) / 360 + view.right;
    var y = size * (1 - Math.asinh(Math.tan(view.lat * Math.PI / 180)) / Math.PI) / 2 + view.down;
    view.lon = 360 * x / size - 180;
    view.lat = Math.atan(Math.sinh(Math.PI * (1 - 2 * y / size))) * 180 / Math.PI;
    view.zoom = Math.min(Math.max(17, view.zoom), view.zoom + (closer || 0));
    ask(pin, view, focus, true);
  }

  /* The map, the pin and its address anew; of several questions the last one counts. */
  function ask(pin, view, focus, hasPin) {
    var mine = ++asked;
    var query = new URLSearchParams({ zoom: view.zoom });
    if (hasPin) {
      query.set("lat", view.lat.toFixed(5));
      query.set("lon", view.lon.toFixed(5));
    }
    var language = new URLSearchParams(location.search).get("lang");
    if (language) query.set("lang", language);
    fetch("/report/pin?" + query).then(function (answer) {
      if (!answer.ok) throw new Error(answer.status);
      return answer.text();
    }).then(function (html) {
      if (mine !== asked) return;
      pin.innerHTML = html; // ours, drawn by layouts/report/place.py
      var map = pin.querySelector(".pin-map");
      ["lat", "lon", "zoom", "address"].forEach(function (name) { report.field(name).value = hasPin || name === "zoom" ? map.dataset[name] : ""; });
      if (hasPin) report.field("place").value = "";
      prepare(pin, view, focus);
    }).catch(function () {
      if (mine === asked) pin.querySelector(".pin-said").textContent = report.words().failed;
    });
  }

  function follow(pin, map, view) {
    var start = null;
    map.addEventListener("pointerdown", function (event) {
      if (event.button) return;
      start = { x: event.clientX, y: event.clientY, isDrag: false };
      map.setPointerCapture(event.pointerId);
    });
    map.addEventListener("pointermove", function (event) {
      if (!start) return;
      var right = start.x - event.clientX, down = start.y - event.clientY;
      if (!start.isDrag && Math.hypot(right, down) < 6) return;
      start.isDrag = true;
      map.classList.add("is-dragged");
      slide(pin, view, right, down);
    });
    map.addEventListener("pointerup", function (event) {
      if (!start) return;
      if (!start.isDrag) {
        var box = map.getBoundingClientRect();
        slide(pin, view, event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2);
      }
      // A tap from far away means a part of the city; one sees it closer and taps again.
      settle(pin, view, "map", start.isDrag ? 0 : 3);
      start = null;
    });
    map.addEventListener("pointercancel", function () {
      start = null;
      slide(pin, view, 0, 0);
    });
  }

  function locate(root, pin, view) {
    var line = root.querySelector(".report-locate");
    if (!navigator.geolocation) return;
    var said = line.querySelector("[role=status]");
    line.hidden = false;
    line.querySelector("button").addEventListener("click", function () {
      said.textContent = report.words().locating;
      navigator.geolocation.getCurrentPosition(function (place) {
        said.textContent = "";
        view.lat = place.coords.latitude;
        view.lon = place.coords.longitude;
        view.zoom = 17;
        ask(pin, view, "", true);
      }, function () { said.textContent = report.words().refused; }, { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 });
    });
  }
})();
