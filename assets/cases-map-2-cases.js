/* Cases on the live map: circles that split as you zoom in, and pins with a card each. The tiles
   come from /tiles (docs/tiles.md). */
(function () {
  "use strict";
  const portal = window.portal;
  const L = window.L;
  const words = portal.words;
  const pane = document.querySelector(".map-pane");
  if (!L || !words) return;
  const SVG = "http://www.w3.org/2000/svg";
  const APART = 22;
  const CIRCLE_SIZES = [26, 30, 36, 42, 48];
  const PIN_SIZE = 26;
  const SMALL_MAP = 700;
  const CASE_LINK = "a[href^='/cases/']";

  /* 950, 1.2k, 58k, 1.2M */
  function shortenNumber(n) {
    if (n < 1000) return String(n);
    const [unit, letter] = n < 999500 ? [1000, "k"] : [1e6, "M"];
    const value = n / unit;
    return (value < 9.95 ? value.toFixed(1).replace(".0", "") : value.toFixed(0)) + letter;
  }

  function makeStatusIcon(status) {
    const svg = document.createElementNS(SVG, "svg");
    const use = document.createElementNS(SVG, "use");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    use.setAttribute("href", `#icon-${status}`);
    svg.appendChild(use);
    return svg;
  }

  /* A marker that is a button for keyboards and screen readers: it has a name, and Enter and Space
     press it. */
  function makeMarker(latlng, face, name, size) {
    const icon = L.divIcon({ className: "map-icon", html: face, iconSize: [size, size] });
    const made = L.marker(latlng, { icon, keyboard: true, riseOnHover: true });
    made.on("add", () => {
      const node = made.getElement();
      node.setAttribute("role", "button");
      node.setAttribute("aria-label", name);
      node.title = name;
    });
    return made;
  }

  function onPress(made, act) {
    made.on("click", act);
    made.on("keypress", event => {
      if (event.originalEvent.key === "Enter" || event.originalEvent.key === " ") act();
    });
  }

  /* A circle zooms in. At the deepest zoom, it lists its cases. */
  function makeCircle(map, [lon, lat, n]) {
    const isDeepest = map.getZoom() >= map.getMaxZoom();
    const level = 1 + [10, 100, 1000, 10000].filter(step => n >= step).length;
    const cases = n === 1 ? words.one : portal.fillIn(words.many, { n: n.toLocaleString("en") });
    const name = `${cases}, ${isDeepest ? words.list : words.closer}`;
    const face = portal.makeElement("span", `cluster cluster-${level}`, shortenNumber(n));
    const made = makeMarker([lat, lon], face, name, CIRCLE_SIZES[level - 1]);
    onPress(made, () => {
      if (isDeepest) listCasesAround(lon, lat);
      else map.setView(made.getLatLng(), Math.min(map.getZoom() + 2, map.getMaxZoom()));
    });
    return made;
  }

  function listCasesAround(lon, lat) {
    const half = 0.0003;
    portal.openList(portal.writeListAddress([lon - half, lat - half, lon + half, lat + half]));
  }

  /* On a large map a popup stays clear of the buttons; on a small one the buttons are hidden. */
  function getPopupOptions(map) {
    const isSmall = map.getContainer().clientWidth < SMALL_MAP;
    return {
      minWidth: 220,
      maxWidth: isSmall ? 250 : 280,
      autoPanPaddingTopLeft: isSmall ? [8, 8] : [64, 12],
      autoPanPaddingBottomRight: isSmall ? [8, 8] : [64, 12]
    };
  }

  /* A pin of a tile: longitude, latitude, case number, status, service. */
  function readPin([lon, lat, number, status, service]) {
    return { lon, lat, number, status, service, look: `status-${status.replace("_", "-")}` };
  }

  /* What the tile knows about a case. Its full card is fetched when someone opens it. */
  function makeFirstCard(pin) {
    const body = portal.makeElement("div", "popup-card");
    const title = body.appendChild(portal.makeElement("h2", "case-card-title"));
    const link = title.appendChild(portal.makeElement("a", "", pin.service));
    const line = body.appendChild(portal.makeElement("p", `status ${pin.look}`));
    link.href = writePinAddress(pin, "");
    line.append(makeStatusIcon(pin.status), words.status[pin.status]);
    return body;
  }

  function writePinAddress(pin, part) {
    const language = portal.language ? `?lang=${portal.language}` : "";
    return `/cases/${encodeURIComponent(pin.number)}${part}${language}`;
  }

  function makePin(map, row) {
    const pin = readPin(row);
    const face = portal.makeElement("span", `pin ${pin.look}`);
    face.appendChild(makeStatusIcon(pin.status));
    const values = Object.assign({}, pin, { status: words.status[pin.status] });
    const name = portal.fillIn(words.pin, values);
    const made = makeMarker([pin.lat, pin.lon], face, name, PIN_SIZE);
    made.bindPopup(() => makeFirstCard(pin), getPopupOptions(map));
    made.on("add", () => made.getElement().setAttribute("aria-haspopup", "dialog"));
    made.on("popupopen", event => openDialog(made, event.popup, pin));
    return made;
  }

  /* The popup is a small dialog: focus moves into it, Escape closes it, and focus returns to the
     pin. */
  function openDialog(made, popup, pin) {
    const box = popup.getElement();
    const close = box.querySelector(".leaflet-popup-close-button");
    pane.classList.add("has-popup");
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-label", portal.fillIn(words.popup, { number: pin.number }));
    if (close) close.setAttribute("aria-label", words.close);
    box.querySelector(CASE_LINK).focus({ preventScroll: true });
    closeOnEscape(made, box);
    made.once("popupclose", () => leaveDialog(made, box));
    showFullCard(made, popup, pin).catch(() => { /* what the tile knew stays */ });
  }

  function closeOnEscape(made, box) {
    if (box.dataset.heard) return;
    box.dataset.heard = "yes";
    box.addEventListener("keydown", event => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      made.closePopup();
    });
  }

  function leaveDialog(made, box) {
    const node = made.getElement();
    const focused = document.activeElement;
    pane.classList.remove("has-popup");
    const isLost = box.contains(focused) || focused === document.body;
    if (node && isLost) node.focus({ preventScroll: true });
  }

  async function showFullCard(made, popup, pin) {
    const answer = await fetch(writePinAddress(pin, "/popup"));
    const text = answer.ok ? await answer.text() : "";
    if (!text || !made.isPopupOpen()) return;
    const card = new DOMParser().parseFromString(text, "text/html").querySelector(".popup-card");
    if (!card) return;
    const box = popup.getElement();
    const focused = document.activeElement;
    const close = box.querySelector(".leaflet-popup-close-button");
    const hadFocus = box.contains(focused) && !close.contains(focused);
    popup.setContent(document.importNode(card, true));
    if (hadFocus) box.querySelector(CASE_LINK).focus({ preventScroll: true });
  }

  /* Pins that would hide each other become one circle, which splits as you zoom in. */
  function groupPins(map, zoom, rows) {
    const groups = [];
    for (const row of rows) {
      const at = map.project([row[1], row[0]], zoom);
      const near = groups.find(group => group.at.distanceTo(at) < APART);
      if (near) near.rows.push(row);
      else groups.push({ at, rows: [row] });
    }
    return groups.map(group => group.rows);
  }

  /* Like a cell of a tile: longitude, latitude, number of cases. */
  function toCell(rows) {
    const average = i => rows.reduce((sum, row) => sum + row[i], 0) / rows.length;
    return [average(0), average(1), rows.length];
  }

  portal.CaseLayer = portal.TileLayer.extend({
    onAdd(map) {
      this._markers = L.layerGroup().addTo(map);
      portal.TileLayer.prototype.onAdd.call(this, map);
    },

    onRemove(map) {
      portal.TileLayer.prototype.onRemove.call(this, map);
      this._markers.remove();
    },

    _begin(drawn) {
      drawn.markers = {};
    },

    /* Markers that are the same stay, so an open popup stays open and the focus where it is. */
    _draw(drawn, tile) {
      const before = drawn.markers;
      const fresh = this._makeMarkers(drawn, tile);
      Object.keys(before).filter(key => !fresh[key]).forEach(key => this._drop(before[key]));
      Object.keys(fresh).filter(key => !before[key]).forEach(key => {
        this._markers.addLayer(fresh[key]);
      });
      drawn.markers = fresh;
    },

    _makeMarkers(drawn, tile) {
      const map = this._map;
      const fresh = {};
      function keepOrMake(key, make) {
        fresh[key] = drawn.markers[key] || make();
      }
      for (const cell of tile.cells) keepOrMake(`circle ${cell}`, () => makeCircle(map, cell));
      for (const rows of groupPins(map, drawn.coords.z, tile.pins)) {
        if (rows.length === 1) keepOrMake(`pin ${rows[0]}`, () => makePin(map, rows[0]));
        else keepOrMake(`circle ${rows}`, () => makeCircle(map, toCell(rows)));
      }
      return fresh;
    },

    /* If the focus was on a marker that goes, the map takes it, so that it isn't lost. */
    _drop(made) {
      const node = made.getElement();
      const hadFocus = node && node === document.activeElement;
      this._markers.removeLayer(made);
      if (hadFocus && this._map) this._map.getContainer().focus({ preventScroll: true });
    },

    _clear(drawn) {
      Object.values(drawn.markers).forEach(this._drop, this);
    }
  });
})();
