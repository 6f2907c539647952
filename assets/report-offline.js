/* The form on one page, for a phone without signal: what the type asks, where the phone is, how many photos are kept. */
(function () {
  "use strict";
  var portal = window.portal, report = portal.report;
  report.offline = function () { /* until there is such a form */ };

  report.enhance.push(function (root) {
    if (root.dataset.step !== "offline") return;
    var photos = root.querySelector(".report-photo-list"), where = root.querySelector(".report-where");
    report.offline = function () {
      photos.textContent = report.photosSaid();
      where.textContent = report.field("lat").value ? report.words().placeKnown : "";
    };
    report.isComplete = function () {
      if (report.field("lat").value || report.field("place").value.trim()) return true;
      report.say(report.words().placeMissing);
      report.field("place").focus();
      return false;
    };
    report.field("service").addEventListener("change", function () { ask(root); });
    locate(root, where);
    report.offline();
  });

  report.ask = ask;
  report.answer = answer;

  /* The questions of the type that is chosen, in the place of another's. */
  function ask(root) {
    var place = root.querySelector("#type-questions"), code = report.field("service").value;
    place.replaceChildren();
    [].filter.call(root.querySelectorAll(".questions-of-type"), function (asleep) { return asleep.dataset.service === code; }).forEach(function (asleep) {
      place.append(document.importNode(asleep.content, true));
      JSON.parse(asleep.dataset.required).forEach(function (name) {
        var boxes = boxesOf(root, name).filter(function (box) { return box.type !== "checkbox"; });
        if (boxes.length) boxes[0].required = true;
      });
    });
  }

  function boxesOf(root, name) {
    return [].filter.call(root.elements, function (box) { return box.name === name; });
  }

  /* What was answered before, into the questions as they stand. */
  function answer(root, name, values) {
    var left = values.slice();
    boxesOf(root, name).forEach(function (box) {
      if (box.type === "radio" || box.type === "checkbox") box.checked = values.indexOf(box.value) >= 0;
      else box.value = left.shift() || "";
    });
  }

  /* A phone knows where it is without signal. What is typed afterwards is another place. */
  function locate(root, where) {
    var line = root.querySelector(".report-locate"), typed = report.field("place");
    typed.addEventListener("input", function () {
      report.field("lat").value = report.field("lon").value = "";
      where.textContent = "";
    });
    if (!navigator.geolocation) return;
    line.hidden = false;
    line.querySelector("button").addEventListener("click", function () {
      where.textContent = report.words().locating;
      navigator.geolocation.getCurrentPosition(function (place) {
        report.field("lat").value = place.coords.latitude.toFixed(5);
        report.field("lon").value = place.coords.longitude.toFixed(5);
        typed.value = "";
        report.offline();
        typed.dispatchEvent(new Event("change", { bubbles: true }));
      }, function () { where.textContent = report.words().refused; }, { enableHighAccuracy: true, timeout: 30000, maximumAge: 60000 });
    });
  }
})();
