/* The form on one page, for a phone without signal: where the phone is, and how many photos are kept. */
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
    locate(root, where);
    report.offline();
  });

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
