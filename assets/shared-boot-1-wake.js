/* Small and early. Starts Dash when a visitor first reaches for the page (a touch, a key, the
   pointer, the map scrolling into view), never before. */
(function () {
  "use strict";
  const portal = window.portal = window.portal || {};
  const asleep = document.getElementById("dash-asleep");
  const SIGNS = ["pointerdown", "pointermove", "touchstart", "keydown", "focusin"];
  const PATIENCE_MS = 8000;
  let isAwake = !asleep;
  let isLost = false;
  let wished = null;

  /* The live map isn't coming. The still one stays, and its circles act as plain links. */
  function giveUp() {
    if (document.querySelector(".island.is-awake")) return;
    isLost = true;
    if (wished) location.href = wished.href;
  }

  function wakeDash() {
    if (isAwake) return;
    isAwake = true;
    SIGNS.forEach(sign => removeEventListener(sign, wakeDash, true));
    loadParts(asleep.content.querySelectorAll("link, script"));
  }

  function loadParts(parts) {
    let missing = parts.length;
    function countPart() {
      missing -= 1;
      if (!missing && !isLost) new window.DashRenderer();
    }
    parts.forEach(part => loadPart(document.importNode(part), countPart));
  }

  function loadPart(part, countPart) {
    part.async = false; // run in the order of the page
    part.onerror = giveUp;
    part.onload = countPart;
    document.head.appendChild(part);
  }

  /* A map in the first view sleeps until touched; one further down wakes when scrolled to. */
  function wakeWhenScrolledTo(part) {
    if (!part || !window.IntersectionObserver) return;
    let isFirst = true;
    new IntersectionObserver(entries => {
      if (entries[entries.length - 1].isIntersecting && !isFirst) wakeDash();
      isFirst = false;
    }).observe(part);
  }

  if (!isAwake) {
    SIGNS.forEach(sign => addEventListener(sign, wakeDash, { capture: true, passive: true }));
    wakeWhenScrolledTo(document.querySelector(".map-pane"));
  }

  /* A circle on the still map opens the live map there. Without scripts, its link opens a list. */
  document.addEventListener("click", event => {
    const circle = event.target.closest && event.target.closest(".still a[href]");
    if (!circle || isLost || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    portal.wish = new URL(circle.href).searchParams.get("bbox");
    wished = circle;
    setTimeout(giveUp, PATIENCE_MS);
    wakeDash();
  });
})();
