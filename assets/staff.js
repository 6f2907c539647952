/* Draw the part of a photo to make unreadable, with a finger or a mouse. The four numbers below the
   photo do the same and work without scripts. */
(function () {
  "use strict";
  const SIDES = ["left", "top", "width", "height"];

  document.querySelectorAll(".staff-region").forEach(setUpFrame);

  function setUpFrame(frame) {
    const number = frame.id.replace("region-", "");
    const boxes = SIDES.map(side => document.getElementById(`${side}-${number}`));
    const marked = addMarked(frame);
    boxes.forEach(box => box.addEventListener("input", () => drawMarked(marked, boxes)));
    followPointer(frame, boxes, marked);
    drawMarked(marked, boxes);
  }

  function addMarked(frame) {
    const marked = frame.appendChild(document.createElement("div"));
    marked.className = "staff-marked";
    marked.hidden = true;
    return marked;
  }

  function followPointer(frame, boxes, marked) {
    const picture = frame.querySelector("img");
    let start = null;

    function markTo(event) {
      fillBoxes(boxes, start, locatePointer(picture, event));
      drawMarked(marked, boxes);
    }

    frame.classList.add("can-be-drawn-on");
    frame.addEventListener("pointerdown", event => {
      if (event.button) return;
      event.preventDefault();
      frame.setPointerCapture(event.pointerId);
      start = locatePointer(picture, event);
    });
    frame.addEventListener("pointermove", event => {
      if (start) markTo(event);
    });
    frame.addEventListener("pointerup", event => {
      if (!start) return;
      markTo(event);
      start = null;
      const folded = boxes[0].closest("details");
      if (folded && !marked.hidden) folded.open = true;
    });
    frame.addEventListener("pointercancel", () => {
      start = null;
    });
  }

  /* Where the pointer is, in percent of the picture. */
  function locatePointer(picture, event) {
    const edges = picture.getBoundingClientRect();
    return [
      toPercent((event.clientX - edges.left) / edges.width),
      toPercent((event.clientY - edges.top) / edges.height)
    ];
  }

  function toPercent(share) {
    return Math.round(Math.min(1, Math.max(0, share)) * 1000) / 10;
  }

  function fillBoxes(boxes, from, to) {
    const chosen = [
      Math.min(from[0], to[0]),
      Math.min(from[1], to[1]),
      Math.abs(from[0] - to[0]),
      Math.abs(from[1] - to[1])
    ];
    boxes.forEach((box, i) => {
      box.value = Math.round(chosen[i] * 10) / 10;
    });
  }

  function drawMarked(marked, boxes) {
    const values = boxes.map(box => Number(box.value));
    marked.hidden = !(values[2] > 0 && values[3] > 0);
    SIDES.forEach((side, i) => {
      marked.style[side] = `${values[i]}%`;
    });
  }
})();
