/* Stands in every page that is only read: its scripts are fetched when it has been painted, not before (layouts/shared/document.py). */
addEventListener("DOMContentLoaded", function () {
  requestAnimationFrame(function () {
    requestAnimationFrame(function () {
      document.getElementById("later").content.querySelectorAll("script").forEach(function (script) {
        script = document.importNode(script);
        script.async = false;
        document.head.appendChild(script);
      });
    });
  });
});
