/* Long files: how far the download is and a way to stop it, where the browser lets a page write
   into a file that the visitor chooses. Elsewhere, and for short files, the link does it alone. A
   download that breaks off leaves no file behind: the browser keeps it only when it is whole. */
(function () {
  "use strict";
  const canWrite = window.showSaveFilePicker && window.TransformStream && window.AbortController;
  if (!canWrite) return;
  const EVERY_MS = 500;

  document.addEventListener("click", event => {
    const link = event.target.closest("a[data-bytes]");
    const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !isPlain || event.button) return;
    event.preventDefault();
    if (!link.parentElement.querySelector(".download-way progress")) save(link);
  });

  async function save(link) {
    let handle;
    try {
      handle = await window.showSaveFilePicker({ suggestedName: nameOf(link) });
    } catch (refused) {
      if (refused.name !== "AbortError") location.href = link.href;
      return;
    }
    const stop = new AbortController();
    const way = showWay(link, () => stop.abort());
    try {
      await pour(link.href, await handle.createWritable(), stop.signal, way.tell);
      way.end(link.dataset.saved);
    } catch (broken) {
      way.end(stop.signal.aborted ? link.dataset.stopped : link.dataset.broken);
    }
  }

  async function pour(address, file, signal, tell) {
    let bytes = 0;
    const counted = new TransformStream({
      transform(part, onward) {
        bytes += part.byteLength;
        tell(bytes);
        onward.enqueue(part);
      },
    });
    try {
      const answer = await fetch(address, { signal });
      if (!answer.ok) throw new Error(`answered ${answer.status}`);
      await answer.body.pipeThrough(counted).pipeTo(file, { signal });
    } catch (broken) {
      await file.abort().catch(() => { /* it was given up already */ });
      throw broken;
    }
  }

  function nameOf(link) {
    return new URL(link.href).pathname.split("/").pop();
  }

  /* A bar, how much of it is there, and a button, in the link's own line. */
  function showWay(link, onStop) {
    const way = link.parentElement.querySelector(".download-way") || document.createElement("p");
    const bar = document.createElement("progress");
    const said = document.createElement("output");
    const button = document.createElement("button");
    way.className = "download-way";
    bar.max = Number(link.dataset.bytes);
    bar.value = 0;
    bar.setAttribute("aria-label", link.textContent);
    button.type = "button";
    button.className = "button button-quiet";
    button.textContent = link.dataset.stop;
    button.addEventListener("click", onStop);
    way.replaceChildren(bar, said, button);
    link.parentElement.append(way);
    let toldAt = 0;
    function tell(bytes) {
      bar.value = Math.min(bytes, bar.max * 0.99);  // its whole size is an estimate
      if (Date.now() - toldAt < EVERY_MS) return;
      toldAt = Date.now();
      said.textContent = link.dataset.far.replace("{size}", (bytes / 1e6).toFixed(1));
    }
    function end(words) {
      said.textContent = words;
      way.replaceChildren(said);
    }
    return { tell, end };
  }
})();
