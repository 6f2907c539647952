/* The live map that dash-leaflet makes, put in the place of the still one: where it is, what is on it. Plain script from our own host. */
(function () {
  "use strict";
  var portal = window.portal = window.portal || {}, L = window.L, said = portal.said, pane = document.querySelector(".map-pane");

  /* Dash asks where it is: the path and query of this page. */
  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    portal: { address: function () { return location.pathname + location.search; } }
  });
  if (!L || !said) return;

  /* The still picture goes when the first tiles are drawn; focus that was in it goes to the map. */
  function takeOver(map, show) {
    var island = pane.querySelector(".island"), still = island.querySelector(".still");
    if (island.classList.contains("is-awake")) return;
    var focused = still.contains(document.activeElement);
    island.classList.add("is-awake");
    still.setAttribute("aria-hidden", "true");
    if (focused) map.getContainer().focus();
    portal.offerTools(map, show);
    map.on("moveend", function () { offerList(map); });
  }

  /* A link that lists what the map shows, once it has been moved; the list keeps this view. */
  function offerList(map) {
    var link = document.getElementById("list-this-view"), box = map.getBounds(), view = new URLSearchParams(viewOf(map));
    link.href = portal.listAddress([box.getWest(), box.getSouth(), box.getEast(), box.getNorth()]) + "&" + view;
    link.parentNode.hidden = placing;
  }

  function viewOf(map) {
    var center = map.getCenter();
    return { z: map.getZoom(), lat: center.lat.toFixed(5), lon: center.lng.toFixed(5) };
  }

  /* Where a visitor pointed, else the view in the address, else where the cases are. */
  var placing = false;
  function place(map, wish) {
    var asked = new URLSearchParams(location.search), isClosest = asked.get("sort") === "closest";
    var view = ["z", "lat", "lon"].map(function (name) { return asked.has(name) && !isClosest ? Number(asked.get(name)) : NaN; });
    placing = true;
    if (!wish && view.every(isFinite)) map.setView([view[1], view[2]], view[0], { animate: false });
    else map.fitBounds(portal.corners(wish || pane.dataset.box), { animate: false });
    placing = false;
  }

  /* The view goes into the address, unless lat and lon there are the place that cases are close to. */
  function keepView(map) {
    if (!placing && new URLSearchParams(location.search).get("sort") !== "closest") portal.keepInAddress(viewOf(map));
  }

  function nameButtons(map) {
    [[".leaflet-control-zoom-in", said.zoom_in], [".leaflet-control-zoom-out", said.zoom_out]].forEach(function (button) {
      var node = map.getContainer().querySelector(button[0]);
      if (!node) return;
      node.title = button[1];
      node.setAttribute("aria-label", button[1]);
    });
  }

  /* Outlines lie under everything; without streets, or before they come, they are what the map is. */
  function outlines(map) {
    var drawn = null, wanted = "";
    return function (kind) {
      wanted = kind;
      if (drawn) drawn.remove();
      drawn = null;
      if (kind === "none") return;
      fetch("/areas/" + kind + ".json").then(function (answer) { return answer.json(); }).then(function (areas) {
        if (kind !== wanted || drawn) return;
        drawn = L.geoJSON(areas, { interactive: false, style: { className: "area", stroke: true, fill: true } });
        drawn.addTo(map).bringToBack();
      }).catch(function () { /* the map works without them */ });
    };
  }

  /* On a large map circles are drawn 128 pixels apart: calmer, and few stops for a keyboard. */
  function caseLayers(map) {
    var data = pane.dataset, size = map.getContainer().clientWidth < 700 ? 256 : 512;
    return {
      circles: new portal.CaseLayer({ tileSize: size, filter: data.filter, rev: data.rev }),
      density: new portal.DensityLayer({ filter: data.filter, rev: data.rev })
    };
  }

  L.Map.addInitHook(function () {
    var map = this;
    map.whenReady(function () {
      var asked = new URLSearchParams(location.search), layers = caseLayers(map), shown = null;
      var show = { areas: outlines(map), cases: showCases };
      function showCases(kind) {
        if (shown) shown.remove();
        shown = layers[kind];
        shown.show(pane.dataset.filter, pane.dataset.rev);
        shown.addTo(map);
      }
      Object.keys(layers).forEach(function (kind) {
        // A map that got no tile stays behind the still one, which shows the cases.
        layers[kind].on("load", function () { if (this.hasDrawn) takeOver(map, show); });
        layers[kind].on("outdated", function () { portal.tell(map, said.no_tiles); });
      });
      map.getContainer().setAttribute("role", "application");
      map.getContainer().setAttribute("aria-label", said.map);
      if (map.attributionControl) map.attributionControl.setPrefix(false);
      // Streets hide the land's own colour only where they have come.
      map.on("layeradd", function (event) {
        if (event.layer instanceof L.TileLayer) event.layer.once("tileload", function () { pane.classList.add("has-streets"); });
      });
      nameButtons(map);
      place(map, portal.wish);
      map.on("moveend", function () { keepView(map); });
      show.areas(asked.get("areas") || "neighborhood");
      showCases(asked.get("map") || "circles");

      /* The list has changed: other cases, a newer version, perhaps another place. */
      portal.refreshMap = function (isElsewhere) {
        if (isElsewhere) place(map);
        shown.show(pane.dataset.filter, pane.dataset.rev);
      };
    });
  });
})();
