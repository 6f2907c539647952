/* Stands in every page that is only read: it loads the page's scripts after the first paint, not
   before (layouts/shared/document.py). */
addEventListener("DOMContentLoaded", () => {
  function loadScripts() {
    document.getElementById("later").content.querySelectorAll("script").forEach(waiting => {
      const script = document.importNode(waiting);
      script.async = false;
      document.head.appendChild(script);
    });
  }
  requestAnimationFrame(() => requestAnimationFrame(loadScripts));
});
