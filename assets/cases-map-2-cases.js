/* Cases on the live map: circles that split as one comes closer, pins with a card each. Tiles come from /tiles (docs/tiles.md). */
(function () {
  "use strict";
  var portal = window.portal, L = window.L, said = portal.said, pane = document.querySelector(".map-pane"), APART = 22;
  if (!L || !said) return;

  function short(n) {
    if (n < 1000) return String(n);
    var value = n < 999500 ? n / 1000 : n / 1e6;
    return (value < 9.95 ? value.toFixed(1).replace(".0", "") : value.toFixed(0)) + (n < 999500 ? "k" : "M");
  }

  function statusIcon(status) {
    var ns = "http://www.w3.org/2000/svg", svg = document.createElementNS(ns, "svg"), use = document.createElementNS(ns, "use");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    use.setAttribute("href", "#icon-" + status);
    svg.appendChild(use);
    return svg;
  }

  /* A marker that is a button for keys and ears: it has a name, and Enter and Space work. */
  function marker(latlng, face, name, size) {
    var made = L.marker(latlng, { icon: L.divIcon({ className: "map-icon", html: face, iconSize: [size, size] }), keyboard: true, riseOnHover: true });
    made.on("add", function () {
      var node = made.getElement();
      node.setAttribute("role", "button");
      node.setAttribute("aria-label", name);
      node.title = name;
    });
    return made;
  }

  function onPress(made, act) {
    made.on("click", act);
    made.on("keypress", function (event) { if (event.originalEvent.key === "Enter" || event.originalEvent.key === " ") act(); });
  }

  /* A circle zooms in; where the map goes no closer, it lists its cases. */
  function clusterMarker(map, cell) {
    var n = cell[2], level = 1 + (n >= 10) + (n >= 100) + (n >= 1000) + (n >= 10000), half = 0.0003;
    var cases = n === 1 ? said.one : portal.filled(said.many, { n: n.toLocaleString("en") }), deepest = map.getZoom() >= map.getMaxZoom();
    var face = portal.element("span", "cluster cluster-" + level, short(n));
    var made = marker([cell[1], cell[0]], face, cases + ", " + (deepest ? said.list : said.closer), [26, 30, 36, 42, 48][level - 1]);
    onPress(made, function () {
      if (deepest) portal.visit(portal.listAddress([cell[0] - half, cell[1] - half, cell[0] + half, cell[1] + half]));
      else map.setView(made.getLatLng(), Math.min(map.getZoom() + 2, map.getMaxZoom()));
    });
    return made;
  }

  /* On a large map a popup stays clear of the buttons; on a small one they make way for it. */
  portal.popupRoom = function (map) {
    var isSmall = map.getContainer().clientWidth < 700;
    return { minWidth: 220, maxWidth: isSmall ? 250 : 280, autoPanPaddingTopLeft: isSmall ? [8, 8] : [64, 12], autoPanPaddingBottomRight: isSmall ? [8, 8] : [64, 12] };
  };

  /* What the tile knows of a case; its card is fetched when somebody asks for it. */
  function firstCard(pin) {
    var body = portal.element("div", "popup-card"), line = portal.element("p", "status status-" + pin[3].replace("_", "-"));
    var title = portal.element("h2", "case-card-title"), link = portal.element("a", "", pin[4]);
    link.href = pinAddress(pin, "");
    title.appendChild(link);
    line.appendChild(statusIcon(pin[3]));
    line.appendChild(document.createTextNode(said.status[pin[3]]));
    body.appendChild(title);
    body.appendChild(line);
    return body;
  }

  function pinAddress(pin, part) {
    return "/cases/" + encodeURIComponent(pin[2]) + part + (portal.language ? "?lang=" + portal.language : "");
  }

  function pinMarker(map, pin) {
    var face = portal.element("span", "pin status-" + pin[3].replace("_", "-"));
    face.appendChild(statusIcon(pin[3]));
    var made = marker([pin[1], pin[0]], face, portal.filled(said.pin, { status: said.status[pin[3]], service: pin[4], number: pin[2] }), 26);
    made.bindPopup(function () { return firstCard(pin); }, portal.popupRoom(map));
    made.on("add", function () { made.getElement().setAttribute("aria-haspopup", "dialog"); });
    made.on("popupopen", function (event) { showCard(made, event.popup, pin); });
    return made;
  }

  /* The popup is a small dialog: focus goes in, Escape closes it, and focus returns to the pin. */
  function showCard(made, popup, pin) {
    var box = popup.getElement(), close = box.querySelector(".leaflet-popup-close-button");
    pane.classList.add("has-popup");
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-label", portal.filled(said.popup, { number: pin[2] }));
    if (close) close.setAttribute("aria-label", said.close);
    box.querySelector("a[href^='/cases/']").focus({ preventScroll: true });
    if (!box.dataset.heard) {
      box.dataset.heard = "yes";
      box.addEventListener("keydown", function (event) {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        made.closePopup();
      });
    }
    made.once("popupclose", function () {
      var node = made.getElement();
      pane.classList.remove("has-popup");
      if (node && (box.contains(document.activeElement) || document.activeElement === document.body)) node.focus({ preventScroll: true });
    });
    fetch(pinAddress(pin, "/popup")).then(function (answer) { return answer.ok ? answer.text() : null; }).then(function (text) {
      if (!text || !made.isPopupOpen()) return;
      var card = new DOMParser().parseFromString(text, "text/html").querySelector(".popup-card"), focused = box.contains(document.activeElement) && !close.contains(document.activeElement);
      if (!card) return;
      popup.setContent(document.importNode(card, true));
      if (focused) box.querySelector("a[href^='/cases/']").focus({ preventScroll: true });
    }).catch(function () { /* what the tile knew stays */ });
  }

  /* Pins that would hide each other stand as a circle, which opens as one comes closer. */
  function grouped(map, zoom, pins) {
    var groups = [];
    pins.forEach(function (pin) {
      var at = map.project([pin[1], pin[0]], zoom);
      var near = groups.filter(function (group) { return group.at.distanceTo(at) < APART; })[0];
      if (near) near.push(pin);
      else {
        groups.push([pin]);
        groups[groups.length - 1].at = at;
      }
    });
    return groups;
  }

  /* Like a cell of a tile: longitude, latitude, cases. */
  function middle(pins) {
    function mean(i) { return pins.reduce(function (sum, pin) { return sum + pin[i]; }, 0) / pins.length; }
    return [mean(0), mean(1), pins.length];
  }

  portal.CaseLayer = portal.TileLayer.extend({
    onAdd: function (map) {
      this._markers = L.layerGroup().addTo(map);
      portal.TileLayer.prototype.onAdd.call(this, map);
    },

    onRemove: function (map) {
      portal.TileLayer.prototype.onRemove.call(this, map);
      this._markers.remove();
    },

    _begin: function (drawn) { drawn.markers = {}; },

    /* What is the same stays, so that a popup stays open and focus where it is. */
    _draw: function (drawn, tile) {
      var before = drawn.markers, map = this._map, fresh = {};
      tile.cells.forEach(function (cell) { fresh["circle " + cell] = before["circle " + cell] || clusterMarker(map, cell); });
      grouped(map, drawn.coords.z, tile.pins).forEach(function (group) {
        if (group.length === 1) fresh["pin " + group[0]] = before["pin " + group[0]] || pinMarker(map, group[0]);
        else fresh["circle " + group] = before["circle " + group] || clusterMarker(map, middle(group));
      });
      Object.keys(before).forEach(function (key) { if (!fresh[key]) this._drop(before[key]); }, this);
      Object.keys(fresh).forEach(function (key) { if (!before[key]) this._markers.addLayer(fresh[key]); }, this);
      drawn.markers = fresh;
    },

    /* Focus that was on a marker that goes is not lost: the map has it. */
    _drop: function (made) {
      var node = made.getElement(), focused = node && node === document.activeElement;
      this._markers.removeLayer(made);
      if (focused && this._map) this._map.getContainer().focus({ preventScroll: true });
    },

    _clear: function (drawn) {
      Object.keys(drawn.markers).forEach(function (name) { this._drop(drawn.markers[name]); }, this);
    }
  });
})();
