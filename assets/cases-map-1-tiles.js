/* What the map's layers share: words, addresses, and tiles that can be updated in place.
   Tiles: docs/tiles.md. */
(function () {
  "use strict";
  const portal = window.portal;
  const L = window.L;
  const pane = document.querySelector(".map-pane");
  if (!L || !pane) return;
  portal.words = JSON.parse(pane.dataset.words);

  /* The reader's language, if the address names it: links and requests pass it on. */
  portal.language = new URLSearchParams(location.search).get("lang");

  portal.fillIn = (text, values) => {
    return text.replace(/\{(\w+)\}/g, (hole, name) => name in values ? values[name] : hole);
  };

  portal.makeElement = (name, className, text) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  };

  /* The address that lists the same cases in a box of west, south, east, north. */
  portal.writeListAddress = box => {
    const query = new URLSearchParams(pane.dataset.filter);
    if (portal.language) query.set("lang", portal.language);
    query.set("bbox", box.map(edge => edge.toFixed(4)).join(","));
    return `/cases?${query.toString().replace(/%2C/g, ",")}`;
  };

  async function fetchTile(address, signal) {
    const answer = await fetch(address, { signal });
    if (!answer.ok) throw new Error(`tile ${answer.status}`);
    return answer.json();
  }

  /* A layer of /tiles. Subclasses do the drawing: _begin a tile, _draw its answer, _clear it. */
  portal.TileLayer = L.GridLayer.extend({
    options: {
      tileSize: 256,
      updateWhenIdle: true,
      updateWhenZooming: false,
      keepBuffer: 1,
      rev: "",
      filter: "",
      look: ""
    },

    initialize(options) {
      L.setOptions(this, options);
      this._drawn = {};
      this.on("tileunload", event => this._forget(this._tileCoordsToKey(event.coords)));
    },

    onRemove(map) {
      Object.keys(this._drawn).forEach(this._forget, this);
      L.GridLayer.prototype.onRemove.call(this, map);
    },

    /* Other cases, or newer data. What is drawn stays until its successor arrives. */
    show(filter, rev) {
      L.setOptions(this, { filter, rev });
      Object.values(this._drawn).forEach(this._ask, this);
    },

    createTile(coords, done) {
      const square = document.createElement("div");
      const key = this._tileCoordsToKey(coords);
      const tellLeaflet = problem => done(problem, square);
      const drawn = this._drawn[key] = { key, coords, square, tellLeaflet };
      this._begin(drawn);
      this._ask(drawn);
      return square;
    },

    async _ask(drawn) {
      if (drawn.stop) drawn.stop.abort();
      drawn.stop = new AbortController();
      try {
        const tile = await fetchTile(this._address(drawn.coords), drawn.stop.signal);
        if (this._drawn[drawn.key] !== drawn) return;
        this._draw(drawn, tile);
        this.hasDrawn = true;
        this._end(drawn, null);
      } catch (problem) {
        if (problem.name !== "AbortError") this._end(drawn, problem);
      }
    },

    _address(coords) {
      const options = this.options;
      const z = options.tileSize === 512 ? coords.z - 1 : coords.z;
      const query = [options.filter, options.look, `v=${options.rev}`].filter(Boolean).join("&");
      return `/tiles/${z}/${coords.x}/${coords.y}.json?${query}`;
    },

    /* Leaflet hears about each tile once. For later answers the layer fires its own events. */
    _end(drawn, problem) {
      if (drawn.tellLeaflet) drawn.tellLeaflet(problem);
      else this.fire(problem ? "outdated" : "renewed");
      drawn.tellLeaflet = null;
    },

    _forget(key) {
      const drawn = this._drawn[key];
      if (!drawn) return;
      delete this._drawn[key];
      drawn.stop.abort();
      this._clear(drawn);
    }
  });
})();
