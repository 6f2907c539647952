/* Cases as density: squares of 16 pixels, darker where more cases are, with a legend of what is in view. */
(function () {
  "use strict";
  var portal = window.portal, L = window.L, SQUARE = 16, LEVELS = 5, SVG = "http://www.w3.org/2000/svg";
  if (!L || !portal.said) return;

  /* From which number on each shade is used: round numbers up to the fullest square. 1,240 → 1, 5, 20, 50, 200 */
  portal.densitySteps = function (most) {
    var steps = [1];
    for (var level = 1; level < LEVELS; level++) {
      var step = round(Math.pow(most, level / LEVELS));
      if (step > steps[steps.length - 1] && step <= most) steps.push(step);
    }
    return steps;
  };

  /* 1, 2, 5, 10, 20, 50 …: the nearest of them. */
  function round(value) {
    var ten = Math.pow(10, Math.floor(Math.log10(value))), digit = value / ten;
    return ten * (digit < 1.5 ? 1 : digit < 3.5 ? 2 : digit < 7.5 ? 5 : 10);
  }

  function shape(name, attributes) {
    var made = document.createElementNS(SVG, name);
    Object.keys(attributes).forEach(function (key) { made.setAttribute(key, attributes[key]); });
    return made;
  }

  portal.DensityLayer = portal.TileLayer.extend({
    options: { look: "map=density", pane: "density" },

    /* Above the outlines, which have land of their own colour. */
    onAdd: function (map) {
      if (!map.getPane("density")) map.createPane("density").classList.add("density-pane");
      this.on("load renewed", this._shade, this);
      portal.TileLayer.prototype.onAdd.call(this, map);
    },

    onRemove: function (map) {
      portal.TileLayer.prototype.onRemove.call(this, map);
      document.getElementById("map-legend").hidden = true;
    },

    _begin: function (drawn) {
      drawn.squares = [];
      drawn.square.classList.add("density");
      drawn.svg = drawn.square.appendChild(shape("svg", { viewBox: "0 0 256 256", width: 256, height: 256, "aria-hidden": "true" }));
    },

    _draw: function (drawn, tile) {
      drawn.squares = tile.cells.map(function (cell) { return squareOf(drawn.coords, cell); });
    },

    _clear: function (drawn) { drawn.squares = []; },

    /* One scale for all that is in view. */
    _shade: function () {
      var tiles = Object.keys(this._drawn).map(function (key) { return this._drawn[key]; }, this);
      var most = tiles.reduce(function (most, drawn) { return drawn.squares.reduce(function (n, square) { return Math.max(n, square[2]); }, most); }, 0);
      var steps = portal.densitySteps(most);
      tiles.forEach(function (drawn) { paint(drawn, steps); });
      legend(steps, most);
    }
  });

  /* Left and top edge in the tile, and how many cases. */
  function squareOf(coords, cell) {
    var at = L.CRS.EPSG3857.latLngToPoint(L.latLng(cell[1], cell[0]), coords.z);
    return [at.x - 256 * coords.x, at.y - 256 * coords.y].map(function (pixels) {
      return Math.max(0, Math.min(256 - SQUARE, Math.floor(pixels / SQUARE) * SQUARE));
    }).concat(cell[2]);
  }

  /* A path for each shade: five elements a tile, however many squares. */
  function paint(drawn, steps) {
    drawn.svg.textContent = "";
    steps.forEach(function (step, i) {
      var next = steps[i + 1] || Infinity;
      var path = drawn.squares.filter(function (square) { return square[2] >= step && square[2] < next; })
        .map(function (square) { return "M" + square[0] + " " + square[1] + "h" + SQUARE + "v" + SQUARE + "h-" + SQUARE + "z"; }).join("");
      if (path) drawn.svg.appendChild(shape("path", { d: path, "class": shade(i, steps) }));
    });
  }

  function shade(i, steps) { return "density-" + (LEVELS - steps.length + i + 1); }

  function legend(steps, most) {
    var box = document.getElementById("map-legend"), list = portal.element("ul");
    box.textContent = "";
    box.appendChild(portal.element("p", "", most ? portal.said.square : portal.said.no_squares));
    steps.forEach(function (step, i) {
      var last = i + 1 < steps.length ? steps[i + 1] - 1 : most, item = portal.element("li"), numbers = [step, last].map(function (n) { return n.toLocaleString("en"); });
      item.appendChild(portal.element("span", "density-swatch " + shade(i, steps)));
      item.appendChild(document.createTextNode(step === last ? numbers[0] : numbers.join("–")));
      if (most) list.appendChild(item);
    });
    if (most) box.appendChild(list);
    box.hidden = false;
  }
})();
