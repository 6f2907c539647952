/* The live map: cluster tiles and neighborhood outlines on the map that dash-leaflet makes. Plain script from our own host, no eval. */
(function () {
  "use strict";
  var portal = window.portal = window.portal || {};
  var L = window.L;
  var pane = document.querySelector(".map-pane");
  var STATUS = { open: "Open", in_progress: "In work", closed: "Closed", overdue: "Overdue by the city’s clock" };

  /* Dash asks where it is: the path and query of this page. */
  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    portal: { address: function () { return location.pathname + location.search; } }
  });
  if (!L || !pane) return;

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

  function clusterMarker(map, cell, zoomCells) {
    var n = cell[2], level = 1 + (n >= 10) + (n >= 100) + (n >= 1000) + (n >= 10000);
    var name = n.toLocaleString("en") + (n === 1 ? " case" : " cases") + ", zoom in";
    var made = marker([cell[1], cell[0]], element("span", "cluster cluster-" + level, short(n)), name, [26, 30, 36, 42, 48][level - 1], "button");
    made.on("click", function () { map.setView(made.getLatLng(), Math.min(map.getZoom() + zoomCells, map.getMaxZoom())); });
    return made;
  }

  function pinMarker(pin) {
    var face = element("span", "pin status-" + pin[3].replace("_", "-")), address = "/cases/" + encodeURIComponent(pin[2]);
    face.appendChild(statusIcon(pin[3]));
    var made = marker([pin[1], pin[0]], face, STATUS[pin[3]] + ": " + pin[4] + ", case " + pin[2], 26, "button");
    made.bindPopup(function () {
      var body = element("div"), line = element("p", "status status-" + pin[3].replace("_", "-"));
      line.appendChild(statusIcon(pin[3]));
      line.appendChild(document.createTextNode(STATUS[pin[3]]));
      var link = element("a", "", pin[4]);
      link.href = address;
      var title = element("p");
      title.appendChild(link);
      body.appendChild(title);
      body.appendChild(line);
      body.appendChild(element("p", "quiet", "Opened " + new Date(pin[5] * 1000).toLocaleDateString([], { day: "numeric", month: "long", year: "numeric" })));
      return body;
    });
    made.on("popupopen", function (event) {
      var link = event.popup.getElement().querySelector("a[href^='/cases/']");
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
      var layer = this, key = this._tileCoordsToKey(coords), drawn = this._drawn[key] = { markers: [], stop: new AbortController() };
      var query = (this.options.filter ? this.options.filter + "&" : "") + "v=" + this.options.rev;
      fetch("/tiles/" + coords.z + "/" + coords.x + "/" + coords.y + ".json?" + query, { signal: drawn.stop.signal })
        .then(function (answer) {
          if (!answer.ok) throw new Error("tile " + answer.status);
          return answer.json();
        })
        .then(function (tile) {
          if (layer._drawn[key] !== drawn) return;
          tile.cells.forEach(function (cell) { drawn.markers.push(clusterMarker(layer._map, cell, 2)); });
          tile.pins.forEach(function (pin) { drawn.markers.push(pinMarker(pin)); });
          drawn.markers.forEach(function (made) { layer._markers.addLayer(made); });
          done(null, this);
        })
        .catch(function (problem) { if (problem.name !== "AbortError") done(problem, this); });
      return document.createElement("div");
    }
  });

  function outlines(map) {
    fetch(pane.dataset.areas).then(function (answer) { return answer.json(); }).then(function (areas) {
      L.geoJSON(areas, { interactive: false, style: { className: "area" } }).addTo(map).bringToBack();
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
  }

  /* A link that lists what the map shows, once it has been moved. */
  function offerList(map) {
    var link = document.getElementById("list-this-view");
    map.on("moveend", function () {
      var query = new URLSearchParams(pane.dataset.filter), box = map.getBounds();
      query.set("bbox", [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()].map(function (edge) { return edge.toFixed(4); }).join(","));
      link.href = "/?" + query.toString().replace(/%2C/g, ",");
      link.parentNode.hidden = false;
    });
  }

  L.Map.addInitHook(function () {
    var map = this;
    map.whenReady(function () {
      var container = map.getContainer(), cases = new CaseLayer({ rev: pane.dataset.rev, filter: pane.dataset.filter });
      container.setAttribute("role", "application");
      container.setAttribute("aria-label", "Map. Arrow keys move, plus and minus zoom.");
      if (portal.wish) map.fitBounds([[portal.wish[1], portal.wish[0]], [portal.wish[3], portal.wish[2]]]);
      outlines(map);
      cases.once("load", function () {
        takeOver(map);
        offerList(map);
      });
      cases.addTo(map);
      portal.showVersion = function (rev) {
        pane.dataset.rev = rev;
        cases.showVersion(rev);
      };
    });
  });
})();
