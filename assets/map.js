/* The live map: cluster tiles and neighborhood outlines on the map that dash-leaflet makes. Plain script from our own host, no eval. */
(function () {
  "use strict";
  var portal = window.portal = window.portal || {};
  var L = window.L;
  var pane = document.querySelector(".map-pane");

  /* Dash asks where it is: the path and query of this page. */
  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    portal: { address: function () { return location.pathname + location.search; } }
  });
  if (!L || !pane) return;

  /* Words in the page's language, and the parameter that keeps it, where the reader chose one. */
  var said = JSON.parse(pane.dataset.words), language = new URLSearchParams(location.search).get("lang");

  function filled(text, values) {
    return text.replace(/\{(\w+)\}/g, function (hole, name) { return name in values ? values[name] : hole; });
  }

  function short(n) {
    if (n < 1000) return String(n);
    var value = n < 999500 ? n / 1000 : n / 1e6;
    return (value < 9.95 ? value.toFixed(1).replace(".0", "") : value.toFixed(0)) + (n < 999500 ? "k" : "M");
  }

  function element(name, className, text) {
    var made = document.createElement(name);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  }

  function statusIcon(status) {
    var ns = "http://www.w3.org/2000/svg", svg = document.createElementNS(ns, "svg"), use = document.createElementNS(ns, "use");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    use.setAttribute("href", "#icon-" + status);
    svg.appendChild(use);
    return svg;
  }

  /* A marker that is a button or a link for keys and ears: it has a role, a name, and Enter works. */
  function marker(latlng, face, name, size, role) {
    var made = L.marker(latlng, { icon: L.divIcon({ className: "map-icon", html: face, iconSize: [size, size] }), keyboard: true, riseOnHover: true });
    made.on("add", function () {
      var node = made.getElement();
      node.setAttribute("role", role);
      node.setAttribute("aria-label", name);
      node.title = name;
    });
    return made;
  }

  /* A circle zooms in; where the map goes no closer, it lists its cases. */
  function clusterMarker(map, cell, half) {
    var n = cell[2], level = 1 + (n >= 10) + (n >= 100) + (n >= 1000) + (n >= 10000);
    var cases = n === 1 ? said.one : filled(said.many, { n: n.toLocaleString("en") }), deepest = map.getZoom() >= map.getMaxZoom();
    var made = marker([cell[1], cell[0]], element("span", "cluster cluster-" + level, short(n)), cases + ", " + (deepest ? said.list : said.closer), [26, 30, 36, 42, 48][level - 1], "button");
    onPress(made, function () {
      if (deepest) location.href = listAddress([cell[0] - half, cell[1] - half, cell[0] + half, cell[1] + half]);
      else map.setView(made.getLatLng(), Math.min(map.getZoom() + 2, map.getMaxZoom()));
    });
    return made;
  }

  function onPress(made, act) {
    made.on("click", act);
    made.on("keypress", function (event) { if (event.originalEvent.key === "Enter" || event.originalEvent.key === " ") act(); });
  }

  /* The list of the same cases in a box of west, south, east, north. */
  function listAddress(box) {
    var query = new URLSearchParams(pane.dataset.filter);
    if (language) query.set("lang", language);
    query.set("bbox", box.map(function (edge) { return edge.toFixed(4); }).join(","));
    return "/cases?" + query.toString().replace(/%2C/g, ",");
  }

  function pinMarker(pin) {
    var face = element("span", "pin status-" + pin[3].replace("_", "-")), address = "/cases/" + encodeURIComponent(pin[2]) + (language ? "?lang=" + language : "");
    face.appendChild(statusIcon(pin[3]));
    var made = marker([pin[1], pin[0]], face, filled(said.pin, { status: said.status[pin[3]], service: pin[4], number: pin[2] }), 26, "button");
    made.bindPopup(function () {
      var body = element("div"), line = element("p", "status status-" + pin[3].replace("_", "-"));
      line.appendChild(statusIcon(pin[3]));
      line.appendChild(document.createTextNode(said.status[pin[3]]));
      var link = element("a", "", pin[4]);
      link.href = address;
      var title = element("p");
      title.appendChild(link);
      body.appendChild(title);
      body.appendChild(line);
      body.appendChild(element("p", "quiet", filled(said.opened, { day: new Date(pin[5] * 1000).toLocaleDateString(document.documentElement.lang, { day: "numeric", month: "long", year: "numeric" }) })));
      return body;
    });
    made.on("popupopen", function (event) {
      var link = event.popup.getElement().querySelector("a[href^='/cases/']"), close = event.popup.getElement().querySelector(".leaflet-popup-close-button");
      if (close) close.setAttribute("aria-label", said.close);
      if (link) link.focus({ preventScroll: true });
    });
    return made;
  }

  var CaseLayer = L.GridLayer.extend({
    options: { tileSize: 256, updateWhenIdle: true, updateWhenZooming: false, keepBuffer: 1, rev: "", filter: "" },

    initialize: function (options) {
      L.setOptions(this, options);
      this._drawn = {};
      this.on("tileunload", function (event) { this._forget(this._tileCoordsToKey(event.coords)); }, this);
    },

    onAdd: function (map) {
      this._markers = L.layerGroup().addTo(map);
      L.GridLayer.prototype.onAdd.call(this, map);
    },

    onRemove: function (map) {
      this._markers.remove();
      this._drawn = {};
      L.GridLayer.prototype.onRemove.call(this, map);
    },

    showVersion: function (rev) {
      this.options.rev = rev;
      this.redraw();
    },

    _forget: function (key) {
      var drawn = this._drawn[key];
      if (!drawn) return;
      drawn.stop.abort();
      drawn.markers.forEach(function (made) { this._markers.removeLayer(made); }, this);
      delete this._drawn[key];
    },

    createTile: function (coords, done) {
      var layer = this, square = document.createElement("div"), key = this._tileCoordsToKey(coords), drawn = this._drawn[key] = { markers: [], stop: new AbortController() };
      var query = (this.options.filter ? this.options.filter + "&" : "") + "v=" + this.options.rev;
      fetch("/tiles/" + (coords.z - (this.options.tileSize === 512)) + "/" + coords.x + "/" + coords.y + ".json?" + query, { signal: drawn.stop.signal })
        .then(function (answer) {
          if (!answer.ok) throw new Error("tile " + answer.status);
          return answer.json();
        })
        .then(function (tile) {
          if (layer._drawn[key] !== drawn) return;
          tile.cells.forEach(function (cell) { drawn.markers.push(clusterMarker(layer._map, cell, 0.0003)); });
          tile.pins.forEach(function (pin) { drawn.markers.push(pinMarker(pin)); });
          drawn.markers.forEach(function (made) { layer._markers.addLayer(made); });
          layer.hasDrawn = true;
          done(null, square);
        })
        .catch(function (problem) { if (problem.name !== "AbortError") done(problem, square); });
      return square;
    }
  });

  function outlines(map) {
    fetch(pane.dataset.areas).then(function (answer) { return answer.json(); }).then(function (areas) {
      L.geoJSON(areas, { interactive: false, style: { className: "area", stroke: true, fill: true } }).addTo(map).bringToBack();
    }).catch(function () { /* the map works without them */ });
  }

  /* The still picture goes when the first tiles are drawn; focus that was in it goes to the map. */
  function takeOver(map) {
    var island = pane.querySelector(".island"), still = island.querySelector(".still");
    if (island.classList.contains("is-awake")) return;
    var focused = still.contains(document.activeElement);
    island.classList.add("is-awake");
    still.setAttribute("aria-hidden", "true");
    if (focused) map.getContainer().focus();
    offerList(map);
  }

  /* A link that lists what the map shows, once it has been moved. */
  function offerList(map) {
    var link = document.getElementById("list-this-view");
    map.on("moveend", function () {
      var box = map.getBounds();
      link.href = listAddress([box.getWest(), box.getSouth(), box.getEast(), box.getNorth()]);
      link.parentNode.hidden = false;
    });
  }

  /* Where a visitor pointed, else the view in the address, else the part that the still map shows. */
  function startAt(map, wish) {
    var box = wish || pane.dataset.box.split(",").map(Number), asked = new URLSearchParams(location.search);
    var view = ["z", "lat", "lon"].map(function (name) { return asked.has(name) ? Number(asked.get(name)) : NaN; });
    if (!wish && view.every(isFinite) && Math.abs(view[1]) <= 85 && Math.abs(view[2]) <= 180) map.setView([view[1], view[2]], view[0], { animate: false });
    else map.fitBounds([[box[1], box[0]], [box[3], box[2]]], { animate: false });
    map.on("moveend", function () { keepView(map); });
  }

  /* The view goes into the address, unless lat and lon there are the place that cases are close to. */
  function keepView(map) {
    var asked = new URLSearchParams(location.search), center = map.getCenter();
    if (asked.get("sort") === "closest") return;
    asked.set("z", map.getZoom());
    asked.set("lat", center.lat.toFixed(5));
    asked.set("lon", center.lng.toFixed(5));
    history.replaceState(history.state, "", location.pathname + "?" + asked.toString().replace(/%2C/g, ","));
  }

  function nameButtons(map) {
    [[".leaflet-control-zoom-in", said.zoom_in], [".leaflet-control-zoom-out", said.zoom_out]].forEach(function (button) {
      var node = map.getContainer().querySelector(button[0]);
      if (!node) return;
      node.title = button[1];
      node.setAttribute("aria-label", button[1]);
    });
  }

  L.Map.addInitHook(function () {
    var map = this;
    map.whenReady(function () {
      // On a large map tiles are drawn at twice their size: circles 128 pixels apart, calmer, and few stops for a keyboard.
      var container = map.getContainer(), tileSize = container.clientWidth < 700 ? 256 : 512;
      var cases = new CaseLayer({ tileSize: tileSize, rev: pane.dataset.rev, filter: pane.dataset.filter });
      container.setAttribute("role", "application");
      container.setAttribute("aria-label", said.map);
      nameButtons(map);
      startAt(map, portal.wish);
      outlines(map);
      // A map that got no tile stays behind the still one, which shows the cases.
      cases.on("load", function () { if (cases.hasDrawn) takeOver(map); });
      cases.addTo(map);
      portal.showVersion = function (rev) {
        pane.dataset.rev = rev;
        cases.showVersion(rev);
      };
    });
  });
})();
