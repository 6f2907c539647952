/* The part of a photo that is made unreadable, drawn on it with a finger or a mouse; the four numbers say the same and work without. */
(function () {
  "use strict";
  var SIDES = ["left", "top", "width", "height"];

  document.querySelectorAll(".staff-region").forEach(function (frame) {
    var number = frame.id.replace("region-", "");
    var boxes = SIDES.map(function (side) { return document.getElementById(side + "-" + number); });
    var picture = frame.querySelector("img");
    var marked = frame.appendChild(document.createElement("div"));
    var begun = null;
    marked.className = "staff-marked";
    marked.hidden = true;

    /* Where a pointer is, in hundredths of the picture. */
    function place(event) {
      var edges = picture.getBoundingClientRect();
      return [bound((event.clientX - edges.left) / edges.width), bound((event.clientY - edges.top) / edges.height)];
    }

    function bound(share) {
      return Math.round(Math.min(1, Math.max(0, share)) * 1000) / 10;
    }

    function draw() {
      var values = boxes.map(function (box) { return Number(box.value); });
      marked.hidden = !(values[2] > 0 && values[3] > 0);
      SIDES.forEach(function (side, i) { marked.style[side] = values[i] + "%"; });
    }

    function choose(from, to) {
      var chosen = [Math.min(from[0], to[0]), Math.min(from[1], to[1]), Math.abs(from[0] - to[0]), Math.abs(from[1] - to[1])];
      boxes.forEach(function (box, i) { box.value = Math.round(chosen[i] * 10) / 10; });
      draw();
    }

    frame.classList.add("can-be-drawn-on");
    frame.addEventListener("pointerdown", function (event) {
      if (event.button) return;
      event.preventDefault();
      frame.setPointerCapture(event.pointerId);
      begun = place(event);
    });
    frame.addEventListener("pointermove", function (event) {
      if (begun) choose(begun, place(event));
    });
    frame.addEventListener("pointerup", function (event) {
      if (!begun) return;
      choose(begun, place(event));
      begun = null;
      var folded = boxes[0].closest("details");
      if (folded && !marked.hidden) folded.open = true;
    });
    frame.addEventListener("pointercancel", function () { begun = null; });
    boxes.forEach(function (box) { box.addEventListener("input", draw); });
    draw();
  });
})();
