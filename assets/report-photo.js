/* Makes photos smaller before they are sent: a large one takes minutes on a bad connection. Where
   it was taken is read first, for the pin. */
(function () {
  "use strict";
  const report = window.portal.report;
  const LONGEST_SIDE = 2048;
  const SMALL_BYTES = 1000000;
  const MOST_PHOTOS = 4;
  const EXIF_BYTES = 262144;

  report.enhancers.push(root => {
    root.querySelectorAll(".report-file input[type=file]").forEach(box => {
      box.addEventListener("change", () => addChosenPhotos(root, box));
    });
  });

  /* The page of a sent report submits its form as it is, with the smaller photo in the box. */
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".own-form .report-file input[type=file]").forEach(box => {
      box.addEventListener("change", () => shrinkInBox(box));
    });
  });

  async function addChosenPhotos(root, box) {
    if (!box.files.length) return;
    const status = root.querySelector(".report-photo-status");
    status.textContent = report.getWords().shrinking;
    const files = [...box.files].slice(0, MOST_PHOTOS);
    const places = await Promise.all(files.map(readPlace));
    const blobs = await Promise.all(files.map(shrinkPhoto));
    placePin(places.find(Boolean));
    report.addPhotos(blobs, files);
    box.value = "";
    if (root.dataset.step === "photo") await report.submitScreen("add", null, "");
    else report.showOfflineState();
    status.textContent = "";
  }

  function placePin(place) {
    if (!place || report.getField("lat").value) return;
    report.getField("lat").value = place[0].toFixed(5);
    report.getField("lon").value = place[1].toFixed(5);
  }

  async function shrinkInBox(box) {
    const file = box.files[0];
    if (!file) return;
    const status = box.closest(".report-file").querySelector(".report-photo-status");
    status.textContent = report.getWords().shrinking;
    try {
      const blob = await shrinkPhoto(file);
      if (blob !== file && box.files[0] === file) replaceFile(box, blob, file.name);
    } catch (problem) { /* this browser can't replace the file: the photo goes as it is */ }
    status.textContent = "";
  }

  function replaceFile(box, blob, name) {
    const chosen = new DataTransfer();
    chosen.items.add(new File([blob], name, { type: blob.type }));
    box.files = chosen.files;
  }

  /* The photo with its longer side at 2,048 pixels; unchanged if it is small, or if the browser
     can't read it (the server can). */
  async function shrinkPhoto(file) {
    if (file.size < SMALL_BYTES || !window.createImageBitmap) return file;
    try {
      const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
      const blob = await drawSmaller(picture);
      return blob && blob.size < file.size ? blob : file;
    } catch (problem) {
      return file;
    }
  }

  function drawSmaller(picture) {
    const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    return new Promise(done => canvas.toBlob(done, "image/jpeg", 0.85));
  }

  /* Latitude and longitude that a camera wrote into a JPEG (EXIF), or null. */
  async function readPlace(file) {
    try {
      const bytes = await file.slice(0, EXIF_BYTES).arrayBuffer();
      return findExif(new DataView(bytes));
    } catch (problem) {
      return null;
    }
  }

  function findExif(view) {
    if (view.getUint16(0) !== 0xFFD8) return null;
    let at = 2;
    while (at + 10 < view.byteLength && view.getUint8(at) === 0xFF) {
      const isExif = view.getUint16(at) === 0xFFE1 && view.getUint32(at + 4) === 0x45786966;
      if (isExif) return readGps(view, at + 10);
      at += 2 + view.getUint16(at + 2);
    }
    return null;
  }

  /* Reads the GPS directory of the TIFF structure that starts at `base`. */
  function readGps(view, base) {
    const isLittleEndian = view.getUint16(base) === 0x4949;
    const readShort = at => view.getUint16(base + at, isLittleEndian);
    const readLong = at => view.getUint32(base + at, isLittleEndian);

    /* Where the value of each tag is. */
    function listTags(at) {
      const tags = {};
      for (let i = 0; i < readShort(at); i++) {
        const entry = at + 2 + 12 * i;
        tags[readShort(entry)] = entry + 8;
      }
      return tags;
    }

    /* Degrees, minutes and seconds are three fractions. */
    function readDegrees(tags, letter, tag, negative) {
      const sum = [1, 60, 3600].reduce((total, part, i) => {
        const at = readLong(tags[tag]) + 8 * i;
        return total + readLong(at) / readLong(at + 4) / part;
      }, 0);
      const isNegative = String.fromCharCode(view.getUint8(base + tags[letter])) === negative;
      return isNegative ? -sum : sum;
    }

    const gps = listTags(readLong(4))[0x8825];
    if (gps === undefined) return null;
    const tags = listTags(readLong(gps));
    const place = [readDegrees(tags, 1, 2, "S"), readDegrees(tags, 3, 4, "W")];
    return isOnEarth(place) ? place : null;
  }

  /* Cameras without a fix write 0, 0. */
  function isOnEarth([lat, lon]) {
    const isThere = isFinite(lat) && isFinite(lon) && Boolean(lat || lon);
    return isThere && Math.abs(lat) <= 85 && Math.abs(lon) <= 180;
  }
})();
