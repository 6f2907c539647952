/* Puts the live map that dash-leaflet makes in place of the still one: where it is, and what is on
   it. */
(function () {
  "use strict";
  const portal = window.portal = window.portal || {};
  const L = window.L;
  const words = portal.words;
  const pane = document.querySelector(".map-pane");
  const SMALL_MAP = 700;
  let isPlacing = false;

  /* Dash asks where it is: the path and query of this page. */
  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    portal: { address: () => location.pathname + location.search }
  });
  if (!L || !words) return;

  /* The still map goes once the first tiles are drawn. Its focus, if any, moves to the live map. */
  function replaceStillMap(map, show) {
    const island = pane.querySelector(".island");
    const still = island.querySelector(".still");
    if (island.classList.contains("is-awake")) return;
    const hadFocus = still.contains(document.activeElement);
    island.classList.add("is-awake");
    still.setAttribute("aria-hidden", "true");
    if (hadFocus) map.getContainer().focus();
    portal.offerTools(map, show);
    map.on("moveend", () => offerList(map));
  }

  /* A link that lists what the map shows, once the map has been moved. The list keeps this view. */
  function offerList(map) {
    const link = document.getElementById("list-this-view");
    const box = map.getBounds();
    const edges = [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()];
    link.href = `${portal.writeListAddress(edges)}&${new URLSearchParams(readView(map))}`;
    link.parentNode.hidden = isPlacing;
  }

  function readView(map) {
    const center = map.getCenter();
    return { z: map.getZoom(), lat: center.lat.toFixed(5), lon: center.lng.toFixed(5) };
  }

  /* Where a visitor pointed, or the view in the address, or where the cases are. */
  function placeMap(map, wish) {
    const view = readAddressView();
    isPlacing = true;
    if (!wish && view.every(isFinite)) {
      const [zoom, lat, lon] = view;
      map.setView([lat, lon], zoom, { animate: false });
    } else {
      map.fitBounds(portal.readCorners(wish || pane.dataset.box), { animate: false });
    }
    isPlacing = false;
  }

  /* Zoom, latitude, longitude; NaN if the address has none, or means the place to be close to. */
  function readAddressView() {
    const asked = new URLSearchParams(location.search);
    const isClosest = asked.get("sort") === "closest";
    return ["z", "lat", "lon"].map(name => {
      return asked.has(name) && !isClosest ? Number(asked.get(name)) : NaN;
    });
  }

  /* The view goes into the address, unless lat and lon there are the place to be close to. */
  function keepView(map) {
    const isClosest = new URLSearchParams(location.search).get("sort") === "closest";
    if (!isPlacing && !isClosest) portal.keepInAddress(readView(map));
  }

  function nameButtons(map) {
    nameButton(map, ".leaflet-control-zoom-in", words.zoom_in);
    nameButton(map, ".leaflet-control-zoom-out", words.zoom_out);
  }

  function nameButton(map, selector, name) {
    const button = map.getContainer().querySelector(selector);
    if (!button) return;
    button.title = name;
    button.setAttribute("aria-label", name);
  }

  /* Outlines are below everything else. Until street tiles load, they are the map. */
  function makeOutlines(map) {
    let drawn = null;
    let wanted = "";

    async function drawAreas(kind) {
      const answer = await fetch(`/areas/${kind}.json`);
      const areas = await answer.json();
      if (kind !== wanted || drawn) return;
      const style = { className: "area", stroke: true, fill: true };
      drawn = L.geoJSON(areas, { interactive: false, style });
      drawn.addTo(map).bringToBack();
    }

    return kind => {
      wanted = kind;
      if (drawn) drawn.remove();
      drawn = null;
      if (kind !== "none") drawAreas(kind).catch(() => { /* the map works without them */ });
    };
  }

  /* On a large map, circles are 128 pixels apart: calmer, and fewer stops for a keyboard. */
  function makeCaseLayers(map) {
    const { filter, rev } = pane.dataset;
    const tileSize = map.getContainer().clientWidth < SMALL_MAP ? 256 : 512;
    return {
      circles: new portal.CaseLayer({ tileSize, filter, rev }),
      density: new portal.DensityLayer({ filter, rev })
    };
  }

  /* If no tile has come, the map stays behind the still one, which shows the cases. */
  function watchLayer(map, layer, show) {
    layer.on("load", () => {
      if (layer.hasDrawn) replaceStillMap(map, show);
    });
    layer.on("outdated", () => portal.showNote(map, words.no_tiles));
  }

  /* Street tiles hide the color of the land, but only once they have loaded. */
  function watchStreets(map) {
    map.on("layeradd", event => {
      if (!(event.layer instanceof L.TileLayer)) return;
      event.layer.once("tileload", () => pane.classList.add("has-streets"));
    });
  }

  function describeMap(map) {
    map.getContainer().setAttribute("role", "application");
    map.getContainer().setAttribute("aria-label", words.map);
    if (map.attributionControl) map.attributionControl.setPrefix(false);
    nameButtons(map);
  }

  function setUpMap(map) {
    const asked = new URLSearchParams(location.search);
    const layers = makeCaseLayers(map);
    let shown = null;

    function refreshCases() {
      shown.show(pane.dataset.filter, pane.dataset.rev);
    }
    function showCases(kind) {
      if (shown) shown.remove();
      shown = layers[kind];
      refreshCases();
      shown.addTo(map);
    }

    const show = { areas: makeOutlines(map), cases: showCases };
    Object.values(layers).forEach(layer => watchLayer(map, layer, show));
    watchStreets(map);
    describeMap(map);
    placeMap(map, portal.wish);
    map.on("moveend", () => keepView(map));
    show.areas(asked.get("areas") || "neighborhood");
    showCases(asked.get("map") || "circles");

    /* The list has changed: other cases, a newer version, maybe another place. */
    portal.refreshMap = mapMoves => {
      if (mapMoves) placeMap(map);
      refreshCases();
    };
  }

  L.Map.addInitHook(function () {
    this.whenReady(() => setUpMap(this));
  });
})();
