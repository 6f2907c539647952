/* The form on one page, for a phone without a signal: the questions of the type, where the phone
   is, how many photos are saved. */
(function () {
  "use strict";
  const report = window.portal.report;
  const ROUGH_M = 100;
  report.showOfflineState = () => { /* until there is such a form */ };
  report.showQuestions = showQuestions;
  report.fillAnswers = fillAnswers;

  report.enhancers.push(root => {
    if (root.dataset.step !== "offline") return;
    const photos = root.querySelector(".report-photo-list");
    const where = root.querySelector(".report-where");
    report.showOfflineState = () => {
      photos.textContent = report.describePhotos();
      where.textContent = report.getField("lat").value ? report.getWords().placeKnown : "";
    };
    report.isComplete = requirePlace;
    report.getField("service").addEventListener("change", () => showQuestions(root));
    forgetLocationWhenTyping(where);
    offerLocation(root, where);
    report.showOfflineState();
  });

  function requirePlace() {
    if (report.getField("lat").value || report.getField("place").value.trim()) return true;
    report.announce(report.getWords().placeMissing);
    report.getField("place").focus();
    return false;
  }

  /* The questions of the chosen type replace those of another. */
  function showQuestions(root) {
    const place = root.querySelector("#type-questions");
    const code = report.getField("service").value;
    place.replaceChildren();
    root.querySelectorAll(".questions-of-type").forEach(asleep => {
      if (asleep.dataset.service !== code) return;
      place.append(document.importNode(asleep.content, true));
      JSON.parse(asleep.dataset.required).forEach(name => requireAnswer(root, name));
    });
  }

  function requireAnswer(root, name) {
    const box = findBoxes(root, name).find(one => one.type !== "checkbox");
    if (box) box.required = true;
  }

  function findBoxes(root, name) {
    return [...root.elements].filter(box => box.name === name);
  }

  /* Puts earlier answers into the questions on the page. */
  function fillAnswers(root, name, values) {
    const left = values.slice();
    findBoxes(root, name).forEach(box => {
      const isChoice = box.type === "radio" || box.type === "checkbox";
      if (isChoice) box.checked = values.includes(box.value);
      else box.value = left.shift() || "";
    });
  }

  /* What is typed afterward is another place. */
  function forgetLocationWhenTyping(where) {
    report.getField("place").addEventListener("input", () => {
      report.getField("lat").value = "";
      report.getField("lon").value = "";
      where.textContent = "";
    });
  }

  /* A phone can locate itself without a signal. */
  function offerLocation(root, where) {
    if (!navigator.geolocation) return;
    const line = root.querySelector(".report-locate");
    const options = { enableHighAccuracy: true, timeout: 30000, maximumAge: 60000 };
    const sayRefused = () => {
      where.textContent = report.getWords().refused;
    };
    line.hidden = false;
    line.querySelector("button").addEventListener("click", () => {
      where.textContent = report.getWords().locating;
      navigator.geolocation.getCurrentPosition(useLocation, sayRefused, options);
    });
  }

  function useLocation({ coords }) {
    if (coords.accuracy > ROUGH_M) {
      document.querySelector(".report-where").textContent = report.getWords().rough;
      report.getField("place").focus();
      return;
    }
    const typed = report.getField("place");
    report.getField("lat").value = coords.latitude.toFixed(5);
    report.getField("lon").value = coords.longitude.toFixed(5);
    typed.value = "";
    report.showOfflineState();
    typed.dispatchEvent(new Event("change", { bubbles: true }));
  }
})();
