/* Cases as density: squares of 16 pixels, darker where there are more cases, with a legend for what
   is in view. */
(function () {
  "use strict";
  const portal = window.portal;
  const L = window.L;
  const SQUARE = 16;
  const LEVELS = 5;
  const SVG = "http://www.w3.org/2000/svg";
  if (!L || !portal.words) return;

  /* The number at which each shade starts: round numbers up to the fullest square.
     1,240 → 1, 5, 20, 50, 200 */
  portal.densitySteps = most => {
    const steps = [1];
    for (let level = 1; level < LEVELS; level++) {
      const step = roundNumber(Math.pow(most, level / LEVELS));
      if (step > steps[steps.length - 1] && step <= most) steps.push(step);
    }
    return steps;
  };

  /* The nearest of 1, 2, 5, 10, 20, 50 … */
  function roundNumber(value) {
    const ten = Math.pow(10, Math.floor(Math.log10(value)));
    const digit = value / ten;
    if (digit < 1.5) return ten;
    if (digit < 3.5) return 2 * ten;
    return digit < 7.5 ? 5 * ten : 10 * ten;
  }

  function makeShape(name, attributes) {
    const made = document.createElementNS(SVG, name);
    Object.keys(attributes).forEach(key => made.setAttribute(key, attributes[key]));
    return made;
  }

  portal.DensityLayer = portal.TileLayer.extend({
    options: { look: "map=density", pane: "density" },

    /* Above the outlines, whose land has a color of its own. */
    onAdd(map) {
      if (!map.getPane("density")) map.createPane("density").classList.add("density-pane");
      this.on("load renewed", this._shade, this);
      portal.TileLayer.prototype.onAdd.call(this, map);
    },

    onRemove(map) {
      portal.TileLayer.prototype.onRemove.call(this, map);
      document.getElementById("map-legend").hidden = true;
    },

    _begin(drawn) {
      const look = { viewBox: "0 0 256 256", width: 256, height: 256, "aria-hidden": "true" };
      drawn.squares = [];
      drawn.square.classList.add("density");
      drawn.svg = drawn.square.appendChild(makeShape("svg", look));
    },

    _draw(drawn, tile) {
      drawn.squares = tile.cells.map(cell => toSquare(drawn.coords, cell));
    },

    _clear(drawn) {
      drawn.squares = [];
    },

    /* One scale for everything in view. */
    _shade() {
      const tiles = Object.values(this._drawn);
      const counts = tiles.flatMap(drawn => drawn.squares.map(square => square.cases));
      const most = counts.reduce((one, other) => Math.max(one, other), 0);
      const steps = portal.densitySteps(most);
      tiles.forEach(drawn => paintTile(drawn, steps));
      showLegend(steps, most);
    }
  });

  /* Left and top edge in the tile, in pixels, and the number of cases. */
  function toSquare(coords, [lon, lat, cases]) {
    const at = L.CRS.EPSG3857.latLngToPoint(L.latLng(lat, lon), coords.z);
    return {
      left: snapToSquare(at.x - 256 * coords.x),
      top: snapToSquare(at.y - 256 * coords.y),
      cases
    };
  }

  function snapToSquare(pixels) {
    return Math.max(0, Math.min(256 - SQUARE, Math.floor(pixels / SQUARE) * SQUARE));
  }

  /* One path for each shade: five elements a tile, however many squares. */
  function paintTile(drawn, steps) {
    drawn.svg.textContent = "";
    steps.forEach((step, i) => {
      const next = steps[i + 1] || Infinity;
      const squares = drawn.squares.filter(({ cases }) => cases >= step && cases < next);
      if (!squares.length) return;
      const path = { d: squares.map(writePath).join(""), class: nameShade(i, steps) };
      drawn.svg.appendChild(makeShape("path", path));
    });
  }

  function writePath({ left, top }) {
    return `M${left} ${top}h${SQUARE}v${SQUARE}h-${SQUARE}z`;
  }

  function nameShade(i, steps) {
    return `density-${LEVELS - steps.length + i + 1}`;
  }

  function showLegend(steps, most) {
    const box = document.getElementById("map-legend");
    const title = most ? portal.words.square : portal.words.no_squares;
    box.replaceChildren(portal.makeElement("p", "", title));
    if (most) box.appendChild(makeScale(steps, most));
    box.hidden = false;
  }

  function makeScale(steps, most) {
    const scale = portal.makeElement("ul");
    steps.forEach((step, i) => {
      const last = i + 1 < steps.length ? steps[i + 1] - 1 : most;
      const item = scale.appendChild(portal.makeElement("li"));
      const swatch = portal.makeElement("span", `density-swatch ${nameShade(i, steps)}`);
      item.append(swatch, writeRange(step, last));
    });
    return scale;
  }

  function writeRange(first, last) {
    const numbers = first === last ? [first] : [first, last];
    return numbers.map(n => n.toLocaleString("en")).join("–");
  }
})();
