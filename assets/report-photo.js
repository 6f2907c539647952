/* Photos are made smaller before they are sent: a large one takes minutes on a bad line. Where it was taken is read first, for the pin. */
(function () {
  "use strict";
  var report = window.portal.report;
  var LONGEST = 2048, SMALL = 1000000;

  report.enhance.push(function (root) {
    var box = root.querySelector("#photo");
    if (!box) return;
    var said = root.querySelector(".report-photo-status");
    box.addEventListener("change", function () {
      if (!box.files.length) return;
      said.textContent = report.words().shrinking;
      var files = [].slice.call(box.files, 0, 4);
      Promise.all(files.map(placeOf)).then(function (places) {
        var place = places.filter(Boolean)[0];
        return Promise.all(files.map(smaller)).then(function (blobs) {
          if (place && !report.field("lat").value) {
            report.field("lat").value = place[0].toFixed(5);
            report.field("lon").value = place[1].toFixed(5);
          }
          report.taken(blobs, files);
          box.value = "";
          return root.dataset.step === "photo" ? report.go("add", null, "") : report.offline();
        });
      }).then(function () { said.textContent = ""; });
    });
  });

  /* On the page of a report that was sent the form goes as it is, with the smaller photo in its box. */
  document.addEventListener("DOMContentLoaded", function () {
    var box = document.querySelector(".own-form #photo");
    if (!box) return;
    var said = box.parentNode.querySelector(".report-photo-status");
    box.addEventListener("change", function () {
      var file = box.files[0];
      if (!file) return;
      said.textContent = report.words().shrinking;
      smaller(file).then(function (blob) {
        if (blob !== file && box.files[0] === file) exchange(box, blob, file.name);
      }).catch(function () { /* the box takes no other file here: the photo goes as it is */ }).then(function () { said.textContent = ""; });
    });
  });

  function exchange(box, blob, name) {
    var chosen = new DataTransfer();
    chosen.items.add(new File([blob], name, { type: blob.type }));
    box.files = chosen.files;
  }

  /* The photo with its longer side at 2,048 pixels; as it is where it is small, or where the browser cannot read it (the server can). */
  function smaller(file) {
    if (file.size < SMALL || !window.createImageBitmap) return Promise.resolve(file);
    return createImageBitmap(file, { imageOrientation: "from-image" }).then(function (picture) {
      var scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
      var canvas = document.createElement("canvas");
      canvas.width = Math.round(picture.width * scale);
      canvas.height = Math.round(picture.height * scale);
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      picture.close();
      return new Promise(function (done) { canvas.toBlob(function (blob) { done(blob && blob.size < file.size ? blob : file); }, "image/jpeg", 0.85); });
    }).catch(function () { return file; });
  }

  /* Latitude and longitude that a camera wrote into a JPEG (EXIF), else null. */
  function placeOf(file) {
    return file.slice(0, 262144).arrayBuffer().then(function (bytes) { return exifPlace(new DataView(bytes)); }).catch(function () { return null; });
  }

  function exifPlace(view) {
    if (view.getUint16(0) !== 0xFFD8) return null;
    for (var at = 2; at + 10 < view.byteLength && view.getUint8(at) === 0xFF; at += 2 + view.getUint16(at + 2)) {
      if (view.getUint16(at) === 0xFFE1 && view.getUint32(at + 4) === 0x45786966) return tiffPlace(view, at + 10);
    }
    return null;
  }

  function tiffPlace(view, base) {
    var little = view.getUint16(base) === 0x4949;
    function short(at) { return view.getUint16(base + at, little); }
    function long(at) { return view.getUint32(base + at, little); }
    function entries(at) {
      var found = {};
      for (var i = 0; i < short(at); i++) found[short(at + 2 + 12 * i)] = at + 2 + 12 * i + 8;
      return found;
    }
    var gps = entries(long(4))[0x8825];
    if (gps === undefined) return null;
    var told = entries(long(gps));
    function degrees(letter, tag, negative) {
      var sum = [1, 60, 3600].reduce(function (total, part, i) {
        var at = long(told[tag]) + 8 * i;
        return total + long(at) / long(at + 4) / part;
      }, 0);
      return String.fromCharCode(view.getUint8(base + told[letter])) === negative ? -sum : sum;
    }
    var place = [degrees(1, 2, "S"), degrees(3, 4, "W")];
    return isFinite(place[0]) && isFinite(place[1]) && (place[0] || place[1]) && Math.abs(place[0]) <= 85 && Math.abs(place[1]) <= 180 ? place : null;
  }
})();
