/* What the map's layers share: words, addresses, and tiles that can be brought up to date in place. Tiles: docs/tiles.md. */
(function () {
  "use strict";
  var portal = window.portal, L = window.L, pane = document.querySelector(".map-pane");
  if (!L || !pane) return;
  portal.said = JSON.parse(pane.dataset.words);

  /* The reader's language, where the address chose it: links and questions keep it. */
  portal.language = new URLSearchParams(location.search).get("lang");

  portal.filled = function (text, values) {
    return text.replace(/\{(\w+)\}/g, function (hole, name) { return name in values ? values[name] : hole; });
  };

  portal.element = function (name, className, text) {
    var made = document.createElement(name);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  };

  /* The list of the same cases in a box of west, south, east, north. */
  portal.listAddress = function (box) {
    var query = new URLSearchParams(pane.dataset.filter);
    if (portal.language) query.set("lang", portal.language);
    query.set("bbox", box.map(function (edge) { return edge.toFixed(4); }).join(","));
    return "/cases?" + query.toString().replace(/%2C/g, ",");
  };

  /* A layer of /tiles. Its children say what to draw: _begin a tile, _draw what came, _clear what goes. */
  portal.TileLayer = L.GridLayer.extend({
    options: { tileSize: 256, updateWhenIdle: true, updateWhenZooming: false, keepBuffer: 1, rev: "", filter: "", look: "" },

    initialize: function (options) {
      L.setOptions(this, options);
      this._drawn = {};
      this.on("tileunload", function (event) { this._forget(this._tileCoordsToKey(event.coords)); }, this);
    },

    onRemove: function (map) {
      Object.keys(this._drawn).forEach(this._forget, this);
      L.GridLayer.prototype.onRemove.call(this, map);
    },

    /* Other cases, or the same ones anew: what is drawn stays until its successor has come. */
    show: function (filter, rev) {
      L.setOptions(this, { filter: filter, rev: rev });
      Object.keys(this._drawn).forEach(function (key) { this._ask(this._drawn[key]); }, this);
    },

    createTile: function (coords, done) {
      var square = document.createElement("div"), key = this._tileCoordsToKey(coords);
      var drawn = this._drawn[key] = { key: key, coords: coords, square: square, tellLeaflet: function (problem) { done(problem, square); } };
      this._begin(drawn);
      this._ask(drawn);
      return square;
    },

    _ask: function (drawn) {
      var layer = this;
      if (drawn.stop) drawn.stop.abort();
      drawn.stop = new AbortController();
      fetch(this._address(drawn.coords), { signal: drawn.stop.signal }).then(function (answer) {
        if (!answer.ok) throw new Error("tile " + answer.status);
        return answer.json();
      }).then(function (tile) {
        if (layer._drawn[drawn.key] !== drawn) return;
        layer._draw(drawn, tile);
        layer.hasDrawn = true;
        layer._end(drawn, null);
      }).catch(function (problem) {
        if (problem.name !== "AbortError") layer._end(drawn, problem);
      });
    },

    _address: function (coords) {
      var options = this.options, z = coords.z - (options.tileSize === 512);
      return "/tiles/" + z + "/" + coords.x + "/" + coords.y + ".json?" + [options.filter, options.look, "v=" + options.rev].filter(Boolean).join("&");
    },

    /* Leaflet hears once of each tile. What comes later the layer tells itself. */
    _end: function (drawn, problem) {
      if (drawn.tellLeaflet) drawn.tellLeaflet(problem);
      else this.fire(problem ? "outdated" : "renewed");
      drawn.tellLeaflet = null;
    },

    _forget: function (key) {
      var drawn = this._drawn[key];
      if (!drawn) return;
      delete this._drawn[key];
      drawn.stop.abort();
      this._clear(drawn);
    }
  });
})();
